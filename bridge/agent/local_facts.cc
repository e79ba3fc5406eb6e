#include "bridge/agent/local_facts.h"

#include <algorithm>
#include <cassert>

#include "bridge/agent/date_time.h"

namespace bridge {
namespace {

struct Fact {
  std::string_view object;  ///< end of the supported path
  std::string_view name;
  std::string (*text)(const AgentFacts&);
};

/// Never negative: clocks of two machines differ.
std::string seconds_since(std::int64_t then_ms, std::int64_t now_ms) {
  if (then_ms == 0) return "0";
  return std::to_string(std::max<std::int64_t>(0, now_ms - then_ms) / 1000);
}

using F = AgentFacts;

constexpr Fact kFacts[] = {
    {".LocalAgent.", "EndpointID", [](const F& f) { return f.endpoint_id; }},
    {".LocalAgent.", "SoftwareVersion", [](const F& f) { return f.software_version; }},
    {".LocalAgent.", "UpTime", [](const F& f) { return seconds_since(f.up_since_ms, f.now_ms); }},
    {".MTP.{i}.", "Status", [](const F& f) { return std::string(f.connected ? "Up" : "Down"); }},
    {".MQTT.", "ResponseTopicConfigured", [](const F& f) { return f.response_topic; }},
    {".MQTT.", "ResponseTopicDiscovered", [](const F& f) { return f.discovered_topic; }},
    {".Client.{i}.", "Status",
     [](const F& f) { return std::string(f.connected ? "Connected" : "Connecting"); }},
    {".Client.{i}.", "ClientID", [](const F& f) { return f.client_id; }},
    {".Client.{i}.", "ResponseInformation", [](const F& f) { return f.discovered_topic; }},
    {".Stats.", "BrokerConnectionEstablished",
     [](const F& f) { return format_date_time(f.connected_since_ms); }},
    {".Stats.", "MQTTMessagesSent", [](const F& f) { return std::to_string(f.messages_sent); }},
    {".Stats.", "MQTTMessagesReceived",
     [](const F& f) { return std::to_string(f.messages_received); }},
    {".Stats.", "ConnectionErrors", [](const F& f) { return std::to_string(f.connection_errors); }},
    {"Cwmp.", "LastInformTime", [](const F& f) { return format_date_time(f.last_inform_ms); }},
    {"Cwmp.", "LastInformEvents", [](const F& f) { return f.last_inform_events; }},
    {"Cwmp.", "Reachability", [](const F& f) { return f.reachability; }},
    {"Cwmp.", "LastConnectionRequestTime",
     [](const F& f) { return format_date_time(f.last_request_ms); }},
    {"Cwmp.", "LastConnectionRequestResult", [](const F& f) { return f.last_request_result; }},
    {"Cwmp.", "MirrorTime", [](const F& f) { return format_date_time(f.oldest_value_ms); }},
    {"Cwmp.", "MirrorAge", [](const F& f) { return seconds_since(f.oldest_value_ms, f.now_ms); }},
    {"Cwmp.", "MirrorComplete",
     [](const F& f) { return std::string(f.mirror_complete ? "true" : "false"); }},
    {"Cwmp.", "UnreadParameters",
     [](const F& f) { return std::to_string(f.tree == nullptr ? 0 : f.tree->unread_count()); }},
    {"Cwmp.", "OpenOperations", [](const F& f) { return std::to_string(f.open_operations); }},
    {"Cwmp.", "NativeRoot", [](const F& f) { return f.native_root; }},
};

}  // namespace

std::string fact_text(std::string_view supported_path, std::string_view name,
                      const AgentFacts& facts) {
  for (const Fact& fact : kFacts) {
    if (fact.name == name && supported_path.ends_with(fact.object)) return fact.text(facts);
  }
  assert(false && "a fact of the schema without a row here");
  return {};
}

std::string session_fact_text(std::string_view name, const SessionFacts& facts) {
  return name == "Status" ? facts.status : std::to_string(facts.retry_count);
}

}  // namespace bridge
