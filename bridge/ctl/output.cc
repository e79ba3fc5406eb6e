#include "bridge/ctl/output.h"

#include <google/protobuf/util/json_util.h>
#include <unistd.h>

#include <algorithm>
#include <ctime>
#include <iostream>

namespace bridge::ctl {

namespace {

constexpr std::size_t kBarWidth = 30;

/// Columns of a terminal: bytes that begin a character of UTF-8.
std::size_t width_of(const std::string& text) {
  return static_cast<std::size_t>(std::count_if(
      text.begin(), text.end(), [](unsigned char c) { return (c & 0xC0U) != 0x80U; }));
}

}  // namespace

std::string printable(std::string text) {
  std::replace_if(
      text.begin(), text.end(), [](unsigned char c) { return c < 0x20 || c == 0x7F; }, '?');
  return text;
}

Table::~Table() {
  std::vector<std::size_t> widths(rows_.front().size(), 0);
  for (std::vector<std::string>& row : rows_) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      if (row[i].empty()) row[i] = "-";
      row[i] = printable(std::move(row[i]));
      widths[i] = std::max(widths[i], width_of(row[i]));
    }
  }
  for (const std::vector<std::string>& row : rows_) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      std::cout << row[i];
      if (i + 1 < row.size()) std::cout << std::string(widths[i] + 2 - width_of(row[i]), ' ');
    }
    std::cout << '\n';
  }
}

void print_json(const google::protobuf::Message& message) {
  google::protobuf::util::JsonPrintOptions options;
  options.preserve_proto_field_names = true;
  std::string text;
  if (google::protobuf::util::MessageToJsonString(message, &text, options).ok()) {
    std::cout << text << std::endl;
  }
}

std::string time_text(const google::protobuf::Timestamp& time) {
  if (time.seconds() == 0) return "-";
  const std::time_t seconds = time.seconds();
  char text[32];
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts);
  return text;
}

ProgressBar::ProgressBar(std::string what)
    : what_(std::move(what)),
      visible_(isatty(STDERR_FILENO) == 1),
      began_(std::chrono::steady_clock::now()) {}

ProgressBar::~ProgressBar() {
  if (visible_ && shown_ > 0) std::cerr << '\n';
}

void ProgressBar::show(std::uint64_t done, std::uint64_t total, const std::string& note) {
  if (!visible_) return;
  ++shown_;
  const auto passed = std::chrono::steady_clock::now() - began_;
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(passed).count();
  std::string bar;
  if (total > 0) {
    const std::size_t full = std::min<std::size_t>(kBarWidth, kBarWidth * done / total);
    bar = "[" + std::string(full, '#') + std::string(kBarWidth - full, ' ') + "] " +
          std::to_string(done) + "/" + std::to_string(total);
  } else {
    bar = std::string(1, "|/-\\"[shown_ % 4]);
  }
  std::cerr << '\r' << what_ << ' ' << bar << ' ' << note << ' ' << seconds << "s \033[K"
            << std::flush;
}

}  // namespace bridge::ctl
