// What a write or command would do, as the control services ask for it (validate_only).
#pragma once

#include <boost/asio/awaitable.hpp>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "bridge/result.h"

namespace usp_msg {
class Msg;
}

namespace bridge::control {

/// An RPC that would change the device, in its own names and in the form that it takes. What is
/// only made when it is sent is left out: CommandKey, ParameterKey. Secrets are empty, as always.
struct PlannedRpc {
  struct Value {
    std::string name;  ///< a full name; "{i}" in it is the new row. Of a command: its argument
    std::string value;
    std::string type;  ///< "xsd:boolean"; empty: it has none
    bool operator==(const Value&) const = default;
  };
  /// "SetParameterValues" (TR-069 Annex A); "bridge": no RPC, the bridge keeps this itself, and
  /// names are the agent's.
  std::string rpc;
  std::string object;  ///< of AddObject and DeleteObject, and of what the bridge keeps
  std::vector<Value> values;
  bool operator==(const PlannedRpc&) const = default;
};

struct DryRun {
  std::size_t steps = 0;  ///< objects that it reaches
  /// The answer that the request would get at once, as far as anything is wrong with it: a USP
  /// Error, or a response with a failure in it. nullptr: nothing is known against it.
  std::shared_ptr<const usp_msg::Msg> refused;
  std::vector<PlannedRpc> rpcs;  ///< in order; of what is not refused
};

/// Part of the Backend; thread-safe.
class Rehearser {
 public:
  virtual ~Rehearser() = default;

  /// Does all of a Set, Add, Delete or Operate but the doing: nothing is stored, sent or read; the
  /// mirror is believed. nullopt: no such device. kBusy: its agent is not up yet.
  virtual boost::asio::awaitable<Result<std::optional<DryRun>>> dry_run(std::string endpoint_id,
                                                                        usp_msg::Msg request,
                                                                        std::string requester) = 0;
};

}  // namespace bridge::control
