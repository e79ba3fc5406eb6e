#include "tests/tools/cpe_sim/journal.h"

#include <array>
#include <chrono>
#include <cstdio>

#include "cwmp/charset.h"

namespace cpe_sim {
namespace {

std::string member(std::string_view name, std::string_view text) {
  return json_text(name) + ":" + json_text(text);
}

bool is_secret(std::string_view name) {
  return name.ends_with("Password") || name.ends_with("Passphrase") || name.ends_with("Key");
}

template <class List, class Text>
std::string json_list(std::string_view name, const List& list, Text text) {
  std::string out = json_text(name) + ":[";
  for (const auto& each : list) {
    if (!out.ends_with('[')) out += ',';
    out += text(each);
  }
  return out + "]";
}

std::string names_of(const std::vector<std::string>& names) {
  return json_list("names", names, [](const std::string& name) { return json_text(name); });
}

std::string attribute_text(const cwmp::SetParameterAttribute& attribute) {
  std::string out = "{" + member("name", attribute.name);
  if (attribute.notification) {
    out += ",\"notification\":" + std::to_string(*attribute.notification);
  }
  return out + "}";
}

struct Describe {
  std::string operator()(const cwmp::GetParameterValues& rpc) const { return names_of(rpc.names); }
  std::string operator()(const cwmp::GetParameterAttributes& rpc) const {
    return names_of(rpc.names);
  }
  std::string operator()(const cwmp::GetParameterNames& rpc) const {
    return member("path", rpc.path) + ",\"next_level\":" + (rpc.next_level ? "true" : "false");
  }
  std::string operator()(const cwmp::SetParameterValues& rpc) const {
    const auto text = [](const cwmp::ParameterValue& each) {
      return "{" + member("name", each.name) + "," +
             member("value", is_secret(each.name) ? "" : each.value) + "}";
    };
    return json_list("parameters", rpc.parameters, text) + "," +
           member("parameter_key", rpc.parameter_key);
  }
  std::string operator()(const cwmp::SetParameterAttributes& rpc) const {
    return json_list("parameters", rpc.parameters, attribute_text);
  }
  std::string operator()(const cwmp::AddObject& rpc) const {
    return member("object", rpc.object_name);
  }
  std::string operator()(const cwmp::DeleteObject& rpc) const {
    return member("object", rpc.object_name);
  }
  std::string operator()(const cwmp::Reboot& rpc) const {
    return member("command_key", rpc.command_key);
  }
  std::string operator()(const cwmp::ScheduleInform& rpc) const {
    return member("command_key", rpc.command_key) +
           ",\"delay\":" + std::to_string(rpc.delay_seconds);
  }
  std::string operator()(const cwmp::Download& rpc) const {
    return member("command_key", rpc.command_key) + "," + member("file_type", rpc.file_type) + "," +
           member("url", rpc.url);
  }
  std::string operator()(const cwmp::Upload& rpc) const {
    return member("command_key", rpc.command_key) + "," + member("file_type", rpc.file_type) + "," +
           member("url", rpc.url);
  }
  std::string operator()(const cwmp::ScheduleDownload& rpc) const {
    return member("command_key", rpc.command_key) + "," + member("file_type", rpc.file_type) + "," +
           member("url", rpc.url);
  }
  std::string operator()(const cwmp::CancelTransfer& rpc) const {
    return member("command_key", rpc.command_key);
  }
  std::string operator()(const cwmp::ChangeDUState& rpc) const {
    return member("command_key", rpc.command_key) +
           ",\"operations\":" + std::to_string(rpc.operations.size());
  }
  std::string operator()(const cwmp::GetOptions& rpc) const {
    return member("option", rpc.option_name);
  }
  template <class Rpc>
  std::string operator()(const Rpc&) const {
    return {};
  }
};

}  // namespace

std::string json_text(std::string_view text) {
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string out = "\"";
  const std::string clean = cwmp::replace_invalid_utf8(text);
  for (const char c : clean) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      const auto code = static_cast<unsigned char>(c);
      out.append("\\u00").append(1, kHex[code >> 4]).append(1, kHex[code & 15]);
    } else {
      out += c;
    }
  }
  return out + "\"";
}

std::string describe(const cwmp::AcsRequest& request) { return std::visit(Describe{}, request); }

std::string describe(const std::vector<cwmp::Event>& events) {
  return json_list("events", events,
                   [](const cwmp::Event& event) { return json_text(event.code); });
}

void Journal::note(std::string_view event, std::string_view device, std::string_view more) {
  if (!enabled_) return;
  const auto now =
      std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch());
  std::array<char, 32> time{};
  std::snprintf(time.data(), time.size(), "%.3f", now.count());
  std::string line = "{\"event\":" + json_text(event) + "," + member("device", device);
  line.append(",\"time\":").append(time.data());
  if (!more.empty()) line.append(",").append(more);
  print(line + "}");
}

void Journal::print(std::string_view line) {
  const std::lock_guard lock(mutex_);
  std::fwrite(line.data(), 1, line.size(), stdout);
  std::fputc('\n', stdout);
  std::fflush(stdout);
}

}  // namespace cpe_sim
