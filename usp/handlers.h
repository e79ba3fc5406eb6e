// The handlers behind agent.h, one per request. For agent.cc and the handlers themselves.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "usp/agent.h"
#include "usp/search/resolve.h"

namespace usp {

/// What every handler gets.
struct Context {
  const usp_msg::Msg& msg;
  const DataModel& model;
  const Access& access;
  bool final = false;
  std::size_t budget = kMaxResolved;

  /// false: the request has asked for more than it may (7005).
  bool spend(std::size_t amount) {
    const bool enough = amount <= budget;
    budget = enough ? budget - amount : 0;
    return enough;
  }
  /// Why one path may not reach that many objects; nullopt: it may.
  std::optional<Error> too_many(std::size_t objects) const;
  const std::string& msg_id() const { return msg.header().msg_id(); }
  bool may_read(std::string_view object, std::string_view name) const {
    return access.unrestricted() || access.may_read(object, name);
  }
  /// Every instance on the way to this object, and itself.
  bool may_list_all_of(std::string_view object) const;
  bool may_see(const SupportedObject& object, std::string_view name = {},
               Access::Element what = Access::Element::kObject) const {
    return access.unrestricted() || access.may_see(object.path, name, what);
  }
};

Outcome handle_get(Context& context, const usp_msg::Get& get);
Outcome handle_get_instances(Context& context, const usp_msg::GetInstances& request);
Outcome handle_get_supported_dm(Context& context, const usp_msg::GetSupportedDM& request);
Outcome handle_get_supported_protocol(Context& context);
Outcome handle_set(Context& context, const usp_msg::Set& set);
Outcome handle_add(Context& context, const usp_msg::Add& add);
Outcome handle_delete(Context& context, const usp_msg::Delete& request);
Outcome handle_operate(Context& context, const usp_msg::Operate& operate);

/// An empty response message to the request.
usp_msg::Msg make_response(std::string_view msg_id, usp_msg::Header::MsgType type);

/// Resolves a path that should name objects; the last "." may be missing, as controllers do.
[[nodiscard]] Result<search::Resolution> resolve_objects(Context& context, std::string_view path);

/// Values still to be read, without duplicates.
NeedValues need_values(std::vector<std::string> paths);

/// Plan if there is something to execute, else the finished response.
Outcome plan_or_respond(Context& context, Plan plan);

/// 7021, but 7006 where permission is what failed (TP-469 2.12, 2.16 look for it).
ErrorCode code_for(const std::vector<ParamError>& culprits);

}  // namespace usp
