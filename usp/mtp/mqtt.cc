#include "usp/mtp/mqtt.h"

#include <algorithm>
#include <atomic>
#include <functional>
#include <stdexcept>

#include "usp/mtp/mqtt_link.h"
#include "usp/topic.h"

namespace usp::mtp {
namespace {

constexpr std::size_t kMaxConnections = 64;  // each costs a thread

bool is_usp_content(std::string_view type) {  // R-MQTT.27a
  return type == "usp.msg" || type == "application/vnd.bbf.usp.msg";
}

bool is_sendable(const OutboundMessage& message) {
  return is_topic_name(message.topic) &&
         (message.response_topic.empty() || is_topic_name(message.response_topic)) &&
         (message.qos == 0 || message.qos == 1) && message.correlation.size() <= kMaxTopicBytes;
}

void require(bool good, const char* what) {
  if (!good) throw std::invalid_argument(std::string("MQTT: ") + what);
}

void check(const MqttOptions& options) {
  require(!options.host.empty() && options.port != 0, "no broker");
  require(options.connections >= 1 && options.connections <= kMaxConnections,
          "connections not from 1 to 64");
  require(!options.subscriptions.empty() || options.use_connack_topics, "no subscription");
  for (const std::string& filter : options.subscriptions) {
    require(is_topic_filter(filter), "a subscription is no Topic Filter");
  }
  require(options.subscription_qos == 0 || options.subscription_qos == 1, "QoS not 0 or 1");
  for (const auto& [filter, qos] : options.other_qos) {
    require(qos == 0 || qos == 1, "QoS not 0 or 1");
  }
  require(options.max_in_flight >= 1 && options.max_in_flight <= 65535,
          "max_in_flight not from 1 to 65535");
  require(options.max_queued >= 1 && options.max_handling >= 1, "a queue without room");
  require(options.keep_alive.count() >= 0 && options.keep_alive.count() <= 65535,
          "keep alive not from 0 to 65535 s");
  require(options.version == MqttOptions::Version::k5 || options.clean_start ||
              !options.client_id.empty(),
          "a kept session needs a client id");
}

std::string client_id_of(const MqttOptions& options, std::size_t index) {
  if (options.client_id.empty() || options.connections == 1) return options.client_id;
  return options.client_id + "-" + std::to_string(index);
}

}  // namespace

const char* name_of(SendResult result) {
  switch (result) {
    case SendResult::kDelivered:
      return "delivered";
    case SendResult::kNotConnected:
      return "not connected";
    case SendResult::kQueueFull:
      return "queue full";
    case SendResult::kTooLarge:
      return "too large";
    case SendResult::kBadMessage:
      return "bad message";
    case SendResult::kRefused:
      return "refused";
    case SendResult::kLost:
      return "lost";
    case SendResult::kClosed:
      return "closed";
  }
  return "";
}

class MqttTransport::Impl final : private MqttLink::Owner {
 public:
  explicit Impl(MqttOptions options) : options_(share(std::move(options))) {
    MqttLink::Owner& owner = *this;
    for (std::size_t i = 0; i < options_->connections; ++i) {
      // One receives: two with the same wildcard would both get every message.
      links_.push_back(
          std::make_unique<MqttLink>(options_, client_id_of(*options_, i), i == 0, owner));
    }
  }

  ~Impl() override { stop(std::chrono::milliseconds(0)); }

  void start(TransportHandler& handler) {
    handler_ = &handler;
    for (auto& link : links_) link->start();
  }

  void begin_stop(std::chrono::milliseconds grace) {
    for (auto& link : links_) link->begin_stop(grace);
  }

  void stop(std::chrono::milliseconds grace) {
    begin_stop(grace);
    for (auto& link : links_) link->join();
  }

  void reconfigure(MqttOptions options) {
    auto shared = share(std::move(options));
    require(shared->connections == links_.size() && shared->version == options_->version,
            "connections and version cannot be changed");
    for (std::size_t i = 0; i < links_.size(); ++i) {
      links_[i]->reconfigure(shared, client_id_of(*shared, i));
    }
  }

  void reconnect() {
    for (auto& link : links_) link->reconnect();
  }

  std::vector<SubscriptionState> subscriptions() const { return links_.front()->subscriptions(); }

  std::optional<SendResult> send(OutboundMessage message, SendCompletion done) {
    auto refusal = is_sendable(message) ? try_send(message, done) : SendResult::kBadMessage;
    if (refusal) refused_.fetch_add(1, std::memory_order_relaxed);
    return refusal;
  }

  bool is_connected() const { return links_.front()->is_up(); }

  TransportCounters counters() const {
    TransportCounters sum;
    for (const auto& link : links_) {
      const MqttLink::Counters one = link->counters();
      sum.connected += one.up ? 1 : 0;
      sum.connects += one.connects;
      sum.connect_failures += one.connect_failures;
      sum.disconnects += one.disconnects;
      sum.accepted += one.accepted;
      sum.delivered += one.delivered;
      sum.delivered_bytes += one.delivered_bytes;
      sum.failed += one.failed;
      sum.queued += one.queued;
      sum.in_flight += one.in_flight;
    }
    sum.received = received_;
    sum.received_bytes = received_bytes_;
    sum.overloaded = overloaded_;
    sum.dropped_content_type = dropped_content_type_;
    sum.dropped_retained = dropped_retained_;
    sum.dropped_too_large = dropped_too_large_;
    sum.refused = refused_;
    sum.handling = *handling_;
    return sum;
  }

 private:
  static std::shared_ptr<const MqttOptions> share(MqttOptions options) {
    check(options);
    return std::make_shared<const MqttOptions>(std::move(options));
  }

  std::optional<SendResult> try_send(OutboundMessage& message, SendCompletion& done) {
    // Without the receiving link no peer could answer (R-MQTT.17).
    MqttLink& first = *links_.front();
    if (!first.is_up()) return SendResult::kNotConnected;
    if (message.connection != 0 && message.connection != number_) return SendResult::kNotConnected;
    MqttLink& own = *links_[std::hash<std::string>{}(message.from) % links_.size()];
    auto refusal = own.send(message, done);
    if (refusal == SendResult::kNotConnected && &own != &first) refusal = first.send(message, done);
    return refusal;
  }

  void on_link_up(MqttLink& link, const Connack& connack, std::uint64_t number) override {
    if (&link != links_.front().get()) return;
    number_ = number;
    ConnectionInfo info;
    info.endpoint_id = options_->endpoint_id;
    info.number = number;
    info.client_id = connack.client_id;
    info.session_present = connack.session_present;
    info.maximum_packet_bytes = connack.maximum_packet_bytes;
    info.response_information = connack.response_information;
    handler_->on_connected(info);
  }

  void on_link_down(MqttLink& link, const DisconnectInfo& info) override {
    if (&link != links_.front().get()) return;
    DisconnectInfo named = info;
    named.endpoint_id = options_->endpoint_id;
    handler_->on_disconnected(named);
  }

  void on_link_writable() override { handler_->on_writable(); }
  std::uint64_t next_connection_number() override { return ++last_number_; }

  void on_link_message(MqttLink::Received received) override {
    InboundMessage& message = received.message;
    message.endpoint_id = options_->endpoint_id;
    if (received.has_content_type && !is_usp_content(received.content_type)) {
      ++dropped_content_type_;
      return handler_->on_dropped("another content type", message);
    }
    // A retained request would be executed anew with every connect.
    if (received.retained) {
      ++dropped_retained_;
      return handler_->on_dropped("retained", message);
    }
    if (message.payload.size() > options_->max_message_bytes) {
      ++dropped_too_large_;
      return handler_->on_dropped("too large", message);
    }
    message.connection = number_;
    if (handling_->load(std::memory_order_relaxed) >= options_->max_handling) {
      ++overloaded_;
      handler_->on_overload(message);
      return;
    }
    handling_->fetch_add(1, std::memory_order_relaxed);
    message.slot =
        std::shared_ptr<void>(nullptr, [handling = handling_](void*) { handling->fetch_sub(1); });
    ++received_;
    received_bytes_ += message.payload.size();
    handler_->on_message(std::move(message));
  }

  const std::shared_ptr<const MqttOptions> options_;  ///< as at first
  TransportHandler* handler_ = nullptr;
  std::atomic<std::uint64_t> last_number_ = 0;
  std::atomic<std::uint64_t> number_ = 0;  ///< of the receiving link
  std::atomic<std::uint64_t> received_ = 0;
  std::atomic<std::uint64_t> received_bytes_ = 0;
  std::atomic<std::uint64_t> overloaded_ = 0;
  std::atomic<std::uint64_t> dropped_content_type_ = 0;
  std::atomic<std::uint64_t> dropped_retained_ = 0;
  std::atomic<std::uint64_t> dropped_too_large_ = 0;
  std::atomic<std::uint64_t> refused_ = 0;
  // Shared with the slots, which may outlive the transport.
  std::shared_ptr<std::atomic<std::uint64_t>> handling_ =
      std::make_shared<std::atomic<std::uint64_t>>(0);
  std::vector<std::unique_ptr<MqttLink>> links_;  // last: their threads use what is above
};

MqttTransport::MqttTransport(MqttOptions options)
    : impl_(std::make_unique<Impl>(std::move(options))) {}
MqttTransport::~MqttTransport() = default;

void MqttTransport::start(TransportHandler& handler) { impl_->start(handler); }
void MqttTransport::stop(std::chrono::milliseconds grace) { impl_->stop(grace); }
void MqttTransport::begin_stop(std::chrono::milliseconds grace) { impl_->begin_stop(grace); }
std::optional<SendResult> MqttTransport::send(OutboundMessage message, SendCompletion done) {
  return impl_->send(std::move(message), std::move(done));
}
bool MqttTransport::is_connected() const { return impl_->is_connected(); }
TransportCounters MqttTransport::counters() const { return impl_->counters(); }
void MqttTransport::reconfigure(MqttOptions options) { impl_->reconfigure(std::move(options)); }
void MqttTransport::reconnect() { impl_->reconnect(); }
std::vector<SubscriptionState> MqttTransport::subscriptions() const {
  return impl_->subscriptions();
}

}  // namespace usp::mtp
