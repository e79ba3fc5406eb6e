// Says again and again that the service really works, for a watchdog.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <functional>

namespace bridge {

class Store;

/// A beat is a timer that fires on an io thread, an empty write that goes all the way through the
/// store's writer, and the way back to an io thread. Where one of these stands still, no beat
/// comes.
///
/// A write that fails (a full disk) is a beat: the writer works, and a restart would not help.
/// Where the writer's queue is full the write is tried again soon, so overload alone stops no beat.
class Heartbeat {
 public:
  /// `on_beat` is called on threads of `executor`, one call at a time; it must not block. All
  /// outlive the executor's last handler, the object itself too.
  Heartbeat(boost::asio::any_io_executor executor, Store& store, std::chrono::milliseconds interval,
            std::function<void()> on_beat);

  void start();
  /// From any thread. A call of `on_beat` may be under way.
  void stop();

 private:
  void beat_after(std::chrono::milliseconds wait);
  void beat();

  boost::asio::any_io_executor strand_;
  Store& store_;
  const std::chrono::milliseconds interval_;
  const std::function<void()> on_beat_;
  boost::asio::steady_timer timer_;
  bool stopped_ = false;  ///< on the strand
};

}  // namespace bridge
