#include "bridge/session_contexts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>

#include "bridge/metrics.h"
#include "usp/record.h"

namespace bridge {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using usp::mtp::SendResult;

class SessionContextsTest : public testing::Test {
 protected:
  struct Sent {
    std::string topic;
    std::size_t bytes = 0;
    usp::SessionRecord record;
  };

  std::optional<SendResult> publish(const SessionContexts::Peer& to, std::string bytes,
                                    usp::mtp::SendCompletion done) {
    if (sent.size() >= room) return SendResult::kQueueFull;
    usp::InRecord in = usp::decode_record(bytes, to.controller);
    auto* session = std::get_if<usp::InSession>(&in);  // nullptr: larger than we would take
    sent.push_back({to.topic, bytes.size(), session ? session->record : usp::SessionRecord{}});
    if (done) completions.push_back(std::move(done));
    return std::nullopt;
  }
  static usp::SessionRecord record(std::uint64_t session, std::uint64_t sequence,
                                   std::string payload) {
    usp::SessionRecord out;
    out.session_id = session;
    out.sequence_id = sequence;
    out.expected_id = 1;
    out.payloads = {std::move(payload)};
    return out;
  }
  static E2eSession mode(SessionMode mode) {
    E2eSession out;
    out.mode = mode;
    return out;
  }

  boost::asio::io_context io;
  Metrics metrics;
  std::size_t room = 1000;
  std::vector<Sent> sent;
  std::vector<usp::mtp::SendCompletion> completions;
  SessionContexts contexts{
      io.get_executor(), metrics,
      [this](const SessionContexts::Peer& to, std::string bytes, usp::mtp::SendCompletion done) {
        return publish(to, std::move(bytes), std::move(done));
      }};
  SessionContexts::Peer peer{"os::1-A", "self::c", 7, "topic/c", {}};
};

TEST_F(SessionContextsTest, AreUsedOnceTheControllerHasOpenedOne) {
  EXPECT_FALSE(contexts.is_used(peer, {}));
  EXPECT_THAT(contexts.receive(peer, {}, record(50, 1, "get")).messages, ElementsAre("get"));
  EXPECT_TRUE(contexts.is_used(peer, {}));
  SessionContexts::Peer other = peer;
  other.agent = "os::1-B";
  EXPECT_FALSE(contexts.is_used(other, {}));
  other = peer;
  other.controller = "self::d";
  EXPECT_FALSE(contexts.is_used(other, {}));
}

TEST_F(SessionContextsTest, AreUsedFromTheStartWhereRequired) {
  EXPECT_TRUE(contexts.is_used(peer, mode(SessionMode::kRequire)));
  contexts.send(peer, mode(SessionMode::kRequire), "notify", {});
  ASSERT_THAT(sent, SizeIs(1));
  EXPECT_EQ(sent[0].record.sequence_id, 1U);
  EXPECT_EQ(sent[0].topic, "topic/c");
  EXPECT_THAT(metrics.text(), HasSubstr("usp_bridge_session_contexts_open 1"));
}

TEST_F(SessionContextsTest, APlainMessageEndsOnlyWhatHasExpired) {
  contexts.receive(peer, {}, record(50, 1, "get"));
  contexts.on_plain_message(peer.agent, peer.controller);
  EXPECT_TRUE(contexts.is_used(peer, {}));
  room = 0;
  contexts.send(peer, {}, "x", {});  // not sent: given up
  contexts.on_plain_message(peer.agent, peer.controller);
  EXPECT_FALSE(contexts.is_used(peer, {}));
}

TEST_F(SessionContextsTest, CompleteWithTheLastOfSeveralRecords) {
  E2eSession small;
  small.max_record_bytes = 1024;
  EXPECT_EQ(contexts.send(peer, small, std::string(5000, 'x'), [](SendResult) {}), std::nullopt);
  EXPECT_GT(sent.size(), 4U);
  for (const Sent& each : sent) EXPECT_LE(each.bytes, 1024U);
  EXPECT_THAT(completions, SizeIs(1));
}

TEST_F(SessionContextsTest, KeepToWhatTheBrokerTakes) {
  contexts.set_max_packet_bytes(2000);
  contexts.send(peer, {}, std::string(9000, 'x'), {});
  EXPECT_GT(sent.size(), 4U);
  for (const Sent& each : sent) EXPECT_LT(each.bytes, 1900U);
}

TEST_F(SessionContextsTest, RefuseWhatIsTooLong) {
  const std::string longest(usp::kMaxSegmentedMessageBytes, 'x');
  EXPECT_EQ(contexts.send(peer, {}, longest, {}), std::nullopt);
  EXPECT_EQ(contexts.send(peer, {}, longest + "x", {}), SendResult::kTooLarge);
  EXPECT_THAT(sent, SizeIs(1));
}

TEST_F(SessionContextsTest, BeginAnewAfterARefusalInTheMiddle) {
  E2eSession small;
  small.max_record_bytes = 1024;
  contexts.receive(peer, small, record(50, 1, "get"));
  room = 2;
  EXPECT_EQ(contexts.send(peer, small, std::string(5000, 'x'), {}), SendResult::kQueueFull);
  room = 1000;
  EXPECT_EQ(contexts.send(peer, small, "again", {}), std::nullopt);
  EXPECT_NE(sent.back().record.session_id, 50U);
  EXPECT_EQ(sent.back().record.sequence_id, 1U);
}

TEST_F(SessionContextsTest, TellWhatTheStandardsObjectShows) {
  AgentFacts facts;
  facts.endpoint_id = peer.agent;
  contexts.fill(facts, {"self::c"});
  EXPECT_THAT(facts.sessions, IsEmpty());
  contexts.send(peer, {}, "notify", {});
  contexts.fill(facts, {"self::c"});
  EXPECT_EQ(facts.sessions.at("self::c").status, "Negotiating");
  contexts.receive(peer, {}, record(sent[0].record.session_id, 1, "answer"));
  contexts.fill(facts, {"self::c"});
  EXPECT_EQ(facts.sessions.at("self::c").status, "Up");
}

TEST_F(SessionContextsTest, EndWhereTheyAreForbidden) {
  contexts.receive(peer, {}, record(50, 1, "get"));
  EXPECT_FALSE(contexts.configure(peer.agent, peer.controller, mode(SessionMode::kRequire)));
  EXPECT_TRUE(contexts.configure(peer.agent, peer.controller, mode(SessionMode::kForbid)));
  EXPECT_FALSE(contexts.configure(peer.agent, peer.controller, mode(SessionMode::kForbid)));
  EXPECT_FALSE(contexts.is_used(peer, {}));
  EXPECT_THAT(metrics.text(), HasSubstr("usp_bridge_session_contexts_open 0"));
}

TEST_F(SessionContextsTest, AreCounted) {
  contexts.receive(peer, {}, record(50, 1, "get"));
  contexts.receive(peer, {}, record(50, 1, "get"));
  usp::SessionRecord asks = record(50, 2, "x");
  asks.retransmit_id = 9;
  contexts.receive(peer, {}, asks);
  const std::string text = metrics.text();
  EXPECT_THAT(text, HasSubstr("session_records_dropped_total{reason=\"duplicate\"} 1"));
  EXPECT_THAT(text, HasSubstr("session_restarts_total{reason=\"not kept\"} 1"));
}

TEST_F(SessionContextsTest, SecuredRecordsOpenNothing) {
  usp::SessionRecord secured = record(50, 1, "tls");
  secured.secured = true;
  EXPECT_TRUE(contexts.receive(peer, {}, secured).insecure);
  EXPECT_FALSE(contexts.is_used(peer, {}));
  contexts.receive(peer, {}, record(50, 1, "get"));
  EXPECT_FALSE(contexts.receive(peer, {}, secured).insecure);  // R-E2E.19: a new session instead
  EXPECT_NE(sent.back().record.session_id, 50U);
}

}  // namespace
}  // namespace bridge
