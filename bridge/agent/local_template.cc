#include "bridge/agent/local_template.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "bridge/agent/local_model.h"
#include "bridge/agent/roles.h"
#include "bridge/config.h"

namespace bridge {
namespace {

class Builder {
 public:
  explicit Builder(LocalTemplate& result) : result_(result) {}

  /// Adds a row and gives its path. An empty alias becomes cpe-<number>.
  std::string row(const std::string& table, std::uint32_t number, const std::string& alias = {}) {
    result_.rows[table].push_back(number);
    std::string path = table + std::to_string(number) + ".";
    put(path + "Alias", alias.empty() ? "cpe-" + std::to_string(number) : alias);
    return path;
  }
  void put(std::string path, std::string value) {
    result_.values.insert_or_assign(std::move(path), std::move(value));
  }

 private:
  LocalTemplate& result_;
};

std::string seconds(std::chrono::milliseconds time) {
  const auto whole = std::chrono::ceil<std::chrono::seconds>(time).count();
  return std::to_string(std::max<std::int64_t>(whole, 1));
}

std::string joined(const std::vector<std::string>& items) {
  std::string text;
  for (const std::string& item : items) {
    if (!text.empty()) text += ',';
    text += item;
  }
  return text;
}

void put_role(Builder& build, std::uint32_t number, const RoleConfig& config) {
  const std::string role = build.row("Device.LocalAgent.ControllerTrust.Role.", number);
  build.put(role + "Enable", "true");
  build.put(role + "Name", config.name);
  std::uint32_t order = 0;
  for (const PermissionConfig& wanted : config.permissions) {
    const std::string row = build.row(role + "Permission.", order + 1);
    build.put(row + "Enable", "true");
    build.put(row + "Order", std::to_string(order++));
    build.put(row + "Targets", joined(wanted.targets));
    build.put(row + "Param", wanted.param);
    build.put(row + "Obj", wanted.obj);
    build.put(row + "InstantiatedObj", wanted.instantiated_obj);
    build.put(row + "CommandEvent", wanted.command_event);
  }
}

void put_roles(Builder& build, const Config& config) {
  std::uint32_t number = 0;
  for (const RoleConfig& role : built_in_roles()) put_role(build, ++number, role);
  for (const RoleConfig& role : config.roles) put_role(build, ++number, role);
  build.put("Device.LocalAgent.ControllerTrust.UntrustedRole",
            role_reference(config, kUntrustedRoleName));
}

void put_mqtt(Builder& build, const MqttConfig& mqtt) {
  const std::string client = build.row("Device.MQTT.Client.", 1);
  build.put(client + "Name", "usp");
  build.put(client + "ProtocolVersion", mqtt.version == MqttConfig::Version::k5 ? "5.0" : "3.1.1");
  build.put(client + "BrokerAddress", mqtt.host);
  build.put(client + "BrokerPort", std::to_string(mqtt.broker_port()));
  build.put(client + "TransportProtocol", mqtt.tls.enabled ? "TLS" : "TCP/IP");
  build.put(client + "KeepAliveTime", std::to_string(mqtt.keep_alive.count()));
  build.put(client + "Username", mqtt.username);
  build.put(client + "ConnectRetryTime", seconds(mqtt.reconnect.min));
  build.put(client + "ConnectRetryMaxInterval", seconds(mqtt.reconnect.max));
  if (mqtt.mode == MqttConfig::Mode::kPerAgent) {
    build.put(client + "ClientID", mqtt.per_agent.client_id);
    if (!mqtt.per_agent.username.empty()) {
      build.put(client + "Username", mqtt.per_agent.username);
    }
  }
  const std::string subscription = build.row(client + "Subscription.", 1);
  build.put(subscription + "Enable", "true");
  build.put(subscription + "Topic", mqtt.agent_topic);
  build.put(subscription + "QoS", std::to_string(mqtt.qos));

  const std::string mtp = build.row("Device.LocalAgent.MTP.", 1);
  build.put(mtp + "MQTT.Reference", "Device.MQTT.Client.1");
  build.put(mtp + "MQTT.PublishQoS", std::to_string(mqtt.qos));
}

void put_controller(Builder& build, const Config& all, const ControllerConfig& config,
                    std::uint32_t number) {
  const std::string row = build.row("Device.LocalAgent.Controller.", number, config.alias);
  build.put(row + "EndpointID", config.endpoint_id);
  build.put(row + "Enable", "true");
  build.put(row + "AssignedRole", role_reference(all, config.role));
  build.put(row + "PeriodicNotifInterval", std::to_string(config.periodic_notif_interval.count()));
  build.put(row + "USPNotifRetryMinimumWaitInterval",
            std::to_string(config.notif_retry_minimum_wait.count()));
  build.put(row + "USPNotifRetryIntervalMultiplier",
            std::to_string(config.notif_retry_interval_multiplier));
  const std::string mtp = build.row(row + "MTP.", 1);
  build.put(mtp + "Enable", "true");
  build.put(mtp + "MQTT.Reference", "Device.MQTT.Client.1");
  build.put(mtp + "MQTT.AgentMTPReference", "Device.LocalAgent.MTP.1");
  build.put(mtp + "MQTT.Topic", config.resolved_topic("{endpoint_id}"));
}

void put_subscription(Builder& build, const SubscriptionConfig& config, std::uint32_t number,
                      std::uint32_t controller) {
  const std::string row = build.row("Device.LocalAgent.Subscription.", number);
  build.put(row + "Enable", "true");
  build.put(row + "Recipient", "Device.LocalAgent.Controller." + std::to_string(controller));
  build.put(row + "ID", config.id);
  build.put(row + "CreationDate", "{created}");
  build.put(row + "NotifType", config.notif_type);
  build.put(row + "ReferenceList", joined(config.reference_list));
  build.put(row + "Persistent", config.persistent ? "true" : "false");
  build.put(row + "NotifRetry", config.notif_retry ? "true" : "false");
  build.put(row + "NotifExpiration", std::to_string(config.notif_expiration.count()));
}

// Once for all agents that change nothing about it.
void put_grants(const Config& config, const std::shared_ptr<LocalTemplate>& result) {
  const LocalModel model(result, {});
  const auto add = [&](std::vector<std::string> roles) {
    result->grants.try_emplace(roles, make_grants(model, roles));
  };
  add({model.untrusted_role()});
  for (const ControllerConfig& row : config.controllers) add(model.standing(row.endpoint_id).roles);
}

}  // namespace

std::shared_ptr<const LocalTemplate> make_local_template(const Config& config) {
  auto result = std::make_shared<LocalTemplate>();
  result->schema = std::make_shared<LocalSchema>(config.device.vendor_prefix,
                                                 config.mqtt.mode == MqttConfig::Mode::kPerAgent);
  Builder build(*result);
  put_roles(build, config);
  put_mqtt(build, config.mqtt);
  std::uint32_t controller = 0;
  std::uint32_t subscription = 0;
  for (const ControllerConfig& row : config.controllers) {
    put_controller(build, config, row, ++controller);
    for (const SubscriptionConfig& wanted : row.default_subscriptions) {
      put_subscription(build, wanted, ++subscription, controller);
    }
  }
  put_grants(config, result);
  return result;
}

}  // namespace bridge
