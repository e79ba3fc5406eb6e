// Wi-Fi backwards: security modes and keys. TR-098 spreads a mode over parameters that only mean
// something together, so all that it takes is written in one go.
#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "bridge/translate/encoding.h"
#include "bridge/translate/text.h"
#include "bridge/translate/wifi.h"
#include "bridge/translate/write_place.h"

namespace bridge::translate {

namespace {

using Written = WriteResult<Wants>;
using std::string_literals::operator""s;

constexpr std::size_t kWep64Digits = 10;
constexpr std::size_t kWep128Digits = 26;

// ---- security mode -----------------------------------------------------------------------------

struct Family {
  std::string_view name;
  std::string_view beacon;
  bool wpa;
  bool rsn;
  std::string_view encryption;  ///< unless the controller says otherwise
};
constexpr std::array kFamilies{
    Family{"WPA", "WPA", true, false, "TKIPEncryption"},
    Family{"WPA2", "11i", false, true, "AESEncryption"},
    Family{"WPA-WPA2", "WPAand11i", true, true, "TKIPandAESEncryption"},
};

/// The word that this device uses: on this WLAN, or on another one.
std::string device_beacon(const Place& place, const std::string& wlan, std::string_view beacon) {
  const Tree& tree = place.projection.native();
  std::string_view now = place.projection.text(wlan + "BeaconType");
  if (same_word(plain_beacon_type(now), beacon)) return std::string(now);
  const std::string devices = "InternetGatewayDevice.LANDevice.";
  for (const std::uint32_t device : tree.instances(devices)) {
    const std::string table = devices + std::to_string(device) + ".WLANConfiguration.";
    for (const std::uint32_t instance : tree.instances(table)) {
      now = place.projection.text(table + std::to_string(instance) + ".BeaconType");
      if (same_word(plain_beacon_type(now), beacon)) return std::string(now);
    }
  }
  return std::string(beacon);
}

std::optional<std::string> encryption_of(std::string_view mode) {
  bool tkip = false;
  bool aes = false;
  for (const std::string& word : split_list(mode)) {
    if (word != "TKIP" && word != "AES") return std::nullopt;
    (word == "TKIP" ? tkip : aes) = true;
  }
  if (tkip && aes) return "TKIPandAESEncryption";
  if (tkip) return "TKIPEncryption";
  if (aes) return "AESEncryption";
  return std::nullopt;
}

/// "WPA2-Personal": its family. nullptr: TR-098 has no such mode.
const Family* family_of(std::string_view mode) {
  const std::size_t dash = std::min(mode.rfind('-'), mode.size());
  const std::string_view kind = mode.substr(dash);
  if (kind != "-Personal" && kind != "-Enterprise") return nullptr;
  const auto* family = std::find_if(kFamilies.begin(), kFamilies.end(), [&](const Family& each) {
    return each.name == mode.substr(0, dash);
  });
  return family == kFamilies.end() ? nullptr : family;
}

Written write_family(const Place& place, const Family& family, bool enterprise) {
  std::string encryption(family.encryption);
  if (const usp::Setting* asked = place.setting("EncryptionMode")) {
    const auto word = encryption_of(asked->value);
    if (!word) return invalid("EncryptionMode is made of TKIP and AES");
    encryption = *word;
  }
  const std::string wlan = wlan_of(place);
  const char* authenticates = family.rsn ? "IEEE11iAuthenticationMode" : "WPAAuthenticationMode";
  if (enterprise && !exists(place.projection, wlan + authenticates)) {
    return invalid("the device knows no Enterprise modes");
  }
  const std::string authentication = enterprise ? "EAPAuthentication" : "PSKAuthentication";
  Wants out;
  want_if_there(out, place, wlan + "BeaconType", device_beacon(place, wlan, family.beacon));
  if (family.wpa) {
    want_if_there(out, place, wlan + "WPAAuthenticationMode", authentication);
    want_if_there(out, place, wlan + "WPAEncryptionModes", encryption);
  }
  if (family.rsn) {
    want_if_there(out, place, wlan + "IEEE11iAuthenticationMode", authentication);
    want_if_there(out, place, wlan + "IEEE11iEncryptionModes", encryption);
  }
  return out;
}

std::string wep_key_name(const Place& place) {
  std::string index = std::string(place.projection.text(wlan_of(place) + "WEPKeyIndex"));
  if (index.empty()) index = "1";
  return wlan_of(place) + "WEPKey." + index + ".WEPKey";
}

Written write_basic(const Place& place, std::string_view mode) {
  const std::string wlan = wlan_of(place);
  Wants out;
  want_if_there(out, place, wlan + "BeaconType", "Basic");
  if (mode == "None") {
    want_if_there(out, place, wlan + "BasicEncryptionModes", "None");
    want_if_there(out, place, wlan + "BasicAuthenticationMode", "None");
    return out;
  }
  const std::size_t digits = mode == "WEP-64" ? kWep64Digits : kWep128Digits;
  const bool has_key = place.draft.value(wep_key_name(place)).value_or("").size() == digits;
  if (!has_key && place.setting("WEPKey") == nullptr) {
    return invalid("WEPKey has to be set along with "s + std::string(mode));
  }
  want_if_there(out, place, wlan + "BasicEncryptionModes", "WEPEncryption");
  return out;
}

std::string_view shown_mode(const Place& place) {
  const std::string prefix(place.param.substr(0, place.param.rfind('.') + 1));
  const std::string name = std::string(place.object) + prefix + "ModeEnabled";
  const Node* node = place.projection.shown().find(name);
  const bool known = node != nullptr && node->state() == NodeState::kKnown;
  return known ? node->value() : std::string_view{};
}

bool is_mode_wanted(const Place& place) {
  constexpr std::array<std::string_view, 4> kParams{
      "BeaconType", "BasicEncryptionModes", "WPAAuthenticationMode", "IEEE11iAuthenticationMode"};
  return std::any_of(kParams.begin(), kParams.end(), [&](std::string_view param) {
    return place.draft.wants(wlan_of(place) + std::string(param));
  });
}

/// What several of the device's states read as does not change it.
bool is_present_mode(const Place& place, std::string_view mode) {
  return mode == shown_mode(place) && !is_mode_wanted(place);
}

Written write_mode(const Place& place, std::string_view value) {
  if (is_present_mode(place, value)) return Wants{};
  if (value == "None" || value == "WEP-64" || value == "WEP-128") return write_basic(place, value);
  const Family* family = family_of(value);
  if (family == nullptr) return invalid("TR-098 has no security mode " + shortened(value));
  return write_family(place, *family, value.ends_with("-Enterprise"));
}

/// Into the parameters that the BeaconType uses.
Written write_cipher(const Place& place, std::string_view value) {
  const auto word = encryption_of(value);
  if (!word) return invalid("EncryptionMode is made of TKIP and AES");
  const usp::Setting* mode = place.setting("ModeEnabled");
  if (mode != nullptr && !is_present_mode(place, mode->value)) {
    if (family_of(mode->value) != nullptr) return Wants{};  // ModeEnabled writes both
    return invalid(shortened(mode->value) + " has no EncryptionMode");
  }
  const std::string wlan = wlan_of(place);
  const std::string now = place.draft.value(wlan + "BeaconType").value_or("");
  const std::string_view beacon = plain_beacon_type(now);
  Wants out;
  if (beacon.starts_with("WPA")) want_if_there(out, place, wlan + "WPAEncryptionModes", *word);
  if (beacon.ends_with("11i")) want_if_there(out, place, wlan + "IEEE11iEncryptionModes", *word);
  if (out.set.empty()) return invalid("the present mode has no EncryptionMode");
  return out;
}

// ---- keys --------------------------------------------------------------------------------------

/// The first place that the device has, and never two of them.
Written write_passphrase(const Place& place, std::string_view value) {
  const bool printable = std::all_of(value.begin(), value.end(),
                                     [](unsigned char c) { return c >= 0x20 && c < 0x7f; });
  if (value.size() < 8 || value.size() > 63 || !printable) {
    return invalid("a passphrase has 8 to 63 ASCII characters");
  }
  constexpr std::array<std::string_view, 3> kPlaces{"PreSharedKey.1.KeyPassphrase", "KeyPassphrase",
                                                    "PreSharedKey.1.PreSharedKey"};
  for (const std::string_view name : kPlaces) {
    const std::string full = wlan_of(place) + std::string(name);
    if (exists(place.projection, full)) return only(full, std::string(value));
  }
  return read_only("the device has no passphrase here");
}

Written write_psk(const Place& place, std::string_view value) {
  if (value.size() != 64 || !is_hex(value)) return invalid("a key has 64 hex digits");
  return only(place.native, std::string(value));
}

Written write_wep_key(const Place& place, std::string_view value) {
  const bool sized = value.size() == kWep64Digits || value.size() == kWep128Digits;
  if (!sized || !is_hex(value)) return invalid("a key has 10 or 26 hex digits");

  const usp::Setting* asked = place.setting("ModeEnabled");
  std::string_view mode = shown_mode(place);
  if (asked != nullptr) mode = asked->value;
  const bool too_long = mode == "WEP-64" && value.size() != kWep64Digits;
  const bool too_short = mode == "WEP-128" && value.size() != kWep128Digits;
  if (too_long || too_short) return invalid("not the length of " + shortened(mode));

  const std::string name = wep_key_name(place);
  if (!exists(place.projection, name)) return read_only("the device has no such key");
  return only(name, std::string(value));
}

/// The last digit checks the others (Wi-Fi Protected Setup, "PIN Checksums").
bool is_checked_pin(std::string_view digits) {
  int sum = 0;
  for (std::size_t i = 0; i < digits.size(); ++i) sum += (digits[i] - '0') * (i % 2 == 0 ? 3 : 1);
  return sum % 10 == 0;
}

Written write_pin(const Place& place, std::string_view value) {
  const bool digits = value.find_first_not_of("0123456789") == std::string_view::npos;
  const bool good = digits && (value.size() == 4 || (value.size() == 8 && is_checked_pin(value)));
  if (!good) return invalid("a PIN has 4 digits, or 8 of which the last one checks the others");
  const std::size_t zeros = std::min(value.find_first_not_of('0'), value.size() - 1);
  return only(place.native, std::string(value.substr(zeros)));
}

struct NamedFunction {
  std::string_view name;
  WriteFunction function;
};
constexpr std::array kFunctions{
    NamedFunction{"wifi_mode", write_mode},        NamedFunction{"wifi_cipher", write_cipher},
    NamedFunction{"passphrase", write_passphrase}, NamedFunction{"psk", write_psk},
    NamedFunction{"wepkey", write_wep_key},        NamedFunction{"wpspin", write_pin},
};

}  // namespace

WriteFunction write_wifi_function(std::string_view name) {
  const auto* found = std::find_if(kFunctions.begin(), kFunctions.end(),
                                   [&](const NamedFunction& each) { return each.name == name; });
  return found == kFunctions.end() ? write_radio_function(name) : found->function;
}

}  // namespace bridge::translate
