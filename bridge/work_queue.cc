#include "bridge/work_queue.h"

#include <algorithm>

namespace bridge {

void WorkQueue::push(WorkPtr work) {
  auto& queue = work->kind == WorkKind::kOperation ? operations_ : upkeep_;
  queue.push_back(std::move(work));
}

bool WorkQueue::holds(const Work& work) const {
  return is_frozen_ && work.writes && !work.task->only_reads() && is_frozen_(work);
}

WorkPtr WorkQueue::front() const {
  for (const auto* queue : {&operations_, &upkeep_}) {
    auto ready = std::find_if(queue->begin(), queue->end(),
                              [this](const WorkPtr& work) { return is_ready(work); });
    if (ready != queue->end()) return *ready;
  }
  return nullptr;
}

bool WorkQueue::urgent() const {
  const auto ready = [this](const WorkPtr& work) { return is_ready(work); };
  return std::any_of(operations_.begin(), operations_.end(), ready) ||
         std::any_of(upkeep_.begin(), upkeep_.end(),
                     [&ready](const WorkPtr& work) { return work->urgent && ready(work); });
}

bool WorkQueue::remove(const WorkPtr& work) {
  return std::erase(operations_, work) + std::erase(upkeep_, work) > 0;
}

std::vector<WorkPtr> WorkQueue::all() const {
  std::vector<WorkPtr> out(operations_.begin(), operations_.end());
  out.insert(out.end(), upkeep_.begin(), upkeep_.end());
  return out;
}

}  // namespace bridge
