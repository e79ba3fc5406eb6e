#include "bridge/control/dry_run_ask.h"

#include <utility>

#include "bridge/control/backend.h"
#include "bridge/control/errors.h"

namespace bridge::control {

namespace asio = boost::asio;

namespace {

/// The first failure that an answer has.
grpc::Status to_status(const usp_msg::Msg& answer) {
  if (answer.body().has_error()) return control::to_status(answer.body().error());
  const usp_msg::Response& response = answer.body().response();
  for (const auto& result : response.operate_resp().operation_results()) {
    if (!result.has_cmd_failure()) continue;
    return control::to_status(result.cmd_failure().err_code(), result.cmd_failure().err_msg());
  }
  const auto of = [](const auto& results) {
    for (const auto& result : results) {
      const auto& failure = result.oper_status().oper_failure();
      if (failure.err_code() != 0) {
        return control::to_status(failure.err_code(), failure.err_msg());
      }
    }
    return grpc::Status::OK;
  };
  grpc::Status status = of(response.set_resp().updated_obj_results());
  if (status.ok()) status = of(response.add_resp().created_obj_results());
  if (status.ok()) status = of(response.delete_resp().deleted_obj_results());
  return status;
}

void fill(const std::vector<PlannedRpc>& rpcs, PlannedRpcs& out) {
  for (const PlannedRpc& rpc : rpcs) {
    v1::PlannedRpc* planned = out.Add();
    planned->set_rpc(rpc.rpc);
    planned->set_object(rpc.object);
    for (const PlannedRpc::Value& value : rpc.values) {
      v1::Parameter* parameter = planned->add_parameters();
      parameter->set_path(value.name);
      parameter->set_value(value.value);
      parameter->set_type(value.type);
    }
  }
}

}  // namespace

asio::awaitable<tl::expected<std::size_t, grpc::Status>> plan_request(Door& door, Visit visit,
                                                                      std::string device,
                                                                      usp_msg::Msg request,
                                                                      PlannedRpcs& plan) {
  auto id = co_await door.device(visit, "device", device);
  if (!id) co_return tl::unexpected(id.error());
  std::string requester = visit.client->requester;
  Result<std::optional<DryRun>> done =
      co_await door.backend().dry_run(*id, std::move(request), std::move(requester));
  if (!done) co_return tl::unexpected(control::to_status(done.error()));
  if (!*done) co_return tl::unexpected(no_such_device(device));
  if ((*done)->refused) co_return tl::unexpected(to_status(*(*done)->refused));
  fill((*done)->rpcs, plan);
  co_return (*done)->steps;
}

asio::awaitable<grpc::Status> plan_command(Door& door, Visit visit, std::string device,
                                           usp_msg::Operate operate, PlannedRpcs& plan) {
  usp_msg::Msg message;
  message.mutable_header()->set_msg_type(usp_msg::Header::OPERATE);
  *message.mutable_body()->mutable_request()->mutable_operate() = std::move(operate);
  auto steps =
      co_await plan_request(door, std::move(visit), std::move(device), std::move(message), plan);
  if (!steps) co_return steps.error();
  if (*steps != 1) co_return control::to_status(7022, "the command names no single object");
  co_return grpc::Status::OK;
}

}  // namespace bridge::control
