// The rules that show a TR-098 device as Device:2: data, read from a file
// (data/tr098-to-tr181.csv).
//
// A rule relates one node of the device's model (InternetGatewayDevice., "native" here) to one of
// the model controllers see (Device., "shown"). docs/translation.md says how rules are written.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <unordered_map>
#include <vector>

#include "bridge/value_type.h"

namespace bridge::translate {

/// What a value goes through (docs/translation.md, "Transforms").
enum class Transform : std::uint8_t {
  kCopy,
  kCopyList,
  kEnum,
  kEnumList,
  kScale,
  kBase64Hex,
  kTextHex,
  kRef,
  kRefList,
  kKeyRef,
  kItem,
  kGroup,
  kAny,
  kSum,
  kCount,
  kName,
  kAlias,
  kConst,
  kSynth,
  kCommand,
  kFunction,
  kObject,
  kNone,  ///< nothing to map to
};

/// Of an object rule.
enum class ObjectRole : std::uint8_t {
  kPrimary,    ///< Add and Delete act here
  kSatellite,  ///< comes and goes with the primary
  kSynth,      ///< made up
  kSubtree,    ///< all below is shown as it is
};

/// One word of an enumeration on both sides; "*" is any other.
struct WordPair {
  std::string native;
  std::string shown;
  bool reads = true;   ///< native becomes shown
  bool writes = true;  ///< shown becomes native
};

/// One part of the key that an allocator hands out a number for.
struct KeyPart {
  enum class Kind : std::uint8_t {
    kLetter,  ///< `text` is the letter of an instance number
    kParam,   ///< value of the native row's parameter `text`, in upper case
    kGroup,   ///< the radio group of the native row
    kItem,    ///< the list element
    kWord,    ///< `text` itself: "lan", "def"
  };
  Kind kind = Kind::kWord;
  std::string text;
};

/// An instance position of a shown path that is no literal number.
struct Position {
  char letter = 0;        ///< the native number of that letter; 0: it is allocated
  std::string allocator;  ///< "pm"
  std::vector<KeyPart> key;
};

/// "Device.Bridging.Bridge.{br(lan:l)}.Port.1." in pieces: text, position, text, ...
struct ShownPath {
  std::vector<std::string> text;  ///< one more than positions
  std::vector<Position> positions;
  std::string supported;  ///< every number as "{i}": "Device.Bridging.Bridge.{i}.Port.{i}."
  bool is_object() const { return text.back().ends_with('.'); }
};

/// One term of a when().
struct Condition {
  enum class Kind : std::uint8_t {
    kEquals,   ///< `name` has one of `values`
    kDiffers,  ///< `name` is absent or has none of `values`
    kPresent,  ///< `name` exists (an object where it ends in '.')
    kAbsent,
    kNonempty,
    kValueNonempty,  ///< the value of the rule's own native parameter
    kIsSelf,         ///< the path in `name` is the native object of the rule
    kIsNotSelf,
    kIsRowOf,  ///< `name` holds a path to a row of table `values[0]`; binds `letters`
    kEach,     ///< once for every row of the child table `values[0]`; binds `letters[0]`
  };
  Kind kind = Kind::kPresent;
  std::string name;
  std::vector<std::string> values;
  std::vector<char> letters;
};

struct Rule {
  std::size_t line = 0;          ///< in its file
  std::string native;            ///< "InternetGatewayDevice.LANDevice.{l}.Hosts.Host.{h}.HostName"
  std::string native_supported;  ///< every letter as "{i}"
  std::vector<char> letters;     ///< of the "{i}", in order; 0 where the number is literal
  std::vector<std::uint32_t> literals;  ///< beside `letters`: the number it must be, else 0
  ShownPath shown;                      ///< kNone: no text
  bool writable = false;
  ValueType native_type = ValueType::kUnknown;
  ValueType shown_type = ValueType::kUnknown;
  bool shown_list = false;
  std::vector<Condition> when;
  Transform transform = Transform::kCopy;
  std::string argument;  ///< within the parentheses; kFunction: the name of the function
  std::vector<ShownPath> references;  ///< kSynth "ref:A|ref:B": the alternatives
  std::vector<WordPair> words;        ///< kEnum, kEnumList
  double factor = 1;                  ///< kScale
  ObjectRole role = ObjectRole::kPrimary;
  bool cwmp_only = false;  ///< commands use it; the model for USP does not have it
  bool legacy = false;     ///< names that Device:2 has dropped
  std::string note;

  bool is_native_object() const { return native.ends_with('.'); }
};

/// Where in a file a rule cannot be read.
struct MappingError {
  std::string file;
  std::size_t line = 0;  ///< 0: the file as a whole
  std::string text;
  /// "FILE:12: no such transform: copyy"
  std::string message() const;
};

struct MappingOptions {
  bool legacy_names = false;  ///< rules marked [legacy<=2.17] too
};

/// Immutable once made; shared by all devices and threads.
class Mapping {
 public:
  /// No rules: everything is below the vendor object.
  Mapping() = default;

  /// Rules of a file's text. What `overlays` say comes after: a rule with the same two paths
  /// replaces, a new pair is added, the transform "none" with a shown path takes one away. All
  /// errors of all files, or the mapping.
  struct Source {
    std::string name;  ///< for errors
    std::string text;
  };
  static tl::expected<std::shared_ptr<const Mapping>, std::vector<MappingError>> make(
      const std::vector<Source>& sources, const MappingOptions& options = {});

  /// In the order of the file.
  const std::vector<Rule>& rules() const { return rules_; }
  /// Indices of the rules with this native path ("{i}" for numbers), in order; empty: none.
  const std::vector<std::uint32_t>& of_native(std::string_view supported) const;
  /// The same for shown paths.
  const std::vector<std::uint32_t>& of_shown(std::string_view supported) const;
  /// Is that native path, or anything below it, named by a rule?
  bool names_object(std::string_view native_supported) const;

 private:
  friend class MappingReader;
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const {
      return std::hash<std::string_view>{}(text);
    }
  };
  using Index = std::unordered_map<std::string, std::vector<std::uint32_t>, Hash, std::equal_to<>>;

  std::vector<Rule> rules_;
  Index by_native_;
  Index by_shown_;
  Index objects_;  ///< native objects at or above a rule
};

/// The mapping that is compiled in; made on first use.
std::shared_ptr<const Mapping> built_in_mapping(const MappingOptions& options = {});
/// Its text; overlays come after it.
std::string_view built_in_mapping_text();

}  // namespace bridge::translate
