// A CPE in memory that answers RPCs, and a driver that runs a task against it with losses, faults
// and restarts put in anywhere.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "bridge/task/task.h"

namespace bridge::testing {

/// What a device is and does. Every quirk is a member that tests set.
struct FakeCpe {
  struct Parameter {
    std::string value;
    std::string type = "string";
    bool writable = true;
  };

  std::map<std::string, Parameter> parameters;
  std::map<std::string, bool> objects;  ///< with final '.'; writable
  /// New rows get these parameters, relative names.
  std::map<std::string, std::map<std::string, Parameter>> row_templates;
  std::map<std::string, std::uint32_t> next_instance;

  std::size_t max_batch = 100'000;  ///< more names in one read: fault_code
  cwmp::FaultCode batch_fault = cwmp::FaultCode::kInternalError;
  std::size_t answers_at_most = 100'000;  ///< names answered per read, silently
  bool leaves_unknown_out = false;        ///< else 9005
  std::set<std::string> poison;           ///< reading these loses the session
  bool refuses_whole_names = false;       ///< empty answer to NextLevel=0
  bool refuses_root = false;              ///< 9005 for the root
  bool names_culprits = true;             ///< in SetParameterValues faults
  std::uint32_t set_status = 0;
  std::set<std::string> refused_values;  ///< 9007 when set
  std::set<std::string> unsupported;     ///< methods: 9000
  std::map<std::string, std::uint32_t> notification;

  std::vector<std::string> log;  ///< method names as they came
  int reboots = 0;
  int transfers = 0;

  void add_parameter(const std::string& name, std::string value, std::string type = "string",
                     bool writable = true);
  void add_row(const std::string& table, std::uint32_t number);
  /// Brings XNumberOfEntries of the table up to date, if it has one.
  void recount(const std::string& table);
  std::vector<std::uint32_t> rows(const std::string& table) const;

  /// nullopt: the session breaks off.
  std::optional<cwmp::CpeResponse> answer(const cwmp::AcsRequest& request);

  std::size_t count(const std::string& method) const;
};

/// "GetParameterValues", ...
std::string method_of(const cwmp::AcsRequest& request);

/// Put in at RPC `step` (from 0).
struct Injection {
  enum class Kind {
    kNone,
    kLostBefore,  ///< the device never saw the RPC
    kLostAfter,   ///< it acted, the answer was lost
    kFault,       ///< it answers `fault` and does nothing
    kRestart,     ///< as kLostBefore, and the bridge restarts from what it saved
    kRestartAfter,
  };
  Kind kind = Kind::kNone;
  std::size_t step = 0;
  cwmp::FaultCode fault = cwmp::FaultCode::kInternalError;
};

/// Runs a task to its end, or until it waits.
class Driver {
 public:
  explicit Driver(FakeCpe& cpe) : cpe_(cpe) {}

  using Make = std::function<std::unique_ptr<task::Task>()>;
  /// The task as it is at the end; nullptr: it did not come to one within kMaxSteps.
  std::unique_ptr<task::Task> run(const Make& make, Injection injection = {});
  /// Goes on with a task that runs already.
  bool go_on(task::Task& task);

  void inform(task::Task& task, std::vector<cwmp::Event> events);

  PathPool pool;
  Tree tree{pool};
  Learned learned;
  std::vector<Change> diff;
  std::size_t steps = 0;  ///< RPCs
  bool end_session = false;

  static constexpr std::size_t kMaxSteps = 5'000;

 private:
  void take(task::Context& context);
  /// One RPC. false: the task wants none.
  bool step(std::unique_ptr<task::Task>& task, const Make& make, const Injection& injection);

  FakeCpe& cpe_;
  std::string saved_;  ///< what is on the disk
};

/// A home gateway with some twenty parameters, a table of port mappings (rows 1 and 3) and hosts.
FakeCpe small_gateway();

}  // namespace bridge::testing
