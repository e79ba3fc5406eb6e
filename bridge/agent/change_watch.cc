#include "bridge/agent/change_watch.h"

#include <algorithm>

namespace bridge {

ChangeWatch::Plan ChangeWatch::plan(const std::set<std::string>& wanted) {
  Plan plan;
  std::size_t notifying = 0;
  for (auto it = levels_.begin(); it != levels_.end();) {
    const bool notifies = it->second != WatchLevel::kPolled;
    if (wanted.contains(it->first)) {
      if (notifies) ++notifying;
      ++it;
      continue;
    }
    if (notifies) plan.drop.push_back(it->first);
    it = levels_.erase(it);
  }
  for (const std::string& name : wanted) {
    if (levels_.contains(name)) continue;
    const bool ask = notifying < kMaxNotifying;
    levels_[name] = ask ? WatchLevel::kActive : WatchLevel::kPolled;
    if (!ask) continue;
    ++notifying;
    plan.activate.push_back(name);
  }
  return plan;
}

std::vector<std::string> ChangeWatch::refused(const std::vector<std::string>& names,
                                              WatchLevel level) {
  const WatchLevel next = level == WatchLevel::kActive ? WatchLevel::kPassive : WatchLevel::kPolled;
  std::vector<std::string> ask;
  for (const std::string& name : names) {
    const auto it = levels_.find(name);
    if (it == levels_.end() || it->second != level) continue;
    it->second = next;
    if (next == WatchLevel::kPassive) ask.push_back(name);
  }
  return ask;
}

bool ChangeWatch::any_active() const {
  return std::any_of(levels_.begin(), levels_.end(),
                     [](const auto& each) { return each.second == WatchLevel::kActive; });
}

std::vector<std::string> ChangeWatch::notifying() const {
  std::vector<std::string> names;
  for (const auto& [name, level] : levels_) {
    if (level != WatchLevel::kPolled) names.push_back(name);
  }
  return names;
}

std::vector<std::string> ChangeWatch::polled() const {
  std::vector<std::string> names;
  for (const auto& [name, level] : levels_) {
    if (level == WatchLevel::kPolled) names.push_back(name);
  }
  return names;
}

}  // namespace bridge
