// Nagle's algorithm is off on Paho's sockets, and stays off.
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <filesystem>
#include <vector>

#include "tests/usp/mtp_fixture.h"

namespace usp::mtp {
namespace {

using Clock = std::chrono::steady_clock;

// TCP_NODELAY of each socket of this process that is connected to 127.0.0.1:`port`.
std::vector<bool> nodelay_of_sockets_to(std::uint16_t port) {
  std::vector<bool> found;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
    const int descriptor = std::stoi(entry.path().filename());
    sockaddr_in peer{};
    socklen_t size = sizeof peer;
    if (getpeername(descriptor, reinterpret_cast<sockaddr*>(&peer), &size) != 0) continue;
    if (peer.sin_family != AF_INET || ntohs(peer.sin_port) != port) continue;
    int on = 0;
    size = sizeof on;
    if (getsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, &size) == 0) found.push_back(on != 0);
  }
  return found;
}

TEST(MqttNodelay, IsSetOnEveryConnectionAlsoAfterReconnecting) {
  support::Broker broker;
  MqttOptions options = options_for(broker, "a");
  Peer peer(options);
  ASSERT_NE(peer.connect().number, 0U);
  EXPECT_EQ(nodelay_of_sockets_to(broker.port()), std::vector<bool>{true});
  broker.kill();
  broker.start();
  ASSERT_TRUE(peer.connected.take());
  EXPECT_EQ(nodelay_of_sockets_to(broker.port()), std::vector<bool>{true});
}

TEST(MqttNodelay, AnExchangeDoesNotWaitForADelayedAck) {
  support::Broker broker;
  Peer agent(options_for(broker, "agent"));
  Peer controller(options_for(broker, "controller"));
  ASSERT_NE(agent.connect().number, 0U);
  ASSERT_NE(controller.connect().number, 0U);
  std::vector<Clock::duration> times;
  for (int i = 0; i < 50; ++i) {
    const auto begin = Clock::now();
    ASSERT_FALSE(controller.transport.send(message_to("agent")));
    ASSERT_TRUE(agent.messages.take());
    ASSERT_FALSE(agent.transport.send(message_to("controller")));
    ASSERT_TRUE(controller.messages.take());
    times.push_back(Clock::now() - begin);
  }
  std::nth_element(times.begin(), times.begin() + 25, times.end());
  EXPECT_LT(times[25], std::chrono::milliseconds(20));  // with the delay: 44 ms and more
  RecordProperty(
      "median_us",
      static_cast<int>(std::chrono::duration_cast<std::chrono::microseconds>(times[25]).count()));
}

}  // namespace
}  // namespace usp::mtp
