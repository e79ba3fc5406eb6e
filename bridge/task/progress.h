// Progress of a task as text: fields one after the other, "5:hello" each.
#pragma once

#include <charconv>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace bridge::task {

class ProgressWriter {
 public:
  ProgressWriter& text(std::string_view field) {
    out_.append(std::to_string(field.size())).append(":").append(field);
    return *this;
  }
  ProgressWriter& number(std::uint64_t field) { return text(std::to_string(field)); }
  std::string take() { return std::move(out_); }

 private:
  std::string out_;
};

/// Reads what a ProgressWriter wrote; after a damaged field ok() stays false.
class ProgressReader {
 public:
  explicit ProgressReader(std::string_view in) : in_(in) {}

  std::string_view text() {
    const std::size_t colon = in_.find(':');
    const auto size = parse(in_.substr(0, colon));
    if (colon == std::string_view::npos || !size || *size > in_.size() - colon - 1) {
      ok_ = false;
      return {};
    }
    const std::string_view field = in_.substr(colon + 1, *size);
    in_.remove_prefix(colon + 1 + *size);
    return field;
  }

  std::uint64_t number() {
    const auto value = parse(text());
    if (!value) ok_ = false;
    return value.value_or(0);
  }

  bool ok() const { return ok_; }
  bool at_end() const { return ok_ && in_.empty(); }

 private:
  static std::optional<std::uint64_t> parse(std::string_view digits) {
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
    return value;
  }

  std::string_view in_;
  bool ok_ = true;
};

}  // namespace bridge::task
