#include <gmock/gmock.h>

#include "bridge/task/add_object.h"
#include "bridge/task/command.h"
#include "bridge/task/delete_object.h"
#include "bridge/task/rehearse.h"
#include "bridge/task/set_values.h"

namespace bridge::task {
namespace {

using testing::ElementsAre;
using testing::FieldsAre;
using testing::SizeIs;

class Rehearse : public testing::Test {
 protected:
  Rehearse() {
    tree_.apply(ValuesRead{{{"Device.X.Enable", "1", "boolean"},
                            {"Device.T.3.On", "0", "boolean"},
                            {"Device.Ping.DiagnosticsState", "None", "string"}}},
                1);
  }
  std::vector<cwmp::AcsRequest> of(Task& task) { return rehearse(task, tree_, Learned{}, 1); }

  PathPool paths_;
  Tree tree_{paths_};
};

TEST_F(Rehearse, GivesTheValuesInTheFormThatTheDeviceTakes) {
  SetValues task({{"Device.X.Enable", "false"}}, "key");
  const auto rpcs = of(task);
  ASSERT_THAT(rpcs, SizeIs(1)) << "what is read back is no change";
  EXPECT_THAT(std::get<cwmp::SetParameterValues>(rpcs[0]).parameters,
              ElementsAre(FieldsAre("Device.X.Enable", "0", "boolean")));
}

TEST_F(Rehearse, FollowsAnAddObjectWithTheSettingsOfTheNewRow) {
  AddObject task("Device.T.", {{"On", "true"}}, "key");
  const auto rpcs = of(task);
  ASSERT_THAT(rpcs, SizeIs(2));
  EXPECT_EQ(std::get<cwmp::AddObject>(rpcs[0]).object_name, "Device.T.");
  EXPECT_THAT(std::get<cwmp::SetParameterValues>(rpcs[1]).parameters,
              ElementsAre(FieldsAre("Device.T.4294967295.On", "1", "boolean")));
}

TEST_F(Rehearse, AddsAnEmptyRowWithOneRpc) {
  AddObject task("Device.T.", {}, "key");
  EXPECT_THAT(of(task), SizeIs(1));
}

TEST_F(Rehearse, DeletesOnce) {
  DeleteObject task("Device.T.3.", "key");
  const auto rpcs = of(task);
  ASSERT_THAT(rpcs, SizeIs(1));
  EXPECT_EQ(std::get<cwmp::DeleteObject>(rpcs[0]).object_name, "Device.T.3.");
}

TEST_F(Rehearse, StopsWhereTheDeviceActsLater) {
  cwmp::Download rpc;
  rpc.command_key = "k";
  Transfer download(rpc);
  EXPECT_THAT(of(download), SizeIs(1));
  Diagnostics ping("Device.Ping.", {{"Host", "a", ValueType::kString}}, "key");
  const auto rpcs = of(ping);
  ASSERT_THAT(rpcs, SizeIs(1));
  EXPECT_THAT(std::get<cwmp::SetParameterValues>(rpcs[0]).parameters,
              ElementsAre(FieldsAre("Device.Ping.Host", "a", "string"),
                          FieldsAre("Device.Ping.DiagnosticsState", "Requested", "string")));
}

}  // namespace
}  // namespace bridge::task
