#include "bridge/presence_sweep.h"

#include <spdlog/spdlog.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <string>
#include <utility>
#include <vector>

#include "bridge/config.h"
#include "bridge/device.h"
#include "bridge/metrics.h"
#include "bridge/presence.h"
#include "bridge/registry.h"
#include "bridge/runtime.h"
#include "bridge/store/store.h"

namespace bridge {

namespace asio = boost::asio;

namespace {

constexpr std::chrono::seconds kInterval{5};
/// Sweeps between two counts: each walks an entry of every device that is online.
constexpr int kSweepsPerCount = 6;
/// Devices that one look at the store brings: it must not keep others waiting.
constexpr std::size_t kAtOnce = 500;

struct Absent {
  std::int64_t id = 0;
  std::string endpoint_id;  ///< empty: it was deleted
};
struct Page {
  std::vector<Absent> devices;
  SeenRow last;
  bool more = false;
};

Result<Page> read_page(StateReader& state, MirrorReader& mirror, SeenRow after,
                       std::int64_t to_ms) {
  auto rows = mirror.seen(after, to_ms, kAtOnce);
  if (!rows) return tl::unexpected(rows.error());
  Page page{{}, after, rows->size() == kAtOnce};
  for (const SeenRow& row : *rows) {
    auto device = state.device(row.device_id);
    if (!device) return tl::unexpected(device.error());
    if (*device) page.devices.push_back({row.device_id, (*device)->endpoint_id});
    page.last = row;
  }
  return page;
}

}  // namespace

PresenceSweep::PresenceSweep(Runtime& runtime)
    : runtime_(runtime), timer_(asio::make_strand(runtime.executor)) {}

void PresenceSweep::start() {
  auto running = run();
  asio::co_spawn(timer_.get_executor(), std::move(running), asio::detached);
}

void PresenceSweep::stop() {
  asio::post(timer_.get_executor(), [this] { timer_.cancel(); });
}

asio::awaitable<void> PresenceSweep::run() {
  constexpr auto kNoThrow = asio::as_tuple(asio::use_awaitable);
  for (int sweeps = 0;; ++sweeps) {
    if (sweeps % kSweepsPerCount == 0) {
      auto counting = count_online();
      co_await std::move(counting);
    }
    timer_.expires_after(kInterval);
    auto [stopped] = co_await timer_.async_wait(kNoThrow);
    if (stopped) co_return;
    if (auto span = runtime_.presence->sweep(now_ms())) {
      auto telling = tell_of_absent(*span);
      co_await std::move(telling);
    }
  }
}

asio::awaitable<void> PresenceSweep::tell_of_absent(PresenceWatch::Span span) {
  SeenRow after{span.after_ms, INT64_MAX};
  for (bool more = true; more;) {
    auto read = [after, to_ms = span.to_ms](StateReader& state, MirrorReader& mirror) {
      return read_page(state, mirror, after, to_ms);
    };
    Result<Page> page = co_await runtime_.store.read(std::move(read));
    if (!page && page.error().kind == ErrorKind::kClosed) co_return;
    if (!page) {
      spdlog::warn("presence: {}", page.error().text);
      co_return;
    }
    for (const Absent& each : page->devices) {
      auto last_inform_ms = [&]() -> std::int64_t {
        DevicePtr live = runtime_.registry->in_memory(each.id);
        return live ? live->last_inform_ms() : 0;
      };
      runtime_.presence->on_found(each.endpoint_id, span, last_inform_ms, now_ms());
    }
    after = page->last;
    more = page->more;
  }
}

asio::awaitable<void> PresenceSweep::count_online() {
  const std::chrono::milliseconds window = offline_after(runtime_.config);
  auto read = [after = now_ms() - window.count()](StateReader&, MirrorReader& mirror) {
    return mirror.seen_count(after);
  };
  Result<std::int64_t> count = co_await runtime_.store.read(std::move(read));
  if (count) runtime_.metrics.devices_online.Set(static_cast<double>(*count));
}

}  // namespace bridge
