// The words of a filter. Used by filter.cc.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace bridge::control {

struct FilterToken {
  enum class Kind {
    kEnd,
    kOpen,
    kClose,
    kMinus,  ///< before a term: NOT
    kEqual,  ///< the operators, up to kHas
    kNotEqual,
    kLess,
    kLessOrEqual,
    kGreater,
    kGreaterOrEqual,
    kHas,
    kWord,
    kText,  ///< in quotes
    kBad,   ///< `text` says why
  };

  Kind kind = Kind::kEnd;
  std::string text = {};
  std::size_t at = 0;  ///< of its first character
};

class FilterLexer {
 public:
  /// `text` outlives it.
  explicit FilterLexer(std::string_view text) : text_(text) {}

  /// At the end kEnd, again and again.
  FilterToken next();

 private:
  FilterToken quoted(char quote);

  FilterToken word(bool is_value);

  std::string_view text_;
  std::size_t at_ = 0;
  bool value_next_ = false;  ///< an operator came last
};

}  // namespace bridge::control
