#include <algorithm>
#include <cctype>
#include <set>

#include "tests/tools/cpe_sim/cpe_rpcs.h"

namespace cpe_sim {
namespace {

using cwmp::FaultCode;

constexpr std::string_view kDiagnosticsState = "DiagnosticsState";

std::string trimmed(const std::string& text) {
  const auto first = text.find_first_not_of(' ');
  if (first == std::string::npos) return {};
  return text.substr(first, text.find_last_not_of(' ') - first + 1);
}

/// Written by an ACS; the other states are the device's to report.
bool may_write_state(std::string_view value) {
  return value == "Requested" || value == "Canceled" || value == "None";
}

bool wants_active(std::uint32_t notification) { return notification == 2; }

}  // namespace

void Cpe::Rpcs::set_parameter_key(const std::string& key) const {
  if (cpe.quirks.no_parameter_key) return;
  cpe.tree_.set_value(cpe.root() + "ManagementServer.ParameterKey", key);
}

std::string Cpe::Rpcs::kept_value(const Type& type, const std::string& value) const {
  using enum Quirks::Normalise;
  std::string kept = canonical(type, value);
  if (type.kind != Kind::kString || cpe.quirks.normalise == kNone) return kept;
  if (cpe.quirks.normalise == kTrim) return trimmed(kept);
  std::transform(kept.begin(), kept.end(), kept.begin(), [&](unsigned char c) {
    return static_cast<char>(cpe.quirks.normalise == kUpper ? std::toupper(c) : std::tolower(c));
  });
  return kept;
}

std::optional<cwmp::ParameterFault> Cpe::Rpcs::check(const cwmp::ParameterValue& wanted) const {
  const auto refuse = [&](FaultCode code, std::string text) {
    return cwmp::ParameterFault{wanted.name, code, std::move(text)};
  };
  const Param* param = cpe.tree_.find(wanted.name);
  if (param == nullptr || param->is_object()) {
    return refuse(FaultCode::kInvalidParameterName, "Invalid parameter name");
  }
  if (!param->writable) return refuse(FaultCode::kNotWritable, "Not writable");
  const bool other = !wanted.type.empty() && wanted.type != to_string(param->type->kind);
  if (other && !cpe.quirks.any_type) {
    return refuse(FaultCode::kInvalidParameterType, "Invalid parameter type");
  }
  const bool state = wanted.name.ends_with(kDiagnosticsState) && !may_write_state(wanted.value);
  if (state || check_value(*param->type, wanted.value)) {
    return refuse(FaultCode::kInvalidParameterValue, "Invalid parameter value");
  }
  if (cpe.quirks.numeric_booleans && param->type->kind == Kind::kBoolean &&
      wanted.value.size() > 1) {
    return refuse(FaultCode::kInvalidParameterValue, "0 or 1");
  }
  return std::nullopt;
}

// TR-069 A.3.2.1: all or nothing, no name twice.
cwmp::CpeResponse Cpe::Rpcs::operator()(const cwmp::SetParameterValues& rpc) const {
  if (rpc.parameter_key.size() > kMaxKeyBytes) {
    return fault(FaultCode::kInvalidArguments, "ParameterKey is too long");
  }
  cwmp::Fault refused = fault(FaultCode::kInvalidArguments, "Invalid arguments");
  std::set<std::string_view> names;
  for (const cwmp::ParameterValue& wanted : rpc.parameters) {
    if (!names.insert(wanted.name).second) {
      return fault(FaultCode::kInvalidArguments, "a parameter twice");
    }
    if (auto culprit = check(wanted)) refused.parameters.push_back(*std::move(culprit));
  }
  if (!refused.parameters.empty()) {
    if (!cpe.quirks.no_culprits) return refused;
    return fault(refused.parameters.front().code, refused.parameters.front().text);
  }
  for (const cwmp::ParameterValue& wanted : rpc.parameters) apply(wanted);
  set_parameter_key(rpc.parameter_key);
  return cwmp::SetParameterValuesResponse{status()};
}

void Cpe::Rpcs::apply(const cwmp::ParameterValue& wanted) const {
  const Type& type = *cpe.tree_.find(wanted.name)->type;
  const std::string value = kept_value(type, wanted.value);
  if (cpe.quirks.status_one) {
    cpe.pending_values_[wanted.name] = value;
    return;
  }
  if (wanted.name == cpe.root() + "ManagementServer.URL" && cpe.tree_.value(wanted.name) != value) {
    cpe.bootstrapped_ = false;
  }
  cpe.tree_.set_value(wanted.name, value);
  if (wanted.name.ends_with(".Enable")) follow_enable(wanted.name, value == "true");
  write_diagnostics(wanted.name, value);
}

// A Status beside an Enable follows it.
void Cpe::Rpcs::follow_enable(const std::string& path, bool enabled) const {
  const std::string status_path = std::string(parent_of(path)) + "Status";
  const auto before = cpe.tree_.value(status_path);
  std::string after;
  if (before == "Enabled" || before == "Disabled") after = enabled ? "Enabled" : "Disabled";
  if (before == "Up" || before == "Down") after = enabled ? "Up" : "Down";
  if (!after.empty()) cpe.change(status_path, after);
}

// Requested starts a diagnosis after the session; any other write ends a running one and drops its
// results (TR-181 DiagnosticsState).
void Cpe::Rpcs::write_diagnostics(const std::string& path, const std::string& value) const {
  const std::string object(parent_of(path));
  const std::string state_path = object + std::string(kDiagnosticsState);
  if (cpe.tree_.find(state_path) == nullptr) return;
  std::erase_if(cpe.diagnostics_, [&](const auto& running) { return running.second == object; });
  const bool is_state = path == state_path;
  if (is_state && value == "Requested") {
    auto& wanted = cpe.diagnostics_wanted_;
    if (std::find(wanted.begin(), wanted.end(), object) == wanted.end()) wanted.push_back(object);
    return;
  }
  if (is_state) std::erase(cpe.diagnostics_wanted_, object);
  const auto& wanted = cpe.diagnostics_wanted_;
  if (std::find(wanted.begin(), wanted.end(), object) == wanted.end()) {
    cpe.tree_.set_value(state_path, "None");
  }
}

// TR-069 A.3.2.4
cwmp::CpeResponse Cpe::Rpcs::operator()(const cwmp::SetParameterAttributes& rpc) const {
  for (const cwmp::SetParameterAttribute& wanted : rpc.parameters) {
    if (!is_known(wanted.name)) {
      return fault(FaultCode::kInvalidParameterName, "Invalid parameter name");
    }
    if (wanted.notification.value_or(0) > 6) {
      return fault(FaultCode::kInvalidArguments, "Notification is 0 to 6");
    }
    const Param* param = cpe.tree_.find(wanted.name);
    const bool refuses = cpe.quirks.no_active || (param != nullptr && param->refuses_active);
    if (wants_active(wanted.notification.value_or(0)) && refuses) {
      return fault(FaultCode::kNotificationRejected, "no active notification here");
    }
  }
  for (const cwmp::SetParameterAttribute& wanted : rpc.parameters) {
    std::vector<std::string> paths;
    const bool partial = wanted.name.empty() || is_object_path(wanted.name);
    cpe.tree_.visit(wanted.name, [&](const std::string& path, const Param& param) {
      // Of a whole object, what cannot notify actively is left as it is.
      const bool skip = wants_active(wanted.notification.value_or(0)) && param.refuses_active;
      if (!param.is_object() && !skip) paths.push_back(path);
      return partial;
    });
    for (const std::string& path : paths) {
      if (wanted.notification) {
        cpe.tree_.set_notification(path, static_cast<std::uint8_t>(*wanted.notification));
      }
      if (wanted.access_list) cpe.access_lists_[path] = *wanted.access_list;
    }
  }
  return cwmp::SetParameterAttributesResponse{};
}

// TR-069 A.3.2.6
cwmp::CpeResponse Cpe::Rpcs::operator()(const cwmp::AddObject& rpc) const {
  if (rpc.parameter_key.size() > kMaxKeyBytes) {
    return fault(FaultCode::kInvalidArguments, "ParameterKey is too long");
  }
  const Param* table = cpe.tree_.find(rpc.object_name);
  if (table == nullptr || !table->is_object() ||
      cpe.tree_.model().row_template(rpc.object_name) == nullptr) {
    return fault(FaultCode::kInvalidParameterName, "no such table");
  }
  if (!table->writable) return fault(FaultCode::kInvalidParameterName, "rows cannot be added");
  const auto limit = cpe.quirks.max_rows;
  if (limit > 0 && cpe.tree_.count_rows(rpc.object_name) >= limit) {
    return fault(FaultCode::kResourcesExceeded, "the table is full");
  }
  const auto number = cpe.tree_.add_row(rpc.object_name);
  set_parameter_key(rpc.parameter_key);
  return cwmp::AddObjectResponse{number, status()};
}

// TR-069 A.3.2.7
cwmp::CpeResponse Cpe::Rpcs::operator()(const cwmp::DeleteObject& rpc) const {
  if (rpc.parameter_key.size() > kMaxKeyBytes) {
    return fault(FaultCode::kInvalidArguments, "ParameterKey is too long");
  }
  const Param* row = cpe.tree_.find(rpc.object_name);
  const bool is_row = to_pattern(rpc.object_name).ends_with("{i}.");
  if (row == nullptr || !is_row) return fault(FaultCode::kInvalidParameterName, "no such row");
  if (!row->writable) return fault(FaultCode::kInvalidParameterName, "the row has to stay");
  cpe.tree_.delete_row(rpc.object_name);
  cpe.events_.forget_changes(rpc.object_name);
  set_parameter_key(rpc.parameter_key);
  return cwmp::DeleteObjectResponse{status()};
}

}  // namespace cpe_sim
