// The part of Device that is about reaching it: which ways worked, where it listens for UDP
// connection requests, and what its STUN client is told.

#include <utility>

#include "bridge/config.h"
#include "bridge/device.h"
#include "bridge/log.h"
#include "bridge/random_text.h"
#include "bridge/runtime.h"
#include "bridge/stun_handler.h"
#include "bridge/task/stun.h"
#include "bridge/waker.h"
#include "cwmp/udp_connection_request.h"

namespace bridge {

namespace asio = boost::asio;

bool Device::behind_nat() const {
  const Node* node = tree_.find(row_.root + "ManagementServer.NATDetected");
  return node != nullptr && is_true(node->value());
}

void Device::note_silence(Way way) { reach_.on_silence(way); }

void Device::take_udp_address(const std::string& address) {
  if (address == row_.udp_connection_request_address) return;
  // A name, or nothing yet: what is known stays.
  if (!cwmp::parse_udp_address(address)) return;
  row_.udp_connection_request_address = address;
  reach_.on_new_address(Way::kUdp);
}

asio::awaitable<Result<void>> Device::learn_udp_address(std::string address) {
  auto self = shared_from_this();
  if (gone_) co_return fail(ErrorKind::kClosed, "the device was deleted");
  take_udp_address(address);
  if (row_.udp_connection_request_address == stored_row_.udp_connection_request_address) {
    co_return Result<void>{};
  }
  log_debug({.device = endpoint_id_}, "listens at {}", row_.udp_connection_request_address);
  Result<void> stored = co_await store_row();
  if (wants_session()) runtime_.waker->wake(self);
  co_return stored;
}

std::optional<task::StunProvisioning> Device::stun_provisioning() {
  const CwmpConfig::Stun& config = runtime_.config.cwmp.stun;
  if (!config.enabled) return std::nullopt;
  if (row_.stun_username.empty()) {
    row_.stun_username = make_stun_username(id_, random_secret());
    row_.stun_password = random_secret();
  }
  task::StunProvisioning out;
  out.server_address = config.advertise_host;
  out.server_port = config.advertise_port != 0 ? config.advertise_port : runtime_.stun_port;
  out.username = row_.stun_username;
  out.password = row_.stun_password;
  out.keep_alive_min_s = static_cast<std::uint32_t>(config.keep_alive_min.count());
  if (config.keep_alive_max.count() > 0) {
    out.keep_alive_max_s = static_cast<std::int32_t>(config.keep_alive_max.count());
  }
  return out;
}

/// For a device that is known already: after a change of the configuration, or of the device.
void Device::plan_stun() {
  if (std::exchange(stun_checked_, true)) return;
  const bool never = row_.stun_username.empty();
  if (!runtime_.config.cwmp.stun.enabled || !task::has_stun(tree_, row_.root)) return;
  const auto wanted = stun_provisioning();
  if (!never && task::is_provisioned(tree_, row_.root, *wanted)) return;
  auto work = std::make_shared<Work>();
  work->kind = WorkKind::kUpkeep;
  work->task = std::make_shared<task::ProvisionStun>(row_.root, *wanted);
  push(work);
}

}  // namespace bridge
