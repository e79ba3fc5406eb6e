// The operations that have a call of their own.
#include <utility>

#include "bridge/control/ask.h"
#include "bridge/control/call.h"
#include "bridge/control/names.h"
#include "bridge/control/operation_service.h"
#include "bridge/control/typed_operation.h"

namespace bridge::control {

namespace asio = boost::asio;

namespace {

using std::chrono::milliseconds;
using PathOrStatus = tl::expected<std::string, grpc::Status>;

/// The object that the command is of.
asio::awaitable<PathOrStatus> object_of(Door& door, Visit visit, std::string endpoint_id,
                                        TypedOperation operation) {
  if (operation.row_field == nullptr) co_return operation.object;
  if (!operation.row.empty()) co_return operation.object + operation.row + ".";
  usp_msg::Msg request = rows_request(operation);
  Backend::Ask ask = ask_of(visit);
  std::string device = endpoint_id;
  Result<std::optional<usp_msg::Msg>> answer =
      co_await door.backend().request(std::move(device), std::move(request), std::move(ask));
  if (!answer) co_return tl::unexpected(to_status(answer.error()));
  if (!*answer) co_return tl::unexpected(no_such_device(device_name(endpoint_id)));
  if ((*answer)->body().has_error()) {
    co_return tl::unexpected(to_status((*answer)->body().error()));
  }
  std::string row = first_row(operation, (*answer)->body().response().get_resp());
  if (row.empty()) {
    co_return tl::unexpected(
        not_now("the device has no row in " + operation.object, "NO_SUCH_ROW"));
  }
  co_return row;
}

grpc::Status status_of(const Backend::Refused& refused, const std::string& device) {
  if (refused.code == 0) return no_such_device(device);
  // It is the device that is not able to, not the request that is wrong.
  if (refused.text.starts_with("AutoActivate:")) {
    return not_now("activate_later: the device would activate the image at once all the same",
                   "DEVICE_CANNOT_WAIT");
  }
  return to_status(refused.code, refused.text);
}

asio::awaitable<grpc::Status> start(Door& door, Visit visit, std::string device,
                                    TypedOperation operation, milliseconds timeout,
                                    v1::Operation& response) {
  auto looking = door.device(visit, "device", device);
  PathOrStatus endpoint_id = co_await std::move(looking);
  if (!endpoint_id) co_return endpoint_id.error();
  auto finding = object_of(door, visit, *endpoint_id, operation);
  PathOrStatus object = co_await std::move(finding);
  if (!object) co_return object.error();
  std::string command = *object + operation.command;
  std::string key;
  Backend::Ask ask = ask_of(visit, timeout);
  tl::expected<OperationInfo, Backend::Refused> started = co_await door.backend().start_command(
      *std::move(endpoint_id), std::move(command), std::move(key), std::move(operation.input),
      std::move(ask));
  if (!started) co_return status_of(started.error(), device);
  fill(*started, &response);
  co_return grpc::Status::OK;
}

/// `make(request)` gives a TypedOrStatus.
template <class Request, class Make>
grpc::ServerUnaryReactor* run(Door& door, grpc::CallbackServerContext* context, const char* method,
                              const Request* request, v1::Operation* response, Make make) {
  // The gRPC deadline bounds this call, not the operation that goes on after it.
  auto timeout = timeout_field(request->has_timeout(), request->timeout());
  if (!timeout) return refuse_call(context, timeout.error());
  auto work = [&door, make, limit = timeout->value_or(milliseconds(0))](
                  const Visit& visit, const Request& in,
                  v1::Operation& out) -> asio::awaitable<grpc::Status> {
    auto refuse = [](grpc::Status why) -> asio::awaitable<grpc::Status> { co_return why; };
    TypedOrStatus operation = make(in);
    if (!operation) return refuse(operation.error());
    return start(door, visit, in.device(), *std::move(operation), limit, out);
  };
  return run_call(door, context, method, request, response, std::move(work));
}

constexpr auto kTyped = [](const auto& request) { return typed(request); };

}  // namespace

grpc::ServerUnaryReactor* OperationService::RebootDevice(grpc::CallbackServerContext* context,
                                                         const v1::RebootDeviceRequest* request,
                                                         v1::Operation* response) {
  auto make = [](const v1::RebootDeviceRequest&) -> TypedOrStatus { return reboot(); };
  return run(door_, context, "OperationService/RebootDevice", request, response, make);
}

grpc::ServerUnaryReactor* OperationService::FactoryResetDevice(
    grpc::CallbackServerContext* context, const v1::FactoryResetDeviceRequest* request,
    v1::Operation* response) {
  auto make = [](const v1::FactoryResetDeviceRequest&) -> TypedOrStatus { return factory_reset(); };
  return run(door_, context, "OperationService/FactoryResetDevice", request, response, make);
}

grpc::ServerUnaryReactor* OperationService::ScheduleInform(grpc::CallbackServerContext* context,
                                                           const v1::ScheduleInformRequest* request,
                                                           v1::Operation* response) {
  auto make = [prefix = door_.backend().vendor_prefix()](const v1::ScheduleInformRequest& asked) {
    return typed(asked, prefix);
  };
  return run(door_, context, "OperationService/ScheduleInform", request, response, std::move(make));
}

grpc::ServerUnaryReactor* OperationService::DownloadFirmware(
    grpc::CallbackServerContext* context, const v1::DownloadFirmwareRequest* request,
    v1::Operation* response) {
  return run(door_, context, "OperationService/DownloadFirmware", request, response, kTyped);
}

grpc::ServerUnaryReactor* OperationService::UploadLog(grpc::CallbackServerContext* context,
                                                      const v1::UploadLogRequest* request,
                                                      v1::Operation* response) {
  return run(door_, context, "OperationService/UploadLog", request, response, kTyped);
}

grpc::ServerUnaryReactor* OperationService::BackupConfiguration(
    grpc::CallbackServerContext* context, const v1::BackupConfigurationRequest* request,
    v1::Operation* response) {
  return run(door_, context, "OperationService/BackupConfiguration", request, response, kTyped);
}

grpc::ServerUnaryReactor* OperationService::RestoreConfiguration(
    grpc::CallbackServerContext* context, const v1::RestoreConfigurationRequest* request,
    v1::Operation* response) {
  return run(door_, context, "OperationService/RestoreConfiguration", request, response, kTyped);
}

}  // namespace bridge::control
