// A port mapping on another connection is another row there: TR-098 has one table per connection.
#include <utility>

#include "bridge/translate/write_place.h"
#include "bridge/translate/write_settings.h"

namespace bridge::translate {

namespace {

constexpr std::string_view kMappings = "Device.NAT.PortMapping.{i}.";
constexpr std::string_view kInterface = "Interface";

const usp::Setting* interface_of(const ShownStep& step) {
  for (const usp::Setting& setting : step.settings) {
    if (setting.param == kInterface) return &setting;
  }
  return nullptr;
}

/// A WAN connection with its dot; empty: it is none.
std::string connection_of(const Projection& projection, const std::string& shown) {
  if (shown.empty()) return {};
  const auto native = projection.to_native_reference(shown);
  if (!native) return {};
  const std::string object = as_object(*native);
  for (const char* const table : {"WANIPConnection", "WANPPPConnection"}) {
    if (enclosing_row(object, table) == object) return object;
  }
  return {};
}

/// Is it the row's own, set by the controller or the device's user?
bool moves_along(const Projection& projection, const Node& node) {
  if (node.is_object() || !node.has_value() || node.writable() == Writable::kNo) return false;
  const Mapping& mapping = projection.mapping();
  const auto& rules = mapping.of_native(supported_path(node.path()));
  for (const std::uint32_t index : rules) {
    if (mapping.rules()[index].writable) return true;
  }
  return rules.empty() && node.writable() == Writable::kYes;  // the vendor's
}

/// The values the row has, or will have.
void copy_values(const Projection& projection, const std::string& row, const Draft& draft,
                 const Origin& origin, bool required, Draft& copy) {
  projection.native().for_each_child(row, [&](const Node& node) {
    if (!moves_along(projection, node)) return;
    std::string value = draft.value(node.path()).value_or("");
    copy.take(only(std::string(node.name()), std::move(value)), origin, required);
  });
}

/// What else the step sets, in the names of the new row.
void copy_changes(const Projection& projection, const std::string& row, const ShownStep& step,
                  Draft& draft, Draft& copy) {
  std::vector<usp::Setting> others(step.settings.begin(), step.settings.end());
  std::erase_if(others, [](const usp::Setting& each) { return each.param == kInterface; });
  Draft changes(projection);
  write_settings(projection, {step.index, step.path, others}, changes);
  const NativeWrite write = std::move(changes).finish();
  for (const NativeAssignment& each : write.set) {
    for (const Origin& origin : each.origins) {
      copy.take(only(each.name.substr(row.size()), each.value), origin, each.required);
    }
  }
  for (const Refused& each : write.refused) {
    draft.refuse(each.origin, each.required, {each.code, each.text});
  }
}

}  // namespace

bool is_move(const Projection& projection, const ShownStep& step) {
  const usp::Setting* setting = interface_of(step);
  if (setting == nullptr || supported_path(step.path) != kMappings) return false;
  const Link row = object_link(projection, step.path);
  if (row.rule == nullptr) return false;
  const std::string connection = connection_of(projection, setting->value);
  return !connection.empty() && connection != parent_path(parent_path(row.native));
}

NativeWrite move_row(const Projection& projection, const ShownStep& step, Draft& draft) {
  const usp::Setting& setting = *interface_of(step);
  const Origin origin{step.index, setting.param};
  const std::string row(object_link(projection, step.path).native);
  const std::string table = connection_of(projection, setting.value) + "PortMapping.";
  for (const std::string& object : {row, table}) {
    const Node* node = projection.native().find(object);
    if (node == nullptr || node->writable() != Writable::kNo) continue;
    const WriteError error{usp::ErrorCode::kNotWriteable, "read-only on this device: " + object};
    draft.refuse(origin, setting.required, about(setting.param, error));
    return {};
  }
  Draft copy(projection);
  copy_values(projection, row, draft, origin, setting.required, copy);
  copy_changes(projection, row, step, draft, copy);
  NativeWrite write = std::move(copy).finish();
  for (NativeAssignment& each : write.set) {
    each.like = row + each.name;
    each.type = native_type_of(projection.mapping(), each.like);
  }
  write.add = table;
  write.remove = row;
  write.moved = step.path;
  return write;
}

}  // namespace bridge::translate
