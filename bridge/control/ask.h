// In whose name a call asks the bridge.
#pragma once

#include <chrono>

#include "bridge/control/backend.h"
#include "bridge/control/door.h"

namespace bridge::control {

/// `timeout` 0: the usual one of what is asked for.
inline Backend::Ask ask_of(const Visit& visit,
                           std::chrono::milliseconds timeout = std::chrono::milliseconds(0)) {
  return {visit.client->requester, timeout, visit.trace_id};
}

}  // namespace bridge::control
