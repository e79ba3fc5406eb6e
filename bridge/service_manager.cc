#include "bridge/service_manager.h"

#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <utility>

namespace bridge {
namespace {

constexpr std::chrono::seconds kStatusInterval{10};

/// systemd reads its queue quickly or is in trouble itself; a start or stop does not hang on it.
constexpr timeval kSendTimeout{.tv_sec = 5, .tv_usec = 0};

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string() : value;
}

/// Digits only, above 0.
std::optional<std::int64_t> parse_positive(const std::string& text) {
  std::int64_t value = 0;
  const char* end = text.data() + text.size();
  const auto [stopped, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc() || stopped != end || value <= 0) return std::nullopt;
  return value;
}

Result<std::optional<std::chrono::microseconds>> watchdog_of(const ServiceEnvironment& from) {
  if (from.watchdog_usec.empty()) return std::nullopt;
  if (!from.watchdog_pid.empty()) {
    const auto pid = parse_positive(from.watchdog_pid);
    if (!pid) return fail(ErrorKind::kInvalid, "WATCHDOG_PID is no process: " + from.watchdog_pid);
    if (*pid != ::getpid()) return std::nullopt;  // inherited from a parent
  }
  const auto usec = parse_positive(from.watchdog_usec);
  if (!usec) return fail(ErrorKind::kInvalid, "WATCHDOG_USEC is no time: " + from.watchdog_usec);
  return std::chrono::microseconds(*usec);
}

std::string system_error(const std::string& what) {
  return "NOTIFY_SOCKET: " + what + ": " + std::strerror(errno);
}

/// A socket that is connected to the address.
Result<int> open_socket(const std::string& name) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (name.size() < 2 || (name[0] != '/' && name[0] != '@')) {
    return fail(ErrorKind::kInvalid, "NOTIFY_SOCKET is neither a path nor \"@name\": " + name);
  }
  if (name.size() >= sizeof(address.sun_path)) {
    return fail(ErrorKind::kInvalid, "NOTIFY_SOCKET is too long: " + name);
  }
  std::ranges::copy(name, address.sun_path);
  std::size_t length = offsetof(sockaddr_un, sun_path) + name.size();
  if (name[0] == '@') {
    address.sun_path[0] = '\0';
  } else {
    ++length;  // a path is ended by a zero, an abstract name by its length
  }
  const int socket = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (socket < 0) return fail(ErrorKind::kIo, system_error("socket"));
  ::setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &kSendTimeout, sizeof(kSendTimeout));
  if (::connect(socket, reinterpret_cast<const sockaddr*>(&address),
                static_cast<socklen_t>(length)) != 0) {
    auto failed = fail(ErrorKind::kIo, system_error(name));
    ::close(socket);
    return failed;
  }
  return socket;
}

/// A line of the message; the text cannot begin another one.
std::string status_line(std::string_view status) {
  std::string line = "STATUS=" + std::string(status);
  std::ranges::replace(line, '\n', ' ');
  return line;
}

std::int64_t monotonic_usec() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return std::int64_t{now.tv_sec} * 1'000'000 + now.tv_nsec / 1000;
}

}  // namespace

ServiceEnvironment service_environment() {
  return {.notify_socket = variable("NOTIFY_SOCKET"),
          .watchdog_usec = variable("WATCHDOG_USEC"),
          .watchdog_pid = variable("WATCHDOG_PID")};
}

Result<ServiceManager> ServiceManager::connect(const ServiceEnvironment& environment) {
  ServiceManager manager;
  if (environment.notify_socket.empty()) return manager;
  auto watchdog = watchdog_of(environment);
  if (!watchdog) return tl::unexpected(watchdog.error());
  manager.watchdog_ = *watchdog;
  auto socket = open_socket(environment.notify_socket);
  if (!socket) return tl::unexpected(socket.error());
  manager.socket_ = *socket;
  return manager;
}

ServiceManager::~ServiceManager() {
  if (socket_ >= 0) ::close(socket_);
}

ServiceManager::ServiceManager(ServiceManager&& other) noexcept
    : socket_(std::exchange(other.socket_, -1)), watchdog_(other.watchdog_) {}

std::chrono::milliseconds ServiceManager::interval() const {
  using std::chrono::milliseconds;
  if (!watchdog_) return kStatusInterval;
  return std::max(std::chrono::duration_cast<milliseconds>(*watchdog_ / 2), milliseconds(1));
}

Result<void> ServiceManager::ready(std::string_view status) const {
  return send("READY=1\n" + status_line(status), 0);
}

// MONOTONIC_USEC is what Type=notify-reload needs (systemd 253); older ones pass it over.
Result<void> ServiceManager::reloading() const {
  return send("RELOADING=1\nMONOTONIC_USEC=" + std::to_string(monotonic_usec()) +
                  "\nSTATUS=Reading certificates and credentials again",
              0);
}

Result<void> ServiceManager::stopping() const {
  return send("STOPPING=1\nSTATUS=Finishing sessions and writing the store", 0);
}

Result<void> ServiceManager::alive(std::string_view status) const {
  return send((watchdog_ ? "WATCHDOG=1\n" : "") + status_line(status), MSG_DONTWAIT);
}

Result<void> ServiceManager::send(const std::string& text, int flags) const {
  if (socket_ < 0) return {};
  for (;;) {
    if (::send(socket_, text.data(), text.size(), flags | MSG_NOSIGNAL) >= 0) return {};
    if (errno != EINTR) return fail(ErrorKind::kIo, system_error("send"));
  }
}

}  // namespace bridge
