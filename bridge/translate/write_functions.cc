// fn:NAME backwards, what is not about Wi-Fi (docs/translation.md, "Functions").
#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "bridge/translate/encoding.h"
#include "bridge/translate/write_place.h"

namespace bridge::translate {

namespace {

using Written = WriteResult<Wants>;

// ---- time --------------------------------------------------------------------------------------

/// The number at the front of `text`, which is cut off.
std::optional<unsigned> take_number(std::string_view& text, unsigned highest) {
  unsigned value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || value > highest) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return value;
}

/// What follows the zone's name: letters, or anything in angle brackets.
std::string_view after_zone_name(std::string_view zone) {
  if (zone.starts_with('<')) {
    const std::size_t end = zone.find('>');
    return end == std::string_view::npos ? std::string_view{} : zone.substr(end + 1);
  }
  std::size_t end = 0;
  while (end < zone.size() && std::isalpha(static_cast<unsigned char>(zone[end])) != 0) ++end;
  return end < 3 ? std::string_view{} : zone.substr(end);
}

std::string two_digits(unsigned value) {
  return std::string(value < 10 ? "0" : "") + std::to_string(value);
}

/// "UTC-2:30" (IEEE 1003.1, west is positive) -> "+02:30"; rules for summer time are left out.
Written write_time_zone(const Place& place, std::string_view value) {
  if (value == place.shown_value()) return Wants{};
  std::string_view rest = after_zone_name(value);
  const bool east = rest.starts_with('-');
  if (east || rest.starts_with('+')) rest.remove_prefix(1);
  const auto hours = take_number(rest, 24);
  std::optional<unsigned> minutes = 0;
  if (rest.starts_with(':')) {
    rest.remove_prefix(1);
    minutes = take_number(rest, 59);
  }
  // What may follow is the name of summer time.
  const bool ended = rest.empty() || rest.front() == '<' ||
                     std::isalpha(static_cast<unsigned char>(rest.front())) != 0;
  if (!hours || !minutes || !ended) return invalid("not a time zone as IEEE 1003.1 writes it");
  const bool zero = *hours == 0 && *minutes == 0;
  const std::string sign = east || zero ? "+" : "-";
  return only(place.native, sign + two_digits(*hours) + ":" + two_digits(*minutes));
}

// ---- text --------------------------------------------------------------------------------------

/// Devices take characters or hex digits: as the last value read was.
Written write_octets(const Place& place, std::string_view value) {
  const auto bytes = from_hex(value);
  if (!bytes) return invalid("not hexBinary");
  const std::string before = place.draft.value(place.native).value_or("");
  const bool was_hex = !before.empty() && is_hex(before);
  const bool printable = std::all_of(bytes->begin(), bytes->end(),
                                     [](unsigned char c) { return c >= 0x20 && c < 0x7f; });
  // Characters that look like hex digits would be read as such.
  const bool as_hex = was_hex || !printable || is_hex(*bytes);
  return only(place.native, as_hex ? std::string(value) : *bytes);
}

Written write_rgb(const Place& place, std::string_view value) {
  if (value.size() != 6 || !is_hex(value)) return invalid("a colour has 6 hex digits");
  return only(place.native, std::string(value));
}

Written write_bit_rate(const Place& place, std::string_view value) {
  if (value == "-1") return only(place.native, "Auto");
  const bool digits = value.find_first_not_of("0123456789") == std::string_view::npos;
  if (!digits || value.empty() || value.front() == '0') return invalid("Mbps, or -1");
  return only(place.native, std::string(value));
}

// ---- connections -------------------------------------------------------------------------------

Written write_mac_address(const Place& place, std::string_view value) {
  const std::string override_name = place.base + "MACAddressOverride";
  const bool has_override = exists(place.projection, override_name);
  if (value.empty()) {
    if (!has_override) return invalid("the device has no factory address to go back to");
    return only(override_name, "false");
  }
  Wants out = only(place.base + "MACAddress", std::string(value));
  if (has_override) out.set.push_back({override_name, "true"});
  return out;
}

Written write_rip(const Place& place, std::string_view value) {
  if (!is_boolean_text(value)) return invalid("not a boolean");
  if (!is_true(value)) {
    const bool is_off = !place.draft.value(place.native).value_or("").starts_with("RIP");
    return is_off ? Written(Wants{}) : only(place.native, "Off");  // OSPF stays
  }
  const bool is_first = place.draft.value(place.native) == "RIPv1";
  return only(place.native, is_first ? "RIPv1" : "RIPv2");
}

Written write_shaper(const Place& place, std::string_view value) {
  if (!is_boolean_text(value)) return invalid("not a boolean");
  if (!is_true(value)) return only(place.native, "-1");
  const std::string rate = place.draft.value(place.native).value_or("");
  if (!rate.empty() && rate != "-1") return Wants{};
  return invalid("ShapingRate has to be set along with it");
}

/// The pool's LANDevice takes over the connection from the one that had it.
Written write_passthrough_pool(const Place& place, std::string_view value) {
  const std::string connection = place.draft.value(place.native).value_or("");
  if (value == place.shown_value()) return Wants{};
  Wants out = only(place.native, "");
  if (value.empty()) return out;
  const auto pool = place.projection.native_object(as_object(value));
  if (!pool || last_name(*pool) != "LANHostConfigManagement") {
    return invalid("not the pool of a LANDevice");
  }
  const std::string name = *pool + "AssociatedConnection";
  if (name == place.native) return Wants{};
  out.set.push_back({name, connection});
  return out;
}

// ---- bridges and queues ------------------------------------------------------------------------

constexpr std::string_view kAvailable = "InternetGatewayDevice.Layer2Bridging.AvailableInterface.";

bool names_object(std::string_view references, std::string_view object) {
  const std::vector<std::string> each = split_list(references);
  return std::any_of(each.begin(), each.end(),
                     [&](const std::string& reference) { return as_object(reference) == object; });
}

/// The key by which Layer2Bridging knows an interface; empty: it does not.
std::string interface_key(const Projection& projection, std::string_view shown) {
  const auto object = projection.native_object(as_object(shown));
  const auto reference = projection.to_native_reference(shown);
  if (!object || !reference) return {};
  for (const std::uint32_t instance : projection.native().instances(kAvailable)) {
    const std::string row = std::string(kAvailable) + std::to_string(instance) + ".";
    const std::string_view references = projection.text(row + "InterfaceReference");
    const bool found = names_object(references, as_object(*object)) ||
                       names_object(references, as_object(*reference));
    if (found) return std::string(projection.text(row + "AvailableInterfaceKey"));
  }
  return {};
}

/// The key of the interface below a bridge's port.
std::string port_key(const Projection& projection, std::string_view shown) {
  const std::string row = as_object(shown);
  if (supported_path(row) != "Device.Bridging.Bridge.{i}.Port.{i}.") return {};
  const std::string port = projection.native_object(row).value_or("");
  const bool own = port.find(".Layer2Bridging.Bridge.") != std::string::npos;
  return own ? std::string(projection.text(as_object(port) + "PortInterface"))
             : interface_key(projection, shown);
}

/// A port is on an interface; filters and VLAN ports are on a port.
Written write_available_interface(const Place& place, std::string_view value) {
  if (value.empty()) return only(place.native, "");
  const bool port = last_name(place.param) == "LowerLayers";
  const std::string key =
      port ? interface_key(place.projection, value) : port_key(place.projection, value);
  if (key.empty()) return invalid("the device offers no such interface to bridges");
  return only(place.native, key);
}

Written write_vlan(const Place& place, std::string_view value) {
  if (value.empty()) return only(place.native, "-1");
  const std::string row = as_object(value);
  const std::string bridge(enclosing_row(place.object, "Bridge"));
  const auto vlan = place.projection.native_object(row);
  const std::string id = vlan ? std::string(place.projection.text(*vlan + "VLANID")) : "";
  if (id.empty() || parent_path(row) != bridge + "VLAN.") {
    return invalid("not a VLAN of the same bridge");
  }
  return only(place.native, id);
}

/// No interface: all of them.
Written write_class_interface(const Place& place, std::string_view value) {
  if (value.empty()) return only(place.native, "");
  const auto native = place.projection.to_native_reference(value);
  if (!native) return invalid("nothing of the device stands behind " + shortened(value));
  return only(place.native, *native);
}

struct NamedFunction {
  std::string_view name;
  WriteFunction function;
};
constexpr std::array kFunctions{
    NamedFunction{"tzoffset", write_time_zone},
    NamedFunction{"octets", write_octets},
    NamedFunction{"rgb", write_rgb},
    NamedFunction{"maxbitrate", write_bit_rate},
    NamedFunction{"mac_override", write_mac_address},
    NamedFunction{"rip", write_rip},
    NamedFunction{"shaper_enable", write_shaper},
    NamedFunction{"passthrough_pool", write_passthrough_pool},
    NamedFunction{"availif", write_available_interface},
    NamedFunction{"vlan_by_id", write_vlan},
    NamedFunction{"classif", write_class_interface},
};

}  // namespace

WriteFunction write_function(std::string_view name) {
  const auto* found = std::find_if(kFunctions.begin(), kFunctions.end(),
                                   [&](const NamedFunction& each) { return each.name == name; });
  return found == kFunctions.end() ? write_wifi_function(name) : found->function;
}

}  // namespace bridge::translate
