// The log: one line an event, on standard output. Lines about a device, an operation or a request
// carry its ids, so that what belongs together can be found.
#pragma once

#include <spdlog/spdlog.h>

#include <cstdint>
#include <memory>
#include <ostream>
#include <string_view>
#include <utility>

namespace bridge {

struct LogConfig;

/// What a line is about. In JSON each is a field that is left out where it is empty ("device",
/// "operation", "trace_id"); the text begins with the device and ends with the others.
struct LogSubject {
  std::string_view device = {};    ///< Endpoint ID, or OUI-ProductClass-SerialNumber of a stranger
  std::int64_t operation = 0;      ///< id; 0: none
  std::string_view trace_id = {};  ///< trace_id.h
};

/// From here on the log looks as configured. Before, spdlog's own defaults hold. `out` outlives
/// every line; each line is flushed. Once, before there are threads that log.
void set_up_log(const LogConfig& config, std::ostream& out);

/// Lines of that level and above; one of spdlog's names. Any thread.
void set_log_level(std::string_view level);

/// Any thread, any time. What is about none of LogSubject uses spdlog's functions as they are.
void log_line(spdlog::level::level_enum level, const LogSubject& subject, fmt::string_view format,
              fmt::format_args arguments);

template <class... Args>
void log_debug(const LogSubject& subject, fmt::format_string<Args...> format, Args&&... args) {
  if (!spdlog::should_log(spdlog::level::debug)) return;
  log_line(spdlog::level::debug, subject, format, fmt::make_format_args(args...));
}
template <class... Args>
void log_info(const LogSubject& subject, fmt::format_string<Args...> format, Args&&... args) {
  if (!spdlog::should_log(spdlog::level::info)) return;
  log_line(spdlog::level::info, subject, format, fmt::make_format_args(args...));
}
template <class... Args>
void log_warn(const LogSubject& subject, fmt::format_string<Args...> format, Args&&... args) {
  if (!spdlog::should_log(spdlog::level::warn)) return;
  log_line(spdlog::level::warn, subject, format, fmt::make_format_args(args...));
}
template <class... Args>
void log_error(const LogSubject& subject, fmt::format_string<Args...> format, Args&&... args) {
  if (!spdlog::should_log(spdlog::level::err)) return;
  log_line(spdlog::level::err, subject, format, fmt::make_format_args(args...));
}

}  // namespace bridge
