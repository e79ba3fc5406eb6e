// What happens to bytes before an XML parser sees them: limits and repair. Inner part of the
// SOAP codec; plain functions over text.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "cwmp/fault.h"

namespace cwmp::xml {

/// Longest tail of the root's end tag that may be missing (quirk 29).
inline constexpr std::size_t kMaxMissingTail = 16;

/// True for the bytes XML 1.0 allows in no place: below 0x20 but for tab, LF and CR.
constexpr bool is_forbidden(char c) {
  return static_cast<unsigned char>(c) < 0x20 && c != '\t' && c != '\n' && c != '\r';
}

/// What scan() found out about a text that is within the limits.
struct Shape {
  bool forbidden = false;      ///< holds characters, or references to them, that XML forbids
  bool bad_reference = false;  ///< holds an '&' that starts no reference XML knows without a DTD
  std::string missing_tail;    ///< what to append to close the root element
};

/// Walks the markup once without building anything. Refuses a DTD, and depth, elements, attributes
/// and name lengths above the limits of cwmp/soap.h. Well-formedness is left to the parser.
Result<Shape> scan(std::string_view text);

/// Drops forbidden characters and references to them; turns an '&' that starts nothing into text.
std::string repair(std::string_view text);

}  // namespace cwmp::xml
