#include "bridge/waker.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <stdexcept>
#include <utility>

#include "bridge/config.h"
#include "bridge/device.h"
#include "bridge/metrics.h"
#include "bridge/runtime.h"
#include "bridge/wake_http.h"

namespace bridge {

namespace asio = boost::asio;

Waker::Waker(Runtime& runtime) : runtime_(runtime) {
  auto allowed = AddressList::parse(runtime.config.cwmp.connection_request.allow);
  if (!allowed) throw std::runtime_error("cwmp.connection_request.allow: " + allowed.error().text);
  allowed_.replace(*std::move(allowed));
  add(std::make_unique<HttpWake>(runtime, allowed_));
}

Waker::~Waker() = default;

void Waker::add(std::unique_ptr<WakeWay> way) { ways_.push_back(std::move(way)); }

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

std::optional<Way> Waker::on_session(std::int64_t device_id, bool asked) {
  std::lock_guard lock(mutex_);
  auto found = states_.find(device_id);
  if (found == states_.end()) return std::nullopt;
  State& state = found->second;
  state.rounds.reset();
  state.reached = true;
  ++state.sessions;
  std::optional<Way> way = std::exchange(state.open, std::nullopt);
  if (!way || !asked) return std::nullopt;
  const std::string_view name = to_string(*way);
  const std::chrono::duration<double> seconds = Clock::now() - state.tried_at;
  runtime_.metrics.connection_request_sessions.add({name});
  runtime_.metrics.connection_request_seconds.observe(name, seconds.count());
  return way;
}

bool Waker::seems_reachable(const Device& device) const {
  return std::any_of(ways_.begin(), ways_.end(), [&device](const auto& each) {
    return each->usable(device) && device.reach().promises(each->way());
  });
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

std::vector<control::WakeWayInfo> Waker::ways(const Device& device) const {
  std::vector<control::WakeWayInfo> out;
  std::lock_guard lock(mutex_);
  const auto state = states_.find(device.id());
  for (const auto& each : ways_) {
    control::WakeWayInfo info;
    info.name = to_string(each->way());
    info.usable = each->usable(device);
    if (!info.usable) info.why_not = each->why_not(device);
    info.silent_tries = device.reach().failures(each->way());
    if (state != states_.end()) {
      const LastTry& last = state->second.tries[static_cast<std::size_t>(each->way())];
      info.last_try_ms = last.at_ms;
      info.last_outcome = last.result;
    }
    out.push_back(std::move(info));
  }
  return out;
}

asio::awaitable<void> Waker::take_token() {
  auto step = std::chrono::duration_cast<Clock::duration>(
      std::chrono::duration<double>(1.0 / runtime_.config.cwmp.connection_request.rate));
  Clock::time_point mine;
  {
    std::lock_guard lock(mutex_);
    mine = std::max(next_token_, Clock::now());
    next_token_ = mine + step;
  }
  asio::steady_timer timer(co_await asio::this_coro::executor, mine);
  co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
}

WakeWay* Waker::choose(const Device& device) {
  std::vector<Way> usable;
  for (const auto& each : ways_) {
    if (each->usable(device)) usable.push_back(each->way());
  }
  const std::vector<Way> ways = device.reach().order(std::move(usable), device.behind_nat());
  std::lock_guard lock(mutex_);
  State& state = states_[device.id()];
  const std::optional<Way> way = state.rounds.next(ways);
  if (!way) return nullptr;
  state.open = way;
  state.tried_at = Clock::now();
  state.last_ms = now_ms();
  state.reached = false;
  const auto found = std::find_if(ways_.begin(), ways_.end(),
                                  [way](const auto& each) { return each->way() == *way; });
  return found->get();
}

std::uint64_t Waker::sessions_of(std::int64_t device_id) {
  std::lock_guard lock(mutex_);
  return states_[device_id].sessions;
}

std::chrono::seconds Waker::note_attempt(const Device& device, Way way,
                                         const WakeAttempt& attempt) {
  runtime_.metrics.connection_requests.add({to_string(way), attempt.result});
  const bool usual =
      attempt.outcome != WakeOutcome::kFailed && attempt.outcome != WakeOutcome::kNotAsked;
  spdlog::log(usual ? spdlog::level::debug : spdlog::level::info,
              "device {}: connection request by {}: {}{}{}", device.endpoint_id(), to_string(way),
              attempt.result, attempt.text.empty() ? "" : ": ", attempt.text);
  std::lock_guard lock(mutex_);
  State& state = states_[device.id()];
  state.last_result = attempt.result;
  state.tries[static_cast<std::size_t>(way)] = {now_ms(), attempt.result};
  return state.rounds.pause(attempt.outcome);
}

/// One way. False: there is none.
asio::awaitable<bool> Waker::attempt(std::shared_ptr<Device> device) {
  const std::uint64_t sessions = sessions_of(device->id());
  WakeWay* chosen = choose(*device);
  if (chosen == nullptr) co_return false;
  auto asking = chosen->ask(device);
  WakeAttempt attempt = co_await std::move(asking);
  const std::chrono::seconds pause = note_attempt(*device, chosen->way(), attempt);
  // The proof is the Inform that follows (quirk 96).
  const auto asked_at = Clock::now();
  co_await device->wait_for_session(asked_at + pause);
  const auto waited =
      std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - asked_at);
  if (sessions_of(device->id()) == sessions && tells_against(attempt.outcome, waited)) {
    device->note_silence(chosen->way());
  }
  co_return true;
}

asio::awaitable<void> Waker::run(std::shared_ptr<Device> device) {
  bool more = true;
  while (more && !stopping_ && device->wants_session()) {
    co_await take_token();
    if (!device->wants_session()) break;
    more = co_await attempt(device);
  }
  std::lock_guard lock(mutex_);
  states_[device->id()].busy = false;
}

}  // namespace bridge
