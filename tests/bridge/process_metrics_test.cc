#include "bridge/process_metrics.h"

#include <gmock/gmock.h>
#include <unistd.h>

#include <ctime>
#include <vector>

namespace bridge {
namespace {

using testing::AllOf;
using testing::Ge;
using testing::HasSubstr;
using testing::Le;

/// The value of a metric without labels; -1: there is none.
double value_of(const std::string& name, const std::string& text = process_metrics("1")) {
  const std::size_t at = text.find("\n" + name + " ");
  return at == std::string::npos ? -1 : std::stod(text.substr(at + name.size() + 2));
}

TEST(ProcessMetrics, NameTheVersion) {
  EXPECT_THAT(process_metrics("1.2"), HasSubstr("usp_bridge_build_info{version=\"1.2\"} 1"));
}

TEST(ProcessMetrics, TellOfMemoryThatIsTaken) {
  const double before = value_of("process_resident_memory_bytes");
  const std::vector<char> taken(64 << 20, 'x');
  EXPECT_THAT(value_of("process_resident_memory_bytes"), Ge(before + (32 << 20)));
  EXPECT_GT(value_of("process_virtual_memory_bytes"), static_cast<double>(taken.size()));
}

TEST(ProcessMetrics, CountFilesTimeAndThreads) {
  const double files = value_of("process_open_fds");
  const int copy = ::dup(STDOUT_FILENO);
  EXPECT_EQ(value_of("process_open_fds"), files + 1);
  ::close(copy);
  EXPECT_GT(value_of("process_max_fds"), files);
  EXPECT_GE(value_of("process_cpu_seconds_total"), 0);
  EXPECT_GE(value_of("process_threads"), 1);
  const auto now = static_cast<double>(std::time(nullptr));
  EXPECT_THAT(value_of("process_start_time_seconds"), AllOf(Ge(now - 86'400), Le(now + 2)));
}

}  // namespace
}  // namespace bridge
