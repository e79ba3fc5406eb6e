#include "tests/support/fake_data_model.h"

#include <algorithm>

#include "usp/path.h"

namespace support {
namespace {

using usp::ObjectAccess;
using usp::ParamAccess;
using usp::ParamType;
using usp::SupportedObject;
using usp::SupportedParam;

// Builds a node with its path; children get theirs from build().
struct Node {
  SupportedObject object;
  std::vector<Node> children;
};

std::shared_ptr<const SupportedObject> build(Node node, const std::string& parent) {
  SupportedObject object = std::move(node.object);
  object.path = parent + object.name + "." + (object.multi_instance ? "{i}." : "");
  for (Node& child : node.children) object.children.push_back(build(std::move(child), object.path));
  return std::make_shared<const SupportedObject>(std::move(object));
}

Node single(std::string name, std::vector<SupportedParam> params, std::vector<Node> children = {}) {
  Node node;
  node.object.name = std::move(name);
  node.object.params = std::move(params);
  node.children = std::move(children);
  return node;
}

Node table(std::string name, std::vector<std::vector<std::string>> keys,
           std::vector<SupportedParam> params, std::vector<Node> children = {}) {
  Node node = single(std::move(name), std::move(params), std::move(children));
  node.object.multi_instance = true;
  node.object.access = ObjectAccess::kAddDelete;
  node.object.unique_keys = std::move(keys);
  return node;
}

SupportedParam ro(std::string name, ParamType type = ParamType::kString) {
  return {std::move(name), ParamAccess::kReadOnly, type};
}
SupportedParam rw(std::string name, ParamType type = ParamType::kString) {
  return {std::move(name), ParamAccess::kReadWrite, type};
}
SupportedParam once(std::string name) {
  return {std::move(name), ParamAccess::kWriteOnce, ParamType::kString};
}

SupportedParam secret(std::string name) {
  SupportedParam param = rw(std::move(name));
  param.secret = true;
  return param;
}

SupportedParam list(std::string name, ParamType type = ParamType::kString) {
  SupportedParam param = rw(std::move(name), type);
  param.list = true;
  return param;
}

SupportedParam reference(std::string name, usp::ReferenceKind kind, bool is_list = false) {
  SupportedParam param = rw(std::move(name));
  param.reference = kind;
  param.list = is_list;
  return param;
}

Node controller() {
  Node node = table(
      "Controller", {{"Alias"}, {"EndpointID"}},
      {once("Alias"), once("EndpointID"), rw("Enable", ParamType::kBoolean), rw("ProvisioningCode"),
       rw("PeriodicNotifInterval", ParamType::kUnsignedInt), secret("Credential")},
      {table("BootParameter", {{"Alias"}, {"ParameterName"}},
             {once("Alias"), rw("Enable", ParamType::kBoolean), rw("ParameterName")}),
       table("MTP", {{"Alias"}}, {once("Alias"), rw("Protocol")},
             {single("MQTT", {rw("Topic")})})});
  node.object.commands = {{"SendOnBoardRequest()", false, {}, {}}};
  return node;
}

Node subscription() {
  return table(
      "Subscription", {{"Alias"}, {"Recipient", "ID"}},
      {once("Alias"), rw("Enable", ParamType::kBoolean), ro("Recipient"), once("ID"),
       rw("NotifType"), list("ReferenceList"), rw("NotifRetry", ParamType::kBoolean),
       rw("NotifExpiration", ParamType::kUnsignedInt), ro("CreationDate", ParamType::kDateTime)});
}

Node local_agent_node() {
  Node request = table("Request", {}, {ro("Command")});
  request.object.access = ObjectAccess::kReadOnly;
  request.object.commands = {{"Cancel()", false, {}, {}}};
  Node mtp = table("MTP", {{"Alias"}}, {once("Alias"), rw("Protocol")});
  mtp.object.access = ObjectAccess::kReadOnly;
  Node node = single("LocalAgent", {ro("EndpointID"), ro("SoftwareVersion"), ro("UpTime")},
                     {controller(), std::move(mtp), subscription(), std::move(request)});
  node.object.params[2] = {"UpTime", ParamAccess::kReadOnly, ParamType::kUnsignedInt, false, false};
  node.object.events = {{"TransferComplete!", {"Command", "CommandKey"}}};
  return node;
}

Node ip() {
  Node interface = table(
      "Interface", {{"Alias"}, {"Name"}},
      {once("Alias"), rw("Name"), rw("Enable", ParamType::kBoolean),
       reference("LowerLayers", usp::ReferenceKind::kWeak, true),
       reference("Router", usp::ReferenceKind::kStrong), rw("MaxMTU", ParamType::kUnsignedInt),
       list("Ports", ParamType::kUnsignedInt), rw("MAC", ParamType::kHexBinary)},
      {single("Stats", {ro("ErrorsSent", ParamType::kUnsignedLong), ro("BytesSent")})});
  interface.object.commands = {{"Reset()", false, {}, {}}};
  return single("IP", {ro("InterfaceNumberOfEntries", ParamType::kUnsignedInt)},
                {std::move(interface)});
}

bool contains(const std::set<std::string, std::less<>>& set, std::string_view object,
              std::string_view name) {
  return set.contains(std::string(object).append(name));
}

}  // namespace

std::shared_ptr<const SupportedObject> local_agent_model() {
  Node root = single("Device", {ro("RootDataModelVersion")}, {local_agent_node(), ip()});
  root.object.commands = {{"Reboot()", false, {}, {}},
                          {"ScheduleTimer()", true, {{"DelaySeconds", true}, {"Note", false}}, {}},
                          {"Probe()", false, {{"Host.{i}.Name", false}}, {"Result"}}};
  root.object.events = {{"Boot!", {"CommandKey", "Cause", "ParameterMap"}}};
  return build(std::move(root), "");
}

FakeDataModel local_agent() {
  FakeDataModel model(local_agent_model());
  model.set("Device.RootDataModelVersion", "2.17");
  model.set("Device.LocalAgent.EndpointID", "os::012345-A1");
  model.set("Device.LocalAgent.SoftwareVersion", "1.0.0");
  model.set("Device.LocalAgent.UpTime", "77");
  for (const std::string n : {"1", "2"}) {
    const std::string controller = "Device.LocalAgent.Controller." + n + ".";
    model.set(controller + "Alias", "cpe-" + n);
    model.set(controller + "EndpointID", "self::controller-" + n);
    model.set(controller + "Enable", "true");
    model.set(controller + "ProvisioningCode", "");
    model.set(controller + "PeriodicNotifInterval", "86400");
    model.set(controller + "Credential", "not to be seen");
    model.set(controller + "MTP.1.Alias", "cpe-1");
    model.set(controller + "MTP.1.Protocol", "MQTT");
    model.set(controller + "MTP.1.MQTT.Topic", "usp/c" + n);
  }
  for (const std::string n : {"1", "2"}) {
    const std::string boot = "Device.LocalAgent.Controller.1.BootParameter." + n + ".";
    model.set(boot + "Alias", "boot-" + n);
    model.set(boot + "Enable", n == "1" ? "true" : "false");
    model.set(boot + "ParameterName", "Device.P" + n);
  }
  model.set("Device.LocalAgent.MTP.1.Alias", "mtp-1");
  model.set("Device.LocalAgent.MTP.1.Protocol", "MQTT");
  for (const std::string n : {"1", "2", "10"}) {
    const std::string subscription = "Device.LocalAgent.Subscription." + n + ".";
    model.set(subscription + "Alias", "sub-" + n);
    model.set(subscription + "Enable", n == "2" ? "false" : "1");
    model.set(subscription + "Recipient", "Device.LocalAgent.Controller.1");
    model.set(subscription + "ID", "id-" + n);
    model.set(subscription + "NotifType", "ValueChange");
    model.set(subscription + "ReferenceList", "Device.A,Device.B");
    model.set(subscription + "NotifRetry", "false");
    model.set(subscription + "NotifExpiration", n == "10" ? "0100" : n == "2" ? "10" : "9");
    model.set(subscription + "CreationDate", "2024-05-0" + n.substr(0, 1) + "T00:00:00Z");
  }
  model.add_object("Device.LocalAgent.Request.");
  model.set("Device.IP.InterfaceNumberOfEntries", "2");
  for (const std::string n : {"1", "2"}) {
    const std::string interface = "Device.IP.Interface." + n + ".";
    model.set(interface + "Alias", "if-" + n);
    model.set(interface + "Name", "eth" + n);
    model.set(interface + "Enable", "true");
    model.set(interface + "LowerLayers",
              n == "1" ? "Device.IP.Interface.2, Device.IP.Interface.1" : "");
    model.set(interface + "Router", n == "2" ? "Device.IP.Interface.[Alias==\"if-1\"]" : "");
    model.set(interface + "MaxMTU", "1500");
    model.set(interface + "Ports", "80, 0443");
    model.set(interface + "MAC", "00aaFF");
    model.set(interface + "Stats.ErrorsSent", n == "1" ? "18446744073709551615" : "0");
    model.set(interface + "Stats.BytesSent", "5");
  }
  return model;
}

FakeDataModel::FakeDataModel(std::shared_ptr<const SupportedObject> root)
    : root_(std::move(root)) {}

void FakeDataModel::add_object(const std::string& path) {
  for (std::size_t dot = path.find('.'); dot != std::string::npos; dot = path.find('.', dot + 1)) {
    const std::string object = path.substr(0, dot + 1);
    objects_.try_emplace(object);
    const std::string_view inside = std::string_view(object).substr(0, dot);
    const auto [parent, last] = usp::split_path(inside);
    std::uint32_t number = 0;
    if (!usp::parse_instance_number(last, number)) continue;
    tables_[std::string(parent)].insert(number);
    auto& highest = last_number_[std::string(parent)];
    highest = std::max(highest, number);
  }
}

void FakeDataModel::remove_object(const std::string& path) {
  const auto below = [&path](const auto& entry) { return entry.first.starts_with(path); };
  std::erase_if(objects_, below);
  std::erase_if(tables_, below);
  const auto [parent, last] = usp::split_path(std::string_view(path).substr(0, path.size() - 1));
  std::uint32_t number = 0;
  if (usp::parse_instance_number(last, number)) tables_[std::string(parent)].erase(number);
}

void FakeDataModel::set(const std::string& param_path, const std::string& value) {
  const auto [object, name] = usp::split_path(param_path);
  add_object(std::string(object));
  objects_[std::string(object)][std::string(name)] = {value, usp::ValueState::kKnown};
}

void FakeDataModel::set_state(const std::string& param_path, usp::ValueState state) {
  const auto [object, name] = usp::split_path(param_path);
  objects_[std::string(object)][std::string(name)].state = state;
}

std::string FakeDataModel::get(const std::string& param_path) const {
  const auto [object, name] = usp::split_path(param_path);
  return value(object, name).text;
}

std::string FakeDataModel::model_uri(const SupportedObject& /*object*/) const {
  return "urn:broadband-forum-org:tr-181-2-17-0";
}

bool FakeDataModel::has_object(std::string_view object_path) const {
  if (objects_.contains(object_path)) return true;
  // A table is there when its parent is.
  const auto parent = usp::split_path(object_path.substr(0, object_path.size() - 1));
  std::uint32_t number = 0;
  return !usp::parse_instance_number(parent.leaf, number) && objects_.contains(parent.object);
}

std::vector<std::uint32_t> FakeDataModel::instances(std::string_view table_path) const {
  ++enumerations;
  const auto found = tables_.find(table_path);
  if (found == tables_.end()) return {};
  return {found->second.begin(), found->second.end()};
}

usp::Value FakeDataModel::value(std::string_view object_path, std::string_view name) const {
  const auto object = objects_.find(object_path);
  if (object == objects_.end()) return {};
  const auto param = object->second.find(std::string(name));
  if (param == object->second.end()) return {};
  return {param->second.state,
          param->second.state == usp::ValueState::kUnread ? "" : param->second.text};
}

void FakeDataModel::for_each_param(std::string_view object_path, const ParamVisitor& visit) const {
  ++enumerations;
  const auto object = objects_.find(object_path);
  if (object == objects_.end()) return;
  for (const auto& [name, stored] : object->second) visit({name, stored.state, stored.text});
}

std::optional<usp::Error> FakeDataModel::check_command(
    std::string_view, std::string_view, const std::map<std::string, std::string>& input) const {
  for (const auto& [name, value] : refused_arguments) {
    const auto given = input.find(name);
    if (given != input.end() && given->second == value) {
      return usp::Error{usp::ErrorCode::kInvalidCommandArguments, name + " is refused", {}};
    }
  }
  return std::nullopt;
}

std::optional<std::string> FakeDataModel::implied_key(std::string_view /*table_path*/,
                                                      std::string_view name) const {
  if (name == "Recipient") return "Device.LocalAgent.Controller.1";
  return std::nullopt;
}

usp::StepResult FakeDataModel::run_set(const usp::Step& step) {
  usp::StepResult result;
  result.state = usp::StepResult::State::kDone;
  for (const usp::Setting& setting : step.settings) {
    if (setting.param == poison) {
      result.param_errors.push_back(
          {setting.param, usp::ErrorCode::kInvalidValue, "the device refused"});
      if (setting.required) result.state = usp::StepResult::State::kFailed;
    } else {
      result.values[setting.param] = setting.value;
    }
  }
  return result;
}

usp::StepResult FakeDataModel::run_add(const usp::Step& step) {
  usp::StepResult result = run_set(step);
  if (result.state != usp::StepResult::State::kDone) return result;
  const std::uint32_t number = ++last_number_[step.path];
  result.path = step.path + std::to_string(number) + ".";
  add_object(result.path);
  for (const auto& [name, value] : result.values) set(result.path + name, value);
  result.values.clear();
  for (const std::string& key : step.missing_keys) {
    const auto implied = implied_key(step.path, key);
    set(result.path + key, implied ? *implied : "cpe-" + std::to_string(number));
  }
  for (const auto& [name, stored] : objects_[result.path]) {
    if (name == "Alias" || name == "ID" || name == "Recipient" || name == "ParameterName") {
      result.values[name] = stored.text;
    }
  }
  return result;
}

std::vector<usp::StepResult> FakeDataModel::execute(const usp::Plan& plan) {
  using State = usp::StepResult::State;
  std::vector<usp::StepResult> results;
  for (const usp::Step& step : plan.steps) {
    if (plan.kind == usp::Plan::Kind::kSet) results.push_back(run_set(step));
    if (plan.kind == usp::Plan::Kind::kAdd) results.push_back(run_add(step));
    if (plan.kind == usp::Plan::Kind::kDelete) {
      remove_object(step.path);
      results.emplace_back().state = State::kDone;
    }
    if (plan.kind == usp::Plan::Kind::kOperate) {
      results.emplace_back().state = State::kDone;
      if (plan.asynchronous) results.back().path = "Device.LocalAgent.Request.1.";
    }
  }
  const auto failed = [](const usp::StepResult& it) { return it.state != State::kDone; };
  const bool undo = plan.all_or_nothing && std::any_of(results.begin(), results.end(), failed);
  for (std::size_t i = 0; i < results.size(); ++i) {
    if (undo && results[i].state == State::kDone) {
      if (plan.kind == usp::Plan::Kind::kAdd) remove_object(results[i].path);
      results[i] = {};
    } else if (plan.kind == usp::Plan::Kind::kSet && results[i].state == State::kDone) {
      for (const auto& [name, value] : results[i].values) set(plan.steps[i].path + name, value);
    }
  }
  return results;
}

bool FakeAccess::may_read(std::string_view object, std::string_view name) const {
  return !contains(no_read, object, name);
}
bool FakeAccess::may_list(std::string_view instance) const { return !no_list.contains(instance); }
bool FakeAccess::may_see(std::string_view object, std::string_view name, Element /*what*/) const {
  return !contains(no_see, object, name);
}
bool FakeAccess::may_write(std::string_view object, std::string_view name) const {
  return !contains(no_write, object, name);
}
bool FakeAccess::may_add(std::string_view table) const { return !no_add.contains(table); }
bool FakeAccess::may_delete(std::string_view instance) const {
  return !no_delete.contains(instance);
}
bool FakeAccess::may_operate(std::string_view object, std::string_view command) const {
  return !contains(no_operate, object, command);
}

}  // namespace support
