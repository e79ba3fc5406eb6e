#include "bridge/control/watch_event.h"

#include "bridge/control/call.h"
#include "bridge/control/names.h"
#include "bridge/control/operation_service.h"

namespace bridge::control {

namespace {

v1::SessionEvent::Outcome to_proto(SessionEnded::Outcome outcome) {
  switch (outcome) {
    case SessionEnded::Outcome::kComplete:
      return v1::SessionEvent::COMPLETE;
    case SessionEnded::Outcome::kLost:
      return v1::SessionEvent::LOST;
    case SessionEnded::Outcome::kShutdown:
      return v1::SessionEvent::SHUTDOWN;
  }
  return v1::SessionEvent::OUTCOME_UNSPECIFIED;
}

struct FillEvent {
  v1::WatchEvent& out;

  void operator()(const InformHappened& inform) const {
    out.mutable_inform();
    for (const std::string& code : inform.event_codes) out.mutable_inform()->add_event_codes(code);
  }
  void operator()(const ValueChanged& change) const {
    out.mutable_value_change()->set_path(change.path);
    out.mutable_value_change()->set_value(change.value);
  }
  void operator()(const ObjectCreated& object) const {
    out.mutable_object_created()->set_path(object.path);
  }
  void operator()(const ObjectDeleted& object) const {
    out.mutable_object_deleted()->set_path(object.path);
  }
  void operator()(const OperationInfo& info) const { fill(info, out.mutable_operation()); }
  void operator()(const SessionEnded& end) const {
    out.mutable_session_ended()->set_outcome(to_proto(end.outcome));
  }
  void operator()(const PresenceChanged& change) const {
    out.mutable_presence()->set_online(change.online);
  }
};

/// Index into Happening::what.
std::optional<std::size_t> kind_of(int type) {
  const auto index = [](Happening::What what) { return what.index(); };
  switch (type) {
    case v1::INFORM:
      return index(InformHappened{});
    case v1::VALUE_CHANGE:
      return index(ValueChanged{});
    case v1::OBJECT_CREATED:
      return index(ObjectCreated{});
    case v1::OBJECT_DELETED:
      return index(ObjectDeleted{});
    case v1::OPERATION:
      return index(OperationInfo{});
    case v1::SESSION_ENDED:
      return index(SessionEnded{});
    case v1::PRESENCE:
      return index(PresenceChanged{});
    default:
      return std::nullopt;
  }
}

}  // namespace

void fill(const Happening& happening, v1::WatchEvent* out) {
  set_timestamp(happening.time_ms, out->mutable_time());
  out->set_device(device_name(happening.endpoint_id));
  std::visit(FillEvent{*out}, happening.what);
}

tl::expected<HappeningKinds, int> kinds_of(const google::protobuf::RepeatedField<int>& types) {
  if (types.empty()) return HappeningKinds{}.set();
  HappeningKinds kinds;
  for (int type : types) {
    const auto kind = kind_of(type);
    if (!kind) return tl::unexpected(type);
    kinds.set(*kind);
  }
  return kinds;
}

}  // namespace bridge::control
