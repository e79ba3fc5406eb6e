#include "bridge/task/read_values.h"

#include <algorithm>
#include <iterator>
#include <unordered_set>

namespace bridge::task {

namespace {

using cwmp::FaultCode;

const cwmp::Fault& left_out() {
  static const cwmp::Fault fault{FaultCode::kInvalidParameterName, "left out of the answer", {}};
  return fault;
}

void learn_booleans(const std::vector<cwmp::ParameterValue>& values, Learned& learned) {
  for (const cwmp::ParameterValue& value : values) {
    if (value_type(value.type) != ValueType::kBoolean || !is_boolean_text(value.value)) continue;
    const bool digit = value.value == "0" || value.value == "1";
    learned.booleans = digit ? BooleanForm::kDigits : BooleanForm::kWords;
  }
}

}  // namespace

ReadValues::ReadValues(std::vector<std::string> names, Keep keep) : keep_(keep) {
  std::unordered_set<std::string> seen;
  for (std::string& name : names) {
    if (name.empty() || name.ends_with('.') || !seen.insert(name).second) continue;
    names_.push_back(std::move(name));
  }
}

std::unique_ptr<ReadValues> ReadValues::unread(std::vector<std::string> objects) {
  auto task = std::make_unique<ReadValues>(std::vector<std::string>(), Keep::kNothing);
  task->from_tree_ = true;
  task->objects_ = std::move(objects);
  if (task->objects_.empty()) task->objects_.emplace_back();
  return task;
}

std::optional<cwmp::AcsRequest> ReadValues::do_next(Context& context) {
  if (!fill(context)) {
    finish();
    return std::nullopt;
  }
  return cwmp::GetParameterValues{open_.names};
}

/// false: nothing left to ask.
bool ReadValues::fill(const Context& context) {
  const std::size_t limit = context.learned.batch_size();
  if (!parts_.empty()) {
    open_ = std::move(parts_.back());
    parts_.pop_back();
    return true;
  }
  open_ = Batch();
  if (from_tree_) return fill_from_tree(context, limit);
  const auto count = static_cast<std::ptrdiff_t>(std::min(limit, names_.size()));
  open_.names.assign(std::make_move_iterator(names_.begin()),
                     std::make_move_iterator(names_.begin() + count));
  names_.erase(names_.begin(), names_.begin() + count);
  return !open_.names.empty();
}

bool ReadValues::fill_from_tree(const Context& context, std::size_t limit) {
  for (const std::string& object : objects_) {
    for (std::string& name : context.tree.unread(object, limit + tried_.size())) {
      if (open_.names.size() == limit) return true;
      const bool known = tried_.contains(name) ||
                         (objects_.size() > 1 && std::find(open_.names.begin(), open_.names.end(),
                                                           name) != open_.names.end());
      if (!known) open_.names.push_back(std::move(name));
    }
  }
  return !open_.names.empty();
}

void ReadValues::do_response(const cwmp::CpeResponse& response, Context& context) {
  const auto read = answer<cwmp::GetParameterValuesResponse>(response);
  if (read) {
    on_values(*read, context);
  } else {
    on_fault(read.error(), context);
  }
  part_ended(context);
}

void ReadValues::on_values(const cwmp::GetParameterValuesResponse& response, Context& context) {
  std::unordered_set<std::string_view> missing(open_.names.begin(), open_.names.end());
  const std::size_t asked = missing.size();
  for (const cwmp::ParameterValue& value : response.parameters) {
    if (missing.erase(value.name) > 0 && keep_ == Keep::kValues) values_.push_back(value);
  }
  learn_booleans(response.parameters, context.learned);
  if (!response.parameters.empty()) context.updates.emplace_back(ValuesRead{response.parameters});

  if (missing.empty()) {
    worked_ = std::max(worked_, asked);
    if (open_.fresh) context.learned.batch_worked(asked);
    return;
  }
  if (missing.size() == asked && !open_.confirm && asked > 1) {
    // Nothing of all this: rather an answer cut short than so many names that are gone.
    halve(0);
    return;
  }
  std::vector<std::string> left;
  for (std::string& name : open_.names) {
    if (missing.contains(name)) left.push_back(name);
  }
  const bool sure = open_.confirm || asked == 1;
  if (sure && missing.size() == asked) {
    refuse(left_out(), true, context);
    return;
  }
  // Some devices answer up to a size of their own; those names come when asked for alone.
  parts_.push_back({std::move(left), 0, false, true});
}

void ReadValues::on_fault(const cwmp::Fault& fault, Context& context) {
  const bool unknown_name = fault.code == FaultCode::kInvalidParameterName;
  if (open_.names.size() == 1) {
    culprit_ = true;
    refuse(fault, unknown_name, context);
    return;
  }
  if (!unknown_name) {
    suspect_ = std::max(suspect_, open_.names.size());
    // 9004 leaves no doubt what the reason is.
    if (fault.code == FaultCode::kResourcesExceeded) {
      context.learned.batch_failed(open_.names.size());
    }
  }
  halve(0);
}

void ReadValues::do_lost(Context& context) {
  if (open_.names.empty()) return;  // restored: it begins again
  ++open_.lost;
  if (open_.lost == 1) {
    parts_.push_back(std::move(open_));  // once may be chance
    return;
  }
  if (open_.names.size() > 1) {
    suspect_ = std::max(suspect_, open_.names.size());
    halve(1);
  } else if (open_.lost < kMaxLost) {
    parts_.push_back(std::move(open_));
  } else {
    // It dies of this name (quirk 59): never again.
    culprit_ = true;
    refuse({FaultCode::kInternalError, "the session was lost over this parameter", {}}, true,
           context);
  }
  part_ended(context);
}

void ReadValues::halve(int lost) {
  const auto half = static_cast<std::ptrdiff_t>((open_.names.size() + 1) / 2);
  Batch second{{std::make_move_iterator(open_.names.begin() + half),
                std::make_move_iterator(open_.names.end())},
               lost,
               false,
               open_.confirm};
  open_.names.resize(static_cast<std::size_t>(half));
  parts_.push_back(std::move(second));
  parts_.push_back({std::move(open_.names), lost, false, open_.confirm});
}

/// When nothing of a failed batch is left: was it too big, or was it one name?
void ReadValues::part_ended(Context& context) {
  if (!parts_.empty()) return;
  if (suspect_ > 0 && !culprit_ && worked_ > 0) {
    context.learned.batch_failed(std::max<std::size_t>(worked_ * 2, 2));
  }
  suspect_ = 0;
  worked_ = 0;
  culprit_ = false;
}

void ReadValues::refuse(const cwmp::Fault& fault, bool gone, Context& context) {
  for (const std::string& name : open_.names) {
    refused_.push_back({name, fault.code, fault.text});
    if (from_tree_) tried_.insert(name);
  }
  if (gone) context.updates.emplace_back(NamesRefused{open_.names});
}

}  // namespace bridge::task
