#include "bridge/store/group_commit.h"

#include <exception>

namespace bridge {
namespace {

Result<void> run_guarded(const std::function<Result<void>(StoreJob&)>& run, StoreJob& job) {
  try {
    return run(job);
  } catch (const std::exception& thrown) {
    return fail(ErrorKind::kInternal, std::string("a store job threw: ") + thrown.what());
  }
}

/// The job's own work in a savepoint of its own.
Result<void> run_isolated(GroupCommit& group, StoreJob& job) {
  if (auto saved = group.db.command("SAVEPOINT job"); !saved) return saved;
  Result<void> done = run_guarded(group.run, job);
  if (done) done = group.db.command("RELEASE job");
  if (done) return done;
  // Some errors (disk full, I/O) make SQLite undo the whole transaction by itself.
  if (group.db.in_transaction()) {
    if (auto undone = group.db.execute("ROLLBACK TO job; RELEASE job"); !undone) return undone;
  }
  group.rolled_back();
  return done;
}

void fail_all(const std::vector<PendingJob*>& jobs, std::size_t count, const Error& error) {
  for (std::size_t i = 0; i < count; ++i) {
    if (!jobs[i]->error) jobs[i]->error = error;
  }
}

}  // namespace

std::chrono::nanoseconds GroupCommit::operator()(const std::vector<PendingJob*>& jobs) {
  using Clock = std::chrono::steady_clock;
  for (std::size_t i = 0; i < jobs.size(); ++i) {
    if (!db.in_transaction()) {
      if (auto begun = db.command("BEGIN IMMEDIATE"); !begun) {
        jobs[i]->error = begun.error();
        continue;
      }
    }
    if (auto done = run_isolated(*this, *jobs[i]->job); !done) {
      jobs[i]->error = done.error();
      if (!db.in_transaction()) fail_all(jobs, i, done.error());  // they went down with it
    }
  }
  if (!db.in_transaction()) return {};

  Result<void> done;
  if (before_commit) done = before_commit();
  const Clock::time_point start = Clock::now();
  if (done) done = db.command("COMMIT");
  if (!done) {
    if (db.in_transaction()) (void)db.command("ROLLBACK");
    rolled_back();
    fail_all(jobs, jobs.size(), done.error());
  }
  return Clock::now() - start;
}

}  // namespace bridge
