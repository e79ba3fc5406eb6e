// Devices behind a NAT, without a port for HTTP connection requests (TR-069 Annex G).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/udp.hpp>

#include "cwmp/stun.h"
#include "tests/integration/world.h"
#include "tests/support/http_client.h"

namespace integration {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

namespace asio = boost::asio;

const std::string kSsid = "Device.WiFi.SSID.1.SSID";
const std::string kServer = "Device.ManagementServer.";

/// A bridge with STUN; the devices keep their NAT open ten times a second.
class NatWorld {
 public:
  explicit NatWorld(const std::string& device_settings = {},
                    std::vector<std::string> environment = {})
      : stun_port_(support::free_port()), world_(device_settings, with_stun(environment)) {}

  World& operator*() { return world_; }
  World* operator->() { return &world_; }
  int stun_port() const { return stun_port_; }

  /// Its binding is known to the bridge, which heard of it by STUN alone.
  std::unique_ptr<Cpe> device(const std::string& model = "tr181-small.csv",
                              std::vector<std::string> more = {}) {
    more.insert(more.end(), {"--nat", "--quirk", "silent-binding"});
    auto cpe = world_.device("1", model, more);
    EXPECT_TRUE(world_.bridge().wait_for_text("listens at")) << cpe->process().output();
    return cpe;
  }

  /// What went wrong with setting the SSID; empty: nothing.
  std::vector<std::string> set_ssid(const Cpe& cpe, const std::string& name) {
    std::vector<std::string> out;
    auto answer = world_.ask(cpe, usp_controller::set({{"Device.WiFi.SSID.1.", {{"SSID", name}}}}));
    for (const auto& each : usp_controller::failures_of(answer)) {
      out.push_back(answer.ShortDebugString());
      static_cast<void>(each);
    }
    if (answer.body().has_error()) out.push_back(answer.ShortDebugString());
    return out;
  }

  std::string metrics() {
    support::HttpClient client(static_cast<std::uint16_t>(world_.admin_port()));
    client.send("GET /metrics HTTP/1.1\r\nHost: bridge\r\n\r\n");
    return client.receive().body;
  }

 private:
  std::vector<std::string> with_stun(std::vector<std::string> environment) const {
    environment.push_back("USP_BRIDGE_CWMP__STUN__ENABLED=true");
    environment.push_back("USP_BRIDGE_CWMP__STUN__LISTEN=127.0.0.1");
    environment.push_back("USP_BRIDGE_CWMP__STUN__PORT=" + std::to_string(stun_port_));
    environment.push_back("USP_BRIDGE_CWMP__STUN__KEEP_ALIVE_MIN=1s");
    return environment;
  }

  int stun_port_;
  World world_;
};

bool woken_by_udp(Cpe& cpe) { return cpe.process().wait_for_text("\"by\":\"udp\"").has_value(); }

// The device informs each 360 s by itself; an operation waits 30 s.
TEST(Nat, ADeviceBehindANatIsWokenForASet) {
  NatWorld world;
  auto cpe = world.device();
  EXPECT_EQ(cpe->command("get", kServer + "NATDetected"), "true");
  EXPECT_EQ(cpe->command("get", kServer + "ConnectionRequestURL"), "");

  EXPECT_THAT(world.set_ssid(*cpe, "through"), IsEmpty());
  EXPECT_EQ(cpe->command("get", kSsid), "through");
  EXPECT_THAT(world.metrics(),
              AllOf(HasSubstr("connection_request_sessions_total{way=\"udp\"} 1"),
                    HasSubstr("connection_requests_total{result=\"sent\",way=\"udp\"} 1"),
                    HasSubstr("connection_request_seconds_count{way=\"udp\"} 1")));
}

TEST(Nat, ATr098DeviceIsWokenToo) {
  NatWorld world;
  auto cpe = world.device("tr098-small.csv");
  const std::string path = "Device.WiFi.SSID.1.";
  auto answer = world->ask(*cpe, usp_controller::set({{path, {{"SSID", "old one"}}}}));
  EXPECT_FALSE(answer.body().has_error()) << answer.ShortDebugString();
  EXPECT_TRUE(woken_by_udp(*cpe));
}

TEST(Nat, ADeviceWhoseNatTookAnotherPortIsWokenThere) {
  NatWorld world;
  auto cpe = world.device();
  const std::string before = cpe->command("get", kServer + "UDPConnectionRequestAddress");
  ASSERT_EQ(cpe->command("rebind"), "ok");
  ASSERT_TRUE(world->bridge().wait_for_text("listens at"));
  EXPECT_NE(cpe->command("get", kServer + "UDPConnectionRequestAddress"), before);

  EXPECT_THAT(world.set_ssid(*cpe, "moved"), IsEmpty());
  EXPECT_EQ(cpe->command("get", kSsid), "moved");
}

TEST(Nat, ANotificationOfTheAddressIsEnough) {
  NatWorld world;
  auto cpe = world->device("1", "tr181-small.csv", {"--nat"});
  ASSERT_TRUE(cpe->wait_for("binding"));
  EXPECT_THAT(world.set_ssid(*cpe, "told"), IsEmpty());
  EXPECT_THAT(world.set_ssid(*cpe, "told again"), IsEmpty());
  EXPECT_TRUE(woken_by_udp(*cpe));
}

TEST(Nat, ABindingChangeThatIsForgedMovesNothing) {
  NatWorld world;
  auto cpe = world.device();
  asio::io_context io;
  asio::ip::udp::socket socket(io, {asio::ip::make_address("127.0.0.1"), 0});
  const timeval limit{10, 0};
  ::setsockopt(socket.native_handle(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
  const asio::ip::udp::endpoint server(asio::ip::make_address("127.0.0.1"),
                                       static_cast<std::uint16_t>(world.stun_port()));
  const auto ask = [&](const std::string& bytes) {
    socket.send_to(asio::buffer(bytes), server);
    std::string answer(2048, '\0');
    const auto size = ::recv(socket.native_handle(), answer.data(), answer.size(), 0);
    answer.resize(size < 0 ? 0 : static_cast<std::size_t>(size));
    const auto message = cwmp::decode_stun(answer);
    return message ? message->error : std::nullopt;
  };
  cwmp::StunMessage request;
  request.username = cpe->command("get", kServer + "STUNUsername");
  request.connection_request_binding = true;
  request.binding_change = true;
  EXPECT_EQ(ask(cwmp::encode_stun(request)), cwmp::StunError::kUnauthorized);
  EXPECT_EQ(ask(cwmp::encode_stun(request, cwmp::StunIntegrity::kPadded, "guess")),
            cwmp::StunError::kIntegrityCheckFailure);
  request.username = "d999-abcdef12";
  EXPECT_EQ(ask(cwmp::encode_stun(request, cwmp::StunIntegrity::kPadded, "guess")),
            cwmp::StunError::kStaleCredentials);

  EXPECT_THAT(world.set_ssid(*cpe, "still mine"), IsEmpty());
  EXPECT_TRUE(woken_by_udp(*cpe));
}

TEST(Nat, AnAddressThatIsNotAllowedIsNotSentTo) {
  NatWorld world("operation_deadline: 1s",
                 {"USP_BRIDGE_CWMP__CONNECTION_REQUEST__ALLOW=10.0.0.0/8"});
  auto cpe = world.device();
  EXPECT_THAT(world.set_ssid(*cpe, "never"), Not(IsEmpty()));
  EXPECT_THAT(world->bridge().output(), HasSubstr("connection request by udp: not-allowed"));
  EXPECT_EQ(cpe->command("get", kSsid), "Home-1");
}

TEST(Nat, AddressAndWayOutliveTheBridge) {
  NatWorld world;
  auto cpe = world.device();
  EXPECT_THAT(world.set_ssid(*cpe, "one"), IsEmpty());
  world->kill_bridge();
  world->start_bridge();
  EXPECT_THAT(world.set_ssid(*cpe, "two"), IsEmpty());
  EXPECT_EQ(cpe->command("get", kSsid), "two");
}

// Its ConnectionRequestURL leads nowhere, as that of a device behind a NAT that does not know it.
TEST(Nat, TheWayThatWorkedIsTakenNextTime) {
  NatWorld world;
  auto cpe = world->device("1", "tr181-small.csv",
                           {"--public-host", "127.0.0.2", "--quirk", "silent-binding"});
  ASSERT_TRUE(world->bridge().wait_for_text("listens at"));
  EXPECT_THAT(world.set_ssid(*cpe, "first"), IsEmpty());
  EXPECT_THAT(world.set_ssid(*cpe, "second"), IsEmpty());
  EXPECT_THAT(world.metrics(),
              AllOf(HasSubstr("{result=\"unreachable\",way=\"http\"} 1"),
                    HasSubstr("connection_request_sessions_total{way=\"udp\"} 2")));
}

}  // namespace
}  // namespace integration
