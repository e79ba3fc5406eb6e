#include "bridge/translate/conditions.h"

#include <algorithm>
#include <utility>

#include "bridge/translate/encoding.h"
#include "bridge/translate/text.h"

namespace bridge::translate {

namespace {

/// The list whose elements are rows.
constexpr std::string_view kListParam = "DNSServers";
/// More than any device has; a value may be megabytes long.
constexpr std::uint32_t kMaxElements = 64;

/// Numbers of "InternetGatewayDevice.WANDevice.1.WANConnectionDevice.2" for table
/// "WANDevice.WANConnectionDevice". Empty: no row of it.
std::vector<std::uint32_t> row_numbers(std::string_view path, std::string_view table) {
  if (path.ends_with('.')) path.remove_suffix(1);
  std::string supported = supported_path(path);
  std::string wanted(kNativeRoot);
  for (std::string_view name : split(table, '.')) wanted += std::string(name) + ".{i}.";
  wanted.pop_back();
  if (supported != wanted) return {};
  return numbers_in(path);
}

}  // namespace

bool takes_list_elements(const Rule& rule) {
  if (rule.transform == Transform::kItem && rule.argument == "n") return true;
  for (const Position& position : rule.shown.positions) {
    for (const KeyPart& part : position.key) {
      if (part.kind == KeyPart::Kind::kItem) return true;
    }
  }
  return false;
}

std::string_view Conditions::decide(const Node* node) {
  if (node == nullptr || node->is_object()) return {};
  parts_.deciding.try_emplace(std::string(node->path()), node->value());
  return node->has_value() ? node->value() : std::string_view();
}

bool Conditions::holds(const Condition& condition, std::string_view native, std::string_view base,
                       const Bindings& bindings) {
  using enum Condition::Kind;
  if (condition.kind == kValueNonempty) return !decide(projection_.native().find(native)).empty();
  const Node* node = projection_.look_up(base, condition.name);
  if (condition.kind == kPresent) return node != nullptr;
  if (condition.kind == kAbsent) return node == nullptr;
  const std::string_view text = decide(node);
  if (condition.kind == kNonempty) return !text.empty();
  if (condition.kind == kIsSelf || condition.kind == kIsNotSelf) {
    const bool self = without_dot(text) == without_dot(base);
    return node != nullptr && self == (condition.kind == kIsSelf);
  }
  const auto equals = [&](const std::string& wanted) {
    if (wanted.size() == 1) {  // a letter stands for its number
      const std::uint32_t bound = bindings.number(wanted.front());
      if (bound != 0) return text == std::to_string(bound);
    }
    if (wanted == "true" || wanted == "false") return is_true(text) == (wanted == "true");
    return same_word(text, wanted);
  };
  const bool equal = node != nullptr && std::ranges::any_of(condition.values, equals);
  return equal == (condition.kind == kEquals);
}

std::vector<Bindings> Conditions::bind(const Condition& condition, std::string_view base,
                                       const Bindings& bindings) {
  std::vector<Bindings> out;
  const std::string& table = condition.values.front();
  if (condition.kind == Condition::Kind::kEach) {
    for (; !base.empty(); base = parent_path(base)) {
      for (const std::uint32_t row :
           projection_.native().instances(std::string(base) + table + '.')) {
        out.push_back(bindings);
        out.back().bind(condition.letters.front(), row);
      }
      if (!out.empty()) break;
    }
    return out;
  }
  const std::string_view text = decide(projection_.look_up(base, condition.name));
  std::vector<std::uint32_t> numbers = row_numbers(text, table);
  if (const std::uint32_t key = to_number(text); numbers.empty() && key != 0) {
    const std::uint32_t row = projection_.row_with_key(table, key);
    if (row != 0) numbers = {row};
  }
  if (numbers.size() != condition.letters.size()) return out;
  out.push_back(bindings);
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    out.back().bind(condition.letters[i], numbers[i]);
  }
  return out;
}

void Conditions::expand_list(std::string_view base, std::vector<Bindings>& all) {
  const std::string_view list =
      decide(projection_.native().find(std::string(base) + std::string(kListParam)));
  std::vector<Bindings> out;
  for (const Bindings& bindings : all) {
    std::uint32_t position = 0;
    for (std::string_view element : split(list, ',')) {
      element = trimmed(element);
      if (element.empty()) continue;
      if (++position > kMaxElements) break;
      out.push_back(bindings);
      out.back().item = position;
      out.back().element = element;
    }
  }
  all = std::move(out);
}

std::vector<Bindings> Conditions::expand(const Rule& rule, std::string_view native,
                                         std::string_view base,
                                         const std::vector<std::uint32_t>& numbers) {
  Bindings first;
  for (std::size_t i = 0; i < rule.letters.size(); ++i) {
    if (rule.letters[i] != 0) {
      first.bind(rule.letters[i], numbers[i]);
    } else if (rule.literals[i] != numbers[i]) {
      return {};
    }
  }
  std::vector<Bindings> all{std::move(first)};
  for (const Condition& condition : rule.when) {
    std::vector<Bindings> kept;
    const bool binds =
        condition.kind == Condition::Kind::kEach || condition.kind == Condition::Kind::kIsRowOf;
    for (Bindings& bindings : all) {
      if (binds) {
        std::vector<Bindings> more = bind(condition, base, bindings);
        kept.insert(kept.end(), more.begin(), more.end());
      } else if (holds(condition, native, base, bindings)) {
        kept.push_back(std::move(bindings));
      }
    }
    all = std::move(kept);
  }
  if (!all.empty() && takes_list_elements(rule)) expand_list(base, all);
  return all;
}

}  // namespace bridge::translate
