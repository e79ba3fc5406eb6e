// usp-bridgectl state backup
#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <iostream>
#include <optional>

#include "bridge/ctl/commands.h"
#include "bridge/ctl/output.h"
#include "bridge/sha256.h"
#include "proto/bridge/v1/maintenance.grpc.pb.h"

namespace bridge::ctl {

namespace {

constexpr const char* kStdout = "-";

int say(const std::string& text) {
  std::cerr << "usp-bridgectl: " << text << '\n';
  return kFailed;
}

/// A file that gets its name when it is whole; it is gone with this where keep() was not called.
class Target {
 public:
  /// Empty: it can be written to.
  std::string open(const std::string& name) {
    if (name == kStdout) {
      fd_ = STDOUT_FILENO;
      return {};
    }
    name_ = name;
    partial_ = name + ".partial";
    ::unlink(partial_.c_str());
    fd_ = ::open(partial_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    return fd_ < 0 ? failure(partial_) : "";
  }
  ~Target() {
    if (partial_.empty()) return;
    if (fd_ >= 0) ::close(fd_);
    ::unlink(partial_.c_str());
  }
  Target() = default;
  Target(const Target&) = delete;
  Target& operator=(const Target&) = delete;

  std::string write(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t written = ::write(fd_, bytes.data(), bytes.size());
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) return failure(partial_.empty() ? kStdout : partial_);
      bytes.remove_prefix(static_cast<std::size_t>(written));
    }
    return {};
  }

  std::string keep() {
    if (partial_.empty()) return {};
    if (::fsync(fd_) != 0 || ::rename(partial_.c_str(), name_.c_str()) != 0) {
      return failure(partial_);
    }
    partial_.clear();  // that name may be another's from here on
    const std::string folder = std::filesystem::absolute(name_).parent_path().string();
    const int fd = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd >= 0) {
      ::fsync(fd);
      ::close(fd);
    }
    return {};
  }

 private:
  static std::string failure(const std::string& file) { return file + ": " + std::strerror(errno); }

  std::string name_;
  std::string partial_;
  int fd_ = -1;
};

/// What came is what was sent; empty: it is.
std::string check(const std::optional<v1::BackupTrailer>& trailer, std::int64_t size,
                  const std::string& sha256) {
  if (!trailer) return "the stream ended before the backup did";
  if (trailer->size_bytes() != size || trailer->sha256() != sha256) {
    return "the backup was damaged on its way";
  }
  return {};
}

void report(const Connection& connection, const v1::BackupHeader& header, const std::string& file) {
  if (file == kStdout) return;
  if (connection.format() == Format::kJson) return print_json(header);
  std::cout << file << ": " << header.size_bytes() << " bytes, " << header.device_count()
            << " devices, as of " << time_text(header.create_time()) << '\n';
}

int backup(const Connection& connection, const std::string& file) {
  if (file == kStdout && isatty(STDOUT_FILENO) == 1) {
    return wrong_use("a backup is not for a terminal: give a file, or redirect the output");
  }
  Target target;
  if (const std::string wrong = target.open(file); !wrong.empty()) return say(wrong);
  grpc::ClientContext context;
  connection.prepare(context, false);
  auto stub = v1::MaintenanceService::NewStub(connection.channel());
  auto stream = stub->Backup(&context, {});
  ProgressBar bar("backup");
  v1::BackupHeader header;
  std::optional<v1::BackupTrailer> trailer;
  Sha256 hash;
  std::int64_t size = 0;
  std::string wrong;
  v1::BackupChunk chunk;
  while (wrong.empty() && stream->Read(&chunk)) {
    if (chunk.has_header()) header = chunk.header();
    if (chunk.has_trailer()) trailer = chunk.trailer();
    hash.add(chunk.data());
    size += static_cast<std::int64_t>(chunk.data().size());
    wrong = target.write(chunk.data());
    bar.show(static_cast<std::uint64_t>(size), static_cast<std::uint64_t>(header.size_bytes()), "");
  }
  if (!wrong.empty()) context.TryCancel();
  const grpc::Status status = stream->Finish();
  if (!wrong.empty()) return say(wrong);
  if (!status.ok()) return fail(status);
  wrong = check(trailer, size, hash.take());
  if (wrong.empty()) wrong = target.keep();
  if (!wrong.empty()) return say(wrong);
  report(connection, header, file);
  return kDone;
}

}  // namespace

void add_state_commands(CLI::App& app, Action& action) {
  CLI::App* state = app.add_subcommand("state", "what the bridge itself must not lose");
  state->require_subcommand(1);
  CLI::App* command = state->add_subcommand(
      "backup", "writes a copy of state.db, which usp-bridge --restore-state takes back");
  auto file = std::make_shared<std::string>();
  command->add_option("file", *file, "where to; - is the standard output")->required();
  command->callback([&action, file] {
    action = [file](const Connection& connection) { return backup(connection, *file); };
  });
}

}  // namespace bridge::ctl
