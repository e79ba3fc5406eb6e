// An agent's tree with the freshness rules of the configuration applied: values that are older than
// their rule allows count as stale, so that the handler asks for a live read.
#pragma once

#include <memory>

#include "usp/data_model.h"

namespace bridge {

class Device;

/// Like Device::snapshot(), and lives as long. `show_secured`: as AgentView::show_secured().
std::unique_ptr<usp::DataModel> make_fresh_view(Device& device, bool show_secured = false);

}  // namespace bridge
