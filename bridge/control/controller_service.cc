#include "bridge/control/controller_service.h"

#include <algorithm>
#include <functional>

#include "bridge/control/call.h"
#include "bridge/control/names.h"

namespace bridge::control {

namespace asio = boost::asio;

namespace {

void fill(const ControllerConfig& config, const Controllers& all, v1::Controller* out) {
  out->set_name(controller_name(config.endpoint_id));
  out->set_endpoint_id(config.endpoint_id);
  out->set_alias(config.alias);
  out->set_topic(config.topic);
  out->set_role(role_name(config.role));
  out->set_trust(config.trust == ControllerConfig::Trust::kSignature ? v1::Controller::SIGNATURE
                                                                     : v1::Controller::BROKER);
  const auto deadline = config.deadline.value_or(all.usual_deadline);
  out->mutable_deadline()->set_seconds(deadline.count() / 1000);
  out->mutable_deadline()->set_nanos(static_cast<std::int32_t>(deadline.count() % 1000) *
                                     1'000'000);
  out->set_requests_per_second(config.requests_per_second);
  out->set_request_burst(config.request_burst);
  out->set_max_message_size(config.max_message_bytes);
  out->set_frozen(all.frozen && all.frozen(config.endpoint_id));
}

void fill(const RoleConfig& config, const Controllers&, v1::Role* out) {
  out->set_name(role_name(config.name));
  for (const PermissionConfig& each : config.permissions) {
    auto* permission = out->add_permissions();
    for (const std::string& target : each.targets) permission->add_targets(target);
    permission->set_param(each.param);
    permission->set_obj(each.obj);
    permission->set_instantiated_obj(each.instantiated_obj);
    permission->set_command_event(each.command_event);
  }
}

/// One page of what is few and never changes: its token is the index of the next.
template <class Request, class Response, class Row, class Out>
grpc::Status fill_page(const std::vector<Row>& rows, const Controllers& all, const Request& request,
                       Response& response, Out* (Response::*add)()) {
  auto size = page_size(request.page_size());
  if (!size) return size.error();
  auto begin = parse_page_id(request.page_token(), "");
  if (!begin) return begin.error();
  const auto first = static_cast<std::size_t>(*begin);
  const std::size_t end = std::min(rows.size(), first + *size);
  for (std::size_t i = first; i < end; ++i) fill(rows[i], all, (response.*add)());
  if (end < rows.size()) response.set_next_page_token(page_token(std::to_string(end), ""));
  return grpc::Status::OK;
}

asio::awaitable<grpc::Status> get(const Controllers& all, const Visit&,
                                  const v1::GetControllerRequest& request,
                                  v1::Controller& response) {
  auto id = parse_controller_name(request.name());
  if (!id) co_return invalid_argument("name", "expected controllers/{endpoint_id}");
  auto found = std::ranges::find(all.controllers, *id, &ControllerConfig::endpoint_id);
  if (found == all.controllers.end()) co_return no_such("controller", request.name());
  fill(*found, all, &response);
  co_return grpc::Status::OK;
}

asio::awaitable<grpc::Status> list(const Controllers& all, const Visit&,
                                   const v1::ListControllersRequest& request,
                                   v1::ListControllersResponse& response) {
  co_return fill_page(all.controllers, all, request, response,
                      &v1::ListControllersResponse::add_controllers);
}

asio::awaitable<grpc::Status> get_role(const Controllers& all, const Visit&,
                                       const v1::GetRoleRequest& request, v1::Role& response) {
  auto name = parse_role_name(request.name());
  if (!name) co_return invalid_argument("name", "expected roles/{name}");
  auto found = std::ranges::find(all.roles, *name, &RoleConfig::name);
  if (found == all.roles.end()) co_return no_such("role", request.name());
  fill(*found, all, &response);
  co_return grpc::Status::OK;
}

asio::awaitable<grpc::Status> list_roles(const Controllers& all, const Visit&,
                                         const v1::ListRolesRequest& request,
                                         v1::ListRolesResponse& response) {
  co_return fill_page(all.roles, all, request, response, &v1::ListRolesResponse::add_roles);
}

}  // namespace

grpc::ServerUnaryReactor* ControllerService::GetController(grpc::CallbackServerContext* context,
                                                           const v1::GetControllerRequest* request,
                                                           v1::Controller* response) {
  return run_call(door_, context, "ControllerService/GetController", request, response,
                  std::bind_front(get, std::cref(controllers_)));
}

grpc::ServerUnaryReactor* ControllerService::ListControllers(
    grpc::CallbackServerContext* context, const v1::ListControllersRequest* request,
    v1::ListControllersResponse* response) {
  return run_call(door_, context, "ControllerService/ListControllers", request, response,
                  std::bind_front(list, std::cref(controllers_)));
}

grpc::ServerUnaryReactor* ControllerService::GetRole(grpc::CallbackServerContext* context,
                                                     const v1::GetRoleRequest* request,
                                                     v1::Role* response) {
  return run_call(door_, context, "ControllerService/GetRole", request, response,
                  std::bind_front(get_role, std::cref(controllers_)));
}

grpc::ServerUnaryReactor* ControllerService::ListRoles(grpc::CallbackServerContext* context,
                                                       const v1::ListRolesRequest* request,
                                                       v1::ListRolesResponse* response) {
  return run_call(door_, context, "ControllerService/ListRoles", request, response,
                  std::bind_front(list_roles, std::cref(controllers_)));
}

}  // namespace bridge::control
