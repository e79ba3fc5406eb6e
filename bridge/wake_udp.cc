#include "bridge/wake_udp.h"

#include <algorithm>
#include <random>
#include <utility>

#include "bridge/device.h"
#include "bridge/runtime.h"
#include "cwmp/udp_connection_request.h"

namespace bridge {

namespace asio = boost::asio;

namespace {

constexpr std::size_t kMaxRemembered = 4096;

asio::ip::address to_asio(const cwmp::StunAddress& address) {
  if (address.is_v6) return asio::ip::address_v6(address.ip);
  return asio::ip::address_v4({address.ip[0], address.ip[1], address.ip[2], address.ip[3]});
}

std::string make_cnonce(std::random_device& random) {
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string out;
  for (int i = 0; i < 16; ++i) out += kHex[random() % kHex.size()];
  return out;
}

WakeAttempt failed(std::string result) {
  return {WakeOutcome::kFailed, std::move(result), std::string()};
}

}  // namespace

bool UdpWake::usable(const Device& device) const {
  return !device.row().udp_connection_request_address.empty() &&
         !device.row().connection_request_username.empty();
}

std::string UdpWake::why_not(const Device& device) const {
  if (device.row().connection_request_username.empty()) {
    return "it has no credential for connection requests yet";
  }
  return "its STUN client has not shown an address";
}

std::int64_t UdpWake::next_ts(std::int64_t device_id, std::int64_t now_s) {
  std::lock_guard lock(mutex_);
  if (last_ts_.size() > kMaxRemembered) {
    std::erase_if(last_ts_, [now_s](const auto& each) { return each.second < now_s; });
  }
  std::int64_t& last = last_ts_[device_id];
  last = std::max({now_s, last + 1, start_s_ + 1});
  return last;
}

asio::awaitable<WakeAttempt> UdpWake::ask(std::shared_ptr<Device> device) {
  const DeviceRow& row = device->row();
  const auto target = cwmp::parse_udp_address(row.udp_connection_request_address);
  if (!target) co_return failed("bad-address");
  if (!allowed_.get()->contains(to_asio(*target))) co_return failed("not-allowed");

  std::random_device random;
  cwmp::UdpConnectionRequest request;
  request.address = row.udp_connection_request_address;
  request.ts = next_ts(device->id(), now_ms() / 1000);
  request.id = random();
  request.username = row.connection_request_username;
  request.cnonce = make_cnonce(random);
  const std::string datagram =
      cwmp::compose_udp_connection_request(request, row.connection_request_password);
  bool sent = false;
  boost::system::error_code error;
  for (int copy = 0; copy < cwmp::kUdpConnectionRequestCopies && device->wants_session(); ++copy) {
    auto until = std::chrono::steady_clock::now() + cwmp::kUdpConnectionRequestGap;
    auto sending = stun_.send(*target, datagram);
    error = co_await std::move(sending);
    sent = sent || !error;
    if (copy + 1 == cwmp::kUdpConnectionRequestCopies) break;
    co_await device->wait_for_session(until);
  }
  WakeAttempt attempt;
  attempt.outcome = sent ? WakeOutcome::kSent : WakeOutcome::kFailed;
  attempt.result = sent ? "sent" : "unsent";
  if (!sent) attempt.text = error.message();
  co_return attempt;
}

}  // namespace bridge
