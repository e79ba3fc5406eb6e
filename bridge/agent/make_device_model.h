// Which DeviceModel a device has.
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "bridge/agent/device_model.h"

namespace bridge {

class LocalSchema;
class PathPool;

/// `root`: DeviceRow::root; empty counts as "Device.". `tree` and `paths` outlive the model.
/// `numbers`: what DeviceModel::take_numbers() gave before, among other rows.
std::unique_ptr<DeviceModel> make_device_model(std::string_view root, const Tree& tree,
                                               const LocalSchema& schema, PathPool& paths,
                                               const std::vector<InstanceRow>& numbers);

}  // namespace bridge
