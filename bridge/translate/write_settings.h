// Settings of one shown object on their way into a draft.
#pragma once

#include <string>
#include <string_view>

#include "bridge/agent/native_write.h"
#include "bridge/translate/projection.h"
#include "bridge/translate/write_draft.h"

namespace bridge::translate {

/// Of an existing object: assignments, or refusals that name the setting.
void write_settings(const Projection& projection, const ShownStep& step, Draft& draft);

/// Does the step move a port mapping to another connection?
bool is_move(const Projection& projection, const ShownStep& step);
/// The row anew under the other connection, with what `draft` and the step make of its values.
/// Refusals go to `draft`.
NativeWrite move_row(const Projection& projection, const ShownStep& step, Draft& draft);

/// The object's links, the native object with its dot. No rule: as it is on the device.
Link object_link(const Projection& projection, std::string_view object);

/// Forwarding.{i}.Type is deprecated, and yet followed by devices that have it. `base`: the row;
/// empty while it is being added. Only where the destination is written.
void take_route_type(std::string_view table, const std::string& base, const Origin& origin,
                     Draft& draft);

/// "Enable: " and why it is refused.
WriteError about(std::string_view param, WriteError error);

}  // namespace bridge::translate
