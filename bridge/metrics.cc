#include "bridge/metrics.h"

#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <cassert>
#include <sstream>

namespace bridge {
namespace {

using Buckets = prometheus::Histogram::BucketBoundaries;

constexpr std::size_t kMaxLabelBytes = 64;

// From a local Get (under a millisecond) to a sleeping device (the operation's deadline).
const Buckets kRequestSeconds = {0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1,
                                 0.25,   0.5,   1,      2.5,   5,    10,    30,   60};
const Buckets kSessionSeconds = {0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 30, 60, 300};
const Buckets kWakeSeconds = {0.05, 0.1, 0.25, 0.5, 1, 2, 3, 5, 10, 20, 30};
const Buckets kFirstContactSeconds = {1, 2.5, 5, 10, 20, 30, 60, 120, 300, 600};
const Buckets kCommitSeconds = {0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01,
                                0.025,  0.05,    0.1,    0.25,  0.5,    1};
const Buckets kBatchJobs = {1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024};

prometheus::Gauge& gauge(prometheus::Registry& registry, const char* name, const char* help) {
  return prometheus::BuildGauge().Name(name).Help(help).Register(registry).Add({});
}

prometheus::Counter& counter(prometheus::Registry& registry, const char* name, const char* help) {
  return prometheus::BuildCounter().Name(name).Help(help).Register(registry).Add({});
}

prometheus::Histogram& histogram(prometheus::Registry& registry, const char* name, const char* help,
                                 const Buckets& buckets) {
  return prometheus::BuildHistogram().Name(name).Help(help).Register(registry).Add({}, buckets);
}

/// What a peer said may become a label value: short and printable.
std::string printable(std::string_view value) {
  std::string text(value.substr(0, kMaxLabelBytes));
  for (char& c : text) {
    if (c < ' ' || c > '~') c = '?';
  }
  return text;
}

}  // namespace

CounterFamily::CounterFamily(prometheus::Registry& registry, std::string name, std::string help,
                             std::vector<std::string> label_names)
    : label_names_(std::move(label_names)),
      family_(prometheus::BuildCounter()
                  .Name(std::move(name))
                  .Help(std::move(help))
                  .Register(registry)) {}

void CounterFamily::add(std::initializer_list<std::string_view> label_values, double by) {
  assert(label_values.size() == label_names_.size());
  series(label_values).Increment(by);
}

prometheus::Counter& CounterFamily::series(std::initializer_list<std::string_view> label_values) {
  std::string key;
  for (const std::string_view value : label_values) {
    key.append(value.substr(0, kMaxLabelBytes)).push_back('\n');
  }
  const std::lock_guard lock(mutex_);
  if (const auto known = series_.find(key); known != series_.end()) return *known->second;

  const bool full = series_.size() >= kMaxSeries;
  prometheus::Labels labels;
  auto name = label_names_.begin();
  for (const std::string_view value : label_values) {
    labels[*name++] = full ? std::string("other") : printable(value);
  }
  prometheus::Counter& made = family_.Add(labels);  // the same one for the same labels
  if (!full) series_.emplace(std::move(key), &made);
  return made;
}

HistogramFamily::HistogramFamily(prometheus::Registry& registry, std::string name, std::string help,
                                 std::string label_name, Buckets buckets)
    : label_name_(std::move(label_name)),
      buckets_(std::move(buckets)),
      family_(prometheus::BuildHistogram()
                  .Name(std::move(name))
                  .Help(std::move(help))
                  .Register(registry)) {}

void HistogramFamily::observe(std::string_view label_value, double value) {
  const prometheus::Labels labels{{label_name_, std::string(label_value)}};
  family_.Add(labels, buckets_).Observe(value);  // the same one for the same labels
}

Metrics::Metrics()
    : registry_(std::make_shared<prometheus::Registry>()),
      lingers(*registry_, "usp_bridge_cwmp_lingers_total", "Sessions held open by what came",
              {"ended_by"}),
      cwmp_tls(*registry_, "usp_bridge_cwmp_tls_sessions_total",
               "CWMP sessions by TLS version and model", {"version", "model"}),
      cwmp_sessions(*registry_, "usp_bridge_cwmp_sessions_total", "CWMP sessions by how they ended",
                    {"end"}),
      cwmp_informs(*registry_, "usp_bridge_cwmp_informs_total", "Events in accepted Informs",
                   {"event"}),
      cwmp_rpcs(*registry_, "usp_bridge_cwmp_rpcs_total", "RPCs called on devices",
                {"method", "result"}),
      cwmp_identity_flags(*registry_, "usp_bridge_cwmp_identity_flags_total",
                          "Sessions whose credential or address casts doubt on their identity",
                          {"reason"}),
      credential_rotations(*registry_, "usp_bridge_credential_rotations_total",
                           "Steps of giving devices a credential of their own", {"outcome"}),
      credentials_file_good(gauge(*registry_, "usp_bridge_credentials_file_good",
                                  "The file of credentials was read without a mistake")),
      cwmp_session_seconds(histogram(*registry_, "usp_bridge_cwmp_session_seconds",
                                     "From the Inform to the end of the session", kSessionSeconds)),
      cwmp_sessions_open(
          gauge(*registry_, "usp_bridge_cwmp_sessions_open", "CWMP sessions running now")),
      cwmp_deviations(*registry_, "usp_bridge_cwmp_deviations_total",
                      "Sessions in which a CPE departed from the standard, by how", {"kind"}),
      suspected_clones(counter(*registry_, "usp_bridge_cwmp_suspected_clones_total",
                               "Identities that two sources seemed to use in turn")),
      http_requests(*registry_, "usp_bridge_http_requests_total",
                    "HTTP requests of CPEs by status of the answer", {"status"}),
      connection_requests(*registry_, "usp_bridge_connection_requests_total",
                          "Connection requests sent to devices", {"way", "result"}),
      connection_request_sessions(*registry_, "usp_bridge_connection_request_sessions_total",
                                  "Connection requests that a session followed", {"way"}),
      connection_request_seconds(*registry_, "usp_bridge_connection_request_seconds",
                                 "From a connection request to the session that followed", "way",
                                 kWakeSeconds),
      xmpp_connected(gauge(*registry_, "usp_bridge_xmpp_connected",
                           "1: logged in to the XMPP server for connection requests")),
      stun_requests(*registry_, "usp_bridge_stun_requests_total",
                    "Datagrams at the STUN server by what became of them", {"outcome"}),
      stun_bindings(*registry_, "usp_bridge_stun_bindings_total",
                    "Signed NAT bindings by what became of them", {"outcome"}),
      usp_requests(*registry_, "usp_bridge_usp_requests_total", "USP requests of controllers",
                   {"type", "result"}),
      usp_denied(*registry_, "usp_bridge_usp_denied_total",
                 "USP requests of controllers whose roles do not allow all of it", {"type"}),
      usp_request_seconds(histogram(*registry_, "usp_bridge_usp_request_seconds",
                                    "From a USP request to its response", kRequestSeconds)),
      usp_notifications(*registry_, "usp_bridge_usp_notifications_total",
                        "USP notifications to controllers", {"type", "outcome"}),
      mqtt_connected(
          gauge(*registry_, "usp_bridge_mqtt_connected", "Connections to the broker that stand")),
      mqtt_agents_refused(
          counter(*registry_, "usp_bridge_mqtt_agents_refused_total",
                  "Agents that are not on the broker for want of a connection of their own")),
      mqtt_published(
          counter(*registry_, "usp_bridge_mqtt_published_total", "MQTT messages published")),
      mqtt_received(
          counter(*registry_, "usp_bridge_mqtt_received_total", "MQTT messages received")),
      mqtt_dropped(*registry_, "usp_bridge_mqtt_dropped_total",
                   "MQTT messages not taken or not sent", {"reason"}),
      record_signatures(*registry_, "usp_bridge_record_signatures_total",
                        "Signatures of USP records checked, or missing where wanted", {"result"}),
      controller_refusals(*registry_, "usp_bridge_controller_refusals_total",
                          "Requests above a limit of their controller", {"reason"}),
      unsigned_records(counter(*registry_, "usp_bridge_unsigned_records_total",
                               "USP records sent unsigned to controllers that want signatures")),
      session_contexts_open(gauge(*registry_, "usp_bridge_session_contexts_open",
                                  "USP session contexts open with controllers")),
      session_restarts(*registry_, "usp_bridge_session_restarts_total",
                       "USP session contexts that ended, by why", {"reason"}),
      session_retransmissions(*registry_, "usp_bridge_session_retransmissions_total",
                              "USP records asked for again by us, or sent again", {"direction"}),
      session_records_dropped(*registry_, "usp_bridge_session_records_dropped_total",
                              "USP records of session contexts that were not used", {"reason"}),
      freezes(gauge(*registry_, "usp_bridge_freezes", "Freezes of writes that hold now")),
      brakes_refused(*registry_, "usp_bridge_brakes_refused_total",
                     "Requests that a brake has refused, or a part of them", {"reason"}),
      operations(*registry_, "usp_bridge_operations_total", "Operations on devices by outcome",
                 {"kind", "outcome"}),
      grpc_calls(*registry_, "usp_bridge_grpc_calls_total", "Calls of the control API",
                 {"method", "code"}),
      grpc_seconds(histogram(*registry_, "usp_bridge_grpc_call_seconds",
                             "Calls of the control API, from first to last", kRequestSeconds)),
      outbox_dropped(*registry_, "usp_bridge_outbox_dropped_total",
                     "Notifications given up undelivered", {"reason"}),
      store_batch_jobs(histogram(*registry_, "usp_bridge_store_batch_jobs",
                                 "Write jobs committed together", kBatchJobs)),
      store_state_commit_seconds(histogram(*registry_, "usp_bridge_store_state_commit_seconds",
                                           "Commits of state.db", kCommitSeconds)),
      store_mirror_commit_seconds(histogram(*registry_, "usp_bridge_store_mirror_commit_seconds",
                                            "Commits of mirror.db", kCommitSeconds)),
      store_queue(gauge(*registry_, "usp_bridge_store_queue", "Write jobs waiting")),
      devices(gauge(*registry_, "usp_bridge_devices", "Devices known")),
      devices_online(gauge(*registry_, "usp_bridge_devices_online",
                           "Devices whose last Inform is young enough; counted twice a minute")),
      bulk_running(
          gauge(*registry_, "usp_bridge_bulk_operations_running", "Bulk operations under way")),
      bulk_devices(*registry_, "usp_bridge_bulk_devices_total",
                   "Devices that a bulk operation has dealt with", {"outcome"}),
      first_contact_seconds(histogram(*registry_, "usp_bridge_first_contact_seconds",
                                      "From the first Inform to the whole tree",
                                      kFirstContactSeconds)) {}

Metrics::~Metrics() = default;

std::string Metrics::text() const {
  std::ostringstream out;
  prometheus::TextSerializer().Serialize(out, registry_->Collect());
  return out.str();
}

}  // namespace bridge
