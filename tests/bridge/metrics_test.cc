#include "bridge/metrics.h"

#include <gmock/gmock.h>

#include <regex>

namespace bridge {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(Metrics, CountsByLabel) {
  Metrics metrics;
  metrics.cwmp_rpcs.add({"SetParameterValues", "ok"});
  metrics.cwmp_rpcs.add({"SetParameterValues", "ok"}, 2);
  metrics.cwmp_rpcs.add({"SetParameterValues", "9003"});
  metrics.devices.Set(7);
  metrics.usp_request_seconds.Observe(0.2);
  const std::string text = metrics.text();
  EXPECT_THAT(text, HasSubstr("usp_bridge_cwmp_rpcs_total{method=\"SetParameterValues\","
                              "result=\"ok\"} 3"));
  EXPECT_THAT(text, HasSubstr("result=\"9003\"} 1"));
  EXPECT_THAT(text, HasSubstr("usp_bridge_devices 7"));
  EXPECT_THAT(text, HasSubstr("usp_bridge_usp_request_seconds_bucket{le=\"0.25\"} 1"));
}

TEST(Metrics, MeasuresByLabel) {
  Metrics metrics;
  metrics.connection_request_seconds.observe("udp", 0.2);
  metrics.connection_request_seconds.observe("udp", 8);
  metrics.connection_request_seconds.observe("http", 100);
  const std::string text = metrics.text();
  const std::string name = "usp_bridge_connection_request_seconds";
  EXPECT_THAT(text, HasSubstr(name + "_bucket{way=\"udp\",le=\"0.25\"} 1"));
  EXPECT_THAT(text, HasSubstr(name + "_count{way=\"udp\"} 2"));
  EXPECT_THAT(text, HasSubstr(name + "_bucket{way=\"http\",le=\"30\"} 0"));
}

TEST(Metrics, MakesNoSeriesWithoutEnd) {
  Metrics metrics;
  const std::size_t too_many = CounterFamily::kMaxSeries + 10;
  for (std::size_t i = 0; i < too_many; ++i) metrics.cwmp_informs.add({"X " + std::to_string(i)});
  metrics.cwmp_informs.add({"X 0"});
  const std::string text = metrics.text();
  EXPECT_THAT(text, HasSubstr("event=\"X 255\"} 1"));
  EXPECT_THAT(text, Not(HasSubstr("event=\"X 256\"}")));
  EXPECT_THAT(text, HasSubstr("event=\"other\"} 10"));
  EXPECT_THAT(text, HasSubstr("event=\"X 0\"} 2"));
}

TEST(Metrics, KeepsLabelsShortAndPrintable) {
  Metrics metrics;
  metrics.cwmp_informs.add({std::string(5000, 'x')});
  metrics.cwmp_informs.add({"a\nb\xff"});
  EXPECT_THAT(metrics.text(), HasSubstr("event=\"" + std::string(64, 'x') + "\""));
  EXPECT_THAT(metrics.text(), HasSubstr("event=\"a?b?\""));
}

TEST(Metrics, NamesEveryFamilyAlike) {
  const Metrics metrics;
  const std::string text = metrics.text();
  const std::regex type("# TYPE (\\S+)");
  int families = 0;
  for (auto it = std::sregex_iterator(text.begin(), text.end(), type); it != std::sregex_iterator();
       ++it) {
    EXPECT_TRUE((*it)[1].str().starts_with("usp_bridge_")) << (*it)[1];
    ++families;
  }
  EXPECT_GT(families, 5);
}

}  // namespace
}  // namespace bridge
