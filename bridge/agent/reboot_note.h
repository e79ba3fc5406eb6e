// What Boot! is to say of a reboot that a controller asked for (TR-181 Device.Boot!).
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace bridge {

/// Kept from before the RPC is sent until the device is back: the command itself is over by then.
struct RebootNote {
  bool factory_reset = false;
  std::string rpc_key;      ///< CommandKey of the RPC; FactoryReset has none
  std::string command_key;  ///< the controller's
  std::string cause;        ///< input arguments of the command; may be empty
  std::string reason;
  bool operator==(const RebootNote&) const = default;
};

std::string encode_reboot_note(const RebootNote& note);
std::optional<RebootNote> decode_reboot_note(std::string_view text);

}  // namespace bridge
