#include "bridge/session_contexts.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <random>

#include "bridge/metrics.h"
#include "usp/record.h"

namespace bridge {

namespace asio = boost::asio;
using usp::mtp::SendResult;
using Clock = std::chrono::steady_clock;

namespace {

/// Of a PUBLISH besides its payload and its topics: lengths, packet id, content type, properties.
constexpr std::size_t kPublishOverhead = 128;
/// A record carries at least that much, whatever the limits say.
constexpr std::size_t kMinPayload = 64;

std::uint64_t random_bits() {
  thread_local std::mt19937_64 random(std::random_device{}());
  return random();
}

usp::SessionSettings to_settings(const E2eSession& from, std::size_t max_payload) {
  usp::SessionSettings out;
  out.expiration = std::chrono::seconds(from.expiration_s);
  out.max_payload_bytes = max_payload;
  out.max_retransmit_tries = from.max_retransmit_tries;
  out.retry.minimum_wait = std::chrono::seconds(from.retry_wait_s);
  out.retry.interval_multiplier = from.retry_multiplier;
  return out;
}

}  // namespace

struct SessionContexts::Entry {
  Entry(const asio::any_io_executor& executor, std::shared_ptr<usp::ByteBudget> shared, Peer who)
      : budget(std::move(shared)),
        peer(std::move(who)),
        context(usp::SessionContext::Role::kAgent, *budget),
        timer(executor) {}

  const std::shared_ptr<usp::ByteBudget> budget;  ///< a timer's last wait may outlive the owner
  std::mutex mutex;  ///< of all below; held while records are given to the transport: their order
  Peer peer;
  E2eSession settings;
  usp::SessionContext context;
  bool counted_open = false;
  asio::steady_timer timer;
  std::optional<Clock::time_point> armed;
};

SessionContexts::SessionContexts(asio::any_io_executor executor, Metrics& metrics, Publish publish)
    : executor_(std::move(executor)), metrics_(metrics), publish_(std::move(publish)) {}

SessionContexts::~SessionContexts() = default;

std::vector<SessionContexts::Peer> SessionContexts::open_peers() const {
  std::vector<Peer> open;
  std::lock_guard lock(mutex_);
  for (const auto& [key, entry] : entries_) {
    std::lock_guard entry_lock(entry->mutex);
    if (entry->context.is_open()) open.push_back(entry->peer);
  }
  return open;
}

void SessionContexts::stop() {
  stopped_ = true;
  std::lock_guard lock(mutex_);
  for (auto& [key, entry] : entries_) {
    std::lock_guard entry_lock(entry->mutex);
    entry->timer.cancel();
  }
}

// ---- who has one --------------------------------------------------------------------------------

SessionContexts::EntryPtr SessionContexts::find(const std::string& agent,
                                                const std::string& controller) const {
  std::lock_guard lock(mutex_);
  auto at = entries_.find({controller, agent});
  return at == entries_.end() ? nullptr : at->second;
}

std::shared_ptr<usp::ByteBudget> SessionContexts::budget_of(const std::string& controller) {
  auto& budget = budgets_[controller];
  if (!budget) budget = std::make_shared<usp::ByteBudget>(kMaxSessionBytes);
  return budget;
}

SessionContexts::EntryPtr SessionContexts::find_or_add(const Peer& peer,
                                                       const E2eSession& settings) {
  std::lock_guard lock(mutex_);
  Key key{peer.controller, peer.agent};
  auto at = entries_.find(key);
  if (at != entries_.end()) return at->second;
  if (entries_.size() >= kMaxSessionContexts) {
    auto idle = std::find_if(entries_.begin(), entries_.end(), [](const auto& each) {
      std::lock_guard entry_lock(each.second->mutex);
      return !each.second->context.is_open();
    });
    if (idle == entries_.end()) return nullptr;
    entries_.erase(idle);
  }
  auto entry = std::make_shared<Entry>(executor_, budget_of(peer.controller), peer);
  configure(*entry, settings);
  entries_.emplace(std::move(key), entry);
  return entry;
}

void SessionContexts::configure(Entry& entry, const E2eSession& settings) {
  entry.settings = settings;
  entry.context.configure(to_settings(settings, max_payload_bytes(entry.peer, settings)));
}

/// 0: any.
std::size_t SessionContexts::max_payload_bytes(const Peer& peer, const E2eSession& settings) const {
  std::size_t record = settings.max_record_bytes;
  if (std::size_t packet = max_packet_bytes_; packet != 0) {
    // Answers come on the agent's topic, which has its id in it.
    const std::size_t around =
        kPublishOverhead + 2 * peer.topic.size() + 2 * peer.agent.size() + peer.correlation.size();
    const std::size_t left = packet > around ? packet - around : 1;
    record = record == 0 ? left : std::min(record, left);
  }
  if (record == 0) return 0;
  const std::size_t fields =
      usp::session_overhead_bytes(peer.agent, peer.controller) + peer.seal_bytes;
  return record > fields + kMinPayload ? record - fields : kMinPayload;
}

// ---- records ------------------------------------------------------------------------------------

SessionContexts::Received SessionContexts::receive(const Peer& from, const E2eSession& settings,
                                                   usp::SessionRecord record) {
  Received out;
  const bool secured = record.secured;
  EntryPtr entry = secured ? find(from.agent, from.controller) : find_or_add(from, settings);
  if (!entry) {
    out.insecure = secured;
    out.refused = !secured;
    return out;
  }
  std::lock_guard lock(entry->mutex);
  entry->peer = from;
  entry->peer.correlation.clear();  // of that request, not of what a timer sends later
  configure(*entry, settings);
  out.insecure = secured && !entry->context.is_open();
  usp::SessionEffects effects =
      entry->context.on_record(std::move(record), Clock::now(), random_bits());
  out.messages = std::move(effects.messages);
  carry_out(*entry, from, effects, {});
  arm(entry);
  return out;
}

void SessionContexts::on_undecodable(const Peer& from) {
  EntryPtr entry = find(from.agent, from.controller);
  if (!entry) return;
  std::lock_guard lock(entry->mutex);
  usp::SessionEffects effects = entry->context.on_undecodable(Clock::now(), random_bits());
  carry_out(*entry, from, effects, {});
  arm(entry);
}

bool SessionContexts::is_used(const Peer& to, const E2eSession& settings) {
  EntryPtr entry = find(to.agent, to.controller);
  if (!entry) return settings.mode == SessionMode::kRequire;
  std::lock_guard lock(entry->mutex);
  if (entry->settings.mode == SessionMode::kForbid) return false;
  return entry->settings.mode == SessionMode::kRequire ||
         entry->context.status() != usp::SessionContext::Status::kNone;
}

std::optional<SendResult> SessionContexts::send(const Peer& to, const E2eSession& settings,
                                                std::string_view message,
                                                usp::mtp::SendCompletion done) {
  if (message.size() > usp::kMaxSegmentedMessageBytes) return SendResult::kTooLarge;
  EntryPtr entry = find_or_add(to, settings);
  if (!entry) return SendResult::kQueueFull;
  std::lock_guard lock(entry->mutex);
  usp::SessionEffects effects = entry->context.send(message, Clock::now(), random_bits());
  auto refused = carry_out(*entry, to, effects, std::move(done));
  arm(entry);
  return refused;
}

/// Publishes the records; `done` belongs to the last.
std::optional<SendResult> SessionContexts::carry_out(Entry& entry, const Peer& to,
                                                     usp::SessionEffects& effects,
                                                     usp::mtp::SendCompletion done) {
  std::optional<SendResult> refused;
  const std::size_t size = effects.records.size();
  for (std::size_t i = 0; i < size && !refused; ++i) {
    std::string bytes = usp::encode_session(to.agent, to.controller, effects.records[i]);
    refused = publish_(to, std::move(bytes), i + 1 < size ? usp::mtp::SendCompletion{} : done);
  }
  count(entry, effects);
  // A hole that nobody would fill: the peer asks only for what it knows of.
  if (refused) entry.context.give_up();
  const bool open = entry.context.is_open();
  if (open != entry.counted_open) {
    metrics_.session_contexts_open.Increment(open ? 1 : -1);
    entry.counted_open = open;
  }
  return refused;
}

void SessionContexts::count(Entry& entry, const usp::SessionEffects& effects) {
  if (effects.asked > 0) metrics_.session_retransmissions.add({"asked"}, effects.asked);
  if (effects.served > 0) metrics_.session_retransmissions.add({"served"}, effects.served);
  if (effects.dropped != usp::SessionDrop::kNone) {
    const char* why =
        effects.segment ? usp::name_of(*effects.segment) : usp::name_of(effects.dropped);
    metrics_.session_records_dropped.add({why});
    spdlog::info("session: record of {} for {} dropped: {}", entry.peer.controller,
                 entry.peer.agent, why);
  }
  if (effects.ended != usp::SessionEnd::kNone) {
    metrics_.session_restarts.add({usp::name_of(effects.ended)});
    spdlog::info("session: of {} and {} ended: {}", entry.peer.controller, entry.peer.agent,
                 usp::name_of(effects.ended));
  }
}

// ---- beginning and end --------------------------------------------------------------------------

void SessionContexts::on_plain_message(const std::string& agent, const std::string& controller) {
  EntryPtr entry = find(agent, controller);
  if (!entry) return;
  std::lock_guard lock(entry->mutex);
  if (!entry->context.is_open()) entry->context.close();
}

bool SessionContexts::close(const std::string& agent, const std::string& controller) {
  EntryPtr entry = find(agent, controller);
  if (!entry) return false;
  std::lock_guard lock(entry->mutex);
  const bool open = entry->context.is_open();
  entry->context.close();
  if (entry->counted_open) metrics_.session_contexts_open.Decrement();
  entry->counted_open = false;
  return open;
}

void SessionContexts::reset(const std::string& agent, const std::string& controller) {
  EntryPtr entry = find(agent, controller);
  if (!entry) return;
  std::lock_guard lock(entry->mutex);
  usp::SessionEffects effects = entry->context.restart(Clock::now(), random_bits());
  carry_out(*entry, entry->peer, effects, {});
  arm(entry);
}

bool SessionContexts::configure(const std::string& agent, const std::string& controller,
                                const E2eSession& settings) {
  EntryPtr entry = find(agent, controller);
  if (!entry) return false;
  {
    std::lock_guard lock(entry->mutex);
    configure(*entry, settings);
    arm(entry);
  }
  return settings.mode == SessionMode::kForbid && close(agent, controller);
}

void SessionContexts::fill(AgentFacts& facts, const std::vector<std::string>& controllers) const {
  using Status = usp::SessionContext::Status;
  for (const std::string& controller : controllers) {
    EntryPtr entry = find(facts.endpoint_id, controller);
    if (!entry) continue;
    std::lock_guard lock(entry->mutex);
    SessionFacts& out = facts.sessions[controller];
    out.retry_count = entry->context.retry_count();
    if (entry->context.status() == Status::kUp) out.status = "Up";
    if (entry->context.status() == Status::kNegotiating) out.status = "Negotiating";
  }
}

// ---- time ---------------------------------------------------------------------------------------

/// The timer is left alone where it comes early enough: on_time() is harmless before its time.
void SessionContexts::arm(const EntryPtr& entry) {
  const auto due = entry->context.due();
  if (!due || stopped_ || (entry->armed && *entry->armed <= *due)) return;
  entry->armed = due;
  entry->timer.expires_at(*due);
  entry->timer.async_wait([this, entry](boost::system::error_code error) {
    if (!error && !stopped_) on_timer(entry);
  });
}

void SessionContexts::on_timer(const EntryPtr& entry) {
  std::lock_guard lock(entry->mutex);
  entry->armed.reset();
  usp::SessionEffects effects = entry->context.on_time(Clock::now(), random_bits());
  carry_out(*entry, entry->peer, effects, {});
  arm(entry);
}

}  // namespace bridge
