// Who was refused what: counted always, logged as far as a log can bear it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "bridge/rate.h"

namespace usp {
struct Plan;
}
namespace usp_msg {
class Msg;
}

namespace bridge {

class Metrics;

/// Thread-safe.
class Audit {
 public:
  explicit Audit(Metrics& metrics) : metrics_(metrics) {}

  /// `what`: as denied_paths(); nothing is noted when it is empty. `type`: "SET".
  void denied(std::string_view device, std::string_view controller, std::string_view type,
              const std::vector<std::string>& what);
  /// A brake has stopped it. `what`: for people.
  void braked(std::string_view device, std::string_view requester, std::string_view what,
              std::string_view why);
  /// A record that was not looked at. `kind`: of a small closed set, a label of a metric; `why`:
  /// for the log.
  void dropped(std::string_view device, std::string_view controller, const char* kind,
               std::string_view why);

 private:
  bool may_log();

  Metrics& metrics_;
  Rate lines_{20, 100};
};

/// The paths that a response or a plan refuses with 7006, the first few of them.
std::vector<std::string> denied_paths(const usp_msg::Msg& answer);
std::vector<std::string> denied_paths(const usp::Plan& plan);

}  // namespace bridge
