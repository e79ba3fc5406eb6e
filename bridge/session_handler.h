// Lets CPEs in: who they are, whether their credential is theirs, and which Device they talk to.
#pragma once

#include <atomic>
#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "bridge/clone_watch.h"
#include "bridge/result.h"
#include "bridge/session_pace.h"
#include "bridge/store/rows.h"
#include "cwmp/handler.h"

namespace bridge {

class Device;
struct Runtime;

/// Thread-safe.
class BridgeSessionHandler final : public cwmp::SessionHandler {
 public:
  explicit BridgeSessionHandler(Runtime& runtime);

  std::optional<cwmp::AuthDemand> auth_demand(const std::string& peer_address,
                                              const cwmp::DeviceId* claimed) override;

  boost::asio::awaitable<std::vector<std::string>> passwords(std::string username) override;

  boost::asio::awaitable<tl::expected<std::shared_ptr<cwmp::DeviceSession>, cwmp::Refusal>> begin(
      cwmp::SessionStart start) override;

  /// From now on every new session is refused as busy.
  void stop() { stopping_ = true; }

 private:
  boost::asio::awaitable<tl::expected<std::shared_ptr<Device>, cwmp::Refusal>> find_device(
      const cwmp::SessionStart& start);
  bool is_shared(const std::string& username) const;
  bool is_bootstrap(const std::string& username) const;

  /// How long this device has to wait, as it calls too often; nullopt: it may come in.
  std::optional<std::chrono::seconds> throttle(const Device& device, const cwmp::Inform& inform);
  void watch_for_clones(const Device& device, const std::string& peer_address);

  /// One more session with the bootstrap credential now? (a token bucket, design: rate-limited)
  bool take_bootstrap_token();

  Runtime& runtime_;
  std::atomic<bool> stopping_{false};
  std::mutex mutex_;
  double bootstrap_tokens_ = 1;
  std::int64_t bootstrap_refilled_ms_ = 0;
  SessionPace pace_;   ///< under the mutex
  CloneWatch clones_;  ///< under the mutex
};

/// May a device whose identity is bound to `bound` (empty: to none yet) come in with `used`?
/// (design: Trust). `any` says that `used` is a credential which every device may use.
bool credential_fits(const std::string& bound, const std::string& used, bool any);

}  // namespace bridge
