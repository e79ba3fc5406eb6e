// The part of Device that keeps a NAT open and takes UDP connection requests (TR-069 Annex G).
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "cwmp/value.h"
#include "tests/tools/cpe_sim/device.h"
#include "tests/tools/cpe_sim/session.h"
#include "tests/tools/cpe_sim/url.h"

namespace cpe_sim {

namespace asio = boost::asio;
using asio::ip::udp;

namespace {

constexpr auto kNoThrow = asio::as_tuple(asio::use_awaitable);

StunClient::Time steady_now() { return std::chrono::steady_clock::now(); }

}  // namespace

/// The minimum counts: the time that the NAT waits is not searched for.
StunSettings Device::stun_settings() const {
  StunSettings out;
  out.enabled = cpe_->management("STUNEnable") == "true" && !cpe_->is_down();
  if (!out.enabled) return {};
  out.host = cpe_->management("STUNServerAddress");
  if (out.host.empty()) {
    const auto url = parse_url(cpe_->management("URL"));
    if (url) out.host = url->host;
  }
  out.port = static_cast<std::uint16_t>(
      cwmp::parse_unsigned(cpe_->management("STUNServerPort"), 65535).value_or(cwmp::kStunPort));
  out.username = cpe_->management("STUNUsername");
  out.password = cpe_->management("STUNPassword");
  const auto least = cwmp::parse_unsigned(cpe_->management("STUNMinimumKeepAlivePeriod"));
  const double period_ms = 1000.0 * least.value_or(30) * udp_options_.time_scale;
  out.period = milliseconds(std::max<std::int64_t>(static_cast<std::int64_t>(period_ms), 1));
  return out;
}

void Device::open_udp() {
  if (!stun_.settings().enabled) {
    if (udp_) udp_->close();
    udp_.reset();
    return;
  }
  if (udp_) return;
  udp_ = std::make_shared<UdpPort>(strand_, udp_options_.address, udp_options_.nat);
  udp_->start([weak = weak_from_this()](const std::string& bytes) {
    if (auto self = weak.lock()) self->on_datagram(bytes);
  });
}

asio::awaitable<UdpPort::Endpoint> Device::look_up(std::string host, std::uint16_t port) {
  boost::system::error_code error;
  const auto address = asio::ip::make_address(host, error);
  if (!error) co_return UdpPort::Endpoint(address, port);
  udp::resolver resolver(strand_);
  auto [failed, found] = co_await resolver.async_resolve(host, std::to_string(port), kNoThrow);
  for (const auto& each : found) {
    if (each.endpoint().address().is_v4() != (udp_options_.address.find('.') != std::string::npos))
      continue;
    co_return each.endpoint();
  }
  co_return UdpPort::Endpoint();
}

asio::awaitable<void> Device::run_udp() {
  auto self = shared_from_this();
  for (;;) {
    stun_.configure(stun_settings(), steady_now());
    open_udp();
    while (auto bytes = stun_.next_datagram(steady_now())) {
      std::string datagram = *std::move(bytes);
      auto looking_up = look_up(stun_.settings().host, stun_.settings().port);
      const UdpPort::Endpoint server = co_await std::move(looking_up);
      if (udp_ && server.port() != 0) udp_->send(datagram, server);
    }
    const auto wake = stun_.next_wake();
    udp_timer_.expires_at(wake.value_or(StunClient::Time::max()));
    co_await udp_timer_.async_wait(kNoThrow);
  }
}

void Device::on_datagram(const std::string& bytes) {
  if (cpe_->is_down() || !udp_) return;
  const auto before = stun_.mapped();
  if (stun_.on_datagram(bytes, steady_now())) {
    const auto& mapped = stun_.mapped();
    if (mapped && mapped != before) {
      const std::string address = cwmp::to_string(*mapped);
      journal_.note("binding", serial_number_, "\"address\":" + json_text(address));
      cpe_->set_binding(address, *mapped != udp_->local());
    }
    return poke();
  }
  using Verdict = cwmp::UdpConnectionRequestCheck::Verdict;
  const auto verdict = udp_check_.check(bytes, cpe_->management("ConnectionRequestUsername"),
                                        cpe_->management("ConnectionRequestPassword"));
  if (verdict == Verdict::kOld) return;
  if (verdict != Verdict::kGood) return journal_.note("bad_datagram", serial_number_);
  cpe_->on_connection_request(now());
  journal_.note("connection_request", serial_number_, "\"by\":\"udp\"");
  poke();
}

}  // namespace cpe_sim
