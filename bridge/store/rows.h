// What the store keeps, as plain values. Times are Unix milliseconds; 0 is "never" unless a line
// says otherwise. Enumerations of the layers above are stored as numbers and mean nothing here.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace bridge {

/// OUI + ProductClass + SerialNumber (TR-069 A.3.3.1, DeviceIdStruct); unique among devices.
struct DeviceIdentity {
  std::string oui;
  std::string product_class;  ///< may be empty
  std::string serial;
  bool operator==(const DeviceIdentity&) const = default;
};

/// Time of the last Inform is kept apart, in the mirror: see MirrorReader::last_inform_ms().
struct DeviceRow {
  std::int64_t id = 0;      ///< 0: not stored yet; grows with first appearance, never used again
  std::string endpoint_id;  ///< unique
  std::string manufacturer;
  DeviceIdentity identity;
  std::string root;  ///< "Device." or "InternetGatewayDevice."; empty: not known yet
  std::string software_version;
  std::string hardware_version;
  std::string connection_request_url;
  std::string connection_request_username;
  std::string connection_request_password;     ///< encrypted at rest
  std::string udp_connection_request_address;  ///< "host:port"; empty: none is known
  std::string stun_username;                   ///< the bridge's own for this device; empty: none
  std::string stun_password;                   ///< encrypted at rest
  std::string reach;                           ///< which ways wake it, opaque
  std::string auth_username;                   ///< the credential this identity is bound to
  std::string learned;                         ///< what was found out about the device, opaque
  int sync_state = 0;
  bool onboarded = false;
  std::int64_t first_seen_ms = 0;
  std::int64_t last_boot_ms = 0;
  bool operator==(const DeviceRow&) const = default;
};

/// Every set member must be equal.
struct DeviceFilter {
  std::optional<std::string> manufacturer;
  std::optional<std::string> oui;
  std::optional<std::string> product_class;
  std::optional<std::string> serial;
  std::optional<std::string> software_version;
  std::optional<int> sync_state;
  std::optional<bool> onboarded;
};

/// What an operator says of a device.
struct DeviceNote {
  std::string display_name;
  std::vector<std::string> tags;  ///< sorted; without spaces
  bool operator==(const DeviceNote&) const = default;
};

/// Of a request that may be repeated.
struct RequestKey {
  std::string client;
  std::string id;
  bool operator==(const RequestKey&) const = default;
};
struct RequestRow {
  RequestKey key;
  std::string fingerprint;  ///< of what was asked for
  bool finished = false;
  std::string response;  ///< opaque
  std::int64_t created_ms = 0;
  bool operator==(const RequestRow&) const = default;
};

enum class CredentialSource : int {
  kImported = 0,  ///< from a file or the control API
  kRotation = 1,  ///< made by the bridge and written to the device
};

enum class CredentialState : int {
  kActive = 0,
  kPending = 1,  ///< on its way to the device, which has not come back with it yet
  kRetired = 2,  ///< replaced; still what the device has after a factory reset
};

struct CredentialRow {
  std::string username;     ///< unique
  std::string password;     ///< encrypted at rest
  DeviceIdentity identity;  ///< the one device it is good for; no serial: nobody's yet
  CredentialSource source = CredentialSource::kImported;
  CredentialState state = CredentialState::kActive;
  int attempts = 0;  ///< kPending: how often it was sent
  std::int64_t created_ms = 0;
  /// kPending: the user name with which the device, reset, comes in until then; empty: none.
  std::string meanwhile = {};
  bool operator==(const CredentialRow&) const = default;
};

/// One parameter of a bridge-owned object that differs from its template; an object without
/// parameters is a row whose path ends with a dot.
struct LocalValue {
  std::string path;
  std::string value;
  bool secret = false;  ///< `value` is encrypted at rest
  bool operator==(const LocalValue&) const = default;
};

/// Durable work for a device.
struct OperationRow {
  std::int64_t id = 0;  ///< 0: not stored yet; never used again
  std::int64_t device_id = 0;
  int kind = 0;
  int state = 0;
  std::int64_t created_ms = 0;
  std::int64_t deadline_ms = 0;  ///< 0: none
  std::int64_t finished_ms = 0;  ///< 0: open
  std::string command_key;
  std::string origin;    ///< who asked and where the answer goes, opaque
  std::string body;      ///< what is to be done, opaque
  std::string progress;  ///< how far it is, later its result, opaque
  bool operator==(const OperationRow&) const = default;
};

/// The same change on many devices.
struct BulkRow {
  std::int64_t id = 0;  ///< 0: not stored yet; never used again
  int state = 0;
  std::int64_t created_ms = 0;
  std::int64_t finished_ms = 0;  ///< 0: open
  bool cancelled = false;
  std::string requester;
  std::string body;  ///< what is to be done, and how; opaque
  /// Once it is finished; before, see StateReader::bulk_counts().
  std::int64_t succeeded = 0;
  std::int64_t failed = 0;
  std::int64_t not_begun = 0;
  bool operator==(const BulkRow&) const = default;
};

/// One device of it.
struct BulkItemRow {
  std::int64_t number = 0;  ///< from 1, in the order in which they are begun
  std::string endpoint_id = {};
  int state = 0;
  int code = 0;                   ///< of gRPC
  std::int64_t operation_id = 0;  ///< 0: none that is known
  std::int64_t started_ms = 0;
  std::int64_t finished_ms = 0;
  std::string result = {};  ///< opaque
  bool operator==(const BulkItemRow&) const = default;
};

/// One notification that is not delivered yet.
struct OutboxRow {
  std::int64_t id = 0;  ///< 0: not stored yet; grows, so it is the order of delivery
  std::int64_t device_id = 0;
  std::string controller;       ///< Endpoint ID
  std::string subscription_id;  ///< empty with OnBoardRequest
  std::string msg_id;           ///< of the Notify; what its NotifyResponse is matched by
  int kind = 0;
  std::string payload;  ///< opaque
  bool needs_response = false;
  int attempts = 0;
  std::int64_t created_ms = 0;
  std::int64_t next_attempt_ms = 0;
  std::int64_t expires_ms = 0;  ///< 0: never expires
  bool operator==(const OutboxRow&) const = default;
};

/// A wish to be called at a time; (device_id, kind, key) is unique.
struct TimerRow {
  std::int64_t device_id = 0;  ///< 0: of the bridge itself
  int kind = 0;
  std::string key;
  std::int64_t due_ms = 0;
  std::string payload;  ///< opaque
  bool operator==(const TimerRow&) const = default;
};

/// A number given to a key within a named map of a device, e.g. an instance number.
struct InstanceRow {
  std::string name;
  std::string key;
  std::int64_t number = 0;
  bool operator==(const InstanceRow&) const = default;
};

/// When a device was last heard of. Ordered by time, then by device.
struct SeenRow {
  std::int64_t last_inform_ms = 0;
  std::int64_t device_id = 0;
  bool operator==(const SeenRow&) const = default;
};

/// A brake on writes (bridge/brakes.h).
struct FreezeRow {
  std::int64_t id = 0;  ///< 0: not stored yet; never used again
  int scope = 0;        ///< FreezeScope
  std::string oui;      ///< a pattern, as the next two; empty: any
  std::string product_class;
  std::string software_version;
  std::string controller;
  std::string reason;   ///< for people
  std::string creator;  ///< a requester
  std::int64_t created_ms = 0;
  bool operator==(const FreezeRow&) const = default;
};

/// One node of a device's tree as last known. A path that ends with a dot is an object.
struct NodeRow {
  std::string path;
  std::string value;
  std::uint8_t type = 0;
  std::uint16_t flags = 0;
  std::int64_t updated_ms = 0;
  bool operator==(const NodeRow&) const = default;
};

}  // namespace bridge
