// Rows that a controller calls commands on and that many CWMP devices do not have: the one firmware
// image, the one configuration file and the one log file that any device has. Shown as row 1 of
// tables in which the device has no row.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "bridge/agent/agent_facts.h"
#include "bridge/agent/offer.h"
#include "usp/data_model.h"

namespace bridge {

struct VirtualParam {
  std::string_view name;
  usp::ParamType type = usp::ParamType::kString;
  std::string_view value;    ///< empty with `of_software`
  bool of_software = false;  ///< the device's software version
};

/// Nothing in them can be written, added or deleted.
class VirtualRows {
 public:
  explicit VirtualRows(const Offer& offer) : offer_(offer) {}

  /// Is this table, row, or the row's parameters' object one of the bridge's? Not true of
  /// "Device.DeviceInfo.".
  bool owns(std::string_view object_path) const;
  bool has_object(std::string_view object_path) const;
  std::vector<std::uint32_t> instances(std::string_view table_path) const;

  /// Also of "Device.DeviceInfo.": the parameters that count or name the rows, in the place of the
  /// device's own. kAbsent: not one of these.
  usp::Value value(std::string_view object_path, std::string_view name,
                   const AgentFacts& facts) const;
  void for_each_param(std::string_view object_path, const AgentFacts& facts,
                      const usp::DataModel::ParamVisitor& visit) const;

  /// Supported paths of the tables that are shown: "Device.DeviceInfo.FirmwareImage.{i}.".
  std::vector<std::string_view> objects() const;
  /// What is shown in a row of one of objects(), and for it in "Device.DeviceInfo.".
  std::span<const VirtualParam> params(std::string_view table_path) const;
  std::span<const VirtualParam> info(std::string_view table_path) const;

 private:
  bool shows(std::size_t table) const;

  Offer offer_;
};

}  // namespace bridge
