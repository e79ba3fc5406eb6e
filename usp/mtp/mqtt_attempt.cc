#include "usp/mtp/mqtt_attempt.h"

#include <algorithm>
#include <limits>

#include "usp/mtp/paho_threads.h"
#include "usp/topic.h"

namespace usp::mtp {
namespace {

constexpr int kFirstErrorReason = 0x80;  // MQTT 5.0 2.4

/// MQTT 5.0 3.2.2.3.7. By its number, as Paho C++ 1.5 has another name for it than 1.2.
constexpr auto kAssignedClientIdentifier = static_cast<mqtt::property::code>(18);

template <class T>
T property_or(const mqtt::properties& properties, mqtt::property::code code, T fallback) {
  return properties.contains(code) ? mqtt::get<T>(properties, code) : fallback;
}

std::string uri_of(const MqttOptions& options) {
  std::string uri = options.tls.enabled ? "ssl://" : "tcp://";
  const bool is_ipv6 = options.host.find(':') != std::string::npos;
  uri += is_ipv6 ? "[" + options.host + "]" : options.host;
  return uri + ":" + std::to_string(options.port);
}

int paho_version(const MqttOptions& options) {
  return options.version == MqttOptions::Version::k5 ? MQTTVERSION_5 : MQTTVERSION_3_1_1;
}

mqtt::create_options create_options_of(const MqttOptions& options) {
  // Not the builder: in 1.2.0 its setters return nothing where they promise a reference.
  mqtt::create_options create(paho_version(options));
  // Ours is the window; Paho must never be the one to say no.
  create.set_max_buffered_messages(static_cast<int>(options.max_in_flight) + 1000);
  create.set_send_while_disconnected(false);
  return create;
}

std::string text_of(int code, int reason) {
  if (reason >= kFirstErrorReason) {
    const char* text = MQTTReasonCode_toString(static_cast<MQTTReasonCodes>(reason));
    if (text != nullptr) return text;
  }
  // 1 to 5 are the return codes of an MQTT 3.1.1 CONNACK.
  const char* text = code < 0 ? MQTTAsync_strerror(code) : nullptr;
  return text != nullptr ? text : "code " + std::to_string(code);
}

MqttLink::Received to_received(const mqtt::message& message, MqttOptions::Version version) {
  MqttLink::Received out;
  out.message.topic = message.get_topic();
  out.message.payload = message.to_string();
  out.retained = message.is_retained();
  if (version == MqttOptions::Version::k311) {
    auto split = split_reply_to(out.message.topic);
    out.message.topic = std::move(split.topic);
    out.message.response_topic = std::move(split.reply_to);
    return out;
  }
  const mqtt::properties& properties = message.get_properties();
  if (properties.contains(mqtt::property::RESPONSE_TOPIC)) {
    out.message.response_topic = mqtt::get<std::string>(properties, mqtt::property::RESPONSE_TOPIC);
  }
  out.has_content_type = properties.contains(mqtt::property::CONTENT_TYPE);
  out.content_type = property_or<std::string>(properties, mqtt::property::CONTENT_TYPE, {});
  out.message.correlation =
      property_or<std::string>(properties, mqtt::property::CORRELATION_DATA, {});
  return out;
}

}  // namespace

MqttLink::Attempt::Attempt(MqttLink& link, std::string client_id, std::chrono::seconds keep_alive)
    : link_(link),
      shared_(link.options_),
      options_(*shared_),
      client_id_(std::move(client_id)),
      keep_alive_(keep_alive),
      client_((keep_paho_running(), uri_of(options_)), client_id_, create_options_of(options_),
              static_cast<mqtt::iclient_persistence*>(nullptr)) {
  // Callbacks run with Paho's global lock held: hand over and return (its issue 389).
  client_.set_message_callback([this](const mqtt::const_message_ptr& message) {
    link_.on_received(to_received(*message, options_.version));
  });
  client_.set_connection_lost_handler([this](const std::string& cause) {
    link_.signal([&](Signals& signals) {
      signals.lost = true;
      if (signals.text.empty()) signals.text = cause.empty() ? "connection lost" : cause;
    });
  });
  client_.set_disconnected_handler([this](const mqtt::properties&, mqtt::ReasonCode reason) {
    // Paho tells of this and closes; no connection_lost follows.
    link_.signal([&](Signals& signals) {
      signals.lost = true;
      signals.reason_code = reason;
      signals.text = "DISCONNECT by the broker: " + text_of(0, reason);
    });
  });
}

mqtt::properties MqttLink::Attempt::connect_properties() const {
  using mqtt::property;
  mqtt::properties properties;
  properties.add(property(property::SESSION_EXPIRY_INTERVAL,
                          static_cast<std::int32_t>(options_.session_expiry.count())));
  // The broker then drops what is larger instead of us closing the connection.
  const std::size_t packet_bytes = options_.max_message_bytes + 2 * kMaxTopicBytes;
  properties.add(property(property::MAXIMUM_PACKET_SIZE,
                          static_cast<std::int32_t>(std::min<std::size_t>(
                              packet_bytes, std::numeric_limits<std::int32_t>::max()))));
  if (options_.use_connack_topics) {
    properties.add(property(property::REQUEST_RESPONSE_INFORMATION, 1));  // R-MQTT.12
  }
  if (!options_.endpoint_id.empty()) {  // R-MQTT.13
    properties.add(property(property::USER_PROPERTY, "usp-endpoint-id", options_.endpoint_id));
  }
  return properties;
}

void MqttLink::Attempt::set_tls(mqtt::connect_options& options) const {
  mqtt::ssl_options tls;
  const auto& wanted = options_.tls;
  // With a trust store of ours Paho leaves the system's aside.
  if (!wanted.ca.empty()) tls.set_trust_store(wanted.ca);
  if (!wanted.certificate.empty()) tls.set_key_store(wanted.certificate);
  if (!wanted.key.empty()) tls.set_private_key(wanted.key);
  // Any version from TLS 1.2 on (R-MQTT.48): Debian's OpenSSL offers nothing older.
  tls.set_ssl_version(MQTT_SSL_VERSION_DEFAULT);
  tls.set_enable_server_cert_auth(wanted.verify);
  tls.set_verify(wanted.verify);
  options.set_ssl(tls);
}

void MqttLink::Attempt::connect() {
  // Filled in place, and alive until connect() returns: copies of 1.2.0 point into the original for
  // their properties, moved ones nowhere (its issue 445).
  mqtt::connect_options options;
  options.set_mqtt_version(paho_version(options_));
  if (options_.version == MqttOptions::Version::k5) {
    options.set_clean_start(options_.clean_start);
    options.set_properties(connect_properties());
  } else {
    options.set_clean_session(options_.clean_start);
  }
  options.set_automatic_reconnect(false);  // issues 356, 370, 408: the link does it
  options.set_keep_alive_interval(keep_alive_);
  const auto timeout = std::chrono::ceil<std::chrono::seconds>(options_.connect_timeout);
  options.set_connect_timeout(std::max(timeout, std::chrono::seconds(1)));
  options.set_max_inflight(static_cast<int>(std::min<std::size_t>(options_.max_in_flight, 65535)));
  if (!options_.username.empty()) options.set_user_name(options_.username);
  if (!options_.password.empty()) options.set_password(options_.password);
  if (options_.tls.enabled) set_tls(options);
  client_.connect(options, nullptr, *this);
}

void MqttLink::Attempt::subscribe(const Filters& filters) {
  std::vector<std::string> names;
  mqtt::iasync_client::qos_collection qos;
  for (const auto& [name, level] : filters) {
    names.push_back(name);
    qos.push_back(level);
  }
  client_.subscribe(mqtt::string_collection::create(names), qos, nullptr, *this);
}

void MqttLink::Attempt::unsubscribe(const std::vector<std::string>& filters) {
  client_.unsubscribe(mqtt::string_collection::create(filters), nullptr, *this);
}

void MqttLink::Attempt::publish(Outgoing& outgoing, const std::string& reply) {
  using mqtt::property;
  OutboundMessage& message = outgoing.message;
  const std::string& response_topic = reply.empty() ? message.response_topic : reply;
  mqtt::properties properties;
  std::string topic;
  if (options_.version == MqttOptions::Version::k311) {
    topic = response_topic.empty() ? std::move(message.topic)
                                   : add_reply_to(message.topic, response_topic);  // R-MQTT.24
  } else {
    topic = std::move(message.topic);
    properties.add(property(property::CONTENT_TYPE, "usp.msg"));  // R-MQTT.27
    if (!response_topic.empty()) {
      properties.add(property(property::RESPONSE_TOPIC, response_topic));  // R-MQTT.23
    }
    if (!message.correlation.empty()) {
      properties.add(property(property::CORRELATION_DATA, message.correlation));
    }
  }
  auto packet = mqtt::message::create(std::move(topic), std::move(message.payload), message.qos,
                                      false, properties);
  client_.publish(packet, &outgoing, *this);  // `outgoing` may be gone when this returns
}

void MqttLink::Attempt::on_connack(const mqtt::token& token) {
  using mqtt::property;
  const mqtt::connect_response response = token.get_connect_response();
  const mqtt::properties& properties = response.get_properties();
  Connack connack;
  connack.session_present = response.is_session_present();
  connack.client_id = property_or<std::string>(properties, kAssignedClientIdentifier, client_id_);
  connack.receive_maximum =
      property_or<std::uint16_t>(properties, property::RECEIVE_MAXIMUM, connack.receive_maximum);
  connack.maximum_packet_bytes =
      property_or<std::uint32_t>(properties, property::MAXIMUM_PACKET_SIZE, 0);
  connack.maximum_qos = property_or<std::uint8_t>(properties, property::MAXIMUM_QOS, 2);
  if (properties.contains(property::SERVER_KEEP_ALIVE)) {
    connack.keep_alive_s = mqtt::get<std::uint16_t>(properties, property::SERVER_KEEP_ALIVE);
  }
  if (properties.contains(property::RESPONSE_INFORMATION)) {
    connack.response_information =
        mqtt::get<std::string>(properties, property::RESPONSE_INFORMATION);
  }
  for (std::size_t i = 0; i < properties.count(property::USER_PROPERTY); ++i) {
    auto [name, value] = mqtt::get<mqtt::string_pair>(properties, property::USER_PROPERTY, i);
    if (name == "subscribe-topic") connack.subscribe_topics.push_back(std::move(value));
  }
  link_.signal([&](Signals& signals) {
    signals.connack = std::move(connack);
    signals.connect_done = true;
  });
}

void MqttLink::Attempt::on_success(const mqtt::token& token) {
  switch (token.get_type()) {
    case mqtt::token::CONNECT:
      return on_connack(token);
    case mqtt::token::SUBSCRIBE: {
      const mqtt::subscribe_response response = token.get_subscribe_response();
      const auto& codes = response.get_reason_codes();
      link_.signal([&](Signals& signals) {
        signals.granted.assign(codes.begin(), codes.end());
        signals.subscribe_done = true;
      });
      return;
    }
    case mqtt::token::PUBLISH: {
      const bool refused = token.get_reason_code() >= kFirstErrorReason;
      return link_.on_acknowledged(static_cast<Outgoing*>(token.get_user_context()),
                                   refused ? SendResult::kRefused : SendResult::kDelivered);
    }
    default:
      return;
  }
}

void MqttLink::Attempt::on_failure(const mqtt::token& token) {
  // Paho puts the reason of a CONNACK into the return code, that of other packets where it belongs.
  const int reason = std::max<int>(token.get_reason_code(), token.get_return_code());
  const bool refused = reason >= kFirstErrorReason;
  switch (token.get_type()) {
    case mqtt::token::CONNECT:
      link_.signal([&](Signals& signals) {
        signals.connect_done = true;
        signals.lost = true;
        signals.reason_code = refused ? reason : 0;
        signals.text = text_of(token.get_return_code(), reason);
      });
      return;
    case mqtt::token::SUBSCRIBE:
      link_.signal([&](Signals& signals) {
        signals.subscribe_done = true;
        signals.granted = {std::max(reason, kFirstErrorReason)};
      });
      return;
    case mqtt::token::PUBLISH:
      return link_.on_acknowledged(static_cast<Outgoing*>(token.get_user_context()),
                                   refused ? SendResult::kRefused : SendResult::kLost);
    default:
      return;
  }
}

}  // namespace usp::mtp
