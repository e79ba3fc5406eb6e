// The value of a shown parameter, from those of native ones.
#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "bridge/translate/projection_parts.h"

namespace bridge::translate {

/// Instances of a table, as many as any real device has: what is searched for each of many rows
/// must not be long.
std::vector<std::uint32_t> first_rows(const Tree& tree, std::string_view table);

/// Reads native nodes and keeps in mind what was read, and how fresh it is.
class Reader {
 public:
  explicit Reader(const Tree& native) : native_(native) {}

  std::string_view text(const Node* node);
  std::string_view text(std::string_view path) { return text(native_.find(path)); }
  std::string_view beside(std::string_view base, std::string_view name) {
    return text(std::string(base) + std::string(name));
  }

  std::vector<std::uint32_t> rows(std::string_view table) const {
    return first_rows(native_, table);
  }

  /// Of all that was read: the worst.
  NodeState state() const { return state_; }
  /// The oldest; the end of time where nothing was read: what is made up is never old.
  std::int64_t updated_ms() const { return updated_ms_; }
  const std::vector<std::string_view>& read() const { return read_; }
  const Tree& tree() const { return native_; }

 private:
  const Tree& native_;
  NodeState state_ = NodeState::kKnown;
  std::int64_t updated_ms_ = std::numeric_limits<std::int64_t>::max();
  std::vector<std::string_view> read_;
};

/// What a function or a computed value is computed from.
struct Source {
  const Projection& projection;
  const Projection::Parts& parts;
  const Tree& shown;
  Reader& reader;
  std::string_view path;  ///< the shown parameter
  std::span<const Entry> entries;

  const Entry& first() const { return entries.front(); }
  const Rule& rule() const { return *entries.front().rule; }
  std::string_view base() const { return entries.front().base(); }
  const Bindings& bindings() const { return parts.bindings[entries.front().bindings]; }
  /// The shown object, with its dot.
  std::string_view object() const { return parent_path(path); }
  std::string_view shown_text(std::string_view shown_path) const;
};

std::string value_of(const Source& source);
/// fn:
std::string function_value(const Source& source);
/// synth()
std::string synthesised_value(const Source& source);

/// The word of an enumeration that a native one stands for.
std::string through_words(const Rule& rule, std::string_view native);

}  // namespace bridge::translate
