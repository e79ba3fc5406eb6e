// Many jobs, one transaction: each in a savepoint, all in one commit.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "bridge/result.h"
#include "bridge/store/job.h"
#include "bridge/store/sqlite.h"

namespace bridge {

/// A job on its way through both files. `error`: what it will be completed with.
struct PendingJob {
  std::unique_ptr<StoreJob> job;
  StoreJob::Parts parts;
  std::optional<Error> error;
};

struct GroupCommit {
  sqlite::Connection& db;
  std::function<Result<void>(StoreJob&)> run;
  std::function<void()> rolled_back;            ///< part or all of the transaction was undone
  std::function<Result<void>()> before_commit;  ///< may be empty; an error undoes everything

  /// Runs the jobs in order. One that fails is undone alone and gets its error; when the
  /// transaction as a whole fails every job gets the error. Returns the time of the commit.
  std::chrono::nanoseconds operator()(const std::vector<PendingJob*>& jobs);
};

}  // namespace bridge
