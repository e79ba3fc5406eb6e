// Delete: DeleteObject where the row is one of the device's.
#include <algorithm>
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

/// Is the object itself the device's row, or does it stand for something in it?
bool is_own_row(const Rule& rule) {
  if (rule.role == ObjectRole::kPrimary) return true;
  const bool conditional = std::any_of(rule.when.begin(), rule.when.end(), [](const auto& each) {
    return each.kind == Condition::Kind::kEquals || each.kind == Condition::Kind::kIsRowOf;
  });
  if (rule.role == ObjectRole::kSatellite) return conditional;
  return rule.role == ObjectRole::kSynth && rule.shown.text.back() == ".";
}

WriteResult<NativeWrite> remove_mapped(const Projection& projection, const Link& link) {
  const Rule& rule = *link.rule;
  const std::string object = native_row_of(rule, link.native);
  const Node* node = projection.native().find(object);
  const Writable writable = node == nullptr ? Writable::kNo : node->writable();
  // What the standard leaves open, the device has to allow.
  const bool open = rule.role == ObjectRole::kSynth || !rule.writable;
  const bool wlan = rule.native_supported.ends_with(".WLANConfiguration.{i}.");
  if (!is_own_row(rule) || (!rule.writable && !wlan))
    return stays("it belongs to the bridge, or to another row");
  if (open ? writable != Writable::kYes : writable == Writable::kNo) {
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
