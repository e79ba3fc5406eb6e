#include "bridge/agent/local_schema.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "bridge/agent/command_catalogue.h"
#include "usp/endpoint_id.h"
#include "usp/path.h"
#include "usp/permissions.h"
#include "usp/subscription.h"
#include "usp/topic.h"

namespace bridge {
namespace {

using enum usp::ParamType;
using enum LocalCheck;
using usp::ObjectAccess;
using usp::ParamAccess;
using usp::ParamType;

// ---- how the table below is written -------------------------------------------------------------

/// Cannot be written; from the template, else `value`.
LocalParam ro(std::string_view name, ParamType type, std::string_view value = {}) {
  return {.name = name, .type = type, .fallback = value};
}
LocalParam rw(std::string_view name, ParamType type, std::string_view value,
              LocalCheck check = kNone) {
  return {.name = name,
          .type = type,
          .access = ParamAccess::kReadWrite,
          .fallback = value,
          .check = check};
}
/// Can be given in an Add only.
LocalParam once(std::string_view name, LocalCheck check) {
  return {.name = name, .access = ParamAccess::kWriteOnce, .check = check};
}
LocalParam alias() { return once("Alias", kAlias); }
LocalParam fact(std::string_view name, ParamType type) {
  return {.name = name, .type = type, .source = LocalSource::kFact};
}
/// Changes all the time.
LocalParam counter(std::string_view name, ParamType type) {
  return {.name = name, .type = type, .source = LocalSource::kFact, .value_change = false};
}
/// `table`: "Subscription."; the parameter is SubscriptionNumberOfEntries.
LocalParam count(std::string_view name, std::string_view table) {
  return {.name = name, .type = kUnsignedInt, .source = LocalSource::kCount, .counted = table};
}
LocalParam list(LocalParam param) {
  param.list = true;
  return param;
}
LocalParam secret(LocalParam param) {
  param.secret = true;
  return param;
}

/// Kept with the row and shown to nobody.
LocalParam hidden(LocalParam param) {
  param.hidden = true;
  return param;
}

/// Each costs a little with every request of the controllers that have it.
constexpr std::uint32_t kMaxRoles = 20;
constexpr std::uint32_t kMaxPermissions = 50;

constexpr auto kAddDelete = ObjectAccess::kAddDelete;
constexpr auto kReadOnly = ObjectAccess::kReadOnly;

using Objects = std::vector<LocalObject>;

// ---- the table ----------------------------------------------------------------------------------

Objects agent_objects() {
  return {
      {"Device.",
       kReadOnly,
       {ro("RootDataModelVersion", kString, "2.19")},  // where the device does not say
       {}},
      {"Device.LocalAgent.",
       kReadOnly,
       {fact("EndpointID", kString), fact("SoftwareVersion", kString),
        counter("UpTime", kUnsignedInt), list(ro("SupportedProtocols", kString, "MQTT")),
        list(ro("SupportedFingerprintAlgorithms", kString, "SHA-256,SHA-384,SHA-512")),
        ro("SupportedNumberOfSubscriptions", kInt, "200"), count("MTPNumberOfEntries", "MTP."),
        count("ControllerNumberOfEntries", "Controller."),
        count("SubscriptionNumberOfEntries", "Subscription."),
        count("RequestNumberOfEntries", "Request."),
        count("CertificateNumberOfEntries", "Certificate.")},
       {}},
      // Rows come with AddCertificate() and go with Delete().
      {"Device.LocalAgent.Certificate.{i}.",
       kReadOnly,
       {alias(), rw("Enable", kBoolean, "false"), ro("SerialNumber", kString),
        ro("Issuer", kString), hidden(ro("Certificate", kString))},
       {{"Alias"}, {"SerialNumber", "Issuer"}},
       16},
      {"Device.LocalAgent.MTP.{i}.",
       kReadOnly,
       {alias(), ro("Enable", kBoolean, "true"), fact("Status", kString),
        ro("Protocol", kString, "MQTT"), ro("EnableMDNS", kBoolean, "false")},
       {{"Alias"}}},
      {"Device.LocalAgent.MTP.{i}.MQTT.",
       kReadOnly,
       {ro("Reference", kString), fact("ResponseTopicConfigured", kString),
        fact("ResponseTopicDiscovered", kString), ro("PublishQoS", kUnsignedInt, "1")},
       {}},
      {"Device.LocalAgent.Subscription.{i}.",
       kAddDelete,
       {alias(), rw("Enable", kBoolean, "false"), ro("Recipient", kString),
        once("ID", kSubscriptionId), ro("CreationDate", kDateTime),
        rw("NotifType", kString, "", kNotifType),
        list(rw("ReferenceList", kString, "", kReferenceList)), rw("Persistent", kBoolean, "false"),
        rw("TimeToLive", kUnsignedInt, "0"), rw("NotifRetry", kBoolean, "false"),
        rw("NotifExpiration", kUnsignedInt, "0")},
       {{"Alias"}, {"Recipient", "ID"}},
       200},
      {"Device.LocalAgent.Request.{i}.",
       kReadOnly,
       {alias(), ro("Originator", kString), ro("Command", kString), ro("CommandKey", kString),
        ro("Status", kString, "Requested")},
       {{"Originator", "Command", "CommandKey"}, {"Alias"}},
       1000},
  };
}

Objects controller_objects() {
  return {
      {"Device.LocalAgent.Controller.{i}.",
       kAddDelete,
       {alias(), rw("EndpointID", kString, "", kEndpointId),
        rw("ControllerCode", kString, "", kText64), rw("ProvisioningCode", kString, "", kText64),
        rw("Enable", kBoolean, "false"), list(rw("AssignedRole", kString, "", kRoles)),
        list(ro("InheritedRole", kString)), rw("Credential", kString, "", kReference),
        rw("PeriodicNotifInterval", kUnsignedInt, "86400", kPositive),
        rw("PeriodicNotifTime", kDateTime, "0001-01-01T00:00:00Z"),
        rw("USPNotifRetryMinimumWaitInterval", kUnsignedInt, "5", kRetryInterval),
        rw("USPNotifRetryIntervalMultiplier", kUnsignedInt, "2000", kMultiplier),
        rw("OnBoardingComplete", kBoolean, "false"), rw("OnBoardingRestartTime", kUnsignedInt, "0"),
        count("MTPNumberOfEntries", "MTP."),
        count("BootParameterNumberOfEntries", "BootParameter.")},
       {{"EndpointID"}, {"Alias"}},
       20},
      {"Device.LocalAgent.Controller.{i}.E2ESession.",
       kReadOnly,
       {fact("Status", kString), rw("SessionMode", kString, "Allow", kSessionMode),
        rw("SessionExpiration", kUnsignedInt, "600"),
        rw("SessionRetryMinimumWaitInterval", kUnsignedInt, "5", kRetryInterval),
        rw("SessionRetryIntervalMultiplier", kUnsignedInt, "2000", kMultiplier),
        counter("CurrentRetryCount", kUnsignedInt),
        rw("MaxUSPRecordSize", kUnsignedInt, "0", kRecordSize),
        rw("MaxRetransmitTries", kInt, "3", kTries), ro("PayloadSecurity", kString, "None")},
       {}},
      {"Device.LocalAgent.Controller.{i}.MTP.{i}.",
       kAddDelete,
       {alias(), rw("Enable", kBoolean, "false"), rw("Protocol", kString, "MQTT", kMqtt),
        rw("Order", kUnsignedInt, "0")},
       {{"Alias"}, {"Protocol"}},
       1},
      {"Device.LocalAgent.Controller.{i}.MTP.{i}.MQTT.",
       kReadOnly,
       {rw("Reference", kString, "", kReference), rw("AgentMTPReference", kString, "", kReference),
        rw("Topic", kString, "", kTopic), ro("PublishRetainResponse", kBoolean, "false"),
        ro("PublishRetainNotify", kBoolean, "false")},
       {}},
      {"Device.LocalAgent.Controller.{i}.BootParameter.{i}.",
       kAddDelete,
       {alias(), rw("Enable", kBoolean, "false"), rw("ParameterName", kString, "", kPath)},
       {{"ParameterName"}, {"Alias"}},
       50},
      {"Device.LocalAgent.ControllerTrust.",
       kReadOnly,
       {rw("UntrustedRole", kString, "", kRole), list(rw("SecuredRoles", kString, "", kRoles)),
        count("RoleNumberOfEntries", "Role."), count("CredentialNumberOfEntries", "Credential.")},
       {}},
      {"Device.LocalAgent.ControllerTrust.Credential.{i}.",
       kAddDelete,
       {alias(), rw("Enable", kBoolean, "false"), rw("Role", kString, "", kReference),
        rw("Credential", kString, "", kReference),
        rw("AllowedUses", kString, "MTP-and-USP", kAllowedUses)},
       {{"Credential"}, {"Alias"}},
       16},
      {"Device.LocalAgent.ControllerTrust.Role.{i}.",
       kAddDelete,
       {alias(), rw("Enable", kBoolean, "false"), rw("Name", kString, "", kRoleName),
        count("PermissionNumberOfEntries", "Permission.")},
       {{"Name"}, {"Alias"}},
       kMaxRoles},
      {"Device.LocalAgent.ControllerTrust.Role.{i}.Permission.{i}.",
       kAddDelete,
       {alias(), rw("Enable", kBoolean, "false"), rw("Order", kUnsignedInt, "0"),
        list(rw("Targets", kString, "", kTargets)), rw("Param", kString, "----", kLetters),
        rw("Obj", kString, "----", kLetters), rw("InstantiatedObj", kString, "----", kLetters),
        rw("CommandEvent", kString, "----", kLetters)},
       {{"Order"}, {"Alias"}},
       kMaxPermissions},
  };
}

// Profiles MQTTClientCon:1 and MQTTClientSubscribe:1 (R-MQTT.4). Where all agents share connections
// that the operator configures nothing here can be written. Where to connect and as whom is the
// operator's business in any case: a controller must not lead a device away.
Objects mqtt_objects(bool own_connection) {
  const auto open = [own_connection](LocalParam param) {
    if (!own_connection) param.access = ParamAccess::kReadOnly;
    return param;
  };
  return {
      {"Device.MQTT.", kReadOnly, {count("ClientNumberOfEntries", "Client.")}, {}},
      {"Device.MQTT.Capabilities.",
       kReadOnly,
       {list(ro("ProtocolVersionsSupported", kString, "3.1.1,5.0")),
        list(ro("TransportProtocolSupported", kString, "TCP/IP,TLS"))},
       {}},
      {"Device.MQTT.Client.{i}.",
       kReadOnly,
       {alias(),
        ro("Name", kString),
        ro("Enable", kBoolean, "true"),
        fact("Status", kString),
        ro("ProtocolVersion", kString, "5.0"),
        ro("BrokerAddress", kString),
        ro("BrokerPort", kUnsignedInt, "1883"),
        ro("TransportProtocol", kString, "TCP/IP"),
        ro("CleanSession", kBoolean, "true"),
        ro("CleanStart", kBoolean, "true"),
        open(rw("KeepAliveTime", kUnsignedInt, "60", kKeepAlive)),
        own_connection ? rw("ClientID", kString, "", kText128) : fact("ClientID", kString),
        ro("Username", kString),
        secret(ro("Password", kString)),
        ro("MessageRetryTime", kUnsignedInt, "5"),
        open(rw("ConnectRetryTime", kUnsignedInt, "5", kRetryInterval)),
        open(rw("ConnectRetryIntervalMultiplier", kUnsignedInt, "2000", kMultiplier)),
        open(rw("ConnectRetryMaxInterval", kUnsignedInt, "30720", kPositive)),
        ro("RequestResponseInfo", kBoolean, own_connection ? "true" : "false"),
        fact("ResponseInformation", kString),
        count("SubscriptionNumberOfEntries", "Subscription.")},
       {{"Alias"}, {"Name"}}},
      {"Device.MQTT.Client.{i}.Stats.",
       kReadOnly,
       {fact("BrokerConnectionEstablished", kDateTime), counter("MQTTMessagesSent", kUnsignedLong),
        counter("MQTTMessagesReceived", kUnsignedLong), counter("ConnectionErrors", kUnsignedInt)},
       {}},
      {"Device.MQTT.Client.{i}.Subscription.{i}.",
       own_connection ? kAddDelete : kReadOnly,
       {alias(),
        open(rw("Enable", kBoolean, own_connection ? "false" : "true")),
        {.name = "Status", .source = LocalSource::kTopicStatus},
        open(rw("Topic", kString, "", kTopicFilter)),
        open(rw("QoS", kUnsignedInt, "1", kQos))},
       {{"Alias"}, {"Topic"}},
       own_connection ? 32U : 0U},
  };
}

Objects cwmp_objects(const std::string& vendor_root) {
  return {
      {"Device.CWMPManagementServer.", kReadOnly, {ro("EnableCWMP", kBoolean, "true")}, {}},
      {vendor_root + "Cwmp.",
       kReadOnly,
       {fact("LastInformTime", kDateTime), list(fact("LastInformEvents", kString)),
        fact("Reachability", kString), fact("LastConnectionRequestTime", kDateTime),
        fact("LastConnectionRequestResult", kString), fact("MirrorTime", kDateTime),
        counter("MirrorAge", kUnsignedInt), fact("MirrorComplete", kBoolean),
        counter("UnreadParameters", kUnsignedInt), counter("OpenOperations", kUnsignedInt),
        fact("NativeRoot", kString)},
       {}},
  };
}

// ---- supported subtrees -------------------------------------------------------------------------

bool names_rows(LocalCheck check) {
  return check == kReference || check == kRole || check == kRoles;
}

std::shared_ptr<usp::SupportedObject> to_supported(const LocalObject& object, bool own_connection) {
  auto result = std::make_shared<usp::SupportedObject>();
  result->path = object.path;
  result->multi_instance = object.is_table();
  std::string_view name = object.path;
  name.remove_suffix(result->multi_instance ? std::string_view(".{i}.").size() : 1);
  result->name = name.substr(name.rfind('.') + 1);
  result->access = object.access;
  result->unique_keys = object.keys;
  for (const LocalParam& param : object.params) {
    if (param.hidden) continue;
    result->params.push_back({.name = std::string(param.name),
                              .access = param.access,
                              .type = param.type,
                              .list = param.list,
                              .value_change = param.value_change,
                              .secret = param.secret,
                              .reference = names_rows(param.check) ? usp::ReferenceKind::kStrong
                                                                   : usp::ReferenceKind::kNone});
  }
  for (const CommandRow& row : CommandCatalogue::get().commands()) {
    if (row.object != object.path || !is_bridge_way(row.way)) continue;
    if (row.way == CommandWay::kReconnect && !own_connection) continue;
    std::vector<usp::SupportedArgument> input;
    for (const CommandArgument& argument : row.input) {
      input.push_back({std::string(argument.name), argument.mandatory});
    }
    result->commands.push_back(
        {std::string(row.name), row.asynchronous, std::move(input), row.output});
  }
  for (const EventRow& event : CommandCatalogue::get().events()) {
    if (event.object != object.path) continue;
    result->events.push_back({std::string(event.name), event.args});
  }
  return result;
}

/// "Device.A.B.{i}.C." -> "Device.A.B.{i}."; "Device.A.B.{i}." -> "Device.A.".
std::string_view supported_parent(std::string_view path) {
  path.remove_suffix(path.ends_with(".{i}.") ? std::string_view(".{i}.").size() : 1);
  return path.substr(0, path.rfind('.') + 1);
}

bool in_range(std::string_view value, std::uint64_t low, std::uint64_t high) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
  return error == std::errc{} && end == value.data() + value.size() && number >= low &&
         number <= high;
}

bool is_alias(std::string_view value) {
  const auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  return !value.empty() && value.size() <= 64 && is_letter(value.front());
}

bool is_notif_type(std::string_view value) {
  static constexpr std::string_view kTypes[] = {
      "", "ValueChange", "ObjectCreation", "ObjectDeletion", "OperationComplete", "Event"};
  return std::ranges::find(kTypes, value) != std::end(kTypes);
}

bool is_allowed_uses(std::string_view value) {
  static constexpr std::string_view kUses[] = {"MTP-only", "MTP-and-USP", "MTP-and-broker"};
  return std::ranges::find(kUses, value) != std::end(kUses);
}

bool is_role(std::string_view value) {
  constexpr std::string_view kTable = "Device.LocalAgent.ControllerTrust.Role.";
  if (!value.starts_with(kTable)) return false;
  value.remove_prefix(kTable.size());
  if (value.ends_with('.')) value.remove_suffix(1);
  std::uint32_t number = 0;
  return usp::parse_instance_number(value, number);
}

bool are_roles(std::string_view value) {
  const auto items = usp::split_references(value);
  return items.size() <= kMaxRoles && std::ranges::all_of(items, is_role);
}

constexpr std::size_t kMaxTopicBytes = 1024;
/// The fields of a record with two long Endpoint IDs, and some of a message.
constexpr std::uint64_t kMinRecordBytes = 1024;

std::optional<std::string> wrong_references(std::string_view value) {
  const std::vector<std::string_view> items = usp::split_references(value);
  if (items.size() > usp::kMaxReferences) return "more than 256 paths";
  for (std::string_view item : items) {
    if (item.size() > usp::kMaxReferenceBytes) return "a path of more than 256 bytes";
    if (const auto path = usp::parse_path(item); !path) return path.error().text;
  }
  return std::nullopt;
}

std::optional<std::string> wrong_text(LocalCheck check, std::string_view value) {
  const auto unless = [](bool good, std::string_view why) {
    return good ? std::nullopt : std::optional<std::string>(why);
  };
  switch (check) {
    case kNone:
      return unless(value.size() <= 1024, "longer than 1024 bytes");
    case kAlias:
      return unless(is_alias(value), "must start with a letter and have 1 to 64 characters");
    case kEndpointId:
      return unless(value.empty() || usp::is_endpoint_id(value), "not an Endpoint ID");
    case kNotifType:
      return unless(is_notif_type(value), "not a supported NotifType");
    case kReferenceList:
      return wrong_references(value);
    case kPath:
    case kReference:
      if (value.empty()) return std::nullopt;
      if (const auto path = usp::parse_reference(value); !path) return path.error().text;
      return std::nullopt;
    case kMqtt:
      return unless(value == "MQTT", "only MQTT is supported");
    case kMultiplier:
      return unless(in_range(value, 1000, 65535), "must be 1000 to 65535");
    case kRetryInterval:
      return unless(in_range(value, 1, 65535), "must be 1 to 65535");
    case kPositive:
      return unless(in_range(value, 1, 0xffffffff), "must be at least 1");
    case kSessionMode:
      return unless(value == "Require" || value == "Allow" || value == "Forbid",
                    "must be Require, Allow or Forbid");
    case kRecordSize:
      return unless(value == "0" || in_range(value, kMinRecordBytes, 0xffffffff),
                    "must be 0 or at least 1024");
    case kTries:
      return unless(in_range(value, 0, 1000), "must be 0 to 1000");
    case kTopic:
      return unless(value.size() <= kMaxTopicBytes &&
                        value.find_first_of(std::string_view("+#\0", 3)) == value.npos,
                    "not the name of an MQTT topic");
    case kSubscriptionId:
      return unless(!value.empty() && value.size() <= 64, "must have 1 to 64 characters");
    case kText64:
      return unless(value.size() <= 64, "longer than 64 characters");
    case kText128:
      return unless(value.size() <= 128, "longer than 128 characters");
    case kTopicFilter:
      return unless(usp::is_topic_filter(value), "not an MQTT topic filter");
    case kQos:
      return unless(in_range(value, 0, 1), "must be 0 or 1");
    case kAllowedUses:
      return unless(is_allowed_uses(value), "must be MTP-only, MTP-and-USP or MTP-and-broker");
    case kKeepAlive:
      return unless(in_range(value, 0, 65535), "must be 0 to 65535");
    case kRoleName:
      return unless(!value.empty() && value.size() <= 64, "must have 1 to 64 characters");
    case kRole:
      return unless(value.empty() || is_role(value), "not a row of ControllerTrust.Role.");
    case kRoles:
      return unless(are_roles(value), "not a list of rows of ControllerTrust.Role.");
    case kTargets:
      return usp::check_targets(value);
    case kLetters:
      return unless(usp::parse_letters(value).has_value(),
                    "must be four letters in the order rwxn, with - for what is not allowed");
  }
  return std::nullopt;
}

}  // namespace

const LocalParam* LocalObject::param(std::string_view name) const {
  const auto at = std::ranges::find(params, name, &LocalParam::name);
  return at == params.end() ? nullptr : &*at;
}

LocalSchema::LocalSchema(std::string_view vendor_prefix, bool own_connection)
    : vendor_root_("Device." + std::string(vendor_prefix)) {
  for (Objects part : {agent_objects(), controller_objects(), mqtt_objects(own_connection),
                       cwmp_objects(vendor_root_)}) {
    for (LocalObject& object : part) {
      std::string path = object.path;
      objects_.emplace(std::move(path), std::move(object));
    }
  }
  // Parents come before their children in the order of the map.
  std::map<std::string_view, std::shared_ptr<usp::SupportedObject>> made;
  for (const auto& [path, object] : objects_) {
    if (path == "Device.") continue;
    auto supported = to_supported(object, own_connection);
    made.emplace(path, supported);
    const std::string_view parent = supported_parent(path);
    if (parent == "Device.") {
      roots_.push_back(path);
      supported_.push_back(std::move(supported));
    } else {
      made.at(parent)->children.push_back(std::move(supported));
    }
  }
}

const LocalObject* LocalSchema::object(std::string_view supported_path) const {
  const auto at = objects_.find(supported_path);
  return at == objects_.end() ? nullptr : &at->second;
}

bool LocalSchema::owns(std::string_view path) const {
  return std::ranges::any_of(roots_,
                             [&](const std::string& root) { return path.starts_with(root); });
}

std::optional<usp::Error> check_local_value(const LocalParam& param, std::string_view value) {
  if (auto why = wrong_text(param.check, value)) {
    return usp::Error{usp::ErrorCode::kInvalidValue, *why, {}};
  }
  return std::nullopt;
}

}  // namespace bridge
