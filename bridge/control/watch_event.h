// Happenings as the control API shows them.
#pragma once

#include <google/protobuf/repeated_field.h>

#include <tl/expected.hpp>

#include "bridge/control/event_feed.h"
#include "proto/bridge/v1/watch.pb.h"

namespace bridge::control {

void fill(const Happening& happening, v1::WatchEvent* out);

/// All kinds where none is named. An error names a type that there is not.
tl::expected<HappeningKinds, int> kinds_of(const google::protobuf::RepeatedField<int>& types);

}  // namespace bridge::control
