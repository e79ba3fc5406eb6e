// The embedded implementation of the store: SQLite, two files in one directory.
//
//   state.db   synchronous=FULL    damaged: refuses to start
//   mirror.db  synchronous=NORMAL  damaged: renamed aside and begun anew, with an event
//   store.key  the key of the secrets in state.db, mode 0600, made when absent
//   lock       held while a process uses the directory
#pragma once

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>

#include "bridge/result.h"
#include "bridge/store/store.h"

namespace bridge {

/// What one commit did; called on the writer's thread, must not block.
struct StoreBatch {
  std::size_t jobs = 0;
  std::size_t failed = 0;
  std::size_t queued = 0;                     ///< left in the queue
  std::chrono::nanoseconds state_commit{0};   ///< 0: no state part
  std::chrono::nanoseconds mirror_commit{0};  ///< 0: no mirror part
};

enum class StoreEvent {
  kMirrorSetAside,  ///< at open: a damaged mirror.db was renamed, the new one is empty
  kMirrorDamaged,   ///< while running: mirror writes fail until the next start, which sets it aside
  kStateDamaged,    ///< while running: stop and restore a backup
};

struct StoreOptions {
  std::filesystem::path directory;  ///< empty: in memory, for tests; made when absent (0700)
  std::filesystem::path key_file;   ///< empty: store.key in the directory
  std::size_t readers = 2;          ///< threads, 1 to 64
  std::size_t max_queued_writes = 16384;
  std::size_t max_queued_reads = 16384;
  std::size_t max_batch = 256;  ///< jobs of one commit
  std::function<void(const StoreBatch&)> on_batch;
  std::function<void(StoreEvent, const std::string& text)> on_event;  ///< any thread of the store

  /// For tests: pages a file may grow to (0: no limit), and a last word before each commit, an
  /// error of which undoes the batch's transaction.
  struct Faults {
    std::size_t max_state_pages = 0;
    std::size_t max_mirror_pages = 0;
    std::function<Result<void>()> before_state_commit;
    std::function<Result<void>()> before_mirror_commit;
  };
  Faults faults;
};

/// Opens or creates the files and brings their schema up to date. Errors: kCorrupt (state.db, or
/// the key does not fit), kTooNew, kBusy (another process has the directory), kIo, kInvalid.
/// Close or destroy the store before the io_context whose coroutines use it.
Result<std::unique_ptr<Store>> open_sqlite_store(StoreOptions options);

}  // namespace bridge
