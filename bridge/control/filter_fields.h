// What a filter can ask of devices and operations.
#pragma once

#include <span>
#include <string_view>

#include "bridge/control/backend.h"
#include "bridge/control/filter.h"

namespace bridge::control {

/// The type of a field is that of the value it reads.
template <class Info>
struct FilterField {
  std::string_view name;
  FilterValue (*read)(const Info&);
};

std::span<const FilterField<DeviceInfo>> device_fields();
std::span<const FilterField<OperationInfo>> operation_fields();

}  // namespace bridge::control
