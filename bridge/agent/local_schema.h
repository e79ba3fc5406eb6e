// The objects of a virtual agent that the bridge keeps itself: what they are called, what they
// hold, who may write them. One readable table in local_schema.cc; everything else is derived.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "usp/data_model.h"

namespace bridge {

/// Where a value comes from.
enum class LocalSource : std::uint8_t {
  kStored,       ///< a stored difference, else the template, else the default
  kCount,        ///< XNumberOfEntries
  kFact,         ///< AgentFacts
  kTopicStatus,  ///< AgentFacts::topics, by Topic and Enable of the same row
};

/// What a new value must satisfy beyond its type (7012).
enum class LocalCheck : std::uint8_t {
  kNone,
  kAlias,           ///< starts with a letter, at most 64 characters (TR-106 Alias)
  kEndpointId,      ///< R-ARC.5, or empty
  kNotifType,       ///< of Device.LocalAgent.Subscription.
  kReferenceList,   ///< comma-separated path names, searches allowed
  kPath,            ///< one path name, or empty
  kReference,       ///< as kPath; what it names has to be there
  kMqtt,            ///< the one protocol there is
  kMultiplier,      ///< 1000 to 65535 (TR-181 USPNotifRetryIntervalMultiplier)
  kRetryInterval,   ///< 1 to 65535
  kTopic,           ///< an MQTT topic name without wildcards, or empty
  kPositive,        ///< at least 1
  kSessionMode,     ///< Require, Allow, Forbid
  kRecordSize,      ///< 0, or room for the fields of a record and some of a message
  kTries,           ///< 0 to 1000
  kSubscriptionId,  ///< 1 to 64 characters
  kText64,
  kText128,
  kTopicFilter,  ///< an MQTT Topic Filter
  kQos,          ///< 0 or 1
  kKeepAlive,    ///< 0 to 65535
  kAllowedUses,  ///< of Device.LocalAgent.ControllerTrust.Credential.
  kRoleName,     ///< 1 to 64 characters
  kRole,         ///< a row of ControllerTrust.Role., or empty
  kRoles,        ///< comma-separated list of them
  kTargets,      ///< comma-separated path names of a permission
  kLetters,      ///< four letters, "rw-n"
};

struct LocalParam {
  std::string_view name;
  usp::ParamType type = usp::ParamType::kString;
  usp::ParamAccess access = usp::ParamAccess::kReadOnly;
  std::string_view fallback = {};  ///< the default
  LocalSource source = LocalSource::kStored;
  LocalCheck check = LocalCheck::kNone;
  bool list = false;
  bool secret = false;            ///< reads as empty, encrypted at rest
  bool hidden = false;            ///< the bridge's own: in no answer and no data model
  bool value_change = true;       ///< false: changes all the time, raises no ValueChange
  std::string_view counted = {};  ///< kCount: the table, "Subscription."
};

struct LocalObject {
  std::string path;  ///< "Device.LocalAgent.Subscription.{i}."
  usp::ObjectAccess access = usp::ObjectAccess::kReadOnly;
  std::vector<LocalParam> params;
  std::vector<std::vector<std::string>> keys;
  std::uint32_t max_rows = 0;  ///< per parent; 0: not limited here

  bool is_table() const { return path.ends_with("{i}."); }
  const LocalParam* param(std::string_view name) const;
};

/// Immutable; one per deployment, shared by all agents and threads.
class LocalSchema {
 public:
  /// `vendor_prefix`: "X_USPBRIDGE_". `own_connection`: each agent has an MQTT connection of its
  /// own, so that it can be configured.
  explicit LocalSchema(std::string_view vendor_prefix, bool own_connection = false);

  /// By supported path, "Device.LocalAgent.Subscription.{i}."; nullptr: none.
  const LocalObject* object(std::string_view supported_path) const;
  const std::map<std::string, LocalObject, std::less<>>& objects() const { return objects_; }

  /// Does the bridge keep this object ("Device.LocalAgent.MTP.1.")? Not true of "Device.", which
  /// holds parameters of both sides.
  bool owns(std::string_view path) const;
  /// "Device.LocalAgent.", "Device.MQTT." and so on: what owns() answers true for and all below.
  const std::vector<std::string>& roots() const { return roots_; }

  /// The subtrees of roots() with commands and events, to hang below "Device.".
  const std::vector<std::shared_ptr<const usp::SupportedObject>>& supported() const {
    return supported_;
  }

  /// "Device.X_USPBRIDGE_".
  const std::string& vendor_root() const { return vendor_root_; }
  /// "X_USPBRIDGE_".
  std::string_view vendor_prefix() const {
    return std::string_view(vendor_root_).substr(std::string_view("Device.").size());
  }

 private:
  std::string vendor_root_;
  std::map<std::string, LocalObject, std::less<>> objects_;
  std::vector<std::string> roots_;
  std::vector<std::shared_ptr<const usp::SupportedObject>> supported_;
};

/// nullopt: nothing against `value`, else 7012 and why. The type was checked before.
std::optional<usp::Error> check_local_value(const LocalParam& param, std::string_view value);

}  // namespace bridge
