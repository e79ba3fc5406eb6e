#include "tests/tools/cpe_sim/cpe.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "cwmp/value.h"

namespace cpe_sim {

namespace {

using cwmp::Fault;
using cwmp::FaultCode;

bool is_object(std::string_view path) { return path.ends_with('.'); }

Fault fault(FaultCode code, std::string text) { return {code, std::move(text), {}}; }

bool is_secret(std::string_view path) {
  return path.ends_with("Password") || path.ends_with("KeyPassphrase");
}

template <class Number>
bool is_number(std::string_view text) {
  Number number{};
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc{} && end == text.data() + text.size();
}

bool fits(const std::string& type, std::string_view value) {
  if (type == "boolean") return cwmp::parse_boolean(value).has_value();
  if (type == "int") return is_number<std::int32_t>(value);
  if (type == "unsignedInt") return is_number<std::uint32_t>(value);
  if (type == "long") return is_number<std::int64_t>(value);
  if (type == "unsignedLong") return is_number<std::uint64_t>(value);
  if (type == "dateTime") return cwmp::parse_datetime(value).has_value();
  return true;
}

}  // namespace

Cpe::Cpe(std::shared_ptr<const Model> model, cwmp::DeviceId id)
    : model_(std::move(model)), id_(std::move(id)) {
  std::string info = root() + "DeviceInfo.";
  set_silently(info + "Manufacturer", id_.manufacturer);
  set_silently(info + "ManufacturerOUI", id_.oui);
  set_silently(info + "ProductClass", id_.product_class);
  set_silently(info + "SerialNumber", id_.serial_number);
}

std::optional<Param> Cpe::find(std::string_view path) const {
  if (auto own = changed_.find(path); own != changed_.end()) return own->second;
  if (deleted_.count(path) > 0) return std::nullopt;
  auto base = model_->params().find(path);
  if (base == model_->params().end()) return std::nullopt;
  return base->second;
}

std::string Cpe::value(std::string_view path) const {
  auto param = find(path);
  return param ? param->value : std::string{};
}

std::string Cpe::management(std::string_view name) const {
  return value(root() + "ManagementServer." + std::string(name));
}

void Cpe::store(const std::string& path, Param param) { changed_[path] = std::move(param); }

void Cpe::set_silently(const std::string& path, const std::string& new_value) {
  auto param = find(path);
  if (!param) return;
  param->value = new_value;
  store(path, *std::move(param));
}

void Cpe::remember_change(const std::string& path) {
  auto param = find(path);
  if (param && param->notification > 0) to_report_.insert(path);
}

bool Cpe::change(const std::string& path, const std::string& new_value) {
  auto param = find(path);
  if (!param || is_object(path)) return false;
  param->value = new_value;
  bool active = param->notification == 2;
  store(path, *std::move(param));
  remember_change(path);
  if (active) raise("4 VALUE CHANGE");
  return active;
}

std::size_t Cpe::parameter_count() const {
  std::size_t count = 0;
  for (const auto& [path, param] : below(root())) count += is_object(path) ? 0 : 1;
  return count;
}

std::vector<std::pair<std::string, Param>> Cpe::below(std::string_view path) const {
  std::map<std::string, Param, std::less<>> merged;
  for (auto it = model_->params().lower_bound(path);
       it != model_->params().end() && it->first.starts_with(path); ++it) {
    if (deleted_.count(it->first) == 0) merged.insert(*it);
  }
  for (auto it = changed_.lower_bound(path); it != changed_.end() && it->first.starts_with(path);
       ++it) {
    merged.insert_or_assign(it->first, it->second);
  }
  return {merged.begin(), merged.end()};
}

std::uint32_t Cpe::next_instance(const std::string& table) const {
  std::uint32_t highest = 0;
  if (auto last = last_instance_.find(table); last != last_instance_.end()) highest = last->second;
  for (const auto& [path, param] : below(table)) {
    std::uint32_t number = 0;
    std::from_chars(path.data() + table.size(), path.data() + path.size(), number);
    highest = std::max(highest, number);
  }
  return highest + 1;
}

std::uint32_t Cpe::add_row(const std::string& table) {
  auto object = find(table);
  const Model::Params* wanted = model_->instance_template(table);
  if (!object || wanted == nullptr) return 0;
  std::uint32_t number = next_instance(table);
  last_instance_[table] = number;
  std::string instance = table + std::to_string(number) + ".";
  store(instance, {"object", true, "", 0});
  for (const auto& [name, param] : *wanted) {
    for (std::size_t dot = name.find('.'); dot != std::string::npos;
         dot = name.find('.', dot + 1)) {
      store(instance + name.substr(0, dot + 1), {"object", false, "", 0});
    }
    Param copy = param;
    if (name == "Alias") copy.value = "cpe-" + std::to_string(number);
    store(instance + name, std::move(copy));
  }
  return number;
}

bool Cpe::delete_row(const std::string& instance) {
  auto rows = below(instance);
  if (rows.empty()) return false;
  for (const auto& [path, param] : rows) {
    changed_.erase(path);
    if (model_->params().count(path) > 0) deleted_.insert(path);
  }
  return true;
}

void Cpe::raise(std::string code, std::string command_key) {
  cwmp::Event event{std::move(code), std::move(command_key)};
  if (std::find(events_.begin(), events_.end(), event) == events_.end()) events_.push_back(event);
}

cwmp::Inform Cpe::inform(std::uint32_t retry_count, const std::string& now) const {
  cwmp::Inform out;
  out.device_id = id_;
  out.events = events_;
  out.current_time = now;
  out.retry_count = retry_count;
  std::set<std::string> names{
      root() + "DeviceInfo.HardwareVersion",
      root() + "DeviceInfo.SoftwareVersion",
      root() + "DeviceInfo.ProvisioningCode",
      root() + "ManagementServer.ConnectionRequestURL",
      root() + "ManagementServer.ParameterKey",
      root() + (root() == "Device." ? "RootDataModelVersion" : "DeviceSummary")};
  names.insert(to_report_.begin(), to_report_.end());
  for (const std::string& name : names) {
    if (auto param = find(name)) out.parameters.push_back({name, param->value, param->type});
  }
  return out;
}

void Cpe::informed() {
  events_.clear();
  to_report_.clear();
}

std::optional<FaultCode> Cpe::check(const cwmp::ParameterValue& wanted) const {
  auto param = find(wanted.name);
  if (!param || is_object(wanted.name)) return FaultCode::kInvalidParameterName;
  if (!param->writable) return FaultCode::kNotWritable;
  if (!wanted.type.empty() && wanted.type != param->type) return FaultCode::kInvalidParameterType;
  if (!fits(param->type, wanted.value)) return FaultCode::kInvalidParameterValue;
  return std::nullopt;
}

struct Cpe::Visitor {
  Cpe& cpe;
  Effects& effects;

  cwmp::CpeResponse operator()(const cwmp::GetRPCMethods&) const {
    return cwmp::GetRPCMethodsResponse{{"GetRPCMethods", "SetParameterValues", "GetParameterValues",
                                        "GetParameterNames", "SetParameterAttributes",
                                        "GetParameterAttributes", "AddObject", "DeleteObject",
                                        "Reboot", "FactoryReset", "ScheduleInform", "Download",
                                        "Upload", "GetQueuedTransfers", "GetAllQueuedTransfers"}};
  }

  cwmp::CpeResponse operator()(const cwmp::SetParameterValues& rpc) const {
    Fault all = fault(FaultCode::kInvalidArguments, "Invalid arguments");
    std::set<std::string_view> seen;
    for (const cwmp::ParameterValue& wanted : rpc.parameters) {
      if (!seen.insert(wanted.name).second) return fault(FaultCode::kInvalidArguments, "twice");
      if (auto code = cpe.check(wanted)) all.parameters.push_back({wanted.name, *code, "refused"});
    }
    if (!all.parameters.empty()) return all;
    for (const cwmp::ParameterValue& wanted : rpc.parameters) {
      auto param = cpe.find(wanted.name);
      param->value = wanted.value;
      if (param->type == "boolean") {
        param->value = *cwmp::parse_boolean(wanted.value) ? "true" : "false";
      }
      cpe.store(wanted.name, *param);
      if (wanted.name.ends_with(".DiagnosticsState") && wanted.value == "Requested") {
        effects.diagnostics = wanted.name.substr(0, wanted.name.rfind('.') + 1);
      }
    }
    cpe.set_silently(cpe.root() + "ManagementServer.ParameterKey", rpc.parameter_key);
    return cwmp::SetParameterValuesResponse{cpe.status};
  }

  cwmp::CpeResponse operator()(const cwmp::GetParameterValues& rpc) const {
    cwmp::GetParameterValuesResponse out;
    for (const std::string& name : rpc.names) {
      auto found = is_object(name) ? cpe.below(name) : std::vector<std::pair<std::string, Param>>{};
      if (!is_object(name)) {
        if (auto param = cpe.find(name)) found.emplace_back(name, *param);
      }
      if (found.empty()) return fault(FaultCode::kInvalidParameterName, "Invalid parameter name");
      for (const auto& [path, param] : found) {
        if (is_object(path)) continue;
        out.parameters.push_back({path, is_secret(path) ? "" : param.value, param.type});
      }
    }
    return out;
  }

  cwmp::CpeResponse operator()(const cwmp::GetParameterNames& rpc) const {
    cwmp::GetParameterNamesResponse out;
    std::string path = rpc.path.empty() ? cpe.root() : rpc.path;
    if (rpc.next_level && !is_object(path)) {
      return fault(FaultCode::kInvalidArguments, "NextLevel needs an object");
    }
    auto all = cpe.below(path);
    if (all.empty()) return fault(FaultCode::kInvalidParameterName, "Invalid parameter name");
    for (const auto& [name, param] : all) {
      if (!is_object(path) && name != path) continue;
      if (rpc.next_level) {
        std::string_view rest = std::string_view(name).substr(path.size());
        std::size_t dot = rest.find('.');
        if (rest.empty() || (dot != std::string_view::npos && dot + 1 != rest.size())) continue;
      }
      out.parameters.push_back({name, param.writable});
    }
    return out;
  }

  cwmp::CpeResponse operator()(const cwmp::SetParameterAttributes& rpc) const {
    for (const auto& wanted : rpc.parameters) {
      if (!cpe.find(wanted.name)) return fault(FaultCode::kInvalidParameterName, "no such name");
      if (wanted.notification && *wanted.notification > 6) {
        return fault(FaultCode::kInvalidArguments, "Notification");
      }
    }
    for (const auto& wanted : rpc.parameters) {
      for (auto& [path, param] : cpe.below(wanted.name)) {
        if ((!is_object(wanted.name) && path != wanted.name) || !wanted.notification) continue;
        param.notification = *wanted.notification;
        cpe.store(path, param);
      }
    }
    return cwmp::SetParameterAttributesResponse{};
  }

  cwmp::CpeResponse operator()(const cwmp::GetParameterAttributes& rpc) const {
    cwmp::GetParameterAttributesResponse out;
    for (const std::string& name : rpc.names) {
      if (!cpe.find(name)) return fault(FaultCode::kInvalidParameterName, "no such name");
      for (const auto& [path, param] : cpe.below(name)) {
        if (!is_object(path)) out.parameters.push_back({path, param.notification, {}});
      }
    }
    return out;
  }

  cwmp::CpeResponse operator()(const cwmp::AddObject& rpc) const {
    auto table = cpe.find(rpc.object_name);
    if (!table) return fault(FaultCode::kInvalidParameterName, "no such table");
    std::uint32_t number = table->writable ? cpe.add_row(rpc.object_name) : 0;
    if (number == 0) return fault(FaultCode::kRequestDenied, "nothing can be added here");
    cpe.set_silently(cpe.root() + "ManagementServer.ParameterKey", rpc.parameter_key);
    return cwmp::AddObjectResponse{number, cpe.status};
  }

  cwmp::CpeResponse operator()(const cwmp::DeleteObject& rpc) const {
    auto row = cpe.find(rpc.object_name);
    if (!row || !is_object(rpc.object_name)) {
      return fault(FaultCode::kInvalidParameterName, "no such object");
    }
    if (!row->writable) return fault(FaultCode::kRequestDenied, "cannot be deleted");
    cpe.delete_row(rpc.object_name);
    cpe.set_silently(cpe.root() + "ManagementServer.ParameterKey", rpc.parameter_key);
    return cwmp::DeleteObjectResponse{cpe.status};
  }

  cwmp::CpeResponse operator()(const cwmp::Reboot& rpc) const {
    effects.reboot = true;
    cpe.raise("M Reboot", rpc.command_key);
    return cwmp::RebootResponse{};
  }
  cwmp::CpeResponse operator()(const cwmp::FactoryReset&) const {
    effects.factory_reset = true;
    return cwmp::FactoryResetResponse{};
  }
  cwmp::CpeResponse operator()(const cwmp::ScheduleInform& rpc) const {
    if (rpc.delay_seconds == 0) return fault(FaultCode::kInvalidArguments, "DelaySeconds");
    effects.inform_in_s = rpc.delay_seconds;
    cpe.raise("M ScheduleInform", rpc.command_key);
    return cwmp::ScheduleInformResponse{};
  }
  cwmp::CpeResponse operator()(const cwmp::Download& rpc) const {
    effects.download = rpc;
    return cwmp::DownloadResponse{1, std::string(cwmp::kUnknownTime),
                                  std::string(cwmp::kUnknownTime)};
  }
  cwmp::CpeResponse operator()(const cwmp::Upload& rpc) const {
    effects.upload = rpc;
    return cwmp::UploadResponse{1, std::string(cwmp::kUnknownTime),
                                std::string(cwmp::kUnknownTime)};
  }
  cwmp::CpeResponse operator()(const cwmp::GetQueuedTransfers&) const {
    cwmp::GetQueuedTransfersResponse out;
    for (const auto& transfer : cpe.transfers_) out.transfers.push_back({transfer.command_key, 3});
    return out;
  }
  cwmp::CpeResponse operator()(const cwmp::GetAllQueuedTransfers&) const {
    cwmp::GetAllQueuedTransfersResponse out;
    for (const auto& transfer : cpe.transfers_) {
      out.transfers.push_back({transfer.command_key, 3, true, "", 0, ""});
    }
    return out;
  }
};

cwmp::CpeResponse Cpe::handle(const cwmp::AcsRequest& request, Effects& effects) {
  auto trouble = troubles_.find(std::string(cwmp::method_name(request)));
  if (trouble != troubles_.end() && trouble->second.times > 0) {
    --trouble->second.times;
    switch (trouble->second.kind) {
      case Trouble::Kind::kFault:
        return fault(static_cast<FaultCode>(trouble->second.code), "as told");
      case Trouble::Kind::kEmpty:
        effects.empty = true;
        return fault(FaultCode::kMethodNotSupported, "");
      case Trouble::Kind::kDrop:
        effects.drop = true;
        return fault(FaultCode::kInternalError, "");
      case Trouble::Kind::kDoDrop:
        effects.drop = true;
        break;
    }
  }
  return std::visit(Visitor{*this, effects}, request);
}

void Cpe::finish_diagnostics(const std::string& object) {
  set_silently(object + "DiagnosticsState", "Complete");
  set_silently(object + "SuccessCount", "3");
  set_silently(object + "AverageResponseTime", "12");
  set_silently(object + "MinimumResponseTime", "10");
  set_silently(object + "MaximumResponseTime", "15");
  set_silently(object + "ResponseTime", "12");
  raise("8 DIAGNOSTICS COMPLETE");
}

void Cpe::factory_reset() {
  std::string url = management("ConnectionRequestURL");
  changed_.clear();
  deleted_.clear();
  *this = Cpe(model_, id_);
  set_silently(root() + "ManagementServer.ConnectionRequestURL", url);
}

}  // namespace cpe_sim
