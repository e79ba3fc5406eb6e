#include "bridge/agent/virtual_rows.h"

#include <array>
#include <string>

#include "usp/path.h"

namespace bridge {
namespace {

using enum usp::ParamType;

constexpr std::string_view kInfo = "Device.DeviceInfo.";
constexpr std::string_view kPlaceholder = "{i}.";

constexpr std::array kImage{
    VirtualParam{"Alias", kString, "cpe-1"},    VirtualParam{"Name", kString, "main"},
    VirtualParam{"Version", kString, {}, true}, VirtualParam{"Available", kBoolean, "true"},
    VirtualParam{"Status", kString, "Active"},
};
constexpr std::array kConfig{
    VirtualParam{"Alias", kString, "cpe-1"},
    VirtualParam{"Name", kString, "main"},
    VirtualParam{"UseForBackupRestore", kBoolean, "true"},
};
constexpr std::array kLog{
    VirtualParam{"Alias", kString, "cpe-1"},
    VirtualParam{"Name", kString, "main"},
};

// Of Device.DeviceInfo.
constexpr std::array kImageInfo{
    VirtualParam{"FirmwareImageNumberOfEntries", kUnsignedInt, "1"},
    VirtualParam{"ActiveFirmwareImage", kString, "Device.DeviceInfo.FirmwareImage.1"},
    VirtualParam{"BootFirmwareImage", kString, "Device.DeviceInfo.FirmwareImage.1"},
};
constexpr std::array kConfigInfo{
    VirtualParam{"VendorConfigFileNumberOfEntries", kUnsignedInt, "1"}};
constexpr std::array kLogInfo{VirtualParam{"VendorLogFileNumberOfEntries", kUnsignedInt, "1"}};

struct Table {
  std::string_view path;  ///< supported
  std::span<const VirtualParam> params;
  std::span<const VirtualParam> info;

  std::string_view table() const { return path.substr(0, path.size() - kPlaceholder.size()); }
};

const std::array<Table, 3> kTables{{
    {"Device.DeviceInfo.FirmwareImage.{i}.", kImage, kImageInfo},
    {"Device.DeviceInfo.VendorConfigFile.{i}.", kConfig, kConfigInfo},
    {"Device.DeviceInfo.VendorLogFile.{i}.", kLog, kLogInfo},
}};

bool is_row(const Table& table, std::string_view path) {
  return path.starts_with(table.table()) && path.substr(table.table().size()) == "1.";
}

std::string_view text_of(const VirtualParam& param, const AgentFacts& facts) {
  return param.of_software ? std::string_view(facts.device_software_version) : param.value;
}

}  // namespace

bool VirtualRows::shows(std::size_t table) const {
  return table == 0   ? offer_.no_image_rows
         : table == 1 ? offer_.no_config_rows
                      : offer_.no_log_rows;
}

bool VirtualRows::owns(std::string_view object_path) const {
  if (!object_path.starts_with(kInfo)) return false;
  for (std::size_t i = 0; i < kTables.size(); ++i) {
    if (shows(i) && object_path.starts_with(kTables[i].table())) return true;
  }
  return false;
}

bool VirtualRows::has_object(std::string_view object_path) const {
  if (!object_path.starts_with(kInfo)) return false;
  for (std::size_t i = 0; i < kTables.size(); ++i) {
    if (!shows(i)) continue;
    if (object_path == kInfo || object_path == kTables[i].table()) return true;
    if (is_row(kTables[i], object_path)) return true;
  }
  return false;
}

std::vector<std::uint32_t> VirtualRows::instances(std::string_view table_path) const {
  for (std::size_t i = 0; i < kTables.size(); ++i) {
    if (shows(i) && table_path == kTables[i].table()) return {1};
  }
  return {};
}

usp::Value VirtualRows::value(std::string_view object_path, std::string_view name,
                              const AgentFacts& facts) const {
  usp::Value out;
  for_each_param(object_path, facts, [&](const usp::ParamView& param) {
    if (param.name == name) out = {param.state, std::string(param.text)};
  });
  return out;
}

void VirtualRows::for_each_param(std::string_view object_path, const AgentFacts& facts,
                                 const usp::DataModel::ParamVisitor& visit) const {
  if (!object_path.starts_with(kInfo)) return;
  for (std::size_t i = 0; i < kTables.size(); ++i) {
    if (!shows(i)) continue;
    const Table& table = kTables[i];
    std::span<const VirtualParam> params;
    if (object_path == kInfo) params = table.info;
    if (is_row(table, object_path)) params = table.params;
    for (const VirtualParam& param : params) {
      visit({param.name, usp::ValueState::kKnown, text_of(param, facts)});
    }
  }
}

std::vector<std::string_view> VirtualRows::objects() const {
  std::vector<std::string_view> out;
  for (std::size_t i = 0; i < kTables.size(); ++i) {
    if (shows(i)) out.push_back(kTables[i].path);
  }
  return out;
}

std::span<const VirtualParam> VirtualRows::params(std::string_view table_path) const {
  for (const Table& table : kTables) {
    if (table.path == table_path) return table.params;
  }
  return {};
}

std::span<const VirtualParam> VirtualRows::info(std::string_view table_path) const {
  for (const Table& table : kTables) {
    if (table.path == table_path) return table.info;
  }
  return {};
}

}  // namespace bridge
