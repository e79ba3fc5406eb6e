#include "bridge/waker.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <charconv>
#include <stdexcept>
#include <utility>

#include "bridge/config.h"
#include "bridge/device.h"
#include "bridge/metrics.h"
#include "bridge/runtime.h"
#include "bridge/wait.h"
#include "cwmp/connection_request/http.h"

namespace bridge {

namespace asio = boost::asio;

namespace {

/// How long an accepted request may take to become a session (TR-069 3.2.2.2 gives the CPE 30 s).
constexpr std::chrono::seconds kSessionWait{30};

asio::ip::address_v6 to_v6(const asio::ip::address& address) {
  if (address.is_v6()) return address.to_v6();
  return asio::ip::make_address_v6(asio::ip::v4_mapped, address.to_v4());
}

}  // namespace

Result<AddressList> AddressList::parse(const std::vector<std::string>& texts) {
  AddressList out;
  for (const std::string& text : texts) {
    std::size_t slash = text.find('/');
    boost::system::error_code error;
    auto address = asio::ip::make_address(text.substr(0, slash), error);
    unsigned bits = address.is_v4() ? 32 : 128;
    unsigned prefix = bits;
    if (!error && slash != std::string::npos) {
      const char* end = text.data() + text.size();
      auto [stop, bad] = std::from_chars(text.data() + slash + 1, end, prefix);
      if (bad != std::errc{} || stop != end || prefix > bits) error = asio::error::invalid_argument;
    }
    if (error) return fail(ErrorKind::kInvalid, "not an address or CIDR block: " + text);
    out.networks_.push_back({to_v6(address).to_bytes(), prefix + (128 - bits)});
  }
  return out;
}

bool AddressList::contains(const asio::ip::address& address) const {
  auto bytes = to_v6(address).to_bytes();
  return std::any_of(networks_.begin(), networks_.end(), [&bytes](const Network& network) {
    unsigned whole = network.prefix_bits / 8;
    if (!std::equal(bytes.begin(), bytes.begin() + whole, network.bytes.begin())) return false;
    unsigned rest = network.prefix_bits % 8;
    if (rest == 0) return true;
    unsigned shift = 8 - rest;
    return (bytes[whole] >> shift) == (network.bytes[whole] >> shift);
  });
}

std::chrono::seconds WakeBackoff::failed() {
  std::chrono::seconds wait = kFirst;
  for (int i = 0; i < failures_ && wait < kLongest; ++i) wait *= 2;
  ++failures_;
  return std::min(wait, kLongest);
}

Waker::Waker(Runtime& runtime) : runtime_(runtime) {
  auto allowed = AddressList::parse(runtime.config.cwmp.connection_request.allow);
  if (!allowed) throw std::runtime_error("cwmp.connection_request.allow: " + allowed.error().text);
  allowed_ = *std::move(allowed);
}

void Waker::wake(std::shared_ptr<Device> device) {
  {
    std::lock_guard lock(mutex_);
    State& state = states_[device->id()];
    if (stopping_ || state.busy) return;
    state.busy = true;
  }
  auto strand = device->strand();
  auto running = run(std::move(device));
  asio::co_spawn(strand, std::move(running), asio::detached);
}

void Waker::on_session(std::int64_t device_id) {
  std::lock_guard lock(mutex_);
  auto found = states_.find(device_id);
  if (found == states_.end()) return;
  found->second.backoff.reset();
  found->second.reached = true;
}

bool Waker::seems_reachable(const Device& device) const {
  if (device.row().connection_request_url.empty()) return false;
  std::lock_guard lock(mutex_);
  auto known = states_.find(device.id());
  return known == states_.end() || known->second.last_ms == 0 ||
         known->second.last_result == "accepted";
}

void Waker::fill(std::int64_t device_id, AgentFacts& facts) const {
  std::lock_guard lock(mutex_);
  auto found = states_.find(device_id);
  facts.reachability = "Unknown";
  if (found == states_.end() || found->second.last_ms == 0) return;
  facts.last_request_ms = found->second.last_ms;
  facts.last_request_result = found->second.last_result;
  facts.reachability = found->second.reached ? "Reachable" : "Unreachable";
}

std::chrono::seconds Waker::note_failure(std::int64_t device_id) {
  std::lock_guard lock(mutex_);
  return states_[device_id].backoff.failed();
}

asio::awaitable<void> Waker::take_token() {
  auto step = std::chrono::duration_cast<std::chrono::steady_clock::duration>(
      std::chrono::duration<double>(1.0 / runtime_.config.cwmp.connection_request.rate));
  std::chrono::steady_clock::time_point mine;
  {
    std::lock_guard lock(mutex_);
    mine = std::max(next_token_, std::chrono::steady_clock::now());
    next_token_ = mine + step;
  }
  asio::steady_timer timer(co_await asio::this_coro::executor, mine);
  co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
}

asio::awaitable<void> Waker::run(std::shared_ptr<Device> device) {
  auto executor = co_await asio::this_coro::executor;
  while (!stopping_ && device->wants_session()) {
    co_await take_token();
    const DeviceRow& row = device->row();
    if (row.connection_request_url.empty() || !device->wants_session()) break;
    cwmp::HttpConnectionRequest request;
    request.url = row.connection_request_url;
    request.username = row.connection_request_username;
    request.password = row.connection_request_password;
    request.allowed = [this](const asio::ip::address& address) {
      return allowed_.contains(address);
    };
    request.timeout = runtime_.config.cwmp.connection_request.timeout;
    {
      std::lock_guard lock(mutex_);
      State& state = states_[device->id()];
      state.last_ms = now_ms();
      state.reached = false;
    }
    auto asking = cwmp::request_connection(std::move(request));
    cwmp::ConnectionRequestOutcome outcome = co_await std::move(asking);
    std::string result(cwmp::to_string(outcome.kind));
    runtime_.metrics.connection_requests.add({result});
    {
      std::lock_guard lock(mutex_);
      states_[device->id()].last_result = result;
    }
    bool accepted = outcome.kind == cwmp::ConnectionRequestOutcome::Kind::kAccepted;
    bool usual = accepted || outcome.kind == cwmp::ConnectionRequestOutcome::Kind::kBusy;
    spdlog::log(usual ? spdlog::level::debug : spdlog::level::info,
                "device {}: connection request {}{}{}", device->endpoint_id(), result,
                outcome.text == result || outcome.text.empty() ? "" : ": ",
                outcome.text == result ? "" : outcome.text);
    // The proof is the Inform that follows (quirk 96); without one it is tried again, later each
    // time.
    std::chrono::seconds pause = note_failure(device->id());
    if (accepted) pause = std::max(pause, kSessionWait);
    auto until = std::chrono::steady_clock::now() + pause;
    co_await device->wait_for_session(until);
  }
  std::lock_guard lock(mutex_);
  State& state = states_[device->id()];
  state.busy = false;
}

}  // namespace bridge
