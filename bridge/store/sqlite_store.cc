#include "bridge/store/sqlite_store.h"

#include <exception>
#include <mutex>
#include <thread>
#include <vector>

#include "bridge/store/group_commit.h"
#include "bridge/store/job_queue.h"
#include "bridge/store/sqlite_files.h"
#include "bridge/store/sqlite_mirror.h"
#include "bridge/store/sqlite_state.h"

namespace bridge {
namespace {

using sqlite::Connection;

constexpr std::size_t kMaxReaders = 64;

/// Both connections of one thread, with what they are used through.
struct Session {
  Session(Connection state_db_in, Connection mirror_db_in, const Secrets& secrets)
      : state_db(std::move(state_db_in)),
        mirror_db(std::move(mirror_db_in)),
        state(state_db, secrets),
        mirror(mirror_db) {}
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  Connection state_db;
  Connection mirror_db;
  SqliteState state;
  SqliteMirror mirror;
};

class SqliteStore final : public Store {
 public:
  SqliteStore(StoreOptions options, StoreFiles files, std::optional<DirectoryLock> lock,
              Secrets secrets, Connection state, Connection mirror)
      : options_(std::move(options)),
        files_(std::move(files)),
        lock_(std::move(lock)),
        secrets_(std::move(secrets)),
        writer_(std::move(state), std::move(mirror), secrets_),
        writes_(options_.max_queued_writes),
        reads_(options_.max_queued_reads) {}

  ~SqliteStore() override { close(); }

  Result<void> start();
  std::size_t queued_writes() const override { return writes_.size(); }
  void close() override;

 private:
  void enqueue(std::unique_ptr<StoreJob> job) override;
  void write_until_closed();
  void write_batch(std::vector<PendingJob>& batch);
  void read_until_closed(Session& session);
  Result<void> read_one(Session& session, StoreJob& job);
  void notice(const Error& error, bool mirror);

  const StoreOptions options_;
  const StoreFiles files_;
  const std::optional<DirectoryLock> lock_;
  const Secrets secrets_;
  Session writer_;
  std::mutex writer_mutex_;  ///< in memory readers share the writer's connections
  std::vector<std::unique_ptr<Session>> readers_;
  JobQueue writes_;
  JobQueue reads_;
  std::once_flag mirror_damage_;
  std::once_flag state_damage_;
  std::mutex close_mutex_;
  std::vector<std::thread> threads_;
};

Result<void> SqliteStore::start() {
  const std::size_t count = files_.in_memory() ? 0 : options_.readers;
  for (std::size_t i = 0; i < count; ++i) {
    Result<Connection> state = files_.open_state_reader();
    if (!state) return tl::unexpected(std::move(state).error());
    Result<Connection> mirror = files_.open_mirror_reader();
    if (!mirror) return tl::unexpected(std::move(mirror).error());
    readers_.push_back(std::make_unique<Session>(*std::move(state), *std::move(mirror), secrets_));
  }
  threads_.emplace_back([this] { write_until_closed(); });
  for (const auto& session : readers_) {
    threads_.emplace_back([this, reader = session.get()] { read_until_closed(*reader); });
  }
  if (files_.in_memory()) {
    threads_.emplace_back([this] { read_until_closed(writer_); });
  }
  return {};
}

void SqliteStore::close() {
  const std::lock_guard lock(close_mutex_);
  writes_.close();
  reads_.close();
  for (std::thread& thread : threads_) {
    thread.join();
  }
  threads_.clear();
}

void SqliteStore::enqueue(std::unique_ptr<StoreJob> job) {
  const bool read = job->parts().read;
  switch ((read ? reads_ : writes_).push(job)) {
    case JobQueue::Push::kTaken:
      return;
    case JobQueue::Push::kFull:
      job->complete(
          Error{ErrorKind::kBusy, read ? "store: too many reads" : "store: too many writes"});
      return;
    case JobQueue::Push::kClosed:
      job->complete(Error{ErrorKind::kClosed, "store: closed"});
      return;
  }
}

void SqliteStore::write_until_closed() {
  for (;;) {
    std::vector<std::unique_ptr<StoreJob>> jobs = writes_.pop(options_.max_batch);
    if (jobs.empty()) return;
    std::vector<PendingJob> batch;
    batch.reserve(jobs.size());
    for (auto& job : jobs) {
      const StoreJob::Parts parts = job->parts();
      batch.push_back({std::move(job), parts, std::nullopt});
    }
    write_batch(batch);
  }
}

// State before mirror: a crash in between repeats a notification, it never loses one.
void SqliteStore::write_batch(std::vector<PendingJob>& batch) {
  StoreBatch report{.jobs = batch.size(), .queued = writes_.size()};
  std::vector<PendingJob*> state_jobs;
  std::vector<PendingJob*> mirror_jobs;
  {
    const std::lock_guard lock(writer_mutex_);
    for (PendingJob& pending : batch) {
      if (pending.parts.state) state_jobs.push_back(&pending);
    }
    GroupCommit state{writer_.state_db,
                      [this](StoreJob& job) { return job.run_state(writer_.state); }, [] {},
                      options_.faults.before_state_commit};
    report.state_commit = state(state_jobs);

    for (PendingJob& pending : batch) {
      if (pending.error && pending.parts.state) notice(*pending.error, false);
      if (pending.parts.mirror && !pending.error) {
        mirror_jobs.push_back(&pending);
      } else {
        if (pending.error) ++report.failed;
        pending.job->complete(std::move(pending.error));  // waits for no mirror
      }
    }
    GroupCommit mirror{
        writer_.mirror_db, [this](StoreJob& job) { return job.run_mirror(writer_.mirror); },
        [this] { writer_.mirror.rolled_back(); }, options_.faults.before_mirror_commit};
    report.mirror_commit = mirror(mirror_jobs);
    writer_.mirror.committed();
  }
  for (PendingJob* pending : mirror_jobs) {
    if (pending->error) {
      ++report.failed;
      notice(*pending->error, true);
    }
    pending->job->complete(std::move(pending->error));
  }
  if (options_.on_batch) options_.on_batch(report);
}

void SqliteStore::read_until_closed(Session& session) {
  for (;;) {
    std::vector<std::unique_ptr<StoreJob>> jobs = reads_.pop(1);
    if (jobs.empty()) return;
    Result<void> done = read_one(session, *jobs.front());
    std::optional<Error> error;
    if (!done) error = std::move(done).error();
    jobs.front()->complete(std::move(error));
  }
}

Result<void> SqliteStore::read_one(Session& session, StoreJob& job) {
  std::unique_lock<std::mutex> alone(writer_mutex_, std::defer_lock);
  if (files_.in_memory()) {
    alone.lock();
  } else {
    if (auto begun = session.state_db.command("BEGIN"); !begun) return begun;
    if (auto begun = session.mirror_db.command("BEGIN"); !begun) {
      (void)session.state_db.command("ROLLBACK");
      return begun;
    }
  }
  Result<void> done;
  try {
    done = job.run_read(session.state, session.mirror);
  } catch (const std::exception& thrown) {
    done = fail(ErrorKind::kInternal, std::string("a store job threw: ") + thrown.what());
  }
  if (!done && session.mirror.found_damage()) notice(done.error(), true);
  if (!done && session.state_db.found_damage()) notice(done.error(), false);
  if (!files_.in_memory()) {
    // An error may have ended the transaction already.
    if (session.state_db.in_transaction()) (void)session.state_db.command("ROLLBACK");
    if (session.mirror_db.in_transaction()) (void)session.mirror_db.command("ROLLBACK");
  }
  return done;
}

void SqliteStore::notice(const Error& error, bool mirror) {
  if (error.kind != ErrorKind::kCorrupt) return;
  auto tell = [&] {
    if (mirror) files_.mark_mirror_damaged();
    if (!options_.on_event) return;
    options_.on_event(mirror ? StoreEvent::kMirrorDamaged : StoreEvent::kStateDamaged, error.text);
  };
  std::call_once(mirror ? mirror_damage_ : state_damage_, tell);
}

Result<void> check_options(const StoreOptions& options) {
  if (options.readers < 1 || options.readers > kMaxReaders) {
    return fail(ErrorKind::kInvalid, "store: readers must be 1 to 64");
  }
  if (options.max_batch == 0 || options.max_queued_writes == 0 || options.max_queued_reads == 0) {
    return fail(ErrorKind::kInvalid, "store: a queue of size 0");
  }
  return {};
}

}  // namespace

Result<std::unique_ptr<Store>> open_sqlite_store(StoreOptions options) {
  if (auto valid = check_options(options); !valid) return tl::unexpected(valid.error());
  StoreFiles files(options.directory);
  std::optional<DirectoryLock> lock;
  if (!files.in_memory()) {
    if (auto ready = files.prepare(); !ready) return tl::unexpected(ready.error());
    Result<DirectoryLock> taken = DirectoryLock::take(options.directory);
    if (!taken) return tl::unexpected(taken.error());
    lock.emplace(*std::move(taken));
    files.sweep();
  }
  Result<Connection> state = files.open_state(options.faults.max_state_pages);
  if (!state) return tl::unexpected(state.error());
  Result<Secrets> secrets = load_secrets(options, *state);
  if (!secrets) return tl::unexpected(secrets.error());
  auto set_aside = [&options](const std::string& text) {
    if (options.on_event) options.on_event(StoreEvent::kMirrorSetAside, text);
  };
  Result<Connection> mirror = files.open_mirror(options.faults.max_mirror_pages, set_aside);
  if (!mirror) return tl::unexpected(mirror.error());

  auto store =
      std::make_unique<SqliteStore>(std::move(options), std::move(files), std::move(lock),
                                    *std::move(secrets), *std::move(state), *std::move(mirror));
  if (auto started = store->start(); !started) return tl::unexpected(started.error());
  return store;
}

}  // namespace bridge
