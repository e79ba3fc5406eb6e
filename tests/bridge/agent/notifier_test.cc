// Which subscriptions hear of what happens, and with what.
#include <gmock/gmock.h>

#include "tests/bridge/service_fixture.h"

namespace bridge {
namespace {

using namespace test;
using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;
using testing::SizeIs;

const std::string kSsid = "Device.WiFi.SSID.1.SSID";
const std::string kTable = "Device.NAT.PortMapping.";

SubscriptionConfig subscription(const std::string& id, const std::string& type,
                                const std::string& reference) {
  SubscriptionConfig out;
  out.id = id;
  out.notif_type = type;
  out.reference_list = {reference};
  out.notif_retry = false;
  return out;
}

Config subscribed(std::vector<SubscriptionConfig> first,
                  std::vector<SubscriptionConfig> second = {}) {
  Config out = test::config();
  out.controllers[0].default_subscriptions = std::move(first);
  out.controllers[1].default_subscriptions = std::move(second);
  return out;
}

/// A device whose commits are looked at from the controllers' side.
class Notified : public ServiceTest {
 protected:
  explicit Notified(Config settings) : ServiceTest(std::move(settings)) {
    device = add_device({{kSsid, "Home"},
                         {"Device.WiFi.SSID.1.Enable", "1", "boolean"},
                         {"Device.WiFi.AccessPoint.1.Security.KeyPassphrase", ""},
                         {kTable + "1.Alias", "cpe-1"},
                         {kTable + "1.ExternalPort", "80", "unsignedInt"}});
  }

  void happens(Diff changes, std::vector<Told> told = {}) {
    Commit commit;
    commit.device_changes = std::move(changes);
    commit.told = std::move(told);
    EXPECT_TRUE(run(on_strand(device, device->commit(std::move(commit)))));
  }
  std::vector<usp_msg::Notify> told_to(const std::string& controller) {
    std::vector<usp_msg::Notify> out;
    for (const OutboxRow& row : outbox(*device, controller)) {
      usp_msg::Msg msg;
      msg.ParseFromString(decode_outbound(row.payload)->msg);
      out.push_back(msg.body().request().notify());
    }
    return out;
  }

  DevicePtr device;
};

class ValueChanges : public Notified {
 protected:
  ValueChanges()
      : Notified(subscribed({subscription("all", "ValueChange", "Device.WiFi.")},
                            {subscription("ssid", "ValueChange", kSsid)})) {}
};

TEST_F(ValueChanges, GoToEverySubscriptionThatRefersToThem) {
  happens({ValueChanged{kSsid, "new", ValueType::kString}});

  for (const char* controller : {"self::first", "self::second"}) {
    auto told = told_to(controller);
    ASSERT_THAT(told, SizeIs(1)) << controller;
    EXPECT_EQ(told[0].value_change().param_path(), kSsid);
    EXPECT_EQ(told[0].value_change().param_value(), "new");
  }
  EXPECT_EQ(told_to("self::first")[0].subscription_id(), "all");
  EXPECT_EQ(told_to("self::second")[0].subscription_id(), "ssid");
}

TEST_F(ValueChanges, AreToldAsAReadWouldShowThem) {
  happens({ValueChanged{"Device.WiFi.SSID.1.Enable", "0", ValueType::kBoolean},
           ValueChanged{"Device.WiFi.AccessPoint.1.Security.KeyPassphrase", "hidden",
                        ValueType::kString}});

  auto told = told_to("self::first");
  ASSERT_THAT(told, SizeIs(2));
  EXPECT_EQ(told[0].value_change().param_value(), "false");
  EXPECT_EQ(told[1].value_change().param_value(), "");
}

TEST_F(ValueChanges, OfOtherPathsAndOfHiddenOnesAreNotTold) {
  happens({ValueChanged{kTable + "1.ExternalPort", "81", ValueType::kUnsignedInt},
           ValueChanged{"Device.ManagementServer.URL", "http://x/", ValueType::kString}});

  EXPECT_THAT(told_to("self::first"), IsEmpty());
  EXPECT_THAT(told_to("self::second"), IsEmpty());
}

TEST_F(ValueChanges, GoOutInTheOrderInWhichTheyHappened) {
  happens(
      {ValueChanged{kSsid, "1", ValueType::kString}, ValueChanged{kSsid, "2", ValueType::kString}});
  happens({ValueChanged{kSsid, "3", ValueType::kString}});

  std::vector<std::string> values;
  for (const auto& notify : told_to("self::second")) {
    values.push_back(notify.value_change().param_value());
  }
  EXPECT_THAT(values, ElementsAre("1", "2", "3"));
}

TEST_F(ValueChanges, AreKeptToTheCapOfTheOutbox) {
  config.device.outbox_cap = 2;
  for (const char* value : {"1", "2", "3"}) {
    happens({ValueChanged{kSsid, value, ValueType::kString}});
  }

  auto told = told_to("self::second");
  ASSERT_THAT(told, SizeIs(2));
  EXPECT_EQ(told[0].value_change().param_value(), "2");
}

class RetriedChanges : public Notified {
 protected:
  static SubscriptionConfig retried() {
    SubscriptionConfig out = subscription("retried", "ValueChange", kSsid);
    out.notif_retry = true;
    out.notif_expiration = std::chrono::seconds(60);
    return out;
  }
  static SubscriptionConfig forever() {
    SubscriptionConfig out = retried();
    out.notif_expiration = std::chrono::seconds(0);
    return out;
  }
  RetriedChanges() : Notified(subscribed({retried()}, {forever()})) {}
};

TEST_F(RetriedChanges, WaitForAResponseUntilTheyExpire) {
  std::int64_t before = now_ms();
  happens({ValueChanged{kSsid, "new", ValueType::kString}});

  OutboxRow limited = outbox(*device, "self::first").at(0);
  EXPECT_TRUE(limited.needs_response);
  EXPECT_GE(limited.expires_ms, before + 60'000);
  EXPECT_LE(limited.expires_ms, now_ms() + 60'000);
  EXPECT_TRUE(told_to("self::first")[0].send_resp());
  EXPECT_EQ(outbox(*device, "self::second").at(0).expires_ms, 0) << "0 is never";
}

class Events : public Notified {
 protected:
  Events()
      : Notified(subscribed({subscription("boot", "Event", "Device.Boot!"),
                             subscription("done", "OperationComplete", "Device.IP.")},
                            {subscription("boot", "Event", "Device.Boot!")})) {}

  static usp::EventRaised boot() { return {"Device.", "Boot!", {{"Cause", "LocalReboot"}}}; }
};

TEST_F(Events, CarryTheirArguments) {
  happens({}, {{boot(), {}}});

  auto told = told_to("self::first");
  ASSERT_THAT(told, SizeIs(1));
  EXPECT_EQ(told[0].event().obj_path(), "Device.");
  EXPECT_EQ(told[0].event().event_name(), "Boot!");
  EXPECT_THAT(told[0].event().params(), ElementsAre(Pair("Cause", "LocalReboot")));
  EXPECT_THAT(told_to("self::second"), SizeIs(1));
}

TEST_F(Events, ForOneRecipientGoToNoOther) {
  happens({}, {{boot(), kSecond}});

  EXPECT_THAT(told_to("self::first"), IsEmpty());
  EXPECT_THAT(told_to("self::second"), SizeIs(1));
}

TEST_F(Events, OfTheEndOfACommandSayHowItWent) {
  usp::OperationCompleted good{"Device.IP.Diagnostics.", "IPPing()", "key", {{"Status", "x"}}, {}};
  usp::OperationCompleted bad = good;
  bad.failure = usp::OperationCompleted::Failure{usp::ErrorCode::kDeviceNotReached, "not reached"};
  happens({}, {{good, {}}, {bad, {}}});

  auto told = told_to("self::first");
  ASSERT_THAT(told, SizeIs(2));
  EXPECT_EQ(told[0].oper_complete().command_name(), "IPPing()");
  EXPECT_EQ(told[0].oper_complete().command_key(), "key");
  EXPECT_TRUE(told[0].oper_complete().has_req_output_args());
  EXPECT_EQ(told[1].oper_complete().cmd_failure().err_code(), 7801U);
  EXPECT_EQ(outbox(*device, "self::first").at(0).kind,
            static_cast<int>(OutboxKind::kOperationComplete));
}

class Rows : public Notified {
 protected:
  Rows()
      : Notified(subscribed({subscription("new", "ObjectCreation", kTable),
                             subscription("gone", "ObjectDeletion", kTable)})) {}

  /// The next commit, with what a task has found out.
  void finds(const TreeUpdate& update) {
    auto tree = const_cast<Tree*>(&device->tree());  // what Device::apply() does with a task's
    happens(tree->apply(update, now_ms()));
  }
  static cwmp::ParameterValue value(const std::string& name, const std::string& text) {
    return {kTable + name, text, "string"};
  }
  void list_row(int number) {
    std::string row = std::to_string(number) + ".";
    finds(NamesListed{.path = kTable + row,
                      .next_level = false,
                      .names = {{kTable + row, true},
                                {kTable + row + "Alias", true},
                                {kTable + row + "ExternalPort", true}}});
  }
};

TEST_F(Rows, AreToldWithTheirUniqueKeysOnceThoseAreRead) {
  list_row(2);
  EXPECT_THAT(told_to("self::first"), IsEmpty()) << "its keys are not known yet";

  finds(ValuesRead{{value("2.Alias", "cpe-2"), value("2.ExternalPort", "81"),
                    value("2.RemoteHost", ""), value("2.Protocol", "TCP")}});

  auto told = told_to("self::first");
  ASSERT_THAT(told, SizeIs(1));
  EXPECT_EQ(told[0].obj_creation().obj_path(), kTable + "2.");
  EXPECT_THAT(told[0].obj_creation().unique_keys(), Contains(Pair("Alias", "cpe-2")));
}

TEST_F(Rows, ThatAControllerMakesAreToldOnceTheyAreListedAndRead) {
  finds(InstanceAdded{kTable + "2."});
  EXPECT_THAT(told_to("self::first"), IsEmpty());

  list_row(2);
  finds(ValuesRead{{value("2.Alias", "cpe-2"), value("2.ExternalPort", "81")}});

  auto told = told_to("self::first");
  ASSERT_THAT(told, SizeIs(1));
  EXPECT_THAT(told[0].obj_creation().unique_keys(), Contains(Pair("Alias", "cpe-2")));
}

TEST_F(Rows, ThatAControllerCouldNotFillAreNeverTold) {
  finds(InstanceAdded{kTable + "2."});
  finds(ObjectRemoved{kTable + "2."});

  EXPECT_THAT(told_to("self::first"), IsEmpty());
}

TEST_F(Rows, ThatGoBeforeTheyWereToldAreNeverTold) {
  list_row(2);

  finds(ObjectRemoved{kTable + "2."});
  happens({ValueChanged{kSsid, "x", ValueType::kString}});

  EXPECT_THAT(told_to("self::first"), IsEmpty());
}

TEST_F(Rows, ThatGoAreToldOnce) {
  finds(ObjectRemoved{kTable + "1."});
  happens({ValueChanged{kSsid, "x", ValueType::kString}});

  auto told = told_to("self::first");
  ASSERT_THAT(told, SizeIs(1));
  EXPECT_EQ(told[0].obj_deletion().obj_path(), kTable + "1.");
}

TEST_F(Rows, ThatWaitForTheirKeysAreToldAfterARestart) {
  list_row(2);
  std::int64_t id = device->id();
  registry.forget(id);
  device = run(registry.by_id(id)).value();
  ASSERT_TRUE(run(on_strand(device, device->load())));

  finds(ValuesRead{{value("2.Alias", "cpe-2"), value("2.ExternalPort", "81")}});

  auto told = told_to("self::first");
  ASSERT_THAT(told, SizeIs(1));
  EXPECT_EQ(told[0].obj_creation().obj_path(), kTable + "2.");
}

// TP-469 1.57: the first notification is that of the next row.
TEST_F(Rows, OfSubscriptionsDoNotHearOfThemselves) {
  const std::string table = "Device.LocalAgent.Subscription.";
  auto add = [&](const std::string& id, const std::string& type, const std::string& reference) {
    Commit commit;
    LocalTransaction transaction(
        device->local(), LocalActor{.controller = "Device.LocalAgent.Controller.1"}, now_ms());
    const usp::Step step{table,
                         0,
                         {{"Enable", "true", true},
                          {"ID", id, true},
                          {"NotifType", type, true},
                          {"ReferenceList", reference, true}},
                         {},
                         {}};
    const std::string path = transaction.add(step).path;
    commit.local.push_back(transaction.commit());
    EXPECT_TRUE(run(on_strand(device, device->commit(std::move(commit)))));
    return path;
  };

  add("rows", "ObjectCreation", table);
  add("count", "ValueChange", "Device.LocalAgent.SubscriptionNumberOfEntries");
  EXPECT_THAT(told_to("self::first"), SizeIs(1)) << "only the first of the second";
  const std::string third = add("third", "ValueChange", kSsid);

  auto told = told_to("self::first");
  ASSERT_THAT(told, SizeIs(3));
  EXPECT_EQ(told[1].obj_creation().obj_path(), third);
  EXPECT_EQ(told[2].subscription_id(), "count");
}

class Unsubscribed : public Notified {
 protected:
  Unsubscribed()
      : Notified([] {
          Config out = subscribed({subscription("ssid", "ValueChange", kSsid)});
          out.controllers[0].topic = "";
          return out;
        }()) {}
};

TEST_F(Unsubscribed, NobodyHearsWhereThereIsNoTopic) {
  happens({ValueChanged{kSsid, "new", ValueType::kString}});

  EXPECT_THAT(told_to("self::first"), IsEmpty());
}

}  // namespace
}  // namespace bridge
