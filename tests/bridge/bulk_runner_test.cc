#include "bridge/bulk_runner.h"

#include <gmock/gmock.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>
#include <functional>

#include "bridge/metrics.h"
#include "tests/bridge/control/fleet_backend.h"
#include "tests/bridge/store/store_fixture.h"

namespace bridge {
namespace {

namespace asio = boost::asio;
using control::OperationInfo;
using control::OperationState;
using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;
using testing::UnorderedElementsAre;
using Done = BulkRunner::Done;

BulkPlan set_plan() {
  BulkPlan plan;
  plan.requester = "grpc:noc";
  auto* parameter = plan.change.mutable_set()->add_parameters();
  parameter->set_path("Device.X.Y");
  parameter->set_value("1");
  return plan;
}

BulkPlan command_plan() {
  BulkPlan plan;
  plan.requester = "grpc:noc";
  plan.change.mutable_command()->set_command("Device.Reboot()");
  return plan;
}

std::vector<std::string> devices(int count) {
  std::vector<std::string> out;
  for (int i = 1; i <= count; ++i) out.push_back("d" + std::to_string(i));
  return out;
}

/// A runner that can be killed: what it was doing is gone, the store and the fleet stay.
struct BulkRunnerTest : testing::Test {
  BulkRunnerTest() {
    fleet.add(10);
    boot();
  }
  void boot() {
    io = std::make_unique<asio::io_context>();
    runner = std::make_unique<BulkRunner>(io->get_executor(), *store, fleet, metrics);
    runner->resume();
    run_until([this] { return !is_starting(); });
  }
  void kill() {
    io->stop();
    // What the store has under way comes home first.
    EXPECT_TRUE(store->write_now([](StateWriter&) -> Result<void> { return {}; }, {}));
    EXPECT_TRUE(store->read_now([](StateReader&, MirrorReader&) -> Result<void> { return {}; }));
    runner.reset();
    io.reset();
  }

  void run_until(const std::function<bool()>& condition) {
    const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (!condition()) {
      if (std::chrono::steady_clock::now() > limit) {
        ADD_FAILURE() << "nothing came of it";
        return;
      }
      io->restart();
      io->run_for(std::chrono::milliseconds(2));
    }
  }
  template <class T>
  T wait(asio::awaitable<T> work) {
    auto future = asio::co_spawn(*io, std::move(work), asio::use_future);
    run_until(
        [&] { return future.wait_for(std::chrono::seconds(0)) == std::future_status::ready; });
    return future.get();
  }
  bool is_starting() {
    BulkPlan plan = set_plan();
    auto started = wait(runner->start(plan, {}));
    return !started && started.error().kind == ErrorKind::kBusy;
  }

  std::int64_t start(BulkPlan plan, int count) {
    return wait(runner->start(std::move(plan), devices(count))).value().id;
  }
  BulkInfo info(std::int64_t id) { return wait(runner->get(id)).value().value(); }
  BulkInfo end_of(std::int64_t id) {
    run_until([&] { return info(id).finished_ms > 0; });
    return info(id);
  }
  /// "d1 succeeded"
  std::vector<std::string> results(std::int64_t id) {
    const std::vector<std::string> names{"pending", "running",   "succeeded",
                                         "failed",  "not begun", "unknown"};
    std::vector<std::string> out;
    const auto rows = wait(runner->results(id, 0, 0, 1000)).value();
    for (const BulkItemRow& row : rows) {
      out.push_back(row.endpoint_id + " " + names.at(static_cast<std::size_t>(row.state)));
    }
    return out;
  }
  void asked(std::size_t count) {
    run_until([&] { return fleet.asked().size() >= count; });
  }

  control::FleetBackend fleet;
  Metrics metrics;
  std::unique_ptr<Store> store = open_or_die({});
  std::unique_ptr<asio::io_context> io;
  std::unique_ptr<BulkRunner> runner;
};

TEST_F(BulkRunnerTest, AsksEveryDeviceOnceForWhoStartedIt) {
  BulkPlan plan = set_plan();
  plan.concurrency = 3;
  const BulkInfo end = end_of(start(plan, 10));
  EXPECT_EQ(end.state, BulkState::kSucceeded);
  EXPECT_EQ(end.counts, (BulkCounts{.succeeded = 10}));
  EXPECT_THAT(fleet.asked(), testing::UnorderedElementsAreArray(devices(10)));
  EXPECT_EQ(fleet.most_at_once(), 3U);
  EXPECT_THAT(fleet.requesters(), ElementsAre("grpc:noc"));
  EXPECT_THAT(metrics.text(), HasSubstr("usp_bridge_bulk_devices_total{outcome=\"succeeded\"} 10"));
}

TEST_F(BulkRunnerTest, SaysWhatBecameOfEachDevice) {
  fleet.refuse("d2");
  BulkPlan plan = set_plan();
  plan.max_failures = 1;
  const std::int64_t id = start(plan, 3);
  EXPECT_EQ(end_of(id).state, BulkState::kFailed);
  EXPECT_THAT(results(id), ElementsAre("d1 succeeded", "d2 failed", "d3 succeeded"));
  const auto failed = wait(runner->results(id, 1U << 3U, 0, 10)).value();
  ASSERT_THAT(failed, SizeIs(1));
  EXPECT_NE(failed[0].code, 0);
  EXPECT_GT(failed[0].finished_ms, 0);
  v1::BulkResult result;
  ASSERT_TRUE(result.ParseFromString(failed[0].result));
  EXPECT_EQ(result.error().usp_code(), 7012U);
}

TEST_F(BulkRunnerTest, StopsWhenMoreHaveFailedThanMay) {
  fleet.refuse("d2");
  BulkPlan plan = set_plan();
  plan.concurrency = 1;
  const std::int64_t id = start(plan, 4);
  EXPECT_EQ(end_of(id).state, BulkState::kStopped);
  EXPECT_THAT(results(id),
              ElementsAre("d1 succeeded", "d2 failed", "d3 not begun", "d4 not begun"));
}

TEST_F(BulkRunnerTest, CancelledItBeginsNoFurtherDevice) {
  fleet.hold("d2");
  BulkPlan plan = set_plan();
  plan.concurrency = 1;
  const std::int64_t id = start(plan, 4);
  asked(2);
  EXPECT_EQ(wait(runner->erase(id)).value(), Done::kWrongState);
  EXPECT_EQ(wait(runner->cancel(id)).value(), Done::kYes);
  EXPECT_EQ(info(id).counts, (BulkCounts{.succeeded = 1, .running = 1, .pending = 2}));
  fleet.release_all();
  EXPECT_EQ(end_of(id).state, BulkState::kCancelled);
  EXPECT_EQ(end_of(id).counts, (BulkCounts{.succeeded = 2, .not_begun = 2}));
  EXPECT_EQ(wait(runner->cancel(id)).value(), Done::kWrongState);
  EXPECT_EQ(wait(runner->cancel(id + 1)).value(), Done::kNotFound);
  EXPECT_EQ(wait(runner->erase(id)).value(), Done::kYes);
  EXPECT_EQ(wait(runner->erase(id)).value(), Done::kNotFound);
  EXPECT_FALSE(wait(runner->get(id)).value());
}

TEST_F(BulkRunnerTest, ListsThoseOfOneClientNewestFirst) {
  BulkPlan other = set_plan();
  other.requester = "grpc:other";
  const std::int64_t one = start(set_plan(), 1);
  const std::int64_t two = start(other, 1);
  const auto ids = [&](std::string whose) {
    std::vector<std::int64_t> out;
    const auto page = wait(runner->list(0, 10, std::move(whose))).value();
    for (const BulkInfo& each : page) {
      if (each.counts.total() > 0) out.push_back(each.id);
    }
    return out;
  };
  end_of(two);
  EXPECT_THAT(ids(""), ElementsAre(two, one));
  EXPECT_THAT(ids("grpc:noc"), ElementsAre(one));
}

TEST_F(BulkRunnerTest, WaitsForTheEndOfACommand) {
  BulkPlan plan = command_plan();
  plan.max_failures = 1;
  const std::int64_t id = start(plan, 2);
  run_until([&] { return fleet.open_operations().size() == 2; });
  EXPECT_EQ(info(id).counts.running, 2U);
  fleet.end_operation(1, OperationState::kSucceeded);
  fleet.end_operation(2, OperationState::kFailed);
  const BulkInfo end = end_of(id);
  EXPECT_EQ(end.counts, (BulkCounts{.succeeded = 1, .failed = 1}));
  const auto good = wait(runner->results(id, 1U << 2U, 0, 10)).value();
  ASSERT_THAT(good, SizeIs(1));
  EXPECT_EQ(good[0].operation_id, 1);
  v1::BulkResult result;
  ASSERT_TRUE(result.ParseFromString(good[0].result));
  EXPECT_EQ(result.output().at("Status"), "Complete");
}

TEST_F(BulkRunnerTest, RefreshesToo) {
  fleet.refuse("d1");
  BulkPlan plan;
  plan.change.mutable_refresh()->add_paths("Device.WiFi.");
  plan.max_failures = 5;
  const BulkInfo end = end_of(start(plan, 2));
  EXPECT_EQ(end.counts, (BulkCounts{.succeeded = 1, .failed = 1}));
}

// ---- killed and started again ------------------------------------------------------------------

TEST_F(BulkRunnerTest, AfterAKillWhatCanBeRepeatedIsAndNothingElseIsDoneTwice) {
  fleet.hold("d3");
  BulkPlan plan = set_plan();
  plan.concurrency = 1;
  const std::int64_t id = start(plan, 5);
  asked(3);
  kill();
  fleet.release_all();
  boot();
  EXPECT_EQ(end_of(id).counts, (BulkCounts{.succeeded = 5}));
  EXPECT_THAT(fleet.asked(), ElementsAre("d1", "d2", "d3", "d3", "d4", "d5"));
}

TEST_F(BulkRunnerTest, ACommandWhoseOperationIsKnownIsNotGivenAgain) {
  const std::int64_t id = start(command_plan(), 1);
  run_until([&] {
    const auto rows = wait(runner->results(id, 0, 0, 10)).value();
    return rows[0].operation_id != 0;
  });
  kill();
  fleet.end_operation(1, OperationState::kSucceeded);
  boot();
  EXPECT_EQ(end_of(id).counts, (BulkCounts{.succeeded = 1}));
  EXPECT_THAT(fleet.asked(), ElementsAre("d1"));
}

TEST_F(BulkRunnerTest, ACommandThatStillRunsAfterAKillIsWaitedFor) {
  const std::int64_t id = start(command_plan(), 1);
  run_until([&] { return fleet.open_operations().size() == 1; });
  kill();
  boot();
  run_until([&] { return info(id).counts.running == 1; });
  fleet.end_operation(1, OperationState::kSucceeded);
  EXPECT_EQ(end_of(id).counts, (BulkCounts{.succeeded = 1}));
  EXPECT_THAT(fleet.asked(), ElementsAre("d1"));
}

BulkPlan add_plan() {
  BulkPlan plan;
  plan.requester = "grpc:noc";
  plan.max_failures = 9;
  plan.change.mutable_add()->set_table("Device.NAT.PortMapping.");
  return plan;
}

OperationInfo added(std::int64_t id, std::string device, std::int64_t created_ms) {
  OperationInfo info;
  info.id = id;
  info.endpoint_id = std::move(device);
  info.state = OperationState::kSucceeded;
  info.kind = "Add";
  info.summary = "Device.NAT.PortMapping.";
  info.requester = "grpc:noc";
  info.created_ms = created_ms;
  return info;
}

TEST_F(BulkRunnerTest, AnAddIsFoundAmongTheOperationsOfItsDeviceOrUnknown) {
  for (const char* each : {"d1", "d2", "d3", "d4"}) fleet.hold(each);
  const std::int64_t id = start(add_plan(), 4);
  asked(4);
  kill();
  const std::int64_t later = INT64_MAX;
  fleet.put_operation(added(11, "d1", later));
  fleet.put_operation(added(12, "d2", 1));      // of before
  fleet.put_operation(added(13, "d3", later));  // one of two
  fleet.put_operation(added(14, "d3", later));
  fleet.release_all();
  boot();
  EXPECT_EQ(end_of(id).state, BulkState::kFailed);
  EXPECT_THAT(results(id), ElementsAre("d1 succeeded", "d2 unknown", "d3 unknown", "d4 unknown"));
  EXPECT_THAT(fleet.asked(), SizeIs(4));
  EXPECT_THAT(metrics.text(), HasSubstr("usp_bridge_bulk_devices_total{outcome=\"unknown\"} 3"));
}

TEST_F(BulkRunnerTest, WhatWasDeletedBeforeTheKillIsDeleted) {
  fleet.hold("d1");
  BulkPlan plan;
  plan.change.mutable_delete_()->set_path("Device.NAT.PortMapping.1.");
  plan.concurrency = 1;
  const std::int64_t id = start(plan, 2);
  asked(1);
  kill();
  fleet.release_all();
  boot();  // every answer says that nothing was affected
  EXPECT_EQ(end_of(id).state, BulkState::kStopped);
  EXPECT_THAT(results(id), ElementsAre("d1 succeeded", "d2 failed"));
}

TEST_F(BulkRunnerTest, StaysCancelledOverAKill) {
  fleet.hold("d1");
  BulkPlan plan = set_plan();
  plan.concurrency = 1;
  const std::int64_t id = start(plan, 3);
  asked(1);
  EXPECT_EQ(wait(runner->cancel(id)).value(), Done::kYes);
  kill();
  fleet.release_all();
  boot();
  EXPECT_EQ(end_of(id).state, BulkState::kCancelled);
  EXPECT_THAT(results(id), ElementsAre("d1 succeeded", "d2 not begun", "d3 not begun"));
}

TEST_F(BulkRunnerTest, RefusesMoreThanCanBeUnderWay) {
  fleet.hold("d1");
  for (std::size_t i = 0; i < BulkRunner::kMaxRunning; ++i) start(set_plan(), 1);
  const auto refused = wait(runner->start(set_plan(), devices(1)));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::kBusy);
}

}  // namespace
}  // namespace bridge
