// What every store must do, on memory and on files.
#include <gmock/gmock.h>

#include <algorithm>

#include "tests/bridge/store/store_fixture.h"

namespace bridge {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;
using testing::UnorderedElementsAre;

class StoreTest : public testing::TestWithParam<bool> {
 protected:
  StoreTest() {
    StoreOptions options;
    if (GetParam()) options.directory = directory_.path();
    store_ = open_or_die(std::move(options));
  }

  template <class Fn>
  auto state(Fn fn) {
    return in_state(*store_, std::move(fn));
  }

  TemporaryDirectory directory_;
  std::unique_ptr<Store> store_;
};

INSTANTIATE_TEST_SUITE_P(Store, StoreTest, testing::Values(false, true),
                         [](const auto& given) { return given.param ? "File" : "Memory"; });

TEST_P(StoreTest, FindsADeviceByIdIdentityAndEndpointId) {
  DeviceRow row = device_row("1");
  row.id = add_device(*store_, "1");
  EXPECT_GT(row.id, 0);
  state([&](StateWriter& s) -> Result<void> {
    EXPECT_EQ(s.device(row.id).value(), row);
    EXPECT_EQ(s.device_by_endpoint_id(row.endpoint_id).value(), row);
    EXPECT_EQ(s.device_by_identity(row.identity).value(), row);
    EXPECT_EQ(s.device(row.id + 1).value(), std::nullopt);
    EXPECT_EQ(s.device_by_endpoint_id("ops::other").value(), std::nullopt);
    EXPECT_EQ(s.device_by_identity({"00D09E", "", "1"}).value(), std::nullopt);
    return {};
  });
}

TEST_P(StoreTest, ReplacesAllOfADevice) {
  DeviceRow row = device_row("1");
  row.id = add_device(*store_, "1");
  row.software_version = "2.0";
  row.connection_request_password = "";
  row.learned = "";
  row.onboarded = false;
  EXPECT_EQ(state([&](StateWriter& s) { return s.put_device(row); }), row.id);
  auto load = [&](StateReader& s, MirrorReader&) { return s.device(row.id); };
  EXPECT_EQ(store_->read_now(load).value(), row);
}

TEST_P(StoreTest, RefusesASecondDeviceWithTheSameEndpointIdOrIdentity) {
  add_device(*store_, "1");
  DeviceRow same_endpoint = device_row("2");
  same_endpoint.endpoint_id = device_row("1").endpoint_id;
  DeviceRow same_identity = device_row("1");
  same_identity.endpoint_id = "ops::other";
  DeviceRow unknown = device_row("3");
  unknown.id = 77;
  for (const DeviceRow& row : {same_endpoint, same_identity, unknown}) {
    auto put = [&](StateWriter& s) { return s.put_device(row); };
    const Result<std::int64_t> id = store_->write_state_now(put);
    ASSERT_FALSE(id);
    EXPECT_EQ(id.error().kind, ErrorKind::kConflict);
  }
}

TEST_P(StoreTest, NeverUsesTheIdOfAnErasedDeviceAgain) {
  const std::int64_t first = add_device(*store_, "1");
  EXPECT_TRUE(state([&](StateWriter& s) { return s.erase_device(first); }));
  EXPECT_FALSE(state([&](StateWriter& s) { return s.erase_device(first); }));
  EXPECT_GT(add_device(*store_, "1"), first);
}

TEST_P(StoreTest, PagesDevicesInOrderOfTheirIds) {
  std::vector<std::int64_t> ids;
  for (const char* serial : {"c", "a", "b"}) ids.push_back(add_device(*store_, serial));
  state([&](StateWriter& s) -> Result<void> {
    EXPECT_EQ(s.device_count().value(), 3);
    const auto first = s.devices(0, 2).value();
    EXPECT_THAT(first, SizeIs(2));
    EXPECT_EQ(first[0].id, ids[0]);
    EXPECT_EQ(first[1].id, ids[1]);
    const auto second = s.devices(first[1].id, 2).value();
    EXPECT_THAT(second, SizeIs(1));
    EXPECT_EQ(second[0].id, ids[2]);
    EXPECT_THAT(s.devices(second[0].id, 2).value(), IsEmpty());
    return {};
  });
}

TEST_P(StoreTest, FiltersDevicesByEveryMember) {
  add_device(*store_, "1");
  DeviceRow other = device_row("2");
  other.manufacturer = "Other";
  other.identity.oui = "ABCDEF";
  other.identity.product_class = "";
  other.software_version = "9";
  other.sync_state = 5;
  other.onboarded = false;
  state([&](StateWriter& s) { return s.put_device(other); });

  std::vector<DeviceFilter> filters(8);
  filters[0].manufacturer = other.manufacturer;
  filters[1].oui = other.identity.oui;
  filters[2].product_class = "";
  filters[3].serial = "2";
  filters[4].software_version = "9";
  filters[5].sync_state = 5;
  filters[6].onboarded = false;
  filters[7] = {other.manufacturer, other.identity.oui, "", "2", "9", 5, false};
  for (const DeviceFilter& filter : filters) {
    auto list = [&](StateReader& s, MirrorReader&) { return s.devices(0, 10, filter); };
    const auto rows = store_->read_now(list).value();
    ASSERT_THAT(rows, SizeIs(1));
    EXPECT_EQ(rows[0].endpoint_id, other.endpoint_id);
  }
  DeviceFilter nobody = filters[7];
  nobody.sync_state = 6;
  auto list = [&](StateReader& s, MirrorReader&) { return s.devices(0, 10, nobody); };
  EXPECT_THAT(store_->read_now(list).value(), IsEmpty());
}

TEST_P(StoreTest, KeepsCredentials) {
  const DeviceIdentity device{"00D09E", "Gateway", "1"};
  const CredentialRow of_device{
      "b", "secret", device, CredentialSource::kRotation, CredentialState::kPending, 2, 5, "boot"};
  const CredentialRow nobodys{"a", "", {}, {}, {}, 0, 6};
  state([&](StateWriter& s) -> Result<void> {
    EXPECT_TRUE(s.put_credential(of_device));
    EXPECT_TRUE(s.put_credential(nobodys));
    EXPECT_EQ(s.credential("b").value(), of_device);
    EXPECT_EQ(s.credential("c").value(), std::nullopt);
    EXPECT_THAT(s.credentials("", 10).value(), ElementsAre(nobodys, of_device));
    EXPECT_THAT(s.credentials("a", 10).value(), ElementsAre(of_device));
    EXPECT_THAT(s.credentials_of(device).value(), ElementsAre(of_device));
    EXPECT_THAT(s.credentials_of({}).value(), IsEmpty());
    EXPECT_THAT(s.credentials_of({"00D09E", "", "1"}).value(), IsEmpty());
    CredentialRow changed = of_device;
    changed.password = "other";
    changed.state = CredentialState::kRetired;
    EXPECT_TRUE(s.put_credential(changed));
    EXPECT_EQ(s.credential("b").value(), changed);
    EXPECT_TRUE(s.erase_credential("a").value());
    EXPECT_FALSE(s.erase_credential("a").value());
    return {};
  });
}

TEST_P(StoreTest, ACredentialOutlivesTheRowOfItsDevice) {
  const std::int64_t device = add_device(*store_, "1");
  state([&](StateWriter& s) -> Result<void> {
    const DeviceIdentity identity = s.device(device).value()->identity;
    EXPECT_TRUE(s.put_credential({"u", "p", identity, {}, {}, 0, 0}));
    EXPECT_TRUE(s.erase_device(device).value());
    EXPECT_THAT(s.credentials_of(identity).value(), SizeIs(1));
    return {};
  });
}

TEST_P(StoreTest, KeepsLocalObjectsByPathAndPrefix) {
  const std::int64_t device = add_device(*store_, "1");
  const std::int64_t other = add_device(*store_, "2");
  const LocalValue one{"Device.LocalAgent.Subscription.1.ID", "x", false};
  const LocalValue ten{"Device.LocalAgent.Subscription.10.ID", "y", false};
  const LocalValue secret{"Device.MQTT.Client.1.Password", "hush", true};
  state([&](StateWriter& s) -> Result<void> {
    for (const auto& value : {secret, ten, one}) EXPECT_TRUE(s.put_local_value(device, value));
    EXPECT_TRUE(s.put_local_value(other, one));
    EXPECT_THAT(s.local_values(device).value(), ElementsAre(one, ten, secret));
    EXPECT_TRUE(s.erase_local_values(device, "Device.LocalAgent.Subscription.1."));
    EXPECT_THAT(s.local_values(device).value(), ElementsAre(ten, secret));
    EXPECT_TRUE(s.erase_local_value(device, ten.path));
    EXPECT_THAT(s.local_values(device).value(), ElementsAre(secret));
    EXPECT_TRUE(s.erase_local_values(device, ""));
    EXPECT_THAT(s.local_values(device).value(), IsEmpty());
    EXPECT_THAT(s.local_values(other).value(), ElementsAre(one));
    return {};
  });
}

OperationRow operation_row(std::int64_t device, std::int64_t deadline_ms) {
  OperationRow row;
  row.device_id = device;
  row.kind = 3;
  row.state = 1;
  row.created_ms = 10;
  row.deadline_ms = deadline_ms;
  row.command_key = "key";
  row.origin = std::string("o\0", 2);
  row.body = "body";
  return row;
}

TEST_P(StoreTest, KeepsOperationsUntilTheyArePurged) {
  const std::int64_t device = add_device(*store_, "1");
  state([&](StateWriter& s) -> Result<void> {
    OperationRow late = operation_row(device, 300);
    OperationRow early = operation_row(device, 200);
    OperationRow endless = operation_row(device, 0);
    for (OperationRow* row : {&late, &early, &endless}) row->id = s.add_operation(*row).value();

    EXPECT_EQ(s.operation(late.id).value(), late);
    EXPECT_THAT(s.open_operations(device).value(), ElementsAre(late, early, endless));
    EXPECT_THAT(s.due_operations(199, 10).value(), IsEmpty());
    EXPECT_THAT(s.due_operations(200, 10).value(), ElementsAre(early));
    EXPECT_THAT(s.due_operations(900, 10).value(), ElementsAre(early, late));
    EXPECT_THAT(s.devices_with_open_operations(0, 10).value(), ElementsAre(device));
    EXPECT_THAT(s.devices_with_open_operations(device, 10).value(), IsEmpty());

    EXPECT_TRUE(s.update_operation(early.id, 4, "half", 0).value());
    EXPECT_TRUE(s.update_operation(late.id, 5, "result", 400).value());
    EXPECT_FALSE(s.update_operation(9999, 5, "", 0).value());
    early.state = 4;
    early.progress = "half";
    late.state = 5;
    late.progress = "result";
    late.finished_ms = 400;
    EXPECT_THAT(s.open_operations(device).value(), ElementsAre(early, endless));
    EXPECT_EQ(s.open_operation_count(device).value(), 2);
    EXPECT_THAT(s.operations(device, 0, 2).value(), ElementsAre(endless, early));
    EXPECT_THAT(s.operations(device, early.id, 2).value(), ElementsAre(late));

    EXPECT_EQ(s.purge_operations(400, 10).value(), 0);
    EXPECT_EQ(s.purge_operations(401, 10).value(), 1);
    EXPECT_EQ(s.operation(late.id).value(), std::nullopt);
    EXPECT_TRUE(s.erase_operation(early.id).value());
    EXPECT_FALSE(s.erase_operation(early.id).value());
    return {};
  });
}

TEST_P(StoreTest, RefusesWorkForADeviceThatDoesNotExist) {
  auto add = [](StateWriter& s) { return s.add_operation(operation_row(99, 0)); };
  const Result<std::int64_t> id = store_->write_state_now(add);
  ASSERT_FALSE(id);
  EXPECT_EQ(id.error().kind, ErrorKind::kConflict);
}

OutboxRow outbox_row(std::int64_t device, const std::string& controller, int kind,
                     std::int64_t next_attempt_ms) {
  OutboxRow row;
  row.device_id = device;
  row.controller = controller;
  row.subscription_id = "s1";
  row.kind = kind;
  row.payload = std::string("p\0q", 3);
  row.needs_response = true;
  row.created_ms = 7;
  row.next_attempt_ms = next_attempt_ms;
  row.expires_ms = 99;
  return row;
}

TEST_P(StoreTest, DeliversTheOutboxInOrderAndWhenDue) {
  const std::int64_t device = add_device(*store_, "1");
  state([&](StateWriter& s) -> Result<void> {
    EXPECT_EQ(s.next_notification_ms(0).value(), std::nullopt);
    OutboxRow a = outbox_row(device, "self::c1", 1, 500);
    OutboxRow b = outbox_row(device, "self::c1", 2, 100);
    OutboxRow c = outbox_row(device, "self::c2", 1, 100);
    for (OutboxRow* row : {&a, &b, &c}) row->id = s.add_notification(*row).value();

    EXPECT_THAT(s.notifications(device, "self::c1", 10).value(), ElementsAre(a, b));
    EXPECT_EQ(s.notification_count(device, "self::c1").value(), 2);
    EXPECT_EQ(s.next_notification_ms(0).value(), 100);
    EXPECT_EQ(s.next_notification_ms(100).value(), 500) << "what is due already hides nothing";
    EXPECT_EQ(s.next_notification_ms(500).value(), std::nullopt);
    EXPECT_THAT(s.due_notifications(99, 10).value(), IsEmpty());
    EXPECT_THAT(s.due_notifications(500, 10).value(), ElementsAre(b, c, a));
    EXPECT_TRUE(s.reschedule_notification(b.id, 3, 600).value());
    b.attempts = 3;
    b.next_attempt_ms = 600;
    EXPECT_THAT(s.due_notifications(600, 10).value(), ElementsAre(c, a, b));
    EXPECT_TRUE(s.erase_notification(c.id).value());
    EXPECT_FALSE(s.erase_notification(c.id).value());
    EXPECT_FALSE(s.reschedule_notification(c.id, 1, 1).value());
    return {};
  });
}

TEST_P(StoreTest, ConfirmsANotificationByControllerMsgIdAndSubscription) {
  const std::int64_t device = add_device(*store_, "1");
  state([&](StateWriter& s) -> Result<void> {
    OutboxRow waits = outbox_row(device, "self::c1", 1, 500);
    waits.msg_id = "m1";
    waits.needs_response = true;
    OutboxRow told = waits;
    told.msg_id = "m2";
    told.needs_response = false;
    EXPECT_TRUE(s.add_notification(waits));
    EXPECT_TRUE(s.add_notification(told));

    EXPECT_FALSE(s.confirm_notification(device, "self::c2", "m1", "s1").value());
    EXPECT_FALSE(s.confirm_notification(device + 1, "self::c1", "m1", "s1").value());
    EXPECT_FALSE(s.confirm_notification(device, "self::c1", "m3", "s1").value());
    EXPECT_FALSE(s.confirm_notification(device, "self::c1", "m1", "s2").value());
    EXPECT_FALSE(s.confirm_notification(device, "self::c1", "m2", "s1").value());
    EXPECT_TRUE(s.confirm_notification(device, "self::c1", "m1", "s1").value());
    EXPECT_FALSE(s.confirm_notification(device, "self::c1", "m1", "s1").value());

    EXPECT_TRUE(s.add_notification(waits));
    EXPECT_TRUE(s.confirm_notification(device, "self::c1", "m1", "").value());
    return {};
  });
}

TEST_P(StoreTest, SetsRetriesBackForOneDevice) {
  const std::int64_t device = add_device(*store_, "1");
  const std::int64_t other = add_device(*store_, "2");
  state([&](StateWriter& s) -> Result<void> {
    OutboxRow waits = outbox_row(device, "self::c1", 1, 900);
    waits.needs_response = true;
    waits.attempts = 7;
    OutboxRow once = outbox_row(device, "self::c1", 1, 900);
    once.needs_response = false;
    once.attempts = 2;
    OutboxRow elsewhere = waits;
    elsewhere.device_id = other;
    for (OutboxRow* row : {&waits, &once, &elsewhere}) row->id = s.add_notification(*row).value();

    EXPECT_EQ(s.restart_retries(device, 100).value(), 1);

    waits.attempts = 0;
    waits.next_attempt_ms = 100;
    EXPECT_THAT(s.notifications(device, "self::c1", 9).value(), ElementsAre(waits, once));
    EXPECT_THAT(s.notifications(other, "self::c1", 9).value(), ElementsAre(elsewhere));
    return {};
  });
}

TEST_P(StoreTest, MakesRoomInTheOutbox) {
  const std::int64_t device = add_device(*store_, "1");
  state([&](StateWriter& s) -> Result<void> {
    std::vector<OutboxRow> rows;
    for (int kind : {1, 2, 1, 1}) {
      rows.push_back(outbox_row(device, "self::c1", kind, 0));
      rows.back().id = s.add_notification(rows.back()).value();
    }
    EXPECT_EQ(s.drop_oldest_notifications(device, "self::c1", 1, 2).value(), 2);
    EXPECT_THAT(s.notifications(device, "self::c1", 10).value(), ElementsAre(rows[1], rows[3]));
    EXPECT_EQ(s.drop_oldest_notifications(device, "self::c1", 1, 9).value(), 1);
    EXPECT_EQ(s.erase_notifications(device, "self::c1", "other").value(), 0);
    EXPECT_EQ(s.erase_notifications(device, "self::c1", "s1").value(), 1);
    EXPECT_TRUE(s.add_notification(rows[0]));
    EXPECT_EQ(s.erase_notifications(device, "self::c2").value(), 0);
    EXPECT_EQ(s.erase_notifications(device, "").value(), 1);
    return {};
  });
}

TEST_P(StoreTest, KeepsOneTimerPerDeviceKindAndKey) {
  state([&](StateWriter& s) -> Result<void> {
    EXPECT_EQ(s.next_timer_ms().value(), std::nullopt);
    const TimerRow of_bridge{0, 1, "sweep", 300, "p"};
    TimerRow timer{7, 1, "k", 200, ""};
    EXPECT_TRUE(s.put_timer(of_bridge));
    EXPECT_TRUE(s.put_timer(timer));
    timer.due_ms = 250;
    timer.payload = std::string("\0", 1);
    EXPECT_TRUE(s.put_timer(timer));
    EXPECT_THAT(s.timers(7).value(), ElementsAre(timer));
    EXPECT_EQ(s.next_timer_ms().value(), 250);
    EXPECT_THAT(s.due_timers(249, 10).value(), IsEmpty());
    EXPECT_THAT(s.due_timers(300, 10).value(), ElementsAre(timer, of_bridge));
    EXPECT_THAT(s.due_timers(300, 1).value(), ElementsAre(timer));
    EXPECT_TRUE(s.erase_timer(7, 1, "k").value());
    EXPECT_FALSE(s.erase_timer(7, 1, "k").value());
    return {};
  });
}

TEST_P(StoreTest, KeepsInstanceMapsAndMeta) {
  const std::int64_t device = add_device(*store_, "1");
  state([&](StateWriter& s) -> Result<void> {
    EXPECT_TRUE(s.put_instance(device, {"wifi", "1.2", 3}));
    EXPECT_TRUE(s.put_instance(device, {"wifi", "1.2", 4}));
    EXPECT_TRUE(s.put_instance(device, {"lan", "1", 1}));
    const InstanceRow lan{"lan", "1", 1};
    const InstanceRow wifi{"wifi", "1.2", 4};
    EXPECT_THAT(s.instances(device).value(), ElementsAre(lan, wifi));
    EXPECT_TRUE(s.erase_instance(device, "lan", "1").value());
    EXPECT_EQ(s.meta("k").value(), std::nullopt);
    EXPECT_TRUE(s.put_meta("k", "v"));
    EXPECT_TRUE(s.put_meta("k", "w"));
    EXPECT_EQ(s.meta("k").value(), "w");
    return {};
  });
}

TEST_P(StoreTest, ErasesEverythingOfADeviceAndNothingOfOthers) {
  const std::int64_t gone = add_device(*store_, "1");
  const std::int64_t kept = add_device(*store_, "2");
  state([&](StateWriter& s) -> Result<void> {
    for (const std::int64_t device : {gone, kept}) {
      EXPECT_TRUE(s.put_local_value(device, {"Device.X", "v", false}));
      EXPECT_TRUE(s.add_operation(operation_row(device, 5)));
      EXPECT_TRUE(s.add_notification(outbox_row(device, "self::c", 1, 5)));
      EXPECT_TRUE(s.put_timer({device, 1, "k", 5, ""}));
      EXPECT_TRUE(s.put_instance(device, {"n", "k", 1}));
    }
    EXPECT_TRUE(s.erase_device(gone).value());
    EXPECT_THAT(s.local_values(gone).value(), IsEmpty());
    EXPECT_THAT(s.local_values(kept).value(), SizeIs(1));
    EXPECT_THAT(s.due_operations(9, 9).value(), SizeIs(1));
    EXPECT_THAT(s.due_notifications(9, 9).value(), SizeIs(1));
    EXPECT_THAT(s.due_timers(9, 9).value(), SizeIs(1));
    EXPECT_THAT(s.instances(gone).value(), IsEmpty());
    EXPECT_THAT(s.instances(kept).value(), SizeIs(1));
    return {};
  });
}

TEST_P(StoreTest, KeepsATreePerDevice) {
  const NodeRow object{"Device.WiFi.", "", 0, 0x0102, 5};
  const NodeRow value{"Device.WiFi.SSID.1.SSID", "home \xc3\xa9", 255, 0xffff, 1'700'000'000'000};
  const NodeRow changed{value.path, "other", 1, 2, 6};
  auto put = [&](MirrorWriter& m) -> Result<void> {
    EXPECT_TRUE(m.put_nodes(1, std::vector{value, object}));
    EXPECT_TRUE(m.put_nodes(2, std::vector{value}));
    EXPECT_TRUE(m.put_nodes(1, std::vector{object, changed}));
    return {};
  };
  ASSERT_TRUE(store_->write_mirror_now(put));
  EXPECT_THAT(nodes_of(*store_, 1), UnorderedElementsAre(object, changed));
  EXPECT_THAT(nodes_of(*store_, 2), UnorderedElementsAre(value));
  EXPECT_THAT(nodes_of(*store_, 3), IsEmpty());
}

TEST_P(StoreTest, TakesTheLastOfTwoValuesForOnePath) {
  const NodeRow first{"Device.X", "1", 0, 0, 1};
  const NodeRow last{"Device.X", "2", 0, 0, 2};
  auto put = [&](MirrorWriter& m) { return m.put_nodes(1, std::vector{first, last}); };
  ASSERT_TRUE(store_->write_mirror_now(put));
  EXPECT_THAT(nodes_of(*store_, 1), ElementsAre(last));
}

TEST_P(StoreTest, FindsDevicesByTheTimeOfTheirLastInform) {
  auto put = [](MirrorWriter& m) -> Result<void> {
    EXPECT_EQ(m.newest_inform_ms().value(), 0);
    for (const auto& [device, time] : {std::pair{1, 30}, {2, 10}, {3, 20}, {4, 20}, {5, 40}}) {
      EXPECT_TRUE(m.put_last_inform_ms(device, time));
    }
    return m.put_last_inform_ms(5, 50);
  };
  ASSERT_TRUE(store_->write_mirror_now(put));
  auto look = [](StateReader&, MirrorReader& m) -> Result<void> {
    EXPECT_THAT(m.seen({10, INT64_MAX}, 30, 9).value(),
                ElementsAre(SeenRow{20, 3}, SeenRow{20, 4}, SeenRow{30, 1}));
    EXPECT_THAT(m.seen({20, 3}, 50, 2).value(), ElementsAre(SeenRow{20, 4}, SeenRow{30, 1}));
    EXPECT_THAT(m.seen({50, 5}, 99, 9).value(), IsEmpty());
    EXPECT_EQ(m.newest_inform_ms().value(), 50);
    EXPECT_EQ(m.seen_count(20).value(), 2);
    return {};
  };
  ASSERT_TRUE(store_->read_now(look));
}

TEST_P(StoreTest, ErasesNodesAndWholeTrees) {
  const NodeRow a{"Device.A", "1", 0, 0, 1};
  const NodeRow b{"Device.B", "2", 0, 0, 1};
  auto work = [&](MirrorWriter& m) -> Result<void> {
    EXPECT_TRUE(m.put_nodes(1, std::vector{a, b}));
    EXPECT_TRUE(m.put_nodes(2, std::vector{a, b}));
    EXPECT_TRUE(m.put_last_inform_ms(1, 70));
    EXPECT_TRUE(m.put_last_inform_ms(1, 80));
    EXPECT_EQ(m.last_inform_ms(1).value(), 80);
    const std::vector<std::string> paths{"Device.A", "Device.Unknown"};
    EXPECT_TRUE(m.erase_nodes(1, paths));
    EXPECT_THAT(m.nodes(1).value(), ElementsAre(b));
    EXPECT_TRUE(m.erase_device(1));
    EXPECT_EQ(m.last_inform_ms(1).value(), 0);
    return {};
  };
  ASSERT_TRUE(store_->write_mirror_now(work));
  EXPECT_THAT(nodes_of(*store_, 1), IsEmpty());
  EXPECT_THAT(nodes_of(*store_, 2), SizeIs(2));
}

TEST_P(StoreTest, UndoesAJobThatFails) {
  const std::int64_t device = add_device(*store_, "1");
  auto fail_late = [&](StateWriter& s) -> Result<void> {
    EXPECT_TRUE(s.put_meta("k", "v"));
    EXPECT_TRUE(s.erase_device(device));
    return fail(ErrorKind::kInvalid, "changed my mind");
  };
  bool mirror_ran = false;
  auto mirror = [&](MirrorWriter&) -> Result<void> {
    mirror_ran = true;
    return {};
  };
  const Result<void> done = store_->write_now(fail_late, mirror);
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().text, "changed my mind");
  EXPECT_FALSE(mirror_ran);
  auto load = [&](StateReader& s, MirrorReader&) -> Result<void> {
    EXPECT_EQ(s.meta("k").value(), std::nullopt);
    EXPECT_TRUE(s.device(device).value().has_value());
    return {};
  };
  ASSERT_TRUE(store_->read_now(load));
}

TEST_P(StoreTest, ForgetsPathsOfAJobThatFailed) {
  const NodeRow node{"Device.New", "1", 0, 0, 1};
  auto failing = [&](MirrorWriter& m) -> Result<void> {
    EXPECT_TRUE(m.put_nodes(1, std::vector{node}));
    return fail(ErrorKind::kInvalid, "no");
  };
  EXPECT_FALSE(store_->write_mirror_now(failing));
  auto put = [&](MirrorWriter& m) { return m.put_nodes(1, std::vector{node}); };
  ASSERT_TRUE(store_->write_mirror_now(put));
  EXPECT_THAT(nodes_of(*store_, 1), ElementsAre(node));
}

TEST_P(StoreTest, SurvivesAJobThatThrows) {
  auto throwing = [](StateWriter& s) -> Result<void> {
    EXPECT_TRUE(s.put_meta("k", "v"));
    throw std::runtime_error("oops");
  };
  const Result<void> done = store_->write_state_now(throwing);
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().kind, ErrorKind::kInternal);
  auto load = [](StateReader& s, MirrorReader&) { return s.meta("k"); };
  EXPECT_EQ(store_->read_now(load).value(), std::nullopt);
}

TEST_P(StoreTest, RunsTheMirrorPartAfterTheStatePart) {
  std::vector<std::string> order;
  auto state_part = [&](StateWriter&) -> Result<void> {
    order.push_back("state");
    return {};
  };
  auto mirror_part = [&](MirrorWriter&) -> Result<void> {
    order.push_back("mirror");
    return {};
  };
  ASSERT_TRUE(store_->write_now(state_part, mirror_part));
  ASSERT_TRUE(store_->write_now({}, mirror_part));
  ASSERT_TRUE(store_->write_now(state_part, {}));
  EXPECT_THAT(order, ElementsAre("state", "mirror", "mirror", "state"));
}

TEST_P(StoreTest, RefusesWorkAfterClose) {
  store_->close();
  store_->close();
  const Result<void> done = store_->write_now([](StateWriter&) { return Result<void>(); }, {});
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().kind, ErrorKind::kClosed);
  auto load = [](StateReader& s, MirrorReader&) { return s.device_count(); };
  EXPECT_EQ(store_->read_now(load).error().kind, ErrorKind::kClosed);
}

TEST_P(StoreTest, KeepsFreezesOneOfEachScope) {
  FreezeRow all;
  all.reason = "core network";
  all.creator = "grpc:noc";
  all.created_ms = 5;
  FreezeRow model{0, 1, "00D09E", "Gate*", "1.*", "", "bad release", "grpc", 6};
  FreezeRow controller{0, 2, "", "", "", "self::ctl", "", "grpc", 7};
  state([&](StateWriter& s) -> Result<void> {
    EXPECT_THAT(s.freezes().value(), IsEmpty());
    for (FreezeRow* row : {&all, &model, &controller}) row->id = s.add_freeze(*row).value();
    EXPECT_THAT(s.freezes().value(), ElementsAre(all, model, controller));
    return {};
  });
  auto again = [&](StateWriter& s) -> Result<void> {
    auto added = s.add_freeze(model);
    return added ? Result<void>{} : tl::unexpected(added.error());
  };
  EXPECT_EQ(store_->write_now(again, {}).error().kind, ErrorKind::kConflict);
  state([&](StateWriter& s) -> Result<void> {
    EXPECT_TRUE(s.erase_freeze(all.id).value());
    EXPECT_FALSE(s.erase_freeze(all.id).value());
    EXPECT_THAT(s.freezes().value(), ElementsAre(model, controller));
    EXPECT_GT(s.add_freeze(all).value(), controller.id) << "ids are never used again";
    return {};
  });
}

}  // namespace
}  // namespace bridge
