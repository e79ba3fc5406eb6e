#include "bridge/control/parameter_service.h"

#include <functional>

#include "bridge/control/backend.h"
#include "bridge/control/call.h"
#include "bridge/control/dry_run_ask.h"
#include "bridge/control/parameter_ask.h"
#include "bridge/control/write_requests.h"

namespace bridge::control {

namespace asio = boost::asio;

namespace {

using std::chrono::milliseconds;

/// An answer that most clients would not take is not sent.
asio::awaitable<grpc::Status> get(Door& door, const Visit& visit,
                                  const v1::GetParametersRequest& request,
                                  v1::GetParametersResponse& response, milliseconds timeout) {
  grpc::Status status = co_await read_parameters(door, visit, request, response, timeout);
  if (status.ok() && response.ByteSizeLong() > kMaxAnswerBytes) {
    response.Clear();
    status = make_status(grpc::StatusCode::RESOURCE_EXHAUSTED,
                         "the answer is above 4 MiB: use StreamParameters", "ANSWER_TOO_LARGE");
  }
  co_return status;
}

asio::awaitable<grpc::Status> set(Door& door, const Visit& visit,
                                  const v1::SetParametersRequest& request,
                                  v1::SetParametersResponse& response, milliseconds timeout) {
  if (request.parameters_size() == 0) co_return invalid_argument("parameters", "name at least one");
  if (request.parameters_size() > kMaxPaths) {
    co_return invalid_argument("parameters", "more than 1000");
  }
  for (const v1::Parameter& parameter : request.parameters()) {
    if (!is_parameter_path(parameter.path())) {
      co_return invalid_argument("parameters", "not a parameter path: " + parameter.path());
    }
  }
  usp_msg::Msg message = set_request(request.parameters());
  if (request.validate_only()) {
    auto planned = co_await plan_request(door, visit, request.device(), std::move(message),
                                         *response.mutable_plan());
    co_return planned ? grpc::Status::OK : planned.error();
  }
  auto answer = co_await ask_agent(door, visit, request.device(), std::move(message), timeout);
  if (!answer) co_return answer.error();
  for (const auto& object : answer->set_resp().updated_obj_results()) {
    for (const auto& instance : object.oper_status().oper_success().updated_inst_results()) {
      for (const auto& [name, value] : instance.updated_params()) {
        auto* parameter = response.add_parameters();
        parameter->set_path(instance.affected_path() + name);
        parameter->set_value(value);
      }
    }
  }
  co_return grpc::Status::OK;
}

asio::awaitable<grpc::Status> add(Door& door, const Visit& visit,
                                  const v1::AddObjectRequest& request,
                                  v1::AddObjectResponse& response, milliseconds timeout) {
  usp_msg::Msg message = add_request(request.table(), request.parameters());
  if (request.validate_only()) {
    auto planned = co_await plan_request(door, visit, request.device(), std::move(message),
                                         *response.mutable_plan());
    if (planned && *planned != 1) {
      co_return invalid_argument("table", "names more or less than one table");
    }
    co_return planned ? grpc::Status::OK : planned.error();
  }
  auto answer = co_await ask_agent(door, visit, request.device(), std::move(message), timeout);
  if (!answer) co_return answer.error();
  if (answer->add_resp().created_obj_results_size() != 1) {
    co_return invalid_argument("table", "names more or less than one table");
  }
  const auto& success = answer->add_resp().created_obj_results(0).oper_status().oper_success();
  response.set_path(success.instantiated_path());
  response.mutable_unique_keys()->insert(success.unique_keys().begin(),
                                         success.unique_keys().end());
  co_return grpc::Status::OK;
}

asio::awaitable<grpc::Status> remove(Door& door, const Visit& visit,
                                     const v1::DeleteObjectRequest& request,
                                     google::protobuf::Empty&, milliseconds timeout) {
  usp_msg::Msg message = delete_request(request.path());
  auto answer = co_await ask_agent(door, visit, request.device(), std::move(message), timeout);
  if (!answer) co_return answer.error();
  if (auto left = still_there(answer->delete_resp())) {
    co_return to_status(left->usp_code, left->text);
  }
  if (!deleted_anything(answer->delete_resp())) co_return no_such("object", request.path());
  co_return grpc::Status::OK;
}

}  // namespace

grpc::ServerUnaryReactor* ParameterService::GetParameters(grpc::CallbackServerContext* context,
                                                          const v1::GetParametersRequest* request,
                                                          v1::GetParametersResponse* response) {
  return run_timed_call(door_, context, "ParameterService/GetParameters", request, response,
                        door_.backend().usual_timeout(), std::bind_front(get, std::ref(door_)),
                        WhenGone::kCancel);
}

grpc::ServerWriteReactor<v1::GetParametersResponse>* ParameterService::StreamParameters(
    grpc::CallbackServerContext* context, const v1::GetParametersRequest* request) {
  return stream_parameters(door_, context, request);
}

grpc::ServerUnaryReactor* ParameterService::RefreshParameters(
    grpc::CallbackServerContext* context, const v1::RefreshParametersRequest* request,
    v1::RefreshParametersResponse* response) {
  return run_timed_call(door_, context, "ParameterService/RefreshParameters", request, response,
                        door_.backend().usual_timeout(),
                        std::bind_front(refresh_parameters, std::ref(door_)));
}

grpc::ServerUnaryReactor* ParameterService::SetParameters(grpc::CallbackServerContext* context,
                                                          const v1::SetParametersRequest* request,
                                                          v1::SetParametersResponse* response) {
  return run_timed_call(door_, context, "ParameterService/SetParameters", request, response,
                        door_.backend().usual_timeout(), std::bind_front(set, std::ref(door_)));
}

grpc::ServerUnaryReactor* ParameterService::AddObject(grpc::CallbackServerContext* context,
                                                      const v1::AddObjectRequest* request,
                                                      v1::AddObjectResponse* response) {
  return run_timed_call(door_, context, "ParameterService/AddObject", request, response,
                        door_.backend().usual_timeout(), std::bind_front(add, std::ref(door_)));
}

grpc::ServerUnaryReactor* ParameterService::DeleteObject(grpc::CallbackServerContext* context,
                                                         const v1::DeleteObjectRequest* request,
                                                         google::protobuf::Empty* response) {
  return run_timed_call(door_, context, "ParameterService/DeleteObject", request, response,
                        door_.backend().usual_timeout(), std::bind_front(remove, std::ref(door_)));
}

}  // namespace bridge::control
