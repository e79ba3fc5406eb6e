// One try at a connection: Paho's client and its callbacks. Private to mqtt_link.cc.
#pragma once

#include <mqtt/async_client.h>

#include <memory>
#include <string>

#include "usp/mtp/mqtt_link.h"

namespace usp::mtp {

class MqttLink::Attempt final : private mqtt::iaction_listener {
 public:
  /// Throws mqtt::exception. `client_id` and `keep_alive` as the last connection left them.
  Attempt(MqttLink& link, std::string client_id, std::chrono::seconds keep_alive);
  /// Sends DISCONNECT if connected. Paho fails what is in flight; no callback comes afterwards.
  ~Attempt() override = default;

  void connect();                                              ///< throws mqtt::exception
  void subscribe(const Filters& filters);                      ///< throws mqtt::exception
  void unsubscribe(const std::vector<std::string>& filters);   ///< throws mqtt::exception
  void publish(Outgoing& outgoing, const std::string& reply);  ///< throws mqtt::exception

 private:
  void on_success(const mqtt::token& token) override;
  void on_failure(const mqtt::token& token) override;
  void on_connack(const mqtt::token& token);
  mqtt::properties connect_properties() const;
  void set_tls(mqtt::connect_options& options) const;

  MqttLink& link_;
  const std::shared_ptr<const MqttOptions> shared_;
  const MqttOptions& options_;
  const std::string client_id_;
  const std::chrono::seconds keep_alive_;
  mqtt::async_client client_;  // last: its callbacks use what is above
};

}  // namespace usp::mtp
