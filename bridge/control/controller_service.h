#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "bridge/config.h"
#include "bridge/control/door.h"
#include "proto/bridge/v1/controller.grpc.pb.h"

namespace bridge::control {

/// Who may talk to the agents, as the configuration says.
struct Controllers {
  std::vector<ControllerConfig> controllers;
  std::vector<RoleConfig> roles;  ///< the built-in ones first
  std::chrono::milliseconds usual_deadline{0};
  /// Is a freeze on this controller? Empty: none ever is. Thread-safe.
  std::function<bool(std::string_view endpoint_id)> frozen;
};

/// bridge.v1.ControllerService.
class ControllerService final : public v1::ControllerService::CallbackService {
 public:
  ControllerService(Door& door, Controllers controllers)
      : door_(door), controllers_(std::move(controllers)) {}

  grpc::ServerUnaryReactor* GetController(grpc::CallbackServerContext* context,
                                          const v1::GetControllerRequest* request,
                                          v1::Controller* response) override;
  grpc::ServerUnaryReactor* ListControllers(grpc::CallbackServerContext* context,
                                            const v1::ListControllersRequest* request,
                                            v1::ListControllersResponse* response) override;
  grpc::ServerUnaryReactor* GetRole(grpc::CallbackServerContext* context,
                                    const v1::GetRoleRequest* request, v1::Role* response) override;
  grpc::ServerUnaryReactor* ListRoles(grpc::CallbackServerContext* context,
                                      const v1::ListRolesRequest* request,
                                      v1::ListRolesResponse* response) override;

 private:
  Door& door_;
  const Controllers controllers_;
};

}  // namespace bridge::control
