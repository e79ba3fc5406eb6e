// The part of Device that reads again, in the sessions the device opens by itself, what may have
// changed: by the age of the values (configured), after a boot, and what an Inform hints at.
#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <set>
#include <utility>

#include "bridge/agent/virtual_agent.h"
#include "bridge/config.h"
#include "bridge/device.h"
#include "bridge/pattern.h"
#include "bridge/runtime.h"
#include "bridge/task/first_contact.h"
#include "bridge/task/read_values.h"

namespace bridge {

namespace {

constexpr std::string_view kCounterSuffix = "NumberOfEntries";

/// InstanceRow: path of a RefreshRule and when it was carried out, Unix ms.
constexpr const char* kRefreshRow = "refreshed";

}  // namespace

void Device::push_upkeep(std::shared_ptr<task::Task> task) {
  auto work = std::make_shared<Work>();
  work->kind = WorkKind::kUpkeep;
  work->task = std::move(task);
  push(std::move(work));
}

/// Names and values below `object`, which stay valid meanwhile: the device has only just spoken.
void Device::read_again(const std::string& object) {
  push_upkeep(std::make_shared<task::Refresh>(std::vector<std::string>{object},
                                              task::Refresh::What::kNamesAndValues));
  std::vector<std::string> names;
  for (const Node& node : tree_.subtree(object)) {
    if (!node.is_object() && node.state() == NodeState::kKnown) names.emplace_back(node.path());
  }
  push_upkeep(std::make_shared<task::ReadValues>(std::move(names)));
}

/// A count that has changed tells of rows that came or went.
void Device::read_counted_tables(const Diff& changes) {
  for (const Change& change : changes) {
    const auto* changed = std::get_if<ValueChanged>(&change);
    if (changed == nullptr || !changed->path.ends_with(kCounterSuffix)) continue;
    std::string table = changed->path;
    table.resize(table.size() - kCounterSuffix.size());
    table += '.';
    if (tree_.has_object(table)) read_again(table);
  }
}

/// Native names behind what the rule covers, unless they were heard meanwhile, in an Inform or by a
/// live read.
std::vector<std::string> Device::due_names(const RefreshRule& rule, std::int64_t newest) {
  std::vector<std::string> names;
  std::set<std::string> seen;
  for (const Node& shown : model_->shown().all()) {
    if (shown.is_object() || shown.state() == NodeState::kGone) continue;
    if (!matches_pattern(rule.path, shown.path())) continue;
    for (std::string& name : model_->sources(shown.path())) {
      const Node* node = tree_.find(name);
      if (node == nullptr || node->state() == NodeState::kGone) continue;
      if (node->state() == NodeState::kKnown && node->updated_ms() > newest) continue;
      if (seen.insert(name).second) names.push_back(std::move(name));
    }
  }
  return names;
}

void Device::plan_refresh() {
  for (const RefreshRule& rule : runtime_.config.device.refresh) {
    auto [last, first] = refreshed_ms_.try_emplace(rule.path, 0);
    const std::int64_t newest = now_ms() - rule.every.count();
    if (last->second > newest || refreshing_.contains(rule.path)) continue;
    std::vector<std::string> names = due_names(rule, newest);
    if (names.empty()) continue;
    refreshing_.insert(rule.path);
    auto work = std::make_shared<Work>();
    work->kind = WorkKind::kUpkeep;
    work->task = std::make_shared<task::ReadValues>(std::move(names));
    work->on_end = [this, path = rule.path](WorkEnd end) { on_refreshed(path, end); };
    push(std::move(work));
  }
}

void Device::on_refreshed(const std::string& path, WorkEnd end) {
  refreshing_.erase(path);
  if (end != WorkEnd::kDone || gone_) return;
  refreshed_ms_[path] = now_ms();
  auto store = [id = id_, path, time = now_ms()](StateWriter& state) {
    return state.put_instance(id, {kRefreshRow, path, time});
  };
  Commit commit;
  commit.state.emplace_back(std::move(store));
  auto storing = VirtualAgent::commit_quietly(shared_from_this(), std::move(commit));
  boost::asio::co_spawn(strand_, std::move(storing), boost::asio::detached);
}

void Device::restore_refreshed(const std::vector<InstanceRow>& rows) {
  for (const InstanceRow& row : rows) {
    if (row.name == kRefreshRow) refreshed_ms_[row.key] = row.number;
  }
}

}  // namespace bridge
