#include "bridge/translate/write_place.h"

#include <utility>

#include "bridge/translate/encoding.h"

namespace bridge::translate {

namespace {

using Written = WriteResult<Wants>;

/// A path, or none.
WriteResult<std::string> native_reference(const Place& place, std::string_view value) {
  if (value.empty()) return std::string();
  auto native = place.projection.to_native_reference(value);
  if (!native) return invalid("nothing of the device stands behind " + shortened(value));
  return *std::move(native);
}

Written write_reference(const Place& place, std::string_view value) {
  auto native = native_reference(place, value);
  if (!native) return tl::unexpected(std::move(native).error());
  return only(place.native, *std::move(native));
}

Written write_references(const Place& place, std::string_view value) {
  std::vector<std::string> out;
  for (const std::string& element : split_list(value)) {
    auto native = native_reference(place, element);
    if (!native) return tl::unexpected(std::move(native).error());
    out.push_back(*std::move(native));
  }
  return Wants{{{place.native, join_list(out), true}}, {}};
}

/// Path to the integer that stands for it on the device.
Written write_key(const Place& place, std::string_view value) {
  const KeyReference reference(place.rule.argument);
  if (value.empty()) return only(place.native, reference.none);

  const std::string row = as_object(value);
  const std::string table = reference.path.substr(0, reference.path.find('{'));
  const bool of_table = is_instance(row) && parent_path(row) == table;
  if (!of_table || !place.projection.shown().has_object(row)) {
    return invalid("no such row of " + table);
  }
  if (reference.param == "instance") return only(place.native, std::string(last_name(row)));
  const auto object = place.projection.native_object(row);
  const std::string key =
      object ? std::string(place.projection.text(*object + reference.param)) : "";
  if (key.empty()) return invalid("the device cannot name " + shortened(value));
  return only(place.native, key);
}

/// Every parameter that the value is made of.
Written write_all(const Place& place, std::string_view value) {
  Wants out;
  for (const Link& link : place.links) {
    if (link.rule == nullptr || link.rule->transform != Transform::kAny) continue;
    auto native = to_native_value(*link.rule, value);
    if (!native) return tl::unexpected(std::move(native).error());
    out.set.push_back({std::string(link.native), *std::move(native)});
  }
  return out;
}

Written write_enumeration(const Place& place, std::string_view value) {
  // Words that read alike stay as they are.
  const auto now = place.draft.value(place.native);
  if (now && reads_as(place.rule, *now, value)) return only(place.native, *now);
  auto native = to_native_value(place.rule, value);
  if (!native) return tl::unexpected(std::move(native).error());
  return only(place.native, *std::move(native));
}

Written write_group(const Place& place, std::string_view value) {
  auto native = to_native_value(place.rule, value);
  if (!native) return tl::unexpected(std::move(native).error());
  return radio_wants(place, last_name(place.native), *native);
}

Written write_alias(const Place& place, std::string_view value) {
  const bool bridges = place.native.empty() || place.native.ends_with('.');
  if (bridges || (!place.base.empty() && !exists(place.projection, place.native))) {
    return read_only("the device has no Alias here");
  }
  if (value.empty()) return invalid("an Alias is not empty");
  return only(place.native, std::string(value));
}

/// A gateway can be chosen where the address is, too.
Written write_default_gateway(const Place& place, std::string_view value) {
  const std::string connection =
      as_object(place.draft.value(place.base + "DefaultConnectionService").value_or(""));
  if (place.draft.value(connection + "AddressingType") != "Static") {
    return read_only("the default connection learns its gateway");
  }
  return only(connection + "DefaultGateway", std::string(value));
}

/// A port mapping moves to another connection as a whole (write_move.cc).
Written write_computed(const Place& place, std::string_view value) {
  if (place.rule.argument == "conn_gateway") return write_default_gateway(place, value);
  if (value == place.shown_value()) return Wants{};
  if (place.object.find(".PortMapping.") != std::string_view::npos) {
    return invalid("not an IP.Interface of a WAN connection");
  }
  return read_only("it can be chosen only while the row is being added");
}

Written write_item(const Place& place, std::string_view value) {
  if (place.rule.argument == "n") return write_dns_server(place, value);
  return write_elements(place, value);
}

Written write_by_function(const Place& place, std::string_view value) {
  const WriteFunction function = write_function(place.rule.argument);
  if (function == nullptr) return read_only("it follows from other parameters");
  return function(place, value);
}

Written write_plain(const Place& place, std::string_view value) {
  if (place.native.ends_with('.')) return read_only("the device has no such parameter");
  auto native = to_native_value(place.rule, value);
  if (!native) return tl::unexpected(std::move(native).error());
  const bool list = place.rule.transform == Transform::kCopyList || place.rule.shown_list;
  return Wants{{{place.native, *std::move(native), list}}, {}};
}

}  // namespace

std::string Place::value(std::string_view name) const {
  return draft.value(base + std::string(name)).value_or("");
}

bool Place::has(std::string_view name) const {
  return exists(projection, base + std::string(name));
}

const usp::Setting* Place::setting(std::string_view name) const {
  const std::string full = std::string(param.substr(0, param.rfind('.') + 1)) + std::string(name);
  for (const usp::Setting& each : settings) {
    if (each.param == full) return &each;
  }
  return nullptr;
}

std::string_view Place::shown_value() const {
  const Node* node = projection.shown().find(std::string(object) + std::string(param));
  if (node == nullptr || node->state() != NodeState::kKnown) return {};
  return node->value();
}

bool exists(const Projection& projection, std::string_view path) {
  const Node* node = projection.native().find(path);
  return node != nullptr && node->state() != NodeState::kGone;
}

std::string_view enclosing_row(std::string_view path, std::string_view table) {
  const std::size_t begin = path.find("." + std::string(table) + ".");
  if (begin == std::string_view::npos) return {};
  const std::size_t end = path.find('.', begin + table.size() + 2);
  return end == std::string_view::npos ? std::string_view{} : path.substr(0, end + 1);
}

std::string wlan_of(const Place& place) {
  return std::string(enclosing_row(place.base, "WLANConfiguration"));
}

void want_if_there(Wants& wants, const Place& place, const std::string& name, std::string value) {
  if (exists(place.projection, name)) wants.set.push_back({name, std::move(value)});
}

WriteResult<Wants> to_native(const Place& place, std::string_view value) {
  if (!place.rule.writable) return read_only("read-only");
  switch (place.rule.transform) {
    case Transform::kCopy:
    case Transform::kCopyList:
    case Transform::kEnumList:
    case Transform::kScale:
    case Transform::kBase64Hex:
    case Transform::kTextHex:
    case Transform::kName:
      return write_plain(place, value);
    case Transform::kEnum:
      return write_enumeration(place, value);
    case Transform::kRef:
      return write_reference(place, value);
    case Transform::kRefList:
      return write_references(place, value);
    case Transform::kKeyRef:
      return write_key(place, value);
    case Transform::kItem:
      return write_item(place, value);
    case Transform::kGroup:
      return write_group(place, value);
    case Transform::kAny:
      return write_all(place, value);
    case Transform::kAlias:
      return write_alias(place, value);
    case Transform::kFunction:
      return write_by_function(place, value);
    case Transform::kSynth:
      return write_computed(place, value);
    case Transform::kSum:
    case Transform::kCount:
    case Transform::kConst:
    case Transform::kCommand:
    case Transform::kObject:
    case Transform::kNone:
      return read_only("it belongs to the bridge");
  }
  return read_only("read-only");
}

}  // namespace bridge::translate
