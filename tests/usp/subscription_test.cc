#include "usp/subscription.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/fake_data_model.h"

namespace usp {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using enum NotifType;

Subscription row(NotifType type, std::vector<std::string> references, std::string id = "s") {
  Subscription subscription;
  subscription.id = std::move(id);
  subscription.enable = true;
  subscription.notif_type = type;
  subscription.references = std::move(references);
  return subscription;
}

std::vector<std::string> ids(const std::vector<const Subscription*>& matches) {
  std::vector<std::string> out;
  for (const Subscription* match : matches) out.push_back(match->id);
  return out;
}

bool matches(NotifType type, const std::string& reference, const Happening& happening,
             const DataModel* model = nullptr) {
  return !SubscriptionSet({row(type, {reference})}).matching(happening, model).empty();
}

// --- matching without the model ---

struct Case {
  NotifType type;
  const char* reference;
  Happening happening;
  bool match;
};

const Happening kValue = ValueChanged{"Device.IP.Interface.1.Enable", "true"};
const Happening kDeepValue = ValueChanged{"Device.IP.Interface.1.Stats.BytesSent", "7"};
const Happening kCreated = ObjectCreated{"Device.IP.Interface.2.", {{"Alias", "x"}}};
const Happening kDeleted = ObjectDeleted{"Device.IP.Interface.2."};
const Happening kInner = ObjectDeleted{"Device.IP.Interface.2.IPv4Address.1."};
const Happening kDone = OperationCompleted{"Device.IP.Interface.1.", "Reset()", "k", {}, {}};
const Happening kBoot = EventRaised{"Device.", "Boot!", {}};
const Happening kPeriodic = EventRaised{"Device.LocalAgent.", "Periodic!", {}};

class Matching : public testing::TestWithParam<Case> {};

TEST_P(Matching, IsDecidedByReferenceAndType) {
  const Case& c = GetParam();
  EXPECT_EQ(matches(c.type, c.reference, c.happening), c.match) << c.reference;
}

INSTANTIATE_TEST_SUITE_P(
    ValueChange, Matching,
    testing::Values(Case{kValueChange, "Device.IP.Interface.1.Enable", kValue, true},
                    Case{kValueChange, "Device.IP.Interface.*.Enable", kValue, true},
                    Case{kValueChange, "Device.IP.Interface.2.Enable", kValue, false},
                    Case{kValueChange, "Device.IP.Interface.1.Name", kValue, false},
                    Case{kValueChange, "Device.IP.Interface.1.Enabled", kValue, false},
                    Case{kValueChange, "Device.IP.Interface.1.", kValue, true},
                    Case{kValueChange, "Device.IP.Interface.1.", kDeepValue, true},
                    Case{kValueChange, "Device.IP.Interface.", kDeepValue, true},
                    Case{kValueChange, "Device.IP.Interface.*.", kDeepValue, true},
                    Case{kValueChange, "Device.IP.Interface.*.Stats.", kValue, false},
                    Case{kValueChange, "Device.", kDeepValue, true},
                    Case{kValueChange, "Device.IP.Interface.10.", kValue, false},
                    Case{kValueChange, "Device.IP.Interface.1.Stats.Enable", kValue, false},
                    Case{kValueChange, "Device.IP.Interface.1.", kCreated, false},
                    Case{kValueChange, "Device.Boot!", kValue, false}));

INSTANTIATE_TEST_SUITE_P(
    Objects, Matching,
    testing::Values(Case{kObjectCreation, "Device.IP.Interface.", kCreated, true},
                    Case{kObjectCreation, "Device.IP.Interface.*.", kCreated, true},
                    Case{kObjectCreation, "Device.IP.Interface.", kDeleted, false},
                    Case{kObjectCreation, "Device.IP.Interface.1.", kCreated, false},
                    Case{kObjectCreation, "Device.IP.", kCreated, false},
                    Case{kObjectCreation, "Device.IP.Interface.2.Name", kCreated, false},
                    Case{kObjectDeletion, "Device.IP.Interface.", kDeleted, true},
                    Case{kObjectDeletion, "Device.IP.Interface.2.", kDeleted, true},
                    Case{kObjectDeletion, "Device.IP.Interface.*.", kDeleted, true},
                    Case{kObjectDeletion, "Device.IP.Interface.1.", kDeleted, false},
                    Case{kObjectDeletion, "Device.IP.Interface.", kInner, false},
                    Case{kObjectDeletion, "Device.IP.Interface.2.", kInner, false},
                    Case{kObjectDeletion, "Device.IP.Interface.*.IPv4Address.", kInner, true}));

INSTANTIATE_TEST_SUITE_P(
    Others, Matching,
    testing::Values(Case{kOperationComplete, "Device.IP.Interface.1.Reset()", kDone, true},
                    Case{kOperationComplete, "Device.IP.Interface.*.Reset()", kDone, true},
                    Case{kOperationComplete, "Device.IP.Interface.1.", kDone, true},
                    Case{kOperationComplete, "Device.", kDone, true},
                    Case{kOperationComplete, "Device.IP.Interface.1.Renew()", kDone, false},
                    Case{kOperationComplete, "Device.IP.Interface.1.Reset()", kBoot, false},
                    Case{kEvent, "Device.Boot!", kBoot, true}, Case{kEvent, "Device.", kBoot, true},
                    Case{kEvent, "Device.LocalAgent.Periodic!", kPeriodic, true},
                    Case{kEvent, "Device.LocalAgent.", kPeriodic, true},
                    Case{kEvent, "Device.", kPeriodic, true},
                    Case{kEvent, "Device.LocalAgent.", kBoot, false},
                    Case{kEvent, "Device.Boot!", kPeriodic, false}));

TEST(Subscriptions, DisabledRowsMatchNothing) {
  Subscription disabled = row(kEvent, {"Device.Boot!"});
  disabled.enable = false;
  const SubscriptionSet set({disabled});
  EXPECT_FALSE(set.has(kEvent));
  EXPECT_THAT(set.matching(kBoot, nullptr), IsEmpty());
}

TEST(Subscriptions, ARowIsNotifiedOnceThoughTwoOfItsReferencesMatch) {
  const SubscriptionSet set({row(kEvent, {"Device.Boot!", "Device.", "Device.Boot!"}, "a"),
                             row(kEvent, {"Device.Reboot!"}, "b"), row(kEvent, {"Device."}, "c")});
  EXPECT_THAT(ids(set.matching(kBoot, nullptr)), ElementsAre("a", "c"));
}

TEST(Subscriptions, ReferencesThatAreNoPathsMatchNothing) {
  const SubscriptionSet set({row(kValueChange, {"", "Device..", "Device.IP.Interface.[", "x"})});
  EXPECT_FALSE(set.has(kValueChange));
}

TEST(Subscriptions, SaysWhetherTheModelIsNeeded) {
  const SubscriptionSet set({row(kValueChange, {"Device.IP.Interface.[Name==\"eth1\"].Enable"}),
                             row(kEvent, {"Device.IP.Interface.*."})});
  EXPECT_TRUE(set.needs_model(kValueChange));
  EXPECT_FALSE(set.needs_model(kEvent));
  EXPECT_FALSE(set.needs_model(kObjectCreation));
}

// --- matching with the model ---

class SubscriptionsInModel : public testing::Test {
 protected:
  bool value_matches(const std::string& reference, const std::string& path) {
    return matches(kValueChange, reference, ValueChanged{path, "x"}, &model);
  }
  support::FakeDataModel model = support::local_agent();
};

TEST_F(SubscriptionsInModel, AnExpressionSelectsInstances) {
  const std::string reference = "Device.IP.Interface.[Name==\"eth1\"].Enable";
  EXPECT_TRUE(value_matches(reference, "Device.IP.Interface.1.Enable"));
  EXPECT_FALSE(value_matches(reference, "Device.IP.Interface.2.Enable"));
  EXPECT_FALSE(matches(kValueChange, reference, kValue, nullptr));
}

TEST_F(SubscriptionsInModel, AnExpressionIsAskedAtTheTimeOfTheHappening) {
  const std::string reference = "Device.IP.Interface.[Enable==true].";
  EXPECT_TRUE(value_matches(reference, "Device.IP.Interface.2.Stats.BytesSent"));
  model.set("Device.IP.Interface.2.Enable", "false");
  EXPECT_FALSE(value_matches(reference, "Device.IP.Interface.2.Stats.BytesSent"));
}

TEST_F(SubscriptionsInModel, AnExpressionMayStandInTheMiddle) {
  const std::string reference =
      "Device.LocalAgent.Controller.[EndpointID==\"self::controller-1\"].BootParameter.[Enable=="
      "true]"
      ".ParameterName";
  EXPECT_TRUE(
      value_matches(reference, "Device.LocalAgent.Controller.1.BootParameter.1.ParameterName"));
  EXPECT_FALSE(
      value_matches(reference, "Device.LocalAgent.Controller.1.BootParameter.2.ParameterName"));
  EXPECT_FALSE(
      value_matches(reference, "Device.LocalAgent.Controller.2.BootParameter.1.ParameterName"));
}

TEST_F(SubscriptionsInModel, ReferencesAreFollowed) {
  EXPECT_TRUE(
      value_matches("Device.IP.Interface.1.LowerLayers+.Name", "Device.IP.Interface.2.Name"));
  EXPECT_FALSE(
      value_matches("Device.IP.Interface.1.LowerLayers+.Name", "Device.IP.Interface.1.Name"));
  EXPECT_TRUE(
      value_matches("Device.IP.Interface.1.LowerLayers#*+.Name", "Device.IP.Interface.1.Name"));
  EXPECT_FALSE(
      value_matches("Device.IP.Interface.1.LowerLayers+.Enable", "Device.IP.Interface.2.Name"));
}

TEST_F(SubscriptionsInModel, AnExpressionOfADeletionNeedsTheTreeBefore) {
  const std::string reference = "Device.IP.Interface.[Name==\"eth2\"].";
  EXPECT_TRUE(matches(kObjectDeletion, reference, kDeleted, &model));
  model.remove_object("Device.IP.Interface.2.");
  EXPECT_FALSE(matches(kObjectDeletion, reference, kDeleted, &model));
}

class NoSubscribe : public Access {
 public:
  explicit NoSubscribe(std::string path) : path_(std::move(path)) {}
  bool unrestricted() const override { return false; }
  bool may_hear(NotifType, std::string_view object, std::string_view name) const override {
    return std::string(object).append(name) != path_;
  }

 private:
  std::string path_;
};

TEST_F(SubscriptionsInModel, TellsOnlyThoseThatMayKnow) {
  Subscription one = row(kValueChange, {"Device.IP."}, "one");
  one.recipient = "Device.LocalAgent.Controller.1";
  Subscription two = row(kValueChange, {"Device.IP."}, "two");
  two.recipient = "Device.LocalAgent.Controller.2";
  const NoSubscribe restricted("Device.IP.Interface.1.Enable");
  const auto access_of = [&](const Subscription& subscription) -> const Access* {
    return subscription.recipient.ends_with("1") ? &restricted : nullptr;
  };
  EXPECT_THAT(ids(SubscriptionSet({one, two}).matching(kValue, &model, access_of)),
              ElementsAre("two"));
}

// --- ReferenceList ---

TEST(References, AreSplitAtCommasOutsideOfExpressions) {
  EXPECT_THAT(split_references(" Device.A. , Device.B.[X==\"1,]2\"&&Y~=\"a,b\"].Z,,Device.C!  "),
              ElementsAre("Device.A.", "Device.B.[X==\"1,]2\"&&Y~=\"a,b\"].Z", "Device.C!"));
  EXPECT_THAT(split_references(""), IsEmpty());
  EXPECT_THAT(split_references(" , ,"), IsEmpty());
  EXPECT_THAT(split_references("Device.B.[X==\"1,2"), ElementsAre("Device.B.[X==\"1,2"));
}

struct CheckCase {
  NotifType type;
  const char* list;
  const char* complaint;  // null: good
};

class CheckReferences : public testing::TestWithParam<CheckCase> {};

TEST_P(CheckReferences, TakesWhatTheTypeAllows) {
  const support::FakeDataModel model = support::local_agent();
  const CheckCase& c = GetParam();
  const auto error = check_references(c.type, c.list, model);
  if (c.complaint == nullptr) {
    EXPECT_FALSE(error) << c.list << ": " << error->text;
    return;
  }
  ASSERT_TRUE(error) << c.list;
  EXPECT_EQ(error->code, ErrorCode::kInvalidValue);
  EXPECT_THAT(error->text, HasSubstr(c.complaint));
}

INSTANTIATE_TEST_SUITE_P(
    Good, CheckReferences,
    testing::Values(
        CheckCase{kValueChange, "", nullptr}, CheckCase{kValueChange, "Device.", nullptr},
        CheckCase{kValueChange, "Device.IP.Interface.", nullptr},
        CheckCase{kValueChange, "Device.IP.Interface.1.Enable,Device.IP.Interface.*.Name", nullptr},
        CheckCase{kValueChange, "Device.IP.Interface.99.Enable", nullptr},
        CheckCase{kValueChange, "Device.IP.Interface.[Name==\"a,b\"].Enable", nullptr},
        CheckCase{kValueChange, "Device.IP.Interface.1.LowerLayers+.Anything", nullptr},
        CheckCase{kObjectCreation, "Device.LocalAgent.Subscription.", nullptr},
        CheckCase{kObjectCreation, "Device.LocalAgent.Controller.*.BootParameter.", nullptr},
        CheckCase{kObjectCreation, "Device.LocalAgent.Subscription.*.", nullptr},
        CheckCase{kObjectDeletion, "Device.LocalAgent.Subscription.", nullptr},
        CheckCase{kObjectDeletion, "Device.LocalAgent.Subscription.7.", nullptr},
        CheckCase{kObjectDeletion, "Device.IP.Interface.[Enable==true].", nullptr},
        CheckCase{kOperationComplete, "Device.ScheduleTimer()", nullptr},
        CheckCase{kOperationComplete, "Device.IP.Interface.*.Reset()", nullptr},
        CheckCase{kOperationComplete, "Device.LocalAgent.", nullptr},
        CheckCase{kEvent, "Device.Boot!", nullptr}, CheckCase{kEvent, "Device.IP.", nullptr}));

INSTANTIATE_TEST_SUITE_P(
    Bad, CheckReferences,
    testing::Values(
        CheckCase{kValueChange, "nonsense", "no path"},
        CheckCase{kValueChange, "Device.IP.Interface.[", "no path"},
        CheckCase{kValueChange, "Device.Boot!", "neither a parameter"},
        CheckCase{kValueChange, "Device.Reboot()", "neither a parameter"},
        CheckCase{kValueChange, "Device.Unknown.", "not in the supported"},
        CheckCase{kValueChange, "Device.IP.Interface.1.Unknown", "not in the supported"},
        CheckCase{kValueChange, "Device.IP.1.", "not in the supported"},
        CheckCase{kValueChange, "Device.IP.Interface.Enable", "not an instance"},
        CheckCase{kValueChange, "Device.IP.Interface.1.Name+.X,Device.Nope.", "Device.Nope."},
        CheckCase{kObjectCreation, "Device.IP.", "multi-instance"},
        CheckCase{kObjectCreation, "Device.IP.Interface.1.", "multi-instance"},
        CheckCase{kObjectCreation, "Device.IP.Interface.1.Name", "multi-instance"},
        CheckCase{kObjectDeletion, "Device.IP.", "multi-instance"},
        CheckCase{kObjectDeletion, "Device.IP.Interface.1.Stats.", "multi-instance"},
        CheckCase{kOperationComplete, "Device.Boot!", "neither a command"},
        CheckCase{kOperationComplete, "Device.Nope()", "not in the supported"},
        CheckCase{kEvent, "Device.Reboot()", "neither an event"},
        CheckCase{kEvent, "Device.LocalAgent.EndpointID", "neither an event"}));

TEST(References, HaveLimits) {
  const support::FakeDataModel model = support::local_agent();
  const auto item_of = [](std::size_t bytes) {
    const std::string begin = "Device.IP.Interface.[Name==\"";
    const std::string end = "\"].Name";
    return begin + std::string(bytes - begin.size() - end.size(), 'x') + end;
  };
  EXPECT_FALSE(check_references(kValueChange, item_of(kMaxReferenceBytes), model));
  EXPECT_TRUE(check_references(kValueChange, item_of(kMaxReferenceBytes + 1), model));
  std::string list = "Device.";
  for (std::size_t i = 1; i < kMaxReferences; ++i) list += ",Device.";
  EXPECT_FALSE(check_references(kValueChange, list, model));
  EXPECT_TRUE(check_references(kValueChange, list + ",Device.", model));
}

TEST(References, NamesOfTypesRoundTrip) {
  for (NotifType type :
       {kValueChange, kObjectCreation, kObjectDeletion, kOperationComplete, kEvent}) {
    EXPECT_EQ(parse_notif_type(name_of(type)), type);
  }
  EXPECT_EQ(parse_notif_type("valuechange"), std::nullopt);
  EXPECT_EQ(parse_notif_type(""), std::nullopt);
  EXPECT_EQ(parse_notif_type("OnBoardRequest"), std::nullopt);
}

// --- the Notify ---

TEST(Notify, CarriesSubscriptionIdAndAsksForAnAnswerWithNotifRetry) {
  Subscription subscription = row(kValueChange, {"Device."}, "vc-1");
  usp_msg::Notify notify = make_notify(subscription, kValue);
  EXPECT_EQ(notify.subscription_id(), "vc-1");
  EXPECT_FALSE(notify.send_resp());
  EXPECT_EQ(notify.value_change().param_path(), "Device.IP.Interface.1.Enable");
  EXPECT_EQ(notify.value_change().param_value(), "true");
  subscription.notif_retry = true;
  EXPECT_TRUE(make_notify(subscription, kValue).send_resp());
}

TEST(Notify, TellsOfObjects) {
  const usp_msg::Notify created = make_notify(row(kObjectCreation, {}), kCreated);
  EXPECT_EQ(created.obj_creation().obj_path(), "Device.IP.Interface.2.");
  EXPECT_EQ(created.obj_creation().unique_keys().at("Alias"), "x");
  const usp_msg::Notify deleted = make_notify(row(kObjectDeletion, {}), kDeleted);
  EXPECT_EQ(deleted.obj_deletion().obj_path(), "Device.IP.Interface.2.");
}

TEST(Notify, TellsOfAnEvent) {
  const Happening boot = EventRaised{"Device.", "Boot!", {{"Cause", "LocalReboot"}}};
  const usp_msg::Notify notify = make_notify(row(kEvent, {}), boot);
  EXPECT_EQ(notify.event().obj_path(), "Device.");
  EXPECT_EQ(notify.event().event_name(), "Boot!");
  EXPECT_EQ(notify.event().params().at("Cause"), "LocalReboot");
}

TEST(Notify, SplitsTheCommandOfACompletedOperation) {
  const usp_msg::Notify notify = make_notify(row(kOperationComplete, {}), kDone);
  EXPECT_EQ(notify.oper_complete().obj_path(), "Device.IP.Interface.1.");
  EXPECT_EQ(notify.oper_complete().command_name(), "Reset()");
  EXPECT_EQ(notify.oper_complete().command_key(), "k");
}

TEST(Notify, HasOutputArgumentsEvenWhenThereAreNone) {
  EXPECT_TRUE(make_notify(row(kOperationComplete, {}), kDone)
                  .oper_complete()
                  .has_req_output_args());  // R-ENC.3
}

TEST(Notify, TellsWhyACommandFailed) {
  const Happening failed = OperationCompleted{
      "Device.", "Reboot()", "", {{"unused", "x"}}, {{ErrorCode::kCommandCanceled, "canceled"}}};
  const usp_msg::Notify notify = make_notify(row(kOperationComplete, {}), failed);
  EXPECT_FALSE(notify.oper_complete().has_req_output_args());
  EXPECT_EQ(notify.oper_complete().cmd_failure().err_code(), 7023U);
  EXPECT_EQ(notify.oper_complete().cmd_failure().err_msg(), "canceled");
}

TEST(Notify, OnBoardRequestHasNoSubscriptionAndWantsAnAnswer) {
  const usp_msg::Notify notify = make_on_board_request({"00D09E", "Box", "1"});
  EXPECT_EQ(notify.subscription_id(), "");
  EXPECT_TRUE(notify.send_resp());
  EXPECT_EQ(notify.on_board_req().oui(), "00D09E");
  EXPECT_EQ(notify.on_board_req().product_class(), "Box");
  EXPECT_EQ(notify.on_board_req().serial_number(), "1");
  EXPECT_THAT(notify.on_board_req().agent_supported_protocol_versions(), HasSubstr("1.4"));
}

TEST(Notify, MessageHasHeaderAndBody) {
  const usp_msg::Msg msg = make_notify_message("17", make_notify(row(kEvent, {}), kBoot));
  EXPECT_EQ(msg.header().msg_id(), "17");
  EXPECT_EQ(msg.header().msg_type(), usp_msg::Header::NOTIFY);
  EXPECT_TRUE(msg.body().request().notify().has_event());
}

TEST(Subscriptions, LiveAsLongAsTimeToLiveSays) {
  Subscription subscription = row(kEvent, {});
  subscription.created = std::chrono::sys_seconds(std::chrono::seconds(1000));
  EXPECT_EQ(expires_at(subscription), std::nullopt);
  subscription.time_to_live = std::chrono::seconds(60);
  EXPECT_EQ(expires_at(subscription), std::chrono::sys_seconds(std::chrono::seconds(1060)));
}

}  // namespace
}  // namespace usp
