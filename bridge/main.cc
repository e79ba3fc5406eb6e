// usp-bridge: the service.
#include <google/protobuf/stubs/logging.h>
#include <signal.h>
#include <spdlog/spdlog.h>

#include <CLI/CLI.hpp>
#include <iostream>
#include <string>

#include "bridge/agent/date_time.h"
#include "bridge/config.h"
#include "bridge/credential/book.h"
#include "bridge/credential/file.h"
#include "bridge/gateway.h"
#include "bridge/log.h"
#include "bridge/service_manager.h"
#include "bridge/store/restore.h"
#include "bridge/translate/mappings.h"

namespace {

/// Says what is wrong with the file of credentials, if there is one.
bool check_credentials(const bridge::CwmpConfig::Auth& auth) {
  if (auth.credentials_file.empty()) return true;
  auto text = bridge::load_credential_file(auth.credentials_file);
  if (!text) {
    std::cerr << text.error().text << "\n";
    return false;
  }
  auto found = bridge::check_credential_file(*text, bridge::reserved_usernames(auth));
  for (const bridge::CredentialMistake& mistake : found.listed) {
    std::cerr << auth.credentials_file << ":" << mistake.line << ": " << mistake.text << "\n";
  }
  return found.mistakes == 0;
}

/// Says what is wrong with the overlays of the mapping, if there are any.
bool check_overlays(const bridge::TranslationConfig& translation) {
  const auto mappings = bridge::translate::Mappings::load(translation);
  if (!mappings) std::cerr << mappings.error() << "\n";
  return mappings.has_value();
}

/// With the bridge stopped.
int restore(const bridge::StoreConfig& store, const std::string& backup) {
  const auto restored = bridge::restore_state({store.directory, store.key_file, backup});
  if (!restored) {
    std::cerr << "usp-bridge: not restored, state.db is as it was: " << restored.error().text
              << "\n";
    return 1;
  }
  const std::int64_t made = restored->facts.copied_ms;
  std::cout << "restored state.db of "
            << (made == 0 ? "unknown date" : bridge::format_date_time(made)) << ": "
            << restored->facts.devices << " devices, schema version "
            << restored->facts.schema_version << "\n";
  if (restored->facts.open_bulks > 0) {
    std::cout << "cancelled " << restored->facts.open_bulks
              << " bulk operations that were under way then\n";
  }
  if (!restored->kept.empty())
    std::cout << "kept what was there: " << restored->kept.string() << "\n";
  return 0;
}

void note(const bridge::Result<void>& told) {
  if (!told) spdlog::warn("service manager: {}", told.error().text);
}

/// Without one, or without sense in what it says, the service runs all the same.
bridge::ServiceManager find_service_manager() {
  auto manager = bridge::ServiceManager::connect(bridge::service_environment());
  if (manager) return *std::move(manager);
  spdlog::error("service manager: {}", manager.error().text);
  return {};
}

std::string status(const bridge::Gateway::NotReady& reasons) {
  if (reasons.empty()) return "Serving";
  std::string text = "Serving, not ready";
  for (const std::string& reason : reasons) text += "; " + reason;
  return text;
}

/// The configuration of a process, and where it comes from.
class Settings {
 public:
  Settings(std::string file, bridge::Environment environment)
      : file_(std::move(file)), environment_(std::move(environment)) {}

  bridge::Result<bridge::LoadedConfig> load() const {
    return file_.empty() ? bridge::parse_config("", "defaults", environment_)
                         : bridge::load_config(file_, environment_);
  }

  void started_with(const bridge::LoadedConfig& loaded) { at_start_ = last_ = loaded; }
  const bridge::LoadedConfig& last() const { return last_; }

  /// Reads it again and says what that changes. What is bad changes nothing.
  const bridge::Config& read_again() {
    auto loaded = load();
    if (!loaded) {
      spdlog::error("reload: the configuration stays as it was: {}", loaded.error().text);
      return last_.config;
    }
    const auto changes = bridge::changes_between(at_start_.given, last_.given, loaded->given);
    for (const std::string& each : changes.take_effect) {
      spdlog::info("reload: {} has changed", each);
    }
    for (const std::string& each : changes.need_restart) {
      spdlog::warn("reload: {} has changed, which takes a restart", each);
    }
    for (const std::string& warning : loaded->warnings) spdlog::warn("reload: {}", warning);
    last_ = *std::move(loaded);
    return last_.config;
  }

 private:
  std::string file_;
  bridge::Environment environment_;
  bridge::LoadedConfig at_start_;
  bridge::LoadedConfig last_;
};

void reload(bridge::Gateway& gateway, Settings& settings) {
  const bridge::Config& config = settings.read_again();
  bridge::set_log_level(config.log.level);
  gateway.reload(config);
}

/// From ready to the signal that ends it.
void run(bridge::Gateway& gateway, const bridge::ServiceManager& manager, const sigset_t& signals,
         Settings& settings) {
  note(manager.ready(status(gateway.not_ready())));
  if (manager.listening()) {
    gateway.watch(manager.interval(), [&manager](const bridge::Gateway::NotReady& reasons) {
      // Exit without a word if it is not heard: it would be said at every beat.
      (void)manager.alive(status(reasons));
    });
  }
  int received = 0;
  while (sigwait(&signals, &received) == 0 && received == SIGHUP) {
    note(manager.reloading());
    reload(gateway, settings);
    note(manager.ready(status(gateway.not_ready())));
  }
  note(manager.stopping());
}

int serve(Settings& settings) {
  const bridge::LoadedConfig loaded = settings.last();
  bridge::set_up_log(loaded.config.log, std::cout);
  for (const std::string& warning : loaded.warnings) spdlog::warn("configuration: {}", warning);

  // Blocked before any thread exists, so that only sigwait() below sees them.
  sigset_t signals;
  sigemptyset(&signals);
  for (int number : {SIGINT, SIGTERM, SIGHUP}) sigaddset(&signals, number);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  signal(SIGPIPE, SIG_IGN);
  const bridge::ServiceManager manager = find_service_manager();
  try {
    bridge::Gateway gateway(loaded.config);
    spdlog::info("ready: acs port {}, grpc port {}, admin port {}", gateway.acs_port(),
                 gateway.grpc_port(), gateway.admin_port());
    for (std::size_t i = 1; i <= loaded.config.cwmp.listeners.size(); ++i) {
      spdlog::info("ready: acs listener {} port {}", i, gateway.acs_port(i));
    }
    run(gateway, manager, signals, settings);
    gateway.stop();
  } catch (const std::exception& error) {
    spdlog::error("{}", error.what());
    std::cerr << "usp-bridge: " << error.what() << "\n";
    return 1;
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  // It would print to stderr what hostile peers send; bad records are counted and logged where they
  // are dropped.
  google::protobuf::SetLogHandler(nullptr);
  CLI::App app("Lets USP (TR-369) controllers manage TR-069 devices.", "usp-bridge");
  std::string file;
  bool check = false;
  std::string backup;
  app.add_option("-c,--config", file, "YAML configuration; without it the defaults hold");
  app.add_flag("--check-config", check, "say what is wrong with the configuration, and exit");
  app.add_option("--restore-state", backup,
                 "put this backup of state.db in place while the bridge is stopped, and exit")
      ->check(CLI::ExistingFile)
      ->excludes("--check-config");
  app.set_version_flag("--version", std::string("usp-bridge ") + USP_BRIDGE_VERSION);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;  // 0: --help, --version
  }

  Settings settings(file, bridge::process_environment());
  auto loaded = settings.load();
  if (!loaded) {
    std::cerr << loaded.error().text << "\n";
    return 2;
  }
  if (check) {
    const bool credentials = check_credentials(loaded->config.cwmp.auth);
    const bool overlays = check_overlays(loaded->config.translation);
    if (!credentials || !overlays) return 2;
    for (const std::string& warning : loaded->warnings) std::cout << "warning: " << warning << "\n";
    std::cout << "the configuration is good\n";
    return 0;
  }
  if (!backup.empty()) return restore(loaded->config.store, backup);
  settings.started_with(*loaded);
  return serve(settings);
}
