// Which DeviceModel a device has.
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "bridge/agent/device_model.h"

namespace bridge {

class LocalSchema;
class PathPool;
struct DeviceRow;
namespace translate {
class Mappings;
}

/// `root`: "InternetGatewayDevice." is translated; empty counts as "Device.". `row`: whose model it
/// is. `tree` and `paths` outlive the result. `numbers`: what DeviceModel::take_numbers() gave
/// before, among other rows.
std::unique_ptr<DeviceModel> make_device_model(std::string_view root, const DeviceRow& row,
                                               const Tree& tree, const LocalSchema& schema,
                                               const translate::Mappings& mappings, PathPool& paths,
                                               const std::vector<InstanceRow>& numbers);

}  // namespace bridge
