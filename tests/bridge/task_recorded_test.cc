// First contact with the trees that real CWMP clients listed.
#include <gtest/gtest.h>

#include "../support/recording.h"
#include "bridge/task/first_contact.h"
#include "cwmp/soap.h"
#include "fake_cpe.h"

namespace bridge::testing {
namespace {

/// The longest list of names that a client ever sent.
std::vector<cwmp::ParameterInfo> listed_by(const std::string& client) {
  std::vector<cwmp::ParameterInfo> longest;
  for (const support::Recording& recording : support::recordings(client)) {
    if (recording.what() != "GetParameterNamesResponse") continue;
    const auto envelope = cwmp::decode(recording.cpe.body, recording.cpe.header("content-type"));
    if (!envelope) continue;
    const auto* names = std::get_if<cwmp::GetParameterNamesResponse>(&envelope->body);
    if (names != nullptr && names->parameters.size() > longest.size()) longest = names->parameters;
  }
  return longest;
}

FakeCpe device_with(const std::vector<cwmp::ParameterInfo>& names) {
  FakeCpe cpe;
  for (const cwmp::ParameterInfo& info : names) {
    if (!info.name.ends_with('.')) cpe.add_parameter(info.name, "v", "string", info.writable);
  }
  for (const cwmp::ParameterInfo& info : names) {
    if (info.name.ends_with('.')) cpe.objects[info.name] = info.writable;
  }
  return cpe;
}

TEST(RecordedTrees, AreLearnedToTheLastNameInFewRpcs) {
  std::size_t largest = 0;
  for (const std::string& client : support::recorded_clients()) {
    const std::vector<cwmp::ParameterInfo> names = listed_by(client);
    if (names.empty()) continue;
    FakeCpe cpe = device_with(names);
    Driver driver(cpe);
    const std::string& first = names.front().name;
    const std::string root = first.substr(0, first.find('.') + 1);
    const auto task = driver.run(
        [&] { return std::make_unique<task::FirstContact>(root, task::Provisioning()); });
    ASSERT_EQ(task->outcome().kind, task::Outcome::Kind::kDone) << client;
    for (const cwmp::ParameterInfo& info : names) {
      const Node* node = driver.tree.find(info.name);
      ASSERT_NE(node, nullptr) << client << " " << info.name;
      EXPECT_EQ(node->state(), NodeState::kKnown) << client << " " << info.name;
      EXPECT_EQ(node->writable(), info.writable ? Writable::kYes : Writable::kNo);
    }
    EXPECT_LE(driver.steps, 12U) << client;
    largest = std::max(largest, names.size());
  }
  EXPECT_EQ(largest, 1002U);
}

}  // namespace
}  // namespace bridge::testing
