// What is left to do after a write was found good: plain values, to be stored, executed and
// finished.
//
//   handle(request) -> Plan -> [execute each Step] -> StepResult per Step -> finish(plan, results)
//
// A Plan holds all that finish() needs, so it survives a restart without the request.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "usp/error.h"

namespace usp_msg {
class Msg;
}

namespace usp {

class Access;

struct Setting {
  std::string param;  ///< relative to the step's path: "Enable", "Stats.Reset"
  std::string value;
  bool required = false;
  bool operator==(const Setting&) const = default;
};

struct Step {
  /// kSet: an existing object, "Device.WiFi.SSID.1.". kAdd: a table, "Device.WiFi.SSID.".
  /// kDelete: an instance. kOperate: the object of the command, "Device.IP.Interface.1.".
  std::string path;
  std::uint32_t request_index = 0;  ///< into Plan::requested
  std::vector<Setting> settings;    ///< kSet, kAdd; no name twice. May be empty: nothing to send
  std::vector<std::string> missing_keys;  ///< kAdd: unique keys to generate (R-ADD.5)
  std::vector<ParamError> param_errors;   ///< optional settings already refused
  bool operator==(const Step&) const = default;
};

/// A requested path that failed in validation (allow_partial=true, and Operate).
struct Failure {
  struct Instance {
    std::string path;
    std::vector<ParamError> params;
    bool operator==(const Instance&) const = default;
  };
  std::uint32_t request_index = 0;
  std::string
      path;  ///< kOperate: executed_command; kDelete: the instance, empty: the whole request
  ErrorCode code = ErrorCode::kInternalError;
  std::string text;
  std::vector<Instance> instances;  ///< kSet
  bool operator==(const Failure&) const = default;
};

/// One message's worth of work. Steps are in the order of the request.
///
/// kSet: steps of one request_index stand or fall together (R-SET.2a); with all_or_nothing all
///   steps do. A required setting that fails, fails its step; an optional one is reported in
///   StepResult::param_errors. Where two steps set one parameter the later wins.
/// kAdd: each step is one new instance. all_or_nothing: undo those made when one fails.
/// kDelete: each step is one instance. all_or_nothing: nothing may be deleted when one fails.
/// kOperate: `command` is to be run on each step's path, each on its own.
struct Plan {
  enum class Kind : std::uint8_t { kSet, kAdd, kDelete, kOperate };
  Kind kind = Kind::kSet;
  std::string msg_id;
  bool all_or_nothing = false;
  std::vector<std::string> requested;  ///< requested paths, as they came
  std::vector<bool> searches;          ///< per requested path: it searches rather than addresses
  std::vector<Step> steps;
  std::vector<Failure> failures;

  // kOperate
  std::string command;  ///< "Reset()"
  std::string command_key;
  bool asynchronous = false;
  bool send_resp = true;
  std::map<std::string, std::string> input_args;  ///< only those the command knows

  bool operator==(const Plan&) const = default;
};

/// What became of one step.
struct StepResult {
  enum class State : std::uint8_t {
    kDone,
    kFailed,
    kNotDone,  ///< never begun, or undone, because another step failed
  };
  State state = State::kNotDone;
  ErrorCode code = ErrorCode::kNone;  ///< kFailed
  std::string text;
  /// Relative names. kFailed: the culprits. kDone: optional settings the device refused.
  std::vector<ParamError> param_errors;
  /// kAdd: the new instance. kOperate, asynchronous: the Request row
  /// ("Device.LocalAgent.Request.4.")
  std::string path;
  /// kSet: relative name and value of every parameter set, as read back; secrets empty. kAdd: all
  /// unique keys the new instance has. kOperate, synchronous: output arguments.
  std::map<std::string, std::string> values;
  bool operator==(const StepResult&) const = default;
};

/// Composes SetResp, AddResp, DeleteResp, OperateResp, or an Error where all_or_nothing failed.
/// `results` has one entry per step (missing ones count as kNotDone). nullopt: an Operate without
/// send_resp (R-OPR.4). Names the requester may not read are left out (R-SET.3, R-ADD.6, R-DEL.2).
std::optional<usp_msg::Msg> finish(const Plan& plan, const std::vector<StepResult>& results,
                                   const Access& access);

/// Bytes for a durable store and back; the format is versioned (plan_codec.cc). nullopt: not such
/// bytes.
std::string encode_plan(const Plan& plan);
std::optional<Plan> decode_plan(std::string_view bytes);
std::string encode_results(const std::vector<StepResult>& results);
std::optional<std::vector<StepResult>> decode_results(std::string_view bytes);

}  // namespace usp
