#include "bridge/northbound.h"

#include <spdlog/spdlog.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <utility>

#include "bridge/device.h"
#include "bridge/diagnosis.h"
#include "bridge/metrics.h"
#include "bridge/mqtt_options.h"
#include "bridge/registry.h"
#include "bridge/runtime.h"
#include "usp/agent.h"
#include "usp/topic.h"

namespace bridge {

namespace asio = boost::asio;
using usp::mtp::SendResult;

namespace {

/// Their devices are loaded to see whether they are in a table: no more than others' work bears.
constexpr double kStrangersPerSecond = 200;

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
      links_(!transport_ && has_own_connections(runtime)),
      trust_(runtime.config.signatures),
      pace_(runtime.config.controllers),
      sessions_(runtime.executor, runtime.metrics,
                [this](const SessionContexts::Peer& peer, std::string record,
                       usp::mtp::SendCompletion done) {
                  return publish_record(peer, std::move(record), std::move(done));
                }),
      audit_(runtime.metrics),
      strangers_(kStrangersPerSecond, 2 * kStrangersPerSecond) {
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
      auto shared_mqtt = std::make_unique<usp::mtp::MqttTransport>(shared_mqtt_options(mqtt));
      shared_mqtt_ = shared_mqtt.get();
      transport_ = std::move(shared_mqtt);
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
  say_goodbye();
  sessions_.stop();
  poke();
  transport_->stop(grace);
  links_.clear();
}

void Northbound::say_goodbye() {
  const std::string reason = "the bridge stops";
  for (const SessionContexts::Peer& peer : sessions_.open_peers()) {
    sessions_.close(peer.agent, peer.controller);
    disconnect(peer, usp::ErrorCode::kSessionContextTerminated, reason);
  }
  for (const BrokerLinks::Greeted& each : links_.greeted()) {
    const ControllerConfig* known = controller(each.controller);
    if (known == nullptr) continue;
    disconnect({each.endpoint_id,
                each.controller,
                each.device_id,
                known->resolved_topic(each.endpoint_id),
                {},
                seal_bytes(each.controller)},
               usp::ErrorCode::kNone, reason);
  }
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

bool Northbound::ready() const { return connected() || (own_ && own_->size() == 0); }

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
  std::vector<std::string> ids;
  for (const auto& [id, config] : controllers_) ids.push_back(id);
  sessions_.fill(facts, ids);
  if (own_) return own_->fill(facts.endpoint_id, facts);
  usp::mtp::TransportCounters counters = transport_->counters();
  facts.messages_sent = counters.delivered;
  facts.messages_received = counters.received;
  facts.connection_errors = static_cast<std::uint32_t>(counters.connect_failures);
}

BrokerFacts Northbound::facts() const {
  const MqttConfig& mqtt = runtime_.config.mqtt;
  const BrokerLinks::Link link = links_.of({});
  const BrokerLinks::Trouble trouble = links_.last_trouble();
  BrokerFacts facts;
  facts.host = mqtt.host;
  facts.port = mqtt.broker_port();
  facts.version = mqtt.version == MqttConfig::Version::k5 ? "5.0" : "3.1.1";
  facts.tls = mqtt.tls.enabled;
  facts.username = mqtt.username;
  facts.one_each = own_ != nullptr;
  facts.idle = own_ != nullptr && own_->size() == 0;
  facts.standing = transport_->counters().connected;
  facts.wanted = own_ ? own_->size() : mqtt.connections;
  facts.since_ms = link.since_ms;
  facts.trouble_ms = trouble.time_ms;
  facts.reason_code = trouble.reason_code;
  facts.trouble = trouble.text;
  if (shared_mqtt_ == nullptr) return facts;
  for (const usp::mtp::SubscriptionState& each : shared_mqtt_->subscriptions()) {
    using Is = usp::mtp::SubscriptionState::Is;
    facts.topics.push_back({each.filter, each.is == Is::kGranted, each.is == Is::kRefused});
  }
  return facts;
}

const ControllerConfig* Northbound::controller(const std::string& endpoint_id) const {
  auto found = controllers_.find(endpoint_id);
  return found == controllers_.end() ? nullptr : found->second;
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
  std::string record = sealed(from_id, controller_id,
                              usp::encode_mqtt_connect(from_id, controller_id, version, topic));
  auto refused = transport_->send({controller_topic,
                                   std::move(record),
                                   topic,
                                   {},
                                   from_id,
                                   runtime_.config.mqtt.qos,
                                   connection});
  if (refused) links_.return_greeting(from_id, device_id, controller_id);
}

std::optional<SendResult> Northbound::publish_record(const SessionContexts::Peer& peer,
                                                     std::string record,
                                                     usp::mtp::SendCompletion done) {
  // One that only the agent's table knows is greeted where it is told or answered.
  const ControllerConfig* known = controller(peer.controller);
  if (!peer.stranger) {
    greet(peer.agent, peer.device_id, peer.controller,
          known == nullptr ? peer.topic : known->resolved_topic(peer.agent));
  }
  usp::mtp::OutboundMessage out;
  out.topic = peer.topic;
  out.payload = sealed(peer.agent, peer.controller, std::move(record));
  out.response_topic = agent_topic(peer.agent);
  out.correlation = peer.correlation;
  out.from = peer.agent;
  out.qos = runtime_.config.mqtt.qos;
  out.connection = links_.number_of(peer.agent);
  if (out.connection == 0) return SendResult::kNotConnected;
  auto refused = transport_->send(std::move(out), std::move(done));
  if (!refused) runtime_.metrics.mqtt_published.Increment();
  return refused;
}

void Northbound::publish(const Target& target, const usp_msg::Msg& msg,
                         usp::mtp::SendCompletion done) {
  SessionContexts::Peer peer{target.from_id, target.controller,  target.device_id,
                             target.topic,   target.correlation, seal_bytes(target.controller),
                             target.stranger};
  // Else a context would count a record that nobody gets.
  if (links_.number_of(target.from_id) == 0) return done(SendResult::kNotConnected);
  const bool allowed = target.session.mode != SessionMode::kForbid;
  const bool in_session =
      target.is_answer ? target.in_session && allowed : sessions_.is_used(peer, target.session);
  std::optional<SendResult> refused;
  if (in_session) {
    refused = sessions_.send(peer, target.session, msg.SerializeAsString(), done);
  } else {
    std::string record = usp::encode_message(target.from_id, target.controller, msg);
    const std::size_t limit = target.session.max_record_bytes;
    const bool too_large = limit != 0 && record.size() + peer.seal_bytes > limit;
    refused = too_large ? SendResult::kTooLarge : publish_record(peer, std::move(record), done);
  }
  if (refused) done(*refused);
}

void Northbound::send(const Device& device, const ReplyTo& to, const usp_msg::Msg& msg) {
  Target target{device.endpoint_id(), device.id(), to.controller, to.topic,   to.correlation,
                to.in_session,        true,        to.session,    to.stranger};
  std::string msg_id = msg.header().msg_id();
  bool is_error = msg.body().has_error();
  publish(target, msg, [this, target, msg_id, is_error](SendResult result) {
    if (result == SendResult::kDelivered) return;
    spdlog::warn("mqtt: answer {} of {} to {} not delivered: {}", msg_id, target.from_id,
                 target.controller, usp::mtp::name_of(result));
    runtime_.metrics.mqtt_dropped.add({"answer"});
    if (result != SendResult::kTooLarge || is_error) return;
    usp::Error error{usp::ErrorCode::kResourcesExceeded,
                     "the answer is larger than the broker or MaxUSPRecordSize allow",
                     {}};
    publish(target, usp::make_error(msg_id, error), [](SendResult) {});
  });
}

// ---- session contexts

void Northbound::disconnect(const SessionContexts::Peer& peer, usp::ErrorCode code,
                            const std::string& reason) {
  publish_record(peer, usp::encode_disconnect(peer.agent, peer.controller, code, reason), {});
  // The next record to it is a Connect record (R-MTP.8).
  links_.return_greeting(peer.agent, peer.device_id, peer.controller);
}

void Northbound::apply_session(const Device& device, const LocalController& row) {
  const std::string& id = row.endpoint_id;
  if (!sessions_.configure(device.endpoint_id(), id, row.session)) return;
  const ControllerConfig* known = controller(id);
  disconnect({device.endpoint_id(),
              id,
              device.id(),
              known == nullptr ? row.topic : known->resolved_topic(device.endpoint_id()),
              {},
              seal_bytes(id)},
             usp::ErrorCode::kSessionContextTerminated, "session contexts are forbidden now");
}

void Northbound::reset_session(const Device& device, const std::string& id) {
  sessions_.reset(device.endpoint_id(), id);
}

// ---- the connection

void Northbound::on_connected(const usp::mtp::ConnectionInfo& info) {
  const bool own = own_ != nullptr;
  spdlog::log(own ? spdlog::level::debug : spdlog::level::info, "mqtt: connected to {}:{} as {}",
              runtime_.config.mqtt.host, runtime_.config.mqtt.broker_port(), info.client_id);
  sessions_.set_max_packet_bytes(info.maximum_packet_bytes);
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
  links_.on_disconnected(info, now_ms());
  runtime_.metrics.mqtt_connected.Set(static_cast<double>(links_.count()));
  const bool own_doing = stopping_ && info.number != 0 && info.reason_code == 0;
  spdlog::log(own_doing ? spdlog::level::debug : spdlog::level::warn,
              "mqtt: {} {}:{}{}{}: {} (reason code {}, attempt {})",
              info.number != 0 ? "lost" : "cannot connect to", runtime_.config.mqtt.host,
              runtime_.config.mqtt.broker_port(), info.endpoint_id.empty() ? "" : " as ",
              info.endpoint_id, info.text, info.reason_code, info.failed_attempts);
}

asio::awaitable<void> Northbound::greet_for(std::string endpoint_id) {
  Result<DevicePtr> device = co_await runtime_.registry->by_endpoint_id(endpoint_id);
  if (!device || !*device) co_return;
  for (const auto& [id, config] : controllers_) {
    greet(endpoint_id, (*device)->id(), id, config->resolved_topic(endpoint_id));
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
        greet(row.endpoint_id, row.id, id, config->resolved_topic(row.endpoint_id));
      }
    }
    timer.expires_after(pause);
    co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
  }
}

}  // namespace bridge
