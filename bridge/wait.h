// Waiting inside one strand: a coroutine waits, another coroutine of the same strand ends the wait.
#pragma once

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>

namespace bridge {

/// Wakes every coroutine that waits at that moment. Not thread-safe: all users share one strand.
class Signal {
 public:
  template <class Executor>
  explicit Signal(const Executor& executor) : timer_(executor) {}

  void notify() {
    ++count_;
    timer_.cancel();
  }

  /// How often notify() was called. For whoever is suspended in something else between looking at
  /// the condition and waiting: take it before the look, give it to wait_after().
  std::uint64_t count() const { return count_; }

  /// As wait_until(), but returns at once where notify() was called since count() was `seen`.
  boost::asio::awaitable<void> wait_after(std::uint64_t seen,
                                          std::chrono::steady_clock::time_point deadline) {
    if (count_ == seen) co_await wait_until(deadline);
  }

  /// Returns at the next notify(), or at `deadline`. Wakes without cause are possible: check the
  /// condition.
  boost::asio::awaitable<void> wait_until(std::chrono::steady_clock::time_point deadline) {
    constexpr auto kNoThrow = boost::asio::as_tuple(boost::asio::use_awaitable);
    // Setting a later expiry would cancel the other waits, so it only ever comes nearer, and those
    // that wake early look again.
    if (deadline < timer_.expiry() || timer_.expiry() <= std::chrono::steady_clock::now()) {
      timer_.expires_at(deadline);
    }
    co_await timer_.async_wait(kNoThrow);
  }

  boost::asio::awaitable<void> wait() {
    return wait_until(std::chrono::steady_clock::time_point::max());
  }

 private:
  boost::asio::steady_timer timer_;
  std::uint64_t count_ = 0;
};

/// A value that comes later, once. Shared by the one who sets it and those who wait, on one strand.
template <class T>
class Promise {
 public:
  template <class Executor>
  explicit Promise(const Executor& executor) : signal_(executor) {}

  bool ready() const { return value_.has_value(); }

  /// The first value stays; later ones are ignored.
  void set(T value) {
    if (value_) return;
    value_.emplace(std::move(value));
    signal_.notify();
  }

  /// The value, or nothing when `deadline` comes first.
  boost::asio::awaitable<std::optional<T>> get_until(
      std::chrono::steady_clock::time_point deadline) {
    while (!value_ && std::chrono::steady_clock::now() < deadline) {
      co_await signal_.wait_until(deadline);
    }
    co_return value_;
  }

  const std::optional<T>& value() const { return value_; }

 private:
  Signal signal_;
  std::optional<T> value_;
};

}  // namespace bridge
