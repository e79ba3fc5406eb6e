#include "bridge/config_reader.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cmath>
#include <iterator>
#include <numeric>

namespace bridge {
namespace {

constexpr std::string_view kPrefix = "USP_BRIDGE_";

std::string variable_name(const std::string& path, std::string_view joint) {
  std::string name(kPrefix);
  for (const char c : path) {
    if (c == '.') {
      name += joint;
    } else {
      name += static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    }
  }
  return name;
}

// Kubernetes sets USP_BRIDGE_CWMP_PORT=tcp://10.0.0.1:7547 for a service "usp-bridge-cwmp".
bool is_service_link(const std::string& value) {
  return value.starts_with("tcp://") || value.starts_with("udp://");
}

std::size_t edit_distance(const std::string& a, const std::string& b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t above = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, diagonal + (a[i - 1] == b[j - 1] ? 0 : 1)});
      diagonal = above;
    }
  }
  return row[b.size()];
}

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) {
    if (!text.empty()) text += ", ";
    text += word;
  }
  return text;
}

std::string format_size(std::uint64_t bytes) {
  if (bytes != 0 && bytes % (1 << 20) == 0) return std::to_string(bytes >> 20) + "MiB";
  if (bytes != 0 && bytes % (1 << 10) == 0) return std::to_string(bytes >> 10) + "KiB";
  return std::to_string(bytes);
}

/// The digits at the start of `text`, which are taken from it.
std::optional<std::uint64_t> take_number(std::string_view& text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc()) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return number;
}

}  // namespace

std::string nearest(const std::string& word, const std::set<std::string>& candidates) {
  std::string best;
  std::size_t best_distance = std::max<std::size_t>(2, word.size() / 3) + 1;
  for (const std::string& candidate : candidates) {
    const std::size_t distance = edit_distance(word, candidate);
    if (distance < best_distance && distance < candidate.size()) {
      best = candidate;
      best_distance = distance;
    }
  }
  return best;
}

std::optional<std::chrono::milliseconds> parse_duration_text(std::string_view text) {
  constexpr std::pair<std::string_view, std::int64_t> kUnits[] = {
      {"ms", 1}, {"s", 1000}, {"m", 60'000}, {"h", 3'600'000}, {"d", 86'400'000}};
  constexpr std::uint64_t kMax = 1'000'000'000'000;  // 31 years
  if (text == "0") return std::chrono::milliseconds(0);
  if (text.empty()) return std::nullopt;
  std::int64_t total = 0;
  while (!text.empty()) {
    const std::optional<std::uint64_t> number = take_number(text);
    if (!number || *number > kMax) return std::nullopt;
    const std::size_t length = std::min(text.find_first_of("0123456789"), text.size());
    const auto* unit = std::find_if(std::begin(kUnits), std::end(kUnits), [&](const auto& known) {
      return known.first == text.substr(0, length);
    });
    if (unit == std::end(kUnits)) return std::nullopt;
    if (*number > kMax / static_cast<std::uint64_t>(unit->second)) return std::nullopt;
    total += static_cast<std::int64_t>(*number) * unit->second;
    if (total > static_cast<std::int64_t>(kMax)) return std::nullopt;
    text.remove_prefix(length);
  }
  return std::chrono::milliseconds(total);
}

std::string format_duration(std::chrono::milliseconds duration) {
  const std::int64_t ms = duration.count();
  if (ms == 0) return "0";
  if (ms % 86'400'000 == 0) return std::to_string(ms / 86'400'000) + "d";
  if (ms % 3'600'000 == 0) return std::to_string(ms / 3'600'000) + "h";
  if (ms % 60'000 == 0) return std::to_string(ms / 60'000) + "m";
  if (ms % 1000 == 0) return std::to_string(ms / 1000) + "s";
  return std::to_string(ms) + "ms";
}

std::optional<std::uint64_t> parse_size_text(std::string_view text) {
  constexpr std::pair<std::string_view, std::uint64_t> kUnits[] = {
      {"", 1}, {"KiB", 1 << 10}, {"MiB", 1 << 20}, {"GiB", 1 << 30}};
  const std::optional<std::uint64_t> number = take_number(text);
  if (!number) return std::nullopt;
  for (const auto& [unit, factor] : kUnits) {
    if (text != unit) continue;
    if (*number > std::numeric_limits<std::uint64_t>::max() / factor) return std::nullopt;
    return *number * factor;
  }
  return std::nullopt;
}

ConfigContext::ConfigContext(std::string name, Environment environment, bool describe)
    : name_(std::move(name)), environment_(std::move(environment)), describe_(describe) {}

void ConfigContext::mistake(const YAML::Mark& mark, const std::string& path,
                            const std::string& text) {
  std::string place = name_;
  if (!mark.is_null()) {
    place += ":" + std::to_string(mark.line + 1) + ":" + std::to_string(mark.column + 1);
  }
  mistakes_.push_back(place + ": " + (path.empty() ? "" : path + ": ") + text);
}

void ConfigContext::mistake(const std::string& path, const std::string& text) {
  std::string near = path;
  for (;;) {
    if (const auto place = places_.find(near); place != places_.end()) {
      mistakes_.push_back(place->second + ": " + path + ": " + text);
      return;
    }
    const std::size_t dot = near.rfind('.');
    if (dot == std::string::npos) break;
    near.resize(dot);
  }
  mistakes_.push_back(name_ + ": " + path + ": " + text);
}

std::vector<std::string> ConfigContext::unused_variables() const {
  std::vector<std::string> names;
  for (const auto& [name, value] : environment_) {
    if (!used_.contains(name) && !is_service_link(value)) names.push_back(name);
  }
  return names;
}

const std::pair<std::string, std::string>* ConfigContext::variable(const std::string& path) {
  for (const std::string_view joint : {"__", "_"}) {
    const std::string name = variable_name(path, joint);
    for (const auto& variable : environment_) {
      if (variable.first != name || is_service_link(variable.second)) continue;
      used_.insert(name);
      return &variable;
    }
  }
  return nullptr;
}

bool ConfigContext::has_variable_below(const std::string& path) const {
  for (const std::string_view joint : {"__", "_"}) {
    const std::string start = variable_name(path, joint).append(joint);
    const auto below = [&](const auto& variable) { return variable.first.starts_with(start); };
    if (std::any_of(environment_.begin(), environment_.end(), below)) return true;
  }
  return false;
}

ConfigSection::ConfigSection(ConfigContext& context, YAML::Node node, std::string path)
    : context_(context), node_(std::move(node)), path_(std::move(path)) {
  if (!node_.IsDefined() || node_.IsNull() || node_.IsMap()) return;
  context_.mistake(node_.Mark(), path_, "must be a mapping of settings");
  node_.reset(YAML::Node());
}

ConfigSection::~ConfigSection() {
  if (!node_.IsDefined() || !node_.IsMap()) return;
  std::set<std::string> seen;
  for (const auto& entry : node_) {
    if (!entry.first.IsScalar()) {
      context_.mistake(entry.first.Mark(), path_, "a key that is not a word");
      continue;
    }
    const std::string& key = entry.first.Scalar();
    if (!seen.insert(key).second) {
      context_.mistake(entry.first.Mark(), path_of(key.c_str()), "is given twice");
    }
    if (known_.contains(key)) continue;
    const std::string meant = nearest(key, known_);
    context_.mistake(entry.first.Mark(), path_of(key.c_str()),
                     "no such setting" + (meant.empty() ? "" : "; did you mean " + meant + "?"));
  }
}

YAML::Node ConfigSection::child(const char* key) {
  known_.insert(key);
  const YAML::Node& node = node_;  // the non-const operator would add the key
  if (!node.IsDefined() || !node.IsMap()) return YAML::Node();
  YAML::Node found;
  if (const YAML::Node there = node[key]; there.IsDefined()) {
    found.reset(there);
    const YAML::Mark mark = there.Mark();
    context_.places_[path_of(key)] = context_.name_ + ":" + std::to_string(mark.line + 1) + ":" +
                                     std::to_string(mark.column + 1);
  }
  return found;
}

std::optional<ConfigSection::Leaf> ConfigSection::take(const char* key) {
  const std::string path = path_of(key);
  const YAML::Node node = child(key);
  if (context_.describing()) context_.settings_.push_back(path);
  if (const auto* variable = context_.variable(path)) {
    context_.places_[path] = variable->first;
    return Leaf{path, variable->second};
  }
  if (!node.IsDefined()) return std::nullopt;
  if (node.IsNull()) {
    // A Node that was never set is null too, but has no mark.
    if (!node.Mark().is_null()) context_.mistake(node.Mark(), path, "has no value");
    return std::nullopt;
  }
  if (!node.IsScalar()) {
    context_.mistake(node.Mark(), path, "must be a single value");
    return std::nullopt;
  }
  return Leaf{path, node.Scalar()};
}

void ConfigSection::text(const char* key, std::string& value, const TextCheck& check) {
  const std::optional<Leaf> leaf = take(key);
  if (!leaf) return;
  if (check) {
    if (const std::string wrong = check(leaf->text); !wrong.empty()) {
      context_.mistake(leaf->path, wrong);
      return;
    }
  }
  value = leaf->text;
}

void ConfigSection::flag(const char* key, bool& value) {
  choice(key, value, {{"true", true}, {"false", false}});
}

void ConfigSection::size(const char* key, std::size_t& bytes, std::size_t min, std::size_t max) {
  const std::optional<Leaf> leaf = take(key);
  if (!leaf) return;
  const std::optional<std::uint64_t> parsed = parse_size_text(leaf->text);
  if (!parsed || *parsed < min || *parsed > max) {
    context_.mistake(leaf->path, "must be a size from " + format_size(min) + " to " +
                                     format_size(max) + ", such as 64KiB or 8MiB, not \"" +
                                     leaf->text + "\"");
    return;
  }
  bytes = *parsed;
}

void ConfigSection::rate(const char* key, double& per_second) { rate(key, per_second, false); }

void ConfigSection::rate_or_none(const char* key, double& per_second) {
  rate(key, per_second, true);
}

void ConfigSection::rate(const char* key, double& per_second, bool or_none) {
  constexpr double kMax = 1e6;
  const std::optional<Leaf> leaf = take(key);
  if (!leaf) return;
  if (or_none && leaf->text == "0") {
    per_second = 0;
    return;
  }
  double parsed = 0;
  const char* end = leaf->text.data() + leaf->text.size();
  const auto [stop, error] = std::from_chars(leaf->text.data(), end, parsed);
  if (error != std::errc() || stop != end || !(parsed > 0) || parsed > kMax) {
    context_.mistake(leaf->path, "must be a number a second, above 0 and up to 1000000, not \"" +
                                     leaf->text + "\"");
    return;
  }
  per_second = parsed;
}

void ConfigSection::words(const char* key, std::vector<std::string>& values,
                          const TextCheck& check) {
  const std::string path = path_of(key);
  const YAML::Node node = child(key);
  if (context_.describing()) context_.settings_.push_back(path);
  std::vector<std::string> found;
  if (const auto* variable = context_.variable(path)) {
    context_.places_[path] = variable->first;
    std::string_view rest = variable->second;
    while (!rest.empty()) {
      const std::size_t comma = std::min(rest.find(','), rest.size());
      if (comma > 0) found.emplace_back(rest.substr(0, comma));
      rest.remove_prefix(std::min(comma + 1, rest.size()));
    }
  } else {
    if (!is_sequence(key, node)) return;
    for (const YAML::Node& entry : node) {
      if (!entry.IsScalar()) {
        context_.mistake(entry.Mark(), path, "must be a list of words");
        return;
      }
      found.push_back(entry.Scalar());
    }
  }
  for (const std::string& word : found) {
    const std::string wrong = check ? check(word) : "";
    if (!wrong.empty()) context_.mistake(path, wrong);
  }
  values = std::move(found);
}

bool ConfigSection::is_sequence(const char* key, const YAML::Node& node) {
  if (!node.IsDefined() || node.IsNull()) return false;
  if (node.IsSequence()) return true;
  context_.mistake(node.Mark(), path_of(key), "must be a list");
  return false;
}

std::optional<std::int64_t> ConfigSection::parse_integer(const Leaf& leaf, std::int64_t min,
                                                         std::int64_t max) {
  std::int64_t parsed = 0;
  const char* end = leaf.text.data() + leaf.text.size();
  const auto [stop, error] = std::from_chars(leaf.text.data(), end, parsed);
  if (error == std::errc() && stop == end && parsed >= min && parsed <= max) return parsed;
  context_.mistake(leaf.path, "must be a number from " + std::to_string(min) + " to " +
                                  std::to_string(max) + ", not \"" + leaf.text + "\"");
  return std::nullopt;
}

std::optional<std::chrono::milliseconds> ConfigSection::parse_duration(
    const Leaf& leaf, std::chrono::milliseconds min, std::chrono::milliseconds max,
    std::chrono::milliseconds unit) {
  const auto parsed = parse_duration_text(leaf.text);
  if (parsed && *parsed >= min && *parsed <= max && *parsed % unit == unit.zero()) return parsed;
  context_.mistake(leaf.path, "must be a time from " + format_duration(min) + " to " +
                                  format_duration(max) + " in steps of " + format_duration(unit) +
                                  ", such as 30s or 1h30m, not \"" + leaf.text + "\"");
  return std::nullopt;
}

void ConfigSection::refuse_choice(const Leaf& leaf, const std::vector<std::string>& names) {
  context_.mistake(leaf.path, "must be one of " + joined(names) + ", not \"" + leaf.text + "\"");
}

}  // namespace bridge
