// What every test of the conformance suite stands on: one broker, one bridge process and one
// cpe-sim process with as many devices as the binary has tests to run, each test with a device (and
// so a virtual agent) of its own. Tests are named after the row of rows.csv that they prove:
//
//   TEST_F(MessagesAdd, 1_1_CreatesTheRow) { ... agent.ask(...) ... }
//   WAITING_TEST(Notifications, 1_54_RetriesOnTime) { ... }
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "tests/conformance/analyzer.h"
#include "tests/integration/world.h"
#include "tests/tools/usp_controller/requests.h"

namespace conformance {

using integration::kLong;
using integration::World;
using usp_controller::Notification;
using usp_controller::Settings;
using Milliseconds = std::chrono::milliseconds;

inline const std::string kSubscriptions = "Device.LocalAgent.Subscription.";
inline const std::string kControllers = "Device.LocalAgent.Controller.";

/// The second controller that every agent knows.
inline const std::string kSecondId = "self::second";
inline const std::string kSecondTopic = "usp/v1/controller/second";

/// A virtual agent and the CPE behind it. Copies are the same agent.
class Agent {
 public:
  /// `own`: the cpe-sim process of this device alone; null: it is one of the suite's.
  explicit Agent(std::string serial, std::shared_ptr<support::Process> own = nullptr);

  const std::string& id() const { return id_; }
  const std::string& serial() const { return serial_; }

  /// The answer, or an Error made of what went wrong.
  usp_msg::Msg ask(usp_msg::Msg request, Milliseconds limit = kLong) const;

  /// By full path; empty when the answer holds none.
  std::map<std::string, std::string> values(const std::string& path) const;
  /// One parameter; "<...>" says why there is none.
  std::string value(const std::string& path) const;
  /// Rows of a table, as GetInstances says.
  std::vector<std::string> rows(const std::string& table) const;

  /// Adds a row and expects success; its path, empty on failure.
  std::string add(const std::string& table, const Settings& settings) const;
  /// A row of Subscription. with nothing to tell: an object to work on.
  std::string add_subscription(const std::string& id, const Settings& more = {}) const;
  void set(const std::string& object, const Settings& settings) const;

  /// The row of the test's controller in Controller., learned by a search.
  std::string controller_row() const;

  /// The next Notify for this subscription.
  std::optional<Notification> notified(const std::string& subscription_id,
                                       Milliseconds limit = kLong) const;
  /// The next one that `wanted` takes.
  std::optional<Notification> notified(const std::function<bool(const usp_msg::Notify&)>& wanted,
                                       Milliseconds limit = kLong) const;

  /// A command to the CPE ("set", "Device.X value"); see tests/tools/cpe_sim/README.md.
  std::string cpe(const std::string& verb, const std::string& rest = {}) const;
  /// Waits for an event line of its CPE; only of one with a process of its own.
  bool cpe_does(const std::string& event) const;

 private:
  std::string serial_;
  std::string id_;
  std::shared_ptr<support::Process> own_;
};

/// Built before the first test, taken down after the last.
class Suite {
 public:
  static Suite& get();

  World& world() { return *world_; }
  Analyzer& analyzer() { return *analyzer_; }
  support::Process& cpes() { return *cpes_; }
  std::string cpe_command(support::Process& cpes, const std::string& line);

  /// One that no test has had, once it is up.
  Agent next_agent();
  /// A device that differs from the others, up; its agent.
  Agent special_agent(const std::string& serial, const std::string& model,
                      const std::vector<std::string>& more = {});
  usp_controller::Controller& second_controller();

  void set_up(int devices);
  void tear_down();

 private:
  std::shared_ptr<support::Process> start_cpes(const std::string& serial, const std::string& model,
                                               int devices,
                                               const std::vector<std::string>& more = {});
  static void wait_until_up(const Agent& agent);

  std::unique_ptr<World> world_;
  std::unique_ptr<Analyzer> analyzer_;
  std::shared_ptr<support::Process> cpes_;
  std::unique_ptr<usp_controller::Controller> second_;
  std::mutex mutex_;
  int used_ = 0;
};

/// The first event of this name; its arguments.
std::optional<std::map<std::string, std::string>> wait_for_event(const Agent& agent,
                                                                 const std::string& name,
                                                                 Milliseconds limit = kLong);

/// A test with an agent of its own, all of whose records must be as the plan's universal metrics
/// want them.
class Case : public testing::Test {
 protected:
  void TearDown() override;
  World& world() { return Suite::get().world(); }

  Agent agent = Suite::get().next_agent();
};

/// Runs the body of a WAITING_TEST, begun before the first test, to its end, and reports it.
void finish_waiting(const std::string& name);
bool register_waiting(const std::string& name, std::function<void(const Agent&)> body);

}  // namespace conformance

/// A test that mostly waits. All of them run at the same time on threads of their own, so its body
/// has `agent` but no fixture.
#define WAITING_TEST(suite, name)                                             \
  static void suite##_##name##_body(const conformance::Agent& agent);         \
  static const bool suite##_##name##_registered =                             \
      conformance::register_waiting(#suite "." #name, suite##_##name##_body); \
  TEST(suite, name) {                                                         \
    ASSERT_TRUE(suite##_##name##_registered);                                 \
    conformance::finish_waiting(#suite "." #name);                            \
  }                                                                           \
  static void suite##_##name##_body([[maybe_unused]] const conformance::Agent& agent)
