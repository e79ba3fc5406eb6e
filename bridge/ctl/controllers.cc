// usp-bridgectl controllers | roles
#include "bridge/ctl/commands.h"
#include "bridge/ctl/output.h"
#include "proto/bridge/v1/controller.grpc.pb.h"

namespace bridge::ctl {

namespace {

using Stub = v1::ControllerService::Stub;

int list(const Connection& connection) {
  auto stub = v1::ControllerService::NewStub(connection.channel());
  v1::ListControllersRequest request;
  request.set_page_size(1000);
  v1::ListControllersResponse response;
  const grpc::Status status = connection.call(stub, &Stub::ListControllers, request, response);
  if (!status.ok()) return fail(status);
  if (connection.format() == Format::kJson) {
    for (const v1::Controller& controller : response.controllers()) print_json(controller);
    return kDone;
  }
  Table table({"CONTROLLER", "ROLE", "TRUST", "TOPIC", "FROZEN"});
  for (const v1::Controller& controller : response.controllers()) {
    table.add({controller.endpoint_id(), controller.role(),
               v1::Controller::Trust_Name(controller.trust()), controller.topic(),
               controller.frozen() ? "yes" : "no"});
  }
  return kDone;
}

int list_roles(const Connection& connection) {
  auto stub = v1::ControllerService::NewStub(connection.channel());
  v1::ListRolesRequest request;
  request.set_page_size(1000);
  v1::ListRolesResponse response;
  const grpc::Status status = connection.call(stub, &Stub::ListRoles, request, response);
  if (!status.ok()) return fail(status);
  if (connection.format() == Format::kJson) {
    for (const v1::Role& role : response.roles()) print_json(role);
    return kDone;
  }
  Table table({"ROLE", "TARGETS", "PARAM", "OBJ", "INSTANTIATED OBJ", "COMMAND EVENT"});
  for (const v1::Role& role : response.roles()) {
    for (const v1::Role::Permission& permission : role.permissions()) {
      std::string targets;
      for (const std::string& target : permission.targets()) {
        targets += (targets.empty() ? "" : ",") + target;
      }
      table.add({role.name(), targets, permission.param(), permission.obj(),
                 permission.instantiated_obj(), permission.command_event()});
    }
  }
  return kDone;
}

}  // namespace

void add_controller_commands(CLI::App& app, Action& action) {
  app.add_subcommand("controllers", "who may talk to the agents")->callback([&action] {
    action = list;
  });
  app.add_subcommand("roles", "what controllers may do")->callback([&action] {
    action = list_roles;
  });
}

}  // namespace bridge::ctl
