#include "usp/subscription.h"

#include <array>
#include <utility>

#include "usp/agent.h"
#include "usp/search/resolve.h"

namespace usp {

namespace {

constexpr std::array<std::pair<NotifType, std::string_view>, 5> kTypes{{
    {NotifType::kEvent, "Event"},
    {NotifType::kValueChange, "ValueChange"},
    {NotifType::kObjectCreation, "ObjectCreation"},
    {NotifType::kObjectDeletion, "ObjectDeletion"},
    {NotifType::kOperationComplete, "OperationComplete"},
}};

/// What a reference is held against: "Device.WiFi.SSID.1." and "SSID".
struct Subject {
  std::string_view object;
  std::string_view leaf;  ///< parameter, command, event; empty for objects
};

Subject subject_of(const Happening& happening) {
  struct {
    Subject operator()(const ValueChangeHappened& what) const {
      SplitPath split = split_path(what.path);
      return {split.object, split.leaf};
    }
    Subject operator()(const ObjectCreationHappened& what) const { return {what.path, {}}; }
    Subject operator()(const ObjectDeletionHappened& what) const { return {what.path, {}}; }
    Subject operator()(const OperationCompleteHappened& what) const {
      return {what.object, what.command};
    }
    Subject operator()(const EventHappened& what) const { return {what.object, what.name}; }
  } visitor;
  return std::visit(visitor, happening);
}

/// The object that `segments` address, as a prefix of `object`: its length, or npos.
std::size_t match_prefix(const std::vector<Segment>& segments, std::string_view object) {
  std::size_t at = 0;
  for (const Segment& segment : segments) {
    std::size_t dot = object.find('.', at);
    if (dot == std::string_view::npos) return std::string_view::npos;
    std::string_view part = object.substr(at, dot - at);
    std::uint32_t number = 0;
    switch (segment.kind) {
      case Segment::Kind::kName:
        if (part != segment.name) return std::string_view::npos;
        break;
      case Segment::Kind::kInstance:
        if (!parse_instance_number(part, number) || number != segment.number) {
          return std::string_view::npos;
        }
        break;
      case Segment::Kind::kWildcard:
      case Segment::Kind::kExpression:  // which of them is decided by the data model, see covers()
        if (!parse_instance_number(part, number)) return std::string_view::npos;
        break;
      case Segment::Kind::kFollow:
      case Segment::Kind::kPlaceholder:
        return std::string_view::npos;
    }
    at = dot + 1;
  }
  return at;
}

bool needs_model(const Path& path) {
  for (const Segment& segment : path.segments) {
    if (segment.kind == Segment::Kind::kExpression || segment.kind == Segment::Kind::kFollow) {
      return true;
    }
  }
  return false;
}

bool is_below(std::string_view object, std::string_view prefix) {
  return object.size() >= prefix.size() && object.starts_with(prefix);
}

/// With a leaf in the reference the object must be the one; else it may be anywhere below.
bool fits(const Path& reference, std::string_view addressed, const Subject& subject) {
  if (!reference.leaf.empty()) {
    return subject.object == addressed && subject.leaf == reference.leaf;
  }
  return is_below(subject.object, addressed);
}

bool covers_by_model(const Path& path, const Subject& subject, const DataModel& model) {
  auto found = search::resolve(path, model, Access{}, search::Limits{.final = true});
  if (!found) return false;
  for (const search::Match& match : found->matches) {
    if (fits(path, match.path, subject)) return true;
  }
  return false;
}

bool kind_fits(const Path& path, NotifType type) {
  switch (path.kind) {
    case Path::Kind::kObject:
      return true;
    case Path::Kind::kParameter:
      return type == NotifType::kValueChange;
    case Path::Kind::kCommand:
      return type == NotifType::kOperationComplete;
    case Path::Kind::kEvent:
      return type == NotifType::kEvent;
  }
  return false;
}

template <class Map>
void copy(const Map& from, google::protobuf::Map<std::string, std::string>* to) {
  to->insert(from.begin(), from.end());
}

struct FillNotify {
  usp_msg::Notify& out;

  void operator()(const ValueChangeHappened& what) const {
    out.mutable_value_change()->set_param_path(what.path);
    out.mutable_value_change()->set_param_value(what.value);
  }
  void operator()(const ObjectCreationHappened& what) const {
    out.mutable_obj_creation()->set_obj_path(what.path);
    copy(what.unique_keys, out.mutable_obj_creation()->mutable_unique_keys());
  }
  void operator()(const ObjectDeletionHappened& what) const {
    out.mutable_obj_deletion()->set_obj_path(what.path);
  }
  void operator()(const OperationCompleteHappened& what) const {
    auto* complete = out.mutable_oper_complete();
    complete->set_obj_path(what.object);
    complete->set_command_name(what.command);
    complete->set_command_key(what.command_key);
    if (what.failure) {
      complete->mutable_cmd_failure()->set_err_code(static_cast<std::uint32_t>(what.failure->code));
      complete->mutable_cmd_failure()->set_err_msg(what.failure->text);
    } else {
      copy(what.output, complete->mutable_req_output_args()->mutable_output_args());
    }
  }
  void operator()(const EventHappened& what) const {
    out.mutable_event()->set_obj_path(what.object);
    out.mutable_event()->set_event_name(what.name);
    copy(what.args, out.mutable_event()->mutable_params());
  }
};

usp_msg::Notify* start_notify(usp_msg::Msg& msg, std::string_view subscription_id, bool send_resp) {
  msg.mutable_header()->set_msg_type(usp_msg::Header::NOTIFY);
  auto* notify = msg.mutable_body()->mutable_request()->mutable_notify();
  notify->set_subscription_id(std::string(subscription_id));
  notify->set_send_resp(send_resp);
  return notify;
}

}  // namespace

std::optional<NotifType> parse_notif_type(std::string_view text) {
  for (const auto& [type, name] : kTypes) {
    if (name == text) return type;
  }
  return std::nullopt;
}

std::string_view name_of(NotifType type) {
  for (const auto& [known, name] : kTypes) {
    if (known == type) return name;
  }
  return {};
}

NotifType type_of(const Happening& happening) {
  struct {
    NotifType operator()(const ValueChangeHappened&) const { return NotifType::kValueChange; }
    NotifType operator()(const ObjectCreationHappened&) const { return NotifType::kObjectCreation; }
    NotifType operator()(const ObjectDeletionHappened&) const { return NotifType::kObjectDeletion; }
    NotifType operator()(const OperationCompleteHappened&) const {
      return NotifType::kOperationComplete;
    }
    NotifType operator()(const EventHappened&) const { return NotifType::kEvent; }
  } visitor;
  return std::visit(visitor, happening);
}

Reference::Reference(std::string_view text) {
  // As with references in values, the last dot of an object may be missing (R-ARC.11).
  auto parsed = parse_path(text);
  if (parsed) path = *std::move(parsed);
}

bool covers(const Reference& reference, const Happening& happening, const DataModel& model) {
  if (!reference.path || !kind_fits(*reference.path, type_of(happening))) return false;
  const Path& path = *reference.path;
  Subject subject = subject_of(happening);
  if (needs_model(path)) {
    // Cheap refusal first: most happenings are elsewhere.
    bool follows = false;
    for (const Segment& segment : path.segments) {
      follows = follows || segment.kind == Segment::Kind::kFollow;
    }
    if (!follows && match_prefix(path.segments, subject.object) == std::string_view::npos) {
      return false;
    }
    return covers_by_model(path, subject, model);
  }
  std::size_t length = match_prefix(path.segments, subject.object);
  if (length == std::string_view::npos) return false;
  return fits(path, subject.object.substr(0, length), subject);
}

usp_msg::Msg make_notify(std::string_view subscription_id, bool send_resp,
                         const Happening& happening) {
  usp_msg::Msg msg;
  std::visit(FillNotify{*start_notify(msg, subscription_id, send_resp)}, happening);
  return msg;
}

usp_msg::Msg make_onboard_request(std::string_view oui, std::string_view product_class,
                                  std::string_view serial_number) {
  usp_msg::Msg msg;
  auto* request = start_notify(msg, {}, true)->mutable_on_board_req();
  request->set_oui(std::string(oui));
  request->set_product_class(std::string(product_class));
  request->set_serial_number(std::string(serial_number));
  request->set_agent_supported_protocol_versions(std::string(kSupportedVersions));
  return msg;
}

}  // namespace usp
