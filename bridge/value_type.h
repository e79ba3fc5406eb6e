// XML Schema types of parameter values as CWMP peers name them.
#pragma once

#include <cstdint>
#include <string_view>

namespace bridge {

/// Stored in NodeRow::type: numbers never change.
enum class ValueType : std::uint8_t {
  kUnknown = 0,  ///< never seen with a type
  kString = 1,
  kInt = 2,
  kUnsignedInt = 3,
  kLong = 4,
  kUnsignedLong = 5,
  kBoolean = 6,
  kDateTime = 7,
  kBase64 = 8,
  kHexBinary = 9,
};

/// "unsignedInt", with or without a prefix. kUnknown for what is no such type (quirk 11).
ValueType value_type(std::string_view xsd_name);

/// Local name; "string" for kUnknown.
std::string_view xsd_name(ValueType type);

bool is_number(ValueType type);

/// "0", "1", "true" or "false", in any case.
bool is_boolean_text(std::string_view text);

/// "1" or "true" in any case; everything else is false.
bool is_true(std::string_view text);

/// Do two texts mean the same value? "1" and "true" as booleans, "+07" and "7" as numbers;
/// otherwise by characters.
bool same_value(std::string_view a, std::string_view b, ValueType type);

}  // namespace bridge
