// The ACS's XMPP client and a CPE's connection against a real server (prosody), over loopback.
#include "cwmp/xmpp_client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/use_future.hpp>
#include <boost/asio/write.hpp>
#include <thread>

#include "tests/support/mailbox.h"
#include "tests/support/prosody.h"

namespace {

namespace asio = boost::asio;
using cwmp::ConnectionRequestOutcome;
using cwmp::XmppClient;
using cwmp::XmppClientOptions;
using cwmp::XmppClientStatus;
using cwmp::XmppConnection;
using cwmp::XmppConnectionOptions;
using cwmp::xmpp::Failure;
using cwmp::xmpp::Verdict;
using std::chrono::milliseconds;
using std::chrono::seconds;
using support::Mailbox;
using support::Prosody;
using testing::HasSubstr;
using Kind = ConnectionRequestOutcome::Kind;
using Tls = cwmp::xmpp::StreamOptions::Tls;

/// Threads for clients; ends when nothing is left to do for them.
class Threads {
 public:
  Threads() {
    for (int i = 0; i < 2; ++i) threads_.emplace_back([this] { io.run(); });
  }
  ~Threads() { join(); }
  void join() {
    work_.reset();
    for (auto& thread : threads_) thread.join();
    threads_.clear();
  }

  asio::io_context io;

 private:
  asio::executor_work_guard<asio::io_context::executor_type> work_{asio::make_work_guard(io)};
  std::vector<std::thread> threads_;
};

Prosody::Options two_users() {
  Prosody::Options options;
  options.users = {{"acs", "secret"}, {"cpe", "secret"}};
  return options;
}

XmppConnectionOptions connection_to(const Prosody& server, const std::string& user,
                                    const std::string& resource) {
  XmppConnectionOptions options;
  options.stream.account = {user, "localhost", resource};
  options.stream.password = "secret";
  options.host = "127.0.0.1";
  options.port = server.port();
  options.tls = cwmp::make_xmpp_tls(server.ca_file(), true);
  return options;
}

/// The ACS's client and what became of it.
class Acs {
 public:
  explicit Acs(XmppConnectionOptions connection) {
    XmppClientOptions options;
    options.connection = std::move(connection);
    options.first_retry = milliseconds(20);
    options.longest_retry = milliseconds(100);
    options.on_status = [this](const XmppClientStatus& status) { changes.put(status); };
    client.emplace(threads_.io.get_executor(), std::move(options));
    client->start();
  }
  ~Acs() {
    client->stop();
    threads_.join();
  }

  /// The next change to that; fails when there is none.
  XmppClientStatus wait_for(bool connected) {
    for (;;) {
      auto status = changes.take();
      if (!status) {
        ADD_FAILURE() << (connected ? "not connected" : "still connected");
        return {};
      }
      if (status->connected == connected) return *status;
    }
  }
  std::future<ConnectionRequestOutcome> begin(std::string jid, std::string password = "pass",
                                              milliseconds limit = seconds(10)) {
    auto asking = client->request_connection(std::move(jid), "user", std::move(password), limit);
    return asio::co_spawn(threads_.io, std::move(asking), asio::use_future);
  }
  ConnectionRequestOutcome ask(std::string jid, std::string password = "pass",
                               milliseconds limit = seconds(10)) {
    return begin(std::move(jid), std::move(password), limit).get();
  }

 private:
  Threads threads_;

 public:
  Mailbox<XmppClientStatus> changes;
  std::optional<XmppClient> client;
};

/// A CPE that answers as it is told.
class Cpe {
 public:
  explicit Cpe(XmppConnectionOptions options) : strand_(asio::make_strand(threads_.io)) {
    options.stream.takes_requests = true;
    XmppConnection::Handlers handlers;
    handlers.on_bound = [this](const cwmp::xmpp::Bound& bound) { jids.put(bound.jid.text()); };
    handlers.on_asked = [this](const cwmp::xmpp::Asked& asked) {
      if (!silent) {
        const bool known = asked.request == cwmp::xmpp::ConnectionRequest{"user", "pass"};
        connection_->answer(asked, known ? Verdict::kAccept : Verdict::kNotAuthorized);
      }
      requests.put(asked);
    };
    connection_ = std::make_shared<XmppConnection>(strand_, std::move(options), handlers);
    auto running = connection_->run();
    over = asio::co_spawn(strand_, std::move(running), asio::use_future);
  }
  ~Cpe() {
    stop();
    threads_.join();
  }
  void stop() {
    asio::post(strand_, [connection = connection_] { connection->stop(); });
  }

 private:
  Threads threads_;
  asio::any_io_executor strand_;

 public:
  Mailbox<std::string> jids;
  Mailbox<cwmp::xmpp::Asked> requests;
  std::future<Failure> over;
  std::atomic<bool> silent{false};

 private:
  std::shared_ptr<XmppConnection> connection_;
};

// ---- connection requests -----------------------------------------------------------------------

class XmppOverProsody : public testing::Test {
 protected:
  Prosody server{two_users()};
};

TEST_F(XmppOverProsody, AConnectionRequestComesThroughAndIsAccepted) {
  Acs acs(connection_to(server, "acs", "bridge"));
  Cpe cpe(connection_to(server, "cpe", "tr069"));
  EXPECT_EQ(acs.wait_for(true).jid, "acs@localhost/bridge");
  const auto jid = cpe.jids.take();
  ASSERT_EQ(jid, "cpe@localhost/tr069");
  const auto outcome = acs.ask(*jid);
  EXPECT_EQ(outcome.kind, Kind::kAccepted) << outcome.text;
  const auto asked = cpe.requests.take();
  ASSERT_TRUE(asked);
  EXPECT_EQ(asked->from.text(), "acs@localhost/bridge");
}

TEST_F(XmppOverProsody, AWrongPasswordIsUnauthorized) {
  Acs acs(connection_to(server, "acs", "bridge"));
  Cpe cpe(connection_to(server, "cpe", "tr069"));
  acs.wait_for(true);
  const auto jid = cpe.jids.take();
  ASSERT_TRUE(jid);
  const auto outcome = acs.ask(*jid, "wrong");
  EXPECT_EQ(outcome.kind, Kind::kUnauthorized);
  EXPECT_EQ(outcome.text, "not-authorized");
  EXPECT_EQ(acs.ask(*jid).kind, Kind::kAccepted) << "the next one is judged by itself";
}

TEST_F(XmppOverProsody, ACpeThatIsOfflineIsUnavailable) {
  Acs acs(connection_to(server, "acs", "bridge"));
  acs.wait_for(true);
  const auto never = acs.ask("cpe@localhost/tr069");
  EXPECT_EQ(never.kind, Kind::kBusy);
  EXPECT_EQ(never.text, "service-unavailable");
  std::string jid;
  {
    Cpe cpe(connection_to(server, "cpe", "tr069"));
    jid = cpe.jids.take().value_or("");
    EXPECT_EQ(acs.ask(jid).kind, Kind::kAccepted);
  }
  ASSERT_TRUE(server.process().wait_for_text("Client disconnected"));
  EXPECT_EQ(acs.ask(jid).text, "service-unavailable");
}

TEST_F(XmppOverProsody, SilenceOfTheCpeIsATimeout) {
  Acs acs(connection_to(server, "acs", "bridge"));
  Cpe cpe(connection_to(server, "cpe", "tr069"));
  cpe.silent = true;
  acs.wait_for(true);
  const auto jid = cpe.jids.take();
  ASSERT_TRUE(jid);
  EXPECT_EQ(acs.ask(*jid, "pass", milliseconds(100)).kind, Kind::kTimeout);
  cpe.silent = false;
  EXPECT_EQ(acs.ask(*jid).kind, Kind::kAccepted);
}

TEST_F(XmppOverProsody, ManyRequestsAtOnceAreEachAnswered) {
  Acs acs(connection_to(server, "acs", "bridge"));
  Cpe cpe(connection_to(server, "cpe", "tr069"));
  acs.wait_for(true);
  const std::string jid = cpe.jids.take().value_or("");
  std::vector<std::future<ConnectionRequestOutcome>> answers;
  for (int i = 0; i < 200; ++i) answers.push_back(acs.begin(jid, i % 2 == 0 ? "pass" : "wrong"));
  for (std::size_t i = 0; i < answers.size(); ++i) {
    EXPECT_EQ(answers[i].get().kind, i % 2 == 0 ? Kind::kAccepted : Kind::kUnauthorized) << i;
  }
}

TEST_F(XmppOverProsody, WhatIsNoFullJidIsNotAsked) {
  Acs acs(connection_to(server, "acs", "bridge"));
  acs.wait_for(true);
  EXPECT_EQ(acs.ask("cpe@localhost").kind, Kind::kBadUrl);
  EXPECT_EQ(acs.ask("@").kind, Kind::kBadUrl);
}

// ---- the connection to the server --------------------------------------------------------------

TEST_F(XmppOverProsody, ComesBackWhenTheServerWasKilled) {
  Acs acs(connection_to(server, "acs", "bridge"));
  acs.wait_for(true);
  server.kill();
  const auto lost = acs.wait_for(false);
  EXPECT_EQ(lost.why.kind, Failure::Kind::kClosedByServer);
  EXPECT_EQ(acs.ask("cpe@localhost/tr069").kind, Kind::kUnreachable);
  server.start();
  acs.wait_for(true);
  Cpe cpe(connection_to(server, "cpe", "tr069"));
  const auto jid = cpe.jids.take();
  ASSERT_TRUE(jid);
  EXPECT_EQ(acs.ask(*jid).kind, Kind::kAccepted);
}

TEST_F(XmppOverProsody, ARequestThatIsOpenWhenTheServerDiesEndsAtOnce) {
  Acs acs(connection_to(server, "acs", "bridge"));
  Cpe cpe(connection_to(server, "cpe", "tr069"));
  cpe.silent = true;
  acs.wait_for(true);
  auto answer = acs.begin(cpe.jids.take().value_or(""), "pass", seconds(60));
  ASSERT_TRUE(cpe.requests.take());
  server.kill();
  EXPECT_EQ(answer.get().kind, Kind::kUnreachable);
}

TEST_F(XmppOverProsody, ARequestThatIsOpenWhenTheClientStopsEndsAtOnce) {
  Acs acs(connection_to(server, "acs", "bridge"));
  Cpe cpe(connection_to(server, "cpe", "tr069"));
  cpe.silent = true;
  acs.wait_for(true);
  const std::string jid = cpe.jids.take().value_or("");
  auto answer = acs.begin(jid, "pass", seconds(60));
  ASSERT_TRUE(cpe.requests.take());
  acs.client->stop();
  EXPECT_EQ(answer.get().kind, Kind::kUnreachable);
  EXPECT_EQ(acs.wait_for(false).why.kind, Failure::Kind::kStopped);
  EXPECT_EQ(acs.ask(jid).kind, Kind::kUnreachable);
}

TEST_F(XmppOverProsody, DirectTlsWorksLikeStartTls) {
  auto options = connection_to(server, "acs", "bridge");
  options.stream.tls = Tls::kDirect;
  options.port = server.tls_port();
  Acs acs(options);
  acs.wait_for(true);
  EXPECT_TRUE(acs.client->connected());
}

TEST_F(XmppOverProsody, AServerWithAnotherCertificateIsNotLoggedInTo) {
  const support::SelfSigned another;
  auto options = connection_to(server, "acs", "bridge");
  options.tls = cwmp::make_xmpp_tls(another.certificate(), true);
  Acs acs(options);
  EXPECT_EQ(acs.wait_for(false).why.kind, Failure::Kind::kTlsFailed);
}

TEST_F(XmppOverProsody, TheCertificateHasToBeTheDomains) {  // RFC 6120 13.7.2.1
  auto options = connection_to(server, "acs", "bridge");
  options.stream.tls = Tls::kDirect;
  options.port = server.tls_port();
  options.stream.account.domain = "example.net";
  Acs acs(options);
  EXPECT_EQ(acs.wait_for(false).why.kind, Failure::Kind::kTlsFailed);
}

TEST_F(XmppOverProsody, AnotherDomainIsRefusedByName) {
  auto options = connection_to(server, "acs", "bridge");
  options.stream.account.domain = "example.net";
  Acs acs(options);
  EXPECT_EQ(acs.wait_for(false).why.text, "stream error: host-unknown");
}

TEST_F(XmppOverProsody, AWrongPasswordForTheServerSaysSo) {
  auto options = connection_to(server, "acs", "bridge");
  options.stream.password = "wrong";
  Acs acs(options);
  const auto status = acs.wait_for(false);
  EXPECT_EQ(status.why.kind, Failure::Kind::kNotAuthorized);
  EXPECT_THAT(status.why.text, HasSubstr("not-authorized"));
}

class XmppLogin : public testing::TestWithParam<const char*> {};
TEST_P(XmppLogin, WorksWhateverTheServerOffers) {
  auto users = two_users();
  users.lines = std::string("disable_sasl_mechanisms = { ") + GetParam() + " }\n";
  Prosody server(users);
  Acs acs(connection_to(server, "acs", "bridge"));
  acs.wait_for(true);
}
INSTANTIATE_TEST_SUITE_P(Mechanisms, XmppLogin,
                         testing::Values("", "\"SCRAM-SHA-256\"",
                                         "\"SCRAM-SHA-256\", \"SCRAM-SHA-1\""));

TEST(XmppWithoutTls, TalksOnlyWhenToldTo) {
  auto users = two_users();
  users.tls = false;
  Prosody server(users);
  auto options = connection_to(server, "acs", "bridge");
  {
    Acs acs(options);
    EXPECT_EQ(acs.wait_for(false).why.kind, Failure::Kind::kNoTls);
  }
  options.stream.tls = Tls::kIfDemanded;
  Acs acs(options);
  acs.wait_for(true);
}

// ---- servers that are none ---------------------------------------------------------------------

TEST(XmppClientAlone, TriesAgainWhereNobodyListens) {
  XmppConnectionOptions options;
  options.stream.account = {"acs", "localhost", ""};
  options.host = "127.0.0.1";
  options.port = static_cast<std::uint16_t>(support::free_port());
  Acs acs(options);
  for (int i = 0; i < 3; ++i) {
    const auto status = acs.wait_for(false);
    EXPECT_EQ(status.why.kind, Failure::Kind::kUnreachable);
    EXPECT_GT(status.retry_in, milliseconds(0));
  }
  EXPECT_EQ(acs.ask("cpe@localhost/tr069").kind, Kind::kUnreachable);
}

/// Accepts one connection after the other, sends `greeting` once it has read a '>', and then is
/// silent.
class Impostor {
 public:
  explicit Impostor(std::string greeting) : thread_([this, greeting] { serve(greeting); }) {}
  ~Impostor() {
    stopping_ = true;
    asio::io_context io;
    asio::ip::tcp::socket last(io);
    boost::system::error_code ignored;
    last.connect(acceptor_.local_endpoint(), ignored);
    thread_.join();
  }
  XmppConnectionOptions options() const {
    XmppConnectionOptions options;
    options.stream.account = {"acs", "localhost", "bridge"};
    options.stream.negotiation_limit = milliseconds(200);
    options.host = "127.0.0.1";
    options.port = acceptor_.local_endpoint().port();
    options.tls = cwmp::make_xmpp_tls("", true);
    return options;
  }

 private:
  void serve(const std::string& greeting) {
    std::vector<asio::ip::tcp::socket> sockets;
    while (!stopping_) {
      sockets.push_back(acceptor_.accept());
      std::string bytes;
      boost::system::error_code ignored;
      if (stopping_) return;
      asio::read_until(sockets.back(), asio::dynamic_buffer(bytes), '>', ignored);
      asio::write(sockets.back(), asio::buffer(greeting), ignored);
    }
  }

  asio::io_context io_;
  asio::ip::tcp::acceptor acceptor_{
      io_, asio::ip::tcp::endpoint(asio::ip::make_address("127.0.0.1"), 0)};
  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

TEST(XmppClientAlone, GivesASilentServerUp) {
  Impostor server("");
  Acs acs(server.options());
  EXPECT_EQ(acs.wait_for(false).why.kind, Failure::Kind::kSilent);
}

TEST(XmppClientAlone, GivesAServerUpThatStopsInTheTlsHandshake) {
  Impostor server(
      "<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' "
      "version='1.0'><stream:features><starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"
      "</stream:features><proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>");
  Acs acs(server.options());
  EXPECT_EQ(acs.wait_for(false).why.kind, Failure::Kind::kSilent);
}

TEST(XmppClientAlone, WhatIsNoXmppIsRefused) {
  Impostor server("HTTP/1.1 400 Bad Request\r\n\r\n");
  Acs acs(server.options());
  EXPECT_EQ(acs.wait_for(false).why.kind, Failure::Kind::kBadXml);
}

TEST(XmppClientAlone, StopsInEveryState) {
  Impostor server("");
  const auto options = server.options();
  for (int i = 0; i < 20; ++i) {
    Acs acs(options);
    acs.client->stop();
    EXPECT_EQ(acs.ask("cpe@localhost/tr069").kind, Kind::kUnreachable);
  }
}

// ---- values ------------------------------------------------------------------------------------

TEST(XmppClientRetry, WaitsDoubleUpToTheLongest) {  // RFC 6120 3.3
  XmppClientOptions options;
  const Failure why{Failure::Kind::kUnreachable, ""};
  EXPECT_EQ(cwmp::retry_wait(options, 0, why, 0.0), milliseconds(500));
  EXPECT_EQ(cwmp::retry_wait(options, 3, why, 0.0), milliseconds(4000));
  EXPECT_EQ(cwmp::retry_wait(options, 3, why, 0.5), milliseconds(6000));
  EXPECT_EQ(cwmp::retry_wait(options, 1000, why, 0.0), milliseconds(150'000));
}

TEST(XmppClientRetry, WhatWillNotHelpIsNotTriedAtOnce) {
  XmppClientOptions options;
  EXPECT_GE(cwmp::retry_wait(options, 0, {Failure::Kind::kNotAuthorized, ""}, 0.0), seconds(60));
  EXPECT_GE(
      cwmp::retry_wait(options, 0, {Failure::Kind::kStreamError, "stream error: conflict"}, 0.0),
      seconds(60));
}

TEST(XmppOutcome, EveryConditionHasAMeaningForAWaker) {
  using cwmp::xmpp::Refused;
  const auto kind = [](const char* condition) {
    return cwmp::to_outcome(cwmp::xmpp::RequestResult(Refused{condition})).kind;
  };
  EXPECT_EQ(kind("not-authorized"), Kind::kUnauthorized);
  EXPECT_EQ(kind("forbidden"), Kind::kUnauthorized);
  EXPECT_EQ(kind("service-unavailable"), Kind::kBusy);
  EXPECT_EQ(kind("resource-constraint"), Kind::kBusy);
  EXPECT_EQ(kind("item-not-found"), Kind::kNotFound);
  EXPECT_EQ(kind("recipient-unavailable"), Kind::kUnreachable);
  EXPECT_EQ(kind("remote-server-not-found"), Kind::kUnreachable);
  EXPECT_EQ(kind("bad-request"), Kind::kRefused);
  EXPECT_EQ(kind("undefined-condition"), Kind::kRefused);
}

}  // namespace
