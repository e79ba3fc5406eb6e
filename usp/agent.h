// One message in, what to do next out (TR-369 "Messages", seen from an Agent).
#pragma once

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "proto/usp/usp_msg.pb.h"
#include "usp/data_model.h"
#include "usp/plan.h"

namespace usp {

/// Versions of the protocol this agent speaks, as GetSupportedProtocolResp and OnBoardRequest say.
inline constexpr std::string_view kSupportedVersions = "1.0,1.1,1.2,1.3,1.4";

/// Paths, objects or settings in one request. A full Device:2 tree has about 10,000 parameters.
inline constexpr int kMaxRequestItems = 10000;
/// What one request may look at, all its paths together: instances visited, parameters returned,
/// settings times objects. Ten times the largest tree; more is answered 7005.
inline constexpr std::size_t kMaxResolved = 100000;

/// Send this to the requester.
struct Respond {
  usp_msg::Msg msg;
};

/// Values that must be read from the device first (full parameter paths, no duplicates). Read them
/// and call handle() again; with `final` once no more is to be had.
struct NeedValues {
  std::vector<std::string> paths;
};

/// Nothing to send; `why` is for a counter or a log line.
struct Ignore {
  std::string why;
};

using Outcome = std::variant<Respond, NeedValues, Plan, Ignore>;

/// Is it the peer's answer to a request of ours (NotifyResp or Error)? Such a one is not for
/// handle(), and needs no view of the data model: the caller knows the msg_id or drops it
/// (R-MSG.9).
bool is_answer(const usp_msg::Msg& msg);

/// Handles one message of a controller; an answer is ignored. `final`: values that are still unread
/// are answered 7801 (beside what is known), stale ones are used as they are. Duplicate msg_ids
/// (R-MSG.4) are the caller's to notice: it knows what is under way.
Outcome handle(const usp_msg::Msg& msg, const DataModel& model, const Access& access,
               bool final = false);

/// An Error message, `msg_id` being the request's.
usp_msg::Msg make_error(std::string_view msg_id, const Error& error);

}  // namespace usp
