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
  void store_operation() {
    Operation operation;
    operation.plan.kind = usp::Plan::Kind::kSet;
    operation.plan.requested = {"Device.X."};
    operation.plan.searches = {false};
    operation.plan.steps.resize(1);
    operation.results.resize(1);
    store_row(to_row(device->id(), operation));
  }
  /// The work of taking back an Add.
  void store_undo() {
    OperationRow row;
    row.device_id = device->id();
    row.kind = kUndoAddKind;
    store_row(row);
  }
  std::vector<std::int64_t> ids_of(std::int64_t before_id, std::size_t limit) {
    auto page = run(backend.operations(device->endpoint_id(), before_id, limit));
    std::vector<std::int64_t> out;
    for (const control::OperationInfo& info : page.value().value()) out.push_back(info.id);
    return out;
  }

  DevicePtr device = add_device({});
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

}  // namespace
}  // namespace bridge
