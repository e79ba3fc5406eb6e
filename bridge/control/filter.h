// Filters of lists (AIP-160): which devices, or operations, a client asks for.
//
//   filter      = [ expression ]
//   expression  = factor { "AND" factor }
//   factor      = term { "OR" term }          OR binds closer than AND, as AIP-160 has it
//   term        = [ "NOT" | "-" ] simple
//   simple      = "(" expression ")" | field operator value
//   operator    = "=" | "!=" | "<" | "<=" | ">" | ">=" | ":"
//   value       = word | "text" | 'text'      in quotes a backslash keeps the next character
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <variant>
#include <vector>

namespace bridge::control {

struct DeviceInfo;
struct OperationInfo;

/// A point in time: milliseconds of Unix time; 0: never, which is before every other.
struct FilterTime {
  std::int64_t unix_ms = 0;
};
/// What a field is compared with: the type says how. A list is asked for members, with ":".
using FilterValue =
    std::variant<std::string_view, bool, std::int64_t, FilterTime, std::span<const std::string>>;

/// A value type; cheap to copy. Thread-safe.
class Filter {
 public:
  /// Lets everything through.
  Filter() = default;

  /// The fields of Device or of Operation. The error says what is wrong and where. Up to
  /// kMaxLength bytes, kMaxDepth parentheses.
  static tl::expected<Filter, std::string> parse(std::string_view text);
  static tl::expected<Filter, std::string> parse_operations(std::string_view text);

  bool empty() const { return root_ == nullptr; }
  /// Does it compare that field?
  bool asks_for(std::string_view field) const;
  /// What both let through; both are of devices, or both of operations.
  Filter both(const Filter& other) const;
  /// Of a filter that parse() made.
  bool matches(const DeviceInfo& device) const;
  /// Of a filter that parse_operations() made.
  bool matches(const OperationInfo& operation) const;

  static constexpr std::size_t kMaxLength = 2000;
  static constexpr int kMaxDepth = 20;
  static constexpr std::size_t kMaxComparisons = 100;

  struct Node;

 private:
  explicit Filter(std::shared_ptr<const Node> root) : root_(std::move(root)) {}

  std::shared_ptr<const Node> root_;
};

}  // namespace bridge::control
