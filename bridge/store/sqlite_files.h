// The directory of the store: its lock, and opening both files with all that may be wrong with
// them.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <string_view>

#include "bridge/result.h"
#include "bridge/store/secrets.h"
#include "bridge/store/sqlite.h"
#include "bridge/store/sqlite_store.h"

namespace bridge {

/// Held by one process at a time.
class DirectoryLock {
 public:
  /// kBusy: another process has it.
  static Result<DirectoryLock> take(const std::filesystem::path& directory);
  DirectoryLock(DirectoryLock&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  DirectoryLock& operator=(DirectoryLock&&) = delete;
  ~DirectoryLock();

 private:
  explicit DirectoryLock(int fd) : fd_(fd) {}
  int fd_;
};

/// Where the files are; an empty directory means in memory.
class StoreFiles {
 public:
  explicit StoreFiles(std::filesystem::path directory) : directory_(std::move(directory)) {}

  bool in_memory() const { return directory_.empty(); }

  /// Makes the directory when it is absent.
  Result<void> prepare() const;

  /// Removes what a killed process has left half done. With the directory's lock.
  void sweep() const;

  Result<sqlite::Connection> open_state(std::size_t max_pages) const;
  /// `set_aside` hears why a damaged file was replaced.
  Result<sqlite::Connection> open_mirror(
      std::size_t max_pages, const std::function<void(const std::string&)>& set_aside) const;

  Result<sqlite::Connection> open_state_reader() const;
  Result<sqlite::Connection> open_mirror_reader() const;

  /// The next open_mirror() replaces the file.
  void mark_mirror_damaged() const;

 private:
  std::filesystem::path state_file() const { return directory_ / "state.db"; }
  std::filesystem::path mirror_file() const { return directory_ / "mirror.db"; }
  std::filesystem::path mirror_mark() const { return directory_ / "mirror.damaged"; }

  std::filesystem::path directory_;
};

/// "state.db" and "kept" are "state.db.kept".
std::filesystem::path beside(const std::filesystem::path& file, std::string_view name);

/// In bytes; 0 where there is none.
std::uintmax_t size_of(const std::filesystem::path& file);

/// Removes it with what SQLite keeps beside it.
void remove_database(const std::filesystem::path& file);

/// An empty file of mode 0600; one that is there stays as it is.
Result<void> create_private(const std::filesystem::path& file);

/// Made of state.db for a backup, and of a backup before it becomes state.db.
inline constexpr std::string_view kCopyName = "copy-in-progress";
inline constexpr std::string_view kRestoringName = "restore-in-progress";

/// The key that fits state.db: that of the key file, checked against what is stored.
Result<Secrets> load_secrets(const StoreOptions& options, sqlite::Connection& state);

}  // namespace bridge
