#include "cwmp/server/live_session.h"

#include <openssl/rand.h>

#include <cstdlib>
#include <utility>

namespace cwmp {
namespace {

/// How long a finished session is remembered for the CPE's last empty POST.
constexpr std::chrono::seconds kFinishedMemory{5};

TimePoint now() { return std::chrono::steady_clock::now(); }

void fill_random(unsigned char* out, int size) {
  // Without randomness no cookie and no nonce is safe: there is nothing sensible left to do.
  if (RAND_bytes(out, size) != 1) std::abort();
}

}  // namespace

std::string make_session_id() {
  std::array<unsigned char, 16> bytes{};
  fill_random(bytes.data(), static_cast<int>(bytes.size()));
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string id;
  id.reserve(bytes.size() * 2);
  for (const unsigned char byte : bytes) {
    id.push_back(kHex[byte >> 4U]);
    id.push_back(kHex[byte & 0x0FU]);
  }
  return id;
}

std::uint64_t random_number() {
  std::array<unsigned char, 8> bytes{};
  fill_random(bytes.data(), static_cast<int>(bytes.size()));
  std::uint64_t number = 0;
  for (const unsigned char byte : bytes) number = number << 8U | byte;
  return number;
}

// ---- Turn ------------------------------------------------------------------------------------

Turn& Turn::operator=(Turn&& other) noexcept {
  if (this != &other) {
    drop();
    table_ = std::move(other.table_);
    session_ = std::move(other.session_);
  }
  return *this;
}

void Turn::release() {
  if (!session_ || session_->device == nullptr) return;
  const auto& protocol = session_->protocol;
  if (protocol.finished()) {
    const std::lock_guard lock(session_->mutex);
    session_->ending = true;
  } else if (protocol.state() != Session::State::kFailed) {
    const auto session = std::move(session_);
    session_ = nullptr;
    table_->pass_turn(session, session->protocol.deadline().value_or(now()));
  }
}

void Turn::settle() {
  release();
  const auto session = std::move(session_);
  session_ = nullptr;
  if (!session) return;
  auto how = SessionEnd::kLost;
  if (session->device != nullptr && session->protocol.finished()) {
    how = session->shut_down ? SessionEnd::kShutdown : SessionEnd::kComplete;
  }
  table_->end(session, how, session->failure);
}

void Turn::end(SessionEnd end, std::string reason) {
  const auto session = std::move(session_);
  session_ = nullptr;
  if (session) table_->end(session, end, std::move(reason));
}

void Turn::drop() {
  if (!session_) return;
  if (session_->protocol.finished()) {
    settle();
    return;
  }
  const bool stopping = table_->shutting_down_.load();
  if (stopping) {
    end(SessionEnd::kShutdown, "server stopped");
  } else {
    end(SessionEnd::kLost, session_->failure.empty() ? "internal error" : session_->failure);
  }
}

// ---- SessionTable ----------------------------------------------------------------------------

SessionTable::SessionTable(boost::asio::any_io_executor executor, ServerObserver* observer,
                           std::size_t max_sessions)
    : executor_(std::move(executor)), observer_(observer), max_sessions_(max_sessions) {}

SessionTable::Shard& SessionTable::shard(std::string_view id) {
  return shards_[std::hash<std::string_view>{}(id) % kShards];
}

const SessionTable::Shard& SessionTable::shard(std::string_view id) const {
  return shards_[std::hash<std::string_view>{}(id) % kShards];
}

Turn SessionTable::create(SessionOptions options) {
  if (open_.fetch_add(1) >= max_sessions_) {
    release_slot();
    return {};
  }
  return Turn(shared_from_this(),
              std::make_shared<LiveSession>(make_session_id(), options, executor_));
}

void SessionTable::publish(Turn& turn) {
  {
    auto& home = shard(turn->id);
    const std::lock_guard lock(home.mutex);
    home.sessions.emplace(turn->id, turn.session());
  }
  if (observer_ != nullptr) observer_->on_session_begin();
}

std::shared_ptr<LiveSession> SessionTable::find(std::string_view id) const {
  const auto& home = shard(id);
  const std::lock_guard lock(home.mutex);
  const auto found = home.sessions.find(std::string(id));
  return found == home.sessions.end() ? nullptr : found->second;
}

SessionTable::Taken SessionTable::take(const std::shared_ptr<LiveSession>& session) {
  const std::lock_guard lock(session->mutex);
  if (session->ending) return {Take::kComplete, {}};
  if (session->over) return {session->complete ? Take::kComplete : Take::kLost, {}};
  if (session->taken) return {Take::kBusy, {}};
  session->taken = true;
  return {Take::kTaken, Turn(shared_from_this(), session)};
}

void SessionTable::pass_turn(const std::shared_ptr<LiveSession>& session, TimePoint deadline) {
  // A server that is going down has swept the waiting sessions already, or will find this one.
  {
    const std::lock_guard lock(session->mutex);
    session->deadline = deadline;
    session->taken = false;
    arm(session);
  }
  if (!shutting_down_.load()) return;
  auto taken = take(session);
  if (taken.turn) taken.turn.end(SessionEnd::kShutdown, "server stopped");
}

void SessionTable::hurry(const std::shared_ptr<LiveSession>& session, TimePoint deadline) {
  const std::lock_guard lock(session->mutex);
  if (session->over || session->taken || deadline >= session->deadline) return;
  session->deadline = deadline;
  arm(session);
}

TimePoint SessionTable::deadline(const std::shared_ptr<LiveSession>& session) const {
  const std::lock_guard lock(session->mutex);
  return session->deadline;
}

// The timer is left alone while it fires early enough: on_timer() looks at the deadline again. So a
// session of many requests costs one timer, not one per request. The mutex is held.
void SessionTable::arm(const std::shared_ptr<LiveSession>& session) {
  if (session->armed_until <= session->deadline) return;
  session->armed_until = session->deadline;
  session->timer.expires_at(session->deadline);
  auto fired = [table = weak_from_this(),
                weak = std::weak_ptr(session)](const boost::system::error_code& error) {
    if (error) return;
    const auto strong_table = table.lock();
    const auto strong = weak.lock();
    if (strong_table && strong) strong_table->on_timer(strong);
  };
  session->timer.async_wait(std::move(fired));
}

void SessionTable::on_timer(const std::shared_ptr<LiveSession>& session) {
  bool over = false;
  {
    const std::lock_guard lock(session->mutex);
    // Exit if another wait has taken this one's place.
    if (now() < session->armed_until) return;
    session->armed_until = TimePoint::max();
    // Exit if a request is under way: pass_turn() arms again.
    if (session->taken) return;
    if (now() < session->deadline) {
      arm(session);
      return;
    }
    over = session->over;
    if (!over) session->taken = true;
  }
  if (over) {
    erase(*session);
  } else {
    const bool quiet = session->protocol.quiet();
    end(session, quiet ? SessionEnd::kComplete : SessionEnd::kLost,
        quiet ? "" : "the CPE did not come back in time");
  }
}

void SessionTable::end(const std::shared_ptr<LiveSession>& session, SessionEnd end,
                       std::string reason) {
  const bool begun = session->device != nullptr;
  auto& report = session->report;
  report.end = end;
  report.rpc_open = session->protocol.rpc_open();
  report.reason = std::move(reason);
  report.duration = now() - session->started;
  report.deviations = session->codec_deviations;
  report.deviations.add(session->protocol.deviations());
  if (begun) {
    const auto device = std::move(session->device);
    session->device = nullptr;
    device->on_end(end, report.rpc_open);
    if (observer_ != nullptr) observer_->on_session_end(report);
  }
  const bool remember = begun && end == SessionEnd::kComplete && !shutting_down_.load();
  {
    const std::lock_guard lock(session->mutex);
    session->ending = false;
    session->over = true;
    session->complete = end == SessionEnd::kComplete;
    session->taken = false;
    if (remember) {
      session->deadline = now() + kFinishedMemory;
      arm(session);
    } else {
      session->timer.cancel();
    }
  }
  if (begun && !remember) erase(*session);
  release_slot();
}

void SessionTable::erase(const LiveSession& session) {
  auto& home = shard(session.id);
  const std::lock_guard lock(home.mutex);
  home.sessions.erase(session.id);
}

void SessionTable::release_slot() {
  if (open_.fetch_sub(1) == 1 && on_empty_) on_empty_();
}

void SessionTable::shut_down() {
  shutting_down_ = true;
  std::vector<std::shared_ptr<LiveSession>> all;
  for (auto& home : shards_) {
    const std::lock_guard lock(home.mutex);
    for (const auto& [id, session] : home.sessions) all.push_back(session);
  }
  for (const auto& session : all) {
    auto taken = take(session);
    if (taken.turn) {
      const bool quiet = taken.turn->protocol.quiet();
      taken.turn.end(quiet ? SessionEnd::kComplete : SessionEnd::kShutdown, "server stopped");
    } else if (taken.result == Take::kComplete || taken.result == Take::kLost) {
      erase(*session);
    }
  }
}

}  // namespace cwmp
