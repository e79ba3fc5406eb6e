#include "bridge/agent/local_model.h"

#include <algorithm>
#include <charconv>
#include <limits>
#include <utility>

#include "bridge/agent/date_time.h"
#include "bridge/agent/local_facts.h"
#include "usp/path.h"
#include "usp/subscription.h"

namespace bridge {
namespace {

constexpr std::string_view kSubscriptions = "Device.LocalAgent.Subscription.";
constexpr std::string_view kControllers = "Device.LocalAgent.Controller.";
constexpr std::string_view kSession = "E2ESession.";
constexpr std::string_view kTrust = "Device.LocalAgent.ControllerTrust.";
constexpr std::string_view kRoles = "Device.LocalAgent.ControllerTrust.Role.";
constexpr std::string_view kTrustOrController = "Device.LocalAgent.Controller";
constexpr std::string_view kRequests = "Device.LocalAgent.Request.";

const std::vector<std::uint32_t> kNoRows;

std::string joined(std::string_view a, std::string_view b) {
  std::string text;
  text.reserve(a.size() + b.size());
  return text.append(a).append(b);
}

std::string row_path(std::string_view table, std::uint32_t number) {
  return joined(table, std::to_string(number)) + '.';
}

void replace_all(std::string& text, std::string_view what, std::string_view with) {
  for (std::size_t at = text.find(what); at != std::string::npos;
       at = text.find(what, at + with.size())) {
    text.replace(at, what.size(), with);
  }
}

std::string expanded(std::string_view text, const AgentFacts& facts) {
  std::string result(text);
  replace_all(result, "{endpoint_id}", facts.endpoint_id);
  replace_all(result, "{created}", format_date_time(facts.created_ms));
  return result;
}

/// "Device.LocalAgent.Controller.2." -> "Device.LocalAgent.Controller." and 2; number 0: it is no
/// instance.
std::pair<std::string_view, std::uint32_t> split_row(std::string_view path) {
  if (path.size() < 2 || !path.ends_with('.')) return {path, 0};
  const std::size_t dot = path.rfind('.', path.size() - 2);
  std::uint32_t number = 0;
  if (dot == std::string_view::npos ||
      !usp::parse_instance_number(path.substr(dot + 1, path.size() - dot - 2), number)) {
    return {path, 0};
  }
  return {path.substr(0, dot + 1), number};
}

}  // namespace

LocalModel::LocalModel(std::shared_ptr<const LocalTemplate> base,
                       std::span<const LocalValue> stored)
    : base_(std::move(base)) {
  for (const LocalValue& row : stored) stored_.insert_or_assign(row.path, row.value);
  for (const auto& [path, value] : stored_) update_row(path);
}

// ---- rows ---------------------------------------------------------------------------------------

const std::vector<std::uint32_t>& LocalModel::rows_of(std::string_view table_path) const {
  if (const auto own = rows_.find(table_path); own != rows_.end()) return own->second;
  const auto common = base_->rows.find(table_path);
  return common == base_->rows.end() ? kNoRows : common->second;
}

bool LocalModel::in_template(std::string_view table_path, std::uint32_t number) const {
  const auto rows = base_->rows.find(table_path);
  return rows != base_->rows.end() && std::ranges::binary_search(rows->second, number);
}

bool LocalModel::has_row(std::string_view table_path, std::uint32_t number) const {
  return std::ranges::binary_search(rows_of(table_path), number);
}

void LocalModel::assign(const std::string& path, std::optional<std::string> value) {
  if (path.starts_with(kTrustOrController)) ++trust_version_;
  if (value) {
    stored_.insert_or_assign(path, *std::move(value));
  } else {
    stored_.erase(path);
  }
  update_row(path);
}

void LocalModel::update_row(std::string_view instance_path) {
  const auto [table, number] = split_row(instance_path);
  if (number == 0) return;
  const auto mark = stored_.find(instance_path);
  const bool there = mark == stored_.end() ? in_template(table, number) : mark->second == "+";
  if (there == has_row(table, number)) return;
  auto own = rows_.find(table);
  if (own == rows_.end()) own = rows_.emplace(std::string(table), rows_of(table)).first;
  std::vector<std::uint32_t>& rows = own->second;
  const auto at = std::ranges::lower_bound(rows, number);
  if (there) {
    rows.insert(at, number);
  } else {
    rows.erase(at);
  }
}

LocalModel::Found LocalModel::find(std::string_view object_path) const {
  std::string supported;
  supported.reserve(object_path.size() + 8);
  bool there = object_path.ends_with('.');
  for (std::size_t begin = 0; begin < object_path.size();) {
    const std::size_t dot = std::min(object_path.find('.', begin), object_path.size() - 1);
    const std::string_view part = object_path.substr(begin, dot - begin);
    if (std::uint32_t number = 0; usp::parse_instance_number(part, number)) {
      there = there && has_row(object_path.substr(0, begin), number);
      supported += "{i}.";
    } else {
      supported.append(part).append(".");
    }
    begin = dot + 1;
  }
  if (const LocalObject* object = schema().object(supported)) {
    return {object, false, there};
  }
  const LocalObject* table = schema().object(supported + "{i}.");
  return {table, table != nullptr, there && table != nullptr};
}

bool LocalModel::has_object(std::string_view object_path) const { return find(object_path).there; }

std::vector<std::uint32_t> LocalModel::instances(std::string_view table_path) const {
  const Found found = find(table_path);
  if (!found.there || !found.table) return {};
  return rows_of(table_path);
}

// ---- values -------------------------------------------------------------------------------------

LocalModel::Text LocalModel::text(std::string_view path, const LocalParam& param) const {
  if (const auto own = stored_.find(path); own != stored_.end()) return {own->second, false};
  if (const auto common = base_->values.find(path); common != base_->values.end()) {
    return {common->second, true};
  }
  return {param.fallback, false};
}

std::string LocalModel::read(std::string_view object_path, const LocalObject& object,
                             const LocalParam& param, const AgentFacts& facts) const {
  if (param.secret) return {};
  switch (param.source) {
    case LocalSource::kFact:
      if (object_path.ends_with(kSession)) {
        const std::string_view row = object_path.substr(0, object_path.size() - kSession.size());
        const auto known = facts.sessions.find(get(row, "EndpointID"));
        return session_fact_text(param.name,
                                 known == facts.sessions.end() ? SessionFacts{} : known->second);
      }
      return fact_text(object.path, param.name, facts);
    case LocalSource::kCount:
      return std::to_string(rows_of(joined(object_path, param.counted)).size());
    case LocalSource::kTopicStatus:
      return topic_status(object_path, facts);
    case LocalSource::kStored:
      break;
  }
  const Text found = text(joined(object_path, param.name), param);
  return found.from_template ? expanded(found.text, facts) : std::string(found.text);
}

std::string LocalModel::topic_status(std::string_view row, const AgentFacts& facts) const {
  if (!get_flag(row, "Enable") || !facts.connected) return "Unsubscribed";
  const auto at = facts.topics.find(expanded(get(row, "Topic"), facts));
  return at == facts.topics.end() ? "Subscribed" : at->second;
}

usp::Value LocalModel::value(std::string_view object_path, std::string_view name,
                             const AgentFacts& facts) const {
  const Found found = find(object_path);
  if (!found.there || found.table) return {};
  const LocalParam* param = found.object == nullptr ? nullptr : found.object->param(name);
  if (param == nullptr || param->hidden) return {};
  return {usp::ValueState::kKnown, read(object_path, *found.object, *param, facts)};
}

void LocalModel::for_each_param(std::string_view object_path, const AgentFacts& facts,
                                const usp::DataModel::ParamVisitor& visit) const {
  const Found found = find(object_path);
  if (!found.there || found.table || found.object == nullptr) return;
  for (const LocalParam& param : found.object->params) {
    if (param.hidden) continue;
    const std::string text = read(object_path, *found.object, param, facts);
    visit({param.name, usp::ValueState::kKnown, text});
  }
}

std::optional<usp::Error> LocalModel::check_value(std::string_view object_path,
                                                  std::string_view name,
                                                  std::string_view value) const {
  const Found found = find(object_path);
  const LocalParam* param = found.object == nullptr ? nullptr : found.object->param(name);
  return param == nullptr ? std::nullopt : check_local_value(*param, value);
}

std::optional<usp::Error> LocalModel::check_add(std::string_view table_path) const {
  const Found found = find(table_path);
  if (found.object == nullptr || !found.table || found.object->max_rows == 0) return std::nullopt;
  if (rows_of(table_path).size() < found.object->max_rows) return std::nullopt;
  return usp::Error{usp::ErrorCode::kResourcesExceeded,
                    joined(table_path, " is full: ") + std::to_string(found.object->max_rows),
                    {}};
}

std::optional<usp::Error> LocalModel::check_delete(std::string_view instance_path) const {
  const auto [table, number] = split_row(instance_path);
  // Of what else there is, some controller's access depends on these.
  if (table != kRoles || number == 0 || number > kBuiltInRoles) return std::nullopt;
  return usp::Error{usp::ErrorCode::kDeleteFailure, "a built-in role cannot be deleted", {}};
}

std::map<std::string, std::string> LocalModel::unique_keys(std::string_view instance_path) const {
  std::map<std::string, std::string> keys;
  const Found found = find(instance_path);
  if (found.object == nullptr) return keys;
  for (const std::vector<std::string>& key : found.object->keys) {
    for (const std::string& name : key) {
      std::string value = get(instance_path, name);
      if (!value.empty()) keys.insert_or_assign(name, std::move(value));
    }
  }
  return keys;
}

// ---- typed rows ---------------------------------------------------------------------------------

std::string LocalModel::get(std::string_view object_path, std::string_view name) const {
  const Found found = find(object_path);
  const LocalParam* param = found.object == nullptr ? nullptr : found.object->param(name);
  if (param == nullptr) return {};
  return std::string(text(joined(object_path, name), *param).text);
}

std::uint32_t LocalModel::get_number(std::string_view object_path, std::string_view name) const {
  const std::string text = get(object_path, name);
  std::uint32_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

bool LocalModel::get_flag(std::string_view object_path, std::string_view name) const {
  const std::string text = get(object_path, name);
  return text == "true" || text == "1";
}

std::vector<LocalSubscription> LocalModel::subscriptions() const {
  std::vector<LocalSubscription> result;
  for (std::uint32_t number : rows_of(kSubscriptions)) {
    LocalSubscription row;
    row.number = number;
    row.path = row_path(kSubscriptions, number);
    row.enabled = get_flag(row.path, "Enable");
    row.recipient = get(row.path, "Recipient");
    row.id = get(row.path, "ID");
    row.created_ms = parse_date_time(get(row.path, "CreationDate")).value_or(0);
    row.notif_type = get(row.path, "NotifType");
    const std::string references = get(row.path, "ReferenceList");
    for (std::string_view item : usp::split_references(references)) {
      row.reference_list.emplace_back(item);
    }
    row.persistent = get_flag(row.path, "Persistent");
    row.time_to_live_s = get_number(row.path, "TimeToLive");
    row.notif_retry = get_flag(row.path, "NotifRetry");
    row.notif_expiration_s = get_number(row.path, "NotifExpiration");
    result.push_back(std::move(row));
  }
  return result;
}

std::string LocalModel::topic_of(std::string_view controller_path) const {
  const std::string table = joined(controller_path, "MTP.");
  std::string topic;
  std::uint32_t best = std::numeric_limits<std::uint32_t>::max();
  for (std::uint32_t number : rows_of(table)) {
    const std::string row = row_path(table, number);
    if (!get_flag(row, "Enable")) continue;
    const std::uint32_t order = get_number(row, "Order");
    std::string found = get(row + "MQTT.", "Topic");
    if (found.empty() || (order >= best && !topic.empty())) continue;
    best = order;
    topic = std::move(found);
  }
  return topic;
}

E2eSession LocalModel::session_of(std::string_view controller_path) const {
  const std::string path = joined(controller_path, kSession);
  E2eSession session;
  const std::string mode = get(path, "SessionMode");
  if (mode == "Require") session.mode = SessionMode::kRequire;
  if (mode == "Forbid") session.mode = SessionMode::kForbid;
  session.expiration_s = get_number(path, "SessionExpiration");
  session.retry_wait_s = get_number(path, "SessionRetryMinimumWaitInterval");
  session.retry_multiplier = get_number(path, "SessionRetryIntervalMultiplier");
  session.max_record_bytes = get_number(path, "MaxUSPRecordSize");
  session.max_retransmit_tries = get_number(path, "MaxRetransmitTries");
  return session;
}

LocalController LocalModel::controller_at(std::uint32_t number) const {
  LocalController row;
  row.number = number;
  row.path = row_path(kControllers, number);
  row.reference = row.path.substr(0, row.path.size() - 1);
  row.alias = get(row.path, "Alias");
  row.enabled = get_flag(row.path, "Enable");
  row.endpoint_id = get(row.path, "EndpointID");
  row.topic = topic_of(row.path);
  row.periodic_interval_s = get_number(row.path, "PeriodicNotifInterval");
  row.periodic_time_ms = parse_date_time(get(row.path, "PeriodicNotifTime")).value_or(0);
  row.retry_wait_s = get_number(row.path, "USPNotifRetryMinimumWaitInterval");
  row.retry_multiplier = get_number(row.path, "USPNotifRetryIntervalMultiplier");
  row.session = session_of(row.path);
  row.onboarding_complete = get_flag(row.path, "OnBoardingComplete");
  row.onboarding_restart_s = get_number(row.path, "OnBoardingRestartTime");
  return row;
}

std::vector<LocalController> LocalModel::controllers() const {
  std::vector<LocalController> result;
  for (std::uint32_t number : rows_of(kControllers)) result.push_back(controller_at(number));
  return result;
}

std::optional<LocalController> LocalModel::controller(std::string_view endpoint_id) const {
  for (std::uint32_t number : rows_of(kControllers)) {
    const std::string path = row_path(kControllers, number);
    if (get(path, "EndpointID") != endpoint_id) continue;
    if (!get_flag(path, "Enable")) return std::nullopt;
    return controller_at(number);
  }
  return std::nullopt;
}

LocalStanding LocalModel::standing(std::string_view endpoint_id) const {
  for (std::uint32_t number : rows_of(kControllers)) {
    const std::string path = row_path(kControllers, number);
    if (get(path, "EndpointID") != endpoint_id) continue;
    return {path, get_flag(path, "Enable"), roles_of(path), session_of(path)};
  }
  return {};
}

std::string LocalModel::endpoint_id_of(std::string_view reference) const {
  const std::string path =
      reference.ends_with('.') ? std::string(reference) : joined(reference, ".");
  if (!path.starts_with(kControllers) || !find(path).there) return {};
  return get(path, "EndpointID");
}

// ---- roles --------------------------------------------------------------------------------------

std::vector<std::string> LocalModel::get_list(std::string_view object_path,
                                              std::string_view name) const {
  const std::string text = get(object_path, name);
  std::vector<std::string> items;
  for (std::string_view item : usp::split_references(text)) {
    if (item.ends_with('.')) item.remove_suffix(1);
    items.emplace_back(item);
  }
  return items;
}

std::vector<std::string> LocalModel::roles_of(std::string_view controller_path) const {
  std::vector<std::string> roles = get_list(controller_path, "AssignedRole");
  for (std::string& inherited : get_list(controller_path, "InheritedRole")) {
    if (std::ranges::find(roles, inherited) == roles.end()) roles.push_back(std::move(inherited));
  }
  return roles;
}

std::string LocalModel::untrusted_role() const {
  const std::vector<std::string> roles = get_list(kTrust, "UntrustedRole");
  return roles.empty() ? std::string() : roles.front();
}

std::vector<std::string> LocalModel::secured_roles() const {
  return get_list(kTrust, "SecuredRoles");
}

bool LocalModel::trusts_as_template() const {
  const auto at = stored_.lower_bound(kTrust);
  return at == stored_.end() || !at->first.starts_with(kTrust);
}

std::vector<usp::Role> LocalModel::roles(const std::vector<std::string>& references) const {
  std::vector<usp::Role> result;
  for (const std::string& reference : references) {
    const std::string path = reference + ".";
    const Found found = find(path);
    if (!path.starts_with(kRoles) || !found.there || found.table || !get_flag(path, "Enable")) {
      continue;
    }
    usp::Role role;
    const std::string table = path + "Permission.";
    for (std::uint32_t number : rows_of(table)) {
      const std::string row = row_path(table, number);
      if (get_flag(row, "Enable")) role.permissions.push_back(permission_at(row));
    }
    result.push_back(std::move(role));
  }
  return result;
}

usp::Permission LocalModel::permission_at(std::string_view row) const {
  using Kind = usp::Rights::Kind;
  usp::Permission permission;
  permission.order = get_number(row, "Order");
  const std::string targets = get(row, "Targets");
  for (std::string_view target : usp::split_references(targets)) {
    permission.targets.emplace_back(target);
  }
  const auto put = [&](Kind kind, std::string_view name) {
    permission.rights.put(kind, usp::parse_letters(get(row, name)).value_or(0));
  };
  put(Kind::kParam, "Param");
  put(Kind::kObj, "Obj");
  put(Kind::kInstantiatedObj, "InstantiatedObj");
  put(Kind::kCommandEvent, "CommandEvent");
  return permission;
}

std::vector<LocalBootParameter> LocalModel::boot_parameters(
    std::string_view controller_path) const {
  std::vector<LocalBootParameter> result;
  const std::string table = joined(controller_path, "BootParameter.");
  for (std::uint32_t number : instances(table)) {
    std::string path = row_path(table, number);
    const bool enabled = get_flag(path, "Enable");
    std::string name = get(path, "ParameterName");
    result.push_back({std::move(path), enabled, std::move(name)});
  }
  return result;
}

LocalMqttClient LocalModel::mqtt_client(const AgentFacts& facts) const {
  constexpr std::string_view kClient = "Device.MQTT.Client.1.";
  constexpr std::string_view kTopics = "Device.MQTT.Client.1.Subscription.";
  LocalMqttClient client;
  client.client_id = expanded(get(kClient, "ClientID"), facts);
  client.keep_alive_s = get_number(kClient, "KeepAliveTime");
  client.retry_time_s = get_number(kClient, "ConnectRetryTime");
  client.retry_multiplier = get_number(kClient, "ConnectRetryIntervalMultiplier");
  client.retry_max_s = get_number(kClient, "ConnectRetryMaxInterval");
  for (std::uint32_t number : rows_of(kTopics)) {
    const std::string row = row_path(kTopics, number);
    std::string topic = expanded(get(row, "Topic"), facts);
    if (topic.empty() || !get_flag(row, "Enable")) continue;
    client.subscriptions.push_back({std::move(topic), static_cast<int>(get_number(row, "QoS"))});
  }
  return client;
}

std::vector<LocalRequest> LocalModel::requests() const {
  std::vector<LocalRequest> result;
  for (std::uint32_t number : rows_of(kRequests)) {
    LocalRequest row;
    row.path = row_path(kRequests, number);
    row.originator = get(row.path, "Originator");
    row.command = get(row.path, "Command");
    row.command_key = get(row.path, "CommandKey");
    row.status = get(row.path, "Status");
    result.push_back(std::move(row));
  }
  return result;
}

}  // namespace bridge
