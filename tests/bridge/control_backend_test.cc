#include "bridge/control_backend.h"

#include <gmock/gmock.h>

#include "bridge/agent/operation.h"
#include "tests/bridge/service_fixture.h"

namespace bridge {
namespace {

using namespace test;
using testing::ElementsAre;

class ControlBackendTest : public ServiceTest {
 protected:
  void store_row(const OperationRow& row) {
    auto put = [&row](StateWriter& state) -> Result<void> {
      auto added = state.add_operation(row);
      return added ? Result<void>{} : tl::unexpected(added.error());
    };
    ASSERT_TRUE(store->write_now(put, {}));
  }
  void store_operation() { store_operation(device->id(), OperationState::kQueued); }
  void store_operation(std::int64_t device_id, OperationState state) {
    Operation operation;
    operation.state = state;
    operation.plan.kind = usp::Plan::Kind::kSet;
    operation.plan.requested = {"Device.X."};
    operation.plan.searches = {false};
    operation.plan.steps.resize(1);
    operation.results.resize(1);
    store_row(to_row(device_id, operation));
  }
  std::string endpoint_id_of(std::int64_t id) {
    auto read = [id](StateReader& state, MirrorReader&) { return state.device(id); };
    return store->read_now(read).value().value().endpoint_id;
  }
  /// The work of taking back an Add.
  void store_undo() {
    OperationRow row;
    row.device_id = device->id();
    row.kind = kUndoAddKind;
    store_row(row);
  }
  std::vector<std::int64_t> ids_of(std::int64_t before_id, std::size_t limit) {
    control::Backend::OperationQuery query;
    query.endpoint_id = device->endpoint_id();
    query.before_id = before_id;
    query.limit = limit;
    return ids_of(std::move(query));
  }
  std::vector<std::int64_t> ids_of(control::Backend::OperationQuery query) {
    page = run(backend.operations(std::move(query))).value().value();
    std::vector<std::int64_t> out;
    for (const control::OperationInfo& info : page.operations) out.push_back(info.id);
    return out;
  }

  DevicePtr device = add_device({});
  control::Backend::OperationPage page;  ///< the last one
  ControlBackend backend{runtime};
};

TEST_F(ControlBackendTest, FillsAPageOfOperationsPastOtherWork) {
  store_operation();
  store_undo();
  store_undo();
  store_operation();
  store_undo();

  EXPECT_THAT(ids_of(0, 2), ElementsAre(4, 1));
  EXPECT_THAT(ids_of(0, 1), ElementsAre(4));
  EXPECT_THAT(ids_of(4, 5), ElementsAre(1));
  EXPECT_THAT(ids_of(1, 5), ElementsAre());
}

TEST_F(ControlBackendTest, ListsTheOperationsOfAllDevicesThatMayBeSeen) {
  store_operation();
  const std::int64_t other = bridge::add_device(*store, "2");
  store_operation(other, OperationState::kFailed);
  store_operation(device->id(), OperationState::kFailed);
  control::Backend::OperationQuery all;
  all.limit = 2;
  EXPECT_THAT(ids_of(all), ElementsAre(3, 2));
  EXPECT_EQ(page.operations[1].endpoint_id, endpoint_id_of(other));
  EXPECT_TRUE(page.more);
  all.before_id = page.last_id;
  EXPECT_THAT(ids_of(all), ElementsAre(1));
  EXPECT_FALSE(page.more);

  all.before_id = 0;
  all.filter = control::Filter::parse_operations("state = FAILED").value();
  EXPECT_THAT(ids_of(all), ElementsAre(3, 2));
  all.devices = control::Filter::parse("serial_number = 2").value();
  EXPECT_THAT(ids_of(all), ElementsAre(2));
  all.endpoint_id = "ops::unknown";
  EXPECT_FALSE(run(backend.operations(all)).value());
}

TEST_F(ControlBackendTest, APageThatIsFullSaysWhetherThereAreOthers) {
  store_operation();
  store_operation();
  control::Backend::OperationQuery query;
  query.limit = 2;
  EXPECT_THAT(ids_of(query), ElementsAre(2, 1));
  EXPECT_FALSE(page.more);
}

}  // namespace
}  // namespace bridge
