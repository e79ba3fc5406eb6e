#include "bridge/control/filter_lexer.h"

#include <algorithm>
#include <array>
#include <utility>

namespace bridge::control {

namespace {

using Kind = FilterToken::Kind;

/// Longer ones first.
constexpr std::array<std::pair<std::string_view, Kind>, 9> kSigns{{
    {"!=", Kind::kNotEqual},
    {"<=", Kind::kLessOrEqual},
    {">=", Kind::kGreaterOrEqual},
    {"=", Kind::kEqual},
    {"<", Kind::kLess},
    {">", Kind::kGreater},
    {":", Kind::kHas},
    {"(", Kind::kOpen},
    {")", Kind::kClose},
}};

constexpr std::string_view kEndOfField = " \t\r\n()=!<>:\"'";
/// Tags, times and Endpoint IDs have colons.
constexpr std::string_view kEndOfValue = " \t\r\n()=!<>\"'";

bool is_operator(Kind kind) { return kind >= Kind::kEqual && kind <= Kind::kHas; }

}  // namespace

FilterToken FilterLexer::next() {
  at_ = std::min(text_.find_first_not_of(" \t\r\n", at_), text_.size());
  const std::size_t began = at_;
  const bool is_value = std::exchange(value_next_, false);
  if (at_ == text_.size()) return {Kind::kEnd, "", began};
  const std::string_view rest = text_.substr(at_);
  for (const auto& [sign, kind] : kSigns) {
    if (!rest.starts_with(sign)) continue;
    at_ += sign.size();
    value_next_ = is_operator(kind);
    return {kind, std::string(sign), began};
  }
  if (rest.front() == '"' || rest.front() == '\'') return quoted(rest.front());
  if (rest.front() == '-' && !is_value) {
    ++at_;
    return {Kind::kMinus, "-", began};
  }
  return word(is_value);
}

FilterToken FilterLexer::word(bool is_value) {
  const std::size_t began = at_;
  const std::string_view rest = text_.substr(at_);
  const std::string_view word =
      rest.substr(0, rest.find_first_of(is_value ? kEndOfValue : kEndOfField));
  at_ += std::max<std::size_t>(word.size(), 1);
  if (word.empty()) return {Kind::kBad, "a single " + std::string(rest.substr(0, 1)), began};
  return {Kind::kWord, std::string(word), began};
}

FilterToken FilterLexer::quoted(char quote) {
  const std::size_t began = at_++;
  std::string text;
  for (; at_ < text_.size(); ++at_) {
    char c = text_[at_];
    if (c == quote) {
      ++at_;
      return {Kind::kText, std::move(text), began};
    }
    if (c == '\\' && at_ + 1 < text_.size()) c = text_[++at_];
    text += c;
  }
  return {Kind::kBad, "the quote does not end", began};
}

}  // namespace bridge::control
