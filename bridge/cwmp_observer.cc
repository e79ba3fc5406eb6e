#include "bridge/cwmp_observer.h"

#include <spdlog/spdlog.h>

#include <chrono>
#include <string>

#include "bridge/metrics.h"

namespace bridge {

namespace {

const char* name_of(cwmp::SessionEnd end) {
  switch (end) {
    case cwmp::SessionEnd::kComplete:
      return "complete";
    case cwmp::SessionEnd::kLost:
      return "lost";
    case cwmp::SessionEnd::kShutdown:
      return "shutdown";
  }
  return "";
}

constexpr std::size_t kMaxLoggedName = 80;

// "; deviations: no-id, unknown-method X_Hello". Nothing for a CPE that keeps to the standard.
std::string deviations_of(const cwmp::SessionReport& report) {
  std::string out;
  for (const cwmp::Deviation& each : report.deviations) {
    out += out.empty() ? "; deviations: " : ", ";
    out += cwmp::to_string(each.kind);
    if (!each.where.empty()) out += " ";
    // A name out of the CPE's message: no line ends, no megabytes.
    for (char c : each.where.substr(0, kMaxLoggedName)) out += c < ' ' ? '?' : c;
  }
  return out;
}

}  // namespace

void CwmpObserver::on_session_end(const cwmp::SessionReport& report) {
  std::chrono::duration<double> seconds = report.duration;
  metrics_.cwmp_sessions.add({name_of(report.end)});
  for (const cwmp::Deviation& each : report.deviations) {
    metrics_.cwmp_deviations.add({cwmp::to_string(each.kind)});
  }
  metrics_.cwmp_session_seconds.Observe(seconds.count());
  metrics_.cwmp_tls.add({report.tls_version.empty() ? "none" : report.tls_version,
                         report.device.manufacturer + " " + report.device.product_class});
  spdlog::info("session of {}-{}-{} from {}: {}{}{}, events [{}], {} RPCs, {} requests, {:.3f} s{}",
               report.device.oui, report.device.product_class, report.device.serial_number,
               report.peer_address, name_of(report.end), report.reason.empty() ? "" : ": ",
               report.reason, report.events, report.rpcs, report.cpe_requests, seconds.count(),
               deviations_of(report));
}

void CwmpObserver::on_rejected(const cwmp::RejectionReport& report) {
  if (report.kind == cwmp::Rejection::kChallenged) return;  // how every session begins
  bool busy = report.kind == cwmp::Rejection::kBusy || report.kind == cwmp::Rejection::kOverload;
  const bool throttled = report.kind == cwmp::Rejection::kThrottled;
  metrics_.cwmp_sessions.add({throttled ? "throttled" : busy ? "busy" : "refused"});
  spdlog::warn("cwmp: request from {} refused ({}, HTTP {}): {}{}{}", report.peer_address,
               cwmp::to_string(report.kind), report.http_status, report.text,
               report.username.empty() ? "" : ", user ", report.username);
}

void CwmpObserver::on_response(unsigned http_status) {
  metrics_.http_requests.add({std::to_string(http_status)});
}

}  // namespace bridge
