// Delete: DeleteObject where the row is one of the device's.
#include <utility>

#include "bridge/translate/write_place.h"
#include "bridge/translate/write_rows.h"
#include "bridge/translate/write_settings.h"

namespace bridge::translate {

namespace {

tl::unexpected<WriteError> stays(std::string why) {
  return refuse(usp::ErrorCode::kDeleteFailure, std::move(why));
}

NativeWrite removal(std::string_view object) {
  NativeWrite write;
  write.remove = object;
  return write;
}

/// A link is deleted with its WANConnectionDevice, and so would its connections be.
bool holds_connections(const Projection& projection, const std::string& device) {
  return !projection.native().instances(device + "WANIPConnection.").empty() ||
         !projection.native().instances(device + "WANPPPConnection.").empty();
}

WriteResult<NativeWrite> remove_mapped(const Projection& projection, const Link& link) {
  const std::string object = native_row_of(*link.rule, link.native);
  const Node* node = projection.native().find(object);
  if (!is_own_row(*link.rule)) return stays("it belongs to another row");
  if (node == nullptr || !allows_change(*link.rule, node->writable())) {
    return stays("the device lets no one delete " + object);
  }
  if (object != link.native && holds_connections(projection, object)) {
    return stays("it has connections");
  }
  return removal(object);
}

}  // namespace

WriteResult<NativeWrite> remove_row(const Projection& projection, std::string_view row) {
  const Link link = object_link(projection, row);
  if (link.native.empty() && projection.shown().has_object(row)) {
    return stays("it belongs to the bridge");
  }
  if (link.native.empty()) {
    return refuse(usp::ErrorCode::kObjectDoesNotExist, "there is no such row");
  }
  if (link.rule != nullptr && is_switched_table(parent_path(row))) {
    return remove_switched(projection, row);
  }
  if (link.rule != nullptr) return remove_mapped(projection, link);

  const Node* node = projection.native().find(link.native);
  const bool mapped = projection.mapping().names_object(supported_path(link.native));
  if (node == nullptr || node->writable() == Writable::kNo || mapped) {
    return stays("the device lets no one delete " + std::string(link.native));
  }
  return removal(link.native);
}

}  // namespace bridge::translate
