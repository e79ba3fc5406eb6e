// What the bridge knows about one virtual agent at this moment and shows in its data model.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>

#include "bridge/agent/e2e_session.h"
#include "bridge/tree.h"

namespace bridge {

/// Cheap to fill per request. Times are Unix milliseconds; 0: not known, shown as the unknown time
/// of TR-106 (0001-01-01T00:00:00Z).
struct AgentFacts {
  std::int64_t now_ms = 0;

  // Device.LocalAgent.
  std::string endpoint_id;
  std::string software_version;  ///< of the bridge
  std::string device_software_version;
  std::int64_t up_since_ms = 0;  ///< last boot of the CPE, or when the agent first came up
  std::int64_t created_ms = 0;   ///< when the agent first appeared: date of default rows
  std::string response_topic;    ///< where controllers reach this agent
  std::string discovered_topic;  ///< Response Information of CONNACK; empty in shared mode

  // Device.MQTT.Client.1.: the connection this agent uses.
  bool connected = false;
  std::string client_id;
  /// Topic Filter to Status of Device.MQTT.Client.{i}.Subscription.{i}. where that is not what
  /// `connected` says.
  std::map<std::string, std::string, std::less<>> topics;
  std::int64_t connected_since_ms = 0;
  std::uint64_t messages_sent = 0;
  std::uint64_t messages_received = 0;
  std::uint32_t connection_errors = 0;

  // Device.LocalAgent.Controller.{i}.E2ESession.
  std::map<std::string, SessionFacts, std::less<>> sessions;  ///< by the controller's Endpoint ID

  // Device.X_USPBRIDGE_Cwmp.
  std::int64_t last_inform_ms = 0;
  std::string last_inform_events;    ///< comma-separated: "2 PERIODIC,4 VALUE CHANGE"
  std::string reachability;          ///< Unknown, Reachable, Unreachable, Offline, InSession
  std::int64_t last_request_ms = 0;  ///< last connection request sent
  std::string last_request_result;   ///< empty: none was sent
  std::int64_t oldest_value_ms = 0;  ///< age of the mirror counts from here
  bool mirror_complete = false;      ///< the whole tree was walked and read
  const Tree* tree = nullptr;        ///< for what is counted when it is asked for
  std::uint32_t open_operations = 0;
  std::string native_root;  ///< "Device.", "InternetGatewayDevice."
};

}  // namespace bridge
