#include "fake_cpe.h"

#include <algorithm>

namespace bridge::testing {

namespace {

using cwmp::FaultCode;

cwmp::Fault fault(FaultCode code, std::string text = "no") { return {code, std::move(text), {}}; }

struct Answering {
  FakeCpe& cpe;
  using Answer = std::optional<cwmp::CpeResponse>;

  bool known(const std::string& name) const {
    return cpe.parameters.contains(name) || cpe.objects.contains(name);
  }

  Answer operator()(const cwmp::GetRPCMethods&) const {
    return cwmp::GetRPCMethodsResponse{{"GetParameterValues", "Reboot"}};
  }

  Answer operator()(const cwmp::GetParameterNames& rpc) const {
    const bool root = rpc.path == "Device." || rpc.path == "InternetGatewayDevice.";
    if (root && cpe.refuses_root) return fault(FaultCode::kInvalidParameterName);
    if (!known(rpc.path)) return fault(FaultCode::kInvalidParameterName);
    cwmp::GetParameterNamesResponse out;
    if (!rpc.next_level && cpe.refuses_whole_names) return out;
    const auto add = [&](const std::string& name, bool writable) {
      if (!name.starts_with(rpc.path)) return;
      if (rpc.next_level) {
        if (name == rpc.path) return;
        const std::size_t dot = name.find('.', rpc.path.size());
        if (dot != std::string::npos && dot + 1 != name.size()) return;
      }
      out.parameters.push_back({name, writable});
    };
    for (const auto& [name, writable] : cpe.objects) add(name, writable);
    for (const auto& [name, parameter] : cpe.parameters) add(name, parameter.writable);
    return out;
  }

  Answer operator()(const cwmp::GetParameterValues& rpc) const {
    if (rpc.names.size() > cpe.max_batch) return fault(cpe.batch_fault);
    cwmp::GetParameterValuesResponse out;
    for (const std::string& name : rpc.names) {
      if (cpe.poison.contains(name)) return std::nullopt;
      const auto found = cpe.parameters.find(name);
      if (found == cpe.parameters.end()) {
        if (cpe.leaves_unknown_out) continue;
        return fault(FaultCode::kInvalidParameterName);
      }
      if (out.parameters.size() == cpe.answers_at_most) break;
      out.parameters.push_back({name, found->second.value, found->second.type});
    }
    return out;
  }

  Answer operator()(const cwmp::SetParameterValues& rpc) const {
    cwmp::Fault refusal = fault(FaultCode::kInvalidArguments);
    for (const cwmp::ParameterValue& value : rpc.parameters) {
      const auto found = cpe.parameters.find(value.name);
      FaultCode code = FaultCode::kInvalidParameterValue;
      if (found == cpe.parameters.end()) code = FaultCode::kInvalidParameterName;
      if (found != cpe.parameters.end() && !found->second.writable) code = FaultCode::kNotWritable;
      if (code != FaultCode::kInvalidParameterValue || cpe.refused_values.contains(value.value)) {
        refusal.parameters.push_back({value.name, code, "no"});
      }
    }
    if (!refusal.parameters.empty()) {
      if (!cpe.names_culprits) {
        refusal.code = refusal.parameters.front().code;
        refusal.parameters.clear();
      }
      return refusal;
    }
    if (cpe.set_status == 0) {
      for (const cwmp::ParameterValue& value : rpc.parameters) {
        FakeCpe::Parameter& mine = cpe.parameters[value.name];
        const bool password = value.name.ends_with("Password");
        mine.value = password ? "" : value.value;
        if (!value.type.empty()) mine.type = value.type;
      }
    }
    return cwmp::SetParameterValuesResponse{cpe.set_status};
  }

  Answer operator()(const cwmp::SetParameterAttributes& rpc) const {
    for (const auto& parameter : rpc.parameters) {
      if (!cpe.parameters.contains(parameter.name)) return fault(FaultCode::kInvalidParameterName);
      if (cpe.parameters[parameter.name].type == "dateTime") {
        return fault(FaultCode::kNotificationRejected);
      }
    }
    for (const auto& parameter : rpc.parameters) {
      cpe.notification[parameter.name] = parameter.notification.value_or(0);
    }
    return cwmp::SetParameterAttributesResponse{};
  }

  Answer operator()(const cwmp::AddObject& rpc) const {
    if (!cpe.row_templates.contains(rpc.object_name)) {
      return fault(FaultCode::kInvalidParameterName);
    }
    const std::uint32_t number = cpe.next_instance[rpc.object_name]++;
    cpe.add_row(rpc.object_name, number);
    cpe.recount(rpc.object_name);
    return cwmp::AddObjectResponse{number, 0};
  }

  Answer operator()(const cwmp::DeleteObject& rpc) const {
    if (!cpe.objects.contains(rpc.object_name)) return fault(FaultCode::kInvalidParameterName);
    std::erase_if(cpe.objects,
                  [&](const auto& entry) { return entry.first.starts_with(rpc.object_name); });
    std::erase_if(cpe.parameters,
                  [&](const auto& entry) { return entry.first.starts_with(rpc.object_name); });
    cpe.recount(std::string(parent_path(rpc.object_name)));
    return cwmp::DeleteObjectResponse{0};
  }

  Answer operator()(const cwmp::Reboot&) const {
    ++cpe.reboots;
    return cwmp::RebootResponse{};
  }
  Answer operator()(const cwmp::FactoryReset&) const {
    ++cpe.reboots;
    return cwmp::FactoryResetResponse{};
  }
  Answer operator()(const cwmp::ScheduleInform&) const { return cwmp::ScheduleInformResponse{}; }
  Answer operator()(const cwmp::Download&) const {
    ++cpe.transfers;
    return cwmp::DownloadResponse{1, "", ""};
  }
  Answer operator()(const cwmp::Upload&) const {
    ++cpe.transfers;
    return cwmp::UploadResponse{0, "a", "b"};
  }
  template <class Other>
  Answer operator()(const Other&) const {
    return fault(FaultCode::kMethodNotSupported);
  }
};

struct MethodName {
  const char* operator()(const cwmp::GetRPCMethods&) const { return "GetRPCMethods"; }
  const char* operator()(const cwmp::SetParameterValues&) const { return "SetParameterValues"; }
  const char* operator()(const cwmp::GetParameterValues&) const { return "GetParameterValues"; }
  const char* operator()(const cwmp::GetParameterNames&) const { return "GetParameterNames"; }
  const char* operator()(const cwmp::SetParameterAttributes&) const {
    return "SetParameterAttributes";
  }
  const char* operator()(const cwmp::AddObject&) const { return "AddObject"; }
  const char* operator()(const cwmp::DeleteObject&) const { return "DeleteObject"; }
  const char* operator()(const cwmp::Reboot&) const { return "Reboot"; }
  const char* operator()(const cwmp::FactoryReset&) const { return "FactoryReset"; }
  const char* operator()(const cwmp::ScheduleInform&) const { return "ScheduleInform"; }
  const char* operator()(const cwmp::Download&) const { return "Download"; }
  const char* operator()(const cwmp::Upload&) const { return "Upload"; }
  template <class Other>
  const char* operator()(const Other&) const {
    return "other";
  }
};

}  // namespace

std::string method_of(const cwmp::AcsRequest& request) { return std::visit(MethodName(), request); }

void FakeCpe::add_parameter(const std::string& name, std::string value, std::string type,
                            bool writable) {
  parameters[name] = {std::move(value), std::move(type), writable};
  for (std::string_view up = parent_path(name); !up.empty(); up = parent_path(up)) {
    objects.try_emplace(std::string(up), false);
  }
}

void FakeCpe::add_row(const std::string& table, std::uint32_t number) {
  const std::string row = table + std::to_string(number) + ".";
  objects[row] = true;
  for (const auto& [name, parameter] : row_templates[table]) {
    add_parameter(row + name, parameter.value, parameter.type, parameter.writable);
  }
}

void FakeCpe::recount(const std::string& table) {
  auto counter = parameters.find(table.substr(0, table.size() - 1) + "NumberOfEntries");
  if (counter != parameters.end()) counter->second.value = std::to_string(rows(table).size());
}

std::vector<std::uint32_t> FakeCpe::rows(const std::string& table) const {
  std::vector<std::uint32_t> numbers;
  for (const auto& [name, writable] : objects) {
    if (!name.starts_with(table) || name == table || parent_path(name) != table) continue;
    numbers.push_back(static_cast<std::uint32_t>(std::stoul(name.substr(table.size()))));
  }
  std::sort(numbers.begin(), numbers.end());
  return numbers;
}

std::optional<cwmp::CpeResponse> FakeCpe::answer(const cwmp::AcsRequest& request) {
  log.push_back(method_of(request));
  if (unsupported.contains(log.back())) return fault(FaultCode::kMethodNotSupported);
  return std::visit(Answering{*this}, request);
}

std::size_t FakeCpe::count(const std::string& method) const {
  return static_cast<std::size_t>(std::count(log.begin(), log.end(), method));
}

void Driver::take(task::Context& context) {
  for (const TreeUpdate& update : context.updates) {
    Diff changes = tree.apply(update, context.now_ms);
    diff.insert(diff.end(), changes.begin(), changes.end());
  }
  end_session = end_session || context.end_session;
}

bool Driver::step(std::unique_ptr<task::Task>& task, const Make& make, const Injection& injection) {
  using Kind = Injection::Kind;
  task::Context asking{tree, learned, 1};
  std::optional<cwmp::AcsRequest> rpc = task->next(asking);
  take(asking);
  if (asking.save) saved_ = task->save();
  if (!rpc) return false;

  const Kind kind = steps == injection.step ? injection.kind : Kind::kNone;
  ++steps;
  task::Context taking{tree, learned, 2};
  std::optional<cwmp::CpeResponse> response;
  if (kind == Kind::kFault) {
    response = fault(injection.fault);
  } else if (kind != Kind::kLostBefore && kind != Kind::kRestart) {
    response = cpe_.answer(*rpc);
  }
  if (kind == Kind::kRestart || kind == Kind::kRestartAfter) {
    task = make();
    if (!saved_.empty() && !task->restore(saved_, taking)) return false;
  } else if (!response || kind == Kind::kLostAfter) {
    task->on_lost(taking);
  } else {
    task->on_response(*response, taking);
  }
  take(taking);
  if (taking.save) saved_ = task->save();
  return true;
}

std::unique_ptr<task::Task> Driver::run(const Make& make, Injection injection) {
  std::unique_ptr<task::Task> task = make();
  while (task->phase() == task::Task::Phase::kReady) {
    if (steps == kMaxSteps) return nullptr;
    step(task, make, injection);
  }
  return task;
}

bool Driver::go_on(task::Task& running) {
  while (running.phase() == task::Task::Phase::kReady) {
    if (++steps == kMaxSteps) return false;
    task::Context asking{tree, learned, 3};
    std::optional<cwmp::AcsRequest> rpc = running.next(asking);
    take(asking);
    if (!rpc) break;
    task::Context taking{tree, learned, 4};
    if (auto response = cpe_.answer(*rpc)) {
      running.on_response(*response, taking);
    } else {
      running.on_lost(taking);
    }
    take(taking);
  }
  return true;
}

void Driver::inform(task::Task& task, std::vector<cwmp::Event> events) {
  cwmp::Inform message;
  message.events = std::move(events);
  task::Context context{tree, learned, 5};
  task.on_inform(message, context);
  take(context);
}

FakeCpe small_gateway() {
  FakeCpe cpe;
  cpe.add_parameter("Device.DeviceInfo.SerialNumber", "123", "string", false);
  cpe.add_parameter("Device.DeviceInfo.UpTime", "10", "unsignedInt", false);
  cpe.add_parameter("Device.DeviceInfo.ProvisioningCode", "");
  cpe.add_parameter("Device.ManagementServer.ConnectionRequestURL", "http://h/", "string", false);
  cpe.add_parameter("Device.ManagementServer.ConnectionRequestUsername", "");
  cpe.add_parameter("Device.ManagementServer.ConnectionRequestPassword", "");
  cpe.add_parameter("Device.ManagementServer.PeriodicInformEnable", "1", "boolean");
  cpe.add_parameter("Device.ManagementServer.PeriodicInformInterval", "3600", "unsignedInt");
  cpe.add_parameter("Device.ManagementServer.PeriodicInformTime", "0001-01-01T00:00:00Z",
                    "dateTime");
  cpe.add_parameter("Device.WiFi.SSID.1.Enable", "1", "boolean");
  cpe.add_parameter("Device.WiFi.SSID.1.SSID", "home");
  cpe.add_parameter("Device.WiFi.AccessPoint.1.Security.Password", "");
  const std::string table = "Device.NAT.PortMapping.";
  cpe.objects[table] = true;
  cpe.row_templates[table] = {{"Enable", {"0", "boolean", true}},
                              {"Alias", {"cpe", "string", true}},
                              {"ExternalPort", {"0", "unsignedInt", true}},
                              {"Status", {"Disabled", "string", false}}};
  cpe.add_row(table, 1);
  cpe.add_row(table, 3);
  cpe.objects["Device.NAT."] = false;
  cpe.next_instance[table] = 4;
  cpe.objects["Device.Hosts.Host."] = false;
  cpe.objects["Device.Hosts."] = false;
  return cpe;
}

}  // namespace bridge::testing
