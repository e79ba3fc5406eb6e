#include "tests/bridge/translate/write_device.h"

#include "bridge/learned.h"
#include "bridge/task/set_values.h"
#include "bridge/translate/text.h"
#include "bridge/translate/write_draft.h"

namespace bridge::translate {

namespace {

std::vector<usp::Setting> as_settings(const Settings& settings) {
  std::vector<usp::Setting> out;
  for (const auto& [param, value] : settings) out.push_back({param, value, true});
  return out;
}

}  // namespace

WriteDevice::WriteDevice() {
  set_values(read_values(TEST_DATA_DIR "/translate/example-tr098.csv"));
}

void WriteDevice::set_value(const std::string& path, const std::string& value) {
  set_values({{path, value}});
}

void WriteDevice::set_values(const std::vector<std::pair<std::string, std::string>>& values) {
  ValuesRead read;
  for (const auto& [path, value] : values) {
    const ValueType type = native_type_of(*built_in_mapping(), path);
    read.values.push_back({path, value, std::string(xsd_name(type))});
  }
  device_.tree().apply(read, TestDevice::kReadAt);
}

void WriteDevice::fill() {
  std::vector<std::pair<std::string, std::string>> values;
  for (const Rule& rule : built_in_mapping()->rules()) {
    const bool skipped = rule.is_native_object() || rule.cwmp_only ||
                         rule.native.find("NumberOfEntries") != std::string::npos ||
                         rule.native.find(".LANInterfaces.") != std::string::npos;
    if (skipped) continue;
    std::string path;
    for (const std::string_view segment : split(rule.native, '.')) {
      if (!path.empty()) path += '.';
      path += segment.starts_with('{') ? "1" : std::string(segment);
    }
    if (device_.tree().find(path) != nullptr) continue;
    const bool number = is_number(rule.native_type) || rule.native_type == ValueType::kBoolean;
    std::string value = number ? "1" : "";
    if (!rule.words.empty() && rule.words.front().native != "*") value = rule.words.front().native;
    values.emplace_back(path, value);
  }
  const std::string bridging = "InternetGatewayDevice.Layer2Bridging.";
  values.emplace_back(bridging + "Bridge.1.BridgeKey", "1");
  values.emplace_back(bridging + "Bridge.1.Port.1.PortInterface", "1");
  values.emplace_back(bridging + "AvailableInterface.1.AvailableInterfaceKey", "1");
  values.emplace_back(bridging + "AvailableInterface.1.InterfaceReference",
                      "InternetGatewayDevice.LANDevice.1.LANEthernetInterfaceConfig.1");
  values.emplace_back(bridging + "Bridge.1.VLAN.1.VLANID", "100");
  set_values(values);
}

NativeWrite WriteDevice::set(const std::string& object, const Settings& settings) {
  return set_all({{object, settings}}).front();
}

std::vector<NativeWrite> WriteDevice::set_all(
    const std::vector<std::pair<std::string, Settings>>& steps) {
  std::vector<std::vector<usp::Setting>> settings;
  for (const auto& [object, each] : steps) settings.push_back(as_settings(each));
  std::vector<ShownStep> shown;
  for (std::size_t i = 0; i < steps.size(); ++i) shown.push_back({i, steps[i].first, settings[i]});
  return NativeWrites(device_.shown()).set(shown);
}

NativeWrite WriteDevice::add(const std::string& table, const Settings& settings) {
  const std::vector<usp::Setting> all = as_settings(settings);
  return NativeWrites(device_.shown()).add({0, table, all});
}

NativeWrite WriteDevice::remove(const std::string& row) {
  return NativeWrites(device_.shown()).remove(row);
}

std::string WriteDevice::carry_out(const NativeWrite& write) {
  Tree& tree = device_.tree();
  std::string row;
  if (!write.add.empty()) {
    const std::vector<std::uint32_t> rows = tree.instances(write.add);
    row = write.add + std::to_string(rows.empty() ? 1 : rows.back() + 1) + ".";
    tree.apply(InstanceAdded{row}, TestDevice::kReadAt);
  }
  Learned learned;
  const task::Context context{tree, learned};
  ValuesRead read;
  for (const auto* each : {&write.set, &write.follow}) {
    for (const NativeAssignment& assignment : *each) {
      read.values.push_back(task::to_device({row + assignment.name, assignment.value,
                                             assignment.required, assignment.type, assignment.like},
                                            context));
    }
  }
  tree.apply(read, TestDevice::kReadAt);
  if (!write.remove.empty()) tree.apply(ObjectRemoved{write.remove}, TestDevice::kReadAt);
  for (const NumberMove& move : write.numbers) {
    device_.numbers().share(move.table, move.from, move.to);
    device_.numbers().forget(move.table, move.from);
  }
  if (!write.add.empty() || !write.remove.empty()) {
    device_.shown().update();
    return row;
  }
  std::vector<std::string> names;
  for (const cwmp::ParameterValue& value : read.values) names.push_back(value.name);
  device_.shown().update(names);
  return row;
}

std::map<std::string, std::string> WriteDevice::sent(const NativeWrite& write) {
  Learned learned;
  const task::Context context{device_.tree(), learned};
  std::map<std::string, std::string> out;
  for (const NativeAssignment& each : write.set) {
    out[each.name] =
        task::to_device({each.name, each.value, each.required, each.type, each.like}, context)
            .value;
  }
  return out;
}

std::uint32_t refusal(const NativeWrite& write) {
  return write.refused.empty() ? 0 : static_cast<std::uint32_t>(write.refused.front().code);
}

}  // namespace bridge::translate
