#include "usp/search/expression.h"

#include <algorithm>

#include "usp/value_type.h"

namespace usp::search {
namespace {

bool is_ordered(ParamType type) {
  switch (type) {
    case ParamType::kString:
    case ParamType::kBoolean:
    case ParamType::kBase64:
    case ParamType::kHexBinary:
      return false;
    case ParamType::kDateTime:
    case ParamType::kDecimal:
    case ParamType::kInt:
    case ParamType::kLong:
    case ParamType::kUnsignedInt:
    case ParamType::kUnsignedLong:
      return true;
  }
  return false;
}

bool is_relational(Operator op) {
  return op != Operator::kEqual && op != Operator::kNotEqual && op != Operator::kContains;
}

// A constant is compared with values of the type, but need not fit its range: [X<5000000000] is a
// fair question to ask of an unsignedInt. So integers are checked and compared as decimals.
ParamType wide(ParamType type) {
  const bool is_number = is_ordered(type) && type != ParamType::kDateTime;
  return is_number ? ParamType::kDecimal : type;
}

bool holds(Operator op, std::partial_ordering order) {
  switch (op) {
    case Operator::kEqual:
    case Operator::kContains:
      return order == 0;
    case Operator::kNotEqual:
      return order != 0;
    case Operator::kLess:
      return order < 0;
    case Operator::kGreater:
      return order > 0;
    case Operator::kLessEqual:
      return order <= 0;
    case Operator::kGreaterEqual:
      return order >= 0;
  }
  return false;
}

bool is_unknown_time_text(std::string_view text) {
  const auto time = parse_date_time(text);
  return time && is_unknown_time(*time);
}

bool same_item(ParamType type, std::string_view item, std::string_view constant) {
  const auto order = compare_values(wide(type), item, constant);
  return order && *order == 0;
}

// A list equals a list of the same items in the same order.
bool same_list(ParamType type, std::string_view value, std::string_view constant) {
  const auto left = split_list(value);
  const auto right = split_list(constant);
  return std::equal(
      left.begin(), left.end(), right.begin(), right.end(),
      [type](std::string_view a, std::string_view b) { return same_item(type, a, b); });
}

}  // namespace

std::optional<std::string> check_condition(const Condition& condition,
                                           const SupportedParam& param) {
  const std::string& name = param.name;
  if (condition.op == Operator::kContains && !param.list) return "~= needs a list: " + name;
  if (is_relational(condition.op) && (param.list || !is_ordered(param.type))) {
    return "only == and != compare " + name;
  }
  const bool is_binary = param.type == ParamType::kBase64 || param.type == ParamType::kHexBinary;
  const bool may_quote = param.type == ParamType::kString || is_binary || param.list;
  if (condition.quoted && !may_quote) return "quoted, but not a string: " + name;
  const bool whole_list = param.list && condition.op != Operator::kContains;
  if (!whole_list && !is_of_type(wide(param.type), condition.constant)) {
    return "the constant is not of the type of " + name;
  }
  if (param.type == ParamType::kDateTime && is_relational(condition.op) &&
      is_unknown_time_text(condition.constant)) {
    return "only == and != compare with the Unknown Time: " + name;
  }
  return std::nullopt;
}

bool satisfies(const Condition& condition, const SupportedParam& param, std::string_view value) {
  if (param.list) {
    if (condition.op == Operator::kContains) {
      const auto items = split_list(value);
      return std::any_of(items.begin(), items.end(), [&](std::string_view item) {
        return same_item(param.type, item, condition.constant);
      });
    }
    return same_list(param.type, value, condition.constant) == (condition.op == Operator::kEqual);
  }
  if (param.type == ParamType::kDateTime && is_relational(condition.op) &&
      is_unknown_time_text(value)) {
    return false;
  }
  const auto order = compare_values(wide(param.type), value, condition.constant);
  if (!order) return condition.op == Operator::kNotEqual;
  return holds(condition.op, *order);
}

}  // namespace usp::search
