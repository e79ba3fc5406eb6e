// The connections that stand between the agents and the broker, and whom each agent has greeted
// over its own.
#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "usp/mtp/transport.h"

namespace bridge {

/// Thread-safe. An agent's endpoint id leads to its connection, or to the one that all share.
class BrokerLinks {
 public:
  /// `one_each`: every agent has a connection of its own.
  explicit BrokerLinks(bool one_each) : one_each_(one_each) {}

  struct Link {
    std::uint64_t number = 0;  ///< of the connection; 0: none stands
    std::int64_t since_ms = 0;
    std::string client_id;
    std::string reply_topic;  ///< Response Information (R-MQTT.21); empty: none
  };

  void on_connected(const usp::mtp::ConnectionInfo& info, std::int64_t now_ms);
  void on_disconnected(const usp::mtp::DisconnectInfo& info, std::int64_t now_ms);
  void clear();

  /// The last connection that ended, or could not be made.
  struct Trouble {
    std::int64_t time_ms = 0;  ///< 0: there was none
    int reason_code = 0;       ///< of MQTT; 0: none came
    std::string text;
  };
  Trouble last_trouble() const;

  bool any() const { return standing_ != 0; }
  std::size_t count() const { return standing_; }
  Link of(const std::string& endpoint_id) const;
  std::uint64_t number_of(const std::string& endpoint_id) const;
  /// Where this agent's controllers answer to, other than its configured topic; empty: there.
  std::string reply_topic_of(const std::string& endpoint_id) const;

  /// The connection over which a Connect record has to go before anything else (R-MTP.8); 0: it has
  /// gone, or there is no connection. One caller gets it.
  std::uint64_t take_greeting(const std::string& endpoint_id, std::int64_t device_id,
                              const std::string& controller);
  /// The record could not be sent after all.
  void return_greeting(const std::string& endpoint_id, std::int64_t device_id,
                       const std::string& controller);

  struct Greeted {
    std::string endpoint_id;
    std::int64_t device_id = 0;
    std::string controller;
  };
  /// Whom agents have greeted over connections of their own.
  std::vector<Greeted> greeted() const;

 private:
  struct State {
    Link link;
    std::set<std::pair<std::int64_t, std::string>> greeted;  ///< device and controller
  };
  using States = std::unordered_map<std::string, State>;
  const std::string& key_of(const std::string& endpoint_id) const;

  const bool one_each_;
  std::atomic<std::size_t> standing_{0};
  mutable std::mutex mutex_;
  States states_;  ///< by endpoint id; shared: by ""
  Trouble trouble_;
};

}  // namespace bridge
