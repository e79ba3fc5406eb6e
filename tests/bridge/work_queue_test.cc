#include "bridge/work_queue.h"

#include <gmock/gmock.h>

#include "bridge/task/set_values.h"

namespace bridge {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

/// Waits for the device as soon as it is asked for an RPC.
class Waiting final : public task::Task {
 protected:
  std::optional<cwmp::AcsRequest> do_next(task::Context&) override {
    wait();
    return std::nullopt;
  }
  void do_response(const cwmp::CpeResponse&, task::Context&) override {}
  void do_lost(task::Context&) override {}
  void do_inform(const cwmp::Inform&, task::Context&) override { ready(); }
};

class WorkQueueTest : public testing::Test {
 protected:
  WorkPtr push(WorkKind kind) {
    auto work = std::make_shared<Work>();
    work->task = std::make_shared<Waiting>();
    work->kind = kind;
    queue_.push(work);
    return work;
  }
  void step_aside(const WorkPtr& work) { work->task->next(context_); }
  void come_back(const WorkPtr& work) { work->task->on_inform(cwmp::Inform{}, context_); }

  WorkQueue queue_;
  PathPool paths_;
  Tree tree_{paths_};
  Learned learned_;
  task::Context context_{tree_, learned_};
};

TEST_F(WorkQueueTest, HasNothingToDoWhenEmpty) {
  EXPECT_TRUE(queue_.empty());
  EXPECT_EQ(queue_.front(), nullptr);
  EXPECT_THAT(queue_.all(), IsEmpty());
}

TEST_F(WorkQueueTest, TakesOperationsBeforeUpkeepWhicheverCameFirst) {
  const WorkPtr first_contact = push(WorkKind::kFirstContact);
  const WorkPtr upkeep = push(WorkKind::kUpkeep);
  const WorkPtr operation = push(WorkKind::kOperation);
  EXPECT_EQ(queue_.front(), operation);
  EXPECT_THAT(queue_.all(), ElementsAre(operation, first_contact, upkeep));
}

TEST_F(WorkQueueTest, KeepsTheOrderOfArrivalWithinAKind) {
  const WorkPtr first = push(WorkKind::kOperation);
  const WorkPtr second = push(WorkKind::kOperation);
  EXPECT_EQ(queue_.front(), first);
  EXPECT_TRUE(queue_.remove(first));
  EXPECT_EQ(queue_.front(), second);
}

TEST_F(WorkQueueTest, LooksAtTheFrontWithoutTakingIt) {
  const WorkPtr only = push(WorkKind::kUpkeep);
  EXPECT_EQ(queue_.front(), only);
  EXPECT_EQ(queue_.front(), only);
  EXPECT_FALSE(queue_.empty());
}

TEST_F(WorkQueueTest, PassesOverWhatWaitsForTheDeviceUntilItIsBack) {
  const WorkPtr diagnostic = push(WorkKind::kOperation);
  const WorkPtr next = push(WorkKind::kOperation);
  step_aside(diagnostic);
  EXPECT_EQ(queue_.front(), next);
  come_back(diagnostic);
  EXPECT_EQ(queue_.front(), diagnostic);
}

TEST_F(WorkQueueTest, LetsUpkeepRunWhileEveryOperationWaitsForTheDevice) {
  const WorkPtr upkeep = push(WorkKind::kUpkeep);
  step_aside(push(WorkKind::kOperation));
  step_aside(push(WorkKind::kOperation));
  EXPECT_EQ(queue_.front(), upkeep);
}

TEST_F(WorkQueueTest, IsUrgentForOperationsAndForUpkeepThatIs) {
  push(WorkKind::kFirstContact);
  push(WorkKind::kUpkeep);
  EXPECT_FALSE(queue_.urgent());
  const WorkPtr watch = push(WorkKind::kUpkeep);
  watch->urgent = true;
  EXPECT_TRUE(queue_.urgent());
  queue_.remove(watch);
  const WorkPtr operation = push(WorkKind::kOperation);
  EXPECT_TRUE(queue_.urgent());
  step_aside(operation);
  EXPECT_FALSE(queue_.urgent());
}

TEST_F(WorkQueueTest, HasNothingToDoButIsNotEmptyWhileAllOfItWaits) {
  step_aside(push(WorkKind::kOperation));
  step_aside(push(WorkKind::kUpkeep));
  EXPECT_EQ(queue_.front(), nullptr);
  EXPECT_FALSE(queue_.empty());
}

TEST_F(WorkQueueTest, RemovesEachPieceOnce) {
  for (WorkKind kind : {WorkKind::kOperation, WorkKind::kUpkeep, WorkKind::kFirstContact}) {
    const WorkPtr work = push(kind);
    EXPECT_TRUE(queue_.remove(work));
    EXPECT_FALSE(queue_.remove(work));
    EXPECT_TRUE(queue_.empty());
  }
}

TEST_F(WorkQueueTest, DoesNotRemoveWhatItNeverHeld) {
  const WorkPtr held = push(WorkKind::kOperation);
  EXPECT_FALSE(queue_.remove(std::make_shared<Work>()));
  EXPECT_EQ(queue_.front(), held);
}

TEST_F(WorkQueueTest, PassesOverFrozenWritesAndNothingElse) {
  bool frozen = true;
  queue_.set_brake([&](const Work& work) { return frozen && work.requester == "self::ctl"; });
  const WorkPtr write = push(WorkKind::kOperation);
  write->writes = true;
  write->requester = "self::ctl";
  EXPECT_EQ(queue_.front(), nullptr);
  EXPECT_FALSE(queue_.urgent()) << "nobody is woken for what may not be sent";
  EXPECT_FALSE(queue_.empty());
  const WorkPtr upkeep = push(WorkKind::kUpkeep);
  EXPECT_EQ(queue_.front(), upkeep);
  const WorkPtr read = push(WorkKind::kOperation);
  read->requester = "self::ctl";
  EXPECT_EQ(queue_.front(), read);
  const WorkPtr other = push(WorkKind::kOperation);
  other->writes = true;
  other->requester = "self::other";
  queue_.remove(read);
  EXPECT_EQ(queue_.front(), other);
  frozen = false;
  EXPECT_EQ(queue_.front(), write) << "in the order of arrival";
}

TEST_F(WorkQueueTest, LetsFrozenWorkReadWhatItHasDone) {
  queue_.set_brake([](const Work&) { return true; });
  const WorkPtr write = push(WorkKind::kOperation);
  write->writes = true;
  std::vector<task::Assignment> one{{"Device.X", "1"}};
  write->task = std::make_shared<task::SetValues>(one, "key");
  EXPECT_EQ(queue_.front(), nullptr);
  write->task->next(context_);
  write->task->on_response(cwmp::SetParameterValuesResponse{0}, context_);
  EXPECT_EQ(queue_.front(), write);
}

}  // namespace
}  // namespace bridge
