// Types of parameters: what the type column of a model file says, and which values fit.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

#include "cwmp/fault.h"

namespace cpe_sim {

enum class Kind : std::uint8_t {
  kObject,
  kString,
  kInt,
  kUnsignedInt,
  kLong,
  kUnsignedLong,
  kBoolean,
  kDateTime,
  kBase64,
  kHexBinary,
};

/// "string", "unsignedInt", ...: the local name of xsi:type; "object" for objects.
std::string_view to_string(Kind kind);

struct Type {
  Kind kind = Kind::kString;
  bool secret = false;               ///< reads as empty text
  std::size_t max_length = 0;        ///< 0: any
  std::optional<std::int64_t> min;   ///< numbers
  std::optional<std::int64_t> max;   ///< numbers
  std::vector<std::string> allowed;  ///< empty: any
  bool operator==(const Type&) const = default;
};

/// Reads `string`, `string(64)`, `secret(64)`, `string{Up|Down}`, `unsignedInt[1:65535]`,
/// `int[-1:]`. The error says what is wrong.
tl::expected<Type, std::string> parse_type(std::string_view text);

/// 9007 for a value that the type does not allow, nullopt for one that it does.
std::optional<cwmp::FaultCode> check_value(const Type& type, std::string_view value);

/// The form a device keeps: "true" and "false" for booleans, numbers without blanks, else as is.
std::string canonical(const Type& type, std::string_view value);

/// What parameters named in a path,value file without types seem to be.
Type guess_type(std::string_view value);

}  // namespace cpe_sim
