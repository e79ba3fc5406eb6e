#include "bridge/translate/mapping.h"

#include <algorithm>
#include <utility>

#include "bridge/agent/data_lines.h"
#include "bridge/translate/rule_reader.h"
#include "translate_data.h"

namespace bridge::translate {

namespace {

constexpr std::string_view kHeader = "tr098_path,";
/// A controller must not take the device away.
constexpr std::string_view kManagement = "Device.ManagementServer.";

const std::vector<std::uint32_t> kNoRules;

std::string shown_text(const ShownPath& path) {
  std::string out = path.text.empty() ? std::string() : path.text.front();
  for (std::size_t i = 0; i < path.positions.size(); ++i) {
    const Position& position = path.positions[i];
    out += '{';
    if (position.letter != 0) out += position.letter;
    out += position.allocator;
    for (const KeyPart& part : position.key) {
      out += '/';
      out += static_cast<char>('0' + static_cast<int>(part.kind));
      out += part.text;
    }
    out += '}' + path.text[i + 1];
  }
  return out;
}

}  // namespace

std::string MappingError::message() const {
  return file + (line == 0 ? ": " : ":" + std::to_string(line) + ": ") + text;
}

/// Takes in one file after the other.
class MappingReader {
 public:
  explicit MappingReader(const MappingOptions& options) : options_(options) {}

  void read(const Mapping::Source& source, bool overlay) {
    std::string_view rest = source.text;
    for (std::size_t number = 1; !rest.empty(); ++number) {
      std::string_view line = next_field(rest, '\n');
      if (line.ends_with('\r')) line.remove_suffix(1);
      if (line.empty() || line.starts_with('#') || line.starts_with(kHeader)) continue;
      auto fields = split_csv(line);
      auto rule = fields ? read_rule(*fields) : tl::unexpected(fields.error());
      if (!rule) {
        errors_.push_back({source.name, number, rule.error()});
        continue;
      }
      rule->line = number;
      take(*std::move(rule), overlay);
    }
  }

  tl::expected<std::shared_ptr<const Mapping>, std::vector<MappingError>> finish() {
    if (!errors_.empty()) return tl::unexpected(std::move(errors_));
    auto mapping = std::make_shared<Mapping>();
    for (Rule& rule : rules_) {
      const bool dropped = rule.shown.text.empty() || rule.transform == Transform::kNone ||
                           (rule.legacy && !options_.legacy_names) ||
                           rule.shown.supported.starts_with(kManagement);
      if (!dropped) add(std::move(rule), *mapping);
    }
    return mapping;
  }

 private:
  void take(Rule rule, bool overlay) {
    if (overlay) {
      const std::string shown = shown_text(rule.shown);
      const auto same = [&](const Rule& each) {
        return each.native == rule.native && shown_text(each.shown) == shown;
      };
      const auto at = std::ranges::find_if(rules_, same);
      if (at != rules_.end()) {
        *at = std::move(rule);
        return;
      }
    }
    rules_.push_back(std::move(rule));
  }

  static void add(Rule rule, Mapping& mapping) {
    const auto index = static_cast<std::uint32_t>(mapping.rules_.size());
    mapping.by_native_[rule.native_supported].push_back(index);
    mapping.by_shown_[rule.shown.supported].push_back(index);
    std::string_view object = rule.native_supported;
    for (std::size_t dot = object.rfind('.'); dot != std::string_view::npos;
         dot = object.empty() ? std::string_view::npos : object.rfind('.', object.size() - 1)) {
      if (!mapping.objects_.try_emplace(std::string(object.substr(0, dot + 1))).second) break;
      object = object.substr(0, dot);
    }
    mapping.rules_.push_back(std::move(rule));
  }

  const MappingOptions options_;
  std::vector<Rule> rules_;
  std::vector<MappingError> errors_;
};

tl::expected<std::shared_ptr<const Mapping>, std::vector<MappingError>> Mapping::make(
    const std::vector<Source>& sources, const MappingOptions& options) {
  MappingReader reader(options);
  for (const Source& source : sources) reader.read(source, &source != &sources.front());
  return reader.finish();
}

const std::vector<std::uint32_t>& Mapping::of_native(std::string_view supported) const {
  const auto at = by_native_.find(supported);
  return at == by_native_.end() ? kNoRules : at->second;
}

const std::vector<std::uint32_t>& Mapping::of_shown(std::string_view supported) const {
  const auto at = by_shown_.find(supported);
  return at == by_shown_.end() ? kNoRules : at->second;
}

bool Mapping::names_object(std::string_view native_supported) const {
  return objects_.contains(native_supported);
}

std::string_view built_in_mapping_text() { return data::kMapping; }

std::shared_ptr<const Mapping> built_in_mapping(const MappingOptions& options) {
  const auto make = [](bool legacy) {
    Mapping::Source source{"built-in mapping", std::string(data::kMapping)};
    auto made = Mapping::make({std::move(source)}, {legacy});
    return made ? *made : std::make_shared<const Mapping>();  // tests keep it readable
  };
  static const std::shared_ptr<const Mapping> kPlain = make(false);
  if (!options.legacy_names) return kPlain;
  static const std::shared_ptr<const Mapping> kLegacy = make(true);
  return kLegacy;
}

}  // namespace bridge::translate
