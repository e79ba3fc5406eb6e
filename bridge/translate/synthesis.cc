// Values that no native parameter has: references between rows, states, names.
#include <algorithm>
#include <array>

#include "bridge/translate/encoding.h"
#include "bridge/translate/functions.h"
#include "bridge/translate/text.h"
#include "bridge/translate/values.h"

namespace bridge::translate {

namespace {

using Synthesis = std::string (*)(const Source& source);

constexpr std::string_view kRef = "ref:";
constexpr std::string_view kText = "text:";
constexpr std::string_view kConnection = "DefaultConnectionService";

bool is_connected(const Source& source, std::string_view connection) {
  return same_word(source.reader.beside(connection, "ConnectionStatus"), "Connected");
}

/// The connection that Layer3Forwarding names, with its dot.
std::string default_connection(const Source& source) {
  return std::string(without_dot(source.reader.beside(source.base(), kConnection))) + '.';
}

std::string enabled(bool yes) { return yes ? "Enabled" : "Disabled"; }

std::string connected_status(const Source& source) {
  return enabled(is_connected(source, source.base()));
}

std::string conn_status(const Source& source) {
  return enabled(is_connected(source, default_connection(source)));
}

std::string conn_gateway(const Source& source) {
  return std::string(source.reader.beside(default_connection(source), "DefaultGateway"));
}

std::string enable_status(const Source& source) {
  return enabled(is_true(source.shown_text(std::string(source.object()) + "Enable")));
}

/// A conditional pool serves while its LANDevice serves at all.
std::string pool_status(const Source& source) {
  const bool on = is_true(source.reader.beside(source.base(), "Enable"));
  const std::string_view management = parent_path(parent_path(source.base()));
  return enabled(on && is_true(source.reader.beside(management, "DHCPServerEnable")));
}

std::string lower_status(const Source& source) {
  const std::string lower(source.shown_text(std::string(source.object()) + "LowerLayers"));
  const std::string_view status = source.shown_text(lower + ".Status");
  return status.empty() ? "Unknown" : std::string(status);
}

/// Of the interface that has this one as its lower layer.
std::string higher_status(const Source& source) {
  const std::string_view own = without_dot(source.object());
  constexpr std::string_view kAbove = "Device.IP.Interface.";
  for (const std::uint32_t number : first_rows(source.shown, kAbove)) {
    const std::string row = std::string(kAbove) + std::to_string(number) + '.';
    if (source.shown_text(row + "LowerLayers") != own) continue;
    const std::string_view status = source.shown_text(row + "Status");
    return status.empty() ? "Unknown" : std::string(status);
  }
  return "Unknown";
}

/// The ports of a bridge below its management port.
std::string member_ports(const Source& source) {
  const std::string_view table = parent_path(source.object());
  std::string out;
  for (const std::uint32_t number : source.shown.instances(table)) {
    const std::string port = std::string(table) + std::to_string(number);
    if (port + '.' == source.object()) continue;
    if (!out.empty()) out += ',';
    out += port;
  }
  return out;
}

/// The pool of the whole LANDevice matches last.
std::string last_pool_order(const Source& source) {
  const std::string table = std::string(source.base()) + "DHCPConditionalServingPool.";
  return std::to_string(1 + source.reader.tree().instances(table).size());
}

std::string is_station(const Source& source) {
  return bool_text(
      same_word(source.reader.beside(source.base(), "DeviceOperationMode"), "WirelessStation"));
}

std::string always(const Source&) { return "true"; }

std::string group_size(const Source& source) {
  return std::to_string(source.projection.radio_members(source.base()).size());
}

std::string queue_all_interfaces(const Source& source) {
  return bool_text(source.reader.beside(source.base(), "QueueInterface").empty());
}

std::string dhcp_client_row(const Source& source) {
  for (const std::string& row : source.projection.shown_objects(source.base())) {
    if (row.find(".Pool.") != std::string::npos) return std::string(without_dot(row));
  }
  return {};
}

/// Rows of InterfaceStack. are made from all LowerLayers together.
std::string of_stack(const Source&) { return {}; }

struct Named {
  std::string_view name;
  Synthesis synthesis;
};

constexpr std::array<Named, 16> kSyntheses{{
    {"conn_status", conn_status},
    {"connected_status", connected_status},
    {"conn_gateway", conn_gateway},
    {"enable_status", enable_status},
    {"pool_status", pool_status},
    {"lower_status", lower_status},
    {"higher_status", higher_status},
    {"member_ports", member_ports},
    {"last_pool_order", last_pool_order},
    {"is_station", is_station},
    {"autochannel_supported", always},
    {"group_size", group_size},
    {"queue_all_interfaces", queue_all_interfaces},
    {"dhcp_client_row", dhcp_client_row},
    {"stack_higher", of_stack},
    {"stack_lower", of_stack},
}};

/// The first of the alternatives that is there.
std::string first_there(const Source& source) {
  for (const ShownPath& each : source.rule().references) {
    const auto path = source.projection.resolve(each, source.base(), source.bindings());
    if (path && source.shown.has_object(*path + '.')) return *path;
  }
  return {};
}

/// "LANDevice.{l} mgmt", "radio{band}".
std::string filled_in(const Source& source, std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const std::size_t open = text.find('{');
    out += text.substr(0, open);
    if (open == std::string_view::npos) break;
    const std::size_t close = std::min(text.find('}', open), text.size() - 1);
    const std::string_view name = text.substr(open + 1, close - open - 1);
    if (name == "band") {
      out += source.projection.radio_band(source.base());
    } else {
      out += std::to_string(source.bindings().number(name.empty() ? '?' : name.front()));
    }
    text.remove_prefix(close + 1);
  }
  return out;
}

}  // namespace

bool is_synthesis(std::string_view argument) {
  if (argument.starts_with(kRef) || argument.starts_with(kText)) return true;
  return std::ranges::find(kSyntheses, argument, &Named::name) != kSyntheses.end();
}

std::string synthesised_value(const Source& source) {
  const std::string_view argument = source.rule().argument;
  if (argument.starts_with(kRef)) return first_there(source);
  if (argument.starts_with(kText)) return filled_in(source, argument.substr(kText.size()));
  const auto at = std::ranges::find(kSyntheses, argument, &Named::name);
  return at == kSyntheses.end() ? std::string() : at->synthesis(source);
}

}  // namespace bridge::translate
