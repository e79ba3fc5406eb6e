// A USP Controller over MQTT, for tests, benchmarks and the usp-controller program.
//
//   Controller controller(options);
//   controller.connect(10s);
//   auto answer = controller.request("os::00D09E-1", get({"Device.DeviceInfo."}), 5s);
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <tl/expected.hpp>
#include <vector>

#include "proto/usp/usp_msg.pb.h"
#include "tests/tools/usp_controller/requests.h"
#include "usp/mtp/mqtt.h"
#include "usp/record.h"
#include "usp/record_signature.h"
#include "usp/session_context.h"

namespace usp_controller {

using Milliseconds = std::chrono::milliseconds;

/// What went wrong before an answer was there, in words.
template <class T>
using Result = tl::expected<T, std::string>;

struct ControllerOptions {
  usp::mtp::MqttOptions mqtt;  ///< `subscriptions` is set to `topic`
  std::string id = "self::usp-controller";
  std::string topic = "usp/v1/controller/{endpoint_id}";
  std::string agent_topic = "usp/v1/agent/{endpoint_id}";
  int qos = 1;
  bool answer_notifies = true;  ///< NotifyResp to each Notify with send_resp
  /// Speak to every agent in a session context. Without, one that an agent opens is taken, too.
  bool session_context = false;
  std::size_t max_payload_bytes = 0;             ///< of a record in a session context; 0: any
  std::optional<usp::SigningIdentity> identity;  ///< signs every record; nullopt: none is signed
  /// Set: records that are not signed by it are passed over.
  std::optional<usp::TrustedCertificates> trusted;
};

struct Notification {
  std::string agent;
  std::string msg_id;
  usp_msg::Notify notify;
  std::string reply_to;  ///< Response Topic; may be empty
  std::chrono::steady_clock::time_point received;
  bool in_session = false;  ///< it came in a session context, and its answer goes there
};

/// A Connect or Disconnect record.
struct Presence {
  std::string agent;
  bool connected = false;
  std::string topic;  ///< of the agent, from the Connect record
  std::string reason;
};

/// Thread-safe. Callbacks come on the transport's threads and must not block.
class Controller final : private usp::mtp::TransportHandler {
 public:
  explicit Controller(ControllerOptions options);
  ~Controller() override;
  Controller(const Controller&) = delete;
  Controller& operator=(const Controller&) = delete;

  /// Returns once it is subscribed; else what the last attempt failed with.
  Result<void> connect(Milliseconds limit);
  void disconnect();

  /// Sends and waits for the answer, be it a response or an Error message. A msg_id is given where
  /// there is none. Several threads may wait at once.
  Result<usp_msg::Msg> request(const std::string& agent, usp_msg::Msg msg, Milliseconds limit);

  using Answered = std::function<void(const usp_msg::Msg&)>;
  /// Sends and goes on; `answered` is called at most once. Returns the msg_id, or why it was not
  /// sent.
  Result<std::string> send(const std::string& agent, usp_msg::Msg msg, Answered answered);
  /// No longer waits for that answer.
  void forget(const std::string& msg_id);

  using Wanted = std::function<bool(const Notification&)>;
  /// The first notification, from the oldest kept one on, that `wanted` takes; it is kept no
  /// longer. An empty predicate takes any.
  std::optional<Notification> wait_for_notify(const Wanted& wanted, Milliseconds limit);
  /// Drops those kept so far.
  void clear_notifies();
  void set_answer_notifies(bool on);
  /// Leaves the Notifies of this agent alone, or no longer; other agents' are answered as before.
  void leave_unanswered(const std::string& agent, bool on = true);
  /// Answers one that was left.
  void answer(const Notification& notification);

  /// The same for Connect and Disconnect records.
  std::optional<Presence> wait_for_presence(const std::function<bool(const Presence&)>& wanted,
                                            Milliseconds limit);

  /// Where to publish to for an agent, instead of what its Connect record or the template says.
  void set_agent_topic(const std::string& agent, std::string topic);
  std::string agent_topic(const std::string& agent) const;

  const std::string& id() const { return options_.id; }
  const std::string& topic() const { return topic_; }
  /// Those that were passed over.
  std::size_t untrusted() const { return untrusted_; }
  usp::mtp::TransportCounters counters() const { return transport_->counters(); }

 private:
  void on_message(usp::mtp::InboundMessage message) override;
  void on_overload(const usp::mtp::InboundMessage& message) override;
  void on_connected(const usp::mtp::ConnectionInfo& info) override;
  void on_disconnected(const usp::mtp::DisconnectInfo& info) override;

  struct Incoming {
    std::string agent;
    std::string reply_to;
    bool in_session = false;
  };
  void on_payload(const Incoming& from, usp::InRecord record);
  void on_session(const std::string& agent, const std::string& reply_to, usp::SessionRecord record);
  void on_notify(const Incoming& from, const usp_msg::Msg& msg);
  void on_answer(const usp_msg::Msg& msg);
  std::string next_id();
  bool publish(const std::string& agent, const std::string& topic, const usp_msg::Msg& msg,
               bool in_session, std::string& why);
  std::optional<usp::mtp::SendResult> send_record(const std::string& agent,
                                                  const std::string& topic, std::string record);
  static std::uint64_t next_session_random();
  usp::SessionContext& session_with(const std::string& agent);

  ControllerOptions options_;
  std::string topic_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::atomic<std::size_t> untrusted_{0};
  bool connected_ = false;
  std::string last_failure_;
  std::uint64_t last_id_ = 0;
  std::string id_prefix_;
  std::map<std::string, Answered> pending_;
  std::map<std::string, std::string> topics_;
  std::set<std::string> unanswered_;
  /// Held while records are given to the transport: they keep the order of their sequence ids.
  std::mutex session_mutex_;
  usp::ByteBudget session_bytes_{std::size_t{256} * 1024 * 1024};
  std::map<std::string, std::unique_ptr<usp::SessionContext>> sessions_;
  std::deque<Notification> notifies_;
  std::deque<Presence> presences_;
  std::unique_ptr<usp::mtp::MqttTransport> transport_;  // last: its threads use what is above
};

}  // namespace usp_controller
