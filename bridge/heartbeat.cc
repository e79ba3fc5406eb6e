#include "bridge/heartbeat.h"

#include <algorithm>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/strand.hpp>
#include <exception>
#include <utility>

#include "bridge/store/store.h"

namespace bridge {

namespace asio = boost::asio;

namespace {

/// When a full queue is asked again.
std::chrono::milliseconds soon(std::chrono::milliseconds interval) {
  return std::max(interval / 10, std::chrono::milliseconds(1));
}

asio::awaitable<Result<void>> through_the_writer(Store& store) {
  auto nothing = [](StateWriter&) -> Result<void> { return {}; };
  Result<void> done = co_await store.write_state(std::move(nothing));
  co_return done;
}

}  // namespace

Heartbeat::Heartbeat(asio::any_io_executor executor, Store& store,
                     std::chrono::milliseconds interval, std::function<void()> on_beat)
    : strand_(asio::make_strand(std::move(executor))),
      store_(store),
      interval_(interval),
      on_beat_(std::move(on_beat)),
      timer_(strand_) {}

// At once: the first half of a watchdog's time has begun when the service was ready.
void Heartbeat::start() {
  asio::post(strand_, [this] { beat(); });
}

void Heartbeat::stop() {
  asio::post(strand_, [this] {
    stopped_ = true;
    timer_.cancel();
  });
}

void Heartbeat::beat_after(std::chrono::milliseconds wait) {
  if (stopped_) return;
  timer_.expires_after(wait);
  timer_.async_wait([this](boost::system::error_code error) {
    if (!error) beat();
  });
}

void Heartbeat::beat() {
  if (stopped_) return;
  auto writing = through_the_writer(store_);
  asio::co_spawn(strand_, std::move(writing),
                 [this](const std::exception_ptr& thrown, const Result<void>& done) {
                   // Exit if there is no memory for a write: the watchdog is right to come.
                   if (stopped_ || thrown) return;
                   if (!done && done.error().kind == ErrorKind::kClosed) return;
                   if (!done && done.error().kind == ErrorKind::kBusy) {
                     beat_after(soon(interval_));
                     return;
                   }
                   on_beat_();
                   beat_after(interval_);
                 });
}

}  // namespace bridge
