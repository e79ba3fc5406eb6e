// A program that is run to its end, for what it prints and how it exits.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "tests/support/process.h"

namespace integration {

struct Ended {
  int status = -1;
  std::string output;
};

/// Waits for its end.
inline Ended run_program(const char* program, std::vector<std::string> arguments,
                         std::vector<std::string> environment = {}) {
  support::Process process(program, std::move(arguments),
                           support::Process::Options{.environment = std::move(environment)});
  // All output is read when no line fits.
  process.wait_for_line([](const std::string&) { return false; });
  auto status = process.wait_for_exit();
  return {status.value_or(-1), process.output()};
}

}  // namespace integration
