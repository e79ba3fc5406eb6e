// Which subscriptions hear of a happening, and the Notify that tells of it (TR-369 "Notifications
// and Subscription Mechanism"; Device.LocalAgent.Subscription. of TR-181). Sans-IO.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "proto/usp/usp_msg.pb.h"
#include "usp/data_model.h"
#include "usp/path.h"

namespace usp {

/// Device.LocalAgent.Subscription.{i}.NotifType.
enum class NotifType { kEvent, kValueChange, kObjectCreation, kObjectDeletion, kOperationComplete };

std::optional<NotifType> parse_notif_type(std::string_view text);
std::string_view name_of(NotifType type);

// ---- what happened ---------------------------------------------------------------------------

struct ValueChangeHappened {
  std::string path;  ///< parameter
  std::string value;
};
struct ObjectCreationHappened {
  std::string path;  ///< instance
  std::map<std::string, std::string> unique_keys;
};
struct ObjectDeletionHappened {
  std::string path;  ///< instance
};
struct OperationCompleteHappened {
  std::string object;   ///< "Device.IP.Diagnostics."
  std::string command;  ///< "IPPing()"
  std::string command_key;
  std::optional<Error> failure;               ///< set: cmd_failure
  std::map<std::string, std::string> output;  ///< else
};
struct EventHappened {
  std::string object;  ///< "Device."
  std::string name;    ///< "Boot!"
  std::map<std::string, std::string> args;
};
using Happening = std::variant<ValueChangeHappened, ObjectCreationHappened, ObjectDeletionHappened,
                               OperationCompleteHappened, EventHappened>;

NotifType type_of(const Happening& happening);

/// One item of a ReferenceList, parsed. An item that is no path covers nothing.
struct Reference {
  std::optional<Path> path;
  explicit Reference(std::string_view text);
};

/// Does a subscription of this type with this reference hear of `happening`?
///
///   ValueChange        a parameter, or an object: every parameter below it
///   ObjectCreation     a table: its new instances; any other object: everything below it
///   ObjectDeletion     an instance, or a table: its instances; any other object: everything below
///   it OperationComplete  a command, or an object: every command below it Event              an
///   event, or an object: every event below it
///
/// Wildcards and unique keys as in any path; a search is evaluated in `model` at this moment, so an
/// instance that is gone satisfies none.
bool covers(const Reference& reference, const Happening& happening, const DataModel& model);

/// The Notify request, complete but for the header's msg_id.
usp_msg::Msg make_notify(std::string_view subscription_id, bool send_resp,
                         const Happening& happening);

/// OnBoardRequest (R-NOT.5 to R-NOT.7): no subscription, always to be answered.
usp_msg::Msg make_onboard_request(std::string_view oui, std::string_view product_class,
                                  std::string_view serial_number);

}  // namespace usp
