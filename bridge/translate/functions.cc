#include "bridge/translate/functions.h"

#include <algorithm>
#include <array>

#include "bridge/agent/date_time.h"
#include "bridge/translate/encoding.h"
#include "bridge/translate/text.h"
#include "bridge/translate/values.h"
#include "bridge/translate/wifi.h"

namespace bridge::translate {

namespace {

/// `value` is the text of the rule's own native parameter.
using Function = std::string (*)(const Source& source, std::string_view value);

std::string empty(const Source&, std::string_view) { return {}; }

bool is_auto(std::string_view text) { return same_word(text, "auto"); }

std::string max_bit_rate(const Source&, std::string_view value) {
  return is_auto(value) ? "-1" : std::string(value);
}

std::string current_bit_rate(const Source& source, std::string_view value) {
  const bool up = same_word(source.reader.beside(source.base(), "Status"), "Up");
  return up && to_number(value) != 0 ? std::string(value) : "0";
}

/// The row of AssociatedDevice that has the host's MAC address.
std::string host_association(const Source& source, std::string_view value) {
  const std::string mac = in_upper_case(source.reader.beside(source.base(), "MACAddress"));
  const std::string wlan = std::string(without_dot(value)) + '.';
  const std::vector<std::uint32_t> numbers = numbers_in(wlan);
  if (numbers.size() != 2) return {};
  for (const std::string& point : source.projection.shown_objects(wlan)) {
    if (!point.starts_with("Device.WiFi.AccessPoint.")) continue;
    const std::string table = point + "AssociatedDevice.";
    const std::string key =
        "sta(" + std::to_string(numbers[0]) + ',' + std::to_string(numbers[1]) + ',' + mac + ')';
    const std::string row = table + std::to_string(source.projection.numbers().find(table, key));
    return source.shown.has_object(row + '.') ? row : std::string();
  }
  return {};
}

/// TR-181's dateTime of what TR-098 counts in seconds, from when the device said so.
std::string seconds_to_date_time(const Source& source, std::string_view value) {
  if (value == "-1") return "9999-12-31T23:59:59Z";
  const std::uint32_t seconds = to_number(value);
  if (seconds == 0) return "0001-01-01T00:00:00Z";
  return format_date_time(source.reader.updated_ms() + std::int64_t{seconds} * 1000);
}

std::string lan_ip_status(const Source& source, std::string_view value) {
  const bool addressed = !source.reader.beside(source.base(), "IPInterfaceIPAddress").empty();
  return is_true(value) && addressed ? "Up" : "Down";
}

std::string passthrough_pool(const Source& source, std::string_view) {
  if (!same_word(source.reader.beside(source.base(), "UseAllocatedWAN"), "Passthrough")) return {};
  for (const std::string& row : source.projection.shown_objects(source.base())) {
    if (row.starts_with("Device.DHCPv4.Server.Pool.")) return std::string(without_dot(row));
  }
  return {};
}

/// Binary options are text on many devices, and hex digits on others.
std::string octets(const Source&, std::string_view value) {
  return is_hex(value) ? in_upper_case(value) : to_hex(value);
}

std::string hex_of(std::string_view value, std::size_t digits) {
  if (value.find_first_not_of("0123456789abcdefABCDEF") != std::string_view::npos) {
    return to_hex(value);
  }
  const std::string zeros(digits - std::min(digits, value.size()), '0');
  return zeros + in_upper_case(value);
}
std::string hex8(const Source&, std::string_view value) { return hex_of(value, 8); }
std::string hex4(const Source&, std::string_view value) { return hex_of(value, 4); }

std::string uptime(const Source& source, std::string_view value) {
  const bool up = same_word(source.reader.beside(source.base(), "ConnectionStatus"), "Connected");
  return up ? std::string(value) : "0";
}

std::string mac_override(const Source& source, std::string_view) {
  return std::string(source.reader.beside(source.base(), "MACAddress"));
}

std::string dns_type(const Source& source, std::string_view value) {
  const bool ppp = source.base().find(".WANPPPConnection.") != std::string_view::npos;
  const bool dhcp = same_word(source.reader.beside(source.base(), "AddressingType"), "DHCP");
  if (is_true(value) || !(ppp || dhcp)) return "Static";
  return ppp ? "IPCP" : "DHCPv4";
}

std::string rip(const Source&, std::string_view value) {
  return bool_text(same_word(value.substr(0, 3), "RIP"));
}

std::string shaper_enable(const Source&, std::string_view value) {
  return bool_text(value != "-1");
}

std::string rgb(const Source&, std::string_view value) {
  return std::string(value.starts_with('#') ? value.substr(1) : value);
}

/// "+01:00" is "UTC-1": POSIX counts the other way round.
std::string time_zone(const Source&, std::string_view value) {
  const bool signed_offset = value.size() == 6 && (value[0] == '+' || value[0] == '-');
  if (!signed_offset || value[3] != ':') return std::string(value);
  const std::uint32_t hours = to_number(value.substr(1, 2));
  const std::string_view minutes = value.substr(4);
  std::string out = value[0] == '+' ? "UTC-" : "UTC+";
  out += std::to_string(hours);
  if (minutes != "00") out += ":" + std::string(minutes);
  return out;
}

/// The port of a bridge that is on this interface; empty: there is none.
std::string port_on(const Source& source, std::string_view key, std::string_view interface) {
  const std::string bridges = "InternetGatewayDevice.Layer2Bridging.Bridge.";
  for (const std::uint32_t bridge : source.reader.rows(bridges)) {
    const std::string ports = bridges + std::to_string(bridge) + ".Port.";
    for (const std::uint32_t port : source.reader.rows(ports)) {
      const std::string row = ports + std::to_string(port) + '.';
      if (source.reader.beside(row, "PortInterface") != key) continue;
      const auto shown = source.projection.shown_objects(row);
      if (!shown.empty()) return std::string(without_dot(shown.front()));
    }
  }
  for (const std::string& row : source.projection.shown_objects(interface)) {
    if (row.starts_with("Device.Bridging.")) return std::string(without_dot(row));
  }
  return {};
}

std::string available_interface(const Source& source, std::string_view value) {
  constexpr std::string_view kTable = "InternetGatewayDevice.Layer2Bridging.AvailableInterface.";
  for (const std::uint32_t number : source.reader.rows(kTable)) {
    const std::string row = std::string(kTable) + std::to_string(number) + '.';
    if (value.empty() || source.reader.beside(row, "AvailableInterfaceKey") != value) continue;
    const std::string_view list = source.reader.beside(row, "InterfaceReference");
    const std::string_view reference = without_dot(trimmed(split(list, ',').front()));
    if (!source.path.ends_with(".LowerLayers")) {
      return port_on(source, value, std::string(reference) + '.');
    }
    return source.projection.to_shown_reference(reference);
  }
  return {};
}

std::string vlan_by_id(const Source& source, std::string_view value) {
  const std::string bridge = "InternetGatewayDevice.Layer2Bridging.Bridge." +
                             std::to_string(source.bindings().number('b')) + '.';
  for (const std::uint32_t number : source.reader.rows(bridge + "VLAN.")) {
    const std::string row = bridge + "VLAN." + std::to_string(number) + '.';
    if (source.reader.beside(row, "VLANID") != value) continue;
    const auto shown = source.projection.shown_objects(row);
    return shown.empty() ? std::string() : std::string(without_dot(shown.front()));
  }
  return {};
}

std::string class_interface(const Source& source, std::string_view value) {
  for (const std::string_view word : {"", "WAN", "LAN", "Local"}) {
    if (value == word) return {};
  }
  return source.projection.to_shown_reference(value);
}

std::string queue_class(const Source& source, std::string_view value) {
  const std::string queue =
      "InternetGatewayDevice.QueueManagement.Queue." + std::string(value) + '.';
  const std::string_view classes = source.reader.beside(queue, "TrafficClasses");
  return std::string(trimmed(split(classes, ',').front()));
}

struct Named {
  std::string_view name;
  Function function;
};

constexpr std::array<Named, 36> kFunctions{{
    {"wifi_mode", wifi_mode},
    {"wifi_modes_supported", wifi_modes_supported},
    {"wifi_cipher", wifi_cipher},
    {"passphrase", empty},
    {"psk", empty},
    {"wepkey", empty},
    {"radio_status", radio_status},
    {"radio_maxbitrate", radio_max_bit_rate},
    {"std", standards},
    {"std_supported", standards_supported},
    {"band", radio_band},
    {"channel", radio_channel},
    {"autochannel", auto_channel},
    {"wpspin", wps_pin},
    {"wpsversion", wps_version},
    {"wpsstatus", wps_status},
    {"maxbitrate", max_bit_rate},
    {"currentbitrate", current_bit_rate},
    {"host_assoc", host_association},
    {"seconds_to_datetime", seconds_to_date_time},
    {"lanip_status", lan_ip_status},
    {"passthrough_pool", passthrough_pool},
    {"octets", octets},
    {"hex8", hex8},
    {"hex4", hex4},
    {"uptime", uptime},
    {"mac_override", mac_override},
    {"dns_type", dns_type},
    {"rip", rip},
    {"shaper_enable", shaper_enable},
    {"rgb", rgb},
    {"tzoffset", time_zone},
    {"availif", available_interface},
    {"vlan_by_id", vlan_by_id},
    {"classif", class_interface},
    {"queue_class", queue_class},
}};

}  // namespace

bool is_function(std::string_view name) {
  return std::ranges::find(kFunctions, name, &Named::name) != kFunctions.end();
}

std::string function_value(const Source& source) {
  const auto at = std::ranges::find(kFunctions, source.rule().argument, &Named::name);
  const std::string_view path = source.first().native.view();
  const std::string_view value =
      path.ends_with('.') ? std::string_view() : source.reader.text(path);
  return at == kFunctions.end() ? std::string() : at->function(source, value);
}

}  // namespace bridge::translate
