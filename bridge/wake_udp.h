// The signed datagram of TR-069 Annex G.2.2.3 as a way to wake a device behind a NAT.
#pragma once

#include <cstdint>
#include <mutex>
#include <unordered_map>

#include "bridge/address_list.h"
#include "bridge/replaceable.h"
#include "bridge/wake_way.h"
#include "cwmp/stun_server.h"

namespace bridge {

/// Thread-safe.
class UdpWake final : public WakeWay {
 public:
  /// Both outlive it. The datagrams leave from the socket of `stun`. `start_s`: Unix seconds, not
  /// before the last request of the process that ran before.
  UdpWake(cwmp::StunServer& stun, const Replaceable<AddressList>& allowed, std::int64_t start_s)
      : stun_(stun), allowed_(allowed), start_s_(start_s) {}

  Way way() const override { return Way::kUdp; }
  bool usable(const Device& device) const override;
  std::string why_not(const Device& device) const override;
  boost::asio::awaitable<WakeAttempt> ask(std::shared_ptr<Device> device) override;

 private:
  /// Unix seconds, larger than in each request before: a CPE takes no other (Annex G).
  std::int64_t next_ts(std::int64_t device_id, std::int64_t now_s);

  cwmp::StunServer& stun_;
  const Replaceable<AddressList>& allowed_;
  const std::int64_t start_s_;
  std::mutex mutex_;
  /// Only those matter that are not behind the clock.
  std::unordered_map<std::int64_t, std::int64_t> last_ts_;
};

}  // namespace bridge
