// Reads cwmp.auth.credentials_file into the store, on a thread of its own and in small batches, so
// that a million lines hold nobody up.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <functional>
#include <mutex>
#include <thread>

#include "bridge/config.h"
#include "bridge/credential/book.h"
#include "bridge/credential/file.h"
#include "bridge/store/store.h"

namespace bridge {

/// Entries of one transaction: some milliseconds of the store's one writer.
inline constexpr std::size_t kImportBatch = 500;

struct CredentialImport {
  bool open_to_all = false;  ///< every user of this machine may read the file
  CredentialCheck check;     ///< with mistakes nothing was stored
  CredentialChanges changes;
};

/// Blocks; not for an io thread. `go_on` is asked before each batch; false: kClosed. On an error of
/// the store the batches before it stay, and the same file may be given again.
Result<CredentialImport> import_credential_file(Store& store, const CwmpConfig::Auth& auth,
                                                const std::filesystem::path& file,
                                                const std::function<bool()>& go_on);

/// Thread-safe.
class CredentialImporter {
 public:
  /// Called on the importer's thread after each file.
  using Done = std::function<void(const Result<CredentialImport>&)>;

  /// All outlive it.
  CredentialImporter(Store& store, const CwmpConfig::Auth& auth, Done done);
  ~CredentialImporter();
  CredentialImporter(const CredentialImporter&) = delete;
  CredentialImporter& operator=(const CredentialImporter&) = delete;

  /// Reads the file, once more after the one being read. Nothing where none is configured.
  void start();
  bool busy() const;
  /// True: what start() was first called for is in the store, or cannot be. Later reads, of a file
  /// that was in the store already, leave it so.
  bool has_read() const { return has_read_; }
  /// True: nothing is being read, and nothing is waiting to be.
  bool wait_for(std::chrono::milliseconds limit);
  /// Ends after the batch under way. Call it before the store closes.
  void stop();

 private:
  void run();

  Store& store_;
  const CwmpConfig::Auth& auth_;
  const Done done_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  bool wanted_ = false;
  bool running_ = false;
  std::atomic<bool> stopping_{false};
  std::atomic<bool> has_read_{false};
  std::thread thread_;
};

/// The outcome for operators, mistakes line by line.
void log_credential_import(const std::filesystem::path& file, const Result<CredentialImport>& done);

}  // namespace bridge
