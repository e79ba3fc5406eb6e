#include "bridge/device.h"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <utility>

#include "bridge/agent/local_schema.h"
#include "bridge/agent/make_device_model.h"
#include "bridge/agent/silence.h"
#include "bridge/agent/supported.h"
#include "bridge/agent/virtual_agent.h"
#include "bridge/config.h"
#include "bridge/event_hub.h"
#include "bridge/log.h"
#include "bridge/northbound.h"
#include "bridge/runtime.h"
#include "bridge/waker.h"

namespace bridge {

namespace asio = boost::asio;

namespace {

/// How much longer than the deadline the answer to an RPC that is already out may take (design:
/// never guess).
constexpr std::chrono::seconds kAnswerGrace{30};

/// Device.LocalAgent.SoftwareVersion.
constexpr const char* kSoftwareVersion = USP_BRIDGE_VERSION;

/// Of the connection that the agent has to the broker.
bool touches_mqtt(const LocalCommit& local) {
  constexpr std::string_view kClient = "Device.MQTT.Client.";
  const auto below = [&](std::string_view path) { return path.starts_with(kClient); };
  return std::ranges::any_of(local.puts, below, &LocalValue::path) ||
         std::ranges::any_of(local.erases, below);
}

bool changes_names(const TreeUpdate& update) {
  return !std::holds_alternative<ValuesRead>(update) &&
         !std::holds_alternative<MarkedStale>(update);
}

Result<void> store_local(StateWriter& writer, std::int64_t id, const LocalCommit& local) {
  for (const LocalValue& value : local.puts) {
    if (auto put = writer.put_local_value(id, value); !put) return put;
  }
  for (const std::string& path : local.erases) {
    if (auto erased = writer.erase_local_value(id, path); !erased) return erased;
  }
  return {};
}

}  // namespace

Device::Device(Runtime& runtime, DeviceRow row)
    : runtime_(runtime),
      id_(row.id),
      endpoint_id_(row.endpoint_id),
      strand_(asio::make_strand(runtime.executor)),
      onboarded_(row.onboarded),
      row_(std::move(row)),
      stored_row_(row_),
      tree_(runtime.paths),
      load_done_(strand_),
      session_changed_(strand_),
      session_may_go_on_(strand_) {
  if (auto learned = decode_learned(row_.learned)) learned_ = *std::move(learned);
  reach_ = Reach::decode(row_.reach);
  agent_ = std::make_unique<VirtualAgent>(*this);
  queue_.set_brake([this](const Work& work) {
    return runtime_.brakes.frozen(brake_subject(work.requester)) != nullptr;
  });
}

Device::~Device() = default;

// ---- what is known

asio::awaitable<Result<void>> Device::load() {
  while (loading_) co_await load_done_.wait();
  if (loaded_) co_return Result<void>{};
  loading_ = true;
  Result<void> result = co_await do_load();
  loading_ = false;
  load_done_.notify();
  co_return result;
}

asio::awaitable<Result<void>> Device::do_load() {
  struct Loaded {
    std::vector<NodeRow> nodes;
    std::vector<LocalValue> values;
    AgentRows agent;
    std::int64_t last_inform_ms = 0;
  };
  auto read = [id = id_](StateReader& state, MirrorReader& mirror) -> Result<Loaded> {
    Loaded out;
    auto nodes = mirror.nodes(id);
    if (!nodes) return tl::unexpected(nodes.error());
    auto values = state.local_values(id);
    if (!values) return tl::unexpected(values.error());
    auto operations = state.open_operations(id);
    if (!operations) return tl::unexpected(operations.error());
    auto timers = state.timers(id);
    if (!timers) return tl::unexpected(timers.error());
    auto instances = state.instances(id);
    if (!instances) return tl::unexpected(instances.error());
    auto last = mirror.last_inform_ms(id);
    if (!last) return tl::unexpected(last.error());
    out.nodes = *std::move(nodes);
    out.values = *std::move(values);
    out.agent = {*std::move(operations), *std::move(timers), *std::move(instances)};
    out.last_inform_ms = *last;
    return out;
  };
  Result<Loaded> loaded = co_await runtime_.store.read(std::move(read));
  if (!loaded) {
    log_error({.device = endpoint_id_}, "cannot be loaded: {}", loaded.error().text);
    co_return tl::unexpected(loaded.error());
  }
  tree_.load(loaded->nodes);
  local_.emplace(runtime_.base, loaded->values);
  model_ = make_device_model(row_.root, row_, tree_, local_->schema(), runtime_.mappings,
                             runtime_.paths, loaded->agent.instances);
  forget_supported();
  if (last_inform_ms_ == 0) last_inform_ms_ = loaded->last_inform_ms;
  restore_refreshed(loaded->agent.instances);
  restore_xmpp(loaded->agent.instances);
  take_profile({});
  loaded_ = true;
  agent_->on_loaded(loaded->agent);
  co_return Result<void>{};
}

std::unique_ptr<Snapshot> Device::snapshot() {
  const Offer offer = this->offer();
  if (!supported_ || !(offer == supported_offer_)) {
    supported_ =
        runtime_.supported.get(*model_, local_->schema(), offer, learned_.preset.ignore_writable);
    supported_offer_ = offer;
  }
  auto out = std::make_unique<Snapshot>();
  AgentFacts& facts = out->facts;
  facts.now_ms = now_ms();
  facts.endpoint_id = endpoint_id_;
  runtime_.northbound->fill(facts);
  facts.software_version = kSoftwareVersion;
  facts.device_software_version = row_.software_version;
  facts.response_topic = runtime_.northbound->agent_topic(endpoint_id_);
  facts.up_since_ms = row_.last_boot_ms > 0 ? row_.last_boot_ms : row_.first_seen_ms;
  facts.created_ms = row_.first_seen_ms;
  facts.last_inform_ms = last_inform_ms_;
  facts.last_inform_events = last_inform_events_;
  runtime_.waker->fill(id_, facts);
  const std::int64_t interval_s = runtime_.config.cwmp.periodic_inform_interval.count();
  if (is_silent(tree_, row_.root, interval_s, last_inform_ms_, now_ms())) {
    facts.reachability = "Offline";
  }
  if (session_live_) facts.reachability = "InSession";
  facts.mirror_complete = onboarded_ && !learning_;
  facts.tree = &tree_;
  facts.open_operations = static_cast<std::uint32_t>(agent_->open_operations());
  facts.native_root = row_.root;
  facts.oldest_value_ms = last_inform_ms_;
  out->view =
      std::make_unique<AgentView>(model_->shown(), *local_, out->facts, *model_, supported_, offer);
  return out;
}

Offer Device::offer() {
  const Tree& shown = model_->shown();
  // What is shown may hang on values, too.
  if (std::exchange(shown_size_, shown.size()) != shown.size()) forget_supported();
  if (!file_rows_) file_rows_ = file_rows_of(shown);
  return offer_of(*file_rows_, tree_, learned_);
}

void Device::forget_supported() {
  supported_.reset();
  file_rows_.reset();
}

bool Device::covers(std::string_view path) const {
  return path.starts_with("Device.") && !local_->schema().owns(path) && !model_->hides(path);
}

std::optional<std::string> Device::to_native(std::string_view path) const {
  if (local_->schema().owns(path)) return std::nullopt;
  return model_->native_of(path);
}

// ---- work

asio::awaitable<void> Device::wait_for_session(SteadyTime until) {
  while (wants_session() && std::chrono::steady_clock::now() < until) {
    co_await session_changed_.wait_until(until);
  }
}

void Device::note_work() { has_work_ = !queue_.empty() || agent_->open_operations() > 0; }

void Device::push(WorkPtr work) {
  if (work->kind == WorkKind::kOperation) last_operation_ms_ = now_ms();
  const bool wake = work->urgent || work->kind == WorkKind::kOperation;
  queue_.push(std::move(work));
  session_may_go_on_.notify();  // an operation goes before a walk that waits
  note_work();
  // A session that runs takes it along, or wakes the device at its end.
  if (wake && !session_live_) runtime_.waker->wake(shared_from_this());
}

BrakeSubject Device::brake_subject(std::string_view requester) const {
  return {row_.identity.oui, row_.identity.product_class, row_.software_version, requester};
}

void Device::on_brakes() {
  session_may_go_on_.notify();
  session_changed_.notify();
  if (queue_.urgent() && !session_live_ && !gone_) runtime_.waker->wake(shared_from_this());
}

bool Device::cancel(const WorkPtr& work) {
  if (work->started) return false;
  end_work(work, WorkEnd::kCancelled);
  return true;
}

void Device::end_work(const WorkPtr& work, WorkEnd end) {
  bool was_queued = queue_.remove(work);
  if (work->kind == WorkKind::kOperation) last_operation_ms_ = now_ms();
  if (work->kind == WorkKind::kFirstContact) give_place_back();
  if (current_ == work) current_.reset();
  note_work();
  if (queue_.front() == nullptr) session_changed_.notify();
  if (was_queued && work->on_end) work->on_end(end);
}

asio::awaitable<WorkEnd> Device::run(WorkPtr work) {
  if (work->task->done()) co_return WorkEnd::kDone;  // as restored after a restart
  auto self = shared_from_this();                    // may be the last holder while it waits
  auto end = std::make_shared<Promise<WorkEnd>>(strand_);
  work->on_end = [end](WorkEnd how) { end->set(how); };
  push(work);
  try {
    auto waiting = wait_for_end(work, end);
    WorkEnd how = co_await std::move(waiting);
    co_return how;
  } catch (const boost::system::system_error&) {  // cancelled: nobody waits for it any more
    if (!end->ready()) let_go(work, end);
    throw;
  }
}

asio::awaitable<WorkEnd> Device::wait_for_end(WorkPtr work, std::shared_ptr<Promise<WorkEnd>> end) {
  std::optional<WorkEnd> ended = co_await end->get_until(work->deadline);
  if (ended) co_return *ended;
  auto settling = settle_after_deadline(work, end);
  WorkEnd how = co_await std::move(settling);
  co_return how;
}

/// What has begun goes on to its end, or to its deadline.
void Device::let_go(WorkPtr work, std::shared_ptr<Promise<WorkEnd>> end) {
  if (current_ != work) return end_work(work, WorkEnd::kCancelled);
  auto watch = [](std::shared_ptr<Device> self, WorkPtr begun,
                  std::shared_ptr<Promise<WorkEnd>> its_end) -> asio::awaitable<void> {
    auto waiting = self->wait_for_end(std::move(begun), std::move(its_end));
    co_await std::move(waiting);
  };
  auto watching = watch(shared_from_this(), std::move(work), std::move(end));
  asio::co_spawn(strand_, std::move(watching), asio::detached);
}

asio::awaitable<WorkEnd> Device::settle_after_deadline(WorkPtr work,
                                                       std::shared_ptr<Promise<WorkEnd>> end) {
  if (session_live_ && current_ == work && work->task->phase() == task::Task::Phase::kOpen) {
    std::optional<WorkEnd> late =
        co_await end->get_until(std::chrono::steady_clock::now() + kAnswerGrace);
    if (late) co_return *late;
  }
  if (end->ready()) co_return *end->value();
  bool in_doubt = work->task->in_doubt();
  if (!in_doubt) {
    end_work(work, WorkEnd::kNotReached);
    co_return WorkEnd::kNotReached;
  }
  std::string progress = work->task->save();
  work->task->abandon({cwmp::FaultCode::kInternalError, "the deadline has passed", {}});
  if (work->save_undo && work->task->undo() != nullptr) {
    Commit undo;
    undo.state.push_back(work->save_undo(progress));
    Result<void> stored = co_await commit(std::move(undo));
    if (!stored) log_error({.device = endpoint_id_}, "undo not stored: {}", stored.error().text);
  }
  undo_late(work);
  end_work(work, WorkEnd::kUnknown);
  co_return WorkEnd::kUnknown;
}

void Device::undo_late(const WorkPtr& work) {
  std::unique_ptr<task::Task> undo = work->task->undo();
  if (undo == nullptr) return;
  auto again = std::make_shared<Work>();
  again->task = std::move(undo);
  again->started = true;
  again->writes = true;
  again->requester = work->requester;
  agent_->track_undo(again, work->undo_row ? *work->undo_row : 0);
  push(again);
}

void Device::lose_open_rpc() {
  WorkPtr work = std::exchange(current_, nullptr);
  if (!work || work->task->phase() != task::Task::Phase::kOpen) return;
  task::Context ctx = context();
  work->task->on_lost(ctx);
  apply(ctx);
  if (work->task->done()) end_work(work, WorkEnd::kDone);
}

void Device::shut_down() {
  gone_ = true;
  session_ = 0;
  session_live_ = false;
  for (const WorkPtr& work : queue_.all()) end_work(work, WorkEnd::kNotReached);
  agent_->shut_down();
}

// ---- storing

task::Context Device::context() { return task::Context{tree_, learned_, now_ms()}; }

Diff Device::apply(task::Context& ctx) {
  Diff all;
  if (ctx.updates.empty()) return all;
  std::size_t size = tree_.size();
  model_->before_updates(agent_->hears_changes() || runtime_.events.watched());
  for (const TreeUpdate& update : ctx.updates) {
    Diff diff = tree_.apply(update, ctx.now_ms);
    model_->after_update(update);
    all.insert(all.end(), std::make_move_iterator(diff.begin()),
               std::make_move_iterator(diff.end()));
    if (changes_names(update)) forget_supported();
  }
  if (tree_.size() != size) forget_supported();
  ctx.updates.clear();
  if (learning_) {
    all.clear();
    model_->drop_changes();
  }
  return all;
}

/// Empty: there are no new ones.
StateWrite Device::store_numbers() {
  if (!model_ || !model_->has_new_numbers()) return {};
  return [id = id_, rows = model_->take_numbers()](StateWriter& state) -> Result<void> {
    for (const InstanceRow& row : rows) {
      if (row.number != 0) {
        if (auto put = state.put_instance(id, row); !put) return put;
      } else if (auto erased = state.erase_instance(id, row.name, row.key); !erased) {
        return tl::unexpected(erased.error());
      }
    }
    return {};
  };
}

asio::awaitable<Result<void>> Device::commit(Commit commit) {
  if (gone_) co_return fail(ErrorKind::kClosed, "the device was deleted");
  auto self = shared_from_this();
  if (model_) commit.shown_changes = model_->take_changes(commit.device_changes);
  std::vector<OutboxRow> rows = agent_->compose(commit);
  publish(commit);
  if (StateWrite numbers = store_numbers()) commit.state.push_back(std::move(numbers));
  DirtyRows dirty = tree_.take_dirty();
  row_.learned = encode_learned(learned_);
  row_.reach = reach_.encode();
  bool row_changed = !(row_ == stored_row_);

  StateWrite state;
  bool notify = !rows.empty();
  const bool timers = commit.timers;
  const bool mqtt_changed = std::ranges::any_of(commit.local, touches_mqtt);
  if (notify || row_changed || !commit.state.empty() || !commit.local.empty()) {
    std::size_t cap = runtime_.config.device.outbox_cap;
    Metrics* metrics = &runtime_.metrics;
    state = [id = id_, row = row_, row_changed, metrics, rows = std::move(rows), cap,
             local = std::move(commit.local),
             parts = std::move(commit.state)](StateWriter& writer) -> Result<void> {
      if (row_changed) {
        if (auto put = writer.put_device(row); !put) return tl::unexpected(put.error());
      }
      for (const LocalCommit& each : local) {
        if (auto stored = store_local(writer, id, each); !stored) return stored;
      }
      for (const StateWrite& part : parts) {
        if (auto done = part(writer); !done) return done;
      }
      return add_to_outbox(writer, rows, cap, *metrics);
    };
  }
  MirrorWrite mirror;
  if (!dirty.empty()) {
    mirror = [id = id_, dirty = std::move(dirty)](MirrorWriter& writer) -> Result<void> {
      if (auto put = writer.put_nodes(id, dirty.put); !put) return put;
      return writer.erase_nodes(id, dirty.erased);
    };
  }
  if (!state && !mirror) co_return Result<void>{};
  stored_row_ = row_;
  Result<void> result = co_await runtime_.store.write(std::move(state), std::move(mirror));
  if (!result) {
    log_error({.device = endpoint_id_}, "not stored: {}", result.error().text);
    stored_row_.learned += "?";  // differs from every row: written again next time
    loaded_ = false;  // what is in memory is ahead of the store: read again before the next use
  } else {
    if (notify || timers) runtime_.northbound->poke();
    if (mqtt_changed) runtime_.northbound->configure_agent(*this);
  }
  co_return result;
}

asio::awaitable<Result<void>> Device::store_row() {
  row_.reach = reach_.encode();
  auto write = [row = row_](StateWriter& writer) -> Result<void> {
    auto put = writer.put_device(row);
    if (!put) return tl::unexpected(put.error());
    return {};
  };
  stored_row_ = row_;
  Result<void> stored = co_await runtime_.store.write_state(std::move(write));
  if (!stored) {
    log_error({.device = endpoint_id_}, "not stored: {}", stored.error().text);
    stored_row_.learned += "?";  // differs from every row: written again next time
  }
  co_return stored;
}

void Device::publish(const Commit& commit) {
  if (!runtime_.events.watched()) return;
  control::Happening happening;
  happening.time_ms = now_ms();
  happening.endpoint_id = endpoint_id_;
  auto tell = [&](const Change& change) {
    if (const auto* value = std::get_if<ValueChanged>(&change)) {
      std::string_view name = std::string_view(value->path).substr(value->path.rfind('.') + 1);
      std::string text(to_usp_text(name, value->value, value->type));
      happening.what = control::ValueChanged{value->path, std::move(text)};
    } else if (const auto* created = std::get_if<ObjectCreated>(&change)) {
      happening.what = control::ObjectCreated{created->path};
    } else {
      happening.what = control::ObjectDeleted{std::get<ObjectDeleted>(change).path};
    }
    runtime_.events.publish(happening);
  };
  for (const Change& change : commit.shown_changes) tell(change);
  for (const LocalCommit& local : commit.local) {
    for (const Change& change : local.changes) tell(change);
  }
}

}  // namespace bridge
