#include "bridge/audit.h"

#include <spdlog/spdlog.h>

#include "bridge/log.h"
#include "bridge/metrics.h"
#include "proto/usp/usp_msg.pb.h"
#include "usp/plan.h"

namespace bridge {

namespace {

constexpr std::size_t kMaxPaths = 8;  ///< of one line
constexpr auto kDenied = usp::ErrorCode::kPermissionDenied;
constexpr auto kDeniedNumber = static_cast<std::uint32_t>(kDenied);

class Paths {
 public:
  void add(std::uint32_t code, const std::string& path) {
    if (code == kDeniedNumber && paths_.size() < kMaxPaths) paths_.push_back(path);
  }
  template <class Errors>
  void add_params(const std::string& object, const Errors& errors) {
    for (const auto& error : errors) add(error.err_code(), object + error.param());
  }
  std::vector<std::string> take() { return std::move(paths_); }

 private:
  std::vector<std::string> paths_;
};

void add_set(const usp_msg::SetResp& response, Paths& out) {
  for (const auto& result : response.updated_obj_results()) {
    const auto& status = result.oper_status();
    out.add(status.oper_failure().err_code(), result.requested_path());
    for (const auto& instance : status.oper_success().updated_inst_results()) {
      out.add_params(instance.affected_path(), instance.param_errs());
    }
  }
}

void add_add(const usp_msg::AddResp& response, Paths& out) {
  for (const auto& result : response.created_obj_results()) {
    const auto& status = result.oper_status();
    out.add(status.oper_failure().err_code(), result.requested_path());
    out.add_params(status.oper_success().instantiated_path(), status.oper_success().param_errs());
  }
}

void add_delete(const usp_msg::DeleteResp& response, Paths& out) {
  for (const auto& result : response.deleted_obj_results()) {
    const auto& status = result.oper_status();
    out.add(status.oper_failure().err_code(), result.requested_path());
    for (const auto& error : status.oper_success().unaffected_path_errs()) {
      out.add(error.err_code(), error.unaffected_path());
    }
  }
}

}  // namespace

std::vector<std::string> denied_paths(const usp_msg::Msg& answer) {
  Paths out;
  const usp_msg::Body& body = answer.body();
  for (const auto& error : body.error().param_errs()) out.add(error.err_code(), error.param_path());
  const usp_msg::Response& response = body.response();
  add_set(response.set_resp(), out);
  add_add(response.add_resp(), out);
  add_delete(response.delete_resp(), out);
  for (const auto& result : response.operate_resp().operation_results()) {
    out.add(result.cmd_failure().err_code(), result.executed_command());
  }
  return out.take();
}

std::vector<std::string> denied_paths(const usp::Plan& plan) {
  Paths out;
  for (const usp::Failure& failure : plan.failures) {
    const std::string& path =
        failure.path.empty() ? plan.requested[failure.request_index] : failure.path;
    out.add(static_cast<std::uint32_t>(failure.code), path);
  }
  for (const usp::Step& step : plan.steps) {
    for (const usp::ParamError& error : step.param_errors) {
      out.add(static_cast<std::uint32_t>(error.code), step.path + error.path);
    }
  }
  return out.take();
}

bool Audit::may_log() {
  if (!lines_.take()) return false;
  if (const std::uint64_t left_out = lines_.take_refused(); left_out > 0) {
    spdlog::warn("audit: {} lines left out", left_out);
  }
  return true;
}

void Audit::denied(std::string_view device, std::string_view controller, std::string_view type,
                   const std::vector<std::string>& what) {
  if (what.empty()) return;
  metrics_.usp_denied.add({type});
  if (!may_log()) return;
  log_warn({.device = device}, "audit: {} of {} denied: {}", type, controller,
           fmt::join(what, ", "));
}

void Audit::braked(std::string_view device, std::string_view requester, std::string_view what,
                   std::string_view why) {
  if (!may_log()) return;
  log_warn({.device = device}, "audit: {} of {} refused: {}", what, requester, why);
}

void Audit::dropped(std::string_view device, std::string_view controller, const char* kind,
                    std::string_view why) {
  metrics_.mqtt_dropped.add({kind});
  if (!may_log()) return;
  log_warn({.device = device}, "audit: record of {} dropped: {}", controller, why);
}

}  // namespace bridge
