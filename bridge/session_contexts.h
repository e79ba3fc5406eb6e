// The session contexts of all agents: who has one with whom, their timers, their memory. Kept in
// memory only: after a restart every one of them is opened anew (usp/session_context.h).
#pragma once

#include <atomic>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "bridge/agent/agent_facts.h"
#include "bridge/agent/e2e_session.h"
#include "usp/mtp/transport.h"
#include "usp/session_context.h"

namespace bridge {

class Metrics;

/// Contexts that are remembered. Above, one that has expired makes room, else no more are opened.
inline constexpr std::size_t kMaxSessionContexts = 100'000;
/// What all contexts of one controller may hold together.
inline constexpr std::size_t kMaxSessionBytes = std::size_t{256} * 1024 * 1024;

/// Thread-safe.
class SessionContexts {
 public:
  /// The two ends of a context, and where its records go.
  struct Peer {
    std::string agent;       ///< Endpoint ID
    std::string controller;  ///< Endpoint ID
    std::int64_t device_id = 0;
    std::string topic;
    std::string correlation;
    std::size_t seal_bytes = 0;  ///< what Publish adds to a record at most
    bool stranger = false;  ///< it has no row in the agent's table: nothing is remembered of it
  };
  /// Publishes an encoded record; as usp::mtp::Transport::send(). Never blocks.
  using Publish = std::function<std::optional<usp::mtp::SendResult>(
      const Peer& peer, std::string record, usp::mtp::SendCompletion done)>;

  struct Received {
    std::vector<std::string> messages;  ///< to be decoded, in order
    bool refused = false;               ///< there are too many contexts
    bool insecure = false;              ///< 7102: it is secured, and no context was open
  };

  SessionContexts(boost::asio::any_io_executor executor, Metrics& metrics, Publish publish);
  ~SessionContexts();

  /// Of the broker; 0: no limit.
  void set_max_packet_bytes(std::size_t bytes) { max_packet_bytes_ = bytes; }

  Received receive(const Peer& from, const E2eSession& settings, usp::SessionRecord record);
  /// A message out of receive() was none (R-E2E.21).
  void on_undecodable(const Peer& from);

  /// Is a message that is no answer to go inside a context? `settings` as last known.
  bool is_used(const Peer& to, const E2eSession& settings);
  /// In as many records as it needs; `done` is called for the last. A result means that it was
  /// refused, and that `done` will not be called.
  std::optional<usp::mtp::SendResult> send(const Peer& to, const E2eSession& settings,
                                           std::string_view message, usp::mtp::SendCompletion done);

  /// The controller speaks without: one that has expired is not opened again, unless it has to be.
  void on_plain_message(const std::string& agent, const std::string& controller);
  /// After a Disconnect record of either end (R-MTP.7). True: one was open.
  bool close(const std::string& agent, const std::string& controller);
  /// Reset().
  void reset(const std::string& agent, const std::string& controller);
  /// The controller's row has changed. True: one is open that is forbidden now, so a Disconnect
  /// record is due (R-E2E.6b).
  bool configure(const std::string& agent, const std::string& controller,
                 const E2eSession& settings);

  /// AgentFacts::sessions of the agent AgentFacts::endpoint_id.
  void fill(AgentFacts& facts, const std::vector<std::string>& controllers) const;

  /// Those with an open context.
  std::vector<Peer> open_peers() const;
  /// No record goes out any more on a timer.
  void stop();

 private:
  using Key = std::pair<std::string, std::string>;  ///< controller and agent
  struct Entry;
  using EntryPtr = std::shared_ptr<Entry>;

  EntryPtr find(const std::string& agent, const std::string& controller) const;
  EntryPtr find_or_add(const Peer& peer, const E2eSession& settings);
  std::shared_ptr<usp::ByteBudget> budget_of(const std::string& controller);
  void configure(Entry& entry, const E2eSession& settings);
  std::size_t max_payload_bytes(const Peer& peer, const E2eSession& settings) const;
  std::optional<usp::mtp::SendResult> carry_out(Entry& entry, const Peer& to,
                                                usp::SessionEffects& effects,
                                                usp::mtp::SendCompletion done);
  void count(Entry& entry, const usp::SessionEffects& effects);
  void arm(const EntryPtr& entry);
  void on_timer(const EntryPtr& entry);

  boost::asio::any_io_executor executor_;
  Metrics& metrics_;
  Publish publish_;
  std::atomic<std::size_t> max_packet_bytes_{0};
  std::atomic<bool> stopped_{false};
  mutable std::mutex mutex_;  ///< of the two maps; never taken while an entry's is held
  std::map<std::string, std::shared_ptr<usp::ByteBudget>> budgets_;
  std::map<Key, EntryPtr> entries_;
};

}  // namespace bridge
