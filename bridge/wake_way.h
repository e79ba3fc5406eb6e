// One way to ask a sleeping device for a session. The Waker chooses among those that it has been
// given.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <memory>
#include <string>

#include "bridge/reach.h"
#include "cwmp/connection_request/http.h"

namespace bridge {

class Device;

struct WakeAttempt {
  WakeOutcome outcome = WakeOutcome::kFailed;
  std::string result;  ///< of a small closed set, for metrics and the agent's facts: "accepted"
  std::string text;    ///< more for the log; may be empty, never a secret
};

/// What an answer over HTTP or XMPP means.
WakeAttempt to_attempt(const cwmp::ConnectionRequestOutcome& outcome);

/// Its functions are called on the device's strand, one attempt at a time for each device.
class WakeWay {
 public:
  virtual ~WakeWay() = default;

  virtual Way way() const = 0;

  /// Is everything known that ask() needs (address, credentials)? Cheap.
  virtual bool usable(const Device& device) const = 0;

  /// For people, where it is not usable: what is missing.
  virtual std::string why_not(const Device& device) const = 0;

  /// One request, with its copies. Returns early when the device is in a session, or nothing waits
  /// for it any more (Device::wants_session()).
  virtual boost::asio::awaitable<WakeAttempt> ask(std::shared_ptr<Device> device) = 0;
};

}  // namespace bridge
