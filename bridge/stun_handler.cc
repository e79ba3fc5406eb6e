#include "bridge/stun_handler.h"

#include <spdlog/spdlog.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <charconv>
#include <utility>

#include "bridge/device.h"
#include "bridge/metrics.h"
#include "bridge/registry.h"
#include "bridge/runtime.h"
#include "bridge/store/store.h"

namespace bridge {

namespace asio = boost::asio;

namespace {

/// Devices whose binding is stored at the same time. What is beyond comes again: with the next
/// keep-alive that is signed, or with the device's Inform.
constexpr std::size_t kMaxOpen = 1024;
constexpr std::size_t kLeastRandom = 6;

asio::awaitable<Result<std::optional<DeviceRow>>> row_of(Runtime& runtime, std::string username) {
  const auto id = device_of_stun_username(username);
  if (!id) co_return std::optional<DeviceRow>();
  auto load = [id = *id](StateReader& state, MirrorReader&) { return state.device(id); };
  Result<std::optional<DeviceRow>> row = co_await runtime.store.read(std::move(load));
  if (row && *row && (*row)->stun_username != username) co_return std::optional<DeviceRow>();
  co_return row;
}

}  // namespace

std::string make_stun_username(std::int64_t device_id, std::string_view random) {
  std::string out = "d" + std::to_string(device_id) + "-";
  const std::size_t size = (out.size() + kLeastRandom + 3) / 4 * 4;
  return out.append(random.substr(0, size - out.size()));
}

std::optional<std::int64_t> device_of_stun_username(std::string_view username) {
  if (!username.starts_with('d')) return std::nullopt;
  std::int64_t id = 0;
  const char* end = username.data() + username.size();
  const auto [stop, error] = std::from_chars(username.data() + 1, end, id);
  if (error != std::errc() || stop == end || *stop != '-' || id <= 0) return std::nullopt;
  return id;
}

asio::awaitable<std::optional<std::string>> BridgeStunHandler::stun_password(std::string username) {
  auto finding = row_of(runtime_, std::move(username));
  Result<std::optional<DeviceRow>> row = co_await std::move(finding);
  if (!row) spdlog::error("stun: {}", row.error().text);
  if (!row || !*row || (*row)->stun_password.empty()) co_return std::nullopt;
  co_return (*row)->stun_password;
}

void BridgeStunHandler::on_binding(const cwmp::StunBinding& binding) {
  if (!binding.authenticated) return;
  if (open_.fetch_add(1) >= kMaxOpen) {
    --open_;
    runtime_.metrics.stun_bindings.add({"busy"});
    return;
  }
  auto taking = take_over(binding.username, cwmp::to_string(binding.address));
  asio::co_spawn(runtime_.executor, std::move(taking), asio::detached);
}

asio::awaitable<void> BridgeStunHandler::take_over(std::string username, std::string address) {
  // The row is cheap to look at, and most of what is signed says nothing new.
  auto finding = row_of(runtime_, username);
  Result<std::optional<DeviceRow>> row = co_await std::move(finding);
  std::string_view outcome = "failed";
  if (row && !*row) {
    outcome = "unknown";
  } else if (row && (*row)->udp_connection_request_address == address) {
    outcome = "same";
  } else if (row) {
    Result<DevicePtr> device = co_await runtime_.registry->by_id((*row)->id);
    if (device && *device) {
      auto learning = (*device)->learn_udp_address(std::move(address));
      Result<void> learned =
          co_await asio::co_spawn((*device)->strand(), std::move(learning), asio::use_awaitable);
      if (learned) outcome = "moved";
    }
  }
  runtime_.metrics.stun_bindings.add({outcome});
  --open_;
}

}  // namespace bridge
