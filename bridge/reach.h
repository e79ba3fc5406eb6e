// Which way a sleeping device is asked for a session: what worked with it, what did not, and how
// long to wait for the session before the next way has its turn. Without IO; time is passed in.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace bridge {

enum class Way : std::uint8_t {
  kHttp,  ///< TR-069 3.2.2
  kUdp,   ///< Annex G, through NAT
  kXmpp,  ///< Annex K
};
inline constexpr std::array kAllWays{Way::kHttp, Way::kUdp, Way::kXmpp};
/// "http"
std::string_view to_string(Way way);

/// What is known of one device's ways. A plain value, kept with the device: it changes seldom, so
/// that an Inform which only says "here I am" needs no write.
class Reach {
 public:
  /// Failures beyond that make no difference.
  static constexpr std::uint8_t kMaxFailures = 3;

  /// Best first: what worked and has not failed since, then what was never tried, then what fails
  /// least. Among equals HTTP comes first, which is quick and says what is wrong; for a device
  /// behind a NAT it comes last, since its ConnectionRequestURL is a private address.
  std::vector<Way> order(std::vector<Way> usable, bool behind_nat) const;

  /// Never tried, or a session followed the last time.
  bool promises(Way way) const { return of(way).failures == 0; }

  /// In vain since it worked last, up to kMaxFailures.
  std::uint8_t failures(Way way) const { return of(way).failures; }

  void on_session(Way way);      ///< one followed
  void on_silence(Way way);      ///< none followed in time, or it could not be tried
  void on_new_address(Way way);  ///< what failed before may work now

  /// Text for the store, versioned. What cannot be read is a device of which nothing is known.
  std::string encode() const;
  static Reach decode(std::string_view text);

  bool operator==(const Reach&) const = default;

 private:
  struct Record {
    bool worked = false;
    std::uint8_t failures = 0;  ///< since it worked
    bool operator==(const Record&) const = default;
  };
  int score(Way way) const;
  Record& of(Way way) { return records_[static_cast<std::size_t>(way)]; }
  const Record& of(Way way) const { return records_[static_cast<std::size_t>(way)]; }

  std::array<Record, kAllWays.size()> records_{};
};

/// Waits between attempts to wake one device (field quirk 97).
class WakeBackoff {
 public:
  static constexpr std::chrono::seconds kFirst{5};
  static constexpr std::chrono::seconds kLongest{300};

  /// The wait after one more attempt that brought no session.
  std::chrono::seconds failed();
  void reset() { failures_ = 0; }

 private:
  int failures_ = 0;
};

/// What became of one request.
enum class WakeOutcome {
  kAccepted,  ///< somebody took it
  kSent,      ///< nobody says whether it arrived
  kBusy,      ///< the device is there and has no time
  kFailed,
  kNotAsked,  ///< the bridge itself could not ask: says nothing of the device
};

/// Leads one device through its ways: each once, then a pause that grows, then again.
class WakeRounds {
 public:
  /// How long an accepted request may take to become a session (TR-069 3.2.2.2: 30 s).
  static constexpr std::chrono::seconds kAcceptedWait{30};
  /// The same for a datagram: a new one costs little.
  static constexpr std::chrono::seconds kSentWait{10};
  /// How long the next way waits for the session of the one before it. Devices that take a request
  /// are here within a second or two, and an operation waits 30 s at most.
  static constexpr std::chrono::seconds kNextWayWait{6};

  /// The way to take now, of those that can be used, best first. nullopt: there is none.
  std::optional<Way> next(const std::vector<Way>& ways);
  /// How long to wait for a session after the way that next() gave.
  std::chrono::seconds pause(WakeOutcome outcome);
  /// The device was here: the next attempt is a first one.
  void reset();

 private:
  std::vector<Way> tried_;
  bool last_ = false;  ///< no other way is left in this round
  WakeBackoff backoff_;
};

/// Does that long a wait without a session tell against the way? Work may be withdrawn earlier.
bool tells_against(WakeOutcome outcome, std::chrono::milliseconds waited);

}  // namespace bridge
