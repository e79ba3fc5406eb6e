// The whole service in one process: built and taken down, again and again, in the middle of work,
// and when it cannot be built.
#include "bridge/gateway.h"

#include <gmock/gmock.h>
#include <openssl/ssl.h>
#include <spdlog/spdlog.h>

#include <boost/asio/connect.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl.hpp>
#include <filesystem>
#include <fstream>
#include <future>
#include <iterator>
#include <thread>

#include "bridge/config.h"
#include "cwmp/soap.h"
#include "tests/bridge/store/store_fixture.h"
#include "tests/support/control_client.h"
#include "tests/support/http_client.h"
#include "tests/support/self_signed.h"

namespace bridge {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using support::ControlClient;
using testing::AllOf;
using testing::AnyOf;
using testing::HasSubstr;
using testing::StartsWith;
using namespace std::chrono_literals;
namespace v1 = bridge::v1;

/// A port of the loopback that refuses connections for as long as this lives.
class ReservedPort {
 public:
  ReservedPort() : socket_(io_, tcp::endpoint(asio::ip::address_v4::loopback(), 0)) {}
  std::uint16_t port() const { return socket_.local_endpoint().port(); }

 private:
  asio::io_context io_;
  tcp::socket socket_;  // bound, not listening
};

/// A port that somebody else listens on.
class TakenPort {
 public:
  TakenPort() : acceptor_(io_, tcp::endpoint(asio::ip::address_v4::loopback(), 0), false) {}
  std::uint16_t port() const { return acceptor_.local_endpoint().port(); }

 private:
  asio::io_context io_;
  tcp::acceptor acceptor_;
};

std::size_t entries_of(const char* directory) {
  std::filesystem::directory_iterator all(directory);
  return static_cast<std::size_t>(std::distance(begin(all), end(all)));
}
std::size_t open_files() { return entries_of("/proc/self/fd"); }
std::size_t threads() { return entries_of("/proc/self/task"); }

std::string inform_text(const std::string& serial) {
  cwmp::Inform inform;
  inform.device_id = {"Maker", "00D09E", "Box", serial};
  inform.events.push_back({"0 BOOTSTRAP", ""});
  inform.parameters.push_back({"Device.DeviceInfo.SoftwareVersion", "1.0", "string"});
  cwmp::Envelope envelope;
  envelope.header.id = "1";
  envelope.body = std::move(inform);
  return cwmp::encode(envelope);
}

/// Far above the shutdown_timeout below: what must not happen is a stop that waits for a peer.
constexpr auto kStopLimit = 20s;

class GatewayTest : public testing::Test {
 protected:
  GatewayTest() {
    spdlog::set_level(spdlog::level::off);
    config.cwmp.listen = "127.0.0.1";
    config.cwmp.port = 0;
    config.cwmp.auth.allow_anonymous = true;
    config.mqtt.host = "127.0.0.1";
    config.mqtt.port = nobody.port();
    config.mqtt.reconnect = {.min = 10ms, .max = 50ms};
    config.grpc.port = 0;
    config.admin.port = 0;
    config.store.directory = (directory.path() / "store").string();
    config.threads = 2;
    config.shutdown_timeout = 3s;
    ControllerConfig controller;
    controller.endpoint_id = "self::ctl";
    config.controllers = {controller};
  }

  /// What the constructor throws; empty: nothing.
  std::string refusal() const {
    try {
      Gateway gateway(config);
    } catch (const std::runtime_error& error) {
      return error.what();
    }
    return {};
  }

  /// A session with an RPC of the bridge open; its connection.
  static std::unique_ptr<support::HttpClient> open_session(const Gateway& gateway,
                                                           const std::string& serial) {
    auto cpe =
        std::make_unique<support::HttpClient>(static_cast<std::uint16_t>(gateway.acs_port()));
    support::HttpAnswer welcome = cpe->post(inform_text(serial));
    EXPECT_EQ(welcome.status, 200U) << welcome.head;
    support::HttpAnswer rpc = cpe->post("", "Cookie: " + welcome.cookie() + "\r\n");
    EXPECT_THAT(rpc.body, AnyOf(HasSubstr("<cwmp:Get"), HasSubstr("<cwmp:Set"))) << rpc.head;
    return cpe;
  }

  std::string path(const std::string& name) const { return (directory.path() / name).string(); }

  TemporaryDirectory directory;
  ReservedPort nobody;
  Config config;
};

// ---- start and stop -----------------------------------------------------------------------------

TEST_F(GatewayTest, StartsAndStopsAHundredTimes) {
  std::size_t files = 0;
  std::size_t tasks = 0;
  for (int i = 0; i < 100; ++i) {
    Gateway gateway(config);
    ASSERT_GT(gateway.acs_port(), 0);
    ASSERT_GT(gateway.grpc_port(), 0);
    ASSERT_GT(gateway.admin_port(), 0);
    gateway.stop();
    if (i != 10) continue;
    files = open_files();  // by now libraries have what they keep
    tasks = threads();
  }
  // One that stays behind each time would make 89; libraries add some of their own under load.
  EXPECT_LT(open_files(), files + 45);
  EXPECT_LT(threads(), tasks + 45);
}

TEST_F(GatewayTest, StopsTwiceAndStopsByItself) {
  {
    Gateway gateway(config);
    gateway.stop();
    gateway.stop();
  }
  Gateway gateway(config);
}

TEST_F(GatewayTest, KeepsItsDevicesOverARestart) {
  {
    Gateway gateway(config);
    open_session(gateway, "1");
  }
  Gateway gateway(config);
  auto devices = ControlClient(gateway.grpc_port()).devices();

  ASSERT_EQ(devices.value.devices_size(), 1) << devices;
  EXPECT_EQ(devices.value.devices(0).serial_number(), "1");
}

TEST_F(GatewayTest, StopsInTimeWithSessionsWatchersAndCallsUnderWay) {
  for (int i = 0; i < 10; ++i) {
    Gateway gateway(config);
    ControlClient client(gateway.grpc_port());
    auto watching = client.watch();
    auto first = open_session(gateway, "1");
    auto second = open_session(gateway, "2");
    auto calls = std::async(std::launch::async, [&client] {
      while (client.devices().ok()) {
      }
    });
    auto informs = std::async(std::launch::async, [port = gateway.acs_port()] {
      try {
        for (int n = 0;; ++n) {
          support::HttpClient cpe(static_cast<std::uint16_t>(port));
          if (cpe.post(inform_text("many" + std::to_string(n % 5))).status != 200) return;
        }
      } catch (const boost::system::system_error&) {
        // Nobody listens any more.
      }
    });
    watching->wait_for([](const auto& event) { return event.device().ends_with("many0"); });

    auto began = std::chrono::steady_clock::now();
    gateway.stop();

    EXPECT_LT(std::chrono::steady_clock::now() - began, kStopLimit);
    EXPECT_EQ(watching->end()->error_code(), grpc::StatusCode::UNAVAILABLE);
    calls.get();
    informs.get();
  }
}

TEST_F(GatewayTest, StopsWhileItStillTriesToReachTheBroker) {
  config.mqtt.host = "192.0.2.1";  // nobody answers
  Gateway gateway(config);
  auto began = std::chrono::steady_clock::now();
  gateway.stop();

  EXPECT_LT(std::chrono::steady_clock::now() - began, kStopLimit);
}

TEST_F(GatewayTest, SaysThatItIsNotReadyWithoutABroker) {
  Gateway gateway(config);
  support::HttpClient admin(static_cast<std::uint16_t>(gateway.admin_port()));

  admin.send("GET /readyz HTTP/1.1\r\nHost: x\r\n\r\n");
  support::HttpAnswer ready = admin.receive();

  EXPECT_EQ(ready.status, 503U);
  EXPECT_THAT(ready.body, HasSubstr("mqtt: not connected"));
}

// ---- what cannot be built -----------------------------------------------------------------------

TEST_F(GatewayTest, NamesAPortThatIsTaken) {
  TakenPort taken;
  const std::string address = "127.0.0.1:" + std::to_string(taken.port());

  config.cwmp.port = taken.port();
  EXPECT_THAT(refusal(), AllOf(StartsWith("cwmp: "), HasSubstr(address)));
  config.cwmp.port = 0;
  config.grpc.port = taken.port();
  EXPECT_THAT(refusal(), AllOf(StartsWith("grpc: "), HasSubstr(address)));
  config.grpc.port = 0;
  config.admin.port = taken.port();
  EXPECT_THAT(refusal(), AllOf(StartsWith("admin: "), HasSubstr(address)));
  config.admin.port = 0;
  EXPECT_EQ(refusal(), "");
}

TEST_F(GatewayTest, NamesADirectoryItCannotKeepItsStoreIn) {
  std::ofstream(path("file")) << "in the way";
  config.store.directory = path("file/store");

  EXPECT_THAT(refusal(), AllOf(StartsWith("store: "), HasSubstr(path("file/store"))));
}

TEST_F(GatewayTest, SaysThatItsStoreIsInUse) {
  Gateway first(config);

  EXPECT_THAT(refusal(), StartsWith("store: "));
}

TEST_F(GatewayTest, NamesACertificateThatIsMissingOrNone) {
  std::ofstream(path("bad.pem")) << "no certificate";
  support::SelfSigned good;
  for (const std::string& bad : {path("none.pem"), path("bad.pem")}) {
    config.cwmp.tls.main = {bad, good.key()};
    EXPECT_THAT(refusal(), AllOf(StartsWith("cwmp: "), HasSubstr(bad)));
    config.cwmp.tls.main = {good.certificate(), bad};
    EXPECT_THAT(refusal(), AllOf(StartsWith("cwmp: "), HasSubstr(bad)));
    config.cwmp.tls = {};
    config.grpc.tls = {bad, good.key(), ""};
    EXPECT_THAT(refusal(), AllOf(StartsWith("grpc: "), HasSubstr(bad)));
    config.grpc.tls = {good.certificate(), bad, ""};
    EXPECT_THAT(refusal(), AllOf(StartsWith("grpc: "), HasSubstr(bad)));
    config.grpc.tls = {good.certificate(), good.key(), bad};
    EXPECT_THAT(refusal(), AllOf(StartsWith("grpc: "), HasSubstr(bad)));
    config.grpc.tls = {};
  }
  support::SelfSigned other;
  config.grpc.tls = {good.certificate(), other.key(), ""};
  EXPECT_THAT(refusal(), AllOf(StartsWith("grpc: "), HasSubstr(other.key())));
}

TEST_F(GatewayTest, NamesAddressesThatAreNone) {
  config.cwmp.trusted_proxies = {"not an address"};
  EXPECT_THAT(refusal(), HasSubstr("not an address"));
  config.cwmp.trusted_proxies.clear();
  config.cwmp.connection_request.allow = {"10.0.0.0/99"};
  EXPECT_THAT(refusal(), AllOf(HasSubstr("connection_request"), HasSubstr("10.0.0.0/99")));
  config.cwmp.connection_request.allow.clear();
  config.cwmp.listen = "nowhere";
  EXPECT_THAT(refusal(), AllOf(StartsWith("cwmp: "), HasSubstr("nowhere")));
}

TEST_F(GatewayTest, LeavesNothingBehindWhenItCannotBeBuilt) {
  TakenPort taken;
  std::size_t files = 0;
  std::size_t tasks = 0;
  for (int i = 0; i < 60; ++i) {
    config.cwmp.port = taken.port();  // the last that is listened on
    ASSERT_NE(refusal(), "");
    config.cwmp.port = 0;
    if (i != 10) continue;
    files = open_files();
    tasks = threads();
  }
  EXPECT_LT(open_files(), files + 25);
  EXPECT_LT(threads(), tasks + 25);
  EXPECT_EQ(refusal(), "") << "ports and store are free again";
}

// ---- reload -------------------------------------------------------------------------------------

/// The certificate that a TLS server shows, as PEM.
std::string shown_at(int port) {
  asio::io_context io;
  asio::ssl::context context(asio::ssl::context::tls_client);
  asio::ssl::stream<tcp::socket> stream(io, context);
  stream.next_layer().connect({asio::ip::address_v4::loopback(), static_cast<std::uint16_t>(port)});
  SSL_set_alpn_protos(stream.native_handle(), reinterpret_cast<const unsigned char*>("\2h2"), 3);
  stream.handshake(asio::ssl::stream_base::client);
  X509* certificate = SSL_get1_peer_certificate(stream.native_handle());
  BIO* text = BIO_new(BIO_s_mem());
  PEM_write_bio_X509(text, certificate);
  char* data = nullptr;
  auto size = static_cast<std::size_t>(BIO_get_mem_data(text, &data));
  std::string out(data, size);
  BIO_free(text);
  X509_free(certificate);
  return out;
}

std::string text_of(const std::string& file) {
  std::ifstream in(file);
  return {std::istreambuf_iterator<char>(in), {}};
}

TEST_F(GatewayTest, ShowsNewCertificatesAfterAReloadAndKeepsTheOldOnesWhenTheyAreBad) {
  support::SelfSigned first;
  support::SelfSigned second;
  auto install = [this](const std::string& certificate, const std::string& key) {
    auto replace = std::filesystem::copy_options::overwrite_existing;
    std::filesystem::copy_file(certificate, path("certificate.pem"), replace);
    std::filesystem::copy_file(key, path("key.pem"), replace);
  };
  install(first.certificate(), first.key());
  config.cwmp.tls.main = {path("certificate.pem"), path("key.pem")};
  config.grpc.tls = {path("certificate.pem"), path("key.pem"), ""};
  Gateway gateway(config);
  auto expect_both = [&gateway](const support::SelfSigned& expected) {
    EXPECT_EQ(shown_at(gateway.acs_port()), text_of(expected.certificate()));
    EXPECT_EQ(shown_at(gateway.grpc_port()), text_of(expected.certificate()));
  };
  expect_both(first);

  install(second.certificate(), second.key());
  expect_both(first);
  gateway.reload(config);
  expect_both(second);

  install(first.certificate(), second.key());  // do not belong together
  gateway.reload(config);
  expect_both(second);
  std::filesystem::remove(path("certificate.pem"));
  gateway.reload(config);
  expect_both(second);
}

/// A call with this certificate, over TLS that trusts `server`.
grpc::StatusCode call_as(const support::SelfSigned* client, const support::SelfSigned& server,
                         int port) {
  grpc::SslCredentialsOptions tls;
  tls.pem_root_certs = text_of(server.certificate());
  if (client != nullptr) {
    tls.pem_cert_chain = text_of(client->certificate());
    tls.pem_private_key = text_of(client->key());
  }
  grpc::ChannelArguments arguments;
  arguments.SetSslTargetNameOverride("localhost");
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  auto channel = grpc::CreateCustomChannel("127.0.0.1:" + std::to_string(port),
                                           grpc::SslCredentials(tls), arguments);
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + ControlClient::kLimit);
  v1::ListDevicesResponse devices;
  return v1::DeviceService::NewStub(channel)->ListDevices(&context, {}, &devices).error_code();
}

TEST_F(GatewayTest, AsksControlClientsForACertificateOfTheAuthorityItHasNow) {
  support::SelfSigned server;
  support::SelfSigned first("first");
  support::SelfSigned second("second");
  auto trust = [this](const support::SelfSigned& client) {
    std::filesystem::copy_file(client.certificate(), path("clients.pem"),
                               std::filesystem::copy_options::overwrite_existing);
  };
  trust(first);
  config.grpc.tls = {server.certificate(), server.key(), path("clients.pem")};
  Gateway gateway(config);
  EXPECT_EQ(call_as(&first, server, gateway.grpc_port()), grpc::StatusCode::OK);
  EXPECT_EQ(call_as(&second, server, gateway.grpc_port()), grpc::StatusCode::UNAVAILABLE);
  EXPECT_EQ(call_as(nullptr, server, gateway.grpc_port()), grpc::StatusCode::UNAVAILABLE);

  trust(second);
  gateway.reload(config);

  EXPECT_EQ(call_as(&first, server, gateway.grpc_port()), grpc::StatusCode::UNAVAILABLE);
  EXPECT_EQ(call_as(&second, server, gateway.grpc_port()), grpc::StatusCode::OK);
}

TEST_F(GatewayTest, ReloadsWithoutCertificates) {
  Gateway gateway(config);

  gateway.reload(config);

  EXPECT_TRUE(ControlClient(gateway.grpc_port()).devices().ok());
}

}  // namespace
}  // namespace bridge
