#include "usp/mtp/mqtt.h"

#include <mqtt/async_client.h>

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <random>
#include <thread>
#include <unordered_map>
#include <utility>

namespace usp::mtp {

namespace {

/// Headers and properties of a PUBLISH beside its topics, correlation data and payload.
constexpr std::size_t kPublishOverhead = 64;
constexpr std::uint32_t kNoLimit = 0xFFFFFFFF;
constexpr std::uint32_t kMaxReceive = 65535;

template <class T>
T property_or(const mqtt::properties& properties, mqtt::property::code code, T fallback) {
  return properties.contains(code) ? mqtt::get<T>(properties, code) : fallback;
}

Inbound to_inbound(const mqtt::const_message_ptr& message) {
  Inbound in;
  in.topic = message->get_topic();
  in.payload = message->to_string();
  const mqtt::properties& properties = message->get_properties();
  in.response_topic = property_or<std::string>(properties, mqtt::property::RESPONSE_TOPIC, {});
  in.content_type = property_or<std::string>(properties, mqtt::property::CONTENT_TYPE, {});
  in.correlation = property_or<std::string>(properties, mqtt::property::CORRELATION_DATA, {});
  return in;
}

mqtt::const_message_ptr to_message(Outbound&& out, int qos) {
  mqtt::properties properties;
  properties.add({mqtt::property::CONTENT_TYPE, std::string(kContentType)});
  if (!out.response_topic.empty()) {
    properties.add({mqtt::property::RESPONSE_TOPIC, out.response_topic});
  }
  if (!out.correlation.empty()) {
    properties.add({mqtt::property::CORRELATION_DATA, out.correlation});
  }
  return mqtt::message::create(std::move(out.topic), std::move(out.payload), qos, false,
                               properties);
}

std::size_t packet_bytes(const Outbound& out) {
  return out.topic.size() + out.payload.size() + out.response_topic.size() +
         out.correlation.size() + kPublishOverhead;
}

}  // namespace

class MqttTransport::Impl final : private mqtt::callback, private mqtt::iaction_listener {
 public:
  explicit Impl(MqttOptions options)
      : options_(std::move(options)), random_(std::random_device{}()) {
    prepare_connect_options();
  }

  ~Impl() override { stop(std::chrono::milliseconds(0)); }

  void start(Events events) {
    events_ = std::move(events);
    make_client();
    runner_ = std::thread([this] { run(); });
  }

  void send(Outbound message, SendDone done) {
    SendResult refused = SendResult::kDelivered;
    {
      std::lock_guard lock(mutex_);
      if (!connected_) {
        refused = SendResult::kNotConnected;
      } else if (packet_bytes(message) > max_packet_) {
        refused = SendResult::kTooLarge;
      } else if (queue_.size() >= options_.max_queued) {
        refused = SendResult::kQueueFull;
      } else {
        queue_.push_back({std::move(message), std::move(done)});
      }
    }
    if (refused != SendResult::kDelivered) return done(refused);
    pump();
  }

  bool connected() const {
    std::lock_guard lock(mutex_);
    return connected_;
  }

  void stop(std::chrono::milliseconds grace) {
    {
      std::unique_lock lock(mutex_);
      if (stopping_) return;
      changed_.wait_for(lock, grace,
                        [this] { return !connected_ || (queue_.empty() && inflight_.empty()); });
      stopping_ = true;
      changed_.notify_all();
    }
    if (runner_.joinable()) runner_.join();
    client_.reset();  // no callback after this
    fail_all(SendResult::kLost);
  }

  std::string client_id() const {
    std::lock_guard lock(mutex_);
    return client_id_;
  }

 private:
  struct Queued {
    Outbound message;
    SendDone done;
  };

  void prepare_connect_options() {
    // Set in place: copies and moves of connect_options lose settings (paho.mqtt.cpp #445).
    connect_options_.set_mqtt_version(MQTTVERSION_5);
    connect_options_.set_clean_start(true);  // what must not be lost is in our own outbox
    connect_options_.set_keep_alive_interval(options_.keep_alive);
    connect_options_.set_connect_timeout(options_.connect_timeout);
    connect_options_.set_max_inflight(
        static_cast<int>(std::min<std::size_t>(options_.max_inflight, kMaxReceive)));
    connect_options_.set_automatic_reconnect(false);
    if (!options_.username.empty()) connect_options_.set_user_name(options_.username);
    if (!options_.password.empty()) connect_options_.set_password(options_.password);
    mqtt::properties properties;
    properties.add({mqtt::property::REQUEST_RESPONSE_INFORMATION, 1});  // R-MQTT.11
    properties.add({mqtt::property::MAXIMUM_PACKET_SIZE,
                    static_cast<std::int32_t>(options_.max_message_bytes + kPublishOverhead)});
    connect_options_.set_properties(properties);
    if (!options_.tls) return;
    mqtt::ssl_options tls;
    if (!options_.ca_file.empty()) tls.set_trust_store(options_.ca_file);
    if (!options_.certificate_file.empty()) tls.set_key_store(options_.certificate_file);
    if (!options_.key_file.empty()) tls.set_private_key(options_.key_file);
    tls.set_ssl_version(MQTT_SSL_VERSION_TLS_1_2);  // the least; OpenSSL takes 1.3 where it can
    tls.set_enable_server_cert_auth(options_.verify);
    tls.set_verify(options_.verify);
    connect_options_.set_ssl(tls);
  }

  void make_client() {
    std::string uri =
        (options_.tls ? "ssl://" : "tcp://") + options_.host + ":" + std::to_string(options_.port);
    client_id_ = options_.client_id;
    mqtt::create_options create(MQTTVERSION_5);
    create.set_max_buffered_messages(static_cast<int>(options_.max_inflight + 1000));
    create.set_send_while_disconnected(false);
    client_ = std::make_unique<mqtt::async_client>(uri, client_id_, create, nullptr);
    client_->set_callback(*this);
  }

  // ---- the connection's life, on its own thread: nothing here blocks Paho's

  void run() {
    int failures = 0;
    for (;;) {
      std::string why = connect();
      if (why.empty()) {
        failures = 0;
        wait_until_lost();
      } else {
        ++failures;
        if (events_.on_connect_failed) events_.on_connect_failed(why);
      }
      std::unique_lock lock(mutex_);
      if (changed_.wait_for(lock, retry_wait(failures), [this] { return stopping_; })) break;
    }
    try {
      if (client_->is_connected()) client_->disconnect(1000)->wait_for(std::chrono::seconds(2));
    } catch (const mqtt::exception&) {
      // Gone already.
    }
  }

  std::chrono::milliseconds retry_wait(int failures) {
    auto longest = options_.reconnect_min;
    for (int i = 1; i < failures && longest < options_.reconnect_max; ++i) longest *= 2;
    longest = std::min(longest, options_.reconnect_max);
    std::uniform_int_distribution<std::int64_t> part(longest.count() / 2, longest.count());
    return std::chrono::milliseconds(part(random_));
  }

  /// Empty: connected and subscribed. Else why not.
  std::string connect() {
    try {
      mqtt::token_ptr token = client_->connect(connect_options_);
      if (!token->wait_for(options_.connect_timeout + std::chrono::seconds(2))) {
        return "no answer to CONNECT";
      }
      take_connack(token->get_connect_response());
      set_nodelay_for_peer_port(options_.port);
      for (const std::string& filter : options_.subscriptions) {
        mqtt::token_ptr granted = client_->subscribe(filter, options_.qos);
        if (!granted->wait_for(options_.connect_timeout)) return give_up("no answer to SUBSCRIBE");
        int reason = granted->get_reason_code();
        if (reason >= 0x80) {
          // R-MQTT.17: without a subscription nothing may be published.
          return give_up("the broker refuses the subscription " + filter);
        }
      }
    } catch (const mqtt::exception& error) {
      return error.to_string();
    }
    {
      std::lock_guard lock(mutex_);
      if (lost_early_) {
        lost_early_ = false;
        return "the connection was lost at once";
      }
      connected_ = true;
    }
    if (events_.on_connected) events_.on_connected();
    return {};
  }

  std::string give_up(std::string why) {
    try {
      client_->disconnect(0)->wait_for(std::chrono::seconds(2));
    } catch (const mqtt::exception&) {
      // Gone already.
    }
    return why;
  }

  void take_connack(const mqtt::connect_response& response) {
    const mqtt::properties& properties = response.get_properties();
    std::lock_guard lock(mutex_);
    lost_early_ = false;
    max_packet_ =
        property_or<std::uint32_t>(properties, mqtt::property::MAXIMUM_PACKET_SIZE, kNoLimit);
    auto receive = property_or<std::uint16_t>(properties, mqtt::property::RECEIVE_MAXIMUM, 0);
    window_ = options_.max_inflight;
    if (receive > 0) window_ = std::min<std::size_t>(window_, receive);
    std::string assigned = property_or<std::string>(
        properties, mqtt::property::ASSIGNED_CLIENT_IDENTIFER, std::string{});
    if (!assigned.empty()) client_id_ = assigned;
  }

  void wait_until_lost() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return !connected_ || stopping_; });
  }

  void connection_lost(const std::string& cause) override {
    {
      std::lock_guard lock(mutex_);
      if (!connected_) {
        lost_early_ = true;
        return;
      }
      connected_ = false;
      changed_.notify_all();
    }
    fail_all(SendResult::kLost);
    if (events_.on_disconnected) events_.on_disconnected(cause.empty() ? "closed" : cause);
  }

  // ---- messages

  void message_arrived(mqtt::const_message_ptr message) override {
    if (events_.on_message) events_.on_message(to_inbound(message));
  }

  /// Publishes what waits, as far as the window allows.
  void pump() {
    for (;;) {
      Queued next;
      std::uint64_t id = 0;
      {
        std::lock_guard lock(mutex_);
        if (!connected_ || queue_.empty() || inflight_.size() >= window_) return;
        next = std::move(queue_.front());
        queue_.pop_front();
        id = ++last_id_;
        inflight_.emplace(id, std::move(next.done));
      }
      try {
        client_->publish(to_message(std::move(next.message), options_.qos),
                         reinterpret_cast<void*>(id), *this);
      } catch (const mqtt::exception&) {
        finish(id, SendResult::kNotConnected);
      }
    }
  }

  void finish(std::uint64_t id, SendResult result) {
    SendDone done;
    {
      std::lock_guard lock(mutex_);
      auto found = inflight_.find(id);
      if (found == inflight_.end()) return;  // was given up when the connection went
      done = std::move(found->second);
      inflight_.erase(found);
      if (inflight_.empty() && queue_.empty()) changed_.notify_all();
    }
    done(result);
  }

  void on_success(const mqtt::token& token) override {
    auto id = reinterpret_cast<std::uint64_t>(token.get_user_context());
    finish(id, token.get_reason_code() >= 0x80 ? SendResult::kRefused : SendResult::kDelivered);
    pump();
  }

  void on_failure(const mqtt::token& token) override {
    finish(reinterpret_cast<std::uint64_t>(token.get_user_context()), SendResult::kLost);
    pump();
  }

  void fail_all(SendResult result) {
    std::unordered_map<std::uint64_t, SendDone> inflight;
    std::deque<Queued> queue;
    {
      std::lock_guard lock(mutex_);
      inflight.swap(inflight_);
      queue.swap(queue_);
      changed_.notify_all();
    }
    for (auto& [id, done] : inflight) done(result);
    for (Queued& queued : queue) queued.done(result);
  }

  const MqttOptions options_;
  Events events_;
  mqtt::connect_options connect_options_;
  std::mt19937_64 random_;
  std::thread runner_;

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  bool connected_ = false;
  bool lost_early_ = false;  ///< lost between CONNACK and connected_
  bool stopping_ = false;
  std::string client_id_;
  std::size_t max_packet_ = kNoLimit;
  std::size_t window_ = 1;
  std::uint64_t last_id_ = 0;
  std::deque<Queued> queue_;
  std::unordered_map<std::uint64_t, SendDone> inflight_;

  std::unique_ptr<mqtt::async_client> client_;  // last: its callbacks use all of the above
};

MqttTransport::MqttTransport(MqttOptions options)
    : impl_(std::make_unique<Impl>(std::move(options))) {}
MqttTransport::~MqttTransport() = default;

void MqttTransport::start(Events events) { impl_->start(std::move(events)); }
void MqttTransport::send(Outbound message, SendDone done) {
  impl_->send(std::move(message), std::move(done));
}
bool MqttTransport::connected() const { return impl_->connected(); }
void MqttTransport::stop(std::chrono::milliseconds grace) { impl_->stop(grace); }
std::string MqttTransport::client_id() const { return impl_->client_id(); }

}  // namespace usp::mtp
