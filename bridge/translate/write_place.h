// Where a shown parameter is written, and what the writing may look at.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "bridge/translate/projection.h"
#include "bridge/translate/write_draft.h"
#include "bridge/translate/write_value.h"
#include "usp/plan.h"

namespace bridge::translate {

/// One parameter of a shown object, or of a row that is being added.
struct Place {
  const Projection& projection;
  const Draft& draft;
  std::string_view object;                 ///< shown: "Device.WiFi.Radio.1."
  std::string_view param;                  ///< relative to it: "Channel"
  std::span<const usp::Setting> settings;  ///< of the same step
  const Rule& rule;                        ///< takes the write
  std::string native;                      ///< the parameter; relative to a row that is being added
  std::string base;             ///< the object it is in, with its dot; empty: the row being added
  std::span<const Link> links;  ///< more than one where the value is made of many
  const Bindings* bindings = nullptr;  ///< nullptr: a row that is being added

  /// Of a native parameter beside this one, as it will be; empty: none, or not known.
  std::string value(std::string_view name) const;
  bool has(std::string_view name) const;
  /// The same setting's neighbour ("EncryptionMode"); nullptr: it is not set along with this one.
  const usp::Setting* setting(std::string_view name) const;
  /// What the controller sees now; empty: unknown.
  std::string_view shown_value() const;
};

/// What a value of the place comes to on the device.
WriteResult<Wants> to_native(const Place& place, std::string_view value);

/// fn:NAME backwards. nullptr: it is only read.
using WriteFunction = WriteResult<Wants> (*)(const Place& place, std::string_view value);
WriteFunction write_function(std::string_view name);
/// Those of Wi-Fi; nullptr: none of them.
WriteFunction write_wifi_function(std::string_view name);
WriteFunction write_radio_function(std::string_view name);

/// The WLANConfiguration that the place is in, with its dot.
std::string wlan_of(const Place& place);
/// Devices differ in which parameters of a WLANConfiguration they have.
void want_if_there(Wants& wants, const Place& place, const std::string& name, std::string value);

/// To the representative of the radio, then to the members that differ.
Wants radio_wants(const Place& place, std::string_view param, std::string_view value);

/// NTPServer1, NTPServer2, ...: one element each, the rest empty.
WriteResult<Wants> write_elements(const Place& place, std::string_view value);
bool is_ipv4(const std::string& text);
/// One element of DNSServers.
WriteResult<Wants> write_dns_server(const Place& place, std::string_view value);
/// DNSServers of a connection (native, with its dot), and what makes the device heed them.
Wants dns_wants(const Projection& projection, std::string_view connection,
                const std::vector<std::string>& servers);

inline Wants only(std::string name, std::string value) {
  return {{{std::move(name), std::move(value)}}, {}};
}
/// With a final dot.
inline std::string as_object(std::string_view path) {
  return std::string(path) + (path.ends_with('.') ? "" : ".");
}
/// Is a parameter or object there, and not one that the device refuses to read?
bool exists(const Projection& projection, std::string_view path);
/// "InternetGatewayDevice.LANDevice.1.WLANConfiguration.2." of what is in it; empty: `path` is in
/// no such row.
std::string_view enclosing_row(std::string_view path, std::string_view table);

}  // namespace bridge::translate
