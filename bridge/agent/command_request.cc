#include "bridge/agent/command_request.h"

#include <algorithm>
#include <charconv>
#include <set>
#include <utility>

namespace bridge {
namespace {

// TR-069 A.3.2.8, A.4.1.5, A.4.1.10.
constexpr std::size_t kMaxText = 256;
constexpr std::size_t kMaxModuleUrl = 1024;
/// More windows make no sense of one activation.
constexpr std::uint32_t kMaxWindows = 16;

constexpr std::string_view kFirmwareFile = "1 Firmware Upgrade Image";
constexpr std::string_view kStoredFirmwareFile = "6 Stored Firmware Image";
constexpr std::string_view kConfigurationFile = "3 Vendor Configuration File";

usp::Error refuse(std::string text) {
  return {usp::ErrorCode::kInvalidCommandArguments, std::move(text), {}};
}

template <class Number>
std::optional<Number> to_number(std::string_view text) {
  Number number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

/// The URL of a transfer holds no user information (TR-069 A.3.2.8): that has its own arguments.
bool has_user(std::string_view url) {
  const std::size_t begin = url.find("://");
  if (begin == std::string_view::npos) return false;
  const std::string_view rest = url.substr(begin + 3);
  return rest.substr(0, rest.find('/')).find('@') != std::string_view::npos;
}

std::optional<usp::Error> check_file(const CommandRow& row, const CommandInput& input,
                                     std::size_t longest_url) {
  const std::string url = argument_text(row, input, "URL");
  if (url.empty() && row.argument("URL")->mandatory) return refuse("URL is empty");
  if (url.size() > longest_url) return refuse("URL is too long for CWMP");
  if (has_user(url)) return refuse("URL: the user name has an argument of its own");
  for (const char* name : {"Username", "Password", "TargetFileName"}) {
    if (argument_text(row, input, name).size() > kMaxText) {
      return refuse(std::string(name) + " is too long for CWMP");
    }
  }
  const std::string size = argument_text(row, input, "FileSize");
  if (!size.empty() && !to_number<std::uint32_t>(size)) {
    return refuse("FileSize is too large for CWMP");
  }
  // Not to be promised: no CWMP device is told.
  for (const char* name : {"CheckSumAlgorithm", "CheckSum"}) {
    if (!argument_text(row, input, name).empty()) {
      return refuse(std::string(name) + ": CWMP has no such argument");
    }
  }
  return std::nullopt;
}

struct Window {
  std::uint32_t start = 0;
  std::uint32_t end = 0;
  std::string mode;
};

/// "TimeWindow.2.Start" -> 2; 0: not of a window.
std::uint32_t window_number(std::string_view name) {
  constexpr std::string_view kPrefix = "TimeWindow.";
  if (!name.starts_with(kPrefix)) return 0;
  name.remove_prefix(kPrefix.size());
  return to_number<std::uint32_t>(name.substr(0, name.find('.'))).value_or(0);
}

tl::expected<std::vector<Window>, std::string> windows_of(const CommandInput& input) {
  std::set<std::uint32_t> numbers;
  for (const auto& [name, text] : input) {
    if (const std::uint32_t number = window_number(name); number > 0) numbers.insert(number);
  }
  if (numbers.size() > kMaxWindows) return tl::unexpected(std::string("too many time windows"));
  std::vector<Window> out;
  for (const std::uint32_t number : numbers) {
    const std::string prefix = "TimeWindow." + std::to_string(number) + ".";
    const auto text = [&](const char* name) {
      const auto at = input.find(prefix + name);
      return at == input.end() ? std::string() : at->second;
    };
    const auto start = to_number<std::uint32_t>(text("Start"));
    const auto end = to_number<std::uint32_t>(text("End"));
    if (!start || !end || *start >= *end) {
      return tl::unexpected(prefix + " needs a Start and an End after it");
    }
    out.push_back({*start, *end, text("Mode")});
    if (out.back().mode != "AnyTime" && out.back().mode != "Immediately") {
      return tl::unexpected(prefix + "Mode: only AnyTime and Immediately can be served");
    }
  }
  return out;
}

}  // namespace

std::string argument_text(const CommandRow& row, const CommandInput& input, std::string_view name) {
  if (const auto at = input.find(std::string(name)); at != input.end()) return at->second;
  const CommandArgument* argument = row.argument(name);
  return argument == nullptr ? std::string() : std::string(argument->fallback.value_or(""));
}

bool argument_flag(const CommandRow& row, const CommandInput& input, std::string_view name) {
  const std::string text = argument_text(row, input, name);
  return text == "true" || text == "1";
}

std::optional<usp::Error> check_request(const CommandRow& row, const CommandInput& input,
                                        const Offer& offer) {
  switch (row.way) {
    case CommandWay::kFirmware:
      if (!argument_flag(row, input, "AutoActivate") && !offer.stored_images) {
        return refuse("AutoActivate: the device would activate the image at once all the same");
      }
      return check_file(row, input, kMaxText);
    case CommandWay::kRestore:
    case CommandWay::kBackup:
    case CommandWay::kLog:
      return check_file(row, input, kMaxText);
    case CommandWay::kInstall:
    case CommandWay::kUpdate:
      return check_file(row, input, kMaxModuleUrl);
    case CommandWay::kScheduleInform:  // DelaySeconds is above 0 (TR-069 A.4.1.2)
      if (argument_text(row, input, "DelaySeconds") == "0") return refuse("DelaySeconds: above 0");
      return std::nullopt;
    case CommandWay::kActivate:
      if (const auto windows = windows_of(input); !windows) return refuse(windows.error());
      return std::nullopt;
    default:
      return std::nullopt;
  }
}

cwmp::Download make_download(const CommandRow& row, const CommandInput& input, std::string key) {
  cwmp::Download rpc;
  rpc.command_key = std::move(key);
  rpc.file_type = kConfigurationFile;
  if (row.way == CommandWay::kFirmware) {
    rpc.file_type = argument_flag(row, input, "AutoActivate") ? kFirmwareFile : kStoredFirmwareFile;
  }
  rpc.url = argument_text(row, input, "URL");
  rpc.username = argument_text(row, input, "Username");
  rpc.password = argument_text(row, input, "Password");
  rpc.file_size = to_number<std::uint32_t>(argument_text(row, input, "FileSize")).value_or(0);
  rpc.target_file_name = argument_text(row, input, "TargetFileName");
  return rpc;
}

cwmp::Upload make_upload(const CommandRow& row, const CommandInput& input, const Offer& offer,
                         std::uint32_t number, std::string key) {
  const bool by_number = number > 0 && offer.files_by_number;
  cwmp::Upload rpc;
  rpc.command_key = std::move(key);
  if (row.way == CommandWay::kBackup) {
    rpc.file_type = by_number ? "3 Vendor Configuration File " + std::to_string(number)
                              : "1 Vendor Configuration File";
  } else {
    rpc.file_type = by_number ? "4 Vendor Log File " + std::to_string(number) : "2 Vendor Log File";
  }
  rpc.url = argument_text(row, input, "URL");
  rpc.username = argument_text(row, input, "Username");
  rpc.password = argument_text(row, input, "Password");
  return rpc;
}

std::optional<ActivationWindow> activation_window(const CommandInput& input) {
  const auto windows = windows_of(input);
  if (!windows || windows->empty()) return std::nullopt;
  const auto first = std::ranges::min_element(*windows, {}, &Window::start);
  return ActivationWindow{std::chrono::seconds(first->start), std::chrono::seconds(first->end)};
}

std::string make_command_key(std::int64_t operation_id, std::size_t step) {
  return "ub-" + std::to_string(operation_id) + "-" + std::to_string(step);
}

}  // namespace bridge
