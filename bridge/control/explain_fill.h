#pragma once

#include "bridge/control/explanation.h"
#include "proto/bridge/v1/device.pb.h"

namespace bridge::control {

/// All but the device itself.
void fill(const Explanation& explanation, v1::DeviceExplanation* out);

}  // namespace bridge::control
