// References between objects, from the device's names to Device:2 and back.
#include <array>

#include "bridge/translate/projection.h"
#include "bridge/translate/projection_parts.h"
#include "bridge/translate/text.h"

namespace bridge::translate {

namespace {

/// Of several rows that stand for one native object, the first kind that is among them.
constexpr std::array<std::string_view, 4> kPreferred{"Device.IP.Interface.", "Device.WiFi.SSID.",
                                                     "Device.Ethernet.Interface.",
                                                     "Device.USB.Interface."};
constexpr std::array<std::string_view, 3> kLayer1{
    "Device.WiFi.Radio.", "Device.Ethernet.Interface.", "Device.USB.Interface."};

template <class Kinds>
std::string chosen(const std::vector<std::string>& rows, const Kinds& kinds) {
  for (const std::string_view kind : kinds) {
    for (const std::string& row : rows) {
      const bool itself = row.starts_with(kind) && row.find('.', kind.size()) == row.size() - 1;
      if (itself) return std::string(without_dot(row));
    }
  }
  return rows.empty() ? std::string() : std::string(without_dot(rows.front()));
}

/// A LAN's management object, and its addresses, are the LAN's own interface.
std::string_view lan_of(std::string_view path) {
  constexpr std::string_view kManagement = ".LANHostConfigManagement.";
  const std::size_t at = path.find(kManagement);
  if (at == std::string_view::npos) return path;
  const std::string_view rest = path.substr(at + kManagement.size());
  const bool address = rest.starts_with("IPInterface.") && is_instance(path);
  return rest.empty() || address ? path.substr(0, at + 1) : path;
}

}  // namespace

/// The row that a native object is referred to as; empty: none.
std::string Projection::row_of(std::string_view object, bool layer1) const {
  const std::vector<std::string> rows = shown_objects(object);
  if (!rows.empty()) return layer1 ? chosen(rows, kLayer1) : chosen(rows, kPreferred);
  // These have no row of their own: what is in them stands for them.
  const std::string own(object);
  for (const std::string_view part :
       {"WANDSLLinkConfig.", "WANPTMLinkConfig.", "WANDSLInterfaceConfig.",
        "WANEthernetInterfaceConfig.", "WANCommonInterfaceConfig."}) {
    const std::vector<std::string> inner = shown_objects(own + std::string(part));
    if (!inner.empty()) return chosen(inner, kPreferred);
  }
  for (const std::string_view table : {"WANIPConnection.", "WANPPPConnection."}) {
    for (const std::uint32_t number : native_.instances(own + std::string(table))) {
      const auto inner = shown_objects(own + std::string(table) + std::to_string(number) + '.');
      for (const std::string& row : inner) {
        if (row.starts_with("Device.Ethernet.Link.")) return std::string(without_dot(row));
      }
    }
  }
  return {};
}

std::string Projection::to_shown_reference(std::string_view native, bool layer1) const {
  native = without_dot(trimmed(native));
  if (!native.starts_with(kNativeRoot)) return std::string(native);
  const std::string object = std::string(native) + '.';
  if (std::string row = row_of(lan_of(object), layer1); !row.empty()) return row;
  if (const auto shown = shown_of(native)) return *shown;  // of a parameter
  return options_.vendor_root + std::string(native.substr(kNativeRoot.size()));
}

std::optional<std::string> Projection::to_native_reference(std::string_view shown) const {
  shown = without_dot(trimmed(shown));
  if (!shown.starts_with("Device.")) return std::string(shown);
  if (shown.starts_with(options_.vendor_root)) {
    return std::string(kNativeRoot) + std::string(shown.substr(options_.vendor_root.size()));
  }
  std::vector<Link> found = links(std::string(shown) + '.');
  if (found.empty()) found = links(shown);
  if (found.empty()) return std::nullopt;
  std::string native(without_dot(found.front().native));
  constexpr std::string_view kLan = "InternetGatewayDevice.LANDevice.";
  const std::string object = native + '.';
  // The IP interface of a LAN is named by its address.
  if (shown.starts_with("Device.IP.Interface.") && native.starts_with(kLan)) {
    const std::string management = object + "LANHostConfigManagement.";
    const auto addresses = native_.instances(management + "IPInterface.");
    native = std::string(without_dot(management));
    if (!addresses.empty()) native += ".IPInterface." + std::to_string(addresses.front());
  }
  if (shown.starts_with("Device.WiFi.Radio.")) {
    native = std::string(without_dot(radio_representative(object)));
  }
  return native;
}

}  // namespace bridge::translate
