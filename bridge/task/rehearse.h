// What a task would do to a device.
#pragma once

#include <vector>

#include "bridge/task/task.h"

namespace bridge::task {

/// The RPCs that change the device, in order, where each is answered with a success; what is only
/// read is left out. The number of a new row is `kNewRow`. The task is used up.
std::vector<cwmp::AcsRequest> rehearse(Task& task, const Tree& tree, Learned learned,
                                       std::int64_t now_ms);

/// Above what any device hands out.
inline constexpr std::uint32_t kNewRow = 4'294'967'295;

}  // namespace bridge::task
