#include "usp/settings.h"

#include <algorithm>
#include <map>
#include <optional>
#include <unordered_map>
#include <unordered_set>

#include "usp/value_type.h"

namespace usp {
namespace {

constexpr std::size_t kMaxAliasChars = 64;  // TR-106 Alias

// The parameter a relative path leads to.
struct Target {
  std::string object;
  const SupportedObject* supported = nullptr;
  const SupportedParam* param = nullptr;
};

std::optional<Target> find_param(const SupportedObject& object, const std::string& object_path,
                                 std::string_view relative, bool adding) {
  Target target{object_path, &object, nullptr};
  bool at_table = false;
  while (true) {
    const std::size_t dot = relative.find('.');
    const std::string_view part = relative.substr(0, dot);
    std::uint32_t number = 0;
    if (at_table) {
      // Exit if it goes into another table of a row that does not exist yet.
      if (adding || dot == std::string_view::npos || !parse_instance_number(part, number)) {
        return std::nullopt;
      }
      at_table = false;
    } else if (dot == std::string_view::npos) {
      target.param = target.supported->param(part);
      return target.param != nullptr ? std::optional(target) : std::nullopt;
    } else {
      target.supported = target.supported->child(part);
      if (target.supported == nullptr) return std::nullopt;
      at_table = target.supported->multi_instance;
    }
    target.object.append(part) += '.';
    relative.remove_prefix(dot + 1);
  }
}

bool is_unique_key(const SupportedObject& object, std::string_view name) {
  return std::any_of(
      object.unique_keys.begin(), object.unique_keys.end(),
      [name](const auto& keys) { return std::find(keys.begin(), keys.end(), name) != keys.end(); });
}

bool is_alias(std::string_view text) {
  const bool letter =
      !text.empty() && ((text[0] >= 'A' && text[0] <= 'Z') || (text[0] >= 'a' && text[0] <= 'z'));
  return letter && text.size() <= kMaxAliasChars;
}

// Key-based addresses in a reference become instance numbers (R-ARC.11); a strong reference has to
// lead somewhere (R-ARC.12).
std::optional<Error> settle_reference(const Context& context, const SupportedParam& param,
                                      std::string& value) {
  std::string settled;
  for (const std::string_view item : split_list(value)) {
    if (!settled.empty()) settled += ',';
    const bool keyed = item.find('[') != std::string_view::npos;
    if (!keyed && param.reference == ReferenceKind::kWeak) {
      settled += item;
      continue;
    }
    auto path = parse_reference(item);
    if (!path) return Error{ErrorCode::kInvalidValue, "not a reference: " + path.error().text, {}};
    const std::string leaf = path->kind == Path::Kind::kParameter ? path->leaf : std::string();
    const auto found = search::resolve(*path, context.model, context.access, {true, nullptr});
    const bool exists = found && found->matches.size() == 1;
    if (!exists && param.reference == ReferenceKind::kStrong && !item.empty()) {
      return Error{ErrorCode::kInvalidValue, "refers to nothing that exists", {}};
    }
    if (keyed && exists) {
      // A reference has no dot at its end (TR-106 3.2.4).
      std::string instance = found->matches[0].path;
      instance.pop_back();
      settled += instance;
    } else {
      settled += item;
    }
  }
  value = std::move(settled);
  return std::nullopt;
}

std::optional<Error> check_one(const Context& context, const SupportedObject& object,
                               const std::string& object_path, Setting& setting, bool adding) {
  const auto target = find_param(object, object_path, setting.param, adding);
  if (!target) return Error{ErrorCode::kUnsupportedParameter, "no such parameter", {}};
  const SupportedParam& param = *target->param;
  const std::string& at = target->object;
  if (!adding && context.model.value(at, param.name).state == ValueState::kAbsent) {
    return Error{ErrorCode::kUnsupportedParameter, "this instance has no such parameter", {}};
  }
  if (!context.access.unrestricted() && !context.access.may_write(at, param.name)) {
    return Error{ErrorCode::kPermissionDenied, "no permission to write", {}};
  }
  if (param.access == ParamAccess::kReadOnly) {
    return Error{ErrorCode::kNotWriteable, "read-only", {}};
  }
  // R-KEY.1 and writeOnceReadOnly.
  if (param.access == ParamAccess::kWriteOnce && !adding) {
    return Error{ErrorCode::kNotWriteable, "can only be set when the object is added", {}};
  }
  if (const auto problem = check_type(param, setting.value)) {
    return Error{ErrorCode::kInvalidType, *problem, {}};
  }
  if (param.name == "Alias" && !is_alias(setting.value)) {
    return Error{
        ErrorCode::kInvalidValue, "an Alias begins with a letter, up to 64 characters", {}};
  }
  if (param.reference != ReferenceKind::kNone) {
    if (auto problem = settle_reference(context, param, setting.value)) return problem;
  }
  return context.model.check_value(at, param.name, setting.value);
}

// The last setting of a name wins; it is required if one of them is.
std::vector<Setting> without_repetition(std::vector<Setting> settings) {
  std::unordered_map<std::string, std::size_t> seen;
  std::vector<Setting> out;
  out.reserve(settings.size());
  for (Setting& setting : settings) {
    const auto [found, is_new] = seen.try_emplace(setting.param, out.size());
    if (is_new) {
      out.push_back(std::move(setting));
    } else {
      Setting& earlier = out[found->second];
      earlier.value = std::move(setting.value);
      earlier.required = earlier.required || setting.required;
    }
  }
  return out;
}

const Setting* find_setting(const std::vector<Setting>& settings, const std::string& name) {
  const auto found = std::find_if(settings.begin(), settings.end(),
                                  [&name](const Setting& it) { return it.param == name; });
  return found == settings.end() ? nullptr : &*found;
}

std::optional<std::string> known_value(const Context& context, const std::string& object,
                                       const std::string& name) {
  Value value = context.model.value(object, name);
  if (value.state != ValueState::kKnown && value.state != ValueState::kStale) return std::nullopt;
  return std::move(value.text);
}

// "Device.X.Table.3." -> "Device.X.Table."
std::string table_of(std::string_view instance) {
  instance.remove_suffix(1);
  return std::string(instance.substr(0, instance.rfind('.') + 1));
}

// All rows of one table under one set of keys, with the settings of the message laid over them.
class KeyTable {
 public:
  KeyTable(const Context& context, const std::vector<std::string>& keys)
      : context_(context), keys_(keys) {}

  std::map<std::string, const KeyedObject*> changed;  // by path

  void refuse_duplicates(const std::string& table) {
    std::unordered_map<std::string, const KeyedObject*> seen;
    for (const std::uint32_t number : context_.model.instances(table)) {
      const std::string path = table + std::to_string(number) + ".";
      const auto found = changed.find(path);
      const KeyedObject* object = found == changed.end() ? nullptr : found->second;
      const auto tuple = key_of(path, object);
      if (!tuple) continue;
      const auto [other, is_new] = seen.try_emplace(*tuple, object);
      if (is_new) continue;
      refuse(object);
      refuse(other->second);
    }
  }

 private:
  std::optional<std::string> key_of(const std::string& path, const KeyedObject* object) const {
    std::string tuple;
    for (const std::string& key : keys_) {
      const Setting* setting =
          object == nullptr ? nullptr : find_setting(object->settings->good, key);
      const auto value = setting != nullptr ? setting->value : known_value(context_, path, key);
      if (!value) return std::nullopt;
      tuple += std::to_string(value->size()) + ":" + *value;
    }
    return tuple;
  }

  void refuse(const KeyedObject* object) const {
    if (object == nullptr) return;
    for (const std::string& key : keys_) {
      object->settings->refuse(key, ErrorCode::kDuplicateKey, "another row has this unique key");
    }
  }

  const Context& context_;
  const std::vector<std::string>& keys_;
};

}  // namespace

void CheckedSettings::refuse(const std::string& param, ErrorCode code, std::string text) {
  const auto found = std::find_if(good.begin(), good.end(),
                                  [&param](const Setting& it) { return it.param == param; });
  if (found == good.end()) return;
  (found->required ? culprits : refused).push_back({param, code, std::move(text)});
  good.erase(found);
}

CheckedSettings check_settings(const Context& context, const SupportedObject& object,
                               const std::string& object_path, std::vector<Setting> wanted,
                               bool adding) {
  CheckedSettings result;
  for (Setting& setting : without_repetition(std::move(wanted))) {
    if (adding && is_unique_key(object, setting.param)) setting.required = true;
    auto problem = check_one(context, object, object_path, setting, adding);
    if (!problem) {
      result.good.push_back(std::move(setting));
      continue;
    }
    (setting.required ? result.culprits : result.refused)
        .push_back({std::move(setting.param), problem->code, std::move(problem->text)});
  }
  return result;
}

void refuse_duplicate_keys(const Context& context, const std::vector<KeyedObject>& objects) {
  // By table and set of keys: only what the message touches is looked at.
  std::map<std::pair<std::string, const std::vector<std::string>*>, KeyTable> tables;
  for (const KeyedObject& object : objects) {
    if (!object.object->multi_instance) continue;
    for (const auto& keys : object.object->unique_keys) {
      const bool touched = std::any_of(keys.begin(), keys.end(), [&object](const auto& key) {
        return find_setting(object.settings->good, key) != nullptr;
      });
      if (!touched) continue;
      const auto [table, is_new] =
          tables.try_emplace({table_of(object.path), &keys}, context, keys);
      table->second.changed.emplace(object.path, &object);
    }
  }
  for (auto& [key, table] : tables) table.refuse_duplicates(key.first);
}

bool NewKeys::taken(const std::string& table, const std::vector<std::string>& keys,
                    const std::vector<std::string>& values) const {
  for (const std::uint32_t number : context_.model.instances(table)) {
    const std::string path = table + std::to_string(number) + ".";
    bool same = true;
    for (std::size_t i = 0; same && i < keys.size(); ++i) {
      same = known_value(context_, path, keys[i]) == values[i];
    }
    if (same) return true;
  }
  return false;
}

bool NewKeys::claim(const std::string& table, const SupportedObject& object,
                    const std::vector<Setting>& settings) {
  std::vector<std::pair<std::string, std::vector<std::string>>> mine;
  for (const auto& keys : object.unique_keys) {
    std::string name = table;
    std::vector<std::string> values;
    for (const std::string& key : keys) {
      const Setting* setting = find_setting(settings, key);
      const auto value =
          setting != nullptr ? setting->value : context_.model.implied_key(table, key);
      if (!value) break;
      name += key + ',';
      values.push_back(*value);
    }
    // Left-out keys are generated and cannot collide.
    if (values.size() != keys.size()) continue;
    if (taken(table, keys, values)) return false;
    mine.emplace_back(std::move(name), std::move(values));
    if (claimed_.contains(mine.back())) return false;
  }
  claimed_.insert(mine.begin(), mine.end());
  return true;
}

}  // namespace usp
