#include "tests/tools/cpe_sim/misbehaviour.h"

#include <algorithm>
#include <array>
#include <charconv>

namespace cpe_sim {
namespace {

struct Flag {
  std::string_view name;
  bool Quirks::*member;
  std::string_view meaning;
};

constexpr std::array kFlags{
    Flag{"no-cookie", &Quirks::no_cookie, "sends no cookie back"},
    Flag{"new-connection", &Quirks::new_connection, "a new TCP connection for each request"},
    Flag{"gzip", &Quirks::gzip, "compresses what it sends"},
    Flag{"wrong-count", &Quirks::wrong_count, "16 as length of every array"},
    Flag{"no-id", &Quirks::no_id, "no cwmp:ID in what it sends"},
    Flag{"basic-unasked", &Quirks::basic_unasked, "Basic credentials before any challenge"},
    Flag{"empty-post-first", &Quirks::empty_post_first, "an empty POST before each Inform"},
    Flag{"basic-requests", &Quirks::basic_requests, "wants Basic for connection requests"},
    Flag{"status-1", &Quirks::status_one, "writes take effect with the next boot"},
    Flag{"no-full-walk", &Quirks::no_full_walk, "9003 for GetParameterNames with NextLevel=0"},
    Flag{"no-partial-path", &Quirks::no_partial_path, "9002 for values of a partial path"},
    Flag{"leave-unknown-out", &Quirks::leave_unknown_out, "unknown names are left out, no 9005"},
    Flag{"no-culprits", &Quirks::no_culprits, "no SetParameterValuesFault, the code on top"},
    Flag{"numeric-booleans", &Quirks::numeric_booleans, "booleans as 0 and 1 only"},
    Flag{"any-type", &Quirks::any_type, "takes values whatever their xsi:type"},
    Flag{"no-active", &Quirks::no_active, "9009 for every active notification"},
    Flag{"silent-binding", &Quirks::silent_binding,
         "tells of a new NAT binding by STUN only, not by active notification"},
    Flag{"no-parameter-key", &Quirks::no_parameter_key, "does not keep the ParameterKey"},
    Flag{"read-only-flags", &Quirks::read_only_flags, "lists every parameter as read-only"},
};

template <class Number>
bool parse_whole(std::string_view text, Number& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc{} && end == text.data() + text.size() && !text.empty();
}

bool set_normalise(Quirks& quirks, std::string_view value) {
  using enum Quirks::Normalise;
  if (value == "off") quirks.normalise = kNone;
  if (value == "trim") quirks.normalise = kTrim;
  if (value == "upper") quirks.normalise = kUpper;
  if (value == "lower") quirks.normalise = kLower;
  return value == "off" || value == "trim" || value == "upper" || value == "lower";
}

bool set_numbered(Quirks& quirks, std::string_view name, std::string_view value) {
  std::size_t number = 0;
  if (value != "off" && !parse_whole(value, number)) return false;
  if (name == "slow") quirks.slow = std::chrono::milliseconds(number);
  if (name == "transfer-delay") quirks.transfer_delay = std::chrono::milliseconds(number);
  if (name == "max-names") quirks.max_names = number;
  if (name == "max-rows") quirks.max_rows = number;
  return name == "slow" || name == "transfer-delay" || name == "max-names" || name == "max-rows";
}

bool parse_action(std::string_view text, FaultRule& rule) {
  using enum FaultRule::Kind;
  std::uint32_t number = 0;
  if (text == "drop") {
    rule.kind = kDrop;
  } else if (text == "drop-after") {
    rule.kind = kDropAfter;
  } else if (text == "empty") {
    rule.kind = kEmpty;
  } else if (text == "hang") {
    rule.kind = kHang;
  } else if (text.starts_with("delay:") && parse_whole(text.substr(6), number)) {
    rule.kind = kDelay;
    rule.delay = std::chrono::milliseconds(number);
  } else if (parse_whole(text, number)) {
    rule.code = static_cast<cwmp::FaultCode>(number);
  } else {
    return false;
  }
  return true;
}

}  // namespace

tl::expected<void, std::string> set_quirk(Quirks& quirks, std::string_view text) {
  const auto equals = text.find('=');
  const auto name = text.substr(0, equals);
  const auto value =
      equals == std::string_view::npos ? std::string_view("on") : text.substr(equals + 1);
  const auto* flag = std::find_if(kFlags.begin(), kFlags.end(),
                                  [&](const Flag& known) { return known.name == name; });
  if (flag != kFlags.end() && (value == "on" || value == "off")) {
    quirks.*(flag->member) = value == "on";
    return {};
  }
  if (name == "normalise" && set_normalise(quirks, value)) return {};
  if (flag == kFlags.end() && set_numbered(quirks, name, value)) return {};
  return tl::unexpected("unknown quirk " + std::string(text));
}

std::string quirk_help() {
  std::string help;
  for (const Flag& flag : kFlags) {
    help.append("  ").append(flag.name).append(": ").append(flag.meaning).append("\n");
  }
  help.append("  slow=MS: waits before each request\n");
  help.append("  transfer-delay=MS: begins transfers so much later\n");
  help.append("  max-names=N: 9004 when more names are asked for at once\n");
  help.append("  max-rows=N: 9004 when a table would get more rows\n");
  help.append("  normalise=trim|upper|lower: what becomes of string values that are set\n");
  return help;
}

tl::expected<FaultRule, std::string> parse_fault_rule(std::string_view text) {
  FaultRule rule;
  const auto equals = text.find('=');
  const auto star = text.rfind('*');
  bool good = equals != std::string_view::npos && equals > 0;
  if (good && star != std::string_view::npos && star > equals) {
    unsigned times = 0;
    good = parse_whole(text.substr(star + 1), times);
    rule.left = times;
    text = text.substr(0, star);
  }
  if (!good || !parse_action(text.substr(equals + 1), rule)) {
    return tl::unexpected("expected METHOD=ACTION[*TIMES], got " + std::string(text));
  }
  rule.method = text.substr(0, equals);
  return rule;
}

std::optional<FaultRule> FaultPlan::take(std::string_view method, bool of_acs) {
  for (FaultRule& rule : rules_) {
    if (rule.method != method && !(of_acs && rule.method == "*")) continue;
    if (rule.left == 0U) continue;
    if (rule.left) --*rule.left;
    return rule;
  }
  return std::nullopt;
}

}  // namespace cpe_sim
