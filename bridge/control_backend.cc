#include "bridge/control_backend.h"

#include <spdlog/spdlog.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <utility>

#include "bridge/agent/virtual_agent.h"
#include "bridge/config.h"
#include "bridge/control_reads.h"
#include "bridge/event_hub.h"
#include "bridge/log.h"
#include "bridge/metrics.h"
#include "bridge/northbound.h"
#include "bridge/presence.h"
#include "bridge/registry.h"
#include "bridge/runtime.h"

namespace bridge {

namespace asio = boost::asio;

namespace {

Result<std::optional<control::DeviceInfo>> write_note(StateWriter& state,
                                                      const std::string& endpoint_id,
                                                      const control::Backend::Note& note) {
  auto row = state.device_by_endpoint_id(endpoint_id);
  if (!row) return tl::unexpected(row.error());
  if (!*row) return std::nullopt;
  auto known = state.device_note((*row)->id);
  if (!known) return tl::unexpected(known.error());
  if (note.display_name) known->display_name = *note.display_name;
  if (note.tags) known->tags = *note.tags;
  auto put = state.put_device_note((*row)->id, *known);
  if (!put) return tl::unexpected(put.error());
  control::DeviceInfo info;
  info.id = (*row)->id;
  return info;
}

}  // namespace

asio::awaitable<Result<std::optional<control::DeviceInfo>>> ControlBackend::device(
    std::string endpoint_id) {
  using Found = std::optional<control::DeviceInfo>;
  auto read = [endpoint_id, &runtime = runtime_](StateReader& state, MirrorReader& mirror) {
    return ControlReads(state, mirror, runtime).device(endpoint_id);
  };
  Result<Found> info = co_await runtime_.store.read(std::move(read));
  co_return info;
}

asio::awaitable<Result<control::Backend::DevicePage>> ControlBackend::devices(
    std::int64_t after_id, std::size_t limit, control::Filter filter) {
  auto read = [after_id, limit, filter, &runtime = runtime_](StateReader& state,
                                                             MirrorReader& mirror) {
    return ControlReads(state, mirror, runtime).devices(after_id, limit, filter);
  };
  Result<DevicePage> page = co_await runtime_.store.read(std::move(read));
  co_return page;
}

asio::awaitable<Result<std::optional<control::DeviceInfo>>> ControlBackend::annotate(
    std::string endpoint_id, Note note) {
  auto write = [endpoint_id, note](StateWriter& state) {
    return write_note(state, endpoint_id, note);
  };
  Result<std::optional<control::DeviceInfo>> known =
      co_await runtime_.store.write_state(std::move(write));
  if (!known || !*known) co_return known;
  Result<std::optional<control::DeviceInfo>> now = co_await device(std::move(endpoint_id));
  co_return now;
}

std::chrono::milliseconds ControlBackend::usual_timeout() const {
  return runtime_.config.device.operation_deadline;
}

std::string ControlBackend::vendor_prefix() const { return runtime_.config.device.vendor_prefix; }

asio::awaitable<Result<bool>> ControlBackend::forget(std::string endpoint_id) {
  Result<DevicePtr> device = co_await runtime_.registry->by_endpoint_id(endpoint_id);
  if (!device) co_return tl::unexpected(device.error());
  if (!*device) co_return false;
  std::int64_t id = (*device)->id();
  runtime_.registry->forget(id);
  asio::post((*device)->strand(), [target = *device] { target->shut_down(); });
  runtime_.northbound->remove_agent(endpoint_id);
  auto erase_state = [id](StateWriter& state) -> Result<void> {
    auto erased = state.erase_device(id);
    return erased ? Result<void>{} : tl::unexpected(erased.error());
  };
  auto erase_mirror = [id](MirrorWriter& mirror) { return mirror.erase_device(id); };
  Result<void> erased =
      co_await runtime_.store.write(std::move(erase_state), std::move(erase_mirror));
  if (!erased) {
    spdlog::error("control: {} not deleted: {}", endpoint_id, erased.error().text);
    co_return tl::unexpected(erased.error());
  }
  log_info({.device = endpoint_id}, "audit: deleted by the control API");
  runtime_.metrics.devices.Decrement();
  co_return true;
}

asio::awaitable<Result<std::optional<usp_msg::Msg>>> ControlBackend::request(
    std::string endpoint_id, usp_msg::Msg request, Ask ask) {
  using Answer = std::optional<usp_msg::Msg>;
  Result<DevicePtr> device = co_await runtime_.registry->by_endpoint_id(std::move(endpoint_id));
  if (!device) co_return tl::unexpected(device.error());
  if (!*device) co_return Answer{};
  auto asking = (*device)->agent().request(std::move(request), std::move(ask));
  Answer answer =
      co_await asio::co_spawn((*device)->strand(), std::move(asking), asio::use_awaitable);
  if (!answer) co_return fail(ErrorKind::kBusy, "the device's agent is not up yet");
  co_return answer;
}

asio::awaitable<Result<std::optional<control::Backend::Refreshed>>> ControlBackend::refresh(
    std::string endpoint_id, Refresh what, Ask ask) {
  using Answer = std::optional<Refreshed>;
  Result<DevicePtr> device = co_await runtime_.registry->by_endpoint_id(std::move(endpoint_id));
  if (!device) co_return tl::unexpected(device.error());
  if (!*device) co_return Answer{};
  auto reading = (*device)->agent().refresh(std::move(what), ask.timeout);
  Result<Refreshed> read =
      co_await asio::co_spawn((*device)->strand(), std::move(reading), asio::use_awaitable);
  if (!read) co_return tl::unexpected(read.error());
  co_return Answer{*read};
}

asio::awaitable<Result<std::optional<std::vector<control::Backend::NativeValue>>>>
ControlBackend::native_values(std::string endpoint_id, std::vector<std::string> paths) {
  using Answer = std::optional<std::vector<NativeValue>>;
  Result<DevicePtr> device = co_await runtime_.registry->by_endpoint_id(std::move(endpoint_id));
  if (!device) co_return tl::unexpected(device.error());
  if (!*device) co_return Answer{};
  auto reading = (*device)->agent().native_values(std::move(paths));
  Result<std::vector<NativeValue>> values =
      co_await asio::co_spawn((*device)->strand(), std::move(reading), asio::use_awaitable);
  if (!values) co_return tl::unexpected(values.error());
  co_return Answer{*std::move(values)};
}

asio::awaitable<tl::expected<control::OperationInfo, control::Backend::Refused>>
ControlBackend::start_command(std::string endpoint_id, std::string command, std::string command_key,
                              std::map<std::string, std::string> input, Ask ask) {
  Result<DevicePtr> device = co_await runtime_.registry->by_endpoint_id(std::move(endpoint_id));
  if (!device) co_return tl::unexpected(Refused{7003, device.error().text});
  if (!*device) co_return tl::unexpected(Refused{0, "no such device"});
  auto starting = (*device)->agent().start_command(std::move(command), std::move(command_key),
                                                   std::move(input), std::move(ask));
  tl::expected<control::OperationInfo, Refused> info =
      co_await asio::co_spawn((*device)->strand(), std::move(starting), asio::use_awaitable);
  co_return info;
}

asio::awaitable<Result<std::optional<control::OperationInfo>>> ControlBackend::operation(
    std::string endpoint_id, std::int64_t id) {
  using Found = std::optional<control::OperationInfo>;
  auto read = [endpoint_id, id, &runtime = runtime_](StateReader& state, MirrorReader& mirror) {
    return ControlReads(state, mirror, runtime).operation(endpoint_id, id);
  };
  Result<Found> found = co_await runtime_.store.read(std::move(read));
  co_return found;
}

asio::awaitable<Result<std::optional<control::Backend::OperationPage>>> ControlBackend::operations(
    OperationQuery query) {
  using Page = std::optional<OperationPage>;
  auto read = [query, &runtime = runtime_](StateReader& state, MirrorReader& mirror) {
    return ControlReads(state, mirror, runtime).operations(query);
  };
  Result<Page> page = co_await runtime_.store.read(std::move(read));
  co_return page;
}

asio::awaitable<Result<control::CancelResult>> ControlBackend::cancel(std::string endpoint_id,
                                                                      std::int64_t id) {
  using control::CancelResult;
  Result<DevicePtr> device = co_await runtime_.registry->by_endpoint_id(endpoint_id);
  if (!device) co_return tl::unexpected(device.error());
  if (!*device) co_return CancelResult::kNotFound;
  auto cancelling = [](DevicePtr target,
                       std::int64_t operation) -> asio::awaitable<Result<CancelResult>> {
    Result<void> loaded = co_await target->load();
    if (!loaded) co_return tl::unexpected(loaded.error());
    CancelResult done = co_await target->agent().cancel(operation);
    co_return done;
  };
  auto work = cancelling(*device, id);
  Result<CancelResult> result =
      co_await asio::co_spawn((*device)->strand(), std::move(work), asio::use_awaitable);
  if (!result || *result != CancelResult::kNotFound) co_return result;
  Result<std::optional<control::OperationInfo>> info = co_await operation(endpoint_id, id);
  if (!info) co_return tl::unexpected(info.error());
  co_return *info ? CancelResult::kAlreadyDone : CancelResult::kNotFound;
}

std::shared_ptr<void> ControlBackend::watch(control::HappeningSink sink) {
  return runtime_.events.watch(std::move(sink));
}

EventHub& ControlBackend::event_hub() { return runtime_.events; }

}  // namespace bridge
