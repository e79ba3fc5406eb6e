#include "tests/support/process.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <random>
#include <stdexcept>
#include <system_error>

namespace support {

namespace {

[[noreturn]] void throw_errno(const char* what) {
  throw std::system_error(errno, std::generic_category(), what);
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> out;
  for (std::string& text : texts) out.push_back(text.data());
  out.push_back(nullptr);
  return out;
}

}  // namespace

Process::Process(std::string program, std::vector<std::string> arguments, Options options)
    : name_(program) {
  int in[2];
  int out[2];
  if (pipe2(in, O_CLOEXEC) != 0 || pipe2(out, O_CLOEXEC) != 0) throw_errno("pipe2");
  arguments.insert(arguments.begin(), program);
  // Everything the child needs is made before the fork: only async-signal-safe calls after it.
  std::vector<std::string> environment = options.environment;
  for (char** entry = environ; *entry != nullptr; ++entry) environment.emplace_back(*entry);
  std::vector<char*> argv = pointers(arguments);
  std::vector<char*> envp = pointers(environment);
  pid_ = fork();
  if (pid_ < 0) throw_errno("fork");
  if (pid_ == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);  // a crashed test leaves nothing running
    dup2(in[0], STDIN_FILENO);
    dup2(out[1], STDOUT_FILENO);
    dup2(out[1], STDERR_FILENO);
    if (!options.directory.empty() && chdir(options.directory.c_str()) != 0) _exit(126);
    execvpe(program.c_str(), argv.data(), envp.data());
    _exit(127);
  }
  close(in[0]);
  close(out[1]);
  input_ = in[1];
  reader_ = std::thread([this, descriptor = out[0]] { read_output(descriptor); });
}

Process::~Process() {
  if (input_ >= 0) close(input_);
  if (!status_) {
    ::kill(pid_, SIGKILL);
    wait_for_exit();
  }
  if (reader_.joinable()) reader_.join();
}

void Process::read_output(int descriptor) {
  std::string pending;
  char buffer[4096];
  for (;;) {
    ssize_t count = read(descriptor, buffer, sizeof buffer);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) break;
    pending.append(buffer, static_cast<std::size_t>(count));
    std::size_t begin = 0;
    std::lock_guard lock(mutex_);
    for (std::size_t end; (end = pending.find('\n', begin)) != std::string::npos; begin = end + 1) {
      lines_.push_back(pending.substr(begin, end - begin));
    }
    pending.erase(0, begin);
    changed_.notify_all();
  }
  close(descriptor);
  std::lock_guard lock(mutex_);
  if (!pending.empty()) lines_.push_back(pending);
  closed_ = true;
  changed_.notify_all();
}

void Process::write_line(const std::string& line) {
  std::string text = line + "\n";
  if (write(input_, text.data(), text.size()) != static_cast<ssize_t>(text.size())) {
    throw_errno("write to child");
  }
}

std::optional<std::string> Process::wait_for_line(const LinePredicate& wanted,
                                                  std::chrono::milliseconds limit) {
  auto until = std::chrono::steady_clock::now() + limit;
  std::unique_lock lock(mutex_);
  std::size_t looked = position_;
  for (;;) {
    for (; looked < lines_.size(); ++looked) {
      if (wanted(lines_[looked])) {
        position_ = looked + 1;
        return lines_[looked];
      }
    }
    if (closed_) return std::nullopt;
    if (changed_.wait_until(lock, until) == std::cv_status::timeout && looked == lines_.size()) {
      return std::nullopt;
    }
  }
}

std::optional<std::string> Process::wait_for_text(const std::string& text,
                                                  std::chrono::milliseconds limit) {
  return wait_for_line(
      [&text](const std::string& line) { return line.find(text) != std::string::npos; }, limit);
}

void Process::skip_output() {
  std::lock_guard lock(mutex_);
  position_ = lines_.size();
}

void Process::signal(int number) {
  ::kill(pid_, number);
  if (number != SIGSTOP) return;
  siginfo_t info = {};
  // An exit ends the wait as well, and stays for wait_for_exit() to reap.
  waitid(P_PID, static_cast<id_t>(pid_), &info, WSTOPPED | WEXITED | WNOWAIT);
}

std::optional<int> Process::wait_for_exit(std::chrono::milliseconds limit) {
  if (status_) return status_;
  auto until = std::chrono::steady_clock::now() + limit;
  for (;;) {
    int status = 0;
    pid_t ended = waitpid(pid_, &status, WNOHANG);
    if (ended == pid_) {
      status_ = WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
      return status_;
    }
    if (std::chrono::steady_clock::now() >= until) return std::nullopt;
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, std::chrono::milliseconds(5));
  }
}

std::string Process::output() {
  std::lock_guard lock(mutex_);
  std::string out = name_ + " printed:\n";
  for (const std::string& line : lines_) out += "  " + line + "\n";
  return out;
}

namespace {

/// Ports below those that the system hands out for connections and for port 0.
constexpr int kFirstPort = 10'000;
constexpr int kPorts = 20'000;

/// A name that one process of this machine can hold at a time, until it ends.
bool reserve(int port) {
  const std::string name = "usp-bridge-test-port-" + std::to_string(port);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::copy(name.begin(), name.end(), address.sun_path + 1);  // abstract: no file
  const int descriptor = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + name.size());
  if (bind(descriptor, reinterpret_cast<sockaddr*>(&address), size) == 0) return true;
  close(descriptor);
  return false;
}

bool is_free(int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  const int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const bool free = bind(descriptor, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
  close(descriptor);
  return free;
}

}  // namespace

int free_port() {
  static std::mutex mutex;
  static std::minstd_rand random{std::random_device()()};
  const std::lock_guard lock(mutex);
  for (int tries = 0; tries < 1000; ++tries) {
    const int port = kFirstPort + static_cast<int>(random() % kPorts);
    if (reserve(port) && is_free(port)) return port;
  }
  throw std::runtime_error("free_port: none");
}

TemporaryDirectory::TemporaryDirectory() {
  std::string name = std::filesystem::temp_directory_path() / "usp-bridge-test-XXXXXX";
  if (mkdtemp(name.data()) == nullptr) throw_errno("mkdtemp");
  path_ = name;
}

TemporaryDirectory::~TemporaryDirectory() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

}  // namespace support
