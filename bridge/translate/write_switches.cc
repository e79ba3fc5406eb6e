// Rows that the device has no rows for: what Add and Delete make of them is a setting of the
// interface that they are about.
#include <algorithm>
#include <array>
#include <utility>

#include "bridge/translate/write_place.h"
#include "bridge/translate/write_rows.h"
#include "bridge/translate/write_settings.h"

namespace bridge::translate {

namespace {

/// The row is there all the time, so long as the device has the parameter; Add switches it on.
struct Switch {
  std::string_view table;
  std::string_view param;  ///< native, of the connection
  std::string_view on;     ///< empty: the setting of the same name says
  std::string_view off;
};
constexpr std::array kSwitches{
    Switch{"Device.NAT.InterfaceSetting.", "NATEnabled", "true", "false"},
    Switch{"Device.DHCPv4.Client.", "AddressingType", "DHCP", "Static"},
    Switch{"Device.QoS.Shaper.", "ShapingRate", {}, "-1"},
};
constexpr std::string_view kDnsServers = "Device.DNS.Client.Server.";
constexpr std::string_view kInterface = "Interface";

const Switch* switch_of(std::string_view table) {
  const auto* found = std::find_if(kSwitches.begin(), kSwitches.end(),
                                   [&](const Switch& each) { return each.table == table; });
  return found == kSwitches.end() ? nullptr : found;
}

std::vector<usp::Setting> without(const ShownStep& step, std::string_view param) {
  std::vector<usp::Setting> out(step.settings.begin(), step.settings.end());
  std::erase_if(out, [&](const usp::Setting& each) { return each.param == param; });
  return out;
}

/// The native object that Interface names, with its dot.
WriteResult<std::string> interface_object(const Projection& projection, const ShownStep& step) {
  const std::string_view value = setting_value(step, kInterface);
  if (value.empty()) {
    return refuse(usp::ErrorCode::kRequiredParameterFailed, "Interface is needed");
  }
  const auto native = projection.to_native_reference(value);
  if (!native) return invalid("nothing of the device stands behind " + shortened(value));
  return as_object(*native);
}

// ---- switches ----------------------------------------------------------------------------------

/// The row of this table that stands for the connection; empty: none, or not the controller's.
std::string row_on(const Projection& projection, std::string_view table,
                   const std::string& connection) {
  for (const std::string& object : projection.shown_objects(connection)) {
    if (parent_path(object) != table) continue;
    for (const Link& link : projection.links(object)) {
      if (link.rule != nullptr && link.rule->writable) return object;
    }
  }
  return {};
}

bool is_on(const Projection& projection, const Switch& which, const std::string& connection) {
  const std::string name = connection + std::string(which.param);
  const ValueType type = native_type_of(projection.mapping(), name);
  return !same_value(projection.text(name), which.off, type);
}

WriteResult<NativeWrite> switch_on(const Projection& projection, const Switch& which,
                                   const ShownStep& step) {
  const auto connection = interface_object(projection, step);
  if (!connection) return tl::unexpected(connection.error());
  const std::string row = row_on(projection, which.table, *connection);
  if (row.empty()) {
    return refuse(usp::ErrorCode::kNotCreatable, "no such row is possible on that interface");
  }
  if (is_on(projection, which, *connection)) {
    return refuse(usp::ErrorCode::kDuplicateKey, row + " has the same Interface");
  }
  const std::string_view wanted = setting_value(step, which.param);
  if (which.on.empty() && (wanted.empty() || wanted == which.off)) {
    return refuse(usp::ErrorCode::kRequiredParameterFailed,
                  std::string(which.param) + " is needed");
  }
  Draft draft(projection);
  const std::string name = *connection + std::string(which.param);
  if (!which.on.empty()) {
    draft.take(only(name, std::string(which.on)), {step.index, {}}, true);
  }
  const std::vector<usp::Setting> others = without(step, kInterface);
  write_settings(projection, {step.index, row, others}, draft);
  NativeWrite write = std::move(draft).finish();
  write.row = row;
  return write;
}

WriteResult<NativeWrite> switch_off(const Projection& projection, const Switch& which,
                                    const Link& row) {
  const std::string connection = as_object(row.native);
  const std::string_view address = projection.text(connection + "ExternalIPAddress");
  if (which.param == "AddressingType" && (address.empty() || address == "0.0.0.0")) {
    return refuse(usp::ErrorCode::kDeleteFailure, "the connection has no address of its own");
  }
  Draft draft(projection);
  draft.take(only(connection + std::string(which.param), std::string(which.off)), {}, true);
  return std::move(draft).finish();
}

// ---- DNS servers -------------------------------------------------------------------------------

struct ServerRule {
  const Rule* rule = nullptr;
  Bindings bindings;
};

/// The rule that shows this connection's servers; its letters are those of any other row that
/// stands for the connection.
ServerRule server_rule(const Projection& projection, const std::string& connection) {
  const std::vector<std::string> rows = projection.shown_objects(connection);
  const Link link = rows.empty() ? Link{} : object_link(projection, rows.front());
  if (link.rule == nullptr) return {};
  for (const std::uint32_t index :
       projection.mapping().of_shown(std::string(kDnsServers) + "{i}.")) {
    const Rule& rule = projection.mapping().rules()[index];
    if (rule.native == link.rule->native && rule.writable) return {&rule, *link.bindings};
  }
  return {};
}

/// Other settings are about all servers of the connection (DNSEnabled).
void take_shared(const Projection& projection, const ShownStep& step, const Rule& object,
                 const std::string& connection, Draft& draft) {
  for (const usp::Setting& setting : without(step, "DNSServer")) {
    if (setting.param == kInterface) continue;
    const Origin origin{step.index, setting.param};
    WriteResult<Wants> wants = refuse(usp::ErrorCode::kNotWriteable, "read-only");
    const std::string shown = std::string(kDnsServers) + "{i}." + setting.param;
    for (const std::uint32_t index : projection.mapping().of_shown(shown)) {
      const Rule& rule = projection.mapping().rules()[index];
      if (!rule.native.starts_with(object.native)) continue;
      const std::string name = connection + rule.native.substr(object.native.size());
      const Place place{projection, draft,      step.path, setting.param, step.settings, rule,
                        name,       connection, {},        nullptr};
      wants = to_native(place, setting.value);
      break;
    }
    if (wants) {
      draft.take(*wants, origin, setting.required);
    } else {
      draft.refuse(origin, setting.required, about(setting.param, wants.error()));
    }
  }
}

WriteResult<NativeWrite> add_server(Projection& projection, const ShownStep& step) {
  const auto connection = interface_object(projection, step);
  if (!connection) return tl::unexpected(connection.error());
  const std::string server(setting_value(step, "DNSServer"));
  if (server.empty()) {
    return refuse(usp::ErrorCode::kRequiredParameterFailed, "DNSServer is needed");
  }
  if (!is_ipv4(server)) return invalid("DNSServer: not an IPv4 address");
  if (auto good = check_keys(projection, step); !good) {
    return tl::unexpected(std::move(good).error());
  }
  ServerRule found = server_rule(projection, *connection);
  if (found.rule == nullptr) {
    return refuse(usp::ErrorCode::kNotCreatable, "that interface has no list of servers");
  }
  std::vector<std::string> servers = split_list(projection.text(*connection + "DNSServers"));
  servers.push_back(server);

  Draft draft(projection);
  draft.take(dns_wants(projection, *connection, servers), {step.index, "DNSServer"}, true);
  take_shared(projection, step, *found.rule, *connection, draft);
  NativeWrite write = std::move(draft).finish();
  if (write.refused_as_a_whole()) return write;
  found.bindings.item = static_cast<std::uint32_t>(servers.size());
  found.bindings.element = server;
  const std::string key =
      projection.allocator_key(found.rule->shown.positions.front(), *connection, found.bindings);
  const std::uint32_t number = projection.numbers().give(kDnsServers, key);
  write.row = std::string(kDnsServers) + std::to_string(number) + ".";
  return write;
}

WriteResult<NativeWrite> remove_server(const Projection& projection, const Link& row) {
  const std::string connection = as_object(row.native);
  std::vector<std::string> servers = split_list(projection.text(connection + "DNSServers"));
  std::erase(servers, row.bindings->element);
  Draft draft(projection);
  draft.take(dns_wants(projection, connection, servers), {}, true);
  return std::move(draft).finish();
}

}  // namespace

bool is_switched_table(std::string_view table) {
  return table == kDnsServers || switch_of(table) != nullptr;
}

WriteResult<NativeWrite> add_switched(Projection& projection, const ShownStep& step) {
  for (const usp::Setting& setting : step.settings) {
    if (auto good = check_text(setting.value); !good) {
      return tl::unexpected(about(setting.param, good.error()));
    }
  }
  if (step.path == kDnsServers) return add_server(projection, step);
  return switch_on(projection, *switch_of(step.path), step);
}

WriteResult<NativeWrite> remove_switched(const Projection& projection, std::string_view row) {
  const Link link = object_link(projection, row);
  if (!link.rule->writable) {
    return refuse(usp::ErrorCode::kDeleteFailure, "it comes and goes with its interface");
  }
  const std::string_view table = parent_path(row);
  if (table == kDnsServers) return remove_server(projection, link);
  return switch_off(projection, *switch_of(table), link);
}

}  // namespace bridge::translate
