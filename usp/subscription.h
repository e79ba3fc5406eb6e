// Subscriptions: which happenings they match, and the Notify for each (TR-369 "Notifications and
// Subscription Mechanism"; Device.LocalAgent.Subscription.{i}. of Device:2).
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "proto/usp/usp_msg.pb.h"
#include "usp/access.h"
#include "usp/data_model.h"
#include "usp/endpoint_id.h"
#include "usp/path.h"

namespace usp {

/// "ValueChange" ...
const char* name_of(NotifType type);
std::optional<NotifType> parse_notif_type(std::string_view name);

inline constexpr std::size_t kMaxReferenceBytes = 256;  ///< one item of ReferenceList (Device:2)
/// Items of one ReferenceList. Each costs a comparison per happening.
inline constexpr std::size_t kMaxReferences = 256;

/// A row of Device.LocalAgent.Subscription.
struct Subscription {
  std::uint32_t instance = 0;
  std::string id;
  std::string recipient;  ///< path of the Controller row: "Device.LocalAgent.Controller.1"
  bool enable = false;
  NotifType notif_type = NotifType::kValueChange;
  std::vector<std::string> references;  ///< ReferenceList, split
  bool persistent = false;
  std::chrono::seconds time_to_live{0};  ///< 0: forever
  bool notif_retry = false;
  std::chrono::seconds notif_expiration{0};  ///< 0: never; meaningless without notif_retry
  std::chrono::sys_seconds created;
  bool operator==(const Subscription&) const = default;
};

/// When the row goes by itself (TimeToLive); nullopt: never.
std::optional<std::chrono::sys_seconds> expires_at(const Subscription& subscription);

/// The items of a ReferenceList without the spaces around them, empty ones left out. A comma inside
/// an expression does not separate. The views are into `list`.
std::vector<std::string_view> split_references(std::string_view list);

/// May a row have this ReferenceList? Checks syntax, limits, that each item names something in the
/// supported model (as far as references need not be followed), and what the NotifType allows:
///
///   ValueChange        parameter, or object: all parameters below
///   ObjectCreation     table ("Device.WiFi.SSID."), or its instances by wildcard
///   ObjectDeletion     table, or instances
///   OperationComplete  command, or object: all commands below
///   Event              event, or object: all events below
///
/// 7012 and the culprit; nullopt: nothing against it. An empty list is fine.
std::optional<Error> check_references(NotifType type, std::string_view list,
                                      const DataModel& model);

// What can happen. Paths have instance numbers; object paths end in ".".
struct ValueChanged {
  std::string path;  ///< "Device.WiFi.SSID.1.SSID"
  std::string value;
  bool operator==(const ValueChanged&) const = default;
};
struct ObjectCreated {
  std::string path;                         ///< "Device.WiFi.SSID.1."
  std::map<std::string, std::string> keys;  ///< all unique keys the object has
  bool operator==(const ObjectCreated&) const = default;
};
struct ObjectDeleted {
  std::string path;
  bool operator==(const ObjectDeleted&) const = default;
};
struct OperationCompleted {
  struct Failure {
    ErrorCode code = ErrorCode::kCommandFailure;
    std::string text;
    bool operator==(const Failure&) const = default;
  };
  std::string object;   ///< "Device.IP.Diagnostics."
  std::string command;  ///< "IPPing()"
  std::string command_key;
  std::map<std::string, std::string> output;
  std::optional<Failure> failure;  ///< set: `output` is not sent
  bool operator==(const OperationCompleted&) const = default;
};
struct EventRaised {
  std::string object;  ///< "Device.LocalAgent."
  std::string event;   ///< "Periodic!"
  std::map<std::string, std::string> args;
  bool operator==(const EventRaised&) const = default;
};
using Happening =
    std::variant<ValueChanged, ObjectCreated, ObjectDeleted, OperationCompleted, EventRaised>;

/// The subscriptions of one agent, ready to match. Immutable; make a new one when a row changes.
class SubscriptionSet {
 public:
  SubscriptionSet() = default;
  explicit SubscriptionSet(std::vector<Subscription> rows);

  const std::vector<Subscription>& rows() const { return rows_; }

  /// Is there an enabled row of this type at all? Cheap.
  bool has(NotifType type) const;

  /// Does a match of this happening depend on the data model (an expression, a followed reference)?
  /// When not, matching() leaves `model` alone.
  bool needs_model(NotifType type) const;

  /// What the recipient of a row may see; null: everything.
  using AccessOf = std::function<const Access*(const Subscription&)>;

  /// Enabled rows that match, in their order; views into rows(). `model` is the tree after the
  /// happening, but for ObjectDeleted, where an expression needs the tree that still had the
  /// object. A value that is unread or stale is taken as it is. Expired rows are the caller's to
  /// remove beforehand.
  std::vector<const Subscription*> matching(const Happening& happening, const DataModel* model,
                                            const AccessOf& access_of = {}) const;

 private:
  struct Reference {
    std::size_t row;
    Path path;
    bool needs_model;
  };
  std::vector<Subscription> rows_;
  std::map<NotifType, std::vector<Reference>> references_;  ///< of enabled rows, in their order
};

/// The Notify of a match. send_resp is NotifRetry (R-NOT.7, "NotifRetry").
usp_msg::Notify make_notify(const Subscription& subscription, const Happening& happening);

/// OnBoardRequest: no subscription id, always send_resp (R-NOT.6, R-NOT.7).
usp_msg::Notify make_on_board_request(const DeviceIdentity& device);

/// A NOTIFY message with that body.
usp_msg::Msg make_notify_message(std::string_view msg_id, usp_msg::Notify notify);

}  // namespace usp
