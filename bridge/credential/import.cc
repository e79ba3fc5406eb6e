#include "bridge/credential/import.h"

#include <spdlog/spdlog.h>

#include <utility>

namespace bridge {

namespace {

/// While the store's queue is full.
constexpr std::chrono::milliseconds kBusyWait{50};

std::int64_t now_unix_ms() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

/// Runs a job of the store, again while its queue is full.
template <class Job>
auto persist(const std::function<bool()>& go_on, Job job) {
  auto result = job();
  while (!result && result.error().kind == ErrorKind::kBusy && go_on()) {
    std::this_thread::sleep_for(kBusyWait);
    result = job();
  }
  return result;
}

void add(CredentialChanges& sum, const CredentialChanges& more) {
  sum.added += more.added;
  sum.changed += more.changed;
  sum.unchanged += more.unchanged;
  sum.kept += more.kept;
}

/// What is known already is found by a reader; the writer sees only what is new.
Result<CredentialChanges> import_batch(Store& store, const std::function<bool()>& go_on,
                                       std::vector<CredentialEntry> entries) {
  std::vector<CredentialEntry> rest;
  auto read = [&](StateReader& state, MirrorReader&) {
    rest = entries;
    return drop_known(state, rest);
  };
  auto known = persist(go_on, [&] { return store.read_now(read); });
  if (!known || rest.empty()) return known;
  auto write = [&](StateWriter& state) { return put_credentials(state, rest, now_unix_ms()); };
  auto put = persist(go_on, [&] { return store.write_state_now(write); });
  if (!put) return put;
  add(*known, *put);
  return known;
}

}  // namespace

Result<CredentialImport> import_credential_file(Store& store, const CwmpConfig::Auth& auth,
                                                const std::filesystem::path& file,
                                                const std::function<bool()>& go_on) {
  Result<std::string> text = load_credential_file(file);
  if (!text) return tl::unexpected(text.error());
  CredentialImport done;
  std::error_code unknown;
  const auto mode = std::filesystem::status(file, unknown).permissions();
  done.open_to_all =
      !unknown && (mode & std::filesystem::perms::others_read) != std::filesystem::perms::none;
  done.check = check_credential_file(*text, reserved_usernames(auth));
  if (done.check.mistakes > 0) return done;
  Result<void> good;
  read_credential_file(*text, kImportBatch, [&](std::vector<CredentialEntry> entries) {
    if (!go_on()) {
      good = fail(ErrorKind::kClosed, "stopped");
      return false;
    }
    Result<CredentialChanges> changes = import_batch(store, go_on, std::move(entries));
    if (!changes) {
      good = tl::unexpected(changes.error());
      return false;
    }
    add(done.changes, *changes);
    return true;
  });
  if (!good) return tl::unexpected(good.error());
  return done;
}

CredentialImporter::CredentialImporter(Store& store, const CwmpConfig::Auth& auth, Done done)
    : store_(store), auth_(auth), done_(std::move(done)) {}

CredentialImporter::~CredentialImporter() { stop(); }

void CredentialImporter::start() {
  if (auth_.credentials_file.empty() || stopping_) return;
  const std::lock_guard lock(mutex_);
  wanted_ = true;
  if (!thread_.joinable()) thread_ = std::thread([this] { run(); });
  changed_.notify_all();
}

bool CredentialImporter::busy() const {
  const std::lock_guard lock(mutex_);
  return wanted_ || running_;
}

bool CredentialImporter::wait_for(std::chrono::milliseconds limit) {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, limit, [this] { return !wanted_ && !running_; });
}

void CredentialImporter::stop() {
  std::thread thread;
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    thread = std::move(thread_);
    changed_.notify_all();
  }
  if (thread.joinable()) thread.join();
}

void CredentialImporter::run() {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [this] { return wanted_ || stopping_; });
    if (stopping_) return;
    wanted_ = false;
    running_ = true;
    lock.unlock();
    auto done = import_credential_file(store_, auth_, auth_.credentials_file,
                                       [this] { return !stopping_.load(); });
    done_(done);
    has_read_ = true;
    lock.lock();
    running_ = false;
    changed_.notify_all();
  }
}

void log_credential_import(const std::filesystem::path& file,
                           const Result<CredentialImport>& done) {
  if (!done) {
    spdlog::error("credentials: {}: {}", file.string(), done.error().text);
    return;
  }
  if (done->open_to_all) {
    spdlog::warn("credentials: {}: every user of this machine may read it; use mode 0600 or 0640",
                 file.string());
  }
  const CredentialCheck& check = done->check;
  for (const CredentialMistake& mistake : check.listed) {
    spdlog::error("credentials: {}:{}: {}", file.string(), mistake.line, mistake.text);
  }
  if (check.mistakes > 0) {
    spdlog::error("credentials: {}: {} mistakes; nothing of it was imported", file.string(),
                  check.mistakes);
    return;
  }
  const CredentialChanges& changes = done->changes;
  spdlog::info(
      "credentials: audit: {}: {} lines: {} added, {} changed, {} unchanged, {} not touched as the "
      "bridge has given the device another password since",
      file.string(), check.entries, changes.added, changes.changed, changes.unchanged,
      changes.kept);
}

}  // namespace bridge
