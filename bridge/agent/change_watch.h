// How changes of a device's parameters come to be known to subscribers: the device notifies
// actively, else passively, else the value is read in each of its sessions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace bridge {

/// The level is the Notification attribute (TR-069 A.3.2.4); kPolled stands for what the device
/// refuses to notify.
enum class WatchLevel : std::uint8_t { kPolled = 0, kPassive = 1, kActive = 2 };

/// Native names and how each is watched. Sans-IO; belongs to the device's strand.
class ChangeWatch {
 public:
  /// Parameters the device is asked to notify. A subscription to a whole tree would make every
  /// counter open sessions and every Inform carry hundreds of values; what is beyond is polled.
  static constexpr std::size_t kMaxNotifying = 256;

  /// What to ask of the device so that what it notifies is what is wanted.
  struct Plan {
    std::vector<std::string> activate;
    std::vector<std::string> drop;  ///< the last subscriber is gone: attribute off
  };
  /// Takes the plan for done until the device says otherwise, so that nothing is asked twice.
  Plan plan(const std::set<std::string>& wanted);

  /// The device refused that level of these; the names to ask the next lower level of. Those no
  /// longer wanted are left out.
  std::vector<std::string> refused(const std::vector<std::string>& names, WatchLevel level);

  /// The device has forgotten what it was asked.
  void forget() { levels_.clear(); }
  /// As stored.
  void restore(std::string name, WatchLevel level) { levels_[std::move(name)] = level; }

  /// Changes of something make the device open a session.
  bool any_active() const;
  /// What the device was asked to notify, in order.
  std::vector<std::string> notifying() const;
  /// To be read in each session, in order.
  std::vector<std::string> polled() const;

 private:
  std::map<std::string, WatchLevel> levels_;
};

}  // namespace bridge
