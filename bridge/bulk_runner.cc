#include "bridge/bulk_runner.h"

#include <spdlog/spdlog.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <utility>

#include "bridge/bulk_stored.h"
#include "bridge/log.h"
#include "bridge/metrics.h"
#include "bridge/runtime.h"
#include "bridge/trace_id.h"

namespace bridge {

namespace asio = boost::asio;
using control::BulkOutcome;
using std::chrono::steady_clock;

namespace {

control::Backend::Ask ask_of(const BulkPlan& plan) {
  return {plan.requester, plan.device_timeout, plan.trace_id};
}

/// How long to wait where the store is busy.
constexpr std::chrono::seconds kPause{1};
/// Ends are told of; a look now and then finds what was deleted with its device.
constexpr std::chrono::seconds kLookAgain{30};
/// Where the operation of an interrupted item is looked for, among the device's newest.
constexpr std::size_t kOperationsBack = 100;
constexpr std::size_t kMaxInterrupted = 1000;  ///< as many as can be under way

Result<void> check_updated(const Result<bool>& updated) {
  if (!updated) return tl::unexpected(updated.error());
  return {};
}

/// `live`: of those under way. After a restart some may wait to be taken up.
Result<BulkInfo> read_info(const BulkRow& row, const std::map<std::int64_t, BulkCounts>& live,
                           StateReader& state) {
  if (row.finished_ms > 0) return to_info(row, finished_counts(row));
  if (const auto found = live.find(row.id); found != live.end()) return to_info(row, found->second);
  auto counts = state.bulk_counts(row.id);
  if (!counts) return tl::unexpected(counts.error());
  return to_info(row, to_counts(*counts));
}

}  // namespace

struct BulkRunner::Running {
  Running(const Strand& strand, BulkRow stored, BulkPlan asked, Bulk machine)
      : row(std::move(stored)), plan(std::move(asked)), bulk(std::move(machine)), changed(strand) {}

  BulkRow row;
  BulkPlan plan;
  Bulk bulk;
  Signal changed;
  bool over = false;  ///< its end is being stored
};

BulkRunner::BulkRunner(asio::any_io_executor executor, Store& store, control::Backend& backend,
                       Metrics& metrics)
    : strand_(asio::make_strand(std::move(executor))),
      store_(store),
      backend_(backend),
      metrics_(metrics) {}

// ---- from and to the calls ---------------------------------------------------------------------

void BulkRunner::stop() {
  asio::post(strand_, [this] {
    stopped_ = true;
    watch_.reset();
  });
}

asio::awaitable<Result<BulkInfo>> BulkRunner::start(BulkPlan plan,
                                                    std::vector<std::string> endpoint_ids) {
  auto starting = start_here(std::move(plan), std::move(endpoint_ids));
  Result<BulkInfo> started =
      co_await asio::co_spawn(strand_, std::move(starting), asio::use_awaitable);
  co_return started;
}

asio::awaitable<Result<BulkInfo>> BulkRunner::start_here(BulkPlan plan,
                                                         std::vector<std::string> endpoint_ids) {
  if (stopped_) co_return fail(ErrorKind::kClosed, "the bridge is stopping");
  if (!resumed_) co_return fail(ErrorKind::kBusy, "the bridge is starting");
  if (running_.size() + starting_ >= kMaxRunning) {
    co_return fail(ErrorKind::kBusy, "too many bulk operations are under way");
  }
  BulkRow row;
  row.created_ms = now_ms();
  row.requester = plan.requester;
  row.body = encode_bulk_plan(plan);
  const BulkCounts counts{.pending = endpoint_ids.size()};
  auto write = [row, devices = std::move(endpoint_ids)](StateWriter& state) {
    return state.add_bulk(row, devices);
  };
  ++starting_;
  Result<std::int64_t> id = co_await store_.write_state(std::move(write));
  --starting_;
  if (!id) co_return tl::unexpected(id.error());
  row.id = *id;
  const Bulk::Limits limits{plan.concurrency, plan.max_failures};
  auto running = std::make_shared<Running>(strand_, row, std::move(plan), Bulk(limits, counts));
  BulkInfo info = to_info(row, counts);
  log_info({.trace_id = running->plan.trace_id}, "bulk {}: begun for {} on {} devices", row.id,
           row.requester, counts.total());
  launch(std::move(running));
  co_return info;
}

void BulkRunner::launch(RunningPtr running) {
  running_[running->row.id] = running;
  metrics_.bulk_running.Set(static_cast<double>(running_.size()));
  auto driving = drive(std::move(running));
  asio::co_spawn(strand_, std::move(driving), asio::detached);
}

asio::awaitable<std::map<std::int64_t, BulkCounts>> BulkRunner::counts_here() {
  std::map<std::int64_t, BulkCounts> out;
  for (const auto& [id, running] : running_) out[id] = running->bulk.counts();
  co_return out;
}

asio::awaitable<Result<std::optional<BulkInfo>>> BulkRunner::get(std::int64_t id) {
  using Found = std::optional<BulkInfo>;
  // Counts first: what has ended since has its own in its row.
  auto counting = counts_here();
  std::map<std::int64_t, BulkCounts> live =
      co_await asio::co_spawn(strand_, std::move(counting), asio::use_awaitable);
  auto read = [id, live = std::move(live)](StateReader& state, MirrorReader&) -> Result<Found> {
    auto row = state.bulk(id);
    if (!row) return tl::unexpected(row.error());
    if (!*row) return Found{};
    auto info = read_info(**row, live, state);
    if (!info) return tl::unexpected(info.error());
    return Found{*std::move(info)};
  };
  Result<Found> found = co_await store_.read(std::move(read));
  co_return found;
}

asio::awaitable<Result<std::vector<BulkInfo>>> BulkRunner::list(std::int64_t before_id,
                                                                std::size_t limit,
                                                                std::string requester) {
  auto counting = counts_here();
  std::map<std::int64_t, BulkCounts> live =
      co_await asio::co_spawn(strand_, std::move(counting), asio::use_awaitable);
  using Page = std::vector<BulkInfo>;
  auto read = [before_id, limit, requester, live = std::move(live)](StateReader& state,
                                                                    MirrorReader&) -> Result<Page> {
    auto rows = state.bulks(before_id, limit, requester);
    if (!rows) return tl::unexpected(rows.error());
    Page out;
    for (const BulkRow& row : *rows) {
      auto info = read_info(row, live, state);
      if (!info) return tl::unexpected(info.error());
      out.push_back(*std::move(info));
    }
    return out;
  };
  Result<Page> page = co_await store_.read(std::move(read));
  co_return page;
}

asio::awaitable<Result<std::vector<BulkItemRow>>> BulkRunner::results(std::int64_t id,
                                                                      unsigned states,
                                                                      std::int64_t after_number,
                                                                      std::size_t limit) {
  auto read = [id, states, after_number, limit](StateReader& state, MirrorReader&) {
    return state.bulk_items(id, states, after_number, limit);
  };
  Result<std::vector<BulkItemRow>> rows = co_await store_.read(std::move(read));
  co_return rows;
}

asio::awaitable<Result<BulkRunner::Done>> BulkRunner::cancel(std::int64_t id) {
  auto cancelling = cancel_here(id);
  Result<Done> done = co_await asio::co_spawn(strand_, std::move(cancelling), asio::use_awaitable);
  co_return done;
}

asio::awaitable<Result<BulkRunner::Done>> BulkRunner::cancel_here(std::int64_t id) {
  const auto found = running_.find(id);
  if (found == running_.end()) {
    auto read = [id](StateReader& state, MirrorReader&) { return state.bulk(id); };
    Result<std::optional<BulkRow>> row = co_await store_.read(std::move(read));
    if (!row) co_return tl::unexpected(row.error());
    co_return *row ? Done::kWrongState : Done::kNotFound;
  }
  RunningPtr running = found->second;
  if (running->over) co_return Done::kWrongState;
  // Nothing begins from here on; but it is said only when a restart would know it too.
  running->bulk.cancel();
  running->row.cancelled = true;
  auto write = [row = running->row](StateWriter& state) { return state.update_bulk(row); };
  Result<bool> stored = co_await store_.write_state(std::move(write));
  running->changed.notify();
  if (!stored) co_return tl::unexpected(stored.error());
  co_return Done::kYes;
}

asio::awaitable<Result<BulkRunner::Done>> BulkRunner::erase(std::int64_t id) {
  auto write = [id](StateWriter& state) -> Result<Done> {
    auto row = state.bulk(id);
    if (!row) return tl::unexpected(row.error());
    if (!*row) return Done::kNotFound;
    if ((*row)->finished_ms == 0) return Done::kWrongState;
    auto erased = state.erase_bulk(id);
    if (!erased) return tl::unexpected(erased.error());
    return Done::kYes;
  };
  Result<Done> done = co_await store_.write_state(std::move(write));
  co_return done;
}

// ---- after a restart ---------------------------------------------------------------------------

void BulkRunner::resume() {
  auto resuming = resume_all();
  asio::co_spawn(strand_, std::move(resuming), asio::detached);
}

asio::awaitable<void> BulkRunner::resume_all() {
  auto read = [](StateReader& state, MirrorReader&) { return state.open_bulks(); };
  auto first = read;
  Result<std::vector<BulkRow>> rows = co_await store_.read(std::move(first));
  while (!rows) {
    spdlog::error("bulk: not taken up again: {}", rows.error().text);
    if (stopped_ || rows.error().kind == ErrorKind::kClosed) co_return;
    auto pausing = pause();
    co_await std::move(pausing);
    auto again = read;
    rows = co_await store_.read(std::move(again));
  }
  resumed_ = true;  // from here on what is open is ours
  for (BulkRow& row : *rows) {
    const std::int64_t id = row.id;
    auto resuming = resume_one(std::move(row));
    Result<void> resumed = co_await std::move(resuming);
    if (!resumed) spdlog::error("bulk {}: not taken up again: {}", id, resumed.error().text);
  }
}

asio::awaitable<Result<void>> BulkRunner::resume_one(BulkRow row) {
  struct Left {
    std::map<int, std::int64_t> counts;
    std::vector<BulkItemRow> interrupted;
  };
  auto read = [id = row.id](StateReader& state, MirrorReader&) -> Result<Left> {
    constexpr unsigned kRunningBit = 1U << static_cast<unsigned>(BulkItemState::kRunning);
    auto counts = state.bulk_counts(id);
    if (!counts) return tl::unexpected(counts.error());
    auto items = state.bulk_items(id, kRunningBit, 0, kMaxInterrupted);
    if (!items) return tl::unexpected(items.error());
    return Left{*std::move(counts), *std::move(items)};
  };
  Result<Left> left = co_await store_.read(std::move(read));
  if (!left) co_return tl::unexpected(left.error());
  auto plan = decode_bulk_plan(row);
  if (!plan) co_return fail(ErrorKind::kCorrupt, "it cannot be read");
  const BulkCounts counts = to_counts(left->counts);
  plan->trace_id = make_trace_id();
  log_info({.trace_id = plan->trace_id},
           "bulk {}: goes on after a restart, {} devices were being asked", row.id,
           left->interrupted.size());
  Bulk machine({plan->concurrency, plan->max_failures}, counts, std::move(left->interrupted),
               row.cancelled);
  auto running =
      std::make_shared<Running>(strand_, std::move(row), *std::move(plan), std::move(machine));
  launch(std::move(running));
  co_return Result<void>{};
}

// ---- the work ----------------------------------------------------------------------------------

asio::awaitable<void> BulkRunner::drive(RunningPtr running) {
  while (!stopped_) {
    const std::uint64_t seen = running->changed.count();
    Bulk::Step step = running->bulk.next();
    if (auto* begin = std::get_if<Bulk::Begin>(&step)) {
      auto doing = do_item(running, std::move(*begin));
      asio::co_spawn(strand_, std::move(doing), asio::detached);
    } else if (auto* wanted = std::get_if<Bulk::Load>(&step)) {
      auto loading = load(running, *wanted);
      co_await std::move(loading);
    } else if (auto* end = std::get_if<Bulk::End>(&step)) {
      auto finishing = finish(running, end->state);
      co_await std::move(finishing);
      co_return;
    } else {
      co_await running->changed.wait_after(seen, steady_clock::time_point::max());
    }
  }
}

asio::awaitable<void> BulkRunner::load(RunningPtr running, Bulk::Load wanted) {
  const std::int64_t id = running->row.id;
  for (;;) {
    constexpr unsigned kPendingBit = 1U << static_cast<unsigned>(BulkItemState::kPending);
    auto read = [id, wanted](StateReader& state, MirrorReader&) {
      return state.bulk_items(id, kPendingBit, wanted.after_number, wanted.limit);
    };
    Result<std::vector<BulkItemRow>> items = co_await store_.read(std::move(read));
    if (items) {
      running->bulk.on_loaded(*std::move(items));
      co_return;
    }
    spdlog::warn("bulk {}: {}", id, items.error().text);
    if (stopped_ || items.error().kind == ErrorKind::kClosed) {
      stopped_ = true;
      co_return;
    }
    auto pausing = pause();
    co_await std::move(pausing);
  }
}

asio::awaitable<void> BulkRunner::finish(RunningPtr running, BulkState state) {
  running->over = true;
  BulkRow row = running->row;
  const BulkCounts counts = running->bulk.counts();
  row.state = static_cast<int>(state);
  row.finished_ms = now_ms();
  row.succeeded = static_cast<std::int64_t>(counts.succeeded);
  row.failed = static_cast<std::int64_t>(counts.failed);
  row.not_begun = static_cast<std::int64_t>(counts.not_begun);
  StateWrite write = [row](StateWriter& writer) -> Result<void> {
    auto moved = writer.move_bulk_items(row.id, static_cast<int>(BulkItemState::kPending),
                                        static_cast<int>(BulkItemState::kNotBegun));
    if (!moved) return tl::unexpected(moved.error());
    return check_updated(writer.update_bulk(row));
  };
  auto storing = store_at_last(std::move(write));
  const bool stored = co_await std::move(storing);
  if (!stored) co_return;
  running_.erase(row.id);
  metrics_.bulk_running.Set(static_cast<double>(running_.size()));
  log_info({.trace_id = running->plan.trace_id},
           "bulk {}: audit: {} for {}: {} succeeded, {} failed, {} not begun", row.id,
           name_of(state), row.requester, counts.succeeded, counts.failed, counts.not_begun);
}

asio::awaitable<void> BulkRunner::do_item(RunningPtr running, Bulk::Begin begin) {
  auto item = std::make_shared<BulkItemRow>(std::move(begin.item));
  auto working = begin.again ? repeat_item(running, item) : begin_item(running, item);
  BulkOutcome outcome = co_await std::move(working);
  if (stopped_) co_return;  // the device may be asked still: it is taken up after the restart
  auto state = outcome.good() ? BulkItemState::kSucceeded : BulkItemState::kFailed;
  if (outcome.unknown) state = BulkItemState::kUnknown;
  item->state = static_cast<int>(state);
  item->code = static_cast<int>(outcome.code);
  item->finished_ms = now_ms();
  item->result = outcome.result.SerializeAsString();
  auto storing = store_item(running->row.id, item);
  const bool stored = co_await std::move(storing);
  if (!stored) co_return;
  metrics_.bulk_devices.add({outcome.unknown  ? "unknown"
                             : outcome.good() ? "succeeded"
                                              : "failed"});
  running->bulk.on_done(outcome.good());
  running->changed.notify();
}

asio::awaitable<BulkOutcome> BulkRunner::begin_item(RunningPtr running,
                                                    std::shared_ptr<BulkItemRow> item) {
  item->state = static_cast<int>(BulkItemState::kRunning);
  item->started_ms = now_ms();
  auto storing = store_item(running->row.id, item);
  const bool stored = co_await std::move(storing);
  if (!stored) co_return control::unknown_outcome();  // the bridge stops
  auto asking = running->plan.change.has_command() ? run_command(running, item)
                                                   : ask(running, item->endpoint_id);
  BulkOutcome outcome = co_await std::move(asking);
  co_return outcome;
}

/// It was under way when the bridge was killed.
asio::awaitable<BulkOutcome> BulkRunner::repeat_item(RunningPtr running,
                                                     std::shared_ptr<BulkItemRow> item) {
  const v1::BulkChange& change = running->plan.change;
  if (!control::is_repeatable(change)) {
    auto finding = find_out(running, item);
    BulkOutcome found = co_await std::move(finding);
    co_return found;
  }
  auto asking = ask(running, item->endpoint_id);
  BulkOutcome outcome = co_await std::move(asking);
  // The first time was good then.
  const bool gone = change.has_delete_() && outcome.code == grpc::StatusCode::NOT_FOUND;
  if (gone) outcome = {};
  co_return outcome;
}

asio::awaitable<BulkOutcome> BulkRunner::ask(RunningPtr running, std::string endpoint_id) {
  const BulkPlan& plan = running->plan;
  control::Backend::Ask from = ask_of(plan);
  if (plan.change.has_refresh()) {
    control::Backend::Refresh what;
    what.paths.assign(plan.change.refresh().paths().begin(), plan.change.refresh().paths().end());
    Result<std::optional<control::Backend::Refreshed>> refreshed =
        co_await backend_.refresh(std::move(endpoint_id), std::move(what), std::move(from));
    co_return control::outcome_of(refreshed);
  }
  usp_msg::Msg request = *control::to_request(plan.change);
  Result<std::optional<usp_msg::Msg>> answer =
      co_await backend_.request(std::move(endpoint_id), std::move(request), std::move(from));
  co_return control::outcome_of(plan.change, answer);
}

asio::awaitable<BulkOutcome> BulkRunner::run_command(RunningPtr running,
                                                     std::shared_ptr<BulkItemRow> item) {
  const auto& command = running->plan.change.command();
  std::string endpoint_id = item->endpoint_id;
  std::string path = command.command();
  std::string key = "bulk-" + std::to_string(running->row.id);
  std::map<std::string, std::string> input(command.input().begin(), command.input().end());
  control::Backend::Ask from = ask_of(running->plan);
  tl::expected<control::OperationInfo, control::Backend::Refused> started =
      co_await backend_.start_command(std::move(endpoint_id), std::move(path), std::move(key),
                                      std::move(input), std::move(from));
  if (!started) co_return control::outcome_of(started.error());
  item->operation_id = started->id;
  auto storing = store_item(running->row.id, item);
  co_await std::move(storing);
  auto waiting = wait_for_end(item->endpoint_id, started->id);
  BulkOutcome outcome = co_await std::move(waiting);
  co_return outcome;
}

/// Operations are durable: what was asked before the kill is among those of the device. One that
/// cannot be told from others proves nothing.
asio::awaitable<BulkOutcome> BulkRunner::find_out(RunningPtr running,
                                                  std::shared_ptr<BulkItemRow> item) {
  std::int64_t operation = item->operation_id;
  if (operation == 0) {
    const BulkPlan& plan = running->plan;
    const bool add = plan.change.has_add();
    const std::string summary = add ? plan.change.add().table() : plan.change.command().command();
    control::Backend::OperationQuery query;
    query.endpoint_id = item->endpoint_id;
    query.limit = kOperationsBack;
    Result<std::optional<control::Backend::OperationPage>> recent =
        co_await backend_.operations(std::move(query));
    if (!recent || !*recent) co_return control::unknown_outcome();
    for (const control::OperationInfo& each : (*recent)->operations) {
      const bool fits = each.kind == (add ? "Add" : "Operate") && each.summary == summary &&
                        each.requester == plan.requester && each.created_ms >= item->started_ms;
      if (!fits) continue;
      if (operation != 0) co_return control::unknown_outcome();
      operation = each.id;
    }
  }
  if (operation == 0) co_return control::unknown_outcome();
  auto waiting = wait_for_end(item->endpoint_id, operation);
  BulkOutcome outcome = co_await std::move(waiting);
  co_return outcome;
}

asio::awaitable<BulkOutcome> BulkRunner::wait_for_end(std::string endpoint_id,
                                                      std::int64_t operation_id) {
  auto ended = std::make_shared<EndPromise>(strand_);
  const auto place = awaited_.emplace(operation_id, ended);
  if (!watch_ && !stopped_) {
    // Watch before looking, so that an end in between is not missed.
    watch_ = backend_.watch([this](const control::Happening& happening) {
      const auto* info = std::get_if<control::OperationInfo>(&happening.what);
      if (info == nullptr || !control::is_over(info->state)) return;
      asio::post(strand_, [this, copy = *info] {
        auto [first, last] = awaited_.equal_range(copy.id);
        for (; first != last; ++first) first->second->set(copy);
      });
    });
  }
  std::optional<BulkOutcome> outcome;
  while (!outcome && !stopped_) {
    std::string device = endpoint_id;
    Result<std::optional<control::OperationInfo>> info =
        co_await backend_.operation(std::move(device), operation_id);
    if (info && !*info) outcome = control::unknown_outcome();
    if (info && *info && control::is_over((*info)->state)) outcome = control::outcome_of(**info);
    if (outcome) break;
    std::optional<control::OperationInfo> told =
        co_await ended->get_until(steady_clock::now() + kLookAgain);
    if (told) outcome = control::outcome_of(*told);
  }
  awaited_.erase(place);
  if (awaited_.empty()) watch_.reset();
  co_return outcome.value_or(control::unknown_outcome());
}

// ---- the store ---------------------------------------------------------------------------------

asio::awaitable<bool> BulkRunner::store_item(std::int64_t id, std::shared_ptr<BulkItemRow> item) {
  StateWrite write = [id, row = *item](StateWriter& writer) {
    return check_updated(writer.update_bulk_item(id, row));
  };
  auto storing = store_at_last(std::move(write));
  const bool stored = co_await std::move(storing);
  co_return stored;
}

asio::awaitable<bool> BulkRunner::store_at_last(StateWrite change) {
  while (!stopped_) {
    StateWrite again = change;
    Result<void> stored = co_await store_.write_state(std::move(again));
    if (stored) co_return true;
    spdlog::warn("bulk: {}", stored.error().text);
    if (stored.error().kind == ErrorKind::kClosed) co_return false;
    auto pausing = pause();
    co_await std::move(pausing);
  }
  co_return false;
}

asio::awaitable<void> BulkRunner::pause() {
  constexpr auto kNoThrow = asio::as_tuple(asio::use_awaitable);
  asio::steady_timer timer(strand_, kPause);
  co_await timer.async_wait(kNoThrow);
}

}  // namespace bridge
