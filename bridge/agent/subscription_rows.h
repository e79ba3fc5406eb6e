// The rows of Device.LocalAgent.Subscription. as the matching of notifications takes them.
#pragma once

#include <vector>

#include "bridge/agent/local_model.h"
#include "usp/subscription.h"

namespace bridge {

/// Rows without a NotifType (which a controller may leave for later) are left out: nothing can
/// match them.
std::vector<usp::Subscription> subscription_rows(const LocalModel& model);

}  // namespace bridge
