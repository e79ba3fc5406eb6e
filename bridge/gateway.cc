#include "bridge/gateway.h"

#include <spdlog/spdlog.h>

#include <atomic>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_future.hpp>
#include <future>
#include <mutex>
#include <stdexcept>
#include <thread>
#include <utility>
#include <vector>

#include "bridge/admin.h"
#include "bridge/agent/local_template.h"
#include "bridge/agent/supported.h"
#include "bridge/agent/virtual_agent.h"
#include "bridge/brakes.h"
#include "bridge/bulk_runner.h"
#include "bridge/config.h"
#include "bridge/config_warnings.h"
#include "bridge/control/request_book.h"
#include "bridge/control/server.h"
#include "bridge/control_backend.h"
#include "bridge/credential/import.h"
#include "bridge/credential_backend.h"
#include "bridge/cwmp_observer.h"
#include "bridge/device.h"
#include "bridge/event_hub.h"
#include "bridge/first_contact_budget.h"
#include "bridge/gateway_options.h"
#include "bridge/heartbeat.h"
#include "bridge/linger.h"
#include "bridge/log.h"
#include "bridge/maintenance_backend.h"
#include "bridge/metrics.h"
#include "bridge/northbound.h"
#include "bridge/path_pool.h"
#include "bridge/presence.h"
#include "bridge/presence_sweep.h"
#include "bridge/presence_watch.h"
#include "bridge/process_metrics.h"
#include "bridge/profiles.h"
#include "bridge/registry.h"
#include "bridge/runtime.h"
#include "bridge/session_handler.h"
#include "bridge/session_log.h"
#include "bridge/store/sqlite_store.h"
#include "bridge/stun_handler.h"
#include "bridge/translate/mappings.h"
#include "bridge/wake_udp.h"
#include "bridge/wake_xmpp.h"
#include "bridge/waker.h"
#include "cwmp/server.h"
#include "cwmp/stun_server.h"
#include "cwmp/xmpp_client.h"

namespace bridge {

namespace asio = boost::asio;

namespace {

constexpr std::chrono::seconds kSweepInterval{30};
constexpr std::chrono::minutes kPurgeInterval{10};

/// How long the first CPE waits for the file of credentials at start: a file of some ten thousand
/// lines is in by then, a larger one goes on beside the service.
constexpr std::chrono::seconds kImportWait{2};

/// Why the store cannot be trusted any more; empty: it can. Thread-safe.
class StoreHealth {
 public:
  void on_event(StoreEvent event, const std::string& text) {
    spdlog::error("store: {}", text);
    std::lock_guard lock(mutex_);
    if (event == StoreEvent::kMirrorDamaged) {
      trouble_ = "store: mirror.db is damaged, restart to begin it anew";
    }
    if (event == StoreEvent::kStateDamaged) {
      trouble_ = "store: state.db is damaged, stop and restore a backup (--restore-state)";
    }
  }
  std::string trouble() const {
    std::lock_guard lock(mutex_);
    return trouble_;
  }

 private:
  mutable std::mutex mutex_;
  std::string trouble_;
};

std::unique_ptr<Store> open_store(const Config& config, Metrics& metrics, StoreHealth& health) {
  StoreOptions options;
  options.directory = config.store.directory;
  options.key_file = config.store.key_file;
  options.readers = config.store.readers;
  options.on_batch = [&metrics](const StoreBatch& batch) {
    metrics.store_batch_jobs.Observe(static_cast<double>(batch.jobs));
    metrics.store_queue.Set(static_cast<double>(batch.queued));
    using Seconds = std::chrono::duration<double>;
    if (batch.state_commit.count() > 0) {
      metrics.store_state_commit_seconds.Observe(Seconds(batch.state_commit).count());
    }
    if (batch.mirror_commit.count() > 0) {
      metrics.store_mirror_commit_seconds.Observe(Seconds(batch.mirror_commit).count());
    }
  };
  options.on_event = [&health](StoreEvent event, const std::string& text) {
    health.on_event(event, text);
  };
  auto store = open_sqlite_store(std::move(options));
  if (!store) throw std::runtime_error("store: " + store.error().text);
  return *std::move(store);
}

/// Before any device can come in.
std::int64_t newest_inform_ms(Store& store) {
  auto newest = [](StateReader&, MirrorReader& mirror) { return mirror.newest_inform_ms(); };
  return store.read_now(newest).value_or(0);
}

std::unique_ptr<translate::Mappings> load_mappings(const TranslationConfig& config) {
  auto mappings = translate::Mappings::load(config);
  if (!mappings) throw std::runtime_error("translation: " + mappings.error());
  return *std::move(mappings);
}

}  // namespace

struct Gateway::Impl {
  explicit Impl(const Config& settings)
      : config(settings),
        events(settings.grpc.watch_history),
        work(asio::make_work_guard(io)),
        store(open_store(settings, metrics, store_health)),
        first_contacts(settings.device.first_contact_budget),
        lingering(settings.cwmp.linger.sessions),
        brakes(settings.brakes),
        profiles(Profiles(settings.cwmp.profiles)),
        mappings(load_mappings(settings.translation)),
        runtime{.executor = io.get_executor(),
                .config = config,
                .store = *store,
                .metrics = metrics,
                .events = events,
                .paths = paths,
                .supported = supported,
                .first_contacts = first_contacts,
                .lingering = lingering,
                .brakes = brakes,
                .session_log = session_log,
                .profiles = profiles,
                .mappings = *mappings,
                .base = make_local_template(settings)},
        registry(runtime),
        waker(runtime),
        sessions(runtime),
        stun_handler(runtime),
        observer(metrics),
        northbound(runtime),
        backend(runtime),
        credential_backend(runtime),
        maintenance(
            runtime, [this] { return acs_facts(); }, [this] { return *warnings.get(); }),
        warnings(warnings_of(settings)),
        requests(*store, now_ms()),
        importer(*store, settings.cwmp.auth,
                 [this](const Result<CredentialImport>& done) { on_import(done); }),
        bulks(io.get_executor(), *store, backend, metrics),
        presence(events, offline_after(settings), now_ms(), newest_inform_ms(*store)),
        presence_sweep(runtime),
        sweep_timer(io),
        purge_timer(io) {
    runtime.waker = &waker;
    runtime.registry = &registry;
    runtime.northbound = &northbound;
    runtime.presence = &presence;
  }

  void start();
  void load_freezes();
  tl::expected<void, std::string> reload_cwmp(const CwmpConfig& fresh);
  void start_stun();
  void start_xmpp();
  void stop();
  void run_threads();
  void resume_operations();
  void sweep_later();
  void purge_later();
  void on_import(const Result<CredentialImport>& done);
  std::vector<std::string> not_ready() const;
  AcsFacts acs_facts() const;

  const Config& config;
  Metrics metrics;
  EventHub events;
  PathPool paths;
  SupportedCache supported;
  asio::io_context io;
  asio::executor_work_guard<asio::io_context::executor_type> work;
  StoreHealth store_health;
  std::unique_ptr<Store> store;
  FirstContactBudget first_contacts;
  LingerRoom lingering;
  Brakes brakes;
  SessionLog session_log;
  Replaceable<Profiles> profiles;
  std::unique_ptr<translate::Mappings> mappings;
  Runtime runtime;
  Registry registry;
  Waker waker;
  BridgeSessionHandler sessions;
  BridgeStunHandler stun_handler;
  CwmpObserver observer;
  Northbound northbound;
  ControlBackend backend;
  CredentialBackend credential_backend;
  MaintenanceBackend maintenance;
  Replaceable<std::vector<std::string>> warnings;  ///< of the configuration in effect
  control::RequestBook requests;
  CredentialImporter importer;
  BulkRunner bulks;
  PresenceWatch presence;
  PresenceSweep presence_sweep;
  asio::steady_timer sweep_timer;
  asio::steady_timer purge_timer;
  std::unique_ptr<cwmp::StunServer> stun;
  std::optional<XmppProvisioning> xmpp_provisioning;
  std::unique_ptr<cwmp::XmppClient> xmpp;
  std::vector<std::unique_ptr<cwmp::Server>> acs;
  std::unique_ptr<control::Server> grpc;
  std::unique_ptr<AdminServer> admin;
  std::unique_ptr<Heartbeat> heartbeat;
  std::vector<std::thread> threads;
  std::atomic<bool> stopped{false};
  std::size_t acs_started = 0;  ///< of `acs`
};

void Gateway::Impl::run_threads() {
  std::size_t count = config.threads;
  if (count == 0) count = std::max(2U, std::thread::hardware_concurrency());
  for (std::size_t i = 0; i < count; ++i) {
    threads.emplace_back([this] { io.run(); });
  }
}

/// Before anything can write: a brake that is not known does not hold.
void Gateway::Impl::load_freezes() {
  auto read = [](StateReader& state, MirrorReader&) { return state.freezes(); };
  auto rows = store->read_now(read);
  if (!rows) throw std::runtime_error("store: freezes cannot be read: " + rows.error().text);
  metrics.freezes.Set(static_cast<double>(rows->size()));
  for (FreezeRow& row : *rows) {
    spdlog::warn("freeze {} holds: {} {}", row.id, scope_text(row), row.reason);
    brakes.put(std::move(row));
  }
}

void Gateway::Impl::start_stun() {
  const CwmpConfig::Stun& settings = config.cwmp.stun;
  if (!settings.enabled) return;
  try {
    stun = std::make_unique<cwmp::StunServer>(io.get_executor(), stun_options(settings, metrics),
                                              stun_handler);
  } catch (const boost::system::system_error& error) {
    throw std::runtime_error("cwmp.stun: port " + std::to_string(settings.port) + ": " +
                             error.code().message());
  }
  runtime.stun_port = stun->port();
  waker.add(std::make_unique<UdpWake>(*stun, waker.allowed(), now_ms() / 1000));
  stun->start();
  spdlog::info("stun: listening on {} port {}", settings.listen, stun->port());
}

void Gateway::Impl::start_xmpp() {
  const CwmpConfig::Xmpp& settings = config.cwmp.xmpp;
  if (!settings.enabled) return;
  xmpp_provisioning = settings.provisioning();
  runtime.xmpp = &*xmpp_provisioning;
  xmpp = std::make_unique<cwmp::XmppClient>(io.get_executor(), xmpp_options(settings, metrics));
  waker.add(std::make_unique<XmppWake>(*xmpp, settings.timeout));
  xmpp->start();
}

void Gateway::Impl::start() {
  auto count = [](StateReader& state, MirrorReader&) { return state.device_count(); };
  if (auto devices = store->read_now(count)) metrics.devices.Set(static_cast<double>(*devices));
  load_freezes();

  try {
    for (const CwmpListenerConfig& listener : config.cwmp.all_listeners()) {
      acs.push_back(std::make_unique<cwmp::Server>(
          io.get_executor(), acs_options(config.cwmp, listener), sessions, &observer));
    }
  } catch (const std::invalid_argument& error) {
    throw std::runtime_error(std::string("cwmp: ") + error.what());
  }
  start_stun();
  start_xmpp();
  AdminServer::Options options;
  options.listen = config.admin.listen;
  options.port = config.admin.port;
  options.metrics = [this] {
    std::size_t open = 0;
    for (const auto& server : acs) open += server->open_sessions();
    metrics.cwmp_sessions_open.Set(static_cast<double>(open));
    return metrics.text() + process_metrics(USP_BRIDGE_VERSION);
  };
  options.not_ready = [this] { return not_ready(); };
  run_threads();
  auto started = AdminServer::start(io.get_executor(), std::move(options));
  if (!started) throw std::runtime_error(started.error().text);
  admin = *std::move(started);
  control::ServerOptions serving = grpc_options(config.grpc, metrics);
  serving.requests = &requests;
  serving.bulks = &bulks;
  serving.maintenance = &maintenance;
  serving.bulk_devices = config.brakes.bulk_devices;
  serving.controllers = controllers_of(config);
  serving.controllers.frozen = [this](std::string_view endpoint_id) {
    BrakeSubject subject;
    subject.requester = endpoint_id;
    return brakes.frozen(subject) != nullptr;
  };
  grpc = std::make_unique<control::Server>(io.get_executor(), backend, credential_backend, serving);
  importer.start();
  importer.wait_for(kImportWait);
  northbound.start();
  for (const auto& server : acs) {
    server->start();
    ++acs_started;
  }
  resume_operations();
  sweep_later();
  purge_later();
  presence_sweep.start();
  bulks.resume();
}

/// What a restart has interrupted goes on now, not when its device next appears: deadlines run.
void Gateway::Impl::resume_operations() {
  std::int64_t after = 0;
  for (;;) {
    auto read = [after](StateReader& state, MirrorReader&) {
      return state.devices_with_open_operations(after, 256);
    };
    auto ids = store->read_now(read);
    if (!ids || ids->empty()) return;
    for (std::int64_t id : *ids) {
      after = id;
      auto resume = [](Runtime& shared, std::int64_t device_id) -> asio::awaitable<void> {
        Result<DevicePtr> device = co_await shared.registry->by_id(device_id);
        if (!device || !*device) co_return;
        auto loading = (*device)->load();
        Result<void> loaded =
            co_await asio::co_spawn((*device)->strand(), std::move(loading), asio::use_awaitable);
        if (!loaded) spdlog::error("device {}: {}", device_id, loaded.error().text);
      };
      auto resuming = resume(runtime, id);
      asio::co_spawn(io, std::move(resuming), asio::detached);
    }
  }
}

void Gateway::Impl::sweep_later() {
  sweep_timer.expires_after(kSweepInterval);
  sweep_timer.async_wait([this](boost::system::error_code error) {
    if (error) return;
    registry.sweep();
    first_contacts.pass_on();
    sweep_later();
  });
}

void Gateway::Impl::purge_later() {
  purge_timer.expires_after(kPurgeInterval);
  purge_timer.async_wait([this](boost::system::error_code error) {
    if (error) return;
    auto purge = [](Impl& self) -> asio::awaitable<void> {
      const std::int64_t now = now_ms();
      std::chrono::milliseconds keep = self.config.device.keep_finished_operations;
      std::chrono::milliseconds repeatable = control::kKeepRequests;
      auto write = [finished = now - keep.count(),
                    asked = now - repeatable.count()](StateWriter& state) -> Result<std::int64_t> {
        auto purged = state.purge_operations(finished, 10'000);
        if (purged) purged = state.purge_bulks(finished, 10);
        if (purged) purged = state.purge_requests(asked, 10'000);
        return purged;
      };
      Result<std::int64_t> purged = co_await self.store->write_state(std::move(write));
      if (!purged) spdlog::warn("store: {}", purged.error().text);
    };
    auto purging = purge(*this);
    asio::co_spawn(io, std::move(purging), asio::detached);
    purge_later();
  });
}

void Gateway::Impl::on_import(const Result<CredentialImport>& done) {
  log_credential_import(config.cwmp.auth.credentials_file, done);
  bool good = done && done->check.mistakes == 0;
  metrics.credentials_file_good.Set(good ? 1 : 0);
}

std::vector<std::string> Gateway::Impl::not_ready() const {
  std::vector<std::string> reasons;
  if (stopped) reasons.emplace_back("stopping");
  if (!config.cwmp.auth.credentials_file.empty() && !importer.has_read()) {
    reasons.emplace_back("credentials: the file is being read");
  }
  if (!northbound.ready()) reasons.emplace_back("mqtt: not connected");
  if (std::string trouble = store_health.trouble(); !trouble.empty()) reasons.push_back(trouble);
  return reasons;
}

AcsFacts Gateway::Impl::acs_facts() const {
  AcsFacts facts;
  const std::vector<CwmpListenerConfig> listeners = config.cwmp.all_listeners();
  for (std::size_t i = 0; i < acs.size(); ++i) {
    facts.listeners.push_back({listeners[i].listen + ":" + std::to_string(acs[i]->port()),
                               listeners[i].tls.enabled(), acs[i]->open_sessions(),
                               config.cwmp.limits.sessions});
  }
  if (config.cwmp.xmpp.enabled) facts.xmpp_connected = metrics.xmpp_connected.Value() > 0;
  return facts;
}

void Gateway::Impl::stop() {
  if (stopped.exchange(true)) return;
  auto limit = std::chrono::duration_cast<std::chrono::milliseconds>(config.shutdown_timeout);
  spdlog::info("stopping");
  if (heartbeat) heartbeat->stop();
  sessions.stop();
  waker.stop();
  lingering.close();
  if (stun) stun->stop();
  if (xmpp) xmpp->stop();
  sweep_timer.cancel();
  purge_timer.cancel();
  presence_sweep.stop();
  bulks.stop();
  if (grpc) grpc->shutdown(std::min<std::chrono::milliseconds>(limit / 3, std::chrono::seconds(5)));
  std::vector<std::future<void>> drained;
  for (std::size_t i = 0; i < acs_started; ++i) {
    auto stopping = acs[i]->stop(limit / 3);
    drained.push_back(asio::co_spawn(io, std::move(stopping), asio::use_future));
  }
  for (const std::future<void>& each : drained) each.wait();
  northbound.stop(std::min<std::chrono::milliseconds>(limit / 3, std::chrono::seconds(5)));
  importer.stop();
  maintenance.stop();
  store->close();
  if (admin) admin->stop();
  work.reset();
  io.stop();
  for (std::thread& thread : threads) thread.join();
  spdlog::info("stopped");
}

tl::expected<void, std::string> Gateway::Impl::reload_cwmp(const CwmpConfig& fresh) {
  auto allowed = AddressList::parse(fresh.connection_request.allow);
  if (!allowed) return tl::unexpected(allowed.error().text);
  try {
    profiles.replace(Profiles(fresh.profiles));
  } catch (const std::runtime_error& error) {
    return tl::unexpected(std::string(error.what()));
  }
  waker.allow(*std::move(allowed));
  Config in_effect = config;
  in_effect.cwmp.profiles = fresh.profiles;
  in_effect.cwmp.connection_request.allow = fresh.connection_request.allow;
  warnings.replace(warnings_of(in_effect));
  return {};
}

Gateway::Gateway(const Config& config) : impl_(std::make_unique<Impl>(config)) {
  try {
    impl_->start();
  } catch (...) {
    impl_->stop();
    throw;
  }
}

Gateway::~Gateway() { stop(); }

int Gateway::acs_port(std::size_t listener) const { return impl_->acs.at(listener)->port(); }
int Gateway::grpc_port() const { return impl_->grpc->port(); }
int Gateway::admin_port() const { return impl_->admin->port(); }
void Gateway::stop() { impl_->stop(); }

Gateway::NotReady Gateway::not_ready() const { return impl_->not_ready(); }

void Gateway::watch(std::chrono::milliseconds interval,
                    std::function<void(const NotReady&)> on_beat) {
  auto beat = [impl = impl_.get(), on_beat = std::move(on_beat)] { on_beat(impl->not_ready()); };
  impl_->heartbeat = std::make_unique<Heartbeat>(impl_->io.get_executor(), *impl_->store, interval,
                                                 std::move(beat));
  impl_->heartbeat->start();
}

void Gateway::reload(const Config& config) {
  bool good = true;
  auto note = [&good](const char* of, const tl::expected<void, std::string>& reloaded) {
    if (reloaded) return;
    good = false;
    spdlog::error("reload: {}: {}; what is in use stays", of, reloaded.error());
  };
  note("cwmp", impl_->reload_cwmp(config.cwmp));
  impl_->brakes.configure(config.brakes);
  for (const auto& server : impl_->acs) note("cwmp", server->reload_tls());
  note("grpc", impl_->grpc->reload(config.grpc, config.brakes.bulk_devices));
  note("signatures", impl_->northbound.reload_trust());
  if (good) spdlog::info("reload: certificates read again");
  impl_->importer.start();
}

}  // namespace bridge
