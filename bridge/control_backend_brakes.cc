// The part of ControlBackend that is about brakes: freezes, dry runs, explanations.
#include <spdlog/spdlog.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <utility>

#include "bridge/agent/virtual_agent.h"
#include "bridge/brakes.h"
#include "bridge/control_backend.h"
#include "bridge/metrics.h"
#include "bridge/registry.h"
#include "bridge/runtime.h"

namespace bridge {

namespace asio = boost::asio;

namespace {

/// Whoever has work, or is in a session, is in memory.
void tell_devices(Runtime& runtime) {
  runtime.metrics.freezes.Set(static_cast<double>(runtime.brakes.freezes().size()));
  for (const DevicePtr& device : runtime.registry->all_in_memory()) {
    asio::post(device->strand(), [device] { device->on_brakes(); });
  }
}

Result<std::int64_t> add_one(StateWriter& state, const FreezeRow& row) {
  auto there = state.freezes();
  if (!there) return tl::unexpected(there.error());
  const auto same = [&row](const FreezeRow& other) { return same_scope(row, other); };
  if (const auto found = std::ranges::find_if(*there, same); found != there->end()) {
    return fail(ErrorKind::kConflict, "freezes/" + std::to_string(found->id) + " has that scope");
  }
  if (there->size() >= kMaxFreezes) {
    return fail(ErrorKind::kInvalid, "there are " + std::to_string(kMaxFreezes) + " freezes");
  }
  return state.add_freeze(row);
}

}  // namespace

asio::awaitable<Result<FreezeRow>> ControlBackend::freeze(FreezeRow row) {
  row.created_ms = now_ms();
  auto write = [row](StateWriter& state) { return add_one(state, row); };
  Result<std::int64_t> id = co_await runtime_.store.write_state(std::move(write));
  if (!id) co_return tl::unexpected(id.error());
  row.id = *id;
  runtime_.brakes.put(row);
  spdlog::warn("audit: {} freezes {} (freezes/{}): {}", row.creator, scope_text(row), row.id,
               row.reason);
  tell_devices(runtime_);
  co_return row;
}

std::vector<FreezeRow> ControlBackend::freezes() const { return runtime_.brakes.freezes(); }

asio::awaitable<Result<bool>> ControlBackend::lift(std::int64_t id, std::string requester) {
  auto write = [id](StateWriter& state) { return state.erase_freeze(id); };
  Result<bool> erased = co_await runtime_.store.write_state(std::move(write));
  if (!erased || !*erased) co_return erased;
  runtime_.brakes.erase(id);
  spdlog::warn("audit: {} lifts freezes/{}", requester, id);
  tell_devices(runtime_);
  co_return true;
}

asio::awaitable<Result<std::optional<control::DryRun>>> ControlBackend::dry_run(
    std::string endpoint_id, usp_msg::Msg request, std::string requester) {
  using Answer = std::optional<control::DryRun>;
  Result<DevicePtr> device = co_await runtime_.registry->by_endpoint_id(std::move(endpoint_id));
  if (!device) co_return tl::unexpected(device.error());
  if (!*device) co_return Answer{};
  auto trying = (*device)->agent().dry_run(std::move(request), std::move(requester));
  Answer answer =
      co_await asio::co_spawn((*device)->strand(), std::move(trying), asio::use_awaitable);
  if (!answer) co_return fail(ErrorKind::kBusy, "the device's agent is not up yet");
  co_return answer;
}

asio::awaitable<Result<std::optional<control::Explanation>>> ControlBackend::explain(
    std::string endpoint_id) {
  using Answer = std::optional<control::Explanation>;
  Result<DevicePtr> device = co_await runtime_.registry->by_endpoint_id(std::move(endpoint_id));
  if (!device) co_return tl::unexpected(device.error());
  if (!*device) co_return Answer{};
  auto explaining = (*device)->explain();
  Result<control::Explanation> found =
      co_await asio::co_spawn((*device)->strand(), std::move(explaining), asio::use_awaitable);
  if (!found) co_return tl::unexpected(found.error());
  co_return Answer{*std::move(found)};
}

}  // namespace bridge
