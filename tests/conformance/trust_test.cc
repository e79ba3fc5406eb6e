// TP-469 sections 2 and 3: records that an agent has to leave alone.
#include "tests/conformance/suite.h"

namespace conformance {
namespace {

using testing::ElementsAre;

const std::string kReply = "usp/v1/controller/ctl/trust";

std::string message() {
  usp_msg::Msg msg = usp_controller::get({"Device.LocalAgent.EndpointID"});
  msg.mutable_header()->set_msg_id("to-be-ignored");
  return msg.SerializeAsString();
}

class Trust : public Case {
 protected:
  usp_record::Record record(const std::string& to, const std::string& from) {
    usp_record::Record out;
    out.set_version("1.4");
    out.set_to_id(to);
    out.set_from_id(from);
    out.mutable_no_session_context()->set_payload(message());
    return out;
  }

  void publish(const std::string& payload) {
    Suite::get().analyzer().publish(
        {.topic = "usp/v1/agent/" + agent.id(), .payload = payload, .response_topic = kReply});
  }

  /// Message types that the agent has published on the topic of these records, once it has
  /// answered a request that came after them.
  std::vector<std::string> answers() {
    EXPECT_EQ(agent.value("Device.LocalAgent.EndpointID"), agent.id());
    Suite::get().analyzer().settle();
    std::vector<std::string> types;
    for (const Sent& sent : Suite::get().analyzer().sent_by(agent.id())) {
      if (sent.topic != kReply) continue;
      types.push_back(sent.msg ? usp_msg::Header::MsgType_Name(sent.msg->header().msg_type())
                               : "record without a message");
    }
    return types;
  }
};

TEST_F(Trust, 2_1_ARecordWithTheAgentsOwnIdAsSenderIsIgnored) {
  usp_record::Record with_session = record(agent.id(), agent.id());
  auto& session = *with_session.mutable_session_context();
  session.set_session_id(1);
  session.set_sequence_id(1);
  session.set_expected_id(1);
  session.add_payload(message());
  publish(with_session.SerializeAsString());
  publish(record(agent.id(), agent.id()).SerializeAsString());

  EXPECT_THAT(answers(), ElementsAre());
}

TEST_F(Trust, 2_2_ARecordForAnotherEndpointIsIgnored) {
  publish(record("os::00D09E-Nobody", "self::ctl").SerializeAsString());
  publish(record("", "self::ctl").SerializeAsString());
  publish(record("self::ctl", "self::ctl").SerializeAsString());
  publish(record("os::00D09E-Nobody", agent.id()).SerializeAsString());
  EXPECT_THAT(answers(), ElementsAre());

  // What is published on this agent's topic for another one is that one's.
  const Agent other = Suite::get().next_agent();
  publish(record(other.id(), "self::ctl").SerializeAsString());
  EXPECT_EQ(other.value("Device.LocalAgent.EndpointID"), other.id());
  EXPECT_THAT(answers(), ElementsAre());
}

TEST_F(Trust, 3_1_AMalformedRecordIsIgnoredAndHarmsNobody) {
  const std::string good = record(agent.id(), "self::ctl").SerializeAsString();
  publish("");
  publish("no record at all");
  publish(std::string("\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", 12));
  publish(good.substr(0, good.size() - 7));
  usp_record::Record none = record(agent.id(), "self::ctl");
  none.clear_no_session_context();
  publish(none.SerializeAsString());
  usp_record::Record empty = record(agent.id(), "self::ctl");
  empty.mutable_no_session_context()->set_payload("");
  publish(empty.SerializeAsString());
  usp_record::Record rubbish = record(agent.id(), "self::ctl");
  rubbish.mutable_no_session_context()->set_payload("no message at all");
  publish(rubbish.SerializeAsString());

  EXPECT_THAT(answers(), ElementsAre());
  const Agent other = Suite::get().next_agent();
  EXPECT_EQ(other.value("Device.LocalAgent.EndpointID"), other.id());
}

}  // namespace
}  // namespace conformance
