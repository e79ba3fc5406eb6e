// From the input arguments of a USP command to the CWMP RPC that carries it out, and what of them
// CWMP cannot carry.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "bridge/agent/command_catalogue.h"
#include "bridge/agent/offer.h"
#include "cwmp/message.h"
#include "usp/error.h"

namespace bridge {

using CommandInput = std::map<std::string, std::string>;

/// An argument as given, else its default, else empty.
std::string argument_text(const CommandRow& row, const CommandInput& input, std::string_view name);
bool argument_flag(const CommandRow& row, const CommandInput& input, std::string_view name);

/// 7027 for arguments of the right type that cannot be served; nullopt: nothing against them.
std::optional<usp::Error> check_request(const CommandRow& row, const CommandInput& input,
                                        const Offer& offer);

/// kFirmware and kRestore. The arguments were checked.
cwmp::Download make_download(const CommandRow& row, const CommandInput& input, std::string key);

/// kBackup and kLog. `number`: of the device's own row; 0: it has none.
cwmp::Upload make_upload(const CommandRow& row, const CommandInput& input, const Offer& offer,
                         std::uint32_t number, std::string key);

/// When Activate() is to begin and when it is too late, counted from the request; nullopt: at once.
struct ActivationWindow {
  std::chrono::seconds start{0};
  std::chrono::seconds end{0};
};
std::optional<ActivationWindow> activation_window(const CommandInput& input);

/// CommandKey of an RPC: unique among the operations of all devices, at most 32 characters (TR-069
/// A.3.2.8).
std::string make_command_key(std::int64_t operation_id, std::size_t step);

}  // namespace bridge
