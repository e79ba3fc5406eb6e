#include "bridge/task/delete_object.h"

#include <algorithm>
#include <charconv>

namespace bridge::task {

namespace {

using cwmp::FaultCode;

std::optional<std::uint32_t> child_number(std::string_view table, std::string_view name) {
  if (!name.starts_with(table)) return std::nullopt;
  name.remove_prefix(table.size());
  std::uint32_t number = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
  if (error != std::errc() || end == name.data() + name.size() || *end != '.') return std::nullopt;
  return number;
}

}  // namespace

std::vector<std::uint32_t> listed_instances(std::string_view table,
                                            const std::vector<cwmp::ParameterInfo>& names) {
  std::vector<std::uint32_t> numbers;
  for (const cwmp::ParameterInfo& info : names) {
    if (const auto number = child_number(table, info.name)) numbers.push_back(*number);
  }
  std::sort(numbers.begin(), numbers.end());
  numbers.erase(std::unique(numbers.begin(), numbers.end()), numbers.end());
  return numbers;
}

DeleteObject::DeleteObject(std::string object, std::string parameter_key)
    : object_(std::move(object)), parameter_key_(std::move(parameter_key)) {}

bool DeleteObject::in_doubt() const {
  return lost_once_ || phase() == Phase::kOpen || step_ == Step::kCheck;
}

std::optional<cwmp::AcsRequest> DeleteObject::do_next(Context& context) {
  switch (step_) {
    case Step::kDelete:
      context.save = true;  // who asks after a restart must not hear that nothing was sent
      return cwmp::DeleteObject{object_, parameter_key_};
    case Step::kCheck:
      return cwmp::GetParameterNames{object_, true};
    case Step::kCount:
      break;
  }
  return cwmp::GetParameterValues{{counter_}};
}

void DeleteObject::do_response(const cwmp::CpeResponse& response, Context& context) {
  switch (step_) {
    case Step::kDelete:
      return on_deleted(response, context);
    case Step::kCheck:
      return on_checked(response, context);
    case Step::kCount:
      return on_counted(response, context);
  }
}

void DeleteObject::on_deleted(const cwmp::CpeResponse& response, Context& context) {
  const auto deleted = answer<cwmp::DeleteObjectResponse>(response);
  lost_once_ = false;
  if (deleted) {
    status_ = deleted->status;
    step_ = Step::kCheck;
  } else if (deleted.error().code == FaultCode::kInvalidParameterName) {
    gone(context);
  } else {
    fail(deleted.error());
  }
}

void DeleteObject::on_checked(const cwmp::CpeResponse& response, Context& context) {
  const auto listed = answer<cwmp::GetParameterNamesResponse>(response);
  const bool there =
      listed && std::any_of(listed->parameters.begin(), listed->parameters.end(),
                            [this](const auto& info) { return info.name.starts_with(object_); });
  const bool unknown_name = !listed && listed.error().code == FaultCode::kInvalidParameterName;
  if (!there && (listed || unknown_name || status_ == 0)) {
    gone(context);
  } else if (status_ == 1) {
    pending_reboot_ = true;
    finish();
  } else {
    fail({FaultCode::kInternalError,
          "DeleteObject was answered with Status " + std::to_string(status_) +
              ", but the object is still there",
          {}});
  }
}

void DeleteObject::gone(Context& context) {
  context.updates.emplace_back(ObjectRemoved{object_});
  const Node* counter = context.tree.counter_of(parent_path(object_));
  if (counter == nullptr) return finish();
  counter_ = counter->path();
  step_ = Step::kCount;
}

void DeleteObject::on_counted(const cwmp::CpeResponse& response, Context& context) {
  const auto values = answer<cwmp::GetParameterValuesResponse>(response);
  if (values) context.updates.emplace_back(ValuesRead{values->parameters});
  finish();
}

void DeleteObject::do_lost(Context& context) {
  if (step_ == Step::kCount) return finish();
  ++lost_;
  if (step_ == Step::kDelete) {
    lost_once_ = true;
    if (lost_ == kMaxLost) fail_unknown("the session was lost over DeleteObject");
    return;
  }
  // It said that it did: believe it, unless its answer was odd.
  if (status_ == 0) {
    gone(context);
  } else if (status_ == 1) {
    pending_reboot_ = true;
    finish();
  } else if (lost_ >= kMaxLost) {
    fail_unknown("the session was lost while looking whether the object is gone");
  }
}

UndoAdd::UndoAdd(std::string table, std::vector<std::uint32_t> before, std::string parameter_key)
    : table_(std::move(table)),
      before_(std::move(before)),
      parameter_key_(std::move(parameter_key)) {}

std::optional<cwmp::AcsRequest> UndoAdd::do_next(Context& context) {
  if (delete_ == nullptr) return cwmp::GetParameterNames{table_, true};
  return delete_->next(context);
}

void UndoAdd::do_response(const cwmp::CpeResponse& response, Context& context) {
  if (delete_ != nullptr) {
    delete_->on_response(response, context);
    if (delete_->done()) finish_as(delete_->outcome());
    return;
  }
  const auto listed = answer<cwmp::GetParameterNamesResponse>(response);
  if (!listed) {
    fail_unknown("the table cannot be listed: " + listed.error().text);
    return;
  }
  std::vector<std::uint32_t> fresh;
  const std::vector<std::uint32_t> now = listed_instances(table_, listed->parameters);
  std::set_difference(now.begin(), now.end(), before_.begin(), before_.end(),
                      std::back_inserter(fresh));
  if (fresh.empty()) {
    finish();
  } else if (fresh.size() == 1) {
    delete_ = std::make_unique<DeleteObject>(table_ + std::to_string(fresh.front()) + ".",
                                             parameter_key_);
  } else {
    fail_unknown("several instances are new: which of them to take back is unknown");
  }
}

void UndoAdd::do_lost(Context& context) {
  if (delete_ != nullptr) {
    delete_->on_lost(context);
    if (delete_->done()) finish_as(delete_->outcome());
  } else if (++lost_ == kMaxLost) {
    fail_unknown("the session was lost while listing the table");
  }
}

}  // namespace bridge::task
