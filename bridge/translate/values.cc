#include "bridge/translate/values.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "bridge/translate/encoding.h"
#include "bridge/translate/text.h"

namespace bridge::translate {

namespace {

std::string_view native_text(const Source& source) {
  const std::string_view path = source.first().native.view();
  return path.ends_with('.') ? std::string_view() : source.reader.text(path);
}

/// In the form of the shown type.
std::string in_form(const Rule& rule, std::string_view text) {
  if (rule.shown_type == ValueType::kBoolean) return bool_text(is_true(text));
  if (rule.shown_list) {
    return each_element(text, [](std::string_view element) { return std::string(element); });
  }
  return std::string(text);
}

std::string scaled(const Rule& rule, std::string_view text) {
  char* end = nullptr;
  const std::string copy(trimmed(text));
  const double number = std::strtod(copy.c_str(), &end);
  const double scaled = number * rule.factor;
  constexpr double kMost = 9e15;  // what a double counts exactly
  if (copy.empty() || *end != '\0' || !(std::abs(scaled) < kMost)) return copy;
  return std::to_string(std::llround(scaled));
}

std::string reference(const Source& source, std::string_view text) {
  constexpr std::string_view kLayer1 = "Layer1Interface";  // names radios, not SSIDs
  const bool layer1 = source.path.ends_with(kLayer1);
  return each_element(text, [&](std::string_view path) {
    return source.projection.to_shown_reference(path, layer1);
  });
}

/// keyref(Device.QoS.Policer.{r},instance,-1)
std::string key_reference(const Source& source, std::string_view text) {
  const KeyReference key(source.rule().argument);
  if (text.empty() || text == key.none) return {};
  if (key.param == "instance") return key.path_of(text);
  const std::uint32_t number = to_number(text);
  const std::uint32_t row = source.projection.row_with_key(kKeyedTable, number);
  if (row == 0) return {};
  const std::string native =
      std::string(kNativeRoot) + std::string(kKeyedTable) + '.' + std::to_string(row);
  return source.projection.to_shown_reference(native);
}

/// One of several parameters that make a list.
std::string joined_items(const Source& source) {
  if (source.rule().argument == "n") return source.bindings().element;
  std::string out;
  for (const Entry& entry : source.entries) {
    const std::string_view text = source.reader.text(entry.native.view());
    if (text.empty()) continue;
    if (!out.empty()) out += ',';
    out += text;
  }
  return out;
}

std::string of_representative(const Source& source) {
  for (const std::string& member : source.projection.radio_members(source.base())) {
    source.reader.beside(member, "Enable");  // which is what the choice hangs on
  }
  const std::string wlan = source.projection.radio_representative(source.base());
  const std::string_view path = source.first().native.view();
  const std::string same = wlan + std::string(path.substr(source.base().size()));
  const Node* node = source.reader.tree().find(same);
  return in_form(source.rule(), node != nullptr ? source.reader.text(node) : native_text(source));
}

std::string sum(const Source& source) {
  std::uint64_t total = 0;
  for (const Entry& entry : source.entries) {
    total += to_number64(source.reader.text(entry.native.view()));
  }
  return std::to_string(total);
}

std::string any(const Source& source) {
  bool found = false;
  for (const Entry& entry : source.entries) {
    found = is_true(source.reader.text(entry.native.view())) || found;
  }
  return bool_text(found);
}

std::string count(const Source& source) {
  for (const Entry& entry : source.entries) {  // for its freshness
    if (!entry.native.view().ends_with('.')) source.reader.text(entry.native.view());
  }
  constexpr std::string_view kSuffix = "NumberOfEntries";
  std::string table(source.path.substr(0, source.path.size() - kSuffix.size()));
  return std::to_string(source.shown.instances(table + '.').size());
}

/// "WLANConfiguration.1.2"
std::string made_up_name(std::string_view object) {
  std::string name;
  std::string numbers;
  for (std::string_view segment : split(without_dot(object), '.')) {
    if (to_number(segment) != 0) {
      numbers += '.';
      numbers += segment;
    } else {
      name = segment;
    }
  }
  return name + numbers;
}

std::string alias(const Source& source) {
  if (std::string own(native_text(source)); !own.empty()) return own;
  const std::string_view given = source.projection.numbers().alias(source.object());
  if (!given.empty()) return std::string(given);
  const std::string_view row = without_dot(source.object());
  return "cpe-" + std::string(row.substr(row.rfind('.') + 1));
}

}  // namespace

std::vector<std::uint32_t> first_rows(const Tree& tree, std::string_view table) {
  constexpr std::size_t kMost = 256;
  std::vector<std::uint32_t> rows = tree.instances(table);
  rows.resize(std::min(rows.size(), kMost));
  return rows;
}

std::string_view Reader::text(const Node* node) {
  if (node == nullptr || node->is_object()) return {};
  read_.push_back(node->path());
  if (node->state() == NodeState::kUnread) state_ = NodeState::kUnread;
  if (node->state() == NodeState::kStale && state_ == NodeState::kKnown) state_ = NodeState::kStale;
  updated_ms_ = std::min(updated_ms_, node->updated_ms());
  return node->has_value() ? node->value() : std::string_view();
}

std::string_view Source::shown_text(std::string_view shown_path) const {
  const Node* node = shown.find(shown_path);
  return node != nullptr && node->has_value() ? node->value() : std::string_view();
}

std::string through_words(const Rule& rule, std::string_view native) {
  std::string text(native);
  if (rule.native_type == ValueType::kBoolean) text = bool_text(is_true(native));
  for (const WordPair& word : rule.words) {
    if (!word.reads || (word.native != "*" && !same_word(word.native, text))) continue;
    return word.shown == "*" ? text : word.shown;
  }
  return text;
}

std::string value_of(const Source& source) {
  using enum Transform;
  const Rule& rule = source.rule();
  switch (rule.transform) {
    case kConst:
      return rule.argument;
    case kSynth:
      return synthesised_value(source);
    case kFunction:
      return function_value(source);
    case kGroup:
      return of_representative(source);
    case kItem:
      return joined_items(source);
    case kAny:
      return any(source);
    case kSum:
      return source.path.ends_with("NumberOfEntries") ? count(source) : sum(source);
    case kCount:
      return count(source);
    case kAlias:
      return alias(source);
    default:
      break;
  }
  const std::string_view text = native_text(source);
  switch (rule.transform) {
    case kEnum: {
      const std::string_view object = without_dot(source.first().native.view());
      const bool by_number = rule.is_native_object();  // enum of the instance number
      return through_words(rule, by_number ? object.substr(object.rfind('.') + 1) : text);
    }
    case kEnumList:
      return each_element(text, [&](std::string_view word) { return through_words(rule, word); });
    case kScale:
      return scaled(rule, text);
    case kBase64Hex:
      return base64_to_hex(text).value_or(std::string(text));
    case kTextHex:
      return in_upper_case(text);
    case kRef:
    case kRefList:
      return reference(source, text);
    case kKeyRef:
      return key_reference(source, text);
    case kName:
      return text.empty() ? made_up_name(source.base()) : std::string(text);
    default:
      return in_form(rule, text);
  }
}

Rank rank_of(const Rule& rule) {
  using enum Transform;
  const bool counts = rule.shown.supported.ends_with("NumberOfEntries");
  switch (rule.transform) {
    case kCount:
      return Rank::kCount;
    case kSum:
      return counts ? Rank::kCount : Rank::kLooks;
    case kAny:
    case kGroup:
    case kItem:
    case kFunction:
      return Rank::kLooks;
    case kSynth:
      if (rule.argument == "lower_status") return Rank::kLower;
      if (rule.argument == "higher_status") return Rank::kHigher;
      return rule.argument == "enable_status" ? Rank::kStatus : Rank::kLooks;
    default:
      return Rank::kPlain;
  }
}

}  // namespace bridge::translate
