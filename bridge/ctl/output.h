// What usp-bridgectl prints.
#pragma once

#include <google/protobuf/message.h>
#include <google/protobuf/timestamp.pb.h>

#include <chrono>
#include <string>
#include <vector>

namespace bridge::ctl {

/// Columns as wide as their widest text. Prints when it is destroyed.
class Table {
 public:
  explicit Table(std::vector<std::string> head) { rows_.push_back(std::move(head)); }
  ~Table();
  Table(const Table&) = delete;
  Table& operator=(const Table&) = delete;

  void add(std::vector<std::string> row) { rows_.push_back(std::move(row)); }

 private:
  std::vector<std::vector<std::string>> rows_;
};

/// Devices say what they like: no control character reaches the terminal.
std::string printable(std::string text);

/// One line of JSON, with the names of the proto files.
void print_json(const google::protobuf::Message& message);

/// "2026-01-31T12:00:00Z"; "-" for none.
std::string time_text(const google::protobuf::Timestamp& time);

/// A bar on the terminal's last line; nothing where stderr is no terminal.
class ProgressBar {
 public:
  explicit ProgressBar(std::string what);
  ~ProgressBar();
  ProgressBar(const ProgressBar&) = delete;
  ProgressBar& operator=(const ProgressBar&) = delete;

  /// `done` of `total`; total 0: how far it is is not known. `note`: what to say beside.
  void show(std::uint64_t done, std::uint64_t total, const std::string& note);

 private:
  const std::string what_;
  const bool visible_;
  const std::chrono::steady_clock::time_point began_;
  std::uint64_t shown_ = 0;  ///< times
};

}  // namespace bridge::ctl
