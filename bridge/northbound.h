// The bridge's side of the broker: records in to their agents, answers and notifications out,
// Connect records before anything else, and the timers of agents.
#pragma once

#include <atomic>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/strand.hpp>
#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "bridge/agent/agent_facts.h"
#include "bridge/agent/e2e_session.h"
#include "bridge/agent_connections.h"
#include "bridge/audit.h"
#include "bridge/broker_links.h"
#include "bridge/config.h"
#include "bridge/in_flight.h"
#include "bridge/rate.h"
#include "bridge/record_trust.h"
#include "bridge/request_pace.h"
#include "bridge/result.h"
#include "bridge/session_contexts.h"
#include "bridge/store/rows.h"
#include "bridge/wait.h"
#include "proto/usp/usp_msg.pb.h"
#include "usp/mtp/transport.h"
#include "usp/record.h"

namespace bridge {

class Device;
struct BrokerFacts;
struct LocalController;
using DevicePtr = std::shared_ptr<Device>;
struct Runtime;

/// Thread-safe.
class Northbound final : private usp::mtp::TransportHandler {
 public:
  /// `shared`: carries all agents, whatever the configuration says; nullptr: as that says. Throws
  /// std::runtime_error when it cannot work.
  explicit Northbound(Runtime& runtime, std::unique_ptr<usp::mtp::Transport> shared = nullptr);
  ~Northbound() override;

  void start();
  /// Sends what is queued for at most `grace`, then leaves the broker. The executor must still run.
  void stop(std::chrono::milliseconds grace);

  /// Where an answer goes, and how.
  struct ReplyTo {
    std::string controller;
    std::string topic;
    std::string correlation;
    bool in_session = false;  ///< the request came in a session context
    E2eSession session;
    bool stranger = false;  ///< it has no row in the agent's table
  };
  /// An answer to a controller, now; it is lost when the broker is away. One that is larger than
  /// the broker or MaxUSPRecordSize allow becomes Error 7005, unless a session context carries it.
  void send(const Device& device, const ReplyTo& to, const usp_msg::Msg& msg);

  /// The row of the controller was written.
  void apply_session(const Device& device, const LocalController& row);
  /// E2ESession.Reset().
  void reset_session(const Device& device, const std::string& controller);

  /// There is something new in the outbox, or among the timers.
  void poke();

  /// An agent that has come up, or whose Device.MQTT. has changed; on its device's strand. The
  /// three do nothing where all agents share connections.
  void configure_agent(const Device& device);
  /// Its CPE has booted: a connection of its own is made anew.
  void restart_agent(const std::string& endpoint_id);
  void remove_agent(const std::string& endpoint_id);

  std::string agent_topic(const std::string& endpoint_id) const;
  /// Of the agent `facts.endpoint_id`.
  void fill(AgentFacts& facts) const;
  bool connected() const { return links_.any(); }
  /// Connected, or there is no agent yet that would be.
  bool ready() const;
  usp::mtp::TransportCounters counters() const { return transport_->counters(); }
  /// How it stands with the broker.
  BrokerFacts facts() const;

  /// Reads the certificates of record signatures again; see RecordTrust::reload().
  tl::expected<void, std::string> reload_trust() { return trust_.reload(); }

  Audit& audit() { return audit_; }

  /// nullptr: not configured. Any thread.
  const ControllerConfig* controller(const std::string& endpoint_id) const;

 private:
  struct Target {
    std::string from_id;  ///< the agent
    std::int64_t device_id = 0;
    std::string controller;
    std::string topic;
    std::string correlation;
    bool in_session = false;  ///< answers a request in a session context
    bool is_answer = false;   ///< else a context is used where there is one
    E2eSession session;
    bool stranger = false;
  };
  /// Of an incoming record, once it is known who sent it to whom.
  struct Arrival {
    DevicePtr device;
    std::string endpoint_id;  ///< of the agent
    std::string from_id;
    const ControllerConfig* from = nullptr;  ///< nullptr: it is not configured
    std::string topic;                       ///< for answers
    std::string correlation;
    std::shared_ptr<void> slot;
  };

  // on the transport's threads
  void on_message(usp::mtp::InboundMessage message) override;
  void on_dropped(const char* why, const usp::mtp::InboundMessage& message) override;
  void on_overload(const usp::mtp::InboundMessage& message) override;
  void on_connected(const usp::mtp::ConnectionInfo& info) override;
  void on_disconnected(const usp::mtp::DisconnectInfo& info) override;

  // northbound_receive.cc
  boost::asio::awaitable<void> receive(usp::mtp::InboundMessage message);
  bool identify(const usp::InRecord& record, Arrival& arrival);
  boost::asio::awaitable<std::optional<std::string>> find_topic(Arrival arrival, bool in_session);
  bool is_configured_topic(const std::string& topic, const std::string& agent) const;
  bool take_topic(const std::string& own, const usp::mtp::InboundMessage& message,
                  Arrival& arrival);
  // northbound_trust.cc
  /// May the record be believed to come from `from_id`? Else it is counted and ignored.
  boost::asio::awaitable<bool> has_integrity(std::shared_ptr<const std::string> record,
                                             std::string from_id, DevicePtr device);
  /// Of a controller over its limits: false, and the request is answered with 7005.
  bool within_limits(const Arrival& arrival, std::size_t bytes, const usp_msg::Msg& msg,
                     bool in_session);
  /// Signed, where the controller wants that and there is something to sign with.
  std::string sealed(const std::string& agent, const std::string& controller, std::string record);
  bool wants_signatures(const std::string& controller) const;
  /// What sealed() adds at most.
  std::size_t seal_bytes(const std::string& controller) const;

  void queue_in_order(usp::mtp::InboundMessage message, std::string endpoint_id);
  boost::asio::awaitable<void> receive_in_order(std::string endpoint_id);
  boost::asio::awaitable<void> on_session_record(Arrival arrival, usp::SessionRecord record);
  void handle(const Arrival& arrival, usp_msg::Msg msg, bool in_session);
  void answer_faulty(const Arrival& arrival, const usp_msg::Msg& answer, bool in_session);
  void on_disconnect_record(const Arrival& arrival, const usp::InDisconnect& record);
  void disconnect(const SessionContexts::Peer& peer, usp::ErrorCode code,
                  const std::string& reason);
  /// Disconnect records before the connections end (R-MTP.7). The one that all agents share is the
  /// bridge's, and a restart no news to most: over it only those are told who would go on in a
  /// session context that is lost now.
  void say_goodbye();
  /// Where the answer to a request goes; empty: the request is dropped.
  static std::string reply_topic(const std::string& own, const std::string& prefix,
                                 const usp::mtp::InboundMessage& message);
  void publish(const Target& target, const usp_msg::Msg& msg, usp::mtp::SendCompletion done);
  /// As Transport::send().
  std::optional<usp::mtp::SendResult> publish_record(const SessionContexts::Peer& peer,
                                                     std::string record,
                                                     usp::mtp::SendCompletion done);
  /// The Connect record, if this connection has not carried it yet (R-MTP.6, R-MTP.8).
  void greet(const std::string& from_id, std::int64_t device_id, const std::string& controller,
             const std::string& controller_topic);

  /// The Connect records of all agents of a shared connection.
  boost::asio::awaitable<void> greet_all(std::uint64_t connection);
  /// Those of one agent.
  boost::asio::awaitable<void> greet_for(std::string endpoint_id);
  boost::asio::awaitable<void> run_outbox();
  boost::asio::awaitable<bool> send_due();
  void deliver(const OutboxRow& row);
  boost::asio::awaitable<void> settle(OutboxRow row, usp::mtp::SendResult result);
  boost::asio::awaitable<void> run_timers();
  /// False: the store failed, the timer is still due.
  boost::asio::awaitable<bool> fire(TimerRow row);

  Runtime& runtime_;
  std::unique_ptr<usp::mtp::Transport> transport_;
  usp::mtp::MqttTransport* shared_mqtt_ = nullptr;  ///< transport_, where all share it
  std::unique_ptr<AgentConnections> own_;           ///< nullptr: all agents share connections
  std::map<std::string, const ControllerConfig*, std::less<>> controllers_;
  boost::asio::strand<boost::asio::any_io_executor> strand_;  ///< of the outbox and the timers
  Signal outbox_signal_;
  Signal timer_signal_;
  InFlight in_flight_;  ///< outbox rows
  std::atomic<bool> stopping_{false};
  std::atomic<bool> poked_{false};
  std::atomic<int> loops_{0};
  BrokerLinks links_;
  RecordTrust trust_;
  RequestPace pace_;
  LogPace signature_log_;
  LogPace limit_log_;
  std::mutex inbox_mutex_;
  /// Records of sessions that wait for those before them, by agent; the first is being received.
  std::map<std::string, std::deque<usp::mtp::InboundMessage>> inbox_;
  SessionContexts sessions_;
  Audit audit_;
  /// Records of controllers that are not configured, all together: each may load a device.
  Rate strangers_;
};

}  // namespace bridge
