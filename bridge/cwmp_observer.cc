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

}  // namespace

void CwmpObserver::on_session_end(const cwmp::SessionReport& report) {
  std::chrono::duration<double> seconds = report.duration;
  metrics_.cwmp_sessions.add({name_of(report.end)});
  metrics_.cwmp_session_seconds.Observe(seconds.count());
  spdlog::info("session of {}-{}-{} from {}: {}{}{}, events [{}], {} RPCs, {} requests, {:.3f} s",
               report.device.oui, report.device.product_class, report.device.serial_number,
               report.peer_address, name_of(report.end), report.reason.empty() ? "" : ": ",
               report.reason, report.events, report.rpcs, report.cpe_requests, seconds.count());
}

void CwmpObserver::on_rejected(const cwmp::RejectionReport& report) {
  if (report.kind == cwmp::Rejection::kChallenged) return;  // how every session begins
  bool busy = report.kind == cwmp::Rejection::kBusy || report.kind == cwmp::Rejection::kOverload;
  metrics_.cwmp_sessions.add({busy ? "busy" : "refused"});
  spdlog::warn("cwmp: request from {} refused ({}, HTTP {}): {}{}{}", report.peer_address,
               cwmp::to_string(report.kind), report.http_status, report.text,
               report.username.empty() ? "" : ", user ", report.username);
}

void CwmpObserver::on_response(unsigned http_status) {
  metrics_.http_requests.add({std::to_string(http_status)});
}

}  // namespace bridge
