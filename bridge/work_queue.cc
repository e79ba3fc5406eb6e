#include "bridge/work_queue.h"

#include <algorithm>

namespace bridge {

void WorkQueue::push(WorkPtr work) {
  auto& queue = work->priority == WorkPriority::kOperation ? operations_ : upkeep_;
  queue.push_back(std::move(work));
}

WorkPtr WorkQueue::front() const {
  for (const auto* queue : {&operations_, &upkeep_}) {
    auto ready = std::find_if(queue->begin(), queue->end(),
                              [](const WorkPtr& work) { return !work->task->waiting(); });
    if (ready != queue->end()) return *ready;
  }
  return nullptr;
}

void WorkQueue::remove(const WorkPtr& work) {
  std::erase(operations_, work);
  std::erase(upkeep_, work);
}

bool WorkQueue::contains(const WorkPtr& work) const {
  return std::count(operations_.begin(), operations_.end(), work) > 0 ||
         std::count(upkeep_.begin(), upkeep_.end(), work) > 0;
}

std::vector<WorkPtr> WorkQueue::all() const {
  std::vector<WorkPtr> out(operations_.begin(), operations_.end());
  out.insert(out.end(), upkeep_.begin(), upkeep_.end());
  return out;
}

}  // namespace bridge
