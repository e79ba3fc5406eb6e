#include "bridge/control/parameter_service.h"

#include <map>

#include "bridge/control/call.h"
#include "bridge/control/names.h"
#include "proto/usp/usp_msg.pb.h"

namespace bridge::control {

namespace asio = boost::asio;

namespace {

using std::chrono::milliseconds;

/// Asks the agent and gives back its response, or the status that ends the call.
asio::awaitable<tl::expected<usp_msg::Response, grpc::Status>> ask(Backend& backend,
                                                                   std::string device,
                                                                   usp_msg::Msg message,
                                                                   milliseconds timeout) {
  auto id = parse_device_name(device);
  if (!id) co_return tl::unexpected(invalid_argument("device: expected devices/{endpoint_id}"));
  Result<std::optional<usp_msg::Msg>> answer =
      co_await backend.request(*id, std::move(message), timeout);
  if (!answer) co_return tl::unexpected(to_status(answer.error()));
  if (!*answer) co_return tl::unexpected(no_such_device(device));
  const usp_msg::Body& body = (*answer)->body();
  if (body.has_error()) co_return tl::unexpected(to_status(body.error()));
  co_return body.response();
}

/// "Device.WiFi.SSID.1." and "SSID" of "Device.WiFi.SSID.1.SSID".
std::pair<std::string, std::string> split(const std::string& path) {
  std::size_t dot = path.rfind('.');
  if (dot == std::string::npos) return {"", path};
  return {path.substr(0, dot + 1), path.substr(dot + 1)};
}

asio::awaitable<grpc::Status> get(Backend& backend, const v1::GetParametersRequest& request,
                                  v1::GetParametersResponse& response) {
  if (request.paths_size() == 0) co_return invalid_argument("paths: name at least one");
  usp_msg::Msg message;
  message.mutable_header()->set_msg_type(usp_msg::Header::GET);
  auto* get = message.mutable_body()->mutable_request()->mutable_get();
  *get->mutable_param_paths() = request.paths();
  get->set_max_depth(request.max_depth());
  auto answer = co_await ask(backend, request.device(), std::move(message), milliseconds(0));
  if (!answer) co_return answer.error();
  for (const auto& path : answer->get_resp().req_path_results()) {
    if (path.err_code() != 0) {
      auto* error = response.add_errors();
      error->set_path(path.requested_path());
      error->set_code(path.err_code());
      error->set_message(path.err_msg());
    }
    for (const auto& object : path.resolved_path_results()) {
      std::map<std::string, std::string> sorted(object.result_params().begin(),
                                                object.result_params().end());
      for (const auto& [name, value] : sorted) {
        auto* parameter = response.add_parameters();
        parameter->set_path(object.resolved_path() + name);
        parameter->set_value(value);
      }
    }
  }
  co_return grpc::Status::OK;
}

asio::awaitable<grpc::Status> set(Backend& backend, const v1::SetParametersRequest& request,
                                  v1::SetParametersResponse& response, milliseconds timeout) {
  if (request.parameters_size() == 0) co_return invalid_argument("parameters: name at least one");
  usp_msg::Msg message;
  message.mutable_header()->set_msg_type(usp_msg::Header::SET);
  auto* set = message.mutable_body()->mutable_request()->mutable_set();
  std::map<std::string, usp_msg::Set::UpdateObject*> objects;
  for (const v1::Parameter& parameter : request.parameters()) {
    auto [object, name] = split(parameter.path());
    if (object.empty() || name.empty()) {
      co_return invalid_argument("parameters: not a parameter path: " + parameter.path());
    }
    auto*& update = objects[object];
    if (update == nullptr) {
      update = set->add_update_objs();
      update->set_obj_path(object);
    }
    auto* setting = update->add_param_settings();
    setting->set_param(name);
    setting->set_value(parameter.value());
    setting->set_required(true);
  }
  auto answer = co_await ask(backend, request.device(), std::move(message), timeout);
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

asio::awaitable<grpc::Status> add(Backend& backend, const v1::AddObjectRequest& request,
                                  v1::AddObjectResponse& response, milliseconds timeout) {
  usp_msg::Msg message;
  message.mutable_header()->set_msg_type(usp_msg::Header::ADD);
  auto* create = message.mutable_body()->mutable_request()->mutable_add()->add_create_objs();
  create->set_obj_path(request.table());
  for (const auto& [name, value] : request.parameters()) {
    auto* setting = create->add_param_settings();
    setting->set_param(name);
    setting->set_value(value);
    setting->set_required(true);
  }
  auto answer = co_await ask(backend, request.device(), std::move(message), timeout);
  if (!answer) co_return answer.error();
  if (answer->add_resp().created_obj_results_size() != 1) {
    co_return invalid_argument("table: names more or less than one table");
  }
  const auto& success = answer->add_resp().created_obj_results(0).oper_status().oper_success();
  response.set_path(success.instantiated_path());
  response.mutable_unique_keys()->insert(success.unique_keys().begin(),
                                         success.unique_keys().end());
  co_return grpc::Status::OK;
}

asio::awaitable<grpc::Status> remove(Backend& backend, const v1::DeleteObjectRequest& request,
                                     milliseconds timeout) {
  usp_msg::Msg message;
  message.mutable_header()->set_msg_type(usp_msg::Header::DELETE);
  message.mutable_body()->mutable_request()->mutable_delete_()->add_obj_paths(request.path());
  auto answer = co_await ask(backend, request.device(), std::move(message), timeout);
  if (!answer) co_return answer.error();
  int affected = 0;
  for (const auto& result : answer->delete_resp().deleted_obj_results()) {
    const auto& success = result.oper_status().oper_success();
    affected += success.affected_paths_size();
    if (success.unaffected_path_errs_size() > 0) {
      const auto& error = success.unaffected_path_errs(0);
      co_return to_status(error.err_code(), error.unaffected_path() + ": " + error.err_msg());
    }
  }
  // USP takes the deletion of what is not there as done; an API user wants to know.
  if (affected == 0) {
    co_return grpc::Status(grpc::StatusCode::NOT_FOUND, "no such object: " + request.path());
  }
  co_return grpc::Status::OK;
}

}  // namespace

ParameterService::ParameterService(asio::any_io_executor executor, Backend& backend)
    : executor_(std::move(executor)), backend_(backend) {}

grpc::ServerUnaryReactor* ParameterService::GetParameters(grpc::CallbackServerContext* context,
                                                          const v1::GetParametersRequest* request,
                                                          v1::GetParametersResponse* response) {
  return run_call(
      executor_, context, request, response,
      [&backend = backend_](const v1::GetParametersRequest& in, v1::GetParametersResponse& out) {
        return get(backend, in, out);
      });
}

grpc::ServerUnaryReactor* ParameterService::SetParameters(grpc::CallbackServerContext* context,
                                                          const v1::SetParametersRequest* request,
                                                          v1::SetParametersResponse* response) {
  return run_timed_call(
      executor_, context, request, response, backend_.usual_timeout(),
      [&backend = backend_](const v1::SetParametersRequest& in, v1::SetParametersResponse& out,
                            milliseconds timeout) { return set(backend, in, out, timeout); });
}

grpc::ServerUnaryReactor* ParameterService::AddObject(grpc::CallbackServerContext* context,
                                                      const v1::AddObjectRequest* request,
                                                      v1::AddObjectResponse* response) {
  return run_timed_call(
      executor_, context, request, response, backend_.usual_timeout(),
      [&backend = backend_](const v1::AddObjectRequest& in, v1::AddObjectResponse& out,
                            milliseconds timeout) { return add(backend, in, out, timeout); });
}

grpc::ServerUnaryReactor* ParameterService::DeleteObject(grpc::CallbackServerContext* context,
                                                         const v1::DeleteObjectRequest* request,
                                                         google::protobuf::Empty* response) {
  return run_timed_call(
      executor_, context, request, response, backend_.usual_timeout(),
      [&backend = backend_](const v1::DeleteObjectRequest& in, google::protobuf::Empty&,
                            milliseconds timeout) { return remove(backend, in, timeout); });
}

}  // namespace bridge::control
