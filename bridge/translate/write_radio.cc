// Radios backwards. TR-098 has none: each WLANConfiguration has the parameters of its radio, and
// devices differ in whether those of one radio change together.
#include <algorithm>
#include <array>
#include <charconv>
#include <string>
#include <string_view>

#include "bridge/translate/text.h"
#include "bridge/translate/write_place.h"

namespace bridge::translate {

namespace {

using Written = WriteResult<Wants>;

Written write_channel(const Place& place, std::string_view value) {
  unsigned channel = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), channel);
  const bool whole = error == std::errc{} && end == value.data() + value.size();
  if (!whole || channel < 1 || channel > 255) return invalid("a channel is 1 to 255");
  Wants out = radio_wants(place, "Channel", value);
  Wants automatic = radio_wants(place, "AutoChannelEnable", "false");
  for (Wanted& each : automatic.set) want_if_there(out, place, each.name, each.value);
  out.follow.insert(out.follow.end(), automatic.follow.begin(), automatic.follow.end());
  return out;
}

Written write_auto_channel(const Place& place, std::string_view value) {
  if (!is_boolean_text(value)) return invalid("not a boolean");
  const bool automatic = is_true(value);
  if (last_name(place.native) == "AutoChannelEnable") {
    return radio_wants(place, "AutoChannelEnable", bool_text(automatic));
  }
  if (automatic) return radio_wants(place, "Channel", "0");
  if (place.setting("Channel") != nullptr) return Wants{};
  if (place.draft.value(place.native) != "0") return Wants{};
  const std::vector<std::string> in_use = split_list(place.value("ChannelsInUse"));
  if (in_use.empty()) return invalid("Channel has to be set along with it");
  return radio_wants(place, "Channel", in_use.front());
}

/// The highest element decides; "g" alone keeps older stations out.
Written write_standards(const Place& place, std::string_view value) {
  if (value == place.shown_value()) return Wants{};
  const Node* node = place.projection.native().find(place.native);
  if (node == nullptr || node->writable() != Writable::kYes) return read_only("read-only");
  constexpr std::array<std::string_view, 4> kOrder{"a", "b", "g", "n"};
  const std::vector<std::string> elements = split_list(value);
  const auto* highest = kOrder.begin();
  for (const std::string& element : elements) {
    const auto* found = std::find(kOrder.begin(), kOrder.end(), element);
    if (found == kOrder.end()) return invalid("TR-098 has no standard " + shortened(element));
    highest = std::max(highest, found);
  }
  if (elements.empty()) return invalid("at least one standard is needed");
  const bool alone = *highest == "g" && elements.size() == 1;
  return radio_wants(place, "Standard", alone ? "g-only" : *highest);
}

struct NamedFunction {
  std::string_view name;
  WriteFunction function;
};
constexpr std::array kFunctions{
    NamedFunction{"channel", write_channel},
    NamedFunction{"autochannel", write_auto_channel},
    NamedFunction{"std", write_standards},
};

}  // namespace

Wants radio_wants(const Place& place, std::string_view param, std::string_view value) {
  const std::string wlan = wlan_of(place);
  const std::string name(param);
  const std::string chosen = as_object(place.projection.radio_representative(wlan));
  const std::string first = exists(place.projection, chosen + name) ? chosen : wlan;
  Wants out = only(first + name, std::string(value));
  for (const std::string& member : place.projection.radio_members(wlan)) {
    const std::string object = as_object(member);
    if (object == first || !exists(place.projection, object + name)) continue;
    out.follow.push_back({object + name, std::string(value)});
  }
  return out;
}

WriteFunction write_radio_function(std::string_view name) {
  const auto* found = std::find_if(kFunctions.begin(), kFunctions.end(),
                                   [&](const NamedFunction& each) { return each.name == name; });
  return found == kFunctions.end() ? nullptr : found->function;
}

}  // namespace bridge::translate
