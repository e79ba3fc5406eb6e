#include "bridge/task/add_object.h"

#include <algorithm>
#include <iterator>

#include "bridge/task/delete_object.h"
#include "bridge/task/progress.h"
#include "bridge/task/read_names.h"
#include "bridge/task/read_values.h"

namespace bridge::task {

namespace {

using cwmp::FaultCode;

}  // namespace

AddObject::AddObject(std::string table, std::vector<Setting> settings, std::string parameter_key)
    : table_(std::move(table)),
      settings_(std::move(settings)),
      parameter_key_(std::move(parameter_key)) {}

std::string AddObject::path() const {
  return instance_ == 0 ? std::string() : table_ + std::to_string(instance_) + ".";
}

bool AddObject::in_doubt() const {
  return step_ == Step::kReconcile || (step_ == Step::kAdd && phase() == Phase::kOpen);
}

std::unique_ptr<Task> AddObject::undo() const {
  if (outcome().kind == Outcome::Kind::kDone) return nullptr;
  if (instance_ != 0) return std::make_unique<DeleteObject>(path(), parameter_key_);
  const bool perhaps = step_ == Step::kReconcile || step_ == Step::kAdd;
  if (!perhaps || outcome().kind == Outcome::Kind::kFailed || !listed_before_) return nullptr;
  return std::make_unique<UndoAdd>(table_, before_, parameter_key_);
}

std::optional<cwmp::AcsRequest> AddObject::do_next(Context& context) {
  switch (step_) {
    case Step::kListBefore:
    case Step::kReconcile:
      return cwmp::GetParameterNames{table_, true};
    case Step::kAdd:
      context.save = true;
      return cwmp::AddObject{table_, parameter_key_};
    case Step::kSet:
    case Step::kNames:
    case Step::kValues:
    case Step::kUndo:
      break;
  }
  while (!done()) {
    if (child_ == nullptr) child_ = make_child(context);
    if (auto rpc = child_->next(context)) return rpc;
    child_ended(context);
  }
  return std::nullopt;
}

void AddObject::do_response(const cwmp::CpeResponse& response, Context& context) {
  switch (step_) {
    case Step::kListBefore:
      on_listed_before(response, context);
      return;
    case Step::kAdd:
      on_added(response, context);
      return;
    case Step::kReconcile:
      on_reconciled(response, context);
      return;
    case Step::kSet:
    case Step::kNames:
    case Step::kValues:
    case Step::kUndo:
      child_->on_response(response, context);
      if (child_->done()) child_ended(context);
      return;
  }
}

void AddObject::on_listed_before(const cwmp::CpeResponse& response, Context& context) {
  const auto listed = answer<cwmp::GetParameterNamesResponse>(response);
  const std::vector<std::uint32_t> known = context.tree.instances(table_);
  step_ = Step::kAdd;
  lost_ = 0;
  // Nothing, where there was something, may as well be a device that cannot list (quirk 53).
  if (!listed || (listed->parameters.empty() && !known.empty())) {
    before_ = known;
    return;
  }
  before_ = listed_instances(table_, listed->parameters);
  listed_before_ = true;
  context.updates.emplace_back(NamesListed{table_, true, listed->parameters});
}

void AddObject::on_added(const cwmp::CpeResponse& response, Context& context) {
  const auto added = answer<cwmp::AddObjectResponse>(response);
  if (!added) {
    fail(added.error());
    return;
  }
  const std::uint32_t number = added->instance_number;
  if (number == 0 || added->status > 1) {
    fail({FaultCode::kInternalError,
          "AddObject was answered with instance " + std::to_string(number) + " and Status " +
              std::to_string(added->status),
          {}});
    return;
  }
  if (listed_before_ && std::binary_search(before_.begin(), before_.end(), number)) {
    // Somebody's row: never to be set, nor deleted.
    fail({FaultCode::kInternalError,
          "AddObject was answered with instance " + std::to_string(number) + ", which was there",
          {}});
    return;
  }
  pending_reboot_ = added->status == 1;
  created(number, context);
}

void AddObject::on_reconciled(const cwmp::CpeResponse& response, Context& context) {
  const auto listed = answer<cwmp::GetParameterNamesResponse>(response);
  if (!listed) {
    fail_unknown("AddObject was lost, and the table cannot be listed: " + listed.error().text);
    return;
  }
  context.updates.emplace_back(NamesListed{table_, true, listed->parameters});
  const std::vector<std::uint32_t> now = listed_instances(table_, listed->parameters);
  std::vector<std::uint32_t> fresh;
  std::set_difference(now.begin(), now.end(), before_.begin(), before_.end(),
                      std::back_inserter(fresh));
  if (fresh.empty()) {
    step_ = Step::kAdd;  // it never arrived
  } else if (fresh.size() == 1) {
    created(fresh.front(), context);
  } else {
    fail_unknown("AddObject was lost, and several instances are new");
  }
}

void AddObject::created(std::uint32_t number, Context& context) {
  instance_ = number;
  lost_ = 0;
  step_ = settings_.empty() ? Step::kNames : Step::kSet;
  context.updates.emplace_back(InstanceAdded{path()});
  context.save = true;
}

/// The part of the machine that the step stands for.
std::unique_ptr<Task> AddObject::make_child(const Context& context) const {
  switch (step_) {
    case Step::kSet: {
      // Another row of the table knows the types.
      std::string sibling;
      for (const std::uint32_t number : context.tree.instances(table_)) {
        if (number == instance_) continue;
        sibling = table_ + std::to_string(number) + ".";
        break;
      }
      std::vector<Assignment> assignments;
      for (const Setting& setting : settings_) {
        std::string like = setting.like.empty() ? sibling + setting.name : setting.like;
        assignments.push_back({path() + setting.name, setting.value, setting.required, setting.type,
                               std::move(like)});
      }
      return std::make_unique<SetValues>(std::move(assignments), parameter_key_, false);
    }
    case Step::kNames:
      return std::make_unique<ReadNames>(std::vector<std::string>{path()});
    case Step::kUndo:
      return std::make_unique<DeleteObject>(path(), parameter_key_);
    case Step::kValues:
    case Step::kListBefore:
    case Step::kAdd:
    case Step::kReconcile:
      break;
  }
  return std::make_unique<ReadValues>(names_to_read(context));
}

/// What the instance has; where it could not be listed, what was set. And the table's count.
std::vector<std::string> AddObject::names_to_read(const Context& context) const {
  std::vector<std::string> names;
  for (const Node& node : context.tree.subtree(path())) {
    if (!node.is_object() && node.state() != NodeState::kGone) names.emplace_back(node.path());
  }
  if (names.empty()) {
    for (const Setting& setting : settings_) {
      const bool refused = std::any_of(errors_.begin(), errors_.end(), [&](const auto& error) {
        return error.name == path() + setting.name;
      });
      if (!refused) names.push_back(path() + setting.name);
    }
  }
  if (const Node* counter = context.tree.counter_of(table_)) names.emplace_back(counter->path());
  return names;
}

void AddObject::child_ended(Context& context) {
  const std::unique_ptr<Task> child = std::move(child_);
  const Outcome& ended = child->outcome();
  switch (step_) {
    case Step::kSet:
      errors_ = static_cast<const SetValues&>(*child).errors();
      pending_reboot_ = pending_reboot_ || ended.pending_reboot;
      step_ = Step::kNames;
      if (ended.kind != Outcome::Kind::kDone) {
        failure_ = ended.fault;
        step_ = Step::kUndo;
        context.save = true;
      }
      return;
    case Step::kNames:
      step_ = Step::kValues;
      return;
    case Step::kValues:
      values_ = static_cast<const ReadValues&>(*child).values();
      finish();
      return;
    case Step::kUndo:
      if (ended.kind == Outcome::Kind::kDone) instance_ = 0;
      fail(failure_);
      return;
    case Step::kListBefore:
    case Step::kAdd:
    case Step::kReconcile:
      return;
  }
}

void AddObject::do_lost(Context& context) {
  switch (step_) {
    case Step::kListBefore:
      if (++lost_ == kMaxLost) {
        fail({FaultCode::kInternalError, "the session was lost while listing the table", {}});
      }
      return;
    case Step::kAdd:
      if (!listed_before_) {
        fail_unknown("AddObject was lost, and the table could not be listed before");
        return;
      }
      step_ = Step::kReconcile;
      context.save = true;
      if (++lost_ == kMaxLost) fail_unknown("the session was lost over AddObject");
      return;
    case Step::kReconcile:
      if (++lost_ >= kMaxLost * 2) fail_unknown("the session was lost while listing the table");
      return;
    case Step::kSet:
    case Step::kNames:
    case Step::kValues:
    case Step::kUndo:
      // After a restart there is no child yet; the step begins again.
      if (child_ == nullptr) return;
      child_->on_lost(context);
      if (child_->done()) child_ended(context);
      return;
  }
}

std::string AddObject::do_save() const {
  ProgressWriter out;
  out.number(static_cast<std::uint64_t>(step_))
      .number(instance_)
      .number(listed_before_ ? 1 : 0)
      .number(pending_reboot_ ? 1 : 0)
      .number(static_cast<std::uint64_t>(failure_.code))
      .text(failure_.text)
      .number(before_.size());
  for (const std::uint32_t number : before_) out.number(number);
  return out.take();
}

bool AddObject::do_restore(std::string_view progress) {
  ProgressReader in(progress);
  const std::uint64_t step = in.number();
  const auto instance = static_cast<std::uint32_t>(in.number());
  const bool listed = in.number() == 1;
  const bool pending = in.number() == 1;
  const auto code = static_cast<FaultCode>(in.number());
  const std::string text(in.text());
  const std::uint64_t count = in.number();
  std::vector<std::uint32_t> before;
  for (std::uint64_t i = 0; in.ok() && i < count; ++i) {
    before.push_back(static_cast<std::uint32_t>(in.number()));
  }
  if (!in.at_end() || step > static_cast<std::uint64_t>(Step::kUndo)) return false;
  step_ = static_cast<Step>(step);
  instance_ = instance;
  listed_before_ = listed;
  pending_reboot_ = pending;
  failure_ = {code, text, {}};
  before_ = std::move(before);
  return true;
}

}  // namespace bridge::task
