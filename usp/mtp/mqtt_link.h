// One MQTT connection and what keeps it alive. MqttTransport is made of these.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "usp/mtp/mqtt.h"

namespace usp::mtp {

/// What the broker said in CONNACK; defaults where it said nothing.
struct Connack {
  std::string client_id;
  bool session_present = false;
  std::uint16_t receive_maximum = 65535;
  std::uint32_t maximum_packet_bytes = 0;  ///< 0: no limit
  int maximum_qos = 2;
  std::optional<std::uint16_t> keep_alive_s;
  std::optional<std::string> response_information;
  std::vector<std::string> subscribe_topics;
};

/// Size of the PUBLISH packet on the wire (MQTT 5.0 3.3; with 3.1.1 there are no properties).
std::size_t publish_packet_bytes(const OutboundMessage& message, MqttOptions::Version version);

/// Owns its Paho client, one per attempt to connect, so that nothing of an old connection (packet
/// ids, buffered messages, the bugs of reconnect()) lives on in a new one.
///
/// One thread connects, subscribes, publishes and waits; Paho's threads only hand over. Paho calls
/// back with its global lock held and takes the same lock in publish(), so mutex_ is never held in
/// a call to Paho nor in a call to the owner.
class MqttLink {
 public:
  struct Received {
    InboundMessage message;
    std::string content_type;
    bool has_content_type = false;
    bool retained = false;
  };

  /// Called on this link's thread, but for on_link_message: on Paho's receiving thread or, for
  /// what came before the link was up, on this link's.
  class Owner {
   public:
    virtual ~Owner() = default;
    virtual void on_link_up(MqttLink& link, const Connack& connack, std::uint64_t number) = 0;
    virtual void on_link_down(MqttLink& link, const DisconnectInfo& info) = 0;
    virtual void on_link_message(Received received) = 0;
    virtual void on_link_writable() = 0;
    virtual std::uint64_t next_connection_number() = 0;
  };

  struct Counters {
    std::uint64_t connects = 0;
    std::uint64_t connect_failures = 0;
    std::uint64_t disconnects = 0;
    std::uint64_t accepted = 0;
    std::uint64_t delivered = 0;
    std::uint64_t delivered_bytes = 0;
    std::uint64_t failed = 0;
    std::uint64_t queued = 0;
    std::uint64_t in_flight = 0;
    bool up = false;
  };

  /// `receives`: subscribes, and gives up a connection on which nothing was granted (R-MQTT.17).
  MqttLink(std::shared_ptr<const MqttOptions> options, std::string client_id, bool receives,
           Owner& owner);
  ~MqttLink();
  MqttLink(const MqttLink&) = delete;
  MqttLink& operator=(const MqttLink&) = delete;

  void start();
  /// Tells the thread to end; join() waits for it.
  void begin_stop(std::chrono::milliseconds grace);
  void join();

  /// As MqttTransport's.
  void reconfigure(std::shared_ptr<const MqttOptions> options, std::string client_id);
  void reconnect();
  std::vector<SubscriptionState> subscriptions() const;

  /// On refusal `message` and `done` are left as they were.
  std::optional<SendResult> send(OutboundMessage& message, SendCompletion& done);
  bool is_up() const { return up_.load(std::memory_order_acquire); }
  Counters counters() const;

 private:
  class Attempt;  // one connection's Paho client and callbacks
  using Clock = std::chrono::steady_clock;

  struct Outgoing {
    OutboundMessage message;
    SendCompletion done;
    std::size_t bytes = 0;
    Clock::time_point sent;
    std::list<Outgoing>::iterator self;
  };

  // What the current attempt has told so far. Guarded by mutex_.
  struct Signals {
    bool connect_done = false;
    bool subscribe_done = false;
    bool lost = false;
    std::vector<int> granted;  ///< reason codes of SUBACK
    Connack connack;
    int reason_code = 0;
    std::string text;
  };

  struct Subscribed {
    int qos = 1;
    SubscriptionState::Is is = SubscriptionState::Is::kPending;
  };
  using Filters = std::map<std::string, int>;  ///< as on the wire, and their QoS

  void run();
  bool run_connection();  ///< true: it was up long enough to count as a success
  void take_options();    ///< with mutex_ held
  bool establish(Attempt& attempt);
  bool subscribe(Attempt& attempt);
  Filters wanted_filters(const MqttOptions& options) const;
  void change_subscriptions(Attempt& attempt);
  void note_granted();  ///< with mutex_ held
  void pump(Attempt& attempt);
  void deliver_early();
  void take_down(std::unique_ptr<Attempt> attempt);
  void wait_for_retry();
  bool wait_until(const std::function<bool()>& done, Clock::time_point deadline);
  DisconnectInfo failure_info(std::uint64_t number);

  // From Attempt, on Paho's threads.
  void on_acknowledged(Outgoing* outgoing, SendResult result);
  void on_received(Received received);
  void signal(const std::function<void(Signals&)>& change);

  const bool receives_;
  Owner& owner_;
  std::string client_id_;  ///< of the thread; as assigned by the broker once it has (R-MQTT.11)
  std::chrono::seconds keep_alive_;
  Connack connack_;  ///< of the thread
  std::mt19937_64 random_;
  std::uint32_t failures_ = 0;
  std::thread thread_;
  std::atomic<bool> up_ = false;

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  /// Of this or the last connection; changed by the thread only.
  std::shared_ptr<const MqttOptions> options_;
  std::shared_ptr<const MqttOptions> next_options_;
  std::string configured_id_;
  std::string next_id_;
  bool stopping_ = false;
  bool reconnecting_ = false;
  Clock::time_point leave_by_;  ///< while one of the two
  bool disabled_ = false;       ///< R-MQTT.16, until it is configured anew
  std::map<std::string, Subscribed> subscribed_;
  std::vector<std::string> asked_;  ///< in the SUBSCRIBE that is under way
  bool resubscribe_ = false;
  std::uint64_t number_ = 0;  ///< of the connection that is up
  Signals signals_;
  std::deque<Outgoing> queue_;
  std::list<Outgoing> in_flight_;
  std::size_t window_ = 1;
  std::uint32_t maximum_packet_bytes_ = 0;
  int maximum_qos_ = 2;
  std::string response_information_;  ///< use_connack_topics only
  bool refused_full_ = false;
  bool direct_ = false;  ///< messages go to the owner at once
  std::deque<Received> early_;
  Counters counters_;
};

}  // namespace usp::mtp
