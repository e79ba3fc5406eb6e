// Tells the service manager (systemd, or whoever sets NOTIFY_SOCKET) how the service does:
// sd_notify(3) and sd_watchdog_enabled(3), without libsystemd, which would bring five libraries for
// one datagram.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "bridge/result.h"

namespace bridge {

/// What the service manager says in the environment of its service; empty: not set.
struct ServiceEnvironment {
  std::string notify_socket = {};  ///< NOTIFY_SOCKET: a path, or an abstract name with "@" in front
  std::string watchdog_usec =
      {};                         ///< WATCHDOG_USEC: ended when silent for so long, in microseconds
  std::string watchdog_pid = {};  ///< WATCHDOG_PID: whom that is about; empty: us
};

/// Of this process.
ServiceEnvironment service_environment();

/// Where nobody listens every message is dropped, so callers need not ask. Thread-safe.
class ServiceManager {
 public:
  /// kInvalid: the environment makes no sense; kIo: no socket can be had.
  static Result<ServiceManager> connect(const ServiceEnvironment& environment);

  ServiceManager() = default;  ///< nobody listens
  ~ServiceManager();
  ServiceManager(ServiceManager&& other) noexcept;
  ServiceManager& operator=(ServiceManager&&) = delete;

  bool listening() const { return socket_ >= 0; }

  /// How often to call alive(): half of what the manager waits for, or ten seconds where it does
  /// not watch, for the status.
  std::chrono::milliseconds interval() const;

  /// `status` is a line for operators (systemctl status). The first one ends the start, each later
  /// one a reload.
  Result<void> ready(std::string_view status) const;
  Result<void> reloading() const;
  Result<void> stopping() const;
  /// Does not wait: what the manager cannot take now it is not told.
  Result<void> alive(std::string_view status) const;

 private:
  Result<void> send(const std::string& text, int flags) const;

  int socket_ = -1;  ///< connected, close-on-exec
  std::optional<std::chrono::microseconds> watchdog_;
};

}  // namespace bridge
