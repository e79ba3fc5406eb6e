#include "bridge/control/bulk_devices.h"

#include <unordered_set>
#include <utility>

#include "bridge/control/backend.h"
#include "bridge/control/errors.h"

namespace bridge::control {

namespace asio = boost::asio;

namespace {

constexpr std::size_t kAtOnce = 1000;

grpc::Status too_many(std::size_t max) {
  return not_now("more devices than brakes.bulk_devices allows: " + std::to_string(max),
                 "TOO_MANY_DEVICES");
}

asio::awaitable<DevicesOrStatus> named(Door& door, Visit visit,
                                       v1::StartBulkOperationRequest request, std::size_t max) {
  std::vector<std::string> out;
  std::unordered_set<std::string> seen;
  for (const std::string& name : request.devices()) {
    auto looking = door.device(visit, "devices", name);
    tl::expected<std::string, grpc::Status> device = co_await std::move(looking);
    if (!device) co_return tl::unexpected(device.error());
    if (!seen.insert(*device).second) continue;
    if (out.size() == max) co_return tl::unexpected(too_many(max));
    out.push_back(*std::move(device));
  }
  co_return out;
}

asio::awaitable<DevicesOrStatus> filtered(Door& door, Visit visit, Filter filter, std::size_t max) {
  std::vector<std::string> out;
  std::int64_t after = 0;
  for (bool more = true; more;) {
    Filter wanted = filter;
    Result<Backend::DevicePage> page =
        co_await door.backend().devices(after, kAtOnce, std::move(wanted));
    if (!page) co_return tl::unexpected(to_status(page.error()));
    for (DeviceInfo& info : page->devices) {
      if (!visit.client->devices.matches(info)) continue;
      if (out.size() == max) co_return tl::unexpected(too_many(max));
      out.push_back(std::move(info.endpoint_id));
    }
    after = page->last_id;
    more = page->more;
  }
  co_return out;
}

}  // namespace

asio::awaitable<DevicesOrStatus> bulk_devices(Door& door, Visit visit,
                                              v1::StartBulkOperationRequest request,
                                              std::size_t max) {
  const bool by_name = request.devices_size() > 0;
  if (by_name == !request.filter().empty()) {
    co_return tl::unexpected(invalid_argument("devices", "either these or a filter"));
  }
  if (by_name) {
    auto naming = named(door, std::move(visit), std::move(request), max);
    DevicesOrStatus devices = co_await std::move(naming);
    co_return devices;
  }
  auto filter = Filter::parse(request.filter());
  if (!filter) co_return tl::unexpected(invalid_argument("filter", filter.error()));
  auto filtering = filtered(door, std::move(visit), *std::move(filter), max);
  DevicesOrStatus devices = co_await std::move(filtering);
  co_return devices;
}

}  // namespace bridge::control
