// What the handlers ask of an agent's data model. Implemented outside this folder.
//
// A DataModel is a synchronous, read-only view of one agent at one moment: it does not change
// while a handler runs. Object paths end in "." and use instance numbers; the root is "Device.".
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "usp/access.h"
#include "usp/error.h"

namespace usp {

/// Primitive type of a parameter (GetSupportedDMResp.ParamValueType; never unknown).
enum class ParamType : std::uint8_t {
  kBase64 = 1,
  kBoolean,
  kDateTime,
  kDecimal,
  kHexBinary,
  kInt,
  kLong,
  kString,
  kUnsignedInt,
  kUnsignedLong,
};

enum class ParamAccess : std::uint8_t {
  kReadOnly,
  kReadWrite,
  kWriteOnce,  ///< settable in an Add only; reported as read-write (TR-106 writeOnceReadOnly)
};

enum class ObjectAccess : std::uint8_t { kReadOnly, kAddDelete, kAddOnly, kDeleteOnly };

/// Holds paths of other objects (TR-106). New values may address by unique key; they are turned
/// into instance numbers before they reach a Plan (R-ARC.11). A strong one must name what exists
/// (R-ARC.12). Parameters that may hold search paths (ReferenceList) are kNone.
enum class ReferenceKind : std::uint8_t { kNone, kWeak, kStrong };

struct SupportedParam {
  std::string name;
  ParamAccess access = ParamAccess::kReadOnly;
  ParamType type = ParamType::kString;
  bool list = false;         ///< comma-separated list of `type`
  bool value_change = true;  ///< false: a ValueChange subscription is accepted but stays silent
  bool secret = false;       ///< always read as empty (TR-181 hidden)
  ReferenceKind reference = ReferenceKind::kNone;
};

struct SupportedArgument {
  std::string name;
  bool mandatory = false;
};

struct SupportedCommand {
  std::string name;  ///< with "()"
  bool asynchronous = false;
  std::vector<SupportedArgument> input;
  std::vector<std::string> output;
};

struct SupportedEvent {
  std::string name;  ///< with "!"
  std::vector<std::string> args;
};

/// A node of the supported data model. Immutable once shared; subtrees may be shared between
/// agents.
struct SupportedObject {
  std::string name;  ///< last name, "SSID"
  std::string path;  ///< "Device.WiFi.SSID.{i}."
  bool multi_instance = false;
  ObjectAccess access = ObjectAccess::kReadOnly;
  std::vector<SupportedParam> params;
  std::vector<SupportedCommand> commands;
  std::vector<SupportedEvent> events;
  std::vector<std::vector<std::string>> unique_keys;  ///< names; "Alias" alone, {Recipient, ID}
  std::vector<std::shared_ptr<const SupportedObject>> children;

  const SupportedObject* child(std::string_view child_name) const;
  const SupportedParam* param(std::string_view param_name) const;
  const SupportedCommand* command(std::string_view command_name) const;
  const SupportedEvent* event(std::string_view event_name) const;
};

enum class ValueState : std::uint8_t {
  kAbsent,  ///< the instance does not have this parameter
  kKnown,
  kUnread,  ///< the parameter exists, its value was never read
  kStale,   ///< there is a value, older than the freshness rule for it allows
};

struct Value {
  ValueState state = ValueState::kAbsent;
  std::string text;  ///< kKnown and kStale; of secret parameters it may be empty
};

/// One parameter during an enumeration; the views live until the visitor returns.
struct ParamView {
  std::string_view name;
  ValueState state;
  std::string_view text;
};

class DataModel {
 public:
  virtual ~DataModel() = default;

  /// The root object ("Device."). Lives as long as this view.
  virtual const SupportedObject& supported() const = 0;

  /// data_model_inst_uri of the object at this supported path.
  virtual std::string model_uri(const SupportedObject& object) const = 0;

  /// Does this object or object instance exist ("Device.WiFi.", "Device.WiFi.SSID.3.")? For a
  /// table ("Device.WiFi.SSID."): is the table there, be it empty. Called often: no scan.
  virtual bool has_object(std::string_view object_path) const = 0;

  /// Instance numbers of a table ("Device.WiFi.SSID."), ascending; empty where there is none.
  virtual std::vector<std::uint32_t> instances(std::string_view table_path) const = 0;

  /// One parameter; kAbsent also where there is no such object. Called often: no scan.
  virtual Value value(std::string_view object_path, std::string_view name) const = 0;

  /// All parameters this object has, in an order that stays the same. Absent ones are left out.
  using ParamVisitor = std::function<void(const ParamView&)>;
  virtual void for_each_param(std::string_view object_path, const ParamVisitor& visit) const = 0;

  /// What only the owner of the tree knows about a new value (ranges, enumerations, references,
  /// limits of bridge-owned rows). Called after existence, access and type were found good. A new
  /// instance is written "{i}" ("Device.LocalAgent.Subscription.{i}."). Give 7012 or 7014; nullopt:
  /// nothing against it.
  virtual std::optional<Error> check_value(std::string_view object_path, std::string_view name,
                                           std::string_view value) const {
    static_cast<void>(object_path), static_cast<void>(name), static_cast<void>(value);
    return std::nullopt;
  }

  /// The value a unique key of a new instance will get if the Add leaves it out and it is known
  /// beforehand (Subscription.Recipient is the requester). Lets duplicates be found in validation.
  virtual std::optional<std::string> implied_key(std::string_view table_path,
                                                 std::string_view name) const {
    static_cast<void>(table_path), static_cast<void>(name);
    return std::nullopt;
  }

  /// May one more instance be made (7005 or 7017), may this one go (7024)? nullopt: yes.
  virtual std::optional<Error> check_add(std::string_view table_path) const {
    static_cast<void>(table_path);
    return std::nullopt;
  }
  virtual std::optional<Error> check_delete(std::string_view instance_path) const {
    static_cast<void>(instance_path);
    return std::nullopt;
  }

  /// Are these arguments of a command ("Reset()") of an existing object good? They are all known to
  /// it, and the mandatory ones are there. Give 7027; nullopt: nothing against them.
  virtual std::optional<Error> check_command(
      std::string_view object_path, std::string_view command,
      const std::map<std::string, std::string>& input) const {
    static_cast<void>(object_path), static_cast<void>(command), static_cast<void>(input);
    return std::nullopt;
  }
};

/// Is `text` a value of this type in the lexical form of TR-106 (R-ENC.6)? nullopt: yes, else why
/// not. Lists are checked by item.
std::optional<std::string> check_type(const SupportedParam& param, std::string_view text);

}  // namespace usp
