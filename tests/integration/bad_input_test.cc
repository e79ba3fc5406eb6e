// What peers should not send, and what they get for it: a clear answer, a line in the log, and
// nobody else notices.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/integration/raw_peers.h"
#include "tests/integration/world.h"
#include "usp/record.h"

namespace integration {
namespace {

using support::HttpAnswer;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

constexpr std::chrono::seconds kLogLimit{10};

/// One service, one good CPE and one good controller, whom bad peers must not disturb.
class BadInput : public testing::Test {
 protected:
  BadInput()
      : world({}, {"USP_BRIDGE_CWMP__TIMEOUTS__IDLE=2s", "USP_BRIDGE_MQTT__MAX_MESSAGE_BYTES=64KiB",
                   "USP_BRIDGE_DEVICE__OPERATION_DEADLINE=20s"}),
        good(world.device("good")) {}

  void expect_logged(const std::string& text) {
    EXPECT_TRUE(world.bridge().wait_for_text(text, kLogLimit)) << "not logged: " << text << "\n"
                                                               << world.bridge().output();
  }

  /// A write goes all the way to the good CPE, and what it reads is what was written.
  void expect_all_is_well() {
    ASSERT_FALSE(world.bridge().wait_for_exit(std::chrono::milliseconds(0))) << "it is gone";
    std::string value = "well-" + std::to_string(++rounds_);
    auto answer =
        world.ask(*good, usp_controller::set({{"Device.WiFi.SSID.1.", {{"SSID", value}}}}));
    ASSERT_THAT(usp_controller::failures_of(answer), IsEmpty()) << world.bridge().output();
    EXPECT_EQ(good->command("get", "Device.WiFi.SSID.1.SSID"), value);
    EXPECT_EQ(world.read(*good, "Device.WiFi.SSID.1.SSID"), value);
  }

  /// Also one that was never seen before.
  void expect_newcomers_are_welcome() {
    auto fresh = world.device("fresh");
    EXPECT_EQ(world.read(*fresh, "Device.WiFi.SSID.1.SSID"), "Home-1");
  }

  World world;
  std::unique_ptr<Cpe> good;

 private:
  int rounds_ = 0;
};

// ---- HTTP --------------------------------------------------------------------------------------

struct HttpCase {
  const char* name;
  std::string bytes;
  unsigned status;
  const char* log;
};

std::string head(const std::string& fields) {
  return "POST / HTTP/1.1\r\nHost: acs\r\n" + fields + "\r\n";
}

std::vector<HttpCase> http_cases() {
  return {
      {"no request line", "CWMP please\r\n\r\n", 400, "bad HTTP"},
      {"unknown protocol", "POST / CWMP/1.1\r\n\r\n", 400, "bad HTTP"},
      {"method", "GET / HTTP/1.1\r\nHost: acs\r\n\r\n", 405, "method is not POST"},
      {"field without colon", head("Content-Length 5\r\n"), 400, "bad HTTP"},
      {"field name with blanks", head("Content Length: 5\r\n"), 400, "bad HTTP"},
      {"length that is no number", head("Content-Length: many\r\n"), 400, "bad HTTP"},
      {"negative length", head("Content-Length: -1\r\n"), 400, "bad HTTP"},
      {"two lengths", head("Content-Length: 5\r\nContent-Length: 6\r\n") + "hello!", 400,
       "bad HTTP"},
      {"length and chunks",
       head("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n") + "0\r\n\r\n", 400, "bad HTTP"},
      {"bad chunk", head("Transfer-Encoding: chunked\r\n") + "zz\r\n", 400, "bad HTTP"},
      {"header too large", head("X-Filler: " + std::string(17 << 10, 'x') + "\r\n"), 431,
       "header too large"},
      {"body too large", head("Content-Length: 1000000000\r\n"), 413, "body too large"},
      {"chunk too large", head("Transfer-Encoding: chunked\r\n") + "fffffff\r\n", 413,
       "body too large"},
      {"unknown coding", head("Content-Encoding: br\r\nContent-Length: 5\r\n") + "hello", 415,
       "unknown Content-Encoding"},
      {"truncated gzip",
       head("Content-Encoding: gzip\r\nContent-Length: 12\r\n") +
           std::string("\x1f\x8b\x08\0\0\0\0\0\0\x03\xb3\xc9", 12),
       400, "compressed body is damaged"},
  };
}

TEST_F(BadInput, WhatIsNoHttpIsAnsweredWithItsStatus) {
  for (const HttpCase& each : http_cases()) {
    SCOPED_TRACE(each.name);
    world.bridge().skip_output();
    support::HttpClient peer(static_cast<std::uint16_t>(world.acs_port()));
    peer.send(each.bytes);
    EXPECT_EQ(peer.receive().status, each.status);
    EXPECT_TRUE(peer.closed());
    expect_logged("HTTP " + std::to_string(each.status) + "): " + each.log);
    expect_all_is_well();
  }
  expect_newcomers_are_welcome();
}

TEST_F(BadInput, AWrongPasswordIsRefused) {
  RawCpe cpe(world.acs_port(), "cpe", "guessed");

  EXPECT_EQ(cpe.post(inform_text("ghost")).status, 401u);

  expect_logged("wrong user or password, user cpe");
  expect_all_is_well();
}

// ---- SOAP --------------------------------------------------------------------------------------

struct SoapCase {
  const char* name;
  std::string body;
  const char* fault;
  const char* log;  ///< behind the peer's address
};

std::string entity_bomb() {
  std::string out = "<?xml version=\"1.0\"?><!DOCTYPE b [<!ENTITY e0 \"lol\">";
  for (int i = 1; i < 20; ++i) {
    out += "<!ENTITY e" + std::to_string(i) + " \"";
    for (int n = 0; n < 10; ++n) out += "&e" + std::to_string(i - 1) + ";";
    out += "\">";
  }
  return out + "]>" + envelope_text(cwmp::GetRPCMethods{}).insert(0, "&e19;");
}

std::string without_device_id(std::string inform) {
  const std::size_t begin = inform.find("<DeviceId>");
  const std::size_t end = inform.find("</DeviceId>") + std::string("</DeviceId>").size();
  return inform.erase(begin, end - begin);
}

std::vector<SoapCase> soap_cases() {
  const std::string inform = inform_text("ghost");
  return {
      {"no XML", "It is me, a CPE.", "8003", ""},
      {"truncated XML", inform.substr(0, inform.size() / 2), "8003", ""},
      {"XML that is no envelope", "<Inform><DeviceId/></Inform>", "8003", ""},
      {"entity bomb", entity_bomb(), "8003", "document type declaration"},
      {"external entity",
       "<!DOCTYPE a [<!ENTITY x SYSTEM \"file:///etc/passwd\">]>" + inform_text("&x;"), "8003",
       "document type declaration"},
      {"too deep", nested(100'000), "8004", ""},
      {"a request before any Inform", envelope_text(cwmp::TransferComplete{}), "8003",
       "session does not start with Inform"},
      {"an unknown RPC before any Inform", envelope_text(cwmp::UnknownRequest{"X_00D09E_Hello"}),
       "8003", "session does not start with Inform"},
      {"Inform without DeviceId", without_device_id(inform), "800", "serial number"},
      {"Inform without serial number", inform_text(""), "800", "serial number"},
  };
}

TEST_F(BadInput, WhatIsNoInformIsAnsweredWithAFault) {
  for (const SoapCase& each : soap_cases()) {
    SCOPED_TRACE(each.name);
    world.bridge().skip_output();
    RawCpe cpe(world.acs_port());
    HttpAnswer answer = cpe.post(each.body);
    EXPECT_EQ(answer.status, 200u);
    EXPECT_THAT(fault_code_in(answer), StartsWith(each.fault)) << answer.body;
    auto line = world.bridge().wait_for_text("cwmp: request from 127.0.0.1 refused", kLogLimit);
    EXPECT_THAT(line.value_or(""), HasSubstr(each.log));
    expect_all_is_well();
  }
  expect_newcomers_are_welcome();
}

TEST_F(BadInput, AnUnknownRpcIsAnsweredAndTheSessionGoesOn) {
  RawCpe cpe(world.acs_port());
  ASSERT_EQ(cpe.post(inform_text("ghost")).status, 200u);

  HttpAnswer unknown = cpe.post(envelope_text(cwmp::UnknownRequest{"X_00D09E_Hello"}));
  EXPECT_EQ(unknown.status, 200u);
  EXPECT_EQ(fault_code_in(unknown), "8000") << unknown.body;
  HttpAnswer garbage = cpe.post("no XML at all");
  EXPECT_EQ(fault_code_in(garbage), "8003") << garbage.body;
  EXPECT_THAT(cpe.post("").body, HasSubstr("acs-1"));

  cpe.close();
  auto line = world.bridge().wait_for_text("session of 00D09E-Box-ghost", kLogLimit);
  EXPECT_THAT(line.value_or(""),
              AllOf(HasSubstr("lost"), HasSubstr("unknown-method"), HasSubstr("X_00D09E_Hello")));
  expect_all_is_well();
}

// ---- CPEs that vanish --------------------------------------------------------------------------

TEST_F(BadInput, ACpeThatVanishesLosesItsSession) {
  struct Case {
    const char* name;
    int requests;  ///< Inform, then empty POSTs
    bool closes;
  };
  for (const Case& each : {Case{"closes after its Inform", 1, true},
                           Case{"closes after an RPC was sent to it", 2, true},
                           Case{"hangs after its Inform", 1, false},
                           Case{"hangs after an RPC was sent to it", 2, false}}) {
    SCOPED_TRACE(each.name);
    world.bridge().skip_output();
    RawCpe cpe(world.acs_port());
    ASSERT_EQ(cpe.post(inform_text("ghost")).status, 200u);
    if (each.requests > 1) {
      EXPECT_THAT(cpe.post("").body, HasSubstr("cwmp:"));
    }
    if (each.closes) cpe.close();
    expect_all_is_well();  // others need not wait for it
    expect_logged("session of 00D09E-Box-ghost from 127.0.0.1: lost");
  }
  // It comes back as a device that behaves.
  expect_newcomers_are_welcome();
  expect_all_is_well();
}

TEST_F(BadInput, ACpeThatAnswersNonsenseGetsTheNextRequest) {
  RawCpe cpe(world.acs_port());
  ASSERT_EQ(cpe.post(inform_text("ghost")).status, 200u);
  ASSERT_THAT(cpe.post("").body, HasSubstr("acs-1"));
  for (const std::string& nonsense :
       {std::string("garbage"), envelope_text(cwmp::RebootResponse{}),
        envelope_text(cwmp::Fault{cwmp::FaultCode::kInternalError, "", {}})}) {
    HttpAnswer next = cpe.post(nonsense);
    EXPECT_TRUE(next.status == 200u || next.status == 204u) << next.status;
    if (next.status == 204u) break;
    EXPECT_THAT(next.body, HasSubstr("cwmp:")) << next.body;
  }
  cpe.close();
  expect_logged("session of 00D09E-Box-ghost");
  expect_all_is_well();
}

// ---- MQTT --------------------------------------------------------------------------------------

usp_msg::Msg with_id(usp_msg::Msg msg, const std::string& id) {
  msg.mutable_header()->set_msg_id(id);
  return msg;
}

const usp_msg::Msg kGet = with_id(usp_controller::get({"Device.WiFi.SSID.1.SSID"}), "bad");

struct RecordCase {
  const char* name;
  std::string bytes;
  std::string response_topic;
  const char* log;
};

std::string record_of(const std::string& agent, const std::string& payload) {
  usp_record::Record record;
  record.set_version("1.4");
  record.set_from_id("self::ctl");
  record.set_to_id(agent);
  if (!payload.empty()) record.mutable_no_session_context()->set_payload(payload);
  return record.SerializeAsString();
}

std::vector<RecordCase> record_cases(const std::string& agent) {
  const std::string good = usp::encode_message("self::ctl", agent, kGet);
  const std::string& own = kRawTopic;
  return {
      {"nothing", "", own, "no USP record"},
      {"garbage", "\xff\xfe\xfd not protobuf", own, "no USP record"},
      {"truncated", good.substr(0, good.size() / 2), own, "no USP record"},
      {"unknown agent", usp::encode_message("self::ctl", "ops::00D09E-Gateway-none", kGet), own,
       "which is no agent of ours"},
      {"unknown controller", usp::encode_message("self::intruder", agent, kGet), own,
       "record of self::intruder dropped: neither configured"},
      {"no sender", usp::encode_message("", agent, kGet), own, "no valid sender"},
      {"own sender", usp::encode_message(agent, agent, kGet), own, "sent with our own id"},
      {"no record type", record_of(agent, ""), own, "no record type"},
      {"payload that is no Msg", record_of(agent, "\x0a\xff\xff"), own, "no request to answer"},
      {"no msg_id", usp::encode_message("self::ctl", agent, with_id(kGet, "")), own,
       "no request to answer"},
      {"too large", std::string(65 << 10, 'x'), own, "dropped: too large"},
      {"answer to a foreign topic", good, "somebody/else", "outside its prefix"},
  };
}

TEST_F(BadInput, RecordsThatNobodyCanAnswerAreDropped) {
  RawController raw(world.broker().port());
  const std::string topic = "usp/v1/agent/" + good->endpoint_id();
  for (const RecordCase& each : record_cases(good->endpoint_id())) {
    SCOPED_TRACE(each.name);
    world.bridge().skip_output();
    raw.publish(topic, each.bytes, each.response_topic);
    expect_logged(each.log);
    // An answer to it would have come before this one.
    raw.publish(topic,
                usp::encode_message("self::ctl", good->endpoint_id(), with_id(kGet, "next")));
    auto next = raw.receive();
    ASSERT_TRUE(next);
    EXPECT_EQ(msg_in(*next).header().msg_id(), "next") << msg_in(*next).ShortDebugString();
    expect_all_is_well();
  }
}

struct ErrorCase {
  const char* name;
  usp_msg::Msg msg;
  std::uint32_t code;
};

std::vector<ErrorCase> error_cases() {
  usp_msg::Msg no_body;
  no_body.mutable_header()->set_msg_type(usp_msg::Header::GET);
  usp_msg::Msg no_type = no_body;
  no_type.mutable_body()->mutable_request();
  usp_msg::Msg unknown_type = kGet;
  unknown_type.mutable_header()->set_msg_type(static_cast<usp_msg::Header::MsgType>(77));
  usp_msg::Msg for_controllers;
  for_controllers.mutable_header()->set_msg_type(usp_msg::Header::NOTIFY);
  for_controllers.mutable_body()->mutable_request()->mutable_notify()->mutable_event();
  return {
      {"no body", no_body, 7004},                // R-ENC.5
      {"no request type", no_type, 7004},        // R-ENC.5
      {"unknown msg_type", unknown_type, 7004},  // R-ENC.2
      {"a message for controllers", for_controllers, 7001},
  };
}

TEST_F(BadInput, RequestsThatCannotBeDoneGetAnError) {
  RawController raw(world.broker().port());
  for (const ErrorCase& each : error_cases()) {
    SCOPED_TRACE(each.name);
    raw.publish("usp/v1/agent/" + good->endpoint_id(),
                usp::encode_message("self::ctl", good->endpoint_id(), with_id(each.msg, "bad")));
    auto answer = raw.receive();
    ASSERT_TRUE(answer) << world.bridge().output();
    usp_msg::Msg msg = msg_in(*answer);
    EXPECT_EQ(msg.header().msg_id(), "bad");
    expect_logged(std::to_string(each.code));
    EXPECT_EQ(msg.body().error().err_code(), each.code) << msg.ShortDebugString();
    expect_all_is_well();
  }
}

TEST_F(BadInput, RecordsOfSessionsThatCannotBeAreDroppedWithoutAWord) {
  RawController raw(world.broker().port());
  const auto send = [&](usp::SessionRecord record) {
    raw.publish("usp/v1/agent/" + good->endpoint_id(),
                usp::encode_session("self::ctl", good->endpoint_id(), record));
  };
  send({1, 1, 1, 0, {}, {}, {"session_id is below 2"}});
  expect_logged("dropped: invalid ids");
  send({7, 0, 1, 0, {}, {}, {"no sequence_id"}});
  expect_all_is_well();
}

TEST_F(BadInput, UnknownPathsAreNamedInTheAnswer) {
  // R-GET.0
  auto got = world.ask(*good, usp_controller::get({"Device.Nope.", "Device.WiFi.SSID.1.SSID"}));
  EXPECT_THAT(usp_controller::failures_of(got), ElementsAre(StartsWith("Device.Nope.: 7026")));
  EXPECT_EQ(usp_controller::values_of(got).size(), 1u);
  auto missing = world.ask(*good, usp_controller::get({"Device.WiFi.SSID.99."}));
  EXPECT_THAT(usp_controller::failures_of(missing),
              ElementsAre(StartsWith("Device.WiFi.SSID.99.: 7026")));

  // R-OPR.1: no Error message
  auto command = world.ask(*good, usp_controller::operate("Device.Nope()"));
  EXPECT_THAT(usp_controller::failures_of(command), ElementsAre(StartsWith("Device.Nope(): 7026")));

  // R-SET.1
  auto set = world.ask(*good, usp_controller::set({{"Device.Nope.", {{"Any", "1"}}}}));
  ASSERT_EQ(set.body().error().param_errs_size(), 1) << set.ShortDebugString();
  EXPECT_EQ(set.body().error().param_errs(0).param_path(), "Device.Nope.");
  EXPECT_EQ(set.body().error().param_errs(0).err_code(), 7026u);
  auto parameter =
      world.ask(*good, usp_controller::set({{"Device.WiFi.SSID.1.", {{"Nope", "1"}}}}));
  ASSERT_EQ(parameter.body().error().param_errs_size(), 1) << parameter.ShortDebugString();
  EXPECT_EQ(parameter.body().error().param_errs(0).param_path(), "Device.WiFi.SSID.1.Nope");
  EXPECT_EQ(parameter.body().error().param_errs(0).err_code(), 7010u);
  expect_all_is_well();
}

TEST_F(BadInput, ABrokerThatGoesAwayWhileASetWaitsGetsTheAnswerLater) {
  good->command("sleep");
  auto answer =
      ask_later(world, *good, usp_controller::set({{"Device.WiFi.SSID.2.", {{"SSID", "later"}}}}));
  ASSERT_TRUE(world.bridge().wait_for_text("SET"));

  world.broker().kill();
  ASSERT_TRUE(world.bridge().wait_for_text("mqtt: lost"));
  world.broker().start();
  ASSERT_TRUE(world.broker().process().wait_for_text("usp/v1/controller/ctl (QoS"));
  good->command("wake");

  EXPECT_THAT(usp_controller::failures_of(answer.get()), IsEmpty());
  EXPECT_EQ(good->command("get", "Device.WiFi.SSID.2.SSID"), "later");
  expect_all_is_well();
}

// ---- gRPC --------------------------------------------------------------------------------------

TEST_F(BadInput, TheControlApiSaysWhatIsWrong) {
  struct Case {
    const char* name;
    std::vector<std::string> arguments;
    const char* answer;
    const char* log = "control: audit: ";
    int status = 1;
  };
  const char* const kFailed = "control: ";
  const char* const kAudited = "control: audit: ";
  const std::string& device = good->endpoint_id();
  for (const Case& each :
       {Case{"get of an unknown device",
             {"get", "ops::00D09E-Gateway-none", "Device."},
             "(NOT_FOUND)",
             kFailed,
             3},
        Case{"set of an unknown device",
             {"set", "os::no-one", "Device.WiFi.SSID.1.SSID=x"},
             "(NOT_FOUND)",
             kFailed,
             3},
        Case{"get of an unknown path", {"get", device, "Device.Nope."}, "(7026)", ""},
        Case{"set of an unknown parameter",
             {"set", device, "Device.WiFi.SSID.1.Nope=1"},
             "Device.WiFi.SSID.1.Nope"},
        Case{"add to what is no table", {"add", device, "Device.DeviceInfo."}, "USP 70"},
        Case{"delete of an unknown path",
             {"delete", device, "Device.Nope.1."},
             "USP 70",
             kAudited,
             3},
        Case{"unknown command", {"run", device, "Device.Nope()"}, "USP 70", kAudited, 3}}) {
    SCOPED_TRACE(each.name);
    world.bridge().skip_output();
    std::vector<std::string> arguments{"--address",
                                       "127.0.0.1:" + std::to_string(world.grpc_port())};
    arguments.insert(arguments.end(), each.arguments.begin(), each.arguments.end());
    support::Process client(USP_BRIDGECTL, arguments);
    EXPECT_EQ(client.wait_for_exit(), each.status);
    EXPECT_TRUE(client.wait_for_text(each.answer)) << client.output();
    if (*each.log != '\0') expect_logged(each.log);
    expect_all_is_well();
  }
}

}  // namespace
}  // namespace integration
