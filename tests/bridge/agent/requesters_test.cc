// Whose requests are served, with which rights, and what is told to whom.
#include <gmock/gmock.h>

#include "tests/bridge/service_fixture.h"
#include "tests/tools/usp_controller/requests.h"
#include "usp/record.h"

namespace bridge {
namespace {

using namespace test;
using namespace usp_controller;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::Pair;
using testing::SizeIs;

const std::string kSsid = "Device.WiFi.SSID.1.SSID";
const std::string kKey = "Device.WiFi.AccessPoint.1.Security.KeyPassphrase";
const std::string kTrust = "Device.LocalAgent.ControllerTrust.";
const std::string kControllers = "Device.LocalAgent.Controller.";

Config asked(UnknownControllers unknown) {
  Config out = test::config();
  out.unknown_controllers = unknown;
  out.controllers[1].default_subscriptions = {
      {.id = "ssid", .notif_type = "ValueChange", .reference_list = {"Device.WiFi."}},
      {.id = "rows",
       .notif_type = "ObjectCreation",
       .reference_list = {"Device.NAT.PortMapping."}}};
  return out;
}

class Requesters : public ServiceTest {
 protected:
  explicit Requesters(UnknownControllers unknown = UnknownControllers::kRefuse)
      : ServiceTest(asked(unknown)) {
    device = add_device({{kSsid, "Home"},
                         {kKey, "top secret"},
                         {"Device.NAT.PortMapping.1.Alias", "cpe-1"},
                         {"Device.NAT.PortMapping.1.Description", "tv"}});
    northbound->start();
    transport->connect();
  }
  ~Requesters() override { northbound->stop({}); }

  void send(const std::string& from, usp_msg::Msg msg, const std::string& id,
            std::optional<std::string> response_topic = {}) {
    msg.mutable_header()->set_msg_id(id);
    usp::mtp::InboundMessage message;
    message.topic = "usp/v1/agent/" + device->endpoint_id();
    message.payload = usp::encode_message(from, device->endpoint_id(), msg);
    message.response_topic = std::move(response_topic);
    transport->receive(std::move(message));
  }
  std::optional<usp::mtp::OutboundMessage> sent_with(const std::string& id) const {
    for (const auto& sent : transport->sent) {
      if (msg_in(sent.message).header().msg_id() == id) return sent.message;
    }
    return std::nullopt;
  }
  /// The answer to a request of a controller that is served.
  usp_msg::Msg ask(const std::string& from, usp_msg::Msg msg) {
    const std::string id = "m" + std::to_string(++count);
    send(from, std::move(msg), id);
    EXPECT_TRUE(run_until([&] { return sent_with(id).has_value(); }));
    return msg_in(*sent_with(id));
  }
  /// Sends it, and waits until one that is served and came later was answered.
  bool is_ignored(const std::string& from, usp_msg::Msg msg) {
    const std::string id = "ignored-" + std::to_string(++count);
    send(from, std::move(msg), id);
    ask("self::first", get({"Device.LocalAgent.EndpointID"}));
    return !sent_with(id);
  }
  void write(const usp_msg::Msg& msg) {
    EXPECT_THAT(failures_of(ask("self::first", msg)), IsEmpty());
  }
  void happens(Diff changes) {
    Commit commit;
    commit.device_changes = std::move(changes);
    EXPECT_TRUE(run(on_strand(device, device->commit(std::move(commit)))));
  }
  std::vector<usp_msg::Notify> told_to(const std::string& controller) {
    std::vector<usp_msg::Notify> out;
    for (const OutboxRow& row : outbox(*device, controller)) {
      usp_msg::Msg msg;
      msg.ParseFromString(decode_outbound(row.payload)->msg);
      if (msg.body().request().has_notify()) out.push_back(msg.body().request().notify());
    }
    return out;
  }
  std::string role_row(const std::string& name) {
    return created_by(
               ask("self::first", add({{kTrust + "Role.", {{"Name", name}, {"Enable", "true"}}}})))
        .at(0);
  }

  DevicePtr device;
  int count = 0;
};

TEST_F(Requesters, ThatWereAddedOverUspAreServedWithTheRoleTheyWereGiven) {
  EXPECT_TRUE(is_ignored("self::third", get({kSsid})));
  const auto rows = created_by(ask("self::first", add({{kControllers,
                                                        {{"EndpointID", "self::third"},
                                                         {"Enable", "true"},
                                                         {"AssignedRole", kTrust + "Role.2"}}}})));
  ASSERT_THAT(rows, SizeIs(1));
  EXPECT_TRUE(is_ignored("self::third", get({kSsid}))) << "nobody knows where it listens";
  write(add({{rows[0] + "MTP.", {{"Enable", "true"}, {"MQTT.Topic", "usp/third"}}}}));

  EXPECT_THAT(values_of(ask("self::third", get({kSsid}))), ElementsAre(Pair(kSsid, "Home")));
  EXPECT_EQ(sent_with("m" + std::to_string(count))->topic, "usp/third");
  EXPECT_THAT(failures_of(ask("self::third", set({{"Device.WiFi.SSID.1.", {{"SSID", "x"}}}}))),
              Not(IsEmpty()));

  send("self::third", get({kSsid}), "below", "usp/third/1");
  send("self::third", get({kSsid}), "elsewhere", "usp/v1/controller/first");
  EXPECT_TRUE(run_until([&] { return sent_with("below").has_value(); }));
  EXPECT_EQ(sent_with("below")->topic, "usp/third/1");
  EXPECT_TRUE(is_ignored("self::nobody", get({kSsid})));
  EXPECT_FALSE(sent_with("elsewhere"));
}

TEST_F(Requesters, ThatAreNotEnabledAreNotServed) {
  write(set({{kControllers + "2.", {{"Enable", "false"}}}}));
  EXPECT_TRUE(is_ignored("self::second", get({kSsid})));
  EXPECT_THAT(metrics.text(), HasSubstr("reason=\"disabled controller\"} 1"));
  write(set({{kControllers + "2.", {{"Enable", "true"}}}}));
  EXPECT_THAT(values_of(ask("self::second", get({kSsid}))), SizeIs(1));
}

TEST_F(Requesters, ThatLostTheirRowAreNotServed) {
  write(del({kControllers + "2."}));
  EXPECT_TRUE(is_ignored("self::second", get({kSsid})));
}

TEST_F(Requesters, FindAChangeOfTheirRoleWithTheNextRequest) {
  const std::string role = role_row("nothing yet");
  write(set({{kControllers + "2.", {{"AssignedRole", role.substr(0, role.size() - 1)}}}}));
  EXPECT_THAT(values_of(ask("self::second", get({kSsid}))), IsEmpty());
  write(add({{role + "Permission.",
              {{"Enable", "true"},
               {"Targets", "Device.WiFi.SSID.*.SSID"},
               {"Param", "rw--"},
               {"Obj", "r---"}}}}));
  EXPECT_THAT(values_of(ask("self::second", get({kSsid}))), SizeIs(1));
  EXPECT_THAT(values_of(ask("self::second", get({"Device.WiFi.SSID.1.Name"}))), IsEmpty());
}

TEST_F(Requesters, CannotRaiseTheirOwnRights) {
  for (const usp_msg::Msg& msg :
       {set({{kControllers + "2.", {{"AssignedRole", kTrust + "Role.1"}}}}),
        set({{kTrust, {{"UntrustedRole", kTrust + "Role.1"}}}}),
        set({{kTrust + "Role.2.Permission.1.", {{"Param", "rwxn"}}}}),
        add({{kTrust + "Role.", {{"Name", "mine"}}}}),
        add({{kTrust + "Role.2.Permission.", {{"Enable", "true"}}}}),
        add({{kControllers, {{"EndpointID", "self::me"}, {"AssignedRole", kTrust + "Role.1"}}}}),
        del({kTrust + "Role.2.Permission.1."})}) {
    const usp_msg::Msg answer = ask("self::second", msg);
    EXPECT_EQ(answer.body().error().err_code(), 7006U) << answer.ShortDebugString();
  }
  EXPECT_THAT(metrics.text(), HasSubstr("usp_bridge_usp_denied_total{type=\"SET\"} 3"));
  EXPECT_THAT(metrics.text(), HasSubstr("usp_bridge_usp_denied_total{type=\"ADD\"} 3"));
  EXPECT_THAT(metrics.text(), HasSubstr("usp_bridge_usp_denied_total{type=\"DELETE\"} 1"));
}

TEST_F(Requesters, SeeSecuredParametersWithASecuredRole) {
  EXPECT_THAT(values_of(ask("self::second", get({kKey}))), ElementsAre(Pair(kKey, "")));
  write(set({{kTrust, {{"SecuredRoles", kTrust + "Role.2"}}}}));
  EXPECT_THAT(values_of(ask("self::second", get({kKey}))), ElementsAre(Pair(kKey, "top secret")));
  EXPECT_THAT(values_of(ask("self::first", get({kKey}))), ElementsAre(Pair(kKey, "")));
}

TEST_F(Requesters, HearOnlyWhatTheirRoleLetsThemHear) {
  happens({ValueChanged{kSsid, "1", ValueType::kString}});
  EXPECT_THAT(told_to("self::second"), SizeIs(1));
  const auto quiet = created_by(ask(
      "self::first",
      add({{kTrust + "Role.2.Permission.",
            {{"Enable", "true"}, {"Targets", "Device.WiFi.SSID.*.SSID"}, {"Param", "r---"}}}})));
  happens({ValueChanged{kSsid, "2", ValueType::kString}});
  EXPECT_THAT(told_to("self::second"), SizeIs(1));
  write(del({quiet.at(0)}));
  happens({ValueChanged{kSsid, "3", ValueType::kString}});
  EXPECT_THAT(told_to("self::second"), SizeIs(2));
}

TEST_F(Requesters, HearOnlyTheKeysTheyMayRead) {
  write(add({{kTrust + "Role.2.Permission.",
              {{"Enable", "true"}, {"Targets", "Device.NAT.PortMapping.*.Alias"}}}}));
  happens({ObjectCreated{"Device.NAT.PortMapping.1."}});
  const auto told = told_to("self::second");
  ASSERT_THAT(told, SizeIs(1));
  EXPECT_EQ(told[0].obj_creation().obj_path(), "Device.NAT.PortMapping.1.");
  EXPECT_FALSE(told[0].obj_creation().unique_keys().contains("Alias"));
}

TEST_F(Requesters, AreJudgedByTheValuesThatATargetsExpressionFindsNow) {
  write(add({{kTrust + "Role.2.Permission.",
              {{"Enable", "true"}, {"Targets", kControllers + "[ProvisioningCode==\"hide\"]."}}}}));
  const std::string alias = kControllers + "1.Alias";
  EXPECT_THAT(values_of(ask("self::second", get({alias}))), SizeIs(1));
  write(set({{kControllers + "1.", {{"ProvisioningCode", "hide"}}}}));
  EXPECT_THAT(values_of(ask("self::second", get({alias}))), IsEmpty());
}

class Strangers : public Requesters {
 protected:
  Strangers() : Requesters(UnknownControllers::kUntrusted) {}
};

TEST_F(Strangers, HaveTheUntrustedRoleAndLeaveNoTrace) {
  const std::string id = "Device.LocalAgent.EndpointID";
  EXPECT_THAT(values_of(ask("self::stranger", get({id, kSsid}))),
              ElementsAre(Pair(id, device->endpoint_id())));
  EXPECT_EQ(sent_with("m1")->topic, "usp/v1/controller/self::stranger");
  EXPECT_EQ(ask("self::stranger", del({kControllers + "1."})).body().error().err_code(), 7006U);
  EXPECT_EQ(device->local().stored_count(), 0U);
}

TEST_F(Strangers, GetNoAnswerOnTopicsOfOthers) {
  send("self::stranger", get({"Device.LocalAgent.EndpointID"}), "x", "usp/v1/controller/first");
  EXPECT_TRUE(is_ignored("first", get({"Device.LocalAgent.EndpointID"})))
      << "self::first listens there";
  EXPECT_TRUE(is_ignored("self::a/+/b", get({"Device.LocalAgent.EndpointID"})));
  EXPECT_FALSE(sent_with("x"));
}

}  // namespace
}  // namespace bridge
