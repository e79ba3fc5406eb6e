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
#include "bridge/credential/rules.h"
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
  boost::asio::awaitable<tl::expected<std::shared_ptr<Device>, cwmp::Refusal>> create_device(
      const cwmp::SessionStart& start);

  /// May this identity come in with this credential?
  boost::asio::awaitable<tl::expected<CredentialJudgement, cwmp::Refusal>> judge_credential(
      const cwmp::SessionStart& start);
  /// What the judgement is for the log, and for the rate of new and reset devices. The refusal;
  /// nullopt: go on.
  std::optional<cwmp::Refusal> note(const CredentialJudgement& judged,
                                    const cwmp::SessionStart& start);

  /// Whether this device calls too often; nullopt: it may come in.
  std::optional<cwmp::Refusal> throttle(const Device& device, const cwmp::Inform& inform);
  void watch_for_clones(const Device& device, const std::string& peer_address);

  /// One more session of a new or reset device now? (a token bucket, design: rate-limited)
  bool take_bootstrap_token();

  Runtime& runtime_;
  std::atomic<bool> stopping_{false};
  std::mutex mutex_;
  double bootstrap_tokens_ = 1;
  std::chrono::steady_clock::time_point bootstrap_refilled_{};
  SessionPace pace_;   ///< under the mutex
  CloneWatch clones_;  ///< under the mutex
};

}  // namespace bridge
