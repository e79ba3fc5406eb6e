#include "bridge/translate/wifi.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <utility>
#include <vector>

#include "bridge/translate/encoding.h"
#include "bridge/translate/text.h"

namespace bridge::translate {

namespace {

constexpr std::size_t kWep64Digits = 10;
constexpr std::size_t kWep128Digits = 26;

bool is_enterprise(std::string_view authentication) { return authentication.starts_with("EAP"); }

std::string basic_mode(Reader& reader, std::string_view wlan) {
  const std::string_view modes = reader.beside(wlan, "BasicEncryptionModes");
  if (modes.empty() || same_word(modes, "None")) return "None";
  const std::string_view index = reader.beside(wlan, "WEPKeyIndex");
  const std::string key =
      std::string(wlan) + "WEPKey." + std::string(index.empty() ? "1" : index) + ".WEPKey";
  const std::size_t digits = reader.text(key).size();
  if (digits == kWep64Digits) return "WEP-64";
  if (digits == kWep128Digits) return "WEP-128";
  const std::string_view level = reader.beside(wlan, "WEPEncryptionLevel");
  const bool short_only =
      level.find("40-bit") != std::string_view::npos && level.find("104") == std::string_view::npos;
  return short_only ? "WEP-64" : "WEP-128";
}

/// Standards from the oldest to the newest, of one band.
std::vector<std::string_view> family(bool five_ghz) {
  if (five_ghz) return {"a", "n", "ac", "ax", "be"};
  return {"b", "g", "n", "ax", "be"};
}

/// The newest standard in what devices write: "n", "g-only", "802.11b/g/n" pieces, "11bgn" not.
std::string_view newest(std::string_view text, std::string& kept) {
  constexpr std::array<std::string_view, 8> kOrder{"a", "b", "g-only", "g", "n", "ac", "ax", "be"};
  std::size_t best = 0;
  bool found = false;
  kept = text;
  for (std::size_t at = kept.find("and"); at != std::string::npos; at = kept.find("and")) {
    kept.replace(at, 3, ",");
  }
  std::ranges::replace(kept, '/', ',');
  for (std::string_view word : split(kept, ',')) {
    word = trimmed(word);
    if (word.starts_with("802.")) word.remove_prefix(4);
    if (word.starts_with("11")) word.remove_prefix(2);
    const auto at = std::ranges::find(kOrder, word);
    if (at == kOrder.end()) continue;
    const auto rank = static_cast<std::size_t>(at - kOrder.begin());
    if (!found || rank > best) best = rank;
    found = true;
  }
  return found ? kOrder[best] : std::string_view();
}

std::string standards_up_to(const Source& source, std::string_view value, bool only) {
  std::string kept;
  std::string_view last = newest(value, kept);
  if (last == "g-only" && only) return "g";
  if (last == "g-only") last = "g";
  const bool five_ghz = source.projection.radio_band(source.base()) == "5GHz" || last == "a";
  std::string out;
  for (std::string_view each : family(five_ghz)) {
    if (!out.empty()) out += ',';
    out += each;
    if (each == last) return out;
  }
  return std::string(value);
}

constexpr double kMostMbps = 1e6;

double highest_rate(std::string_view text) {
  double highest = 0;
  for (std::string_view each : split(text, ',')) {
    each = trimmed(each);
    double rate = 0;
    const auto [end, error] = std::from_chars(each.data(), each.data() + each.size(), rate);
    if (error == std::errc{} && rate < kMostMbps) highest = std::max(highest, rate);
  }
  return highest;
}

}  // namespace

std::string_view plain_beacon_type(std::string_view word) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 5> kVendorWords{
      {{"WPA2", "11i"},
       {"WPAandWPA2", "WPAand11i"},
       {"WPA/WPA2", "WPAand11i"},
       {"WPAWPA2", "WPAand11i"},
       {"WPA-WPA2", "WPAand11i"}}};
  for (const auto& [vendor, standard] : kVendorWords) {
    if (same_word(word, vendor)) return standard;
  }
  constexpr std::string_view kObsolete = "Basicand";
  if (word.starts_with(kObsolete)) word.remove_prefix(kObsolete.size());
  return word;
}

std::string security_mode(Reader& reader, std::string_view wlan) {
  const std::string_view type = plain_beacon_type(reader.beside(wlan, "BeaconType"));
  if (type.empty() || same_word(type, "None")) return "None";
  if (same_word(type, "Basic")) return basic_mode(reader, wlan);
  const std::string_view wpa = reader.beside(wlan, "WPAAuthenticationMode");
  const std::string_view rsn = reader.beside(wlan, "IEEE11iAuthenticationMode");
  const bool first = same_word(type, "WPA") || rsn.empty();
  std::string mode(type);
  if (same_word(type, "11i")) mode = "WPA2";
  if (same_word(type, "WPAand11i")) mode = "WPA-WPA2";
  return mode + (is_enterprise(first ? wpa : rsn) ? "-Enterprise" : "-Personal");
}

std::string wifi_mode(const Source& source, std::string_view) {
  return security_mode(source.reader, source.base());
}

std::string wifi_modes_supported(const Source& source, std::string_view) {
  const std::string_view level = source.reader.beside(source.base(), "WEPEncryptionLevel");
  const auto has = [&](std::string_view bits) {
    return level.empty() || level.find(bits) != std::string_view::npos;
  };
  std::string out = "None";
  if (has("40-bit")) out += ",WEP-64";
  if (has("104-bit")) out += ",WEP-128";
  return out +
         ",WPA-Personal,WPA2-Personal,WPA-WPA2-Personal,WPA-Enterprise,WPA2-Enterprise,"
         "WPA-WPA2-Enterprise";
}

std::string wifi_cipher(const Source&, std::string_view value) {
  std::string out;
  if (value.find("TKIP") != std::string_view::npos) out = "TKIP";
  if (value.find("AES") != std::string_view::npos) out += out.empty() ? "AES" : ",AES";
  return out;
}

std::string radio_status(const Source& source, std::string_view value) {
  if (!is_true(value)) return "Down";
  bool up = false;
  for (const std::string& member : source.projection.radio_members(source.base())) {
    up = same_word(source.reader.beside(member, "Status"), "Up") || up;
  }
  return up ? "Up" : "Down";
}

std::string radio_max_bit_rate(const Source& source, std::string_view value) {
  if (to_number(value) != 0) return std::string(value);
  const double rate =
      highest_rate(source.reader.beside(source.base(), "PossibleDataTransmitRates"));
  return std::to_string(std::llround(std::floor(rate)));
}

std::string radio_band(const Source& source, std::string_view) {
  return std::string(source.projection.radio_band(source.base()));
}

std::string radio_channel(const Source& source, std::string_view value) {
  if (value != "0") return std::string(value);
  const std::string_view in_use = source.reader.beside(source.base(), "ChannelsInUse");
  const std::string_view first = trimmed(split(in_use, ',').front());
  return first.empty() ? "0" : std::string(first);
}

std::string auto_channel(const Source& source, std::string_view value) {
  const bool own = source.first().native.view().ends_with("AutoChannelEnable");
  return bool_text(own ? is_true(value) : value == "0");
}

std::string standards(const Source& source, std::string_view value) {
  return standards_up_to(source, value, true);
}

std::string standards_supported(const Source& source, std::string_view value) {
  return standards_up_to(source, value, false);
}

/// Four digits, or eight (Wi-Fi Simple Configuration 7.4).
std::string wps_pin(const Source&, std::string_view value) {
  constexpr std::size_t kShort = 4;
  constexpr std::size_t kLong = 8;
  if (to_number(value) == 0) return {};
  const std::size_t digits = value.size() <= kShort ? kShort : kLong;
  return std::string(digits - std::min(digits, value.size()), '0') + std::string(value);
}

std::string wps_version(const Source&, std::string_view value) {
  const std::uint32_t version = to_number(value);
  return std::to_string(version >> 4) + '.' + std::to_string(version & 15);
}

std::string wps_status(const Source& source, std::string_view) {
  const std::string_view base = source.base();
  const std::string_view enable = source.reader.beside(base, "Enable");
  if (!enable.empty() && !is_true(enable)) return "Disabled";
  const std::string_view lock = source.reader.beside(base, "SetupLockedState");
  if (!lock.empty() && lock != "Unlocked") return "SetupLocked";
  const bool configured = source.reader.beside(base, "ConfigurationState") == "Configured";
  return configured ? "Configured" : "Unconfigured";
}

}  // namespace bridge::translate
