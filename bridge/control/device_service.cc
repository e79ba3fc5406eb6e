#include "bridge/control/device_service.h"

#include <algorithm>
#include <functional>
#include <set>

#include "bridge/control/backend.h"
#include "bridge/control/call.h"
#include "bridge/control/explain_fill.h"
#include "bridge/control/names.h"

namespace bridge::control {

namespace asio = boost::asio;

namespace {

constexpr std::size_t kMaxDisplayName = 256;  ///< bytes
constexpr int kMaxTags = 32;
constexpr std::size_t kMaxTagLength = 64;
constexpr std::string_view kTagCharacters =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.:/-";

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
  out->set_online(info.online);
  out->set_display_name(info.display_name);
  for (const std::string& tag : info.tags) out->add_tags(tag);
  if (info.first_seen_ms > 0) set_timestamp(info.first_seen_ms, out->mutable_first_seen_time());
  if (info.last_inform_ms > 0) set_timestamp(info.last_inform_ms, out->mutable_last_inform_time());
  if (info.last_boot_ms > 0) set_timestamp(info.last_boot_ms, out->mutable_last_boot_time());
}

asio::awaitable<grpc::Status> get_device(Door& door, const Visit& visit,
                                         const v1::GetDeviceRequest& request,
                                         v1::Device& response) {
  auto id = co_await door.device(visit, "name", request.name());
  if (!id) co_return id.error();
  Result<std::optional<DeviceInfo>> info = co_await door.backend().device(*id);
  if (!info) co_return to_status(info.error());
  if (!*info) co_return no_such_device(request.name());
  fill(**info, &response);
  co_return grpc::Status::OK;
}

asio::awaitable<grpc::Status> list_devices(Door& door, const Visit& visit,
                                           const v1::ListDevicesRequest& request,
                                           v1::ListDevicesResponse& response) {
  auto size = page_size(request.page_size());
  if (!size) co_return size.error();
  auto filter = Filter::parse(request.filter());
  if (!filter) co_return invalid_argument("filter", filter.error());
  auto after = parse_page_id(request.page_token(), request.filter());
  if (!after) co_return after.error();
  Filter wanted = filter->both(visit.client->devices);
  auto page = co_await door.backend().devices(*after, *size, std::move(wanted));
  if (!page) co_return to_status(page.error());
  for (const DeviceInfo& info : page->devices) fill(info, response.add_devices());
  if (page->more) {
    response.set_next_page_token(page_token(std::to_string(page->last_id), request.filter()));
  }
  co_return grpc::Status::OK;
}

/// What is wrong with a text that people see; empty: nothing.
std::string check_display_name(const std::string& name) {
  if (name.size() > kMaxDisplayName) return "longer than 256 bytes";
  const bool plain =
      std::ranges::none_of(name, [](unsigned char c) { return c < 0x20 || c == 0x7F; });
  return plain ? "" : "has control characters";
}

std::string check_tags(const google::protobuf::RepeatedPtrField<std::string>& tags) {
  if (tags.size() > kMaxTags) return "more than 32";
  for (const std::string& tag : tags) {
    if (tag.empty() || tag.size() > kMaxTagLength) return "a tag has 1 to 64 characters";
    if (tag.find_first_not_of(kTagCharacters) != std::string::npos) {
      return "\"" + tag + "\" has others than letters, digits and _.:/-";
    }
  }
  return "";
}

/// What a field mask names (AIP-134): nothing in it: the fields that are set; "*": all of them.
tl::expected<std::set<std::string>, grpc::Status> fields_of(
    const v1::UpdateDeviceRequest& request) {
  std::set<std::string> fields;
  for (const std::string& path : request.update_mask().paths()) {
    if (path == "*") return std::set<std::string>{"display_name", "tags"};
    if (path != "display_name" && path != "tags") {
      return tl::unexpected(invalid_argument("update_mask", path + " cannot be changed"));
    }
    fields.insert(path);
  }
  if (!fields.empty()) return fields;
  if (!request.device().display_name().empty()) fields.insert("display_name");
  if (request.device().tags_size() > 0) fields.insert("tags");
  return fields;
}

tl::expected<Backend::Note, grpc::Status> note_of(const v1::UpdateDeviceRequest& request) {
  auto fields = fields_of(request);
  if (!fields) return tl::unexpected(fields.error());
  Backend::Note note;
  const v1::Device& device = request.device();
  if (fields->contains("display_name")) {
    if (std::string wrong = check_display_name(device.display_name()); !wrong.empty()) {
      return tl::unexpected(invalid_argument("device.display_name", wrong));
    }
    note.display_name = device.display_name();
  }
  if (fields->contains("tags")) {
    if (std::string wrong = check_tags(device.tags()); !wrong.empty()) {
      return tl::unexpected(invalid_argument("device.tags", wrong));
    }
    const std::set<std::string> sorted(device.tags().begin(), device.tags().end());
    note.tags.emplace(sorted.begin(), sorted.end());
  }
  return note;
}

asio::awaitable<grpc::Status> update_device(Door& door, const Visit& visit,
                                            const v1::UpdateDeviceRequest& request,
                                            v1::Device& response) {
  auto id = co_await door.device(visit, "device.name", request.device().name());
  if (!id) co_return id.error();
  auto note = note_of(request);
  if (!note) co_return note.error();
  Result<std::optional<DeviceInfo>> info = co_await door.backend().annotate(*id, *note);
  if (!info) co_return to_status(info.error());
  if (!*info) co_return no_such_device(request.device().name());
  fill(**info, &response);
  co_return grpc::Status::OK;
}

asio::awaitable<grpc::Status> delete_device(Door& door, const Visit& visit,
                                            const v1::DeleteDeviceRequest& request,
                                            google::protobuf::Empty&) {
  auto id = co_await door.device(visit, "name", request.name());
  if (!id) co_return id.error();
  Result<bool> found = co_await door.backend().forget(*id);
  if (!found) co_return to_status(found.error());
  if (!*found) co_return no_such_device(request.name());
  co_return grpc::Status::OK;
}

asio::awaitable<grpc::Status> explain_device(Door& door, const Visit& visit,
                                             const v1::ExplainDeviceRequest& request,
                                             v1::DeviceExplanation& response) {
  auto id = co_await door.device(visit, "name", request.name());
  if (!id) co_return id.error();
  Result<std::optional<DeviceInfo>> info = co_await door.backend().device(*id);
  if (!info) co_return to_status(info.error());
  Result<std::optional<Explanation>> found = co_await door.backend().explain(*id);
  if (!found) co_return to_status(found.error());
  if (!*info || !*found) co_return no_such_device(request.name());
  fill(**info, response.mutable_device());
  fill(**found, &response);
  co_return grpc::Status::OK;
}

}  // namespace

grpc::ServerUnaryReactor* DeviceService::ExplainDevice(grpc::CallbackServerContext* context,
                                                       const v1::ExplainDeviceRequest* request,
                                                       v1::DeviceExplanation* response) {
  return run_call(door_, context, "DeviceService/ExplainDevice", request, response,
                  std::bind_front(explain_device, std::ref(door_)), WhenGone::kCancel);
}

grpc::ServerUnaryReactor* DeviceService::GetDevice(grpc::CallbackServerContext* context,
                                                   const v1::GetDeviceRequest* request,
                                                   v1::Device* response) {
  return run_call(door_, context, "DeviceService/GetDevice", request, response,
                  std::bind_front(get_device, std::ref(door_)), WhenGone::kCancel);
}

grpc::ServerUnaryReactor* DeviceService::ListDevices(grpc::CallbackServerContext* context,
                                                     const v1::ListDevicesRequest* request,
                                                     v1::ListDevicesResponse* response) {
  return run_call(door_, context, "DeviceService/ListDevices", request, response,
                  std::bind_front(list_devices, std::ref(door_)), WhenGone::kCancel);
}

grpc::ServerUnaryReactor* DeviceService::UpdateDevice(grpc::CallbackServerContext* context,
                                                      const v1::UpdateDeviceRequest* request,
                                                      v1::Device* response) {
  return run_call(door_, context, "DeviceService/UpdateDevice", request, response,
                  std::bind_front(update_device, std::ref(door_)));
}

grpc::ServerUnaryReactor* DeviceService::DeleteDevice(grpc::CallbackServerContext* context,
                                                      const v1::DeleteDeviceRequest* request,
                                                      google::protobuf::Empty* response) {
  return run_call(door_, context, "DeviceService/DeleteDevice", request, response,
                  std::bind_front(delete_device, std::ref(door_)));
}

}  // namespace bridge::control
