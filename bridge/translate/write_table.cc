// Which of the device's tables a new row goes to.
#include <algorithm>
#include <optional>
#include <utility>

#include "bridge/translate/text.h"
#include "bridge/translate/write_place.h"
#include "bridge/translate/write_rows.h"
#include "bridge/translate/write_settings.h"

namespace bridge::translate {

namespace {

constexpr std::string_view kLanDevices = "InternetGatewayDevice.LANDevice.";
constexpr std::string_view kWanDevices = "InternetGatewayDevice.WANDevice.";
constexpr std::string_view kDefaultConnection =
    "InternetGatewayDevice.Layer3Forwarding.DefaultConnectionService";
constexpr std::string_view kWlans = "InternetGatewayDevice.LANDevice.{i}.WLANConfiguration.{i}.";

// ---- templates: "InternetGatewayDevice.LANDevice.{l}.WLANConfiguration." ------------------------

/// "{l}" with a number for the letter; others stay.
std::string with_numbers(std::string_view path, const Bindings& bindings) {
  std::string out;
  for (const std::string_view segment : split(path, '.')) {
    if (!out.empty()) out += '.';
    const bool letter = segment.size() == 3 && segment.front() == '{';
    const std::uint32_t number = letter ? bindings.number(segment[1]) : 0;
    out += number == 0 ? std::string(segment) : std::to_string(number);
  }
  return out;
}

bool has_letters(std::string_view path) { return path.find('{') != std::string_view::npos; }

bool is_number_text(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

/// The template with its letters as `object` has them; nullopt: that is elsewhere.
std::optional<std::string> with_numbers_of(std::string_view path, std::string_view object) {
  const std::size_t end = path.rfind('}') + 1;
  const std::vector<std::string_view> wanted = split(path.substr(0, end), '.');
  const std::vector<std::string_view> there = split(object, '.');
  if (there.size() < wanted.size()) return std::nullopt;
  std::string out;
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    const bool letter = wanted[i].starts_with('{');
    if (letter ? !is_number_text(there[i]) : wanted[i] != there[i]) return std::nullopt;
    if (i > 0) out += '.';
    out += there[i];
  }
  return out + std::string(path.substr(end));
}

/// Up to, and without, the last number: "...LANDevice.{l}.WLANConfiguration."
std::string_view table_of(const Rule& rule) {
  return std::string_view(rule.native).substr(0, rule.native.rfind('{'));
}

/// What follows it: "WANDSLLinkConfig."
std::string_view inside_of(const Rule& rule) {
  const std::size_t brace = rule.native.rfind('}');
  return brace == std::string::npos ? std::string_view{}
                                    : std::string_view(rule.native).substr(brace + 2);
}

// ---- what can be created -----------------------------------------------------------------------

/// A satellite that is a row of its own, where a condition can be made to hold (LocallyServed).
bool is_made_by_condition(const Rule& rule) {
  return std::any_of(rule.when.begin(), rule.when.end(), [](const Condition& condition) {
    return condition.kind == Condition::Kind::kEquals ||
           condition.kind == Condition::Kind::kIsRowOf;
  });
}

/// TR-098 has it read-only, some devices do not.
bool takes_wlans(const Projection& projection) {
  const Tree& tree = projection.native();
  const std::vector<std::uint32_t> devices = tree.instances(kLanDevices);
  return std::any_of(devices.begin(), devices.end(), [&](std::uint32_t device) {
    const Node* table =
        tree.find(std::string(kLanDevices) + std::to_string(device) + ".WLANConfiguration.");
    return table != nullptr && table->writable() == Writable::kYes;
  });
}

bool is_creatable(const Projection& projection, const Rule& rule) {
  const bool row = !rule.shown.positions.empty() && rule.shown.text.back() == ".";
  if (!row || !has_letters(rule.native) || rule.cwmp_only || !is_own_row(rule)) return false;
  return rule.writable || (rule.native_supported == kWlans && takes_wlans(projection));
}

WriteResult<void> check_table(const Projection& projection, const Rule& rule,
                              const std::string& table) {
  const Node* node = projection.native().find(table);
  const bool there = projection.native().has_object(parent_path(table));
  const Writable writable = node == nullptr ? Writable::kUnknown : node->writable();
  if (there && allows_change(rule, writable)) return {};
  return refuse(usp::ErrorCode::kNotCreatable, "the device lets no row be added to " + table);
}

// ---- the parent --------------------------------------------------------------------------------

/// Letters that the rows above have; nullopt: the rule is about rows of others.
std::optional<Bindings> parent_bindings(const Projection& projection, const Rule& rule,
                                        std::string_view table) {
  const ShownPath& path = rule.shown;
  const std::size_t above = path.positions.size() - 1;
  if (above == 0) {
    return table == path.text.front() ? std::optional(Bindings{}) : std::nullopt;
  }
  if (!table.ends_with(path.text[above])) return std::nullopt;
  const std::string_view parent = table.substr(0, table.size() - path.text[above].size() + 1);
  ShownPath row{{path.text.begin(), path.text.begin() + static_cast<std::ptrdiff_t>(above)},
                {path.positions.begin(), path.positions.end() - 1},
                {}};
  row.text.emplace_back(".");
  for (const Link& link : projection.links(parent)) {
    if (link.rule == nullptr || link.bindings == nullptr) continue;
    const auto resolved = projection.resolve(row, link.base, *link.bindings);
    if (resolved == parent) return *link.bindings;
  }
  return std::nullopt;
}

/// In the order of the tree; empty: none.
std::string first_routed_connection(const Projection& projection) {
  for (const Node& node : projection.native().subtree(kWanDevices)) {
    if (node.name() != "ConnectionStatus" || node.value() != "Connected") continue;
    const std::string_view object = parent_path(node.path());
    if (projection.text(object, "ConnectionType").ends_with("_Routed")) return std::string(object);
  }
  return {};
}

/// Where a row goes whose controller does not say; empty: it has to say.
std::string default_parent(const Projection& projection, std::string_view supported) {
  if (supported == "Device.NAT.PortMapping.{i}.") {
    const std::string connection = as_object(projection.text(kDefaultConnection));
    if (projection.native().has_object(connection)) return connection;
    return first_routed_connection(projection);
  }
  const bool pool = supported == "Device.DHCPv4.Server.Pool.{i}." ||
                    supported == "Device.DHCPv4.Relay.Forwarding.{i}.";
  const std::vector<std::uint32_t> devices = projection.native().instances(kLanDevices);
  if (!pool || devices.empty()) return {};
  return std::string(kLanDevices) + std::to_string(devices.front()) + ".";
}

struct Parent {
  std::string object;  ///< native, with its dot
  std::string chosen_by;
};

WriteResult<Parent> choose_parent(const Projection& projection, const ShownStep& step,
                                  std::string_view supported) {
  for (const char* const param : {"Interface", "LowerLayers"}) {
    const std::string_view value = setting_value(step, param);
    if (value.empty()) continue;
    const auto native = projection.to_native_reference(value);
    if (native) return Parent{as_object(*native), param};
    return invalid(std::string(param) + ": nothing of the device stands behind " +
                   shortened(value));
  }
  std::string object = default_parent(projection, supported);
  if (!object.empty()) return Parent{std::move(object), {}};
  return refuse(usp::ErrorCode::kRequiredParameterFailed,
                "Interface or LowerLayers has to say where the row belongs");
}

WriteResult<NewRow> place_row(const Projection& projection, const ShownStep& step, const Rule& rule,
                              std::string_view supported, const Bindings& bindings) {
  NewRow row{&rule, with_numbers(table_of(rule), bindings), std::string(inside_of(rule)), {}};
  if (has_letters(row.table)) {
    auto parent = choose_parent(projection, step, supported);
    if (!parent) return tl::unexpected(std::move(parent).error());
    const auto table = with_numbers_of(row.table, parent->object);
    const bool link = !row.inside.empty();
    const bool on_line = setting_value(step, "LowerLayers").starts_with("Device.DSL.");
    if (!table || (link && !on_line)) return invalid("no such row can be added to that interface");
    row.table = *table;
    row.chosen_by = parent->chosen_by;
  }
  if (auto good = check_table(projection, rule, row.table); !good) {
    return tl::unexpected(std::move(good).error());
  }
  return row;
}

}  // namespace

std::string_view setting_value(const ShownStep& step, std::string_view param) {
  for (const usp::Setting& setting : step.settings) {
    if (setting.param == param) return setting.value;
  }
  return {};
}

bool is_own_row(const Rule& rule) {
  switch (rule.role) {
    case ObjectRole::kPrimary:
      return rule.is_native_object();
    case ObjectRole::kSatellite:
      return is_made_by_condition(rule);
    case ObjectRole::kSynth:
      return rule.shown.text.back() == ".";
    case ObjectRole::kSubtree:
      return false;
  }
  return false;
}

bool allows_change(const Rule& rule, Writable writable) {
  if (!rule.writable && rule.native_supported != kWlans) return false;
  const bool open = !rule.writable || rule.role == ObjectRole::kSynth;
  return open ? writable == Writable::kYes : writable != Writable::kNo;
}

std::string native_row_of(const Rule& rule, std::string_view object) {
  const std::string_view inside = inside_of(rule);
  return std::string(object.substr(0, object.size() - inside.size()));
}

WriteResult<NewRow> find_table(const Projection& projection, const ShownStep& step) {
  const std::string supported = supported_path(step.path) + "{i}.";
  WriteResult<NewRow> row =
      refuse(usp::ErrorCode::kNotCreatable, "the device lets no row be added here");
  // A bridge is a LANDevice only where there are no bridges.
  for (const bool made_up : {false, true}) {
    for (const std::uint32_t index : projection.mapping().of_shown(supported)) {
      const Rule& rule = projection.mapping().rules()[index];
      const bool synth = rule.role == ObjectRole::kSynth;
      if (synth != made_up || !is_creatable(projection, rule)) continue;
      const auto bindings = parent_bindings(projection, rule, step.path);
      if (!bindings) continue;
      row = place_row(projection, step, rule, supported, *bindings);
      if (row) return row;
    }
  }
  return row;
}

}  // namespace bridge::translate
