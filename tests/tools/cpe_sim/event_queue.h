// Inform events and changed parameters that the ACS has not heard of yet (TR-069 3.7.1.5).
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "cwmp/message.h"

namespace cpe_sim {

inline constexpr std::string_view kBootstrap = "0 BOOTSTRAP";
inline constexpr std::string_view kBoot = "1 BOOT";
inline constexpr std::string_view kPeriodic = "2 PERIODIC";
inline constexpr std::string_view kScheduled = "3 SCHEDULED";
inline constexpr std::string_view kValueChange = "4 VALUE CHANGE";
inline constexpr std::string_view kKicked = "5 KICKED";
inline constexpr std::string_view kConnectionRequest = "6 CONNECTION REQUEST";
inline constexpr std::string_view kTransferComplete = "7 TRANSFER COMPLETE";
inline constexpr std::string_view kDiagnosticsComplete = "8 DIAGNOSTICS COMPLETE";
inline constexpr std::string_view kAutonomousTransfer = "10 AUTONOMOUS TRANSFER COMPLETE";
inline constexpr std::string_view kModulesChanged = "11 DU STATE CHANGE COMPLETE";
inline constexpr std::string_view kAutonomousModules = "12 AUTONOMOUS DU STATE CHANGE COMPLETE";

/// What is raised while an Inform is on its way belongs to the next one.
class EventQueue {
 public:
  /// Single events ("1 BOOT") are kept once, multiple ones ("M Reboot") once for each key.
  void raise(std::string_view code, std::string_view command_key = {});
  /// A notified parameter changed: 4 VALUE CHANGE.
  void changed(const std::string& path);
  void forget_changes(std::string_view prefix);

  /// The Inform is made: its events and changed parameters.
  void start();
  const std::vector<cwmp::Event>& events() const { return sent_events_; }
  const std::set<std::string>& changes() const { return sent_changes_; }
  /// InformResponse has come.
  void delivered();
  /// The session failed before that: all is due again, but for 6 CONNECTION REQUEST.
  void failed();

  bool empty() const { return events_.empty(); }
  void clear();

 private:
  std::vector<cwmp::Event> events_;
  std::set<std::string> changes_;
  std::vector<cwmp::Event> sent_events_;
  std::set<std::string> sent_changes_;
};

}  // namespace cpe_sim
