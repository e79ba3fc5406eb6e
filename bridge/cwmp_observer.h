// Metrics and one log line for each CWMP session.
#pragma once

#include "cwmp/server.h"

namespace bridge {

class Metrics;

/// Thread-safe.
class CwmpObserver final : public cwmp::ServerObserver {
 public:
  explicit CwmpObserver(Metrics& metrics) : metrics_(metrics) {}

  void on_session_end(const cwmp::SessionReport& report) override;
  void on_rejected(const cwmp::RejectionReport& report) override;
  void on_response(unsigned http_status) override;

 private:
  Metrics& metrics_;
};

}  // namespace bridge
