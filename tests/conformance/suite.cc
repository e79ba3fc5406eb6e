#include "tests/conformance/suite.h"

#include <gtest/gtest-spi.h>

#include <algorithm>
#include <stdexcept>
#include <thread>

namespace conformance {
namespace {

using testing::TestPartResult;
using testing::TestPartResultArray;

/// For tests that need a second one.
constexpr int kSpareDevices = 2;

/// A WAITING_TEST on its thread; what it found is kept for the test that reports it.
struct Waiting {
  std::function<void(const Agent&)> body;
  std::thread thread;
  TestPartResultArray found;
  std::string agent;
};

std::map<std::string, Waiting>& waiting_tests() {
  static std::map<std::string, Waiting> tests;
  return tests;
}

void run(Waiting& test) {
  testing::ScopedFakeTestPartResultReporter keep(
      testing::ScopedFakeTestPartResultReporter::INTERCEPT_ONLY_CURRENT_THREAD, &test.found);
  try {
    const Agent agent = Suite::get().next_agent();
    test.agent = agent.id();
    test.body(agent);
  } catch (const std::exception& error) {
    ADD_FAILURE() << error.what();
  }
}

void expect_no_violations(const std::string& agent) {
  Analyzer& analyzer = Suite::get().analyzer();
  analyzer.settle();
  EXPECT_THAT(analyzer.take_violations(agent), testing::IsEmpty()) << "of " << agent;
}

/// Names of the tests that a filter leaves.
std::vector<std::string> tests_to_run() {
  std::vector<std::string> names;
  const testing::UnitTest& all = *testing::UnitTest::GetInstance();
  for (int i = 0; i < all.total_test_suite_count(); ++i) {
    const testing::TestSuite& suite = *all.GetTestSuite(i);
    for (int j = 0; j < suite.total_test_count(); ++j) {
      if (!suite.GetTestInfo(j)->should_run()) continue;
      names.push_back(std::string(suite.name()) + "." + suite.GetTestInfo(j)->name());
    }
  }
  return names;
}

class SuiteEnvironment : public testing::Environment {
 public:
  void SetUp() override {
    const std::vector<std::string> names = tests_to_run();
    Suite::get().set_up(static_cast<int>(names.size()));
    for (const std::string& name : names) {
      const auto found = waiting_tests().find(name);
      if (found == waiting_tests().end()) continue;
      found->second.thread = std::thread([&test = found->second] { run(test); });
    }
  }
  void TearDown() override { Suite::get().tear_down(); }
};

const auto* const kEnvironment = testing::AddGlobalTestEnvironment(new SuiteEnvironment);

}  // namespace

// ---- suite

Suite& Suite::get() {
  static Suite suite;
  return suite;
}

void Suite::set_up(int devices) {
  integration::WorldOptions options;
  options.more_controllers =
      "  - endpoint_id: \"" + kSecondId + "\"\n    topic: " + kSecondTopic + "\n";
  world_ = std::make_unique<World>(std::move(options));
  analyzer_ = std::make_unique<Analyzer>(world_->broker().port());
  cpes_ = start_cpes("C", "tr181-small.csv", devices + kSpareDevices);
}

std::shared_ptr<support::Process> Suite::start_cpes(const std::string& serial,
                                                    const std::string& model, int devices,
                                                    const std::vector<std::string>& more) {
  std::vector<std::string> arguments{"--acs",
                                     "http://127.0.0.1:" + std::to_string(world_->acs_port()),
                                     "--username",
                                     "cpe",
                                     "--password",
                                     "secret",
                                     "--serial",
                                     serial,
                                     "--devices",
                                     std::to_string(devices),
                                     "--start-rate",
                                     "1000",
                                     "--time-scale",
                                     "0.1",
                                     "--events",
                                     "--model",
                                     std::string(TEST_DATA_DIR) + "/models/" + model};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return std::make_shared<support::Process>(CPE_SIM, arguments);
}

void Suite::tear_down() {
  if (analyzer_) {
    analyzer_->settle();
    EXPECT_THAT(analyzer_->take_violations(), testing::IsEmpty());
  }
  second_.reset();
  cpes_.reset();
  analyzer_.reset();
  world_.reset();
}

std::string Suite::cpe_command(support::Process& cpes, const std::string& line) {
  const std::lock_guard lock(mutex_);
  cpes.skip_output();
  cpes.write_line(line);
  const auto answer = cpes.wait_for_line(
      [](const std::string& text) { return text.starts_with("ok") || text.starts_with("error"); });
  if (!answer) return "<no answer>";
  return answer->starts_with("ok ") ? answer->substr(3) : *answer;
}

Agent Suite::next_agent() {
  int number = 0;
  {
    const std::lock_guard lock(mutex_);
    number = ++used_;
  }
  Agent agent("C-" + std::to_string(number));
  wait_until_up(agent);
  return agent;
}

Agent Suite::special_agent(const std::string& serial, const std::string& model,
                           const std::vector<std::string>& more) {
  Agent agent(serial, start_cpes(serial, model, 1, more));
  wait_until_up(agent);
  return agent;
}

void Suite::wait_until_up(const Agent& agent) {
  const auto up = agent.notified([](const usp_msg::Notify& n) { return n.has_on_board_req(); });
  if (!up) throw std::runtime_error(agent.id() + " did not come up");
}

usp_controller::Controller& Suite::second_controller() {
  const std::lock_guard lock(mutex_);
  if (!second_) second_ = world_->connect(kSecondId, kSecondTopic);
  return *second_;
}

void Case::TearDown() { expect_no_violations(agent.id()); }

// ---- waiting tests

bool register_waiting(const std::string& name, std::function<void(const Agent&)> body) {
  waiting_tests()[name].body = std::move(body);
  return true;
}

void finish_waiting(const std::string& name) {
  Waiting& test = waiting_tests().at(name);
  test.thread.join();
  for (int i = 0; i < test.found.size(); ++i) {
    const TestPartResult& part = test.found.GetTestPartResult(i);
    if (!part.failed()) continue;
    ADD_FAILURE_AT(part.file_name() == nullptr ? "" : part.file_name(), part.line_number())
        << part.message();
  }
  expect_no_violations(test.agent);
}

}  // namespace conformance
