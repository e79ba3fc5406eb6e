#include "bridge/log.h"

#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/ostream_sink.h>

#include <iterator>
#include <memory>
#include <string>

#include "bridge/config.h"

namespace bridge {

namespace {

constexpr const char* kJsonPattern =
    R"({"time":"%Y-%m-%dT%H:%M:%S.%eZ","level":"%l","thread":%t%*,"message":"%v"})";
constexpr const char* kTextPattern = "%Y-%m-%dT%H:%M:%S.%eZ %l %v%*";

/// Of the line that this thread is writing: the sink formats it before log_line() returns.
thread_local const LogSubject* current = nullptr;

/// Escapes what would break a JSON line; messages hold text from devices and controllers.
void append_json(std::string_view text, spdlog::memory_buf_t& out) {
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out.push_back('\\');
      out.push_back(c);
    } else if (byte < 0x20) {
      fmt::format_to(std::back_inserter(out), "\\u{:04x}", static_cast<unsigned>(byte));
    } else {
      out.push_back(c);
    }
  }
}

template <class Flag>
class Cloned : public spdlog::custom_flag_formatter {
 public:
  std::unique_ptr<custom_flag_formatter> clone() const override { return std::make_unique<Flag>(); }
};

class JsonMessage final : public Cloned<JsonMessage> {
 public:
  void format(const spdlog::details::log_msg& message, const std::tm&,
              spdlog::memory_buf_t& out) override {
    append_json({message.payload.data(), message.payload.size()}, out);
  }
};

class JsonSubject final : public Cloned<JsonSubject> {
 public:
  void format(const spdlog::details::log_msg&, const std::tm&, spdlog::memory_buf_t& out) override {
    if (current == nullptr) return;
    auto text = [&out](std::string_view name, std::string_view value) {
      if (value.empty()) return;
      fmt::format_to(std::back_inserter(out), ",\"{}\":\"", name);
      append_json(value, out);
      out.push_back('"');
    };
    text("device", current->device);
    if (current->operation != 0) {
      fmt::format_to(std::back_inserter(out), ",\"operation\":{}", current->operation);
    }
    text("trace_id", current->trace_id);
  }
};

class TextSubject final : public Cloned<TextSubject> {
 public:
  void format(const spdlog::details::log_msg&, const std::tm&, spdlog::memory_buf_t& out) override {
    if (current == nullptr) return;
    if (current->operation != 0) {
      fmt::format_to(std::back_inserter(out), " operation={}", current->operation);
    }
    if (!current->trace_id.empty()) {
      fmt::format_to(std::back_inserter(out), " trace_id={}", current->trace_id);
    }
  }
};

}  // namespace

void set_up_log(const LogConfig& config, std::ostream& out) {
  auto sink = std::make_shared<spdlog::sinks::ostream_sink_mt>(out, true);
  auto logger = std::make_shared<spdlog::logger>("usp-bridge", std::move(sink));
  auto formatter = std::make_unique<spdlog::pattern_formatter>(spdlog::pattern_time_type::utc);
  if (config.format == LogConfig::Format::kJson) {
    formatter->add_flag<JsonMessage>('v').add_flag<JsonSubject>('*').set_pattern(kJsonPattern);
  } else {
    formatter->add_flag<TextSubject>('*').set_pattern(kTextPattern);
  }
  logger->set_formatter(std::move(formatter));
  logger->set_level(spdlog::level::from_str(config.level));
  spdlog::set_default_logger(std::move(logger));
}

void set_log_level(std::string_view level) {
  spdlog::set_level(spdlog::level::from_str(std::string(level)));
}

void log_line(spdlog::level::level_enum level, const LogSubject& subject, fmt::string_view format,
              fmt::format_args arguments) {
  spdlog::memory_buf_t line;
  if (!subject.device.empty()) {
    fmt::format_to(std::back_inserter(line), "device {}: ", subject.device);
  }
  fmt::vformat_to(std::back_inserter(line), format, arguments);
  current = &subject;
  spdlog::log(level, spdlog::string_view_t(line.data(), line.size()));
  current = nullptr;
}

}  // namespace bridge
