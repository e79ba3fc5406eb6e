// What happens, as JSON lines on standard output, so that tests and demos wait for events.
#pragma once

#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cwmp/message.h"

namespace cpe_sim {

/// A JSON string with its quotes; what is no UTF-8 is replaced.
std::string json_text(std::string_view text);

/// The arguments of an RPC as members of a JSON object ("\"parameters\":[...]"), passwords left
/// out; empty: it has none.
std::string describe(const cwmp::AcsRequest& request);

/// Codes as a JSON list.
std::string describe(const std::vector<cwmp::Event>& events);

/// Thread-safe.
class Journal {
 public:
  explicit Journal(bool enabled) : enabled_(enabled) {}

  bool enabled() const { return enabled_; }
  /// `{"time":..,"event":..,"device":..,MORE}`; `more` is empty or JSON members.
  void note(std::string_view event, std::string_view device, std::string_view more = {});
  /// A line as it is, also when events are off.
  void print(std::string_view line);

 private:
  const bool enabled_;
  std::mutex mutex_;
};

}  // namespace cpe_sim
