// Builds the whole service from its configuration, and takes it down again.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace bridge {

struct Config;

/// One per process. Not thread-safe.
class Gateway {
 public:
  /// Opens the store, listens and connects. Throws std::runtime_error with what is wrong. `config`
  /// outlives it.
  explicit Gateway(const Config& config);

  /// stop(), if that was not called.
  ~Gateway();
  Gateway(const Gateway&) = delete;
  Gateway& operator=(const Gateway&) = delete;

  /// Ports that were given as 0 in the configuration.
  int acs_port(std::size_t listener = 0) const;  ///< in the order of CwmpConfig::all_listeners()
  int grpc_port() const;
  int admin_port() const;

  /// Drains: no new sessions and calls, running ones to their end, the outbox as far as the broker
  /// takes it, then the last commit. Takes at most Config::shutdown_timeout.
  void stop();

  /// Takes over what is_reloadable() of a configuration, reads certificates, keys, tokens and the
  /// file of credentials again, and logs what came of it. The credentials are read in the
  /// background.
  void reload(const Config& config);

  /// Why it is not ready for work, as /readyz says it; empty: it is.
  using NotReady = std::vector<std::string>;
  NotReady not_ready() const;

  /// Calls `on_beat` now and every `interval` until stop(), as long as the io threads and the
  /// store's writer really work (Heartbeat). On an io thread; must not block. Once only.
  void watch(std::chrono::milliseconds interval, std::function<void(const NotReady&)> on_beat);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace bridge
