// The sessions of a server: found by cookie, used by one request at a time, lost when nobody comes.
#pragma once

#include <array>
#include <atomic>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "cwmp/handler.h"
#include "cwmp/server.h"
#include "cwmp/session.h"

namespace cwmp {

class SessionTable;

/// One session. Whoever has the turn (see Turn) owns `protocol`, `device` and `report`; nobody
/// else touches them, so calls of the DeviceSession never overlap.
struct LiveSession {
  LiveSession(std::string session_id, SessionOptions options,
              const boost::asio::any_io_executor& executor)
      : id(std::move(session_id)), protocol(options), timer(executor) {}

  const std::string id;  ///< value of the cookie
  Session protocol;
  std::shared_ptr<DeviceSession> device;  ///< null before begin() and after on_end()
  Manners manners;                        ///< set before anybody can find the session
  SessionReport report;
  const TimePoint started = std::chrono::steady_clock::now();
  std::string failure;             ///< why it ends, once that is known
  bool shut_down = false;          ///< got no further RPC because the server is stopping
  DeviationList codec_deviations;  ///< what decode() forgave

  std::atomic<bool> cookie_came{false};  ///< the CPE keeps cookies

  // Guarded by the mutex.
  std::mutex mutex;
  bool taken = true;    ///< its creator has the first turn
  bool ending = false;  ///< its last answer is on the way
  bool over = false;
  bool complete = false;  ///< how it ended; set with over
  TimePoint deadline = TimePoint::max();
  TimePoint armed_until = TimePoint::max();  ///< when the timer fires; max: not armed
  boost::asio::steady_timer timer;
};

/// The exclusive right to one session, from the arrival of a request until its response goes out.
/// Dropped without settle() (cancelled, exception) it ends the session as lost.
class Turn {
 public:
  Turn() = default;
  Turn(std::shared_ptr<SessionTable> table, std::shared_ptr<LiveSession> session)
      : table_(std::move(table)), session_(std::move(session)) {}
  Turn(Turn&&) noexcept = default;
  Turn& operator=(Turn&& other) noexcept;
  ~Turn() { drop(); }

  explicit operator bool() const { return session_ != nullptr; }
  LiveSession& operator*() const { return *session_; }
  LiveSession* operator->() const { return session_.get(); }
  const std::shared_ptr<LiveSession>& session() const { return session_; }

  /// The response is about to be written. Unless it is the last one the session waits for the CPE
  /// from here on: the next request may come, on another connection, before the end of the write is
  /// known.
  void release();
  /// The response is out, or could not be delivered: ends the session if it is over.
  void settle();
  /// Ends it now.
  void end(SessionEnd end, std::string reason);

 private:
  void drop();

  std::shared_ptr<SessionTable> table_;
  std::shared_ptr<LiveSession> session_;
};

/// Thread-safe. Held by shared_ptr, since timers refer to it weakly.
class SessionTable : public std::enable_shared_from_this<SessionTable> {
 public:
  SessionTable(boost::asio::any_io_executor executor, ServerObserver* observer,
               std::size_t max_sessions);

  /// A session that is not yet findable, with its first turn; an empty Turn when there are too
  /// many. Forgotten without a trace unless publish() is called.
  Turn create(SessionOptions options);
  /// The Inform was accepted: from now on it has an end that is told.
  void publish(Turn& turn);

  /// Also sessions that are over, for a while, so that late empty POSTs are known (quirk 42).
  std::shared_ptr<LiveSession> find(std::string_view id) const;

  enum class Take { kTaken, kBusy, kComplete, kLost };
  struct Taken {
    Take result = Take::kLost;
    Turn turn;
  };
  Taken take(const std::shared_ptr<LiveSession>& session);

  /// The CPE closed a connection; it has until `deadline`, or its own if that is earlier.
  void hurry(const std::shared_ptr<LiveSession>& session, TimePoint deadline);

  /// When the session will be given up: for the time that its connection may be silent.
  TimePoint deadline(const std::shared_ptr<LiveSession>& session) const;

  std::size_t open() const { return open_.load(); }
  /// Called when the last open session is gone, from any thread.
  void on_empty(std::function<void()> callback) { on_empty_ = std::move(callback); }
  /// Ends every session that waits for its CPE as kShutdown, and from now on each that is dropped.
  void shut_down();

 private:
  friend class Turn;

  struct Shard {
    mutable std::mutex mutex;
    std::unordered_map<std::string, std::shared_ptr<LiveSession>> sessions;
  };
  static constexpr std::size_t kShards = 16;

  Shard& shard(std::string_view id);
  const Shard& shard(std::string_view id) const;
  void arm(const std::shared_ptr<LiveSession>& session);
  void on_timer(const std::shared_ptr<LiveSession>& session);
  void pass_turn(const std::shared_ptr<LiveSession>& session, TimePoint deadline);
  void end(const std::shared_ptr<LiveSession>& session, SessionEnd end, std::string reason);
  void erase(const LiveSession& session);
  void release_slot();

  boost::asio::any_io_executor executor_;
  ServerObserver* observer_;
  std::size_t max_sessions_;
  std::array<Shard, kShards> shards_;
  std::atomic<std::size_t> open_{0};
  std::atomic<bool> shutting_down_{false};
  std::function<void()> on_empty_;
};

/// 128 random bits as 32 hex digits, from the system's cryptographic source.
std::string make_session_id();
/// Not for secrets alone: from the same source.
std::uint64_t random_number();

}  // namespace cwmp
