// The checks of every record find what they are there for.
#include "tests/conformance/universal.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace conformance {
namespace {

using testing::IsEmpty;
using testing::SizeIs;

usp_record::Record good_record() {
  usp_record::Record record;
  record.set_version("1.4");
  record.set_to_id("self::ctl");
  record.set_from_id("ops::00D09E-Gateway-1");
  record.mutable_no_session_context()->set_payload("payload");
  return record;
}

Violations of(const usp_record::Record& record) {
  Violations out;
  check_record(record, out);
  return out;
}

Violations of(const usp_msg::Msg& msg) {
  Violations out;
  check_message(msg, out);
  return out;
}

usp_msg::Msg get_resp(const std::string& resolved, const std::string& name) {
  usp_msg::Msg msg;
  msg.mutable_header()->set_msg_id("1");
  msg.mutable_header()->set_msg_type(usp_msg::Header::GET_RESP);
  auto* asked = msg.mutable_body()->mutable_response()->mutable_get_resp()->add_req_path_results();
  asked->set_requested_path("Device.*.");  // an echo may search
  auto* object = asked->add_resolved_path_results();
  object->set_resolved_path(resolved);
  (*object->mutable_result_params())[name] = "value";
  return msg;
}

TEST(UniversalMetrics, FindNothingInAGoodRecord) { EXPECT_THAT(of(good_record()), IsEmpty()); }

TEST(UniversalMetrics, FindABadEndpointId) {
  usp_record::Record record = good_record();
  record.set_from_id("nobody");
  EXPECT_THAT(of(record), SizeIs(1));
}

TEST(UniversalMetrics, FindARecordWithoutAType) {
  usp_record::Record record = good_record();
  record.clear_no_session_context();
  EXPECT_THAT(of(record), SizeIs(1));
}

TEST(UniversalMetrics, FindFieldsAndEnumeratorsThatTheSchemaDoesNotHave) {
  usp_record::Record record;
  ASSERT_TRUE(record.ParseFromString(good_record().SerializeAsString() + "\xa8\x06\x01"));
  EXPECT_THAT(of(record), SizeIs(1));
  usp_msg::Msg msg = get_resp("Device.", "Name");
  msg.mutable_header()->set_msg_type(static_cast<usp_msg::Header::MsgType>(99));
  EXPECT_THAT(of(msg), SizeIs(2)) << "unknown, and not what the body is";
}

TEST(UniversalMetrics, FindPathsThatAreNotAddressedByInstanceNumber) {
  EXPECT_THAT(of(get_resp("Device.WiFi.SSID.1.", "SSID")), IsEmpty());
  for (const std::string path :
       {"Device.WiFi.SSID.*.", "Device.WiFi.SSID.[Alias==\"a\"].", "Device.WiFi.SSID.01.",
        "Device.WiFi.SSID.{i}.", "Device.WiFi.SSID.1", "WiFi.SSID.1.", "Device..SSID.", ""}) {
    EXPECT_THAT(of(get_resp(path, "SSID")), SizeIs(1)) << path;
  }
  EXPECT_THAT(of(get_resp("Device.WiFi.", "SSID.1.SSID")), SizeIs(1));
}

TEST(UniversalMetrics, FindAHeaderThatDoesNotFitTheBody) {
  usp_msg::Msg msg = get_resp("Device.", "Name");
  msg.mutable_header()->set_msg_type(usp_msg::Header::SET_RESP);
  EXPECT_THAT(of(msg), SizeIs(1));
  msg.mutable_header()->clear_msg_id();
  EXPECT_THAT(of(msg), SizeIs(2));
}

TEST(UniversalMetrics, TellPathsOfTheSupportedModelApart) {
  EXPECT_TRUE(is_supported_path("Device.WiFi.SSID.{i}."));
  EXPECT_FALSE(is_supported_path("Device.WiFi.SSID.1."));
  EXPECT_TRUE(is_instantiated_path("Device.IP.Interface.1.Reset()"));
  EXPECT_TRUE(is_instantiated_path("Device.Boot!"));
  EXPECT_FALSE(is_instantiated_path("Device.Boot!."));
}

}  // namespace
}  // namespace conformance
