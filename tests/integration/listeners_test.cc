// Several listeners, each with its own rules; devices that show a certificate.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <filesystem>
#include <fstream>

#include "tests/integration/world.h"
#include "tests/support/acs_fixture.h"
#include "tests/support/self_signed.h"

namespace integration {
namespace {

using support::HttpClient;
using support::SelfSigned;
using support::TlsClient;

const std::string kIdentity = "00D09E-Gateway-1";  // of the World's first CPE

class Listeners : public testing::Test {
 protected:
  std::string https(int port) const { return "https://127.0.0.1:" + std::to_string(port) + "/"; }

  const SelfSigned server;
  const SelfSigned device{kIdentity};
  const SelfSigned impostor{"00D09E-Gateway-2"};
  const SelfSigned old{"localhost", SelfSigned::KeyType::kWeakRsa};
  const int tls_port = support::free_port();
  const int old_port = support::free_port();
  support::TemporaryDirectory folder;
  const std::string client_ca = folder.file("devices.pem");
  std::unique_ptr<World> world;

  void start() {
    std::ofstream(client_ca) << std::ifstream(device.certificate()).rdbuf()
                             << std::ifstream(impostor.certificate()).rdbuf();
    world = std::make_unique<World>("", std::vector<std::string>{}, "",
                                    "  listeners:\n"
                                    "    - port: " +
                                        std::to_string(tls_port) +
                                        "\n"
                                        "      listen: 127.0.0.1\n"
                                        "      scheme: none\n"
                                        "      tls:\n"
                                        "        certificate: " +
                                        server.certificate() +
                                        "\n"
                                        "        key: " +
                                        server.key() +
                                        "\n"
                                        "        client_ca: " +
                                        client_ca +
                                        "\n"
                                        "    - port: " +
                                        std::to_string(old_port) +
                                        "\n"
                                        "      listen: 127.0.0.1\n"
                                        "      tls: {certificate: " +
                                        old.certificate() + ", key: " + old.key() +
                                        ", min_version: \"1.0\"}\n");
  }
};

TEST_F(Listeners, ADeviceComesInWithItsCertificateAlone) {
  start();
  auto cpe = world->device("1", "tr181-small.csv",
                           {"--acs", https(tls_port), "--insecure", "--cert", device.certificate(),
                            "--key", device.key()});
  EXPECT_EQ(world->read(*cpe, "Device.DeviceInfo.SerialNumber"), "1");
}

TEST_F(Listeners, ACertificateOfAnotherDeviceIsRefused) {
  start();
  TlsClient tls{impostor.certificate(), impostor.key(), 0, "", ""};
  HttpClient cpe(static_cast<std::uint16_t>(tls_port), tls);
  // Box is not Gateway: names and Inform differ.
  EXPECT_EQ(cpe.post(support::inform_text("2")).status, 403U);
  EXPECT_TRUE(world->bridge().wait_for_text("does not name 00D09E-Box-2"));
}

TEST_F(Listeners, AnOldBoxComesInWithTls10AndItsPassword) {
  start();
  TlsClient tls;
  tls.max_version = TLS1_VERSION;
  HttpClient box(static_cast<std::uint16_t>(old_port), tls);
  EXPECT_EQ(box.post(support::inform_text()).status, 401U);
  auto cpe = world->device("1", "tr181-small.csv", {"--acs", https(old_port), "--insecure"});
  EXPECT_EQ(world->read(*cpe, "Device.DeviceInfo.SerialNumber"), "1");
}

TEST_F(Listeners, ReadTheirCertificatesAgainWhileASessionRuns) {
  start();
  TlsClient tls;
  HttpClient before(static_cast<std::uint16_t>(old_port), tls);
  EXPECT_EQ(before.server_key_type(), EVP_PKEY_RSA);
  const SelfSigned fresh;
  std::filesystem::copy_file(fresh.certificate(), old.certificate(),
                             std::filesystem::copy_options::overwrite_existing);
  std::filesystem::copy_file(fresh.key(), old.key(),
                             std::filesystem::copy_options::overwrite_existing);
  world->bridge().signal(SIGHUP);
  ASSERT_TRUE(world->bridge().wait_for_text("certificates read again"));

  EXPECT_EQ(before.post(support::inform_text()).status, 401U) << "goes on";
  EXPECT_EQ(HttpClient(static_cast<std::uint16_t>(old_port), tls).server_key_type(), EVP_PKEY_EC);
}

}  // namespace
}  // namespace integration
