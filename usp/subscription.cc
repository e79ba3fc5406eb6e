#include "usp/subscription.h"

#include <algorithm>
#include <array>
#include <utility>

#include "usp/agent.h"
#include "usp/search/resolve.h"

namespace usp {
namespace {

struct NotifTypeRow {
  NotifType type;
  const char* name;
};
constexpr std::array kNotifTypes{
    NotifTypeRow{NotifType::kValueChange, "ValueChange"},
    NotifTypeRow{NotifType::kObjectCreation, "ObjectCreation"},
    NotifTypeRow{NotifType::kObjectDeletion, "ObjectDeletion"},
    NotifTypeRow{NotifType::kOperationComplete, "OperationComplete"},
    NotifTypeRow{NotifType::kEvent, "Event"},
};

template <class... Ts>
struct Overloaded : Ts... {
  using Ts::operator()...;
};
template <class... Ts>
Overloaded(Ts...) -> Overloaded<Ts...>;

NotifType type_of(const Happening& happening) {
  return std::visit(Overloaded{
                        [](const ValueChanged&) { return NotifType::kValueChange; },
                        [](const ObjectCreated&) { return NotifType::kObjectCreation; },
                        [](const ObjectDeleted&) { return NotifType::kObjectDeletion; },
                        [](const OperationCompleted&) { return NotifType::kOperationComplete; },
                        [](const EventRaised&) { return NotifType::kEvent; },
                    },
                    happening);
}

// Where it happened, as one text: "Device.WiFi.SSID.1.SSID", "Device.IP.Diagnostics.IPPing()".
std::string path_of(const Happening& happening) {
  return std::visit(Overloaded{
                        [](const ValueChanged& what) { return what.path; },
                        [](const ObjectCreated& what) { return what.path; },
                        [](const ObjectDeleted& what) { return what.path; },
                        [](const OperationCompleted& what) { return what.object + what.command; },
                        [](const EventRaised& what) { return what.object + what.event; },
                    },
                    happening);
}

bool is_search(const Segment& segment) {
  return segment.kind == Segment::Kind::kExpression || segment.kind == Segment::Kind::kFollow;
}

bool may_hear(const Access& access, NotifType type, std::string_view path) {
  const SplitPath split = split_path(path);
  return access.may_hear(type, split.object, split.leaf);
}

std::string_view next_part(std::string_view& rest) {
  const std::size_t dot = rest.find('.');
  std::string_view part = rest.substr(0, dot);
  rest = dot == std::string_view::npos ? std::string_view() : rest.substr(dot + 1);
  return part;
}

// Is `path` one that the reference names, below it included where the type says so?
class Matcher {
 public:
  Matcher(const Path& reference, std::string_view path, NotifType type, const DataModel* model,
          const Access& access)
      : reference_(reference), path_(path), type_(type), model_(model), access_(access) {}

  bool matches() const {
    // Behind a followed reference everything is elsewhere in the tree: begin at its targets.
    const auto& segments = reference_.segments;
    auto last_follow = std::find_if(segments.rbegin(), segments.rend(), [](const Segment& s) {
      return s.kind == Segment::Kind::kFollow;
    });
    if (last_follow == segments.rend()) return matches_from(0, "");
    const auto behind = static_cast<std::size_t>(last_follow.base() - segments.begin());
    for (const std::string& target : resolve_objects({segments.begin(), last_follow.base()})) {
      if (path_.starts_with(target) && matches_from(behind, target)) return true;
    }
    return false;
  }

 private:
  // `done` is the part of path_ that is accounted for; it ends in "." or is empty.
  bool matches_from(std::size_t index, std::string_view done) const {
    std::string_view rest = path_.substr(done.size());
    for (; index < reference_.segments.size(); ++index) {
      if (rest.empty()) return false;
      const std::size_t begin = path_.size() - rest.size();
      const std::string_view part = next_part(rest);
      if (!part_matches(reference_.segments[index], path_.substr(0, begin), part)) return false;
    }
    return end_matches(rest);
  }

  bool part_matches(const Segment& segment, std::string_view parent, std::string_view part) const {
    std::uint32_t number = 0;
    switch (segment.kind) {
      case Segment::Kind::kName:
        return segment.name == part;
      case Segment::Kind::kInstance:
        return parse_instance_number(part, number) && number == segment.number;
      case Segment::Kind::kWildcard:
        return parse_instance_number(part, number);
      case Segment::Kind::kExpression:
        return parse_instance_number(part, number) && expression_holds(segment, parent, part);
      case Segment::Kind::kFollow:       // dealt with by matches()
      case Segment::Kind::kPlaceholder:  // no instantiated path holds one
        return false;
    }
    return false;
  }

  // `rest` is what the reference's segments left of the path.
  bool end_matches(std::string_view rest) const {
    switch (type_) {
      case NotifType::kObjectCreation:
      case NotifType::kObjectDeletion: {
        // The instance itself, or a table and one of its instances.
        if (rest.empty()) return true;
        std::uint32_t number = 0;
        return ends_in_table() && rest.find('.') == rest.size() - 1 &&
               parse_instance_number(rest.substr(0, rest.size() - 1), number);
      }
      case NotifType::kValueChange:
      case NotifType::kOperationComplete:
      case NotifType::kEvent:
        return reference_.kind == Path::Kind::kObject ? !rest.empty() : rest == reference_.leaf;
    }
    return false;
  }

  bool ends_in_table() const {
    return reference_.segments.empty() || reference_.segments.back().kind == Segment::Kind::kName;
  }

  bool expression_holds(const Segment& segment, std::string_view parent,
                        std::string_view instance) const {
    auto path = parse_path(parent);
    if (!path) return false;
    path->segments.push_back(segment);
    std::string wanted(parent);
    wanted.append(instance).push_back('.');
    const auto objects = resolve_objects(std::move(path->segments));
    return std::find(objects.begin(), objects.end(), wanted) != objects.end();
  }

  std::vector<std::string> resolve_objects(std::vector<Segment> segments) const {
    if (model_ == nullptr) return {};
    const Path path{Path::Kind::kObject, std::move(segments), ""};
    std::size_t budget = kMaxResolved;
    auto resolution = search::resolve(path, *model_, access_, {true, &budget});
    std::vector<std::string> paths;
    if (!resolution) return paths;
    for (search::Match& match : resolution->matches) paths.push_back(std::move(match.path));
    return paths;
  }

  const Path& reference_;
  std::string_view path_;
  NotifType type_;
  const DataModel* model_;
  const Access& access_;
};

// --- ReferenceList ---

Error invalid(std::string_view item, std::string_view why) {
  std::string text = "ReferenceList: \"";
  text.append(item.substr(0, kMaxReferenceBytes)).append("\" ").append(why);
  return {ErrorCode::kInvalidValue, std::move(text), {}};
}

const char* wanted_for(NotifType type) {
  switch (type) {
    case NotifType::kValueChange:
      return "is neither a parameter nor an object";
    case NotifType::kObjectCreation:
      return "does not name a multi-instance object";
    case NotifType::kObjectDeletion:
      return "does not name instances of a multi-instance object";
    case NotifType::kOperationComplete:
      return "is neither a command nor an object";
    case NotifType::kEvent:
      return "is neither an event nor an object";
  }
  return "";
}

bool kind_fits(NotifType type, Path::Kind kind) {
  if (kind == Path::Kind::kObject) return true;
  switch (type) {
    case NotifType::kValueChange:
      return kind == Path::Kind::kParameter;
    case NotifType::kOperationComplete:
      return kind == Path::Kind::kCommand;
    case NotifType::kEvent:
      return kind == Path::Kind::kEvent;
    case NotifType::kObjectCreation:
    case NotifType::kObjectDeletion:
      return false;
  }
  return false;
}

struct Place {
  const SupportedObject* object = nullptr;  ///< null: behind a reference, not known beforehand
  bool at_table = false;                    ///< no instance was chosen at the end
};

// Walks the supported model; nullopt where the path leaves it.
std::optional<Place> find_supported(const Path& path, const SupportedObject& root) {
  Place place;
  for (const Segment& segment : path.segments) {
    switch (segment.kind) {
      case Segment::Kind::kName: {
        if (place.at_table) return std::nullopt;
        const bool first = place.object == nullptr;
        const SupportedObject* next = nullptr;
        if (!first) {
          next = place.object->child(segment.name);
        } else if (segment.name == root.name) {
          next = &root;
        }
        if (next == nullptr) return std::nullopt;
        place = {next, next->multi_instance};
        break;
      }
      case Segment::Kind::kInstance:
      case Segment::Kind::kWildcard:
      case Segment::Kind::kExpression:
        if (!place.at_table) return std::nullopt;
        place.at_table = false;
        break;
      case Segment::Kind::kFollow:
        if (place.object == nullptr || place.at_table ||
            place.object->param(segment.name) == nullptr) {
          return std::nullopt;
        }
        return Place{};
      case Segment::Kind::kPlaceholder:
        return std::nullopt;
    }
  }
  return place.object != nullptr ? std::optional(place) : std::nullopt;
}

bool leaf_is_supported(const Path& path, const SupportedObject& object) {
  switch (path.kind) {
    case Path::Kind::kObject:
      return true;
    case Path::Kind::kParameter:
      return object.param(path.leaf) != nullptr;
    case Path::Kind::kCommand:
      return object.command(path.leaf) != nullptr;
    case Path::Kind::kEvent:
      return object.event(path.leaf) != nullptr;
  }
  return false;
}

bool last_is_wildcard(const Path& path) {
  return path.segments.back().kind == Segment::Kind::kWildcard;
}

std::optional<Error> check_reference(NotifType type, std::string_view item,
                                     const DataModel& model) {
  if (item.size() > kMaxReferenceBytes) return invalid(item, "is too long");
  const auto path = parse_path(item);
  if (!path) return invalid(item, "is no path: " + path.error().text);
  if (!kind_fits(type, path->kind)) return invalid(item, wanted_for(type));
  const auto place = find_supported(*path, model.supported());
  if (!place) return invalid(item, "is not in the supported data model");
  if (place->object == nullptr) return std::nullopt;
  if (path->kind != Path::Kind::kObject && place->at_table) {
    return invalid(item, "names a table, not an instance");
  }
  if (!leaf_is_supported(*path, *place->object)) {
    return invalid(item, "is not in the supported data model");
  }
  const bool creation = type == NotifType::kObjectCreation;
  if (creation || type == NotifType::kObjectDeletion) {
    const bool fits =
        place->object->multi_instance && (place->at_table || !creation || last_is_wildcard(*path));
    if (!fits) return invalid(item, wanted_for(type));
  }
  return std::nullopt;
}

}  // namespace

const char* name_of(NotifType type) {
  for (const NotifTypeRow& row : kNotifTypes) {
    if (row.type == type) return row.name;
  }
  return "";
}

std::optional<NotifType> parse_notif_type(std::string_view name) {
  for (const NotifTypeRow& row : kNotifTypes) {
    if (row.name == name) return row.type;
  }
  return std::nullopt;
}

std::optional<std::chrono::sys_seconds> expires_at(const Subscription& subscription) {
  if (subscription.time_to_live.count() <= 0) return std::nullopt;
  return subscription.created + subscription.time_to_live;
}

std::vector<std::string_view> split_references(std::string_view list) {
  std::vector<std::string_view> items;
  const auto add = [&items](std::string_view item) {
    const std::size_t first = item.find_first_not_of(' ');
    if (first == std::string_view::npos) return;
    items.push_back(item.substr(first, item.find_last_not_of(' ') - first + 1));
  };
  std::size_t begin = 0;
  bool quoted = false;
  int brackets = 0;
  for (std::size_t i = 0; i < list.size(); ++i) {
    const char c = list[i];
    if (c == '"' && brackets > 0) quoted = !quoted;
    if (quoted) continue;
    if (c == '[') ++brackets;
    if (c == ']' && brackets > 0) --brackets;
    if (c == ',' && brackets == 0) {
      add(list.substr(begin, i - begin));
      begin = i + 1;
    }
  }
  add(list.substr(begin));
  return items;
}

std::optional<Error> check_references(NotifType type, std::string_view list,
                                      const DataModel& model) {
  const auto items = split_references(list);
  if (items.size() > kMaxReferences) {
    return Error{ErrorCode::kInvalidValue, "ReferenceList: too many items", {}};
  }
  for (std::string_view item : items) {
    if (auto error = check_reference(type, item, model)) return error;
  }
  return std::nullopt;
}

SubscriptionSet::SubscriptionSet(std::vector<Subscription> rows) : rows_(std::move(rows)) {
  for (std::size_t row = 0; row < rows_.size(); ++row) {
    if (!rows_[row].enable) continue;
    for (const std::string& text : rows_[row].references) {
      // A row may come from a template that was never checked: what is no path matches nothing.
      auto path = parse_path(text);
      if (!path || !kind_fits(rows_[row].notif_type, path->kind)) continue;
      const bool searches = std::any_of(path->segments.begin(), path->segments.end(), is_search);
      references_[rows_[row].notif_type].push_back({row, *std::move(path), searches});
    }
  }
}

bool SubscriptionSet::has(NotifType type) const { return references_.contains(type); }

bool SubscriptionSet::needs_model(NotifType type) const {
  const auto found = references_.find(type);
  return found != references_.end() &&
         std::any_of(found->second.begin(), found->second.end(),
                     [](const Reference& reference) { return reference.needs_model; });
}

std::vector<const Subscription*> SubscriptionSet::matching(const Happening& happening,
                                                           const DataModel* model,
                                                           const AccessOf& access_of) const {
  std::vector<const Subscription*> matches;
  const NotifType type = type_of(happening);
  const auto found = references_.find(type);
  if (found == references_.end()) return matches;
  const std::string path = path_of(happening);
  const Access everything;
  for (const Reference& reference : found->second) {
    const Subscription& row = rows_[reference.row];
    if (!matches.empty() && matches.back() == &row) continue;
    // Most do not match: who may hear of it is asked last, unless the match depends on it.
    const Access* access = nullptr;
    if (access_of && reference.needs_model) access = access_of(row);
    const Access& seen = access != nullptr ? *access : everything;
    if (!Matcher(reference.path, path, type, model, seen).matches()) continue;
    if (access_of && !reference.needs_model) access = access_of(row);
    if (access != nullptr && !access->unrestricted() && !may_hear(*access, type, path)) continue;
    matches.push_back(&row);
  }
  return matches;
}

usp_msg::Notify make_notify(const Subscription& subscription, const Happening& happening) {
  usp_msg::Notify notify;
  notify.set_subscription_id(subscription.id);
  notify.set_send_resp(subscription.notif_retry);
  std::visit(Overloaded{
                 [&](const ValueChanged& what) {
                   auto* body = notify.mutable_value_change();
                   body->set_param_path(what.path);
                   body->set_param_value(what.value);
                 },
                 [&](const ObjectCreated& what) {
                   auto* body = notify.mutable_obj_creation();
                   body->set_obj_path(what.path);
                   body->mutable_unique_keys()->insert(what.keys.begin(), what.keys.end());
                 },
                 [&](const ObjectDeleted& what) {
                   notify.mutable_obj_deletion()->set_obj_path(what.path);
                 },
                 [&](const OperationCompleted& what) {
                   auto* body = notify.mutable_oper_complete();
                   body->set_obj_path(what.object);
                   body->set_command_name(what.command);
                   body->set_command_key(what.command_key);
                   if (what.failure) {
                     auto* failure = body->mutable_cmd_failure();
                     failure->set_err_code(static_cast<std::uint32_t>(what.failure->code));
                     failure->set_err_msg(what.failure->text);
                   } else {  // present though it may be empty (R-ENC.3)
                     body->mutable_req_output_args()->mutable_output_args()->insert(
                         what.output.begin(), what.output.end());
                   }
                 },
                 [&](const EventRaised& what) {
                   auto* body = notify.mutable_event();
                   body->set_obj_path(what.object);
                   body->set_event_name(what.event);
                   body->mutable_params()->insert(what.args.begin(), what.args.end());
                 },
             },
             happening);
  return notify;
}

usp_msg::Notify make_on_board_request(const DeviceIdentity& device) {
  usp_msg::Notify notify;
  notify.set_send_resp(true);
  auto* body = notify.mutable_on_board_req();
  body->set_oui(device.oui);
  body->set_product_class(device.product_class);
  body->set_serial_number(device.serial_number);
  body->set_agent_supported_protocol_versions(std::string(kSupportedVersions));
  return notify;
}

usp_msg::Msg make_notify_message(std::string_view msg_id, usp_msg::Notify notify) {
  usp_msg::Msg msg;
  msg.mutable_header()->set_msg_id(std::string(msg_id));
  msg.mutable_header()->set_msg_type(usp_msg::Header::NOTIFY);
  *msg.mutable_body()->mutable_request()->mutable_notify() = std::move(notify);
  return msg;
}

}  // namespace usp
