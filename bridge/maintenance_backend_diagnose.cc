// The part of MaintenanceBackend that looks up how things stand (Diagnose).
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <iterator>
#include <utility>

#include "bridge/config.h"
#include "bridge/config_warnings.h"
#include "bridge/diagnosis_facts.h"
#include "bridge/maintenance_backend.h"
#include "bridge/northbound.h"
#include "bridge/runtime.h"
#include "bridge/store/health.h"
#include "bridge/store/store.h"

namespace bridge {

namespace asio = boost::asio;

namespace {

/// Row of `meta`: written so that a commit has something to bring to the disk.
constexpr const char* kLookedKey = "diagnosed_ms";

void append(Checks&& checks, Checks& out) {
  out.insert(out.end(), std::make_move_iterator(checks.begin()),
             std::make_move_iterator(checks.end()));
}

/// All that blocks.
struct Looked {
  StorageFacts storage;
  Result<OutboxFacts> outbox;
  std::vector<CertificateFacts> certificates;
  ClockFacts clock;
};

asio::awaitable<Looked> look(const Config* config) {
  const std::string& directory = config->store.directory;
  Looked looked{look_at_storage(directory), look_at_outbox(directory), read_certificates(*config),
                read_clock()};
  co_return looked;
}

Checks outbox_checks(const Result<OutboxFacts>& outbox, std::int64_t now) {
  if (outbox) return check_outbox(*outbox, now);
  return {{"topics", "outbox", Check::Result::kFailed, outbox.error().text, ""}};
}

}  // namespace

asio::awaitable<Checks> MaintenanceBackend::diagnose() {
  if (stopping_) co_return Checks{};
  const auto began = std::chrono::steady_clock::now();
  auto write = [](StateWriter& state) {
    return state.put_meta(kLookedKey, std::to_string(now_ms()));
  };
  Result<void> committed = co_await runtime_.store.write_state(std::move(write));
  const auto took = std::chrono::steady_clock::now() - began;

  auto looking = look(&runtime_.config);
  Looked looked = co_await asio::co_spawn(worker_, std::move(looking), asio::use_awaitable);
  looked.storage.commit_us = std::chrono::duration_cast<std::chrono::microseconds>(took).count();
  if (!committed) looked.storage.commit_error = committed.error().text;

  const std::int64_t now = now_ms();
  Checks out = check_broker(runtime_.northbound->facts(), now);
  append(outbox_checks(looked.outbox, now), out);
  for (const CertificateFacts& each : looked.certificates) {
    append(check_certificate(each, now / 1000), out);
  }
  append(check_storage(looked.storage), out);
  append(check_clock(looked.clock), out);
  append(check_acs(acs_()), out);
  append(check_settings(warnings_()), out);
  co_return out;
}

}  // namespace bridge
