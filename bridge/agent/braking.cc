// The part of VirtualAgent that keeps to the brakes: before a request is planned, and before it is
// stored.
#include <algorithm>
#include <utility>

#include "bridge/agent/braked_access.h"
#include "bridge/agent/command_catalogue.h"
#include "bridge/agent/fresh_view.h"
#include "bridge/agent/virtual_agent.h"
#include "bridge/audit.h"
#include "bridge/brakes.h"
#include "bridge/metrics.h"
#include "bridge/northbound.h"
#include "bridge/runtime.h"

namespace bridge {

namespace asio = boost::asio;

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

bool has_failure(const usp_msg::Msg& answer) {
  const auto failed = [](const auto& results) {
    return std::ranges::any_of(
        results, [](const auto& result) { return result.oper_status().has_oper_failure(); });
  };
  const usp_msg::Response& response = answer.body().response();
  return answer.body().has_error() || failed(response.set_resp().updated_obj_results()) ||
         failed(response.add_resp().created_obj_results()) ||
         failed(response.delete_resp().deleted_obj_results()) ||
         std::ranges::any_of(response.operate_resp().operation_results(),
                             [](const auto& result) { return result.has_cmd_failure(); });
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

asio::awaitable<std::optional<control::DryRun>> VirtualAgent::dry_run(usp_msg::Msg msg,
                                                                      std::string requester) {
  auto self = device_.shared_from_this();
  Result<void> loaded = co_await device_.load();
  if (!loaded || !device_.onboarded()) co_return std::nullopt;
  msg.mutable_header()->set_msg_id(make_msg_id());
  control::DryRun out;
  const auto refuse = [&out](usp_msg::Msg answer) {
    if (!has_failure(answer)) return;
    out.refused = std::make_shared<const usp_msg::Msg>(std::move(answer));
  };
  auto view = make_fresh_view(device_, false);
  usp::Outcome outcome = judge(nullptr, msg, {}, *view, true);
  view.reset();
  if (auto* respond = std::get_if<usp::Respond>(&outcome)) refuse(std::move(respond->msg));
  auto* plan = std::get_if<usp::Plan>(&outcome);
  if (plan == nullptr) co_return out;
  if (const auto error = frozen(*plan, requester)) {
    refuse(usp::make_error(plan->msg_id, *error));
    co_return out;
  }
  auto operation = std::make_shared<Operation>();
  operation->origin.kind = Requester::Kind::kGrpc;
  operation->origin.requester = requester;
  operation->created_ms = now_ms();
  operation->plan = std::move(*plan);
  out.steps = operation->plan.steps.size();
  auto execution = std::make_shared<Execution>(device_, operation, actor_of(requester));
  out.rpcs = execution->rehearse();
  operation->plan.send_resp = true;
  auto answer = finish_for(operation->origin, operation->plan, operation->results);
  if (answer) refuse(*std::move(answer));
  co_return out;
}

}  // namespace bridge
