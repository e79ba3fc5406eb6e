// Add: AddObject, and what the new row is to have.
#include <algorithm>
#include <utility>

#include "bridge/translate/text.h"
#include "bridge/translate/write_place.h"
#include "bridge/translate/write_rows.h"
#include "bridge/translate/write_settings.h"

namespace bridge::translate {

namespace {

constexpr std::string_view kInterfaces = "Device.IP.Interface.";

/// A row that is there is what the new one's parameters are like; empty: there is none.
std::string sibling_of(const Projection& projection, const std::string& table) {
  const std::vector<std::uint32_t> rows = projection.native().instances(table);
  return rows.empty() ? std::string() : table + std::to_string(rows.front()) + ".";
}

NativeWrite finish(const Projection& projection, const std::string& table, Draft draft) {
  NativeWrite write = std::move(draft).finish();
  const std::string sibling = sibling_of(projection, table);
  for (NativeAssignment& each : write.set) {
    each.type = native_type_of(projection.mapping(), table + "1." + each.name);
    if (!sibling.empty() && exists(projection, sibling + each.name))
      each.like = sibling + each.name;
  }
  write.add = table;
  return write;
}

// ---- what the table itself says of its rows -----------------------------------------------------

/// The integer by which rows name their bridge (BridgeKey).
std::string key_of(const Projection& projection, std::string_view object) {
  const std::string table(last_name(parent_path(object)));
  const std::string key(projection.text(object, table + "Key"));
  return key.empty() ? std::string(last_name(object)) : key;
}

/// What makes the row one of this table: LocallyServed=false of Relay.Forwarding. Where another
/// value than "false" will do, and rows have the parameter, it is made sure of.
Wants condition_wants(const Projection& projection, const NewRow& row, const ShownStep& step) {
  Wants out;
  const std::string sibling = sibling_of(projection, row.table);
  for (const Condition& condition : row.rule->when) {
    const bool not_false = condition.kind == Condition::Kind::kDiffers &&
                           condition.values == std::vector<std::string>{"false"};
    if (not_false && !sibling.empty() && exists(projection, sibling + condition.name)) {
      out.set.push_back({condition.name, "true"});
    } else if (condition.kind == Condition::Kind::kEquals) {
      out.set.push_back({condition.name, condition.values.front()});
    } else if (condition.kind == Condition::Kind::kIsRowOf) {
      const auto parent = projection.native_object(parent_path(step.path));
      if (parent) out.set.push_back({condition.name, key_of(projection, as_object(*parent))});
    }
  }
  return out;
}

/// A VLANPort is nothing without the two that it joins.
WriteResult<void> check_required(const ShownStep& step) {
  if (!supported_path(step.path).ends_with(".VLANPort.")) return {};
  for (const char* const param : {"VLAN", "Port"}) {
    if (!setting_value(step, param).empty()) continue;
    return refuse(usp::ErrorCode::kRequiredParameterFailed, std::string(param) + " is needed");
  }
  return {};
}

// ---- settings ----------------------------------------------------------------------------------

/// The rule that takes a parameter of the new row; nullptr: none.
const Rule* rule_of(const Projection& projection, const NewRow& row, const ShownStep& step,
                    const std::string& param) {
  const std::string shown = supported_path(std::string(step.path) + "1." + param);
  const std::string object = native_row_of(*row.rule, row.rule->native);
  const Rule* found = nullptr;
  for (const std::uint32_t index : projection.mapping().of_shown(shown)) {
    const Rule& rule = projection.mapping().rules()[index];
    if (!rule.native.starts_with(object)) continue;
    if (found == nullptr || (rule.writable && !found->writable)) found = &rule;
  }
  return found;
}

WriteResult<Wants> constant(const Rule& rule, const std::string& value) {
  if (same_value(rule.argument, value, rule.shown_type)) return Wants{};
  return read_only("it is always " + (rule.argument.empty() ? "empty" : rule.argument));
}

WriteResult<Wants> wants_of(const Projection& projection, const NewRow& row, const ShownStep& step,
                            const usp::Setting& setting, const Draft& draft) {
  if (auto good = check_text(setting.value); !good) {
    return tl::unexpected(std::move(good).error());
  }
  if (setting.param == row.chosen_by) return Wants{};
  const Rule* rule = rule_of(projection, row, step, setting.param);
  if (rule == nullptr) {
    return refuse(usp::ErrorCode::kUnsupportedParameter, "the device has no such parameter");
  }
  if (rule->transform == Transform::kConst) return constant(*rule, setting.value);
  const bool computed = rule->transform == Transform::kSynth;
  if (computed && setting.value.empty()) return Wants{};  // where the row is anyway
  if (computed) return read_only("it follows from where the row is");
  const std::string object = native_row_of(*row.rule, row.rule->native);
  const std::string name = rule->native.substr(object.size());
  const std::string sibling = sibling_of(projection, row.table);
  const bool aliased = !sibling.empty() && exists(projection, sibling + name);
  if (rule->transform == Transform::kAlias && !aliased) {
    return read_only("the device has no Alias here");
  }
  const Place place{projection, draft, step.path, setting.param, step.settings, *rule,
                    name,       {},    {},        nullptr};
  return to_native(place, setting.value);
}

/// Does the setting say otherwise than the table does?
bool contradicts(const Wants& wants, const Wants& fixed) {
  return std::any_of(wants.set.begin(), wants.set.end(), [&](const Wanted& each) {
    return std::any_of(fixed.set.begin(), fixed.set.end(), [&](const Wanted& other) {
      return each.name == other.name && each.value != other.value;
    });
  });
}

void take_setting(const Projection& projection, const NewRow& row, const ShownStep& step,
                  const usp::Setting& setting, const Wants& fixed, Draft& draft) {
  const Origin origin{step.index, setting.param};
  auto wants = wants_of(projection, row, step, setting, draft);
  if (wants && contradicts(*wants, fixed)) wants = invalid("not in this table");
  if (wants) {
    draft.take(*wants, origin, setting.required);
  } else {
    draft.refuse(origin, setting.required, about(setting.param, wants.error()));
  }
}

// ---- the kinds of Add --------------------------------------------------------------------------

/// A row of the device's own, below the vendor object or in a copied subtree.
WriteResult<NativeWrite> add_as_it_is(const Projection& projection, const ShownStep& step,
                                      const std::string& table) {
  const Node* node = projection.native().find(table);
  const bool mapped = !projection.mapping().of_native(supported_path(table) + "{i}.").empty();
  if (node == nullptr || node->writable() == Writable::kNo || mapped) {
    return refuse(usp::ErrorCode::kNotCreatable, "no row can be added to " + table);
  }
  Draft draft(projection);
  for (const usp::Setting& setting : step.settings) {
    const Origin origin{step.index, setting.param};
    if (auto good = check_text(setting.value); !good) {
      draft.refuse(origin, setting.required, about(setting.param, good.error()));
    } else {
      draft.take(only(setting.param, setting.value), origin, setting.required);
    }
  }
  return finish(projection, table, std::move(draft));
}

/// The IP.Interface that came with the PPP.Interface below it; empty: the step adds none such.
std::string interface_over_ppp(const Projection& projection, const ShownStep& step) {
  const std::string_view lower = setting_value(step, "LowerLayers");
  if (step.path != kInterfaces || !lower.starts_with("Device.PPP.Interface.")) return {};
  const auto connection = projection.native_object(as_object(lower));
  if (!connection) return {};
  for (const std::string& object : projection.shown_objects(as_object(*connection))) {
    if (object.starts_with(kInterfaces) && parent_path(object) == kInterfaces) return object;
  }
  return {};
}

NativeWrite add_over_ppp(const Projection& projection, const ShownStep& step,
                         const std::string& row) {
  std::vector<usp::Setting> others(step.settings.begin(), step.settings.end());
  std::erase_if(others, [](const usp::Setting& each) { return each.param == "LowerLayers"; });
  Draft draft(projection);
  write_settings(projection, {step.index, row, others}, draft);
  NativeWrite write = std::move(draft).finish();
  write.row = row;
  return write;
}

WriteResult<NativeWrite> add_to_table(const Projection& projection, const ShownStep& step) {
  if (auto good = check_required(step); !good) return tl::unexpected(std::move(good).error());
  if (auto good = check_keys(projection, step); !good) {
    return tl::unexpected(std::move(good).error());
  }
  const auto row = find_table(projection, step);
  if (!row) return tl::unexpected(row.error());

  Draft draft(projection);
  const Wants fixed = condition_wants(projection, *row, step);
  draft.take(fixed, {step.index, {}}, true);
  for (const usp::Setting& setting : step.settings) {
    take_setting(projection, *row, step, setting, fixed, draft);
  }
  const std::string sibling = sibling_of(projection, row->table);
  if (!sibling.empty() && exists(projection, sibling + "Type")) {
    take_route_type(row->table, "", {step.index, {}}, draft);
  }
  return finish(projection, row->table, std::move(draft));
}

}  // namespace

WriteResult<NativeWrite> add_row(Projection& projection, const ShownStep& step) {
  const Link table = object_link(projection, step.path);
  if (table.rule == nullptr && !table.native.empty()) {
    return add_as_it_is(projection, step, as_object(table.native));
  }
  if (is_switched_table(step.path)) return add_switched(projection, step);
  const std::string row = interface_over_ppp(projection, step);
  if (!row.empty()) return add_over_ppp(projection, step, row);
  return add_to_table(projection, step);
}

}  // namespace bridge::translate
