#include "bridge/control/explain_fill.h"

#include "bridge/control/backend.h"
#include "bridge/control/call.h"
#include "bridge/control/operation_service.h"

namespace bridge::control {

namespace {

template <class Duration>
void set_duration(Duration from, google::protobuf::Duration* out) {
  const auto micros = std::chrono::duration_cast<std::chrono::microseconds>(from).count();
  out->set_seconds(micros / 1'000'000);
  out->set_nanos(static_cast<std::int32_t>(micros % 1'000'000) * 1000);
}

v1::Finding::Severity to_proto(Finding::Severity severity) {
  switch (severity) {
    case Finding::Severity::kInfo:
      return v1::Finding::INFO;
    case Finding::Severity::kWarning:
      return v1::Finding::WARNING;
    case Finding::Severity::kError:
      return v1::Finding::ERROR;
  }
  return v1::Finding::SEVERITY_UNSPECIFIED;
}

void fill(const Finding& finding, v1::Finding* out) {
  out->set_severity(to_proto(finding.severity));
  out->set_reason(finding.reason);
  out->set_summary(finding.summary);
  out->set_advice(finding.advice);
}

void fill(const WakeWayInfo& way, v1::WakeWay* out) {
  out->set_name(way.name);
  out->set_usable(way.usable);
  out->set_why_not(way.why_not);
  if (way.last_try_ms > 0) set_timestamp(way.last_try_ms, out->mutable_last_try_time());
  out->set_last_outcome(way.last_outcome);
  out->set_silent_tries(way.silent_tries);
}

void fill(const SessionRecord& session, v1::SessionRecord* out) {
  set_timestamp(session.start_ms, out->mutable_start_time());
  set_duration(session.duration, out->mutable_duration());
  for (const std::string& code : session.event_codes) out->add_event_codes(code);
  out->set_outcome(session.outcome);
  out->set_rpcs(session.rpcs);
  out->set_peer(session.peer);
}

void fill(const std::string& method, const RpcTimes& times, v1::RpcTime* out) {
  out->set_rpc(method);
  out->set_count(times.count);
  out->set_faults(times.faults);
  if (times.count > 0) set_duration(times.total / times.count, out->mutable_mean());
  set_duration(times.longest, out->mutable_max());
}

}  // namespace

void fill(const Explanation& explanation, v1::DeviceExplanation* out) {
  for (const Finding& each : explanation.findings) fill(each, out->add_findings());
  for (const OperationInfo& each : explanation.queue) fill(each, out->add_queue());
  for (const std::string& each : explanation.frozen_by) out->add_frozen_by(each);
  for (const WakeWayInfo& each : explanation.ways) fill(each, out->add_wake_ways());
  for (const SessionRecord& each : explanation.records.sessions) {
    fill(each, out->add_sessions());
    if (out->sessions_size() == static_cast<int>(DeviceRecords::kMaxSessions)) break;
  }
  for (const auto& [method, times] : explanation.records.rpcs) {
    fill(method, times, out->add_rpc_times());
  }
  for (const std::string& each : explanation.quirks) out->add_quirks(each);
  for (const std::string& each : explanation.profiles) out->add_profiles(each);
  out->set_mirror_parameters(explanation.mirror_parameters);
  if (explanation.mirror_ms > 0) set_timestamp(explanation.mirror_ms, out->mutable_mirror_time());
  out->set_connection_request_url(explanation.connection_request_url);
}

}  // namespace bridge::control
