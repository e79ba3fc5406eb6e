// Path names of the instantiated and of the supported data model (TR-369 "Path Names", R-ARC.7).
//
//   Device.WiFi.SSID.1.                          object instance
//   Device.WiFi.SSID.[Alias=="a"&&Enable==1].SSID  search expression or unique key
//   Device.WiFi.SSID.*.LowerLayers#2+.Name       wildcard, reference following
//   Device.IP.Interface.1.Reset()  Device.Boot!  command, event
//   Device.WiFi.SSID.{i}.                        supported data model
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "usp/error.h"

namespace usp {

/// What a peer may ask the parser to hold. The longest path of Device:2 has 15 parts and 200 bytes.
inline constexpr std::size_t kMaxPathBytes = 4096;
inline constexpr std::size_t kMaxPathSegments = 64;
inline constexpr std::size_t kMaxConditions = 32;  ///< per path, all expressions together

/// Which item of a list of references to follow: `+` is item 1, `#*+` is all of them.
struct Follow {
  std::uint32_t item = 1;  ///< from 1; 0 means all
  bool operator==(const Follow&) const = default;
};

enum class Operator { kEqual, kNotEqual, kContains, kLess, kGreater, kLessEqual, kGreaterEqual };

/// A name inside an expression parameter; `follow` only where `+` came after it.
struct RelativeSegment {
  std::string name;
  bool follows = false;
  Follow follow;
  bool operator==(const RelativeSegment&) const = default;
};

/// One `parameter operator constant` of an expression.
struct Condition {
  std::vector<RelativeSegment> parameter;  ///< never empty; the last one never follows
  Operator op = Operator::kEqual;
  std::string constant;  ///< %22 and %25 already undone when quoted
  bool quoted = false;   ///< a string constant; bare ones are numbers, booleans and dateTimes
  bool operator==(const Condition&) const = default;
};

struct Segment {
  enum class Kind {
    kName,         ///< an object's name
    kInstance,     ///< `number`
    kWildcard,     ///< *
    kExpression,   ///< `conditions`
    kFollow,       ///< `name` is a reference parameter, `follow` the item
    kPlaceholder,  ///< {i}, only from parse_supported()
  };
  Kind kind = Kind::kName;
  std::string name;
  std::uint32_t number = 0;
  Follow follow;
  std::vector<Condition> conditions;
  bool operator==(const Segment&) const = default;
};

struct Path {
  enum class Kind { kObject, kParameter, kCommand, kEvent };
  Kind kind = Kind::kObject;
  std::vector<Segment> segments;
  std::string leaf;  ///< parameter "Enable", command "Reset()", event "Boot!"; empty for kObject

  /// Holds a wildcard or an expression. A full unique key is an expression too: whether it
  /// addresses or searches is the data model's to say (search/resolve.h).
  bool has_search() const;
  bool operator==(const Path&) const = default;
};

/// An absolute path of the instantiated model. Errors are 7008, with the offset of the first
/// character that cannot be there in the text ("at character 12: ..."), counted from 1.
[[nodiscard]] Result<Path> parse_path(std::string_view text);

/// The value of a reference parameter: as parse_path(), and the last "." may be missing.
[[nodiscard]] Result<Path> parse_reference(std::string_view text);

/// A path of GetSupportedDM: names, instance numbers and {i}, ending in an object, a parameter, a
/// command or an event.
[[nodiscard]] Result<Path> parse_supported(std::string_view text);

/// Canonical text: no spaces, `%22` and `%25` put back.
std::string format_path(const Path& path);

/// "Device.WiFi.SSID.3.Enable" -> {"Device.WiFi.SSID.3.", "Enable"}. Both views into `path`; no
/// checks are made.
struct SplitPath {
  std::string_view object;
  std::string_view leaf;
};
SplitPath split_path(std::string_view path);

/// "Device.WiFi.SSID.3.Enable" -> "Device.WiFi.SSID.{i}.Enable", for instantiated paths.
std::string to_supported_path(std::string_view path);

/// The instance number if `part` (no dots) is one: decimal, no leading zero, 1 to 4294967295.
bool parse_instance_number(std::string_view part, std::uint32_t& number);

/// [A-Za-z_][A-Za-z0-9_]*, and "-" inside, which vendor names in the field hold.
bool is_name(std::string_view part);

}  // namespace usp
