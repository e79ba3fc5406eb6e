// The connection request over HTTP (TR-069 3.2.2) as a way to wake a device.
#pragma once

#include "bridge/address_list.h"
#include "bridge/replaceable.h"
#include "bridge/wake_way.h"

namespace bridge {

struct Runtime;

/// Thread-safe.
class HttpWake final : public WakeWay {
 public:
  /// `allowed` outlives it.
  HttpWake(Runtime& runtime, const Replaceable<AddressList>& allowed)
      : runtime_(runtime), allowed_(allowed) {}

  Way way() const override { return Way::kHttp; }
  bool usable(const Device& device) const override;
  std::string why_not(const Device& device) const override;
  boost::asio::awaitable<WakeAttempt> ask(std::shared_ptr<Device> device) override;

 private:
  Runtime& runtime_;
  const Replaceable<AddressList>& allowed_;
};

}  // namespace bridge
