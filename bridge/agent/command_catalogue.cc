#include "bridge/agent/command_catalogue.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <utility>

#include "bridge/agent/data_lines.h"
#include "bridge/agent/standard_model.h"
#include "embedded_data.h"
#include "usp/path.h"

namespace bridge {
namespace {

constexpr std::string_view kPlaceholder = "{i}";

CommandWay way_named(std::string_view name) {
  using W = CommandWay;
  static constexpr std::array<std::pair<std::string_view, W>, 22> kWays{{
      {"reboot", W::kReboot},
      {"factory-reset", W::kFactoryReset},
      {"schedule-inform", W::kScheduleInform},
      {"timer", W::kTimer},
      {"onboard", W::kOnboard},
      {"reconnect", W::kReconnect},
      {"reset-session", W::kResetSession},
      {"add-certificate", W::kAddCertificate},
      {"delete-certificate", W::kDeleteCertificate},
      {"fingerprint", W::kFingerprint},
      {"cancel", W::kCancel},
      {"set", W::kSet},
      {"toggle", W::kToggle},
      {"diagnostics", W::kDiagnostics},
      {"firmware", W::kFirmware},
      {"restore", W::kRestore},
      {"backup", W::kBackup},
      {"log", W::kLog},
      {"activate", W::kActivate},
      {"install", W::kInstall},
      {"update", W::kUpdate},
      {"uninstall", W::kUninstall},
  }};
  const auto* at = std::ranges::find(kWays, name, &std::pair<std::string_view, W>::first);
  assert(at != kWays.end() && "a way that is in operations.csv only");
  return at->second;
}

/// "FileSize:unsignedLong!=0"
CommandArgument argument_of(std::string_view text) {
  CommandArgument argument;
  if (const std::size_t equals = text.find('='); equals != std::string_view::npos) {
    argument.fallback = text.substr(equals + 1);
    text = text.substr(0, equals);
  }
  argument.mandatory = text.ends_with('!');
  if (argument.mandatory) text.remove_suffix(1);
  argument.name = next_field(text, ':');
  if (!text.empty()) argument.type = param_type_named(text);
  return argument;
}

/// "X_ANY_Command()" -> "X_{vendor}_Command()". The names behind the prefix have no "_".
std::string neutral_name(std::string_view name) {
  const std::size_t end = name.rfind('_');  // a prefix may have others inside
  if (!name.starts_with("X_") || end < 2) return std::string(name);
  return std::string(kVendorPrefix).append(name.substr(end + 1));
}

std::string_view object_of(std::string_view path) { return path.substr(0, path.rfind('.') + 1); }

}  // namespace

const CommandArgument* CommandRow::argument(std::string_view wanted) const {
  const auto at = std::ranges::find(input, wanted, &CommandArgument::name);
  return at == input.end() ? nullptr : &*at;
}

std::string_view CommandRow::argument_object() const { return object_of(target); }

CommandCatalogue::CommandCatalogue() {
  for_each_line(data::kOperations, [this](std::string_view line) {
    const std::string_view path = next_field(line, ',');
    const std::string_view kind = next_field(line, ',');
    const std::string_view way = next_field(line, ',');
    std::string_view target = next_field(line, ',');
    const std::string_view input = next_field(line, ',');
    const std::string_view object = object_of(path);
    const std::string_view name = path.substr(object.size());
    std::vector<std::string> output;
    bool all = false;
    for (std::string_view each : split_fields(next_field(line, ','), ' ')) {
      if (each == "*") {
        all = true;
      } else {
        output.emplace_back(each);
      }
    }
    if (kind == "event") {
      events_.push_back({object, name, target, std::move(output)});
      return;
    }
    CommandRow row;
    row.path = path;
    row.object = object;
    row.name = name;
    row.asynchronous = kind == "async";
    row.way = way_named(way);
    row.target = next_field(target, '=');
    row.value = target;
    for (std::string_view each : split_fields(input, ' ')) row.input.push_back(argument_of(each));
    row.output = std::move(output);
    row.all_results = all;
    commands_.push_back(std::move(row));
  });
  std::ranges::sort(commands_, {}, &CommandRow::path);
}

const CommandCatalogue& CommandCatalogue::get() {
  static const CommandCatalogue catalogue;
  return catalogue;
}

const CommandRow* CommandCatalogue::find(std::string_view object_path,
                                         std::string_view name) const {
  const std::string path = usp::to_supported_path(object_path) + neutral_name(name);
  const auto at = std::ranges::lower_bound(commands_, path, {}, &CommandRow::path);
  return at != commands_.end() && at->path == path ? &*at : nullptr;
}

bool is_bridge_way(CommandWay way) {
  switch (way) {
    case CommandWay::kOnboard:
    case CommandWay::kReconnect:
    case CommandWay::kResetSession:
    case CommandWay::kAddCertificate:
    case CommandWay::kDeleteCertificate:
    case CommandWay::kFingerprint:
    case CommandWay::kCancel:
      return true;
    default:
      return false;
  }
}

std::string with_instances(std::string_view supported, std::string_view object_path) {
  std::vector<std::string_view> numbers;
  for (std::string_view part : split_fields(object_path, '.')) {
    std::uint32_t number = 0;
    if (usp::parse_instance_number(part, number)) numbers.push_back(part);
  }
  std::string out;
  std::size_t used = 0;
  while (used < numbers.size()) {
    const std::size_t at = supported.find(kPlaceholder);
    if (at == std::string_view::npos) break;
    out.append(supported.substr(0, at)).append(numbers[used++]);
    supported.remove_prefix(at + kPlaceholder.size());
  }
  return out.append(supported);
}

}  // namespace bridge
