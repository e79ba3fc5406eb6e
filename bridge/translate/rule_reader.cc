#include "bridge/translate/rule_reader.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "bridge/translate/encoding.h"
#include "bridge/translate/functions.h"

namespace bridge::translate {
namespace {

using Unexpected = tl::unexpected<std::string>;
template <class T>
using Read = tl::expected<T, std::string>;

constexpr std::string_view kNativeRoot = "InternetGatewayDevice.";
constexpr std::string_view kShownRoot = "Device.";
constexpr std::size_t kFields = 7;

bool is_letter(std::string_view text) {
  return text.size() == 1 && text.front() >= 'a' && text.front() <= 'z';
}

bool is_word(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-';
  });
}

Unexpected error(std::string_view what, std::string_view text) {
  return Unexpected(std::string(what) + ": " + std::string(text));
}

std::vector<std::string_view> split(std::string_view text, std::string_view separator) {
  std::vector<std::string_view> parts;
  for (;;) {
    const std::size_t at = text.find(separator);
    parts.push_back(text.substr(0, at));
    if (at == std::string_view::npos) return parts;
    text.remove_prefix(at + separator.size());
  }
}

Read<void> read_native(std::string_view path, Rule& rule) {
  if (!path.starts_with(kNativeRoot)) return error("no path of a TR-098 device", path);
  rule.native = path;
  for (std::string_view segment : split(path, ".")) {
    const bool first = rule.native_supported.empty() && rule.letters.empty();
    if (!first) rule.native_supported += '.';
    const bool position = segment.starts_with('{') && segment.ends_with('}');
    const std::uint32_t literal = position ? 0 : to_number(segment);
    if (position && !is_letter(segment.substr(1, segment.size() - 2))) {
      return error("an instance is a letter in braces", segment);
    }
    if (position || literal != 0) {
      rule.letters.push_back(position ? segment[1] : '\0');
      rule.literals.push_back(literal);
      rule.native_supported += "{i}";
    } else if (!segment.empty() && !is_word(segment)) {
      return error("no name of a parameter or object", segment);
    } else {
      rule.native_supported += segment;
    }
  }
  return {};
}

KeyPart read_key_part(std::string_view text) {
  using enum KeyPart::Kind;
  if (text.starts_with('@')) return {kParam, std::string(text.substr(1))};
  if (text == "g") return {kGroup, {}};
  if (text == "n") return {kItem, {}};
  return {is_letter(text) ? kLetter : kWord, std::string(text)};
}

/// "l", "pm(wanip:w,c,k,p)", "fwd(def:)".
Read<Position> read_position(std::string_view text) {
  Position position;
  if (is_letter(text)) {
    position.letter = text.front();
    return position;
  }
  const std::size_t open = text.find('(');
  if (open == std::string_view::npos || open == 0 || !text.ends_with(')')) {
    return error("no letter and no allocator(key)", text);
  }
  position.allocator = text.substr(0, open);
  std::string_view key = text.substr(open + 1, text.size() - open - 2);
  if (const std::size_t colon = key.rfind(':'); colon != std::string_view::npos) {
    for (std::string_view tag : split(key.substr(0, colon), ":")) {
      position.key.push_back({KeyPart::Kind::kWord, std::string(tag)});
    }
    key.remove_prefix(colon + 1);
  }
  if (key.empty()) return position;
  for (std::string_view part : split(key, ",")) position.key.push_back(read_key_part(part));
  return position;
}

Read<ShownPath> read_shown(std::string_view path) {
  if (!path.starts_with(kShownRoot)) return error("no path of Device:2", path);
  ShownPath shown;
  std::string text;
  while (!path.empty()) {
    const std::size_t open = path.find('{');
    text += path.substr(0, open);
    if (open == std::string_view::npos) break;
    const std::size_t close = path.find('}', open);
    if (close == std::string_view::npos) return error("a brace is not closed", path);
    auto position = read_position(path.substr(open + 1, close - open - 1));
    if (!position) return tl::unexpected(position.error());
    shown.text.push_back(std::exchange(text, {}));
    shown.positions.push_back(*std::move(position));
    path.remove_prefix(close + 1);
  }
  shown.text.push_back(std::move(text));
  std::string joined = shown.text.front();
  for (std::size_t i = 1; i < shown.text.size(); ++i) joined += "{i}" + shown.text[i];
  for (std::string_view segment : split(joined, ".")) {
    if (!shown.supported.empty()) shown.supported += '.';
    const bool number = to_number(segment) != 0;
    shown.supported += number ? std::string_view("{i}") : segment;
  }
  return shown;
}

std::vector<char> read_letters(std::string_view text) {
  std::vector<char> letters;
  for (std::string_view letter : split(text, ",")) {
    if (!is_letter(letter)) return {};
    letters.push_back(letter.front());
  }
  return letters;
}

std::vector<std::string> read_values(std::string_view text) {
  std::vector<std::string> values;
  for (std::string_view value : split(text, ",")) values.emplace_back(value);
  return values;
}

/// "Name is Table v,w", "each Table v", "Name in A,B", "Name absent".
Read<Condition> read_worded_condition(std::string_view text) {
  using enum Condition::Kind;
  const std::vector<std::string_view> words = split(text, " ");
  if (words.size() == 4 && words[1] == "is") {
    Condition out{kIsRowOf, std::string(words[0]), {std::string(words[2])}, read_letters(words[3])};
    if (out.letters.empty()) return error("no letters", words[3]);
    return out;
  }
  if (words.size() == 3 && words[0] == "each") {
    Condition out{kEach, {}, {std::string(words[1])}, read_letters(words[2])};
    if (out.letters.size() != 1) return error("one letter is wanted", words[2]);
    return out;
  }
  if (words.size() == 3 && words[1] == "in") {
    return Condition{kEquals, std::string(words[0]), read_values(words[2]), {}};
  }
  if (text == "value nonempty") return Condition{kValueNonempty, {}, {}, {}};
  static constexpr std::array<std::pair<std::string_view, Condition::Kind>, 3> kStates{
      {{"present", kPresent}, {"absent", kAbsent}, {"nonempty", kNonempty}}};
  for (const auto& [word, kind] : kStates) {
    if (words.size() == 2 && words[1] == word)
      return Condition{kind, std::string(words[0]), {}, {}};
  }
  return error("no such condition", text);
}

Read<Condition> read_condition(std::string_view text) {
  using enum Condition::Kind;
  const std::size_t equals = text.find('=');
  if (text.empty() || equals == std::string_view::npos) return read_worded_condition(text);
  const bool differs = equals > 0 && text[equals - 1] == '!';
  const std::string_view name = text.substr(0, differs ? equals - 1 : equals);
  const std::string_view value = text.substr(equals + 1);
  if (name.empty()) return error("no such condition", text);
  if (value == "self") return Condition{differs ? kIsNotSelf : kIsSelf, std::string(name), {}, {}};
  return Condition{differs ? kDiffers : kEquals, std::string(name), {std::string(value)}, {}};
}

/// Takes "when(...) " off the front of `text`.
Read<void> read_conditions(std::string_view& text, Rule& rule) {
  constexpr std::string_view kWhen = "when(";
  if (!text.starts_with(kWhen)) return {};
  int depth = 0;
  std::size_t close = kWhen.size() - 1;
  for (; close < text.size(); ++close) {
    if (text[close] == '(') ++depth;
    if (text[close] == ')' && --depth == 0) break;
  }
  if (close == text.size()) return error("when( is not closed", text);
  const std::string_view terms = text.substr(kWhen.size(), close - kWhen.size());
  for (std::string_view term : split(terms, " and ")) {
    auto condition = read_condition(term);
    if (!condition) return tl::unexpected(condition.error());
    rule.when.push_back(*std::move(condition));
  }
  text.remove_prefix(close + 1);
  text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
  return {};
}

Read<std::vector<WordPair>> read_words(std::string_view text) {
  std::vector<WordPair> words;
  for (std::string_view token : split(text, "|")) {
    WordPair word;
    const std::size_t write_only = token.find("<=");
    const std::size_t read_only = token.find("=>");
    std::size_t at = token.find('=');
    std::size_t length = 1;
    if (write_only != std::string_view::npos) {
      word.reads = false;
      at = write_only;
      length = 2;
    } else if (read_only != std::string_view::npos) {
      word.writes = false;
      length = 2;
    }
    if (at == std::string_view::npos) return error("A=B is wanted", token);
    word.native = token.substr(0, at);
    word.shown = token.substr(at + length);
    words.push_back(std::move(word));
  }
  return words;
}

Read<void> read_role(std::string_view argument, Rule& rule) {
  static constexpr std::array<std::pair<std::string_view, ObjectRole>, 4> kRoles{
      {{"primary", ObjectRole::kPrimary},
       {"satellite", ObjectRole::kSatellite},
       {"synth", ObjectRole::kSynth},
       {"subtree", ObjectRole::kSubtree}}};
  for (const auto& [name, role] : kRoles) {
    if (argument != name) continue;
    rule.role = role;
    return {};
  }
  return error("no such role of an object", argument);
}

/// "ref:PATH|ref:PATH"; nothing where it is another computed value.
Read<void> read_references(std::string_view argument, Rule& rule) {
  constexpr std::string_view kRef = "ref:";
  if (!argument.starts_with(kRef)) return {};
  for (std::string_view each : split(argument, "|")) {
    if (!each.starts_with(kRef)) return error("ref:PATH is wanted", each);
    auto path = read_shown(each.substr(kRef.size()));
    if (!path) return tl::unexpected(path.error());
    rule.references.push_back(*std::move(path));
  }
  return {};
}

Read<void> read_argument(std::string_view argument, Rule& rule) {
  using enum Transform;
  rule.argument = argument;
  if (rule.transform == kObject) return read_role(argument, rule);
  if (rule.transform == kEnum || rule.transform == kEnumList) {
    auto words = read_words(argument);
    if (!words) return tl::unexpected(words.error());
    rule.words = *std::move(words);
  } else if (rule.transform == kScale) {
    const auto [end, code] =
        std::from_chars(argument.data(), argument.data() + argument.size(), rule.factor);
    if (code != std::errc{} || rule.factor == 0) return error("no factor", argument);
  } else if (rule.transform == kFunction && !is_function(argument)) {
    return error("no such function", argument);
  } else if (rule.transform == kSynth && !is_synthesis(argument)) {
    return error("no such computed value", argument);
  } else if (rule.transform == kSynth) {
    return read_references(argument, rule);
  } else if (rule.transform == kKeyRef && split(argument, ",").size() < 3) {
    return error("keyref(PATH,K,none) is wanted", argument);
  } else if (rule.transform == kItem && argument != "n" && to_number(argument) == 0) {
    return error("no position in a list", argument);
  }
  return {};
}

Read<void> read_transform(std::string_view text, Rule& rule) {
  using enum Transform;
  if (auto conditions = read_conditions(text, rule); !conditions) return conditions;
  static constexpr std::array<std::pair<std::string_view, Transform>, 22> kNames{
      {{"copy", kCopy},    {"copyl", kCopyList},   {"enum", kEnum},       {"enuml", kEnumList},
       {"scale", kScale},  {"b64hex", kBase64Hex}, {"texthex", kTextHex}, {"ref", kRef},
       {"refl", kRefList}, {"keyref", kKeyRef},    {"item", kItem},       {"group", kGroup},
       {"any", kAny},      {"sum", kSum},          {"count", kCount},     {"name", kName},
       {"alias", kAlias},  {"const", kConst},      {"synth", kSynth},     {"command", kCommand},
       {"obj", kObject},   {"none", kNone}}};
  if (text.starts_with("fn:")) {
    rule.transform = kFunction;
    return read_argument(text.substr(3), rule);
  }
  const std::size_t open = text.find('(');
  const std::string_view name = text.substr(0, open);
  for (const auto& [known, transform] : kNames) {
    if (name != known) continue;
    rule.transform = transform;
    if (open == std::string_view::npos) return read_argument({}, rule);
    if (!text.ends_with(')')) return error("a parenthesis is not closed", text);
    return read_argument(text.substr(open + 1, text.size() - open - 2), rule);
  }
  return error("no such transform", text);
}

/// Types of the data model by what a value of theirs is on the wire.
ValueType type_of(std::string_view name) {
  if (name == "base64") return ValueType::kBase64;
  return value_type(name);
}

void read_types(const std::vector<std::string>& fields, Rule& rule) {
  constexpr std::string_view kList = "list:";
  const auto element = [&](std::string_view type) {
    return type.starts_with(kList) ? ValueType::kString : type_of(type);
  };
  rule.native_type = element(fields[3]);
  rule.shown_type = element(fields[4]);
  rule.shown_list = fields[4].starts_with(kList);
}

}  // namespace

Read<std::vector<std::string>> split_csv(std::string_view line) {
  std::vector<std::string> fields(1);
  bool quoted = false;
  for (std::size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    if (quoted && c == '"' && line.substr(i + 1).starts_with('"')) {
      fields.back() += '"';
      ++i;
    } else if (c == '"') {
      quoted = !quoted;
    } else if (c == ',' && !quoted) {
      fields.emplace_back();
    } else if (c != '\r') {
      fields.back() += c;
    }
  }
  if (quoted) return error("a quote is not closed", line);
  return fields;
}

Read<Rule> read_rule(const std::vector<std::string>& fields) {
  if (fields.size() != kFields) {
    return error("seven fields are wanted", "there are " + std::to_string(fields.size()));
  }
  Rule rule;
  if (auto native = read_native(fields[0], rule); !native) return tl::unexpected(native.error());
  if (fields[1] != "-") {
    auto shown = read_shown(fields[1]);
    if (!shown) return tl::unexpected(shown.error());
    rule.shown = *std::move(shown);
  }
  if (fields[2] != "ro" && fields[2] != "rw") return error("access is ro or rw", fields[2]);
  rule.writable = fields[2] == "rw";
  read_types(fields, rule);
  if (auto read = read_transform(fields[5], rule); !read) return tl::unexpected(read.error());
  if (fields[1] == "-" && rule.transform != Transform::kNone) {
    return error("without a Device:2 path the transform is none", fields[5]);
  }
  const bool object = rule.transform == Transform::kObject;
  if (object != (fields[1] != "-" && rule.shown.is_object()) &&
      rule.transform != Transform::kNone) {
    return error("objects, and only they, end in '.' and have an obj() transform", fields[1]);
  }
  rule.note = fields[6];
  rule.cwmp_only = rule.note.find("[cwmp-only]") != std::string::npos;
  rule.legacy = rule.note.find("[legacy") != std::string::npos;
  return rule;
}

}  // namespace bridge::translate
