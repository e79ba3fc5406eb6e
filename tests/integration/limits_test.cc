// What one controller may send.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/integration/world.h"

namespace integration {
namespace {

using testing::HasSubstr;
using usp_controller::get;

const std::string kId = "Device.LocalAgent.EndpointID";

class Limits : public testing::Test {
 protected:
  static std::uint32_t code_of(const usp_controller::Result<usp_msg::Msg>& answer) {
    if (!answer) return 1;
    return answer->body().has_error() ? answer->body().error().err_code() : 0;
  }
};

TEST_F(Limits, RequestsOverTheRateAreAnsweredThatTheyAreTooMany) {
  World world({}, {},
              "  - endpoint_id: \"self::slow\"\n    topic: usp/v1/controller/slow\n"
              "    requests_per_second: 0.001\n    request_burst: 3\n");
  const auto cpe = world.device("1");
  const auto slow = world.connect("self::slow", "usp/v1/controller/slow");
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(code_of(slow->request(cpe->endpoint_id(), get({kId}), kLong)), 0U);
  }
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(code_of(slow->request(cpe->endpoint_id(), get({kId}), kLong)), 7005U);
  }
  EXPECT_EQ(world.read(*cpe, kId), cpe->endpoint_id()) << "nobody else suffers";
  EXPECT_THAT(world.metrics(),
              HasSubstr("usp_bridge_controller_refusals_total{reason=\"rate\"} 5\n"));
}

TEST_F(Limits, ARequestAboveItsControllersSizeIsRefused) {
  World world({}, {},
              "  - endpoint_id: \"self::small\"\n    topic: usp/v1/controller/small\n"
              "    max_message_size: 4KiB\n");
  const auto cpe = world.device("1");
  usp_controller::ControllerOptions options;
  options.id = "self::small";
  options.topic = "usp/v1/controller/small";
  const auto small = world.connect(options);
  const std::vector<std::string> many(300, kId);
  EXPECT_EQ(code_of(small->request(cpe->endpoint_id(), get({kId}), kLong)), 0U);
  EXPECT_EQ(code_of(small->request(cpe->endpoint_id(), get(many), kLong)), 7005U);
  EXPECT_EQ(code_of(world.controller().request(cpe->endpoint_id(), get(many), kLong)), 0U);
  // In segments that are small each.
  options.topic += "/session";
  options.session_context = true;
  options.max_payload_bytes = 1000;
  const auto segments = world.connect(options);
  EXPECT_EQ(code_of(segments->request(cpe->endpoint_id(), get(many), kLong)), 7005U);
  EXPECT_EQ(code_of(segments->request(cpe->endpoint_id(), get({kId}), kLong)), 0U);
  EXPECT_THAT(world.metrics(),
              HasSubstr("usp_bridge_controller_refusals_total{reason=\"size\"} 2\n"));
}

}  // namespace
}  // namespace integration
