#include "bridge/agent/view.h"

#include <utility>

#include "bridge/agent/command_request.h"
#include "bridge/agent/standard_model.h"
#include "bridge/agent/unique_keys.h"
#include "usp/path.h"
#include "usp/subscription.h"

namespace bridge {
namespace {

constexpr std::string_view kRoot = "Device.";

usp::ValueState state_of(NodeState state) {
  switch (state) {
    case NodeState::kUnread:
      return usp::ValueState::kUnread;
    case NodeState::kStale:
      return usp::ValueState::kStale;
    case NodeState::kKnown:
      return usp::ValueState::kKnown;
    case NodeState::kGone:
      break;
  }
  return usp::ValueState::kAbsent;
}

}  // namespace

std::string_view to_usp_text(std::string_view name, std::string_view text, ValueType type) {
  if (type == ValueType::kBoolean) {
    return is_boolean_text(text) ? (is_true(text) ? "true" : "false") : text;
  }
  return StandardModel::get().is_secret(name) ? std::string_view{} : text;
}

/// A secret is known to be empty: there is no point in reading it.
usp::ParamView AgentView::view_of(const Node& node) const {
  const std::string_view name = node.name();
  if (node.state() == NodeState::kGone) return {name, usp::ValueState::kAbsent, {}};
  if (node.type() != ValueType::kBoolean && StandardModel::get().is_secret(name)) {
    if (!shows_secured_) return {name, usp::ValueState::kKnown, {}};
    return {name, state_of(node.state()), node.value()};
  }
  return {name, state_of(node.state()), to_usp_text(name, node.value(), node.type())};
}

const Node* AgentView::find_param(std::string_view object_path, std::string_view name) const {
  if (name.empty() || device_.hides(object_path)) return nullptr;
  path_.assign(object_path).append(name);
  const Node* node = shown_.find(path_);
  return node != nullptr && !node->is_object() ? node : nullptr;
}

std::string AgentView::model_uri(const usp::SupportedObject& /*object*/) const {
  return "urn:broadband-forum-org:tr-181-2-19-0-usp";
}

bool AgentView::has_object(std::string_view object_path) const {
  if (object_path == kRoot) return true;
  if (local_.schema().owns(object_path)) return local_.has_object(object_path);
  if (virtual_.has_object(object_path)) return true;
  return !device_.hides(object_path) && shown_.has_object(object_path);
}

std::vector<std::uint32_t> AgentView::instances(std::string_view table_path) const {
  if (local_.schema().owns(table_path)) return local_.instances(table_path);
  if (virtual_.owns(table_path)) return virtual_.instances(table_path);
  if (device_.hides(table_path)) return {};
  return shown_.instances(table_path);
}

usp::Value AgentView::value(std::string_view object_path, std::string_view name) const {
  if (local_.schema().owns(object_path)) return local_.value(object_path, name, facts_);
  if (usp::Value shown = virtual_.value(object_path, name, facts_);
      shown.state != usp::ValueState::kAbsent || virtual_.owns(object_path)) {
    return shown;
  }
  if (const Node* node = find_param(object_path, name)) {
    const usp::ParamView found = view_of(*node);
    return {found.state, std::string(found.text)};
  }
  if (object_path == kRoot) return local_.value(object_path, name, facts_);
  return {};
}

void AgentView::for_each_param(std::string_view object_path, const ParamVisitor& visit) const {
  if (local_.schema().owns(object_path)) {
    local_.for_each_param(object_path, facts_, visit);
    return;
  }
  virtual_.for_each_param(object_path, facts_, visit);
  if (virtual_.owns(object_path)) return;
  if (!device_.hides(object_path)) {
    shown_.for_each_child(object_path, [&](const Node& node) {
      if (node.is_object() || node.state() == NodeState::kGone) return;
      if (virtual_.value(object_path, node.name(), facts_).state != usp::ValueState::kAbsent)
        return;
      visit(view_of(node));
    });
  }
  if (object_path != kRoot) return;
  // What the device does not have of the parameters of the root.
  local_.for_each_param(object_path, facts_, [&](const usp::ParamView& param) {
    if (find_param(object_path, param.name) == nullptr) visit(param);
  });
}

std::optional<usp::Error> AgentView::check_value(std::string_view object_path,
                                                 std::string_view name,
                                                 std::string_view value) const {
  if (!local_.schema().owns(object_path)) return std::nullopt;
  if (auto why = local_.check_value(object_path, name, value)) return why;
  return name == "ReferenceList" ? check_references(value) : std::nullopt;
}

/// The NotifType may come in the same message, so what any type allows is let through.
std::optional<usp::Error> AgentView::check_references(std::string_view value) const {
  using enum usp::NotifType;
  std::optional<usp::Error> why;
  for (const auto type :
       {kValueChange, kObjectCreation, kObjectDeletion, kOperationComplete, kEvent}) {
    auto against = usp::check_references(type, value, *this);
    if (!against) return std::nullopt;
    if (!why) why = std::move(against);
  }
  return why;
}

std::optional<usp::Error> AgentView::check_add(std::string_view table_path) const {
  if (!local_.schema().owns(table_path)) return std::nullopt;
  return local_.check_add(table_path);
}

std::optional<usp::Error> AgentView::check_delete(std::string_view instance_path) const {
  if (!local_.schema().owns(instance_path)) return std::nullopt;
  return local_.check_delete(instance_path);
}

std::optional<usp::Error> AgentView::check_command(
    std::string_view object_path, std::string_view command,
    const std::map<std::string, std::string>& input) const {
  const CommandRow* row = CommandCatalogue::get().find(object_path, command);
  if (row == nullptr) return std::nullopt;
  const std::string arguments = with_instances(row->argument_object(), object_path);
  const usp::SupportedObject* beside = supported_object(*this, arguments);
  for (const auto& [name, text] : input) {
    const CommandArgument* argument = row->argument(usp::to_supported_path(name));
    if (argument == nullptr) continue;
    usp::SupportedParam param;
    const usp::SupportedParam* known = beside == nullptr ? nullptr : beside->param(name);
    if (known != nullptr) param = *known;
    if (argument->type) param.type = *argument->type;
    if (auto why = usp::check_type(param, text)) {
      return usp::Error{usp::ErrorCode::kInvalidCommandArguments, name + ": " + *why, {}};
    }
  }
  return check_request(*row, input, offer_);
}

}  // namespace bridge
