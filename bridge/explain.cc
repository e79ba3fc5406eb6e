#include "bridge/explain.h"

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "bridge/ago.h"

namespace bridge {

namespace {

using control::Finding;
using control::WakeWayInfo;
using Severity = Finding::Severity;

/// A clock this far off spoils what is read in the device's log, and certificates.
constexpr std::int64_t kClockSkewMs = 5 * 60'000;
/// A method that fails that often fails for a reason.
constexpr std::uint32_t kManyFaults = 3;
/// Devices answer most RPCs within a second; what takes that long holds everything up.
constexpr std::chrono::seconds kSlowRpc{10};
/// Sessions that end in the middle, of the last ten.
constexpr std::ptrdiff_t kManyLost = 3;
constexpr std::int64_t kMinuteMs = 60'000;

std::string listed(const std::vector<std::string>& words) {
  std::string out;
  for (const std::string& word : words) out += (out.empty() ? "" : ", ") + word;
  return out;
}

class Findings {
 public:
  explicit Findings(const ExplainFacts& facts) : facts_(facts) {}

  std::vector<Finding> run() {
    presence();
    brakes();
    wake_up();
    work();
    sessions();
    rpcs();
    clock();
    std::ranges::stable_sort(out_, std::greater{}, &Finding::severity);
    return std::move(out_);
  }

 private:
  void add(Severity severity, const char* reason, std::string summary, std::string advice) {
    out_.push_back({severity, reason, std::move(summary), std::move(advice)});
  }

  void presence() {
    if (facts_.last_inform_ms == 0) {
      add(Severity::kError, "NEVER_SEEN", "The bridge has never had an Inform of it.",
          "Check the ACS URL and the credential that the device has.");
    } else if (!facts_.online && !facts_.in_session) {
      add(Severity::kError, "OFFLINE",
          "Its last Inform came " + ago(facts_.last_inform_ms, facts_.now_ms) + ".",
          "Check its power and its line; it is back with its next Inform.");
    }
    if (facts_.last_inform_ms > 0 && !facts_.onboarded) {
      add(Severity::kWarning, "FIRST_WALK_INCOMPLETE",
          "Its tree has not been walked whole: its agent is not up, and controllers get no answer.",
          facts_.in_session ? "Wait for the end of the walk."
                            : "It goes on with the next session; lost sessions below tell why.");
    } else if (facts_.learning) {
      add(Severity::kInfo, "LEARNING", "Its tree is being walked again.", "");
    }
  }

  void brakes() {
    if (facts_.frozen_by.empty()) return;
    std::string summary = "Writes are frozen: " + listed(facts_.frozen_by) + ".";
    if (facts_.held_operations > 0) {
      summary += " " + std::to_string(facts_.held_operations) + " operations are held.";
    }
    add(Severity::kWarning, "FROZEN", std::move(summary),
        "usp-bridgectl thaw, or FreezeService.DeleteFreeze, lifts it.");
  }

  void wake_up() {
    const bool any = std::ranges::any_of(facts_.ways, &WakeWayInfo::usable);
    if (!any) {
      add(Severity::kError, "NO_WAY_TO_WAKE",
          "There is no way to call it into a session: work waits for its next Inform.",
          "It has told no ConnectionRequestURL; where it is behind a NAT, set up cwmp.stun or "
          "cwmp.xmpp.");
    }
    if (facts_.address_refused) {
      add(Severity::kError, "ADDRESS_NOT_ALLOWED",
          "Its ConnectionRequestURL " + facts_.connection_request_url +
              " is at an address that connection requests may not go to.",
          "Add its network to cwmp.connection_request.allow.");
    }
    for (const WakeWayInfo& way : facts_.ways) {
      if (way.usable) judge(way);
    }
  }

  void judge(const WakeWayInfo& way) {
    if (way.last_outcome == "not-allowed" && !facts_.address_refused) {
      add(Severity::kError, "ADDRESS_NOT_ALLOWED",
          "Its ConnectionRequestURL " + facts_.connection_request_url +
              " leads to an address that connection requests may not go to.",
          "Add its network to cwmp.connection_request.allow.");
    }
    if (way.last_outcome == "unauthorized") {
      add(Severity::kError, "CREDENTIALS_REJECTED",
          "It rejects the credentials of connection requests (" + way.name + ").",
          "The bridge writes them anew in the next session; a profile with "
          "connection_request_basic helps devices that know no Digest.");
    }
    if (way.silent_tries == 0) return;
    std::string summary = "No session has followed the last ";
    summary += way.silent_tries >= 3 ? "three or more" : std::to_string(way.silent_tries);
    summary += " connection requests by " + way.name + ".";
    if (!way.last_outcome.empty()) summary += " The last one: " + way.last_outcome + ".";
    add(way.silent_tries >= 3 ? Severity::kError : Severity::kWarning, "NEVER_WOKEN",
        std::move(summary),
        facts_.behind_nat ? "It is behind a NAT: cwmp.stun or cwmp.xmpp reach it."
                          : "Check the way from the bridge to " + facts_.connection_request_url +
                                "; a NAT or a filter may be between.");
  }

  void work() {
    if (facts_.open_operations == 0) return;
    add(Severity::kInfo, "OPERATIONS_WAIT",
        std::to_string(facts_.open_operations) + " operations are open, the oldest asked for " +
            ago(facts_.oldest_operation_ms, facts_.now_ms) + ".",
        facts_.in_session ? "" : "They are done in its next session.");
  }

  void sessions() {
    const auto& sessions = facts_.records.sessions;
    if (facts_.in_session && !sessions.empty() && sessions.front().outcome == "running") {
      add(Severity::kInfo, "IN_SESSION",
          "It has been in a session for " +
              std::to_string(sessions.front().duration.count() / 1000) + " s, " +
              std::to_string(sessions.front().rpcs) + " RPCs so far.",
          "");
    }
    const auto lost = std::ranges::count(sessions, "lost", &SessionRecord::outcome);
    if (lost >= kManyLost) {
      add(Severity::kWarning, "SESSIONS_LOST",
          std::to_string(lost) + " of its last " + std::to_string(sessions.size()) +
              " sessions broke off.",
          "Its line is bad, or a message is too much for it: try cwmp.profiles with batch.");
    }
  }

  void rpcs() {
    for (const auto& [method, times] : facts_.records.rpcs) {
      if (times.faults >= kManyFaults && times.faults * 2 >= times.count) {
        add(Severity::kWarning, "RPC_FAULTS",
            method + " was answered with a fault " + std::to_string(times.faults) + " times of " +
                std::to_string(times.count) + ".",
            "The log of the bridge has the faults; docs/field-quirks.md has known ones.");
      }
      if (times.longest >= kSlowRpc) {
        const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(times.longest);
        add(Severity::kWarning, "RPC_SLOW",
            method + " has taken it up to " + std::to_string(seconds.count()) + " s.",
            "Smaller requests may help: cwmp.profiles with batch.");
      }
    }
  }

  void clock() {
    if (!facts_.clock_ahead_ms || std::llabs(*facts_.clock_ahead_ms) < kClockSkewMs) return;
    const bool ahead = *facts_.clock_ahead_ms > 0;
    add(Severity::kWarning, "CLOCK_SKEW",
        "Its clock is " + std::to_string(std::llabs(*facts_.clock_ahead_ms) / kMinuteMs) +
            " minutes " + (ahead ? "ahead" : "behind") + ".",
        "Check Device.Time.: certificates and times of its log depend on it.");
  }

  const ExplainFacts& facts_;
  std::vector<Finding> out_;
};

}  // namespace

std::vector<Finding> find_out(const ExplainFacts& facts) { return Findings(facts).run(); }

}  // namespace bridge
