// Child processes for end-to-end tests: start, read line by line, signal, wait. No sleeping: a test
// waits for a line or for the exit.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace support {

/// A running program with its standard input and output. Killed and reaped by the destructor.
class Process {
 public:
  struct Options {
    std::vector<std::string> environment = {};  ///< "NAME=value", added to ours
    std::string directory = {};                 ///< working directory; empty: ours
  };

  Process(std::string program, std::vector<std::string> arguments, Options options);
  Process(std::string program, std::vector<std::string> arguments)
      : Process(std::move(program), std::move(arguments), Options{}) {}
  ~Process();
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  pid_t pid() const { return pid_; }

  /// Writes a line to the program's standard input.
  void write_line(const std::string& line);

  using LinePredicate = std::function<bool(const std::string&)>;

  /// The first line of output (stdout and stderr alike), from the reading position on, that the
  /// predicate takes; the position moves behind it. nullopt when it did not come in time.
  std::optional<std::string> wait_for_line(
      const LinePredicate& wanted, std::chrono::milliseconds limit = std::chrono::seconds(30));
  std::optional<std::string> wait_for_text(
      const std::string& text, std::chrono::milliseconds limit = std::chrono::seconds(30));

  /// Moves the reading position behind everything read so far.
  void skip_output();

  /// Sends the signal. SIGSTOP: returns when the program has stopped.
  void signal(int number);

  /// The exit status, or minus the signal that ended it; nullopt while it runs on after `limit`.
  std::optional<int> wait_for_exit(std::chrono::milliseconds limit = std::chrono::seconds(30));

  /// Everything printed so far, for failure messages.
  std::string output();

 private:
  void read_output(int descriptor);

  std::string name_;
  pid_t pid_ = -1;
  int input_ = -1;
  std::thread reader_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::string> lines_;
  std::size_t position_ = 0;
  bool closed_ = false;
  std::optional<int> status_;
};

/// A TCP port on 127.0.0.1 that is free, and that no other test is given while this process lives:
/// a service may be killed and started again on it.
int free_port();

/// A fresh directory below the system's temporary one, removed by the destructor.
class TemporaryDirectory {
 public:
  TemporaryDirectory();
  ~TemporaryDirectory();
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
  const std::string& path() const { return path_; }
  std::string file(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

}  // namespace support
