#include "bridge/task/set_values.h"

#include <algorithm>
#include <iterator>

namespace bridge::task {

namespace {

using cwmp::FaultCode;

constexpr std::uint32_t kApplied = 0;
constexpr std::uint32_t kAppliedLater = 1;

/// Faults that are about one of the parameters rather than about the device's state.
bool blames_a_parameter(FaultCode code) {
  switch (code) {
    case FaultCode::kInvalidArguments:
    case FaultCode::kInvalidParameterName:
    case FaultCode::kInvalidParameterType:
    case FaultCode::kInvalidParameterValue:
    case FaultCode::kNotWritable:
      return true;
    default:
      return static_cast<std::uint32_t>(code) >= 9800;
  }
}

std::string boolean_text(const Assignment& assignment, const Node* node, const Learned& learned) {
  if (!is_boolean_text(assignment.value)) return assignment.value;  // the device shall refuse it
  BooleanForm form = learned.booleans;
  if (node != nullptr && node->has_value() && is_boolean_text(node->value())) {
    const bool digit = node->value() == "0" || node->value() == "1";
    form = digit ? BooleanForm::kDigits : BooleanForm::kWords;
  }
  if (learned.preset.booleans != BooleanForm::kUnknown) form = learned.preset.booleans;
  const bool value = is_true(assignment.value);
  if (form == BooleanForm::kDigits) return value ? "1" : "0";
  return value ? "true" : "false";
}

/// Without fractions of seconds, which devices refuse (quirk 56).
std::string date_text(std::string_view text) {
  const std::size_t dot = text.find('.');
  if (dot == std::string_view::npos) return std::string(text);
  std::size_t end = text.find_first_not_of("0123456789", dot + 1);
  end = std::min(end, text.size());
  return std::string(text.substr(0, dot)) + std::string(text.substr(end));
}

}  // namespace

cwmp::ParameterValue to_device(const Assignment& assignment, const Context& context) {
  const Node* node = context.tree.find(assignment.name);
  const Node* model = node;
  if (model == nullptr || model->type() == ValueType::kUnknown) {
    const Node* like = context.tree.find(assignment.like);
    if (like != nullptr) model = like;
  }
  ValueType type = model == nullptr ? ValueType::kUnknown : model->type();
  if (type == ValueType::kUnknown) type = assignment.type;

  std::string text = assignment.value;
  if (type == ValueType::kBoolean) text = boolean_text(assignment, model, context.learned);
  if (type == ValueType::kDateTime) text = date_text(assignment.value);
  return {assignment.name, std::move(text), std::string(xsd_name(type))};
}

SetValues::SetValues(std::vector<Assignment> assignments, std::string parameter_key, bool read_back)
    : parameter_key_(std::move(parameter_key)), with_read_back_(read_back) {
  if (!assignments.empty()) groups_.push_back(std::move(assignments));
}

bool SetValues::in_doubt() const {
  if (groups_.empty()) return false;
  // Something was applied already, in an earlier group, or may have been.
  return phase() == Phase::kOpen || lost_once_ || !applied_.empty() || pending_reboot_;
}

std::optional<cwmp::AcsRequest> SetValues::do_next(Context& context) {
  if (!groups_.empty()) {
    cwmp::SetParameterValues rpc;
    rpc.parameter_key = parameter_key_;
    rpc.parameters.reserve(groups_.front().size());
    for (const Assignment& assignment : groups_.front()) {
      rpc.parameters.push_back(to_device(assignment, context));
    }
    context.save = true;  // who asks after a restart must not hear that nothing was sent
    return rpc;
  }
  if (with_read_back_ && !applied_.empty()) {
    if (read_back_ == nullptr) read_back_ = std::make_unique<ReadValues>(applied_);
    if (auto rpc = read_back_->next(context)) return rpc;
    values_ = read_back_->values();
  }
  finish();
  return std::nullopt;
}

void SetValues::do_response(const cwmp::CpeResponse& response, Context& context) {
  if (groups_.empty()) {
    read_back_->on_response(response, context);
    values_ = read_back_->values();
    return;
  }
  const auto set = answer<cwmp::SetParameterValuesResponse>(response);
  if (set) {
    on_set(set->status, context);
  } else {
    on_fault(set.error());
  }
}

void SetValues::on_set(std::uint32_t status, Context& context) {
  lost_ = 0;
  lost_once_ = false;
  if (status != kApplied && status != kAppliedLater) {
    on_nameless({FaultCode::kInternalError,
                 "SetParameterValues was answered with Status " + std::to_string(status),
                 {}});
    return;
  }
  if (status == kAppliedLater) pending_reboot_ = true;
  if (status == kApplied) {
    for (const Assignment& assignment : groups_.front()) applied_.push_back(assignment.name);
  }
  groups_.pop_front();
  // Nothing to look at: the task ends with this answer.
  if (groups_.empty() && (applied_.empty() || !with_read_back_)) {
    for (const std::string& name : applied_) context.updates.emplace_back(MarkedStale{name});
    finish();
  }
}

void SetValues::on_fault(const cwmp::Fault& fault) {
  lost_ = 0;
  lost_once_ = false;
  std::vector<cwmp::ParameterFault> culprits;
  for (const cwmp::ParameterFault& culprit : fault.parameters) {
    const bool ours = std::any_of(groups_.front().begin(), groups_.front().end(),
                                  [&](const auto& mine) { return mine.name == culprit.name; });
    if (ours) culprits.push_back(culprit);
  }
  if (!culprits.empty()) {
    on_named_culprits(fault, culprits);
  } else {
    on_nameless(fault);
  }
}

void SetValues::on_named_culprits(const cwmp::Fault& fault,
                                  const std::vector<cwmp::ParameterFault>& culprits) {
  std::vector<Assignment>& group = groups_.front();
  std::vector<Assignment> rest;
  bool required = false;
  for (Assignment& assignment : group) {
    const bool blamed = std::any_of(culprits.begin(), culprits.end(), [&](const auto& culprit) {
      return culprit.name == assignment.name;
    });
    required = required || (blamed && assignment.required);
    if (!blamed) rest.push_back(std::move(assignment));
  }
  errors_.insert(errors_.end(), culprits.begin(), culprits.end());
  if (required) {
    fail(fault);
    return;
  }
  group = std::move(rest);
  if (!group.empty()) return;
  groups_.pop_front();
  if (groups_.empty() && applied_.empty()) finish();
}

/// A refusal that names nobody.
void SetValues::on_nameless(const cwmp::Fault& fault) {
  std::vector<Assignment> group = std::move(groups_.front());
  const auto optional =
      std::stable_partition(group.begin(), group.end(), [](const auto& a) { return a.required; });
  const bool divisible = group.size() > 1 && optional != group.end();
  if (divisible && blames_a_parameter(fault.code)) {
    groups_.pop_front();
    for (auto it = group.end(); it != optional;) groups_.push_front({std::move(*--it)});
    if (optional != group.begin()) {
      groups_.push_front(
          {std::make_move_iterator(group.begin()), std::make_move_iterator(optional)});
    }
    return;
  }
  for (const Assignment& assignment : group) {
    errors_.push_back({assignment.name, fault.code, fault.text});
  }
  if (optional != group.begin()) {
    fail(fault);
    return;
  }
  groups_.pop_front();
  if (groups_.empty() && applied_.empty()) finish();
}

void SetValues::do_lost(Context& context) {
  if (groups_.empty()) {
    // It is set. What it reads as now, the next refresh will tell.
    for (const std::string& name : applied_) context.updates.emplace_back(MarkedStale{name});
    finish();
    return;
  }
  lost_once_ = true;
  if (++lost_ == kMaxLost) fail_unknown("the session was lost over SetParameterValues");
}

}  // namespace bridge::task
