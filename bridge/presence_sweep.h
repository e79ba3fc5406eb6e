// Looks for devices whose time has run out, and counts those that are online.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstdint>

#include "bridge/presence_watch.h"
#include "bridge/result.h"

namespace bridge {

struct Runtime;

/// Works on the runtime's executor from start() to stop(). Goes when that runs no more.
class PresenceSweep {
 public:
  /// `runtime` outlives it; its `presence` and `registry` are set.
  explicit PresenceSweep(Runtime& runtime);

  void start();
  void stop();  ///< any thread

 private:
  boost::asio::awaitable<void> run();
  boost::asio::awaitable<void> tell_of_absent(PresenceWatch::Span span);
  boost::asio::awaitable<void> count_online();

  Runtime& runtime_;
  boost::asio::steady_timer timer_;  ///< on a strand of its own
};

}  // namespace bridge
