// GetInstances (R-GIN.*): the rows of tables and their unique keys.
#include "usp/handlers.h"

namespace usp {
namespace {

using PathResult = usp_msg::GetInstancesResp::RequestedPathResult;

class GetInstances {
 public:
  GetInstances(Context& context, bool first_level_only)
      : context_(context), first_level_only_(first_level_only) {}

  void add(const std::string& requested, PathResult& out) {
    out.set_requested_path(requested);
    if (const auto done = fill(requested, out); !done) {
      out.set_err_code(static_cast<std::uint32_t>(done.error().code));
      out.set_err_msg(done.error().text);
    }
  }

  std::vector<std::string> take_needed() { return std::move(needed_); }

 private:
  Result<void> fill(const std::string& requested, PathResult& out) {
    auto resolution = resolve_objects(context_, requested);
    if (!resolution) return tl::unexpected(resolution.error());
    if (!resolution->unread.empty()) {
      if (context_.final) {
        return fail(ErrorCode::kDeviceNotReached,
                    "not read from the device yet: " + resolution->unread.front());
      }
      std::move(resolution->unread.begin(), resolution->unread.end(), std::back_inserter(needed_));
      return {};
    }
    // A path to instances is taken too: controllers send "Device.X.*." and "Device.X.1.".
    if (resolution->object != nullptr && !resolution->object->multi_instance) {
      return fail(ErrorCode::kNotATable, "not a table");
    }
    if (resolution->matches.empty() && !resolution->searches) {
      return fail(ErrorCode::kObjectDoesNotExist, "no such object");
    }
    for (const search::Match& match : resolution->matches) {
      if (!context_.may_list_all_of(match.path)) continue;  // R-GIN.0
      const auto done = match.table ? table(match.path, *match.object, out)
                                    : instance(match.path, *match.object, out);
      if (!done) return done;
    }
    return {};
  }

  Result<void> table(const std::string& path, const SupportedObject& object, PathResult& out) {
    for (const std::uint32_t number : context_.model.instances(path)) {
      if (auto done = instance(path + std::to_string(number) + ".", object, out); !done) {
        return done;
      }
    }
    return {};
  }

  Result<void> instance(const std::string& path, const SupportedObject& object, PathResult& out) {
    if (!context_.access.unrestricted() && !context_.access.may_list(path)) return {};  // R-GIN.0
    if (!context_.spend(1)) return fail(ErrorCode::kResourcesExceeded, "too many instances");
    auto& result = *out.add_curr_insts();
    result.set_instantiated_obj_path(path);
    for (const auto& keys : object.unique_keys) {
      for (const std::string& key : keys) put_key(path, object, key, result);
    }
    return first_level_only_ ? Result<void>() : below(path, object, out);
  }

  Result<void> below(const std::string& path, const SupportedObject& object, PathResult& out) {
    for (const auto& child : object.children) {
      const std::string child_path = path + child->name + ".";
      Result<void> done;
      if (child->multi_instance) {
        done = table(child_path, *child, out);
      } else if (context_.model.has_object(child_path)) {
        done = below(child_path, *child, out);
      }
      if (!done) return done;
    }
    return {};
  }

  void put_key(const std::string& path, const SupportedObject& object, const std::string& key,
               usp_msg::GetInstancesResp::CurrInstance& out) {
    if (!context_.may_read(path, key)) return;  // R-GIN.1
    const SupportedParam* param = object.param(key);
    if (param == nullptr || param->secret) return;
    Value value = context_.model.value(path, key);
    // Keys that are still unread in the end are left out; the row is there all the same.
    if (value.state == ValueState::kKnown || (value.state == ValueState::kStale)) {
      (*out.mutable_unique_keys())[key] = std::move(value.text);
    } else if (value.state == ValueState::kUnread) {
      needed_.push_back(path + key);
    }
  }

  Context& context_;
  bool first_level_only_;
  std::vector<std::string> needed_;
};

}  // namespace

Outcome handle_get_instances(Context& context, const usp_msg::GetInstances& request) {
  usp_msg::Msg msg = make_response(context.msg_id(), usp_msg::Header::GET_INSTANCES_RESP);
  auto& response = *msg.mutable_body()->mutable_response()->mutable_get_instances_resp();
  GetInstances work(context, request.first_level_only());
  for (const std::string& path : request.obj_paths()) {
    work.add(path, *response.add_req_path_results());
  }
  std::vector<std::string> needed = work.take_needed();
  if (!needed.empty() && !context.final) return need_values(std::move(needed));
  return Respond{std::move(msg)};
}

}  // namespace usp
