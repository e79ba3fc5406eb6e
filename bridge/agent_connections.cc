#include "bridge/agent_connections.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <stdexcept>
#include <utility>
#include <vector>

#include "bridge/agent/local_transaction.h"
#include "bridge/agent/virtual_agent.h"
#include "bridge/device.h"
#include "bridge/log.h"
#include "bridge/metrics.h"
#include "bridge/mqtt_options.h"
#include "bridge/registry.h"
#include "bridge/runtime.h"
#include "usp/topic.h"

namespace bridge {

namespace asio = boost::asio;

namespace {

constexpr std::size_t kPage = 64;
constexpr const char* kClientId = "Device.MQTT.Client.1.ClientID";

/// The queues of a connection that serves one agent; those of the configuration serve all.
std::size_t share_of(std::size_t all) { return std::max<std::size_t>(all / 100, 16); }

}  // namespace

usp::mtp::MqttOptions agent_mqtt_options(const MqttConfig& config, const LocalMqttClient& client,
                                         const std::string& endpoint_id) {
  usp::mtp::MqttOptions out = broker_options(config);
  const auto own = [&](const std::string& pattern, std::string& value) {
    if (!pattern.empty()) value = usp::expand_topic(pattern, endpoint_id);
  };
  own(config.per_agent.username, out.username);
  own(config.per_agent.password, out.password);
  out.client_id = client.client_id;
  out.connections = 1;
  out.endpoint_id = endpoint_id;
  out.use_connack_topics = true;
  for (const LocalMqttClient::Subscription& each : client.subscriptions) {
    out.subscriptions.push_back(each.topic);
    out.other_qos.emplace(each.topic, each.qos);
  }
  out.keep_alive = std::chrono::seconds(client.keep_alive_s);
  out.retry.time = std::chrono::seconds(client.retry_time_s);
  out.retry.interval_multiplier = client.retry_multiplier;
  out.retry.max_interval = std::chrono::seconds(client.retry_max_s);
  out.max_queued = share_of(config.max_queued_messages);
  out.max_in_flight = std::min(out.max_in_flight, out.max_queued);
  out.max_handling = share_of(config.max_queued_messages);
  return out;
}

void AgentConnections::start() {
  auto connecting = connect_all();
  asio::co_spawn(runtime_.executor, std::move(connecting), asio::detached);
}

void AgentConnections::add(usp::mtp::MqttOptions options) {
  if (stopping_) return;
  const std::string id = options.endpoint_id;
  try {
    if (transport_.add(std::move(options)) != usp::mtp::MqttAgents::Added::kFull) return;
    runtime_.metrics.mqtt_agents_refused.Increment();
    log_warn({.device = id}, "its agent is not on the broker: mqtt.per_agent.max_agents ({}) are",
             runtime_.config.mqtt.per_agent.max_agents);
  } catch (const std::invalid_argument& error) {
    log_error({.device = id}, "its agent is not on the broker: {}", error.what());
  }
}

void AgentConnections::configure(const Device& device) {
  AgentFacts facts;
  facts.endpoint_id = device.endpoint_id();
  const LocalMqttClient client = device.local().mqtt_client(facts);
  add(agent_mqtt_options(runtime_.config.mqtt, client, device.endpoint_id()));
}

void AgentConnections::remove(const std::string& endpoint_id) { transport_.remove(endpoint_id); }
void AgentConnections::restart(const std::string& endpoint_id) {
  transport_.reconnect(endpoint_id);
}

/// Without waking the devices' trees: their stored rows say all that it takes.
asio::awaitable<void> AgentConnections::connect_all() {
  std::int64_t after = 0;
  while (!stopping_) {
    using Rows = std::vector<std::pair<std::string, std::vector<LocalValue>>>;
    auto read = [&after](StateReader& state, MirrorReader&) -> Result<Rows> {
      DeviceFilter filter;
      filter.onboarded = true;
      auto devices = state.devices(after, kPage, filter);
      if (!devices) return tl::unexpected(devices.error());
      Rows rows;
      for (const DeviceRow& row : *devices) {
        auto values = state.local_values(row.id);
        if (!values) return tl::unexpected(values.error());
        rows.emplace_back(row.endpoint_id, *std::move(values));
        after = row.id;
      }
      return rows;
    };
    Result<Rows> page = co_await runtime_.store.read(std::move(read));
    if (!page) spdlog::error("mqtt: agents cannot be read: {}", page.error().text);
    if (!page || page->empty()) co_return;
    for (const auto& [endpoint_id, values] : *page) {
      AgentFacts facts;
      facts.endpoint_id = endpoint_id;
      const LocalModel model(runtime_.base, values);
      add(agent_mqtt_options(runtime_.config.mqtt, model.mqtt_client(facts), endpoint_id));
    }
  }
}

void AgentConnections::on_connected(const usp::mtp::ConnectionInfo& info) {
  if (info.client_id.empty()) return;
  auto keeping = keep_client_id(info.endpoint_id, info.client_id);
  asio::co_spawn(runtime_.executor, std::move(keeping), asio::detached);
}

asio::awaitable<void> AgentConnections::keep_client_id(std::string endpoint_id,
                                                       std::string client_id) {
  Result<DevicePtr> found = co_await runtime_.registry->by_endpoint_id(endpoint_id);
  if (!found || !*found) co_return;
  DevicePtr device = *found;
  auto keep = [](DevicePtr of, std::string id) -> asio::awaitable<void> {
    Result<void> loaded = co_await of->load();
    if (!loaded) co_return;
    AgentFacts facts;
    facts.endpoint_id = of->endpoint_id();
    if (of->local().mqtt_client(facts).client_id == id) co_return;
    Commit commit;
    LocalTransaction transaction(of->local(), {.bridge = true}, now_ms());
    transaction.put(kClientId, std::move(id));
    commit.local.push_back(transaction.commit());
    auto storing = VirtualAgent::commit_quietly(of, std::move(commit));
    co_await std::move(storing);
  };
  auto keeping = keep(device, std::move(client_id));
  co_await asio::co_spawn(device->strand(), std::move(keeping), asio::use_awaitable);
}

void AgentConnections::fill(const std::string& endpoint_id, AgentFacts& facts) const {
  using Is = usp::mtp::SubscriptionState::Is;
  const auto state = transport_.state(endpoint_id);
  if (!state) return;
  facts.messages_sent = state->counters.delivered;
  facts.messages_received = state->counters.received;
  facts.connection_errors = static_cast<std::uint32_t>(state->counters.connect_failures);
  for (const usp::mtp::SubscriptionState& each : state->subscriptions) {
    if (each.is == Is::kPending) facts.topics[each.filter] = "Subscribing";
    if (each.is == Is::kRefused) facts.topics[each.filter] = "Error";
  }
}

}  // namespace bridge
