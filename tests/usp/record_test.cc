#include "usp/record.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "proto/usp/usp_record.pb.h"
#include "usp/agent.h"

namespace usp {
namespace {

using testing::VariantWith;

constexpr const char* kOwn = "os::012345-A1";
constexpr const char* kPeer = "self::controller";

usp_msg::Msg get_request() {
  usp_msg::Msg msg;
  msg.mutable_header()->set_msg_id("m1");
  msg.mutable_header()->set_msg_type(usp_msg::Header::GET);
  msg.mutable_body()->mutable_request()->mutable_get()->add_param_paths("Device.");
  return msg;
}

usp_record::Record good_record() {
  usp_record::Record record;
  record.ParseFromString(encode_message(kPeer, kOwn, get_request()));
  return record;
}

InRecord decode(const usp_record::Record& record) {
  return decode_record(record.SerializeAsString(), kOwn);
}

Drop dropped(const InRecord& in) {
  const auto* drop = std::get_if<InDropped>(&in);
  EXPECT_NE(drop, nullptr);
  return drop == nullptr ? Drop::kTooLarge : drop->reason;
}

unsigned answered(const InRecord& in) {
  const auto* faulty = std::get_if<InFaulty>(&in);
  if (faulty == nullptr) return 0;
  EXPECT_EQ(faulty->from_id, kPeer);
  EXPECT_EQ(faulty->answer.header().msg_id(), "m1");
  return faulty->answer.body().error().err_code();
}

TEST(UspRecord, CarriesAMessageBothWays) {
  const InRecord in = decode(good_record());
  const auto& message = std::get<InMessage>(in);
  EXPECT_EQ(message.from_id, kPeer);
  EXPECT_EQ(message.msg.body().request().get().param_paths(0), "Device.");
  EXPECT_EQ(good_record().version(), "1.4");
}

TEST(UspRecord, IgnoresRecordsForOthers) {  // 2.2, R-E2E.1
  usp_record::Record record = good_record();
  record.set_to_id("os::012345-B2");
  EXPECT_EQ(dropped(decode(record)), Drop::kNotForUs);
  record.clear_to_id();
  EXPECT_EQ(dropped(decode(record)), Drop::kNotForUs);
}

TEST(UspRecord, IgnoresItsOwnId) {  // 2.1, R-ARC.2
  usp_record::Record record = good_record();
  record.set_from_id(kOwn);
  EXPECT_EQ(dropped(decode(record)), Drop::kOwnSender);
}

TEST(UspRecord, IgnoresSendersThatAreNoEndpoint) {  // R-MTP.5
  for (const char* id : {"", "a:b", "os::", "os::a b", "os::a/b", "::x"}) {
    usp_record::Record record = good_record();
    record.set_from_id(id);
    EXPECT_EQ(dropped(decode(record)), Drop::kNoSender) << id;
  }
}

TEST(UspRecord, IgnoresARecordOfNoType) {  // R-ENC.4
  usp_record::Record record = good_record();
  record.clear_record_type();
  EXPECT_EQ(dropped(decode(record)), Drop::kNoRecordType);
}

SessionRecord a_session_record() {
  SessionRecord record;
  record.session_id = 7;
  record.sequence_id = 3;
  record.expected_id = 4;
  record.retransmit_id = 2;
  record.payload_state = SarState::kBegin;
  record.payloadrec_state = SarState::kInProcess;
  record.payloads = {"one", "two"};
  return record;
}

TEST(UspRecord, CarriesARecordOfASessionBothWays) {
  const InRecord in = decode_record(encode_session(kPeer, kOwn, a_session_record()), kOwn);
  EXPECT_EQ(std::get<InSession>(in).record, a_session_record());
  EXPECT_EQ(std::get<InSession>(in).from_id, kPeer);
}

TEST(UspRecord, LeavesASecuredSessionToTheContext) {  // R-E2E.19
  usp_record::Record record;
  record.ParseFromString(encode_session(kPeer, kOwn, a_session_record()));
  record.set_payload_security(usp_record::Record::TLS12);
  EXPECT_TRUE(std::get<InSession>(decode(record)).record.secured);
}

TEST(UspRecord, AnswersAWholeRequestInAFaultyRecordOfASession) {  // R-MTP.5, R-ENC.2
  SessionRecord whole;
  whole.session_id = 7;
  whole.sequence_id = 1;
  whole.payloads = {get_request().SerializeAsString()};
  usp_record::Record record;
  record.ParseFromString(encode_session(kPeer, kOwn, whole));
  record.set_version("2.0");
  EXPECT_EQ(answered(decode(record)), 7104U);
  record.set_version("1.4");
  record.set_payload_security(static_cast<usp_record::Record::PayloadSecurity>(9));
  EXPECT_EQ(answered(decode(record)), 7104U);
  record.mutable_session_context()->set_payload_sar_state(usp_record::SessionContextRecord::BEGIN);
  EXPECT_EQ(dropped(decode(record)), Drop::kNoMessage);
}

TEST(UspRecord, KnowsHowMuchARecordOfASessionHasBesideItsPayload) {
  constexpr std::uint64_t kMax = ~std::uint64_t{0};
  for (std::size_t size : {std::size_t{1}, std::size_t{200}, std::size_t{5'000'000}}) {
    SessionRecord record{kMax, kMax, kMax, kMax, SarState::kComplete, SarState::kComplete, {}};
    record.payloads = {std::string(size, 'x')};
    EXPECT_LE(encode_session(kPeer, kOwn, record).size(),
              size + session_overhead_bytes(kPeer, kOwn));
  }
}

TEST(UspRecord, AnswersSecuredPayloads) {
  usp_record::Record record = good_record();
  record.set_payload_security(usp_record::Record::TLS12);
  EXPECT_EQ(answered(decode(record)), 7102U);
  record.set_payload_security(static_cast<usp_record::Record::PayloadSecurity>(9));  // R-ENC.2
  EXPECT_EQ(answered(decode(record)), 7104U);
}

TEST(UspRecord, TakesEveryVersionOneAndAnswersOthers) {
  usp_record::Record record = good_record();
  for (const char* version : {"1.0", "1.3", "1.9"}) {
    record.set_version(version);
    EXPECT_THAT(decode(record), VariantWith<InMessage>(testing::_)) << version;
  }
  for (const char* version : {"", "2.0", "11.0", "x"}) {
    record.set_version(version);
    EXPECT_EQ(answered(decode(record)), 7104U) << version;
  }
}

TEST(UspRecord, AnswersARequestOfNoKnownType) {  // R-ENC.5, R-ENC.2
  usp_msg::Msg msg = get_request();
  msg.mutable_body()->mutable_request()->clear_req_type();
  EXPECT_EQ(answered(decode_record(encode_message(kPeer, kOwn, msg), kOwn)), 7004U);
  msg = get_request();
  msg.mutable_header()->set_msg_type(static_cast<usp_msg::Header::MsgType>(77));
  EXPECT_EQ(answered(decode_record(encode_message(kPeer, kOwn, msg), kOwn)), 7004U);
}

TEST(UspRecord, AnswersARequestWithoutBody) {  // R-ENC.5
  usp_msg::Msg msg = get_request();
  msg.clear_body();
  EXPECT_EQ(answered(decode_record(encode_message(kPeer, kOwn, msg), kOwn)), 7004U);
  msg.mutable_header()->set_msg_type(usp_msg::Header::GET_RESP);
  EXPECT_EQ(dropped(decode_record(encode_message(kPeer, kOwn, msg), kOwn)), Drop::kNoMessage);
}

TEST(UspRecord, DropsMessagesThatCannotBeAnswered) {  // R-MTP.5
  usp_record::Record record = good_record();
  for (const char* payload : {"", "\xff\xff\xff", "not a message"}) {
    record.mutable_no_session_context()->set_payload(payload);
    EXPECT_EQ(dropped(decode(record)), Drop::kNoMessage) << payload;
  }
  usp_msg::Msg msg = get_request();
  msg.mutable_header()->clear_msg_id();
  EXPECT_EQ(dropped(decode_record(encode_message(kPeer, kOwn, msg), kOwn)), Drop::kNoMessage);
  // A faulty record around a response is not answered either.
  usp_msg::Msg response;
  response.mutable_header()->set_msg_id("m1");
  response.mutable_body()->mutable_response()->mutable_notify_resp();
  record.mutable_no_session_context()->set_payload(response.SerializeAsString());
  EXPECT_THAT(decode(record), VariantWith<InMessage>(testing::_));
  record.set_version("2.0");
  EXPECT_EQ(dropped(decode(record)), Drop::kNoMessage);
}

TEST(UspRecord, StopsAtItsSizeLimit) {
  usp_record::Record record = good_record();
  record.set_sender_cert(std::string(kMaxRecordBytes - record.ByteSizeLong() - 5, 'x'));
  ASSERT_EQ(record.ByteSizeLong(), kMaxRecordBytes);
  EXPECT_THAT(decode(record), VariantWith<InMessage>(testing::_));
  record.mutable_sender_cert()->push_back('x');
  EXPECT_EQ(dropped(decode(record)), Drop::kTooLarge);
}

TEST(UspRecord, SurvivesEveryTruncation) {  // 3.1
  const std::string bytes = good_record().SerializeAsString();
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    const InRecord in = decode_record(std::string_view(bytes).substr(0, size), kOwn);
    EXPECT_FALSE(std::holds_alternative<InFaulty>(in)) << size;
  }
}

TEST(UspRecord, ConnectsAndDisconnects) {  // 11.17, R-MTP.6, R-MTP.7
  const InRecord connect =
      decode_record(encode_mqtt_connect(kPeer, kOwn, MqttVersion::kV5, "usp/v1/agent/x"), kOwn);
  EXPECT_EQ(std::get<InConnect>(connect).topic, "usp/v1/agent/x");
  EXPECT_TRUE(std::get<InConnect>(connect).mqtt5);
  const InRecord disconnect = decode_record(
      encode_disconnect(kPeer, kOwn, ErrorCode::kSessionContextNotAllowed, "no sessions"), kOwn);
  EXPECT_EQ(std::get<InDisconnect>(disconnect).code, 7106U);
  EXPECT_EQ(std::get<InDisconnect>(disconnect).reason, "no sessions");
}

TEST(UspRecord, FindsTheReceiverWithoutDecoding) {
  std::string bytes = good_record().SerializeAsString();
  EXPECT_EQ(peek_to_id(bytes), kOwn);
  bytes +=
      "\x12\x03"
      "abc";  // a second to_id: the last counts, as in the full decode
  usp_record::Record record;
  ASSERT_TRUE(record.ParseFromString(bytes));
  EXPECT_EQ(peek_to_id(bytes), record.to_id());
  EXPECT_FALSE(
      peek_to_id("\x12\x7f"
                 "abc"));
  EXPECT_FALSE(peek_to_id(""));
}

}  // namespace
}  // namespace usp
