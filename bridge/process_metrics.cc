#include "bridge/process_metrics.h"

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>
#include <sys/resource.h>
#include <unistd.h>

#include <ctime>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <sstream>
#include <vector>

namespace bridge {

namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;

MetricFamily family(const char* name, const char* help, MetricType type, double value) {
  ClientMetric metric;
  if (type == MetricType::Counter) metric.counter.value = value;
  if (type == MetricType::Gauge) metric.gauge.value = value;
  return {name, help, type, {std::move(metric)}};
}

/// Fields of /proc/self/stat that are used, from the third on (proc(5)): the second, the name in
/// parentheses, may hold spaces and parentheses of its own.
struct Stat {
  double cpu_ticks = 0;
  double threads = 0;
  double start_ticks = 0;  ///< since the boot of the machine
  double virtual_bytes = 0;
  double resident_pages = 0;
};

std::optional<Stat> read_stat() {
  std::ifstream in("/proc/self/stat");
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  const std::size_t name_end = text.rfind(')');
  if (name_end == std::string::npos) return std::nullopt;
  std::istringstream rest(text.substr(name_end + 1));
  const std::vector<std::string> fields{std::istream_iterator<std::string>(rest), {}};
  constexpr std::size_t kFirst = 3;
  if (fields.size() <= 24 - kFirst) return std::nullopt;
  auto number = [&fields](std::size_t field) { return std::stod(fields[field - kFirst]); };
  return Stat{number(14) + number(15), number(20), number(22), number(23), number(24)};
}

double seconds_of(clockid_t clock) {
  timespec time{};
  ::clock_gettime(clock, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
}

/// Unix time in seconds. Not of /proc/stat, which a sandbox may hide.
double boot_time() { return seconds_of(CLOCK_REALTIME) - seconds_of(CLOCK_BOOTTIME); }

void add_stat(std::vector<MetricFamily>& out) {
  const auto stat = read_stat();
  if (!stat) return;
  const auto ticks = static_cast<double>(::sysconf(_SC_CLK_TCK));
  out.push_back(family("process_cpu_seconds_total", "CPU time, of user and system",
                       MetricType::Counter, stat->cpu_ticks / ticks));
  out.push_back(family("process_resident_memory_bytes", "Memory that is resident",
                       MetricType::Gauge,
                       stat->resident_pages * static_cast<double>(::sysconf(_SC_PAGESIZE))));
  out.push_back(family("process_virtual_memory_bytes", "Memory that is mapped", MetricType::Gauge,
                       stat->virtual_bytes));
  out.push_back(family("process_threads", "Threads", MetricType::Gauge, stat->threads));
  out.push_back(family("process_start_time_seconds", "When it was started, in Unix time",
                       MetricType::Gauge, boot_time() + stat->start_ticks / ticks));
}

void add_files(std::vector<MetricFamily>& out) {
  std::error_code error;
  std::size_t count = 0;
  std::filesystem::directory_iterator open("/proc/self/fd", error);
  for (; !error && open != std::filesystem::directory_iterator(); open.increment(error)) ++count;
  if (!error) {
    out.push_back(family("process_open_fds", "File descriptors that are open", MetricType::Gauge,
                         static_cast<double>(count)));
  }
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) == 0) {
    out.push_back(family("process_max_fds", "File descriptors that may be open", MetricType::Gauge,
                         static_cast<double>(limit.rlim_cur)));
  }
}

}  // namespace

std::string process_metrics(std::string_view version) {
  std::vector<MetricFamily> families{
      family("usp_bridge_build_info", "Which version this is", MetricType::Gauge, 1)};
  families.back().metric.back().label.push_back({"version", std::string(version)});
  add_stat(families);
  add_files(families);
  std::ostringstream out;
  prometheus::TextSerializer().Serialize(out, families);
  return out.str();
}

}  // namespace bridge
