#include "bridge/control/filter.h"

#include <algorithm>
#include <charconv>

#include "bridge/agent/date_time.h"
#include "bridge/control/filter_fields.h"
#include "bridge/control/filter_lexer.h"
#include "bridge/pattern.h"

namespace bridge::control {

struct Filter::Node {
  enum class Kind { kAnd, kOr, kNot, kCompare };

  Kind kind = Kind::kCompare;
  std::vector<std::shared_ptr<const Node>> inner;  ///< of kAnd, kOr, kNot
  std::string_view name;                           ///< of the field
  std::size_t field = 0;                           ///< its index
  FilterToken::Kind op = FilterToken::Kind::kEqual;
  std::string text;
  std::int64_t number = 0;  ///< of a number, a time, or 0 and 1
};

namespace {

using Node = Filter::Node;
using NodePtr = std::shared_ptr<const Node>;
using Parsed = tl::expected<NodePtr, std::string>;
using Op = FilterToken::Kind;

bool is_operator(Op kind) { return kind >= Op::kEqual && kind <= Op::kHas; }

template <class T>
bool holds(Op op, const T& left, const T& right) {
  switch (op) {
    case Op::kEqual:
      return left == right;
    case Op::kNotEqual:
      return left != right;
    case Op::kLess:
      return left < right;
    case Op::kLessOrEqual:
      return left <= right;
    case Op::kGreater:
      return left > right;
    case Op::kGreaterOrEqual:
      return left >= right;
    default:
      return false;
  }
}

/// Does a comparison hold for what its field says?
struct Compare {
  const Node& node;

  bool operator()(std::string_view value) const {
    if (node.op == Op::kEqual || node.op == Op::kHas) return matches_pattern(node.text, value);
    if (node.op == Op::kNotEqual) return !matches_pattern(node.text, value);
    return holds(node.op, value, std::string_view(node.text));
  }
  bool operator()(bool value) const { return holds(node.op, value, node.number != 0); }
  bool operator()(std::int64_t value) const { return holds(node.op, value, node.number); }
  bool operator()(FilterTime value) const { return holds(node.op, value.unix_ms, node.number); }
  bool operator()(std::span<const std::string> values) const {
    return std::ranges::any_of(
        values, [this](const std::string& value) { return matches_pattern(node.text, value); });
  }
};

/// Makes of the value's text what its field is compared with; what is wrong with it, or nothing.
struct TakeValue {
  Node& node;

  std::string operator()(std::string_view) const { return ""; }
  std::string operator()(bool) const {
    if (node.op != Op::kEqual && node.op != Op::kNotEqual) return "takes = and != only";
    if (node.text != "true" && node.text != "false") return "is true or false";
    node.number = node.text == "true" ? 1 : 0;
    return "";
  }
  std::string operator()(std::int64_t) const {
    if (node.op == Op::kHas) return "is no list: use =";
    const char* end = node.text.data() + node.text.size();
    auto [stopped, error] = std::from_chars(node.text.data(), end, node.number);
    return error == std::errc{} && stopped == end ? "" : "is a whole number";
  }
  std::string operator()(FilterTime) const {
    if (node.op == Op::kHas) return "is no list: use =";
    auto time = parse_date_time(node.text);
    if (!time) return "is a time such as \"2026-01-31T12:00:00Z\"";
    node.number = *time;
    return "";
  }
  std::string operator()(std::span<const std::string>) const {
    return node.op == Op::kHas ? "" : "is a list: ask for a member with :";
  }
};

template <class Info>
class Parser {
 public:
  Parser(std::string_view text, std::span<const FilterField<Info>> fields)
      : lexer_(text), fields_(fields) {}

  Parsed parse() {
    advance();
    Parsed all = expression(0);
    if (all && token_.kind != Op::kEnd) return wrong("expected AND, OR or the end");
    return all;
  }

 private:
  void advance() { token_ = lexer_.next(); }
  bool take_word(std::string_view word) {
    if (token_.kind != Op::kWord || token_.text != word) return false;
    advance();
    return true;
  }
  tl::unexpected<std::string> wrong(const std::string& text) const {
    return tl::unexpected("at " + std::to_string(token_.at + 1) + ": " + text);
  }

  /// One or more of what `part` parses, with `word` in between.
  Parsed chain(Parsed (Parser::*part)(int), const char* word, Node::Kind kind, int depth) {
    Node all;
    all.kind = kind;
    do {
      Parsed one = (this->*part)(depth);
      if (!one) return one;
      all.inner.push_back(*std::move(one));
    } while (take_word(word));
    if (all.inner.size() == 1) return all.inner.front();
    return std::make_shared<const Node>(std::move(all));
  }
  Parsed expression(int depth) { return chain(&Parser::factor, "AND", Node::Kind::kAnd, depth); }
  Parsed factor(int depth) { return chain(&Parser::term, "OR", Node::Kind::kOr, depth); }

  Parsed term(int depth) {
    const bool negated =
        token_.kind == Op::kMinus || (token_.kind == Op::kWord && token_.text == "NOT");
    if (negated) advance();
    Parsed inner = simple(depth);
    if (!inner || !negated) return inner;
    Node node;
    node.kind = Node::Kind::kNot;
    node.inner.push_back(*std::move(inner));
    return std::make_shared<const Node>(std::move(node));
  }

  Parsed simple(int depth) {
    if (token_.kind != Op::kOpen) return comparison();
    if (depth >= Filter::kMaxDepth) return wrong("too many parentheses");
    advance();
    Parsed inner = expression(depth + 1);
    if (!inner) return inner;
    if (token_.kind != Op::kClose) return wrong("expected )");
    advance();
    return inner;
  }

  Parsed comparison() {
    if (++comparisons_ > Filter::kMaxComparisons) return wrong("too many comparisons");
    if (token_.kind == Op::kBad) return wrong(token_.text);
    if (token_.kind != Op::kWord) return wrong("expected a field");
    auto field = std::ranges::find(fields_, token_.text, &FilterField<Info>::name);
    if (field == fields_.end()) return wrong("no such field: " + token_.text);
    Node node;
    node.name = field->name;
    node.field = static_cast<std::size_t>(field - fields_.begin());
    advance();
    if (!is_operator(token_.kind)) return wrong("expected = != < <= > >= or :");
    node.op = token_.kind;
    advance();
    if (token_.kind == Op::kBad) return wrong(token_.text);
    if (token_.kind != Op::kWord && token_.kind != Op::kText) return wrong("expected a value");
    node.text = token_.text;
    const std::string mistake = std::visit(TakeValue{node}, field->read(Info{}));
    if (!mistake.empty()) return wrong(std::string(field->name) + " " + mistake);
    advance();
    return std::make_shared<const Node>(std::move(node));
  }

  FilterLexer lexer_;
  std::span<const FilterField<Info>> fields_;
  FilterToken token_;
  std::size_t comparisons_ = 0;
};

template <class Info>
tl::expected<NodePtr, std::string> parse_filter(std::string_view text,
                                                std::span<const FilterField<Info>> fields) {
  if (text.size() > Filter::kMaxLength) {
    return tl::unexpected("longer than " + std::to_string(Filter::kMaxLength) + " bytes");
  }
  if (text.find_first_not_of(" \t\r\n") == std::string_view::npos) return nullptr;
  return Parser<Info>(text, fields).parse();
}

bool compares(const Node& node, std::string_view field) {
  if (node.kind == Node::Kind::kCompare) return node.name == field;
  return std::ranges::any_of(node.inner,
                             [field](const NodePtr& one) { return compares(*one, field); });
}

template <class Info>
bool node_matches(const Node& node, const Info& info, std::span<const FilterField<Info>> fields) {
  auto inner = [&](const NodePtr& one) { return node_matches(*one, info, fields); };
  switch (node.kind) {
    case Node::Kind::kAnd:
      return std::ranges::all_of(node.inner, inner);
    case Node::Kind::kOr:
      return std::ranges::any_of(node.inner, inner);
    case Node::Kind::kNot:
      return !inner(node.inner.front());
    case Node::Kind::kCompare:
      return std::visit(Compare{node}, fields[node.field].read(info));
  }
  return false;
}

}  // namespace

tl::expected<Filter, std::string> Filter::parse(std::string_view text) {
  return parse_filter(text, device_fields()).map([](NodePtr root) {
    return Filter(std::move(root));
  });
}

tl::expected<Filter, std::string> Filter::parse_operations(std::string_view text) {
  return parse_filter(text, operation_fields()).map([](NodePtr root) {
    return Filter(std::move(root));
  });
}

bool Filter::asks_for(std::string_view field) const { return !empty() && compares(*root_, field); }

Filter Filter::both(const Filter& other) const {
  if (empty()) return other;
  if (other.empty()) return *this;
  Node node;
  node.kind = Node::Kind::kAnd;
  node.inner = {root_, other.root_};
  return Filter(std::make_shared<const Node>(std::move(node)));
}

bool Filter::matches(const DeviceInfo& device) const {
  return empty() || node_matches(*root_, device, device_fields());
}

bool Filter::matches(const OperationInfo& operation) const {
  return empty() || node_matches(*root_, operation, operation_fields());
}

}  // namespace bridge::control
