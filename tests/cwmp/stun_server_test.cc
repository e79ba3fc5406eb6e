// The STUN server on the loopback.
#include "cwmp/stun_server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/udp.hpp>
#include <boost/asio/use_future.hpp>
#include <chrono>
#include <thread>

#include "tests/cwmp/stun_samples.h"
#include "tests/support/mailbox.h"

namespace cwmp {
namespace {

namespace asio = boost::asio;
using Udp = asio::ip::udp;
using testing::Optional;

constexpr std::chrono::seconds kLong{10};

class FakeStunHandler final : public StunHandler {
 public:
  asio::awaitable<std::optional<std::string>> stun_password(std::string username) override {
    if (username == kStunUser) co_return std::string(kStunPassword);
    co_return std::nullopt;
  }
  void on_binding(const StunBinding& binding) override { bindings.put(binding); }

  support::Mailbox<StunBinding> bindings;
};

/// A socket of a CPE; waits at most kLong for a datagram.
class Peer {
 public:
  Peer(const std::string& address, std::uint16_t server_port)
      : socket_(io_, Udp::endpoint(asio::ip::make_address(address), 0)),
        server_(asio::ip::make_address(address), server_port) {
    const timeval limit{kLong.count(), 0};
    ::setsockopt(socket_.native_handle(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
  }

  void send(const std::string& bytes) { socket_.send_to(asio::buffer(bytes), server_); }
  /// Empty: nothing came.
  std::string receive() {
    std::string bytes(2048, '\0');
    const auto size = ::recv(socket_.native_handle(), bytes.data(), bytes.size(), 0);
    bytes.resize(size < 0 ? 0 : static_cast<std::size_t>(size));
    return bytes;
  }
  StunMessage ask(const std::string& bytes) {
    send(bytes);
    auto answer = decode_stun(receive());
    return answer ? *answer : StunMessage{};
  }
  std::uint16_t port() const { return socket_.local_endpoint().port(); }
  StunAddress address() const {
    const auto here = socket_.local_endpoint();
    if (here.address().is_v4()) return StunAddress::v4(here.address().to_v4().to_bytes(), port());
    return StunAddress::v6(here.address().to_v6().to_bytes(), port());
  }

 private:
  asio::io_context io_;
  Udp::socket socket_;
  Udp::endpoint server_;
};

class StunServerIo : public testing::Test {
 protected:
  void start(const std::string& address) {
    options.address = address;
    options.port = 0;
    options.on_request = [this](std::string_view outcome) { outcomes.put(std::string(outcome)); };
    server = std::make_unique<StunServer>(io.get_executor(), options, handler);
    server->start();
    for (int i = 0; i < 2; ++i) threads.emplace_back([this] { io.run(); });
  }
  ~StunServerIo() override {
    if (server) server->stop();
    work.reset();
    for (std::thread& thread : threads) thread.join();
  }

  asio::io_context io;
  asio::executor_work_guard<asio::io_context::executor_type> work = asio::make_work_guard(io);
  std::vector<std::thread> threads;
  FakeStunHandler handler;
  support::Mailbox<std::string> outcomes;
  StunServerOptions options;
  std::unique_ptr<StunServer> server;
};

TEST_F(StunServerIo, TellsWhereARequestCameFromAndWhereItWent) {
  start("0.0.0.0");
  Peer peer("127.0.0.1", server->port());
  const StunMessage response = peer.ask(stun(1));
  EXPECT_EQ(response.mapped_address, peer.address());
  EXPECT_EQ(response.source_address, StunAddress::v4({127, 0, 0, 1}, server->port()));
}

TEST_F(StunServerIo, AnswersFromTheAddressThatWasAsked) {
  start("0.0.0.0");
  asio::io_context other;
  Udp::socket socket(other, Udp::endpoint(asio::ip::make_address("127.0.0.1"), 0));
  const timeval limit{kLong.count(), 0};
  ::setsockopt(socket.native_handle(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
  // Connected: takes nothing from another address.
  socket.connect(Udp::endpoint(asio::ip::make_address("127.0.0.5"), server->port()));
  socket.send(asio::buffer(stun(1)));
  std::array<char, 100> room{};
  EXPECT_GT(::recv(socket.native_handle(), room.data(), room.size(), 0), 0);
}

TEST_F(StunServerIo, ServesBothFamiliesOnOneSocket) {
  start("::");
  Peer v4("127.0.0.1", server->port());
  EXPECT_EQ(v4.ask(stun(1)).mapped_address, v4.address());
  Peer v6("::1", server->port());
  EXPECT_EQ(v6.ask(stun(1)).mapped_address, v6.address());
}

TEST_F(StunServerIo, ChecksASignedBindingChangeAndTellsOfIt) {
  start("127.0.0.1");
  Peer peer("127.0.0.1", server->port());
  EXPECT_EQ(peer.ask(encode_stun(binding_request(true))).error, StunError::kUnauthorized);
  const std::string forged = encode_stun(binding_request(true), StunIntegrity::kPadded, "guess");
  EXPECT_EQ(peer.ask(forged).error, StunError::kIntegrityCheckFailure);
  const std::string good =
      encode_stun(binding_request(true), StunIntegrity::kPadded, kStunPassword);
  EXPECT_FALSE(peer.ask(good).error);
  const StunBinding wanted{std::string(kStunUser), peer.address(), true, true};
  EXPECT_THAT(handler.bindings.take(kLong), Optional(wanted));
}

// Annex G: the CPE learns how long its NAT keeps a binding.
TEST_F(StunServerIo, AnswersToTheFirstPortWhenTheSecondAsks) {
  start("127.0.0.1");
  Peer first("127.0.0.1", server->port());
  Peer second("127.0.0.1", server->port());
  StunMessage request;
  request.response_address = first.address();
  second.send(encode_stun(request));
  const auto response = decode_stun(first.receive());
  ASSERT_TRUE(response);
  EXPECT_EQ(response->mapped_address, second.address());
  EXPECT_EQ(response->reflected_from, second.address());
}

// Annex G.2.2.3: a NAT that filters by address and port lets in what comes from there only.
// quirk 100
TEST_F(StunServerIo, SendsConnectionRequestsFromItsOwnSocket) {
  start("0.0.0.0");
  asio::io_context other;
  Udp::socket socket(other, Udp::endpoint(asio::ip::make_address("127.0.0.1"), 0));
  const timeval limit{kLong.count(), 0};
  ::setsockopt(socket.native_handle(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
  socket.connect(Udp::endpoint(asio::ip::make_address("127.0.0.1"), server->port()));
  auto sending =
      server->send(StunAddress::v4({127, 0, 0, 1}, socket.local_endpoint().port()), "wake up");
  EXPECT_FALSE(asio::co_spawn(io, std::move(sending), asio::use_future).get());
  std::array<char, 100> room{};
  EXPECT_EQ(::recv(socket.native_handle(), room.data(), room.size(), 0), 7);
}

TEST_F(StunServerIo, SaysSoWhenItCannotSend) {
  start("127.0.0.1");
  auto sending = server->send(StunAddress::v6({0x20, 1, 0xd, 0xb8}, 1), "x");
  EXPECT_TRUE(asio::co_spawn(io, std::move(sending), asio::use_future).get());
  server->stop();
  auto late = server->send(StunAddress::v4({127, 0, 0, 1}, 9), "x");
  EXPECT_TRUE(asio::co_spawn(io, std::move(late), asio::use_future).get());
}

TEST_F(StunServerIo, CountsWhatItDrops) {
  start("127.0.0.1");
  Peer peer("127.0.0.1", server->port());
  peer.send("what is this");
  EXPECT_THAT(outcomes.take(kLong), Optional(std::string("not-stun")));
  peer.send(std::string(9000, 'x'));
  EXPECT_THAT(outcomes.take(kLong), Optional(std::string("not-stun")));
  peer.ask(stun(1));
  EXPECT_THAT(outcomes.take(kLong), Optional(std::string("ok")));
}

TEST_F(StunServerIo, RefusesAPortThatIsTaken) {
  start("127.0.0.1");
  options.port = server->port();
  EXPECT_THROW(StunServer(io.get_executor(), options, handler), boost::system::system_error);
  options.address = "localhost";
  EXPECT_THROW(StunServer(io.get_executor(), options, handler), std::invalid_argument);
}

}  // namespace
}  // namespace cwmp
