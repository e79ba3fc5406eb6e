// The part of VirtualAgent that keeps to the brakes: before a request is planned, and before it is
// stored.
#include <utility>

#include "bridge/agent/braked_access.h"
#include "bridge/agent/command_catalogue.h"
#include "bridge/agent/virtual_agent.h"
#include "bridge/audit.h"
#include "bridge/brakes.h"
#include "bridge/metrics.h"
#include "bridge/northbound.h"
#include "bridge/runtime.h"

namespace bridge {

namespace {

bool is_write(const usp_msg::Msg& msg) {
  switch (msg.body().request().req_type_case()) {
    case usp_msg::Request::kSet:
    case usp_msg::Request::kAdd:
    case usp_msg::Request::kDelete:
    case usp_msg::Request::kOperate:
      return true;
    default:
      return false;
  }
}

/// Is anything of it done on the device?
bool reaches_device(Device& device, const usp::Plan& plan) {
  if (plan.kind != usp::Plan::Kind::kOperate) return Execution::needs_device(device, plan);
  if (plan.steps.empty()) return false;
  const CommandRow* row = CommandCatalogue::get().find(plan.steps.front().path, plan.command);
  return row == nullptr || !(is_bridge_way(row->way) || row->way == CommandWay::kTimer);
}

}  // namespace

usp::Outcome VirtualAgent::judge(const std::shared_ptr<const Grants>& grants,
                                 const usp_msg::Msg& msg, const std::string& own_row,
                                 const usp::DataModel& model, bool final) {
  const usp::Access everything;
  const usp::Access* access = &everything;
  std::optional<GrantedAccess> granted;
  if (grants && (!grants->all.everything() || grants->secured)) {
    access = &granted.emplace(grants, model, own_row).access();
  }
  if (!is_write(msg)) return usp::handle(msg, model, *access, final);
  // What the device's own names show is denied where its Device:2 name is.
  auto other_name = [&own = device_.model()](const std::string& path) {
    const auto native = own.native_of(path);
    return native ? own.shown_of(*native) : std::nullopt;
  };
  Runtime& runtime = device_.runtime();
  const BrakedAccess braked(*access, runtime.brakes, model, std::move(other_name));
  usp::Outcome outcome = usp::handle(msg, model, braked, final);
  if (std::holds_alternative<usp::NeedValues>(outcome)) return outcome;
  if (braked.has_denied()) runtime.metrics.brakes_refused.add({"denied_path"});
  if (braked.has_capped()) runtime.metrics.brakes_refused.add({"too_many_instances"});
  return outcome;
}

std::optional<usp::Error> VirtualAgent::frozen(const usp::Plan& plan,
                                               const std::string& requester) {
  Runtime& runtime = device_.runtime();
  const auto freeze = runtime.brakes.frozen(device_.brake_subject(requester));
  if (!freeze || !reaches_device(device_, plan)) return std::nullopt;
  std::string why = refusal_text(*freeze);
  runtime.metrics.brakes_refused.add({"frozen"});
  runtime.northbound->audit().braked(device_.endpoint_id(), requester,
                                     std::string(kind_name(plan.kind)) + " " + summary(plan), why);
  return usp::Error{usp::ErrorCode::kRequestDenied, std::move(why), {}};
}

}  // namespace bridge
