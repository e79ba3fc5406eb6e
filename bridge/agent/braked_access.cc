#include "bridge/agent/braked_access.h"

#include "bridge/agent/command_catalogue.h"
#include "bridge/agent/unique_keys.h"

namespace bridge {

bool BrakedAccess::note(bool denied) const {
  denied_ = denied_ || denied;
  return denied;
}

bool BrakedAccess::denies(const std::string& path) const {
  if (brakes_.denies(path)) return true;
  const auto other = other_name_ ? other_name_(path) : std::nullopt;
  return other && *other != path && brakes_.denies(*other);
}

bool BrakedAccess::may_write(std::string_view object, std::string_view name) const {
  if (brakes_.denies_any() && note(denies(std::string(object).append(name)))) return false;
  return inner_.unrestricted() || inner_.may_write(object, name);
}

bool BrakedAccess::may_add(std::string_view table) const {
  if (brakes_.denies_any() && note(denies(std::string(table)))) return false;
  return inner_.unrestricted() || inner_.may_add(table);
}

bool BrakedAccess::may_delete(std::string_view instance) const {
  if (brakes_.denies_any()) {
    const std::string row(instance);
    const auto* supported = supported_object(model_, row);
    if (note(denies(row) || (supported != nullptr && holds_denied(row, *supported)))) return false;
  }
  return inner_.unrestricted() || inner_.may_delete(instance);
}

bool BrakedAccess::holds_denied(const std::string& object,
                                const usp::SupportedObject& supported) const {
  // Exit if no pattern can name anything below, unless it has other names.
  if (!other_name_ && !brakes_.may_deny_below(object)) return false;
  bool found = false;
  model_.for_each_param(object, [&](const usp::ParamView& param) {
    found = found || denies(object + std::string(param.name));
  });
  for (const auto& child : supported.children) {
    if (found) break;
    const std::string path = object + child->name + ".";
    if (!model_.has_object(path)) continue;
    found = denies(path);
    if (!child->multi_instance) {
      found = found || holds_denied(path, *child);
      continue;
    }
    for (const std::uint32_t number : model_.instances(path)) {
      if (found) break;
      const std::string row = path + std::to_string(number) + ".";
      found = denies(row) || holds_denied(row, *child);
    }
  }
  return found;
}

bool BrakedAccess::may_operate(std::string_view object, std::string_view command) const {
  if (brakes_.denies_any()) {
    bool denied = denies(std::string(object).append(command));
    const CommandRow* row = CommandCatalogue::get().find(object, command);
    const bool writes = row != nullptr && !row->target.empty() && !row->target.ends_with('.');
    if (writes && !denied) denied = denies(with_instances(row->target, object));
    if (note(denied)) return false;
  }
  return inner_.unrestricted() || inner_.may_operate(object, command);
}

bool BrakedAccess::may_touch(std::size_t objects) const {
  const bool capped = objects > brakes_.instances();
  capped_ = capped_ || capped;
  return !capped && inner_.may_touch(objects);
}

}  // namespace bridge
