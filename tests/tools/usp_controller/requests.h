// USP requests made short, and what an answer says went wrong.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "proto/usp/usp_msg.pb.h"

namespace usp_controller {

using Settings = std::vector<std::pair<std::string, std::string>>;  ///< name, value
using ObjectSettings = std::vector<std::pair<std::string, Settings>>;

usp_msg::Msg get(const std::vector<std::string>& paths, std::uint32_t max_depth = 0);
/// Every setting is `required`, unless its name begins with "?" (which is left out).
usp_msg::Msg set(const ObjectSettings& objects, bool allow_partial = false);
usp_msg::Msg add(const ObjectSettings& objects, bool allow_partial = false);
usp_msg::Msg del(const std::vector<std::string>& paths, bool allow_partial = false);
usp_msg::Msg operate(const std::string& command,
                     const std::map<std::string, std::string>& args = {},
                     const std::string& command_key = {}, bool send_resp = true);
usp_msg::Msg supported_dm(const std::vector<std::string>& paths, bool first_level_only = false);
usp_msg::Msg instances(const std::vector<std::string>& paths, bool first_level_only = false);
usp_msg::Msg supported_protocol(const std::string& versions = "1.0,1.1,1.2,1.3,1.4");
/// An Add of a row of Device.LocalAgent.Subscription.
usp_msg::Msg subscribe(const std::string& id, const std::string& type,
                       const std::string& reference_list, bool retry = false);

/// One line per error: the Error message, or each path, instance and command that failed. Settings
/// that were not required do not count. Empty: all went well.
std::vector<std::string> failures_of(const usp_msg::Msg& answer);

/// Parameters of a GetResp by full path.
std::map<std::string, std::string> values_of(const usp_msg::Msg& answer);
/// Paths of the instances an AddResp created.
std::vector<std::string> created_by(const usp_msg::Msg& answer);

}  // namespace usp_controller
