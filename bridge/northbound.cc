#include "bridge/northbound.h"

#include <spdlog/spdlog.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <utility>

#include "bridge/agent/virtual_agent.h"
#include "bridge/device.h"
#include "bridge/metrics.h"
#include "bridge/mqtt_options.h"
#include "bridge/registry.h"
#include "bridge/runtime.h"
#include "usp/topic.h"

namespace bridge {

namespace asio = boost::asio;
using usp::mtp::SendResult;

namespace {

bool has_own_connections(const Runtime& runtime) {
  return runtime.config.mqtt.mode == MqttConfig::Mode::kPerAgent;
}

}  // namespace

Northbound::Northbound(Runtime& runtime, std::unique_ptr<usp::mtp::Transport> shared)
    : runtime_(runtime),
      transport_(std::move(shared)),
      strand_(asio::make_strand(runtime.executor)),
      outbox_signal_(strand_),
      timer_signal_(strand_),
      links_(!transport_ && has_own_connections(runtime)) {
  const MqttConfig& mqtt = runtime.config.mqtt;
  if (transport_) {
    // given
  } else if (has_own_connections(runtime)) {
    auto agents = std::make_unique<usp::mtp::MqttAgents>(
        usp::mtp::MqttAgentsOptions{mqtt.per_agent.max_agents, mqtt.per_agent.connect_rate});
    own_ = std::make_unique<AgentConnections>(runtime, *agents);
    transport_ = std::move(agents);
  } else {
    try {
      transport_ = std::make_unique<usp::mtp::MqttTransport>(shared_mqtt_options(mqtt));
    } catch (const std::invalid_argument& error) {
      throw std::runtime_error(error.what());
    }
  }
  for (const ControllerConfig& controller : runtime.config.controllers) {
    controllers_.emplace(controller.endpoint_id, &controller);
  }
}

Northbound::~Northbound() = default;

void Northbound::start() {
  transport_->start(*this);
  if (own_) own_->start();
  loops_ = 2;
  auto outbox = run_outbox();
  asio::co_spawn(strand_, std::move(outbox), asio::detached);
  auto timers = run_timers();
  asio::co_spawn(strand_, std::move(timers), asio::detached);
}

void Northbound::stop(std::chrono::milliseconds grace) {
  stopping_ = true;
  if (own_) own_->stop();
  poke();
  transport_->stop(grace);
  links_.clear();
}

void Northbound::configure_agent(const Device& device) {
  if (own_) own_->configure(device);
}
void Northbound::restart_agent(const std::string& endpoint_id) {
  if (own_) own_->restart(endpoint_id);
}
void Northbound::remove_agent(const std::string& endpoint_id) {
  if (own_) own_->remove(endpoint_id);
}

bool Northbound::ready() const { return connected() || (own_ && own_->empty()); }

void Northbound::poke() {
  if (poked_.exchange(true)) return;
  asio::post(strand_, [this] {
    poked_ = false;
    outbox_signal_.notify();
    timer_signal_.notify();
  });
}

std::string Northbound::agent_topic(const std::string& endpoint_id) const {
  return usp::expand_topic(runtime_.config.mqtt.agent_topic, endpoint_id);
}

void Northbound::fill(AgentFacts& facts) const {
  const BrokerLinks::Link link = links_.of(facts.endpoint_id);
  facts.connected = link.number != 0;
  facts.connected_since_ms = link.since_ms;
  facts.client_id = link.client_id;
  facts.discovered_topic = link.reply_topic;
  if (own_) return own_->fill(facts.endpoint_id, facts);
  usp::mtp::TransportCounters counters = transport_->counters();
  facts.messages_sent = counters.delivered;
  facts.messages_received = counters.received;
  facts.connection_errors = static_cast<std::uint32_t>(counters.connect_failures);
}

const ControllerConfig* Northbound::controller(const std::string& endpoint_id) const {
  auto found = controllers_.find(endpoint_id);
  return found == controllers_.end() ? nullptr : found->second;
}

// ---- in

void Northbound::on_message(usp::mtp::InboundMessage message) {
  runtime_.metrics.mqtt_received.Increment();
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
  usp::InRecord record = usp::decode_record(message.payload, own_id);
  const auto* in = std::get_if<usp::InMessage>(&record);
  if (in == nullptr || !in->msg.body().has_request()) return;
  const ControllerConfig* from = controller(in->from_id);
  std::string topic = from == nullptr ? "" : reply_topic(*from, message);
  if (topic.empty()) return;
  usp::Error error{usp::ErrorCode::kResourcesExceeded, "too many requests wait already", {}};
  usp_msg::Msg answer = usp::make_error(in->msg.header().msg_id(), error);
  transport_->send({topic, usp::encode_message(own_id, in->from_id, answer), agent_topic(own_id),
                    message.correlation, own_id, runtime_.config.mqtt.qos, 0});
}

std::string Northbound::reply_topic(const ControllerConfig& controller,
                                    const usp::mtp::InboundMessage& message) const {
  std::string own = controller.resolved_topic();
  if (!message.response_topic || message.response_topic->empty()) return own;
  const std::string& asked = *message.response_topic;
  bool allowed = controller.reply_prefix.empty() ? usp::is_at_or_below(own, asked)
                                                 : asked.starts_with(controller.reply_prefix);
  return allowed && usp::is_topic_name(asked) ? asked : std::string{};
}

asio::awaitable<void> Northbound::receive(usp::mtp::InboundMessage message) {
  Metrics& metrics = runtime_.metrics;
  auto to_id = usp::peek_to_id(message.payload);
  if (!to_id) {
    metrics.mqtt_dropped.add({"no record"});
    spdlog::info("mqtt: {} bytes on {} are no USP record", message.payload.size(), message.topic);
    co_return;
  }
  std::string endpoint_id(*to_id);
  if (!message.endpoint_id.empty() && message.endpoint_id != endpoint_id) {
    metrics.mqtt_dropped.add({"another agent"});
    spdlog::info("mqtt: record for {} on the connection of {} dropped", endpoint_id,
                 message.endpoint_id);
    co_return;
  }
  Result<DevicePtr> found = co_await runtime_.registry->by_endpoint_id(endpoint_id);
  if (!found || !*found) {
    metrics.mqtt_dropped.add({"unknown agent"});
    spdlog::debug("mqtt: record for {}, which is no agent of ours", endpoint_id);
    co_return;
  }
  DevicePtr device = *found;
  usp::InRecord record = usp::decode_record(message.payload, endpoint_id);
  if (const auto* dropped = std::get_if<usp::InDropped>(&record)) {
    metrics.mqtt_dropped.add({usp::name_of(dropped->reason)});
    spdlog::info("mqtt: record for {} dropped: {}", endpoint_id, usp::name_of(dropped->reason));
    co_return;
  }
  std::string from_id = std::visit(
      [](const auto& in) -> std::string {
        if constexpr (requires { in.from_id; }) return in.from_id;
        return {};
      },
      record);
  const ControllerConfig* from = controller(from_id);
  auto* in = std::get_if<usp::InMessage>(&record);
  if (from == nullptr && in != nullptr && usp::is_answer(in->msg)) {
    // Of a controller that was added to the agent's table: it is told things and may confirm them.
    auto answering = device->agent().on_peer_answer(from_id, std::move(in->msg));
    co_await asio::co_spawn(device->strand(), std::move(answering), asio::use_awaitable);
    co_return;
  }
  if (from == nullptr) {
    metrics.mqtt_dropped.add({"unknown controller"});
    spdlog::warn("mqtt: {} is no configured controller; its record for {} is dropped", from_id,
                 endpoint_id);
    co_return;
  }
  std::string topic = reply_topic(*from, message);
  if (topic.empty()) {
    metrics.mqtt_dropped.add({"response topic"});
    spdlog::warn("mqtt: {} asks for answers on {}, outside its prefix; its record is dropped",
                 from_id, message.response_topic.value_or(""));
    co_return;
  }
  if (in != nullptr) {
    Caller caller{from, from_id, topic, message.correlation};
    auto handling = device->agent().on_message(std::move(caller), std::move(in->msg));
    co_await asio::co_spawn(device->strand(), std::move(handling), asio::use_awaitable);
  } else if (const auto* faulty = std::get_if<usp::InFaulty>(&record)) {
    const usp_msg::Error& error = faulty->answer.body().error();
    spdlog::info("mqtt: request {} of {} for {} answered with {}: {}",
                 faulty->answer.header().msg_id(), from_id, endpoint_id, error.err_code(),
                 error.err_msg());
    send(*device, from_id, topic, message.correlation, faulty->answer);
  } else if (std::holds_alternative<usp::InSession>(record)) {
    greet(endpoint_id, device->id(), from_id, from->resolved_topic());
    std::string answer =
        usp::encode_disconnect(endpoint_id, from_id, usp::ErrorCode::kSessionContextNotAllowed,
                               "session contexts are not supported");
    transport_->send({topic, std::move(answer), agent_topic(endpoint_id), message.correlation,
                      endpoint_id, runtime_.config.mqtt.qos, 0});
  } else {
    spdlog::debug("mqtt: connect or disconnect record of {} for {}", from_id, endpoint_id);
  }
}

// ---- out

void Northbound::greet(const std::string& from_id, std::int64_t device_id,
                       const std::string& controller_id, const std::string& controller_topic) {
  const std::uint64_t connection = links_.take_greeting(from_id, device_id, controller_id);
  if (connection == 0) return;
  auto version = runtime_.config.mqtt.version == MqttConfig::Version::k5 ? usp::MqttVersion::kV5
                                                                         : usp::MqttVersion::kV311;
  std::string topic = links_.reply_topic_of(from_id);
  if (topic.empty()) topic = agent_topic(from_id);
  std::string record = usp::encode_mqtt_connect(from_id, controller_id, version, topic);
  auto refused = transport_->send({controller_topic,
                                   std::move(record),
                                   topic,
                                   {},
                                   from_id,
                                   runtime_.config.mqtt.qos,
                                   connection});
  if (refused) links_.return_greeting(from_id, device_id, controller_id);
}

void Northbound::publish(const Target& target, const usp_msg::Msg& msg,
                         usp::mtp::SendCompletion done) {
  // One that only the agent's table knows is told things, on its own topic, and never answered.
  const ControllerConfig* known = controller(target.controller);
  greet(target.from_id, target.device_id, target.controller,
        known == nullptr ? target.topic : known->resolved_topic());
  usp::mtp::OutboundMessage out;
  out.topic = target.topic;
  out.payload = usp::encode_message(target.from_id, target.controller, msg);
  out.response_topic = agent_topic(target.from_id);
  out.correlation = target.correlation;
  out.from = target.from_id;
  out.qos = runtime_.config.mqtt.qos;
  out.connection = links_.number_of(target.from_id);
  if (out.connection == 0) return done(SendResult::kNotConnected);
  auto refused = transport_->send(std::move(out), done);
  if (refused) return done(*refused);
  runtime_.metrics.mqtt_published.Increment();
}

void Northbound::send(const Device& device, const std::string& controller_id,
                      const std::string& topic, const std::string& correlation,
                      const usp_msg::Msg& msg) {
  Target target{device.endpoint_id(), device.id(), controller_id, topic, correlation};
  std::string msg_id = msg.header().msg_id();
  bool is_error = msg.body().has_error();
  publish(target, msg, [this, target, msg_id, is_error](SendResult result) {
    if (result == SendResult::kDelivered) return;
    spdlog::warn("mqtt: answer {} of {} to {} not delivered: {}", msg_id, target.from_id,
                 target.controller, usp::mtp::name_of(result));
    runtime_.metrics.mqtt_dropped.add({"answer"});
    if (result != SendResult::kTooLarge || is_error) return;
    usp::Error error{
        usp::ErrorCode::kResourcesExceeded, "the answer is larger than the broker takes", {}};
    publish(target, usp::make_error(msg_id, error), [](SendResult) {});
  });
}

// ---- the connection

void Northbound::on_connected(const usp::mtp::ConnectionInfo& info) {
  const bool own = own_ != nullptr;
  spdlog::log(own ? spdlog::level::debug : spdlog::level::info, "mqtt: connected to {}:{} as {}",
              runtime_.config.mqtt.host, runtime_.config.mqtt.broker_port(), info.client_id);
  links_.on_connected(info, now_ms());
  runtime_.metrics.mqtt_connected.Set(static_cast<double>(links_.count()));
  if (own) {
    own_->on_connected(info);
    auto greeting = greet_for(info.endpoint_id);
    asio::co_spawn(runtime_.executor, std::move(greeting), asio::detached);
  } else {
    auto greeting = greet_all(info.number);
    asio::co_spawn(runtime_.executor, std::move(greeting), asio::detached);
  }
  poke();
}

void Northbound::on_disconnected(const usp::mtp::DisconnectInfo& info) {
  links_.on_disconnected(info);
  runtime_.metrics.mqtt_connected.Set(static_cast<double>(links_.count()));
  spdlog::warn("mqtt: {} {}:{}{}{}: {} (reason code {}, attempt {})",
               info.number != 0 ? "lost" : "cannot connect to", runtime_.config.mqtt.host,
               runtime_.config.mqtt.broker_port(), info.endpoint_id.empty() ? "" : " as ",
               info.endpoint_id, info.text, info.reason_code, info.failed_attempts);
}

asio::awaitable<void> Northbound::greet_for(std::string endpoint_id) {
  Result<DevicePtr> device = co_await runtime_.registry->by_endpoint_id(endpoint_id);
  if (!device || !*device) co_return;
  for (const auto& [id, config] : controllers_) {
    greet(endpoint_id, (*device)->id(), id, config->resolved_topic());
  }
}

asio::awaitable<void> Northbound::greet_all(std::uint64_t connection) {
  // Paced: a fleet's worth of records at once would hold everything else up (design).
  constexpr std::size_t kPage = 64;
  auto pause = std::chrono::duration_cast<std::chrono::milliseconds>(
      std::chrono::duration<double>(kPage / runtime_.config.mqtt.connect_record_rate));
  asio::steady_timer timer(runtime_.executor);
  std::int64_t after = 0;
  while (!stopping_ && links_.number_of({}) == connection) {
    auto read = [after](StateReader& state, MirrorReader&) {
      DeviceFilter filter;
      filter.onboarded = true;
      return state.devices(after, kPage, filter);
    };
    Result<std::vector<DeviceRow>> page = co_await runtime_.store.read(std::move(read));
    if (!page || page->empty()) co_return;
    for (const DeviceRow& row : *page) {
      after = row.id;
      for (const auto& [id, config] : controllers_) {
        greet(row.endpoint_id, row.id, id, config->resolved_topic());
      }
    }
    timer.expires_after(pause);
    co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
  }
}

}  // namespace bridge
