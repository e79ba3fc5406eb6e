#include "bridge/control/device_service.h"

#include "bridge/control/call.h"
#include "bridge/control/names.h"

namespace bridge::control {

namespace asio = boost::asio;

namespace {

void fill(const DeviceInfo& info, v1::Device* out) {
  out->set_name(device_name(info.endpoint_id));
  out->set_endpoint_id(info.endpoint_id);
  out->set_manufacturer(info.manufacturer);
  out->set_oui(info.oui);
  out->set_product_class(info.product_class);
  out->set_serial_number(info.serial_number);
  out->set_root(info.root);
  out->set_software_version(info.software_version);
  out->set_hardware_version(info.hardware_version);
  out->set_onboarded(info.onboarded);
  out->set_in_session(info.in_session);
  out->set_open_operations(info.open_operations);
  if (info.first_seen_ms > 0) set_timestamp(info.first_seen_ms, out->mutable_first_seen_time());
  if (info.last_inform_ms > 0) set_timestamp(info.last_inform_ms, out->mutable_last_inform_time());
  if (info.last_boot_ms > 0) set_timestamp(info.last_boot_ms, out->mutable_last_boot_time());
}

asio::awaitable<grpc::Status> get_device(Backend& backend, const v1::GetDeviceRequest& request,
                                         v1::Device& response) {
  auto id = parse_device_name(request.name());
  if (!id) co_return invalid_argument("name: expected devices/{endpoint_id}");
  Result<std::optional<DeviceInfo>> info = co_await backend.device(*id);
  if (!info) co_return to_status(info.error());
  if (!*info) co_return no_such_device(request.name());
  fill(**info, &response);
  co_return grpc::Status::OK;
}

asio::awaitable<grpc::Status> list_devices(Backend& backend, const v1::ListDevicesRequest& request,
                                           v1::ListDevicesResponse& response) {
  auto size = page_size(request.page_size());
  if (!size) co_return size.error();
  auto after = parse_page_token(request.page_token());
  if (!after) co_return after.error();
  // One more than asked tells whether there is a next page.
  Result<std::vector<DeviceInfo>> devices = co_await backend.devices(*after, *size + 1);
  if (!devices) co_return to_status(devices.error());
  bool more = devices->size() > *size;
  if (more) devices->resize(*size);
  for (const DeviceInfo& info : *devices) fill(info, response.add_devices());
  if (more) response.set_next_page_token(std::to_string(devices->back().id));
  co_return grpc::Status::OK;
}

asio::awaitable<grpc::Status> delete_device(Backend& backend,
                                            const v1::DeleteDeviceRequest& request) {
  auto id = parse_device_name(request.name());
  if (!id) co_return invalid_argument("name: expected devices/{endpoint_id}");
  Result<bool> found = co_await backend.forget(*id);
  if (!found) co_return to_status(found.error());
  if (!*found) co_return no_such_device(request.name());
  co_return grpc::Status::OK;
}

}  // namespace

DeviceService::DeviceService(asio::any_io_executor executor, Backend& backend)
    : executor_(std::move(executor)), backend_(backend) {}

grpc::ServerUnaryReactor* DeviceService::GetDevice(grpc::CallbackServerContext* context,
                                                   const v1::GetDeviceRequest* request,
                                                   v1::Device* response) {
  return run_call(executor_, context, request, response,
                  [&backend = backend_](const v1::GetDeviceRequest& in, v1::Device& out) {
                    return get_device(backend, in, out);
                  });
}

grpc::ServerUnaryReactor* DeviceService::ListDevices(grpc::CallbackServerContext* context,
                                                     const v1::ListDevicesRequest* request,
                                                     v1::ListDevicesResponse* response) {
  return run_call(
      executor_, context, request, response,
      [&backend = backend_](const v1::ListDevicesRequest& in, v1::ListDevicesResponse& out) {
        return list_devices(backend, in, out);
      });
}

grpc::ServerUnaryReactor* DeviceService::DeleteDevice(grpc::CallbackServerContext* context,
                                                      const v1::DeleteDeviceRequest* request,
                                                      google::protobuf::Empty* response) {
  return run_call(
      executor_, context, request, response,
      [&backend = backend_](const v1::DeleteDeviceRequest& in, google::protobuf::Empty&) {
        return delete_device(backend, in);
      });
}

}  // namespace bridge::control
