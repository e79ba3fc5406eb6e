// GetSupportedDM (R-GSP.0): what the agent could have, whether it has it or not.
#include <algorithm>

#include "usp/handlers.h"

namespace usp {
namespace {

using enum Access::Element;
using SupportedResult = usp_msg::GetSupportedDMResp::SupportedObjectResult;
using ObjectResult = usp_msg::GetSupportedDMResp::RequestedObjectResult;
using Response = usp_msg::GetSupportedDMResp;

struct Wanted {
  bool commands = false;
  bool events = false;
  bool params = false;
  bool unique_keys = false;
};

Response::ObjAccessType to_usp(ObjectAccess access) {
  switch (access) {
    case ObjectAccess::kReadOnly:
      return Response::OBJ_READ_ONLY;
    case ObjectAccess::kAddDelete:
      return Response::OBJ_ADD_DELETE;
    case ObjectAccess::kAddOnly:
      return Response::OBJ_ADD_ONLY;
    case ObjectAccess::kDeleteOnly:
      return Response::OBJ_DELETE_ONLY;
  }
  return Response::OBJ_READ_ONLY;
}

void put_param(const SupportedParam& param, SupportedResult& out) {
  auto& result = *out.add_supported_params();
  result.set_param_name(param.name);
  result.set_access(param.access == ParamAccess::kReadOnly ? Response::PARAM_READ_ONLY
                                                           : Response::PARAM_READ_WRITE);
  result.set_value_type(static_cast<Response::ParamValueType>(param.type));
  result.set_value_change(param.value_change ? Response::VALUE_CHANGE_ALLOWED
                                             : Response::VALUE_CHANGE_WILL_IGNORE);
}

void put_command(const SupportedCommand& command, SupportedResult& out) {
  auto& result = *out.add_supported_commands();
  result.set_command_name(command.name);
  for (const SupportedArgument& argument : command.input) {
    result.add_input_arg_names(argument.name);
  }
  for (const std::string& name : command.output) result.add_output_arg_names(name);
  result.set_command_type(command.asynchronous ? Response::CMD_ASYNC : Response::CMD_SYNC);
}

void put_event(const SupportedEvent& event, SupportedResult& out) {
  auto& result = *out.add_supported_events();
  result.set_event_name(event.name);
  for (const std::string& name : event.args) result.add_arg_names(name);
}

void put_unique_keys(const Context& context, const SupportedObject& object, SupportedResult& out) {
  for (const auto& keys : object.unique_keys) {
    const bool seen = std::all_of(keys.begin(), keys.end(), [&](const std::string& key) {
      return context.may_see(object, key, kParameter);
    });
    if (!seen) continue;
    auto& result = *out.add_unique_key_sets();
    for (const std::string& key : keys) result.add_key_names(key);
  }
}

SupportedResult& put_head(const SupportedObject& object, ObjectResult& out) {
  SupportedResult& result = *out.add_supported_objs();
  result.set_supported_obj_path(object.path);
  result.set_access(to_usp(object.access));
  result.set_is_multi_instance(object.multi_instance);
  return result;
}

void put_object(const Context& context, const SupportedObject& object, const Wanted& wanted,
                ObjectResult& out) {
  SupportedResult& result = put_head(object, out);
  if (wanted.commands) {
    for (const SupportedCommand& command : object.commands) {
      if (context.may_see(object, command.name, kCommandOrEvent)) put_command(command, result);
    }
  }
  if (wanted.events) {
    for (const SupportedEvent& event : object.events) {
      if (context.may_see(object, event.name, kCommandOrEvent)) put_event(event, result);
    }
  }
  if (wanted.params) {
    for (const SupportedParam& param : object.params) {
      if (context.may_see(object, param.name, kParameter)) put_param(param, result);
    }
  }
  if (wanted.unique_keys) put_unique_keys(context, object, result);
}

void put_tree(const Context& context, const SupportedObject& object, const Wanted& wanted,
              ObjectResult& out) {
  put_object(context, object, wanted, out);
  for (const auto& child : object.children) {
    if (context.may_see(*child)) put_tree(context, *child, wanted, out);
  }
}

// The object and its children; of the children only their keys.
void put_first_level(const Context& context, const SupportedObject& object, const Wanted& wanted,
                     ObjectResult& out) {
  put_object(context, object, wanted, out);
  for (const auto& child : object.children) {
    if (context.may_see(*child)) {
      put_object(context, *child, {false, false, false, wanted.unique_keys}, out);
    }
  }
}

// Elements of a subtree, counted no further than `limit`.
std::size_t count_elements(const SupportedObject& object, std::size_t limit) {
  std::size_t count = 1 + object.params.size() + object.commands.size() + object.events.size();
  for (const auto& child : object.children) {
    if (count > limit) break;
    count += count_elements(*child, limit - count);
  }
  return count;
}

// Walks names, and instance numbers or {i} behind tables. What is left out at the end is allowed;
// an instance that is spelt out has to exist.
Result<const SupportedObject*> find_object(const Context& context, const Path& path) {
  const auto invalid = [] { return fail(ErrorCode::kInvalidPath, "no such object"); };
  const SupportedObject* object = nullptr;
  bool at_table = false;
  std::string instance;       // as far as walked
  std::string last_instance;  // up to the last instance number
  for (const Segment& segment : path.segments) {
    if (segment.kind != Segment::Kind::kName) {
      if (!at_table) return invalid();
      at_table = false;
      if (segment.kind == Segment::Kind::kInstance) {
        instance += std::to_string(segment.number) + ".";
        last_instance = instance;
      }
      continue;
    }
    if (object == nullptr) {
      const SupportedObject& root = context.model.supported();
      object = segment.name == root.name ? &root : nullptr;
    } else {
      if (at_table) return invalid();
      object = object->child(segment.name);
    }
    if (object == nullptr) return invalid();
    at_table = object->multi_instance;
    instance += segment.name + ".";
  }
  if (object == nullptr || !context.may_see(*object)) return invalid();
  if (!last_instance.empty() &&
      (!context.model.has_object(last_instance) || !context.may_list_all_of(last_instance))) {
    return fail(ErrorCode::kObjectDoesNotExist, "no such instance");
  }
  return object;
}

Result<void> put_leaf(const Context& context, const SupportedObject& object, const Path& path,
                      ObjectResult& out) {
  const auto invalid = [&path] {
    return fail(ErrorCode::kInvalidPath, "no such element: " + path.leaf);
  };
  switch (path.kind) {
    case Path::Kind::kCommand: {
      const SupportedCommand* command = object.command(path.leaf);
      if (command == nullptr || !context.may_see(object, path.leaf, kCommandOrEvent)) {
        return invalid();
      }
      put_command(*command, put_head(object, out));
      return {};
    }
    case Path::Kind::kEvent: {
      const SupportedEvent* event = object.event(path.leaf);
      if (event == nullptr || !context.may_see(object, path.leaf, kCommandOrEvent)) {
        return invalid();
      }
      put_event(*event, put_head(object, out));
      return {};
    }
    case Path::Kind::kParameter: {
      const SupportedParam* param = object.param(path.leaf);
      if (param == nullptr || !context.may_see(object, path.leaf, kParameter)) return invalid();
      put_param(*param, put_head(object, out));
      return {};
    }
    case Path::Kind::kObject:
      break;
  }
  return invalid();
}

// "Device.LocalAgent.Subscription" may be an object whose "." was forgotten (TP-469 1.99 does).
void read_as_object(const Context& context, Path& path) {
  if (path.kind != Path::Kind::kParameter) return;
  const auto parent = find_object(context, path);
  if (!parent || (*parent)->param(path.leaf) != nullptr) return;
  if ((*parent)->child(path.leaf) == nullptr) return;
  path.segments.push_back({Segment::Kind::kName, std::move(path.leaf), 0, {}, {}});
  path.kind = Path::Kind::kObject;
  path.leaf.clear();
}

Result<void> fill(Context& context, const usp_msg::GetSupportedDM& request,
                  const std::string& requested, ObjectResult& out) {
  auto path = parse_supported(requested);
  if (!path) return tl::unexpected(path.error());
  read_as_object(context, *path);
  const auto object = find_object(context, *path);
  if (!object) return tl::unexpected(object.error());
  if (path->kind != Path::Kind::kObject) {
    if (auto done = put_leaf(context, **object, *path, out); !done) return done;
  } else {
    if (!context.spend(count_elements(**object, context.budget))) {
      return fail(ErrorCode::kResourcesExceeded, "too many objects");
    }
    const Wanted wanted{request.return_commands(), request.return_events(), request.return_params(),
                        request.return_unique_key_sets()};
    request.first_level_only() ? put_first_level(context, **object, wanted, out)
                               : put_tree(context, **object, wanted, out);
  }
  out.set_data_model_inst_uri(context.model.model_uri(**object));
  return {};
}

}  // namespace

Outcome handle_get_supported_dm(Context& context, const usp_msg::GetSupportedDM& request) {
  usp_msg::Msg msg = make_response(context.msg_id(), usp_msg::Header::GET_SUPPORTED_DM_RESP);
  auto& response = *msg.mutable_body()->mutable_response()->mutable_get_supported_dm_resp();
  for (const std::string& path : request.obj_paths()) {
    ObjectResult& result = *response.add_req_obj_results();
    result.set_req_obj_path(path);
    if (const auto done = fill(context, request, path, result); !done) {
      result.set_err_code(static_cast<std::uint32_t>(done.error().code));
      result.set_err_msg(done.error().text);
    }
  }
  return Respond{std::move(msg)};
}

Outcome handle_get_supported_protocol(Context& context) {
  usp_msg::Msg msg = make_response(context.msg_id(), usp_msg::Header::GET_SUPPORTED_PROTO_RESP);
  msg.mutable_body()
      ->mutable_response()
      ->mutable_get_supported_protocol_resp()
      ->set_agent_supported_protocol_versions(std::string(kSupportedVersions));
  return Respond{std::move(msg)};
}

}  // namespace usp
