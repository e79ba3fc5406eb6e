#include "bridge/translate/radios.h"

#include <algorithm>
#include <charconv>
#include <utility>

namespace bridge::translate {

namespace {

constexpr std::string_view kLans = "InternetGatewayDevice.LANDevice.";
constexpr std::uint32_t kHighest24GHz = 14;  // IEEE 802.11 channel numbers

/// The numbers in "1,6,11" or "1-13".
template <class Visit>
void for_each_number(std::string_view text, const Visit& visit) {
  while (!text.empty()) {
    std::uint32_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error == std::errc{}) visit(number);
    const auto read = static_cast<std::size_t>(end - text.data());
    text.remove_prefix(std::max<std::size_t>(read, 1));
  }
}

std::string_view text_of(const Tree& tree, std::string_view object, std::string_view name) {
  const Node* node = tree.find(std::string(object) + std::string(name));
  return node == nullptr || !node->has_value() ? std::string_view() : node->value();
}

}  // namespace

std::string Radios::band_of(std::string_view wlan) const {
  bool high = false;
  bool low = false;
  for (const std::string_view name : {"PossibleChannels", "ChannelsInUse", "Channel"}) {
    for_each_number(text_of(native_, wlan, name), [&](std::uint32_t channel) {
      high = high || channel > kHighest24GHz;
      low = low || (channel > 0 && channel <= kHighest24GHz);
    });
  }
  const std::string_view standard = text_of(native_, wlan, "Standard");
  if (high || standard == "a" || standard.find("ac") != std::string_view::npos) return "5GHz";
  return low ? "2.4GHz" : "";
}

bool Radios::update() {
  std::vector<Group> groups;
  std::map<std::string, std::size_t, std::less<>> by_key;
  by_member_.clear();
  for (const std::uint32_t lan : native_.instances(kLans)) {
    const std::string table = std::string(kLans) + std::to_string(lan) + ".WLANConfiguration.";
    for (const std::uint32_t number : native_.instances(table)) {
      std::string wlan = table + std::to_string(number) + '.';
      const std::string band = band_of(wlan);
      const std::string key = band.empty() ? wlan : band;
      const auto [group, is_new] = by_key.try_emplace(key, groups.size());
      if (is_new) groups.push_back({key, band.empty() ? "2.4GHz" : band, {}});
      groups[group->second].members.push_back(wlan);
      by_member_.emplace(std::move(wlan), group->second);
    }
  }
  const bool changed = groups != groups_;
  groups_ = std::move(groups);
  return changed;
}

const Radios::Group* Radios::of(std::string_view native) const {
  for (; !native.empty(); native = parent_path(native)) {
    const auto member = by_member_.find(native);
    if (member != by_member_.end()) return &groups_[member->second];
  }
  return nullptr;
}

}  // namespace bridge::translate
