// The part of Northbound that takes what controllers send.
#include <spdlog/spdlog.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <utility>

#include "bridge/agent/virtual_agent.h"
#include "bridge/device.h"
#include "bridge/metrics.h"
#include "bridge/northbound.h"
#include "bridge/registry.h"
#include "bridge/runtime.h"
#include "usp/endpoint_id.h"
#include "usp/topic.h"

namespace bridge {

namespace asio = boost::asio;

namespace {

const std::string kNoPrefix;

/// Empty: the record was dropped.
std::string sender_of(const usp::InRecord& record) {
  return std::visit(
      [](const auto& in) -> std::string {
        if constexpr (requires { in.from_id; }) return in.from_id;
        return {};
      },
      record);
}

}  // namespace

void Northbound::on_message(usp::mtp::InboundMessage message) {
  runtime_.metrics.mqtt_received.Increment();
  if (usp::peek_is_of_session(message.payload)) {
    if (auto to_id = usp::peek_to_id(message.payload)) {
      queue_in_order(std::move(message), std::string(*to_id));
      return;
    }
  }
  auto receiving = receive(std::move(message));
  asio::co_spawn(runtime_.executor, std::move(receiving), asio::detached);
}

void Northbound::on_dropped(const char* why, const usp::mtp::InboundMessage& message) {
  runtime_.metrics.mqtt_dropped.add({why});
  spdlog::info("mqtt: {} bytes on {} dropped: {}", message.payload.size(), message.topic, why);
}

void Northbound::on_overload(const usp::mtp::InboundMessage& message) {
  runtime_.metrics.mqtt_dropped.add({"overload"});
  auto to_id = usp::peek_to_id(message.payload);
  if (!to_id) return;
  std::string own_id(*to_id);
  if (!message.endpoint_id.empty() && message.endpoint_id != own_id) return;
  usp::InRecord record = usp::decode_record(message.payload, own_id);
  const auto* in = std::get_if<usp::InMessage>(&record);
  if (in == nullptr || !in->msg.body().has_request()) return;
  const ControllerConfig* from = controller(in->from_id);
  // A signature takes time that there is none of, and the unsigned are not answered.
  if (from == nullptr || from->trust == ControllerConfig::Trust::kSignature) return;
  std::string topic = reply_topic(from->resolved_topic(own_id), from->reply_prefix, message);
  if (topic.empty()) return;
  usp::Error error{usp::ErrorCode::kResourcesExceeded, "too many requests wait already", {}};
  usp_msg::Msg answer = usp::make_error(in->msg.header().msg_id(), error);
  transport_->send({topic, usp::encode_message(own_id, in->from_id, answer), agent_topic(own_id),
                    message.correlation, own_id, runtime_.config.mqtt.qos, 0});
}

std::string Northbound::reply_topic(const std::string& own, const std::string& prefix,
                                    const usp::mtp::InboundMessage& message) {
  if (!message.response_topic || message.response_topic->empty()) return own;
  const std::string& asked = *message.response_topic;
  bool allowed =
      prefix.empty() ? !own.empty() && usp::is_at_or_below(own, asked) : asked.starts_with(prefix);
  return allowed && usp::is_topic_name(asked) ? asked : std::string{};
}

/// The sequence ids would restore the order of a session's records, but not that of two sessions.
void Northbound::queue_in_order(usp::mtp::InboundMessage message, std::string endpoint_id) {
  {
    std::lock_guard lock(inbox_mutex_);
    auto& waiting = inbox_[endpoint_id];
    waiting.push_back(std::move(message));
    if (waiting.size() > 1) return;
  }
  auto receiving = receive_in_order(std::move(endpoint_id));
  asio::co_spawn(runtime_.executor, std::move(receiving), asio::detached);
}

asio::awaitable<void> Northbound::receive_in_order(std::string endpoint_id) {
  for (;;) {
    usp::mtp::InboundMessage message;
    {
      std::lock_guard lock(inbox_mutex_);
      message = std::move(inbox_[endpoint_id].front());
    }
    auto receiving = receive(std::move(message));
    co_await std::move(receiving);
    std::lock_guard lock(inbox_mutex_);
    auto waiting = inbox_.find(endpoint_id);
    waiting->second.pop_front();
    if (waiting->second.empty()) {
      inbox_.erase(waiting);
      co_return;
    }
  }
}

asio::awaitable<void> Northbound::receive(usp::mtp::InboundMessage message) {
  Metrics& metrics = runtime_.metrics;
  auto to_id = usp::peek_to_id(message.payload);
  if (!to_id) {
    metrics.mqtt_dropped.add({"no record"});
    spdlog::info("mqtt: {} bytes on {} are no USP record", message.payload.size(), message.topic);
    co_return;
  }
  Arrival arrival;
  arrival.endpoint_id = std::string(*to_id);
  if (!message.endpoint_id.empty() && message.endpoint_id != arrival.endpoint_id) {
    metrics.mqtt_dropped.add({"another agent"});
    spdlog::info("mqtt: record for {} on the connection of {} dropped", arrival.endpoint_id,
                 message.endpoint_id);
    co_return;
  }
  Result<DevicePtr> found = co_await runtime_.registry->by_endpoint_id(arrival.endpoint_id);
  if (!found || !*found) {
    metrics.mqtt_dropped.add({"unknown agent"});
    spdlog::debug("mqtt: record for {}, which is no agent of ours", arrival.endpoint_id);
    co_return;
  }
  arrival.device = *found;
  usp::InRecord record = usp::decode_record(message.payload, arrival.endpoint_id);
  std::string from_id = sender_of(record);
  if (usp::peek_is_signed(message.payload) || wants_signatures(from_id)) {
    auto bytes = std::make_shared<const std::string>(message.payload);
    auto checking = has_integrity(std::move(bytes), std::move(from_id), arrival.device);
    bool good = co_await std::move(checking);
    if (!good) co_return;
  }
  auto* answer = std::get_if<usp::InMessage>(&record);
  if (answer != nullptr && controller(answer->from_id) == nullptr && usp::is_answer(answer->msg)) {
    // Of a controller that was added to the agent's table: it is told things and may confirm them.
    auto answering =
        arrival.device->agent().on_peer_answer(answer->from_id, std::move(answer->msg));
    co_await asio::co_spawn(arrival.device->strand(), std::move(answering), asio::use_awaitable);
    co_return;
  }
  if (!identify(record, arrival)) co_return;
  const bool in_session = std::holds_alternative<usp::InSession>(record);
  std::optional<std::string> topic;
  if (arrival.from != nullptr) {
    topic = arrival.from->resolved_topic(arrival.endpoint_id);
  } else {
    auto finding = find_topic(arrival, in_session);
    topic = co_await std::move(finding);
  }
  if (!topic || !take_topic(*topic, message, arrival)) co_return;
  if (auto* in = std::get_if<usp::InMessage>(&record)) {
    sessions_.on_plain_message(arrival.endpoint_id, arrival.from_id);
    if (!within_limits(arrival, message.payload.size(), in->msg, false)) co_return;
    handle(arrival, std::move(in->msg), false);
  } else if (const auto* faulty = std::get_if<usp::InFaulty>(&record)) {
    answer_faulty(arrival, faulty->answer, false);
  } else if (auto* session = std::get_if<usp::InSession>(&record)) {
    auto taking = on_session_record(std::move(arrival), std::move(session->record));
    co_await std::move(taking);
  } else if (const auto* gone = std::get_if<usp::InDisconnect>(&record)) {
    on_disconnect_record(arrival, *gone);
  } else {
    spdlog::debug("mqtt: connect record of {} for {}", arrival.from_id, arrival.endpoint_id);
  }
}

/// Who sent it. False: it is dropped.
bool Northbound::identify(const usp::InRecord& record, Arrival& arrival) {
  Metrics& metrics = runtime_.metrics;
  if (const auto* dropped = std::get_if<usp::InDropped>(&record)) {
    metrics.mqtt_dropped.add({usp::name_of(dropped->reason)});
    spdlog::info("mqtt: record for {} dropped: {}", arrival.endpoint_id,
                 usp::name_of(dropped->reason));
    return false;
  }
  arrival.from_id = sender_of(record);
  arrival.from = controller(arrival.from_id);
  return true;
}

/// Where one that is not configured listens. nullopt: it is dropped, because it is not served.
asio::awaitable<std::optional<std::string>> Northbound::find_topic(Arrival arrival,
                                                                   bool in_session) {
  if (!strangers_.take()) {
    runtime_.metrics.mqtt_dropped.add({"too many unknown controllers"});
    co_return std::nullopt;
  }
  auto recognising = arrival.device->agent().recognise(arrival.from_id);
  std::optional<VirtualAgent::Acquaintance> known = co_await asio::co_spawn(
      arrival.device->strand(), std::move(recognising), asio::use_awaitable);
  // No state is kept of those without a row, so they have no session contexts. Their names make
  // their topics.
  const bool good =
      known && (known->has_row || (!in_session && usp::is_endpoint_id(arrival.from_id) &&
                                   !is_configured_topic(known->topic, arrival.endpoint_id)));
  if (!good) {
    audit_.dropped(arrival.endpoint_id, arrival.from_id, "unknown controller",
                   "neither configured nor in the agent's table");
    co_return std::nullopt;
  }
  co_return std::move(known->topic);
}

/// Would what is published there reach a configured controller?
bool Northbound::is_configured_topic(const std::string& topic, const std::string& agent) const {
  return std::ranges::any_of(controllers_, [&](const auto& entry) {
    const std::string own = entry.second->resolved_topic(agent);
    return usp::is_at_or_below(own, topic) || usp::is_at_or_below(topic, own);
  });
}

/// False: it is dropped, because it asks for its answer where that may not go.
bool Northbound::take_topic(const std::string& own, const usp::mtp::InboundMessage& message,
                            Arrival& arrival) {
  const std::string& prefix = arrival.from == nullptr ? kNoPrefix : arrival.from->reply_prefix;
  arrival.topic = reply_topic(own, prefix, message);
  if (!usp::is_topic_name(arrival.topic)) {
    audit_.dropped(
        arrival.endpoint_id, arrival.from_id, "response topic",
        "it asks for answers on " + message.response_topic.value_or(own) + ", outside its prefix");
    return false;
  }
  arrival.correlation = message.correlation;
  arrival.slot = message.slot;
  return true;
}

/// Begins on the device's strand in the order of the calls, and does not wait for the end.
void Northbound::handle(const Arrival& arrival, usp_msg::Msg msg, bool in_session) {
  Caller caller{
      arrival.from, arrival.from_id, arrival.topic, arrival.correlation, in_session, true, {}};
  auto handling = arrival.device->agent().on_message(std::move(caller), std::move(msg));
  // The slot counts it as under way until then.
  asio::co_spawn(arrival.device->strand(), std::move(handling),
                 [device = arrival.device, slot = arrival.slot](std::exception_ptr failure) {
                   if (failure) std::rethrow_exception(failure);
                 });
}

void Northbound::answer_faulty(const Arrival& arrival, const usp_msg::Msg& answer,
                               bool in_session) {
  const usp_msg::Error& error = answer.body().error();
  spdlog::info("mqtt: request {} of {} for {} answered with {}: {}", answer.header().msg_id(),
               arrival.from_id, arrival.endpoint_id, error.err_code(), error.err_msg());
  send(*arrival.device,
       {arrival.from_id, arrival.topic, arrival.correlation, in_session, E2eSession{}}, answer);
}

asio::awaitable<void> Northbound::on_session_record(Arrival arrival, usp::SessionRecord record) {
  auto reading = arrival.device->agent().read_session(arrival.from_id);
  std::optional<E2eSession> settings =
      co_await asio::co_spawn(arrival.device->strand(), std::move(reading), asio::use_awaitable);
  if (!settings) {
    spdlog::info("mqtt: record of {} for {} dropped: the agent is not up, or does not serve it",
                 arrival.from_id, arrival.endpoint_id);
    runtime_.metrics.mqtt_dropped.add({"agent not up"});
    co_return;
  }
  SessionContexts::Peer peer{arrival.endpoint_id, arrival.from_id,     arrival.device->id(),
                             arrival.topic,       arrival.correlation, seal_bytes(arrival.from_id)};
  if (settings->mode == SessionMode::kForbid) {
    disconnect(peer, usp::ErrorCode::kSessionContextNotAllowed,
               "session contexts are not allowed");  // R-E2E.6a
    co_return;
  }
  SessionContexts::Received received = sessions_.receive(peer, *settings, std::move(record));
  if (received.insecure) {
    disconnect(peer, usp::ErrorCode::kSecureSessionNotSupported,
               "secured payloads are not supported");
  } else if (received.refused) {
    disconnect(peer, usp::ErrorCode::kSessionContextNotAllowed, "too many session contexts");
  }
  for (const std::string& payload : received.messages) {
    usp::InRecord in = usp::decode_payload(arrival.from_id, payload);
    if (auto* message = std::get_if<usp::InMessage>(&in)) {
      if (!within_limits(arrival, payload.size(), message->msg, true)) continue;
      handle(arrival, std::move(message->msg), true);
    } else if (const auto* faulty = std::get_if<usp::InFaulty>(&in)) {
      answer_faulty(arrival, faulty->answer, true);
    } else {
      sessions_.on_undecodable(peer);
    }
  }
}

void Northbound::on_disconnect_record(const Arrival& arrival, const usp::InDisconnect& record) {
  spdlog::info("mqtt: disconnect record of {} for {}: {} {}", arrival.from_id, arrival.endpoint_id,
               record.code, record.reason);
  sessions_.close(arrival.endpoint_id, arrival.from_id);
  links_.return_greeting(arrival.endpoint_id, arrival.device->id(), arrival.from_id);  // R-MTP.8
}

}  // namespace bridge
