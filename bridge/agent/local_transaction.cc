#include "bridge/agent/local_transaction.h"

#include <algorithm>
#include <cassert>
#include <charconv>
#include <limits>
#include <map>
#include <utility>

#include "bridge/agent/date_time.h"
#include "usp/path.h"

namespace bridge {
namespace {

using usp::ErrorCode;

constexpr std::string_view kSubscriptions = "Device.LocalAgent.Subscription.";
constexpr std::string_view kControllers = "Device.LocalAgent.Controller.";
constexpr std::string_view kCertificates = "Device.LocalAgent.Certificate.";
constexpr std::string_view kControllerRow = "Device.LocalAgent.Controller.{i}.";
constexpr std::string_view kTrust = "Device.LocalAgent.ControllerTrust.";
constexpr std::string_view kCredentials = "Device.LocalAgent.ControllerTrust.Credential.";
constexpr std::string_view kRoles = "Device.LocalAgent.ControllerTrust.Role.";
constexpr std::string_view kRoleRow = "Device.LocalAgent.ControllerTrust.Role.{i}.";
constexpr std::string_view kPermissionRow =
    "Device.LocalAgent.ControllerTrust.Role.{i}.Permission.{i}.";
constexpr std::string_view kRequests = "Device.LocalAgent.Request.";

usp::Error error(ErrorCode code, std::string text) { return {code, std::move(text), {}}; }

usp::StepResult failed(const usp::Error& why) {
  usp::StepResult result;
  result.state = usp::StepResult::State::kFailed;
  result.code = why.code;
  result.text = why.text;
  result.param_errors = why.params;
  return result;
}

std::string_view parent_of(std::string_view path) {
  path.remove_suffix(1);
  return path.substr(0, path.rfind('.') + 1);
}

/// Only for what the notifier compares and prints.
ValueType value_type_of(usp::ParamType type) {
  switch (type) {
    case usp::ParamType::kBase64:
      return ValueType::kBase64;
    case usp::ParamType::kBoolean:
      return ValueType::kBoolean;
    case usp::ParamType::kDateTime:
      return ValueType::kDateTime;
    case usp::ParamType::kHexBinary:
      return ValueType::kHexBinary;
    case usp::ParamType::kInt:
      return ValueType::kInt;
    case usp::ParamType::kLong:
      return ValueType::kLong;
    case usp::ParamType::kUnsignedInt:
      return ValueType::kUnsignedInt;
    case usp::ParamType::kUnsignedLong:
      return ValueType::kUnsignedLong;
    case usp::ParamType::kDecimal:
    case usp::ParamType::kString:
      break;
  }
  return ValueType::kString;
}

/// Booleans are kept as "true" and "false" (TR-106 allows "1" and "0" too).
std::string canonical(const LocalParam& param, std::string value) {
  if (param.type != usp::ParamType::kBoolean) return value;
  return value == "1" || value == "true" ? "true" : "false";
}

}  // namespace

LocalTransaction::~LocalTransaction() {
  if (!committed_) roll_back_to({});
}

void LocalTransaction::assign(const std::string& path, std::optional<std::string> value) {
  const auto at = model_.stored_.find(path);
  std::optional<std::string> before;
  if (at != model_.stored_.end()) before = at->second;
  if (before == value) return;
  log_.push_back({path, std::move(before)});
  model_.assign(path, std::move(value));
}

void LocalTransaction::assign_text(const std::string& path, const LocalParam& param,
                                   std::string value) {
  const auto common = model_.base_->values.find(path);
  const std::string_view otherwise =
      common == model_.base_->values.end() ? param.fallback : std::string_view(common->second);
  if (value == otherwise) {
    assign(path, std::nullopt);
  } else {
    assign(path, std::move(value));
  }
}

void LocalTransaction::roll_back_to(Mark mark) {
  while (log_.size() > mark.log) {
    model_.assign(log_.back().path, std::move(log_.back().before));
    log_.pop_back();
  }
  created_.resize(mark.created);
  deleted_.resize(mark.deleted);
}

// ---- settings -----------------------------------------------------------------------------------

std::optional<usp::Error> LocalTransaction::may_write(const LocalParam& param,
                                                      bool creating) const {
  if (actor_.bridge || param.access == usp::ParamAccess::kReadWrite) return std::nullopt;
  if (param.access == usp::ParamAccess::kWriteOnce && creating) return std::nullopt;
  return error(ErrorCode::kNotWriteable, std::string(param.name) + " cannot be written");
}

bool LocalTransaction::is_key(std::string_view object_path, std::string_view name) const {
  const LocalModel::Found found = model_.find(object_path);
  if (found.object == nullptr) return false;
  return std::ranges::any_of(found.object->keys, [&](const std::vector<std::string>& key) {
    return std::ranges::find(key, name) != key.end();
  });
}

std::optional<usp::Error> LocalTransaction::duplicate_key(std::string_view instance_path) const {
  const LocalModel::Found found = model_.find(instance_path);
  const std::string table(parent_of(instance_path));
  for (const std::vector<std::string>& key : found.object->keys) {
    for (std::uint32_t number : model_.rows_of(table)) {
      const std::string other = table + std::to_string(number) + ".";
      if (other == instance_path) continue;
      const bool same = std::ranges::all_of(key, [&](const std::string& name) {
        return model_.get(other, name) == model_.get(instance_path, name);
      });
      if (!same) continue;
      return error(ErrorCode::kDuplicateKey, key.front() + " is the one of " + other);
    }
  }
  return std::nullopt;
}

std::optional<usp::Error> LocalTransaction::apply(std::string_view object_path,
                                                  const usp::Setting& setting, bool creating) {
  const std::string path = std::string(object_path) + setting.param;
  const usp::SplitPath parts = usp::split_path(path);
  const LocalModel::Found found = model_.find(parts.object);
  const LocalParam* param = nullptr;
  if (found.object != nullptr && !found.table && found.there)
    param = found.object->param(parts.leaf);
  if (param == nullptr || param->hidden) {
    return error(ErrorCode::kUnsupportedParameter, setting.param + " does not exist");
  }
  if (auto why = may_write(*param, creating)) return why;
  const usp::SupportedParam type{.name = std::string(param->name),
                                 .access = param->access,
                                 .type = param->type,
                                 .list = param->list};
  if (auto why = usp::check_type(type, setting.value)) {
    return error(ErrorCode::kInvalidType, *why);
  }
  if (auto why = check_local_value(*param, setting.value)) return why;
  const Mark before = mark();
  assign_text(path, *param, canonical(*param, setting.value));
  if (!creating && is_key(parts.object, parts.leaf)) {
    if (auto why = duplicate_key(parts.object)) {
      roll_back_to(before);
      return why;
    }
  }
  return std::nullopt;
}

void LocalTransaction::apply_settings(const usp::Step& step, const std::string& object_path,
                                      bool creating, usp::StepResult& result) {
  std::vector<usp::ParamError> fatal;
  for (const usp::Setting& setting : step.settings) {
    if (auto why = apply(object_path, setting, creating)) {
      // Unique keys of a new object always count as required (TR-369 "Add Message").
      const bool required = setting.required || (creating && is_key(object_path, setting.param));
      (required ? fatal : result.param_errors).push_back({setting.param, why->code, why->text});
    }
  }
  if (fatal.empty()) return;
  result.state = usp::StepResult::State::kFailed;
  result.code = ErrorCode::kRequiredParameterFailed;
  result.text = fatal.front().text;
  result.param_errors = std::move(fatal);
}

usp::StepResult LocalTransaction::set(const usp::Step& step) {
  const LocalModel::Found found = model_.find(step.path);
  if (!found.there || found.table) {
    return failed(error(ErrorCode::kObjectDoesNotExist, step.path + " does not exist"));
  }
  const Mark before = mark();
  usp::StepResult result;
  result.state = usp::StepResult::State::kDone;
  apply_settings(step, step.path, false, result);
  if (result.state == usp::StepResult::State::kFailed) {
    roll_back_to(before);
    return result;
  }
  for (const usp::Setting& setting : step.settings) {
    const bool refused = std::ranges::find(result.param_errors, setting.param,
                                           &usp::ParamError::path) != result.param_errors.end();
    if (refused) continue;
    const std::string path = step.path + setting.param;
    const usp::SplitPath parts = usp::split_path(path);
    result.values[setting.param] = model_.get(parts.object, parts.leaf);
  }
  return result;
}

// ---- rows ---------------------------------------------------------------------------------------

usp::Result<std::string> LocalTransaction::create_row(std::string_view table_path) {
  const LocalModel::Found found = model_.find(table_path);
  if (found.object == nullptr || !found.table) {
    return tl::unexpected(error(ErrorCode::kNotATable, std::string(table_path) + " is no table"));
  }
  if (!found.there) {
    return tl::unexpected(
        error(ErrorCode::kObjectDoesNotExist, std::string(table_path) + " does not exist"));
  }
  if (!actor_.bridge && found.object->access != usp::ObjectAccess::kAddDelete) {
    return tl::unexpected(
        error(ErrorCode::kNotCreatable, "rows of " + std::string(table_path) + " cannot be added"));
  }
  if (auto why = model_.check_add(table_path)) return tl::unexpected(*std::move(why));

  const std::string table(table_path);
  std::uint32_t next = 1;
  if (const auto rows = model_.base_->rows.find(table); rows != model_.base_->rows.end()) {
    next = rows->second.back() + 1;
  }
  if (const auto kept = model_.stored_.find(table); kept != model_.stored_.end()) {
    std::uint32_t number = 0;
    const std::string& text = kept->second;
    std::from_chars(text.data(), text.data() + text.size(), number);
    next = std::max(next, number);
  }
  if (next == std::numeric_limits<std::uint32_t>::max()) {
    return tl::unexpected(error(ErrorCode::kResourcesExceeded, table + " has no number left"));
  }
  const std::string path = table + std::to_string(next) + ".";
  assign(table, std::to_string(next + 1));
  assign(path, "+");
  created_.push_back(path);
  return path;
}

/// What the requester left out: who gets the notifications, dates, unique keys (R-ADD.5).
void LocalTransaction::fill_in(const std::string& instance_path) {
  const LocalModel::Found found = model_.find(instance_path);
  const std::string number = instance_path.substr(
      parent_of(instance_path).size(), instance_path.size() - parent_of(instance_path).size() - 1);
  const auto fill = [&](std::string_view name, std::string value) {
    const LocalParam* param = found.object->param(name);
    if (param == nullptr || !model_.get(instance_path, name).empty()) return;
    assign_text(instance_path + std::string(name), *param, std::move(value));
  };
  fill("Recipient", actor_.controller);
  fill("CreationDate", format_date_time(now_ms_));
  fill("ID", "cpe-" + number);
  fill("EndpointID", "proto::cpe-" + number);  // no controller has this one
  if (found.object->path == kRoleRow) fill("Name", "cpe-" + number);
  // Who is given no role has the one of those that nothing is known about (TR-369 "Assigning
  // Controller Roles").
  if (found.object->path == kControllerRow) fill("AssignedRole", model_.untrusted_role());
  fill("ParameterName", instance_path + "Alias");
  // Another row may have been given the name that would be this one's.
  std::string alias = "cpe-" + number;
  for (int attempt = 2;; ++attempt) {
    fill("Alias", alias);
    const auto clash = duplicate_key(instance_path);
    if (!clash || model_.get(instance_path, "Alias") != alias ||
        !clash->text.starts_with("Alias ")) {
      return;
    }
    assign(instance_path + "Alias", std::nullopt);
    alias = "cpe-" + number + "-" + std::to_string(attempt);
  }
}

/// A permission without an Order is above those that are there: Order is a unique key, and who adds
/// one means it to count.
void LocalTransaction::put_on_top(const std::string& permission_path) {
  const std::string table(parent_of(permission_path));
  std::uint32_t order = 0;
  for (std::uint32_t number : model_.rows_of(table)) {
    const std::string row = table + std::to_string(number) + ".";
    if (row == permission_path) continue;
    const std::uint32_t there = model_.get_number(row, "Order");
    order = std::max(order, there + (there < std::numeric_limits<std::uint32_t>::max() ? 1 : 0));
  }
  put(permission_path + "Order", std::to_string(order));
}

usp::StepResult LocalTransaction::add(const usp::Step& step) {
  const Mark before = mark();
  const usp::Result<std::string> path = create_row(step.path);
  if (!path) return failed(path.error());
  usp::StepResult result;
  result.state = usp::StepResult::State::kDone;
  apply_settings(step, *path, true, result);
  if (result.state == usp::StepResult::State::kFailed) {
    roll_back_to(before);
    return result;
  }
  const bool ordered = std::ranges::any_of(
      step.settings, [](const usp::Setting& setting) { return setting.param == "Order"; });
  if (!ordered && model_.find(*path).object->path == kPermissionRow) put_on_top(*path);
  fill_in(*path);
  if (const auto why = duplicate_key(*path)) {
    roll_back_to(before);
    return failed(*why);
  }
  result.path = *path;
  result.values = model_.unique_keys(*path);
  return result;
}

void LocalTransaction::delete_row(const std::string& instance_path) {
  const LocalObject& object = *model_.find(instance_path).object;
  deleted_.push_back(instance_path);
  for (const auto& [path, child] : model_.schema().objects()) {
    if (!child.is_table() || path == object.path || !path.starts_with(object.path)) continue;
    const std::string_view relative =
        std::string_view(path).substr(object.path.size(), path.size() - object.path.size() - 4);
    const std::string table = instance_path + std::string(relative);
    for (std::uint32_t number : model_.instances(table)) {
      deleted_.push_back(table + std::to_string(number) + ".");
    }
  }
  std::vector<std::string> stored;
  for (auto at = model_.stored_.lower_bound(instance_path);
       at != model_.stored_.end() && at->first.starts_with(instance_path); ++at) {
    stored.push_back(at->first);
  }
  for (const std::string& path : stored) assign(path, std::nullopt);
  // Still there: it is a row of the template.
  if (model_.has_object(instance_path)) assign(instance_path, "-");
  if (parent_of(instance_path) == kControllers) delete_subscriptions_of(instance_path);
  if (parent_of(instance_path) == kCertificates) forget_certificate(instance_path);
  if (parent_of(instance_path) == kRoles) drop_references_to(instance_path);
}

/// A strong reference does not outlive what it names (TR-106 3.2.4).
void LocalTransaction::drop_references_to(const std::string& role_path) {
  const std::string_view role(role_path.data(), role_path.size() - 1);
  const auto drop = [&](const std::string& object, std::string_view name) {
    std::vector<std::string> items = model_.get_list(object, name);
    if (std::erase(items, role) == 0) return;
    std::string left;
    for (const std::string& item : items) left += (left.empty() ? "" : ",") + item;
    put(object + std::string(name), std::move(left));
  };
  const std::vector<std::uint32_t> rows = model_.rows_of(kControllers);
  for (std::uint32_t number : rows) {
    const std::string row = std::string(kControllers) + std::to_string(number) + ".";
    drop(row, "AssignedRole");
  }
  const std::vector<std::uint32_t> credentials = model_.rows_of(kCredentials);
  for (std::uint32_t number : credentials) {
    const std::string row = std::string(kCredentials) + std::to_string(number) + ".";
    drop(row, "Role");
  }
  drop(std::string(kTrust), "UntrustedRole");
  drop(std::string(kTrust), "SecuredRoles");
}

/// TR-181: the subscriptions of a controller go with it (TP-469 1.78).
void LocalTransaction::delete_subscriptions_of(const std::string& controller_path) {
  const std::string_view reference(controller_path.data(), controller_path.size() - 1);
  const std::vector<std::uint32_t> rows = model_.rows_of(kSubscriptions);
  for (std::uint32_t number : rows) {
    const std::string row = std::string(kSubscriptions) + std::to_string(number) + ".";
    const std::string recipient = model_.get(row, "Recipient");
    if (recipient == reference || recipient == controller_path) delete_row(row);
  }
}

usp::StepResult LocalTransaction::remove(const usp::Step& step) {
  const LocalModel::Found found = model_.find(step.path);
  usp::StepResult result;
  result.state = usp::StepResult::State::kDone;
  // What is gone already is deleted (R-DEL.2a).
  if (found.object == nullptr || found.table || !found.object->is_table()) {
    return failed(error(ErrorCode::kDeleteFailure, step.path + " is no instance"));
  }
  if (!actor_.bridge && found.object->access != usp::ObjectAccess::kAddDelete) {
    return failed(error(ErrorCode::kDeleteFailure, step.path + " cannot be deleted"));
  }
  if (const auto why = model_.check_delete(step.path); why && !actor_.bridge) return failed(*why);
  if (found.there) delete_row(step.path);
  return result;
}

usp::Result<std::string> LocalTransaction::add_request(std::string_view originator,
                                                       std::string_view command,
                                                       std::string_view command_key) {
  const bool as_bridge = std::exchange(actor_.bridge, true);
  usp::Result<std::string> path = create_row(kRequests);
  actor_.bridge = as_bridge;
  if (!path) return path;
  assign(*path + "Originator", std::string(originator));
  assign(*path + "Command", std::string(command));
  assign(*path + "CommandKey", std::string(command_key));
  fill_in(*path);
  return path;
}

void LocalTransaction::put(std::string_view path, std::string value) {
  const usp::SplitPath parts = usp::split_path(path);
  const LocalModel::Found found = model_.find(parts.object);
  const LocalParam* param = found.there && !found.table ? found.object->param(parts.leaf) : nullptr;
  assert(param != nullptr);
  if (param != nullptr) assign_text(std::string(path), *param, std::move(value));
}

bool LocalTransaction::remove_row(std::string_view instance_path) {
  const LocalModel::Found found = model_.find(instance_path);
  if (!found.there || found.table || !found.object->is_table()) return false;
  delete_row(std::string(instance_path));
  return true;
}

// ---- outcome ------------------------------------------------------------------------------------

bool LocalTransaction::in_new_or_deleted_row(std::string_view path) const {
  const auto holds = [&](const std::string& row) { return path.starts_with(row); };
  return std::ranges::any_of(created_, holds) || std::ranges::any_of(deleted_, holds);
}

void LocalTransaction::add_value_changes(Diff& diff) const {
  std::map<std::string_view, const std::optional<std::string>*> before;
  for (const Undo& undo : log_) {
    if (!undo.path.ends_with('.')) before.emplace(undo.path, &undo.before);
  }
  for (const auto& [path, old] : before) {
    if (in_new_or_deleted_row(path)) continue;
    const usp::SplitPath parts = usp::split_path(path);
    const LocalObject* object = model_.find(parts.object).object;
    const LocalParam* param = object == nullptr ? nullptr : object->param(parts.leaf);
    if (param == nullptr || !param->value_change || param->secret || param->hidden) continue;
    std::string_view was = param->fallback;
    if (old->has_value()) {
      was = **old;
    } else if (const auto common = model_.base_->values.find(path);
               common != model_.base_->values.end()) {
      was = common->second;
    }
    std::string now = model_.get(parts.object, parts.leaf);
    if (now == was) continue;
    diff.push_back(ValueChanged{std::string(path), std::move(now), value_type_of(param->type)});
  }
}

void LocalTransaction::add_count_changes(Diff& diff) const {
  std::map<std::string, int> tables;
  for (const std::string& row : created_) ++tables[std::string(parent_of(row))];
  for (const std::string& row : deleted_) --tables[std::string(parent_of(row))];
  for (const auto& [table, change] : tables) {
    const std::string_view parent = parent_of(table);
    if (change == 0 || in_new_or_deleted_row(table)) continue;
    const std::string_view name = std::string_view(table).substr(parent.size());
    for (const LocalParam& param : model_.find(parent).object->params) {
      if (param.source != LocalSource::kCount || param.counted != name) continue;
      diff.push_back(ValueChanged{std::string(parent) + std::string(param.name),
                                  std::to_string(model_.rows_of(table).size()),
                                  ValueType::kUnsignedInt});
    }
  }
}

Diff LocalTransaction::changes() const {
  Diff diff;
  add_value_changes(diff);
  const auto both = [](const std::vector<std::string>& rows, const std::string& row) {
    return std::ranges::find(rows, row) != rows.end();
  };
  for (const std::string& row : created_) {
    if (!both(deleted_, row)) diff.push_back(ObjectCreated{row});
  }
  for (const std::string& row : deleted_) {
    if (!both(created_, row)) diff.push_back(ObjectDeleted{row});
  }
  add_count_changes(diff);
  return diff;
}

LocalCommit LocalTransaction::commit() {
  LocalCommit commit;
  commit.changes = changes();
  std::map<std::string_view, const std::optional<std::string>*> touched;
  for (const Undo& undo : log_) touched.emplace(undo.path, &undo.before);
  for (const auto& [path, before] : touched) {
    const auto now = model_.stored_.find(path);
    if (now == model_.stored_.end()) {
      if (before->has_value()) commit.erases.emplace_back(path);
      continue;
    }
    if (*before == now->second) continue;
    const usp::SplitPath parts = usp::split_path(path);
    const LocalObject* object = model_.find(parts.object).object;
    const LocalParam* param = object == nullptr ? nullptr : object->param(parts.leaf);
    commit.puts.push_back({std::string(path), now->second, param != nullptr && param->secret});
  }
  committed_ = true;
  return commit;
}

}  // namespace bridge
