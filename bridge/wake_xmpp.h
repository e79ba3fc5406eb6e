// A request over XMPP (TR-069 Annex K) as a way to wake a device.
#pragma once

#include <chrono>

#include "bridge/wake_way.h"
#include "cwmp/xmpp_client.h"

namespace bridge {

/// Thread-safe.
class XmppWake final : public WakeWay {
 public:
  /// `client` outlives it. `timeout`: for the device's answer.
  XmppWake(cwmp::XmppClient& client, std::chrono::milliseconds timeout)
      : client_(client), timeout_(timeout) {}

  Way way() const override { return Way::kXmpp; }
  bool usable(const Device& device) const override;
  std::string why_not(const Device& device) const override;
  boost::asio::awaitable<WakeAttempt> ask(std::shared_ptr<Device> device) override;

 private:
  cwmp::XmppClient& client_;
  const std::chrono::milliseconds timeout_;
};

}  // namespace bridge
