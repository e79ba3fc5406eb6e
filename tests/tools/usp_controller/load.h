// How many Gets a second an agent answers, and what the broker alone would take.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "tests/tools/usp_controller/controller.h"

namespace usp_controller {

struct LoadOptions {
  std::vector<std::string> agents;  ///< taken in turn
  std::vector<std::string> paths;
  std::size_t outstanding = 64;
  std::size_t count = 10'000;
  Milliseconds limit{10'000};  ///< for one answer; the run ends when none came for so long
};

struct LoadResult {
  std::size_t answered = 0;
  std::size_t failed = 0;   ///< answered with an error
  std::size_t missing = 0;  ///< not sent or not answered
  std::chrono::microseconds took{0};
  std::vector<std::chrono::microseconds> times;  ///< ascending

  double per_second() const;
  /// `share` from 0 to 1; 0 µs where nothing was answered.
  std::chrono::microseconds percentile(double share) const;
};

LoadResult run_gets(Controller& controller, const LoadOptions& options);

struct EchoOptions {
  std::size_t payload_bytes = 200;
  std::size_t outstanding = 64;
  std::size_t count = 10'000;
  Milliseconds limit{10'000};
};

/// A requester and an echo, both of this process, over the same transport class and broker: what
/// the load would be if the agent did nothing.
LoadResult run_echo(const usp::mtp::MqttOptions& mqtt, const EchoOptions& options);

std::string to_text(const LoadResult& result);
std::string to_json(const LoadResult& result, const std::string& command);

}  // namespace usp_controller
