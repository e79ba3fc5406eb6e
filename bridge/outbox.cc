// The part of Northbound that empties the outbox and fires the timers of agents.
#include <spdlog/spdlog.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <random>
#include <utility>

#include "bridge/agent/virtual_agent.h"
#include "bridge/device.h"
#include "bridge/metrics.h"
#include "bridge/northbound.h"
#include "bridge/registry.h"
#include "bridge/runtime.h"
#include "usp/notify_retry.h"

namespace bridge {

namespace asio = boost::asio;
using usp::mtp::SendResult;

namespace {

constexpr std::size_t kBatch = 256;
/// Before the same message is tried again after the broker did not take it.
constexpr std::int64_t kResendMs = 2000;
/// The loops look at least that often, whatever they believe to know.
constexpr std::chrono::seconds kLongestSleep{60};
/// After the store has failed.
constexpr std::chrono::seconds kStorePause{2};

std::string_view name_of(OutboxKind kind) {
  switch (kind) {
    case OutboxKind::kValueChange:
      return "ValueChange";
    case OutboxKind::kEvent:
      return "Event";
    case OutboxKind::kObjectCreation:
      return "ObjectCreation";
    case OutboxKind::kObjectDeletion:
      return "ObjectDeletion";
    case OutboxKind::kOperationComplete:
      return "OperationComplete";
    case OutboxKind::kOnBoardRequest:
      return "OnBoardRequest";
    case OutboxKind::kResponse:
      return "Response";
  }
  return "other";
}

double random_part() {
  thread_local std::mt19937_64 random(std::random_device{}());
  return std::uniform_real_distribution<double>(0.0, 1.0)(random);
}

std::chrono::steady_clock::time_point wake_at(std::optional<std::int64_t> due_ms) {
  auto now = std::chrono::steady_clock::now();
  if (!due_ms) return now + kLongestSleep;
  std::chrono::milliseconds left(std::max<std::int64_t>(*due_ms - now_ms(), 1));
  return now + std::min<std::chrono::milliseconds>(left, kLongestSleep);
}

}  // namespace

Result<void> add_to_outbox(StateWriter& writer, const std::vector<OutboxRow>& rows, std::size_t cap,
                           Metrics& metrics) {
  for (const OutboxRow& row : rows) {
    bool may_be_dropped = row.kind < static_cast<int>(OutboxKind::kOperationComplete);
    auto count = writer.notification_count(row.device_id, row.controller);
    if (!count) return tl::unexpected(count.error());
    bool full = *count >= static_cast<std::int64_t>(cap);
    for (int kind = 0; full && kind < static_cast<int>(OutboxKind::kOperationComplete); ++kind) {
      auto dropped = writer.drop_oldest_notifications(row.device_id, row.controller, kind, 1);
      if (!dropped) return tl::unexpected(dropped.error());
      if (*dropped > 0) {
        metrics.outbox_dropped.add({"cap"});
        full = false;
      }
    }
    if (full && may_be_dropped) {
      metrics.outbox_dropped.add({"cap"});
      continue;
    }
    auto added = writer.add_notification(row);
    if (!added) return tl::unexpected(added.error());
  }
  return {};
}

asio::awaitable<void> Northbound::run_outbox() {
  while (!stopping_) {
    if (!connected()) {
      co_await outbox_signal_.wait_until(std::chrono::steady_clock::now() + kLongestSleep);
      continue;
    }
    std::uint64_t seen = outbox_signal_.count();
    const std::int64_t began = now_ms();
    bool sent = co_await send_due();
    if (sent) continue;
    // What was due then is in flight and wakes this loop when it has arrived.
    auto read = [began](StateReader& state, MirrorReader&) {
      return state.next_notification_ms(began);
    };
    Result<std::optional<std::int64_t>> next = co_await runtime_.store.read(std::move(read));
    std::optional<std::int64_t> due;
    if (next) due = *next;
    co_await outbox_signal_.wait_after(seen, wake_at(due));
  }
  --loops_;
}

asio::awaitable<bool> Northbound::send_due() {
  in_flight_.begin_read();
  auto read = [now = now_ms(), limit = kBatch + in_flight_.size()](StateReader& state,
                                                                   MirrorReader&) {
    return state.due_notifications(now, limit);
  };
  Result<std::vector<OutboxRow>> rows = co_await runtime_.store.read(std::move(read));
  if (!rows) {
    spdlog::error("outbox: {}", rows.error().text);
    co_return false;
  }
  bool any = false;
  for (const OutboxRow& row : *rows) {
    if (!in_flight_.take(row.id)) continue;
    any = true;
    deliver(row);
  }
  co_return any;
}

void Northbound::deliver(const OutboxRow& row) {
  auto settle_later = [this, row](SendResult result) {
    auto settling = settle(row, result);
    asio::co_spawn(strand_, std::move(settling), asio::detached);
  };
  auto outbound = decode_outbound(row.payload);
  usp_msg::Msg msg;
  bool readable = outbound && msg.ParseFromString(outbound->msg);
  if (!readable) return settle_later(SendResult::kBadMessage);
  if (row.expires_ms > 0 && row.expires_ms <= now_ms()) {
    runtime_.metrics.outbox_dropped.add({"expired"});
    return settle_later(SendResult::kClosed);
  }
  Target target;
  target.from_id = outbound->from_id;
  target.device_id = row.device_id;
  target.controller = row.controller;
  target.topic = outbound->topic;
  target.correlation = outbound->correlation;
  target.in_session = outbound->in_session;
  target.is_answer = row.kind == static_cast<int>(OutboxKind::kResponse);
  target.session = outbound->session;
  publish(target, msg, settle_later);
}

asio::awaitable<void> Northbound::settle(OutboxRow row, SendResult result) {
  std::string kind(name_of(static_cast<OutboxKind>(row.kind)));
  bool keep = false;
  std::int64_t next = now_ms() + kResendMs;
  int attempts = row.attempts;
  switch (result) {
    case SendResult::kDelivered:
      runtime_.metrics.usp_notifications.add({kind, "sent"});
      if (row.needs_response) {
        // Until the NotifyResponse comes (R-NOT.1).
        keep = true;
        ++attempts;
        usp::RetryPolicy policy;
        if (auto outbound = decode_outbound(row.payload); outbound && outbound->retry_wait_ms > 0) {
          policy.minimum_wait = std::chrono::milliseconds(outbound->retry_wait_ms);
          policy.interval_multiplier = outbound->retry_multiplier;
        }
        auto wait = usp::retry_wait(policy, static_cast<std::uint32_t>(attempts), random_part());
        next = now_ms() + wait.count();
        if (row.expires_ms > 0) next = std::min(next, row.expires_ms);
      }
      break;
    case SendResult::kClosed:  // expired, or stopping: the next start looks again
      keep = stopping_;
      if (!keep) runtime_.metrics.usp_notifications.add({kind, "expired"});
      break;
    case SendResult::kTooLarge:
    case SendResult::kBadMessage:
      spdlog::error("outbox: {} for {} cannot be sent: {}", kind, row.controller,
                    usp::mtp::name_of(result));
      runtime_.metrics.outbox_dropped.add({usp::mtp::name_of(result)});
      break;
    case SendResult::kNotConnected:
    case SendResult::kQueueFull:
    case SendResult::kRefused:
    case SendResult::kLost:
      keep = true;
      break;
  }
  auto write = [id = row.id, keep, attempts, next](StateWriter& state) -> Result<bool> {
    if (keep) return state.reschedule_notification(id, attempts, next);
    return state.erase_notification(id);
  };
  Result<bool> stored = co_await runtime_.store.write_state(std::move(write));
  if (!stored && stored.error().kind != ErrorKind::kClosed) {
    spdlog::error("outbox: {}", stored.error().text);
  }
  in_flight_.done(row.id);
  outbox_signal_.notify();
}

asio::awaitable<bool> Northbound::fire(TimerRow row) {
  Result<DevicePtr> device = co_await runtime_.registry->by_id(row.device_id);
  if (!device) co_return false;
  if (*device) {
    auto firing = (*device)->agent().on_timer(row);
    bool fired =
        co_await asio::co_spawn((*device)->strand(), std::move(firing), asio::use_awaitable);
    co_return fired;
  }
  auto erase = [row](StateWriter& state) {
    return state.erase_timer(row.device_id, row.kind, row.key);
  };
  Result<bool> erased = co_await runtime_.store.write_state(std::move(erase));
  co_return erased.has_value();
}

asio::awaitable<void> Northbound::run_timers() {
  while (!stopping_) {
    std::uint64_t seen = timer_signal_.count();
    auto read = [now = now_ms()](StateReader& state, MirrorReader&) {
      return state.due_timers(now, kBatch);
    };
    Result<std::vector<TimerRow>> rows = co_await runtime_.store.read(std::move(read));
    bool good = rows.has_value();
    for (std::size_t i = 0; good && i < rows->size() && !stopping_; ++i) {
      good = co_await fire((*rows)[i]);
    }
    if (!good) {
      if (!stopping_) spdlog::error("timers: the store fails; tried again in a moment");
      co_await timer_signal_.wait_until(std::chrono::steady_clock::now() + kStorePause);
      continue;
    }
    if (!rows->empty()) continue;
    auto next = [](StateReader& state, MirrorReader&) { return state.next_timer_ms(); };
    Result<std::optional<std::int64_t>> due = co_await runtime_.store.read(std::move(next));
    std::optional<std::int64_t> when;
    if (due) when = *due;
    co_await timer_signal_.wait_after(seen, wake_at(when));
  }
  --loops_;
}

}  // namespace bridge
