#include "bridge/control_backend.h"

#include <spdlog/spdlog.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <utility>

#include "bridge/agent/virtual_agent.h"
#include "bridge/event_hub.h"
#include "bridge/metrics.h"
#include "bridge/registry.h"
#include "bridge/runtime.h"

namespace bridge {

namespace asio = boost::asio;

namespace {

control::DeviceInfo to_info(const DeviceRow& row) {
  control::DeviceInfo out;
  out.id = row.id;
  out.endpoint_id = row.endpoint_id;
  out.manufacturer = row.manufacturer;
  out.oui = row.identity.oui;
  out.product_class = row.identity.product_class;
  out.serial_number = row.identity.serial;
  out.root = row.root;
  out.software_version = row.software_version;
  out.hardware_version = row.hardware_version;
  out.onboarded = row.onboarded;
  out.first_seen_ms = row.first_seen_ms;
  out.last_boot_ms = row.last_boot_ms;
  return out;
}

/// What the tables know of a device beside its row.
Result<control::DeviceInfo> complete(control::DeviceInfo info, StateReader& state,
                                     MirrorReader& mirror) {
  auto last = mirror.last_inform_ms(info.id);
  if (!last) return tl::unexpected(last.error());
  auto open = state.open_operation_count(info.id);
  if (!open) return tl::unexpected(open.error());
  info.last_inform_ms = *last;
  info.open_operations = static_cast<std::uint32_t>(*open);
  return info;
}

std::optional<control::OperationInfo> to_operation_info(const OperationRow& row,
                                                        const std::string& endpoint_id) {
  if (row.kind == kUndoAddKind) return std::nullopt;
  auto operation = from_row(row);
  if (!operation) return std::nullopt;
  return bridge::to_info(*operation, endpoint_id, row.finished_ms);
}

}  // namespace

asio::awaitable<DevicePtr> ControlBackend::find(std::string endpoint_id) {
  Result<DevicePtr> device = co_await runtime_.registry->by_endpoint_id(std::move(endpoint_id));
  if (!device) {
    spdlog::error("control: {}", device.error().text);
    co_return nullptr;
  }
  co_return *device;
}

asio::awaitable<std::optional<control::DeviceInfo>> ControlBackend::device(
    std::string endpoint_id) {
  using Found = std::optional<control::DeviceInfo>;
  auto read = [endpoint_id](StateReader& state, MirrorReader& mirror) -> Result<Found> {
    auto row = state.device_by_endpoint_id(endpoint_id);
    if (!row) return tl::unexpected(row.error());
    if (!*row) return Found{};
    auto info = complete(to_info(**row), state, mirror);
    if (!info) return tl::unexpected(info.error());
    return Found{*info};
  };
  Result<Found> info = co_await runtime_.store.read(std::move(read));
  if (!info || !*info) co_return std::nullopt;
  DevicePtr live = runtime_.registry->in_memory((*info)->id);
  (*info)->in_session = live && live->in_session();
  co_return *info;
}

asio::awaitable<std::vector<control::DeviceInfo>> ControlBackend::devices(std::int64_t after_id,
                                                                          std::size_t limit) {
  using Page = std::vector<control::DeviceInfo>;
  auto read = [after_id, limit](StateReader& state, MirrorReader& mirror) -> Result<Page> {
    auto rows = state.devices(after_id, limit);
    if (!rows) return tl::unexpected(rows.error());
    Page out;
    for (const DeviceRow& row : *rows) {
      auto info = complete(to_info(row), state, mirror);
      if (!info) return tl::unexpected(info.error());
      out.push_back(*info);
    }
    return out;
  };
  Result<Page> page = co_await runtime_.store.read(std::move(read));
  if (!page) co_return Page{};
  for (control::DeviceInfo& info : *page) {
    DevicePtr live = runtime_.registry->in_memory(info.id);
    info.in_session = live && live->in_session();
  }
  co_return *page;
}

asio::awaitable<bool> ControlBackend::forget(std::string endpoint_id) {
  DevicePtr device = co_await find(endpoint_id);
  if (!device) co_return false;
  std::int64_t id = device->id();
  runtime_.registry->forget(id);
  asio::post(device->strand(), [device] { device->shut_down(); });
  auto erase_state = [id](StateWriter& state) -> Result<void> {
    auto erased = state.erase_device(id);
    return erased ? Result<void>{} : tl::unexpected(erased.error());
  };
  auto erase_mirror = [id](MirrorWriter& mirror) { return mirror.erase_device(id); };
  Result<void> erased =
      co_await runtime_.store.write(std::move(erase_state), std::move(erase_mirror));
  if (!erased) {
    spdlog::error("control: {} not deleted: {}", endpoint_id, erased.error().text);
    co_return false;
  }
  spdlog::info("device {}: audit: deleted by the control API", endpoint_id);
  runtime_.metrics.devices.Decrement();
  co_return true;
}

asio::awaitable<std::optional<usp_msg::Msg>> ControlBackend::request(
    std::string endpoint_id, usp_msg::Msg request, std::chrono::milliseconds timeout) {
  DevicePtr device = co_await find(std::move(endpoint_id));
  if (!device) co_return std::nullopt;
  auto asking = device->agent().request(std::move(request), timeout);
  std::optional<usp_msg::Msg> answer =
      co_await asio::co_spawn(device->strand(), std::move(asking), asio::use_awaitable);
  co_return answer;
}

asio::awaitable<tl::expected<control::OperationInfo, control::Backend::Refused>>
ControlBackend::start_command(std::string endpoint_id, std::string command, std::string command_key,
                              std::map<std::string, std::string> input,
                              std::chrono::milliseconds timeout) {
  DevicePtr device = co_await find(std::move(endpoint_id));
  if (!device) co_return tl::unexpected(Refused{0, "no such device"});
  auto starting = device->agent().start_command(std::move(command), std::move(command_key),
                                                std::move(input), timeout);
  tl::expected<control::OperationInfo, Refused> info =
      co_await asio::co_spawn(device->strand(), std::move(starting), asio::use_awaitable);
  co_return info;
}

asio::awaitable<std::optional<control::OperationInfo>> ControlBackend::operation(
    std::string endpoint_id, std::int64_t id) {
  using Found = std::optional<control::OperationInfo>;
  auto read = [endpoint_id, id](StateReader& state, MirrorReader&) -> Result<Found> {
    auto device = state.device_by_endpoint_id(endpoint_id);
    if (!device) return tl::unexpected(device.error());
    auto row = state.operation(id);
    if (!row) return tl::unexpected(row.error());
    if (!*device || !*row || (*row)->device_id != (*device)->id) return Found{};
    return to_operation_info(**row, endpoint_id);
  };
  Result<Found> found = co_await runtime_.store.read(std::move(read));
  if (!found) co_return std::nullopt;
  co_return *found;
}

asio::awaitable<std::vector<control::OperationInfo>> ControlBackend::operations(
    std::string endpoint_id, std::int64_t before_id, std::size_t limit) {
  using Page = std::vector<control::OperationInfo>;
  auto read = [endpoint_id, before_id, limit](StateReader& state, MirrorReader&) -> Result<Page> {
    auto device = state.device_by_endpoint_id(endpoint_id);
    if (!device) return tl::unexpected(device.error());
    if (!*device) return Page{};
    auto rows = state.operations((*device)->id, before_id, limit);
    if (!rows) return tl::unexpected(rows.error());
    Page out;
    for (const OperationRow& row : *rows) {
      if (auto info = to_operation_info(row, endpoint_id)) out.push_back(*std::move(info));
    }
    return out;
  };
  Result<Page> page = co_await runtime_.store.read(std::move(read));
  co_return page.value_or(Page{});
}

asio::awaitable<control::CancelResult> ControlBackend::cancel(std::string endpoint_id,
                                                              std::int64_t id) {
  DevicePtr device = co_await find(endpoint_id);
  if (!device) co_return control::CancelResult::kNotFound;
  auto cancelling = [](DevicePtr target,
                       std::int64_t operation) -> asio::awaitable<control::CancelResult> {
    Result<void> loaded = co_await target->load();
    if (!loaded) co_return control::CancelResult::kNotFound;
    co_return target->agent().cancel(operation);
  };
  auto work = cancelling(device, id);
  control::CancelResult result =
      co_await asio::co_spawn(device->strand(), std::move(work), asio::use_awaitable);
  if (result != control::CancelResult::kNotFound) co_return result;
  std::optional<control::OperationInfo> info = co_await operation(endpoint_id, id);
  co_return info ? control::CancelResult::kAlreadyDone : control::CancelResult::kNotFound;
}

std::shared_ptr<void> ControlBackend::watch(control::HappeningSink sink) {
  return runtime_.events.watch(std::move(sink));
}

}  // namespace bridge
