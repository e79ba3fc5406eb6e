// What the role of a controller lets it do (Device.LocalAgent.ControllerTrust.).
#pragma once

#include "usp/data_model.h"

namespace bridge {

struct ControllerConfig;

/// nullptr (the control API, which has its own doors) and the full role: everything. The read-only
/// role also makes and removes subscriptions: to hear is to read. Lives for ever.
const usp::Access& access_of(const ControllerConfig* controller);

}  // namespace bridge
