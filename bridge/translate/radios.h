// Which of a TR-098 device's WLANConfigurations share a radio: the model has no object for one.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "bridge/tree.h"

namespace bridge::translate {

/// Two share a radio when their band is the same; one whose band is not known has a radio to
/// itself.
class Radios {
 public:
  explicit Radios(const Tree& native) : native_(native) {}

  /// Looks at the device again. True: the groups are others now.
  bool update();

  struct Group {
    std::string key;                   ///< "5GHz", or the object where the band is not known
    std::string band;                  ///< "2.4GHz", "5GHz"
    std::vector<std::string> members;  ///< in the order of the tree
    bool operator==(const Group&) const = default;
  };
  /// Of a WLANConfiguration or anything below it; nullptr: none.
  const Group* of(std::string_view native) const;

 private:
  std::string band_of(std::string_view wlan) const;

  const Tree& native_;
  std::vector<Group> groups_;
  std::map<std::string, std::size_t, std::less<>> by_member_;  ///< into groups_
};

}  // namespace bridge::translate
