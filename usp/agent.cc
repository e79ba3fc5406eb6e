#include "usp/agent.h"

#include <algorithm>
#include <unordered_set>

#include "usp/handlers.h"

namespace usp {
namespace {

Outcome refuse(const Context& context, ErrorCode code, std::string text) {
  return Respond{make_error(context.msg_id(), {code, std::move(text), {}})};
}

// A request that asks for more than we are ready to look at.
bool too_many_items(const usp_msg::Request& request) {
  int items = 0;
  switch (request.req_type_case()) {
    case usp_msg::Request::kGet:
      items = request.get().param_paths_size();
      break;
    case usp_msg::Request::kGetInstances:
      items = request.get_instances().obj_paths_size();
      break;
    case usp_msg::Request::kGetSupportedDm:
      items = request.get_supported_dm().obj_paths_size();
      break;
    case usp_msg::Request::kDelete:
      items = request.delete_().obj_paths_size();
      break;
    case usp_msg::Request::kSet:
      for (const auto& object : request.set().update_objs())
        items += 1 + object.param_settings_size();
      break;
    case usp_msg::Request::kAdd:
      for (const auto& object : request.add().create_objs())
        items += 1 + object.param_settings_size();
      break;
    default:
      break;
  }
  return items > kMaxRequestItems;
}

Outcome handle_request(Context& context, const usp_msg::Request& request) {
  if (too_many_items(request)) {
    return refuse(context, ErrorCode::kResourcesExceeded, "too many paths or settings");
  }
  switch (request.req_type_case()) {
    case usp_msg::Request::kGet:
      return handle_get(context, request.get());
    case usp_msg::Request::kGetSupportedDm:
      return handle_get_supported_dm(context, request.get_supported_dm());
    case usp_msg::Request::kGetInstances:
      return handle_get_instances(context, request.get_instances());
    case usp_msg::Request::kSet:
      return handle_set(context, request.set());
    case usp_msg::Request::kAdd:
      return handle_add(context, request.add());
    case usp_msg::Request::kDelete:
      return handle_delete(context, request.delete_());
    case usp_msg::Request::kOperate:
      return handle_operate(context, request.operate());
    case usp_msg::Request::kGetSupportedProtocol:
      return handle_get_supported_protocol(context);
    // Agents send these. We are one, and broker no others (R-MSG.1).
    case usp_msg::Request::kNotify:
    case usp_msg::Request::kRegister:
    case usp_msg::Request::kDeregister:
      return refuse(context, ErrorCode::kMessageNotSupported, "not a message for an Agent");
    case usp_msg::Request::REQ_TYPE_NOT_SET:
      break;
  }
  return refuse(context, ErrorCode::kInvalidArguments, "the request is of no known type");
}

}  // namespace

bool is_answer(const usp_msg::Msg& msg) {
  return !msg.header().msg_id().empty() && (msg.body().has_response() || msg.body().has_error());
}

Outcome handle(const usp_msg::Msg& msg, const DataModel& model, const Access& access, bool final) {
  // Exit if nothing could be answered (R-MSG.8).
  if (msg.header().msg_id().empty()) return Ignore{"no msg_id"};
  Context context{msg, model, access, final};
  switch (msg.body().msg_body_case()) {
    case usp_msg::Body::kRequest:
      return handle_request(context, msg.body().request());
    case usp_msg::Body::kResponse:
    case usp_msg::Body::kError:
      return Ignore{"an answer to a request"};
    case usp_msg::Body::MSG_BODY_NOT_SET:
      break;
  }
  return Ignore{"no message body"};
}

usp_msg::Msg make_error(std::string_view msg_id, const Error& error) {
  usp_msg::Msg msg = make_response(msg_id, usp_msg::Header::ERROR);
  usp_msg::Error& body = *msg.mutable_body()->mutable_error();
  body.set_err_code(static_cast<std::uint32_t>(error.code));
  body.set_err_msg(error.text.empty() ? name_of(error.code) : error.text);
  for (const ParamError& param : error.params) {
    auto& out = *body.add_param_errs();
    out.set_param_path(param.path);
    out.set_err_code(static_cast<std::uint32_t>(param.code));
    out.set_err_msg(param.text.empty() ? name_of(param.code) : param.text);
  }
  return msg;
}

usp_msg::Msg make_response(std::string_view msg_id, usp_msg::Header::MsgType type) {
  usp_msg::Msg msg;
  msg.mutable_header()->set_msg_id(std::string(msg_id));
  msg.mutable_header()->set_msg_type(type);
  return msg;
}

Result<search::Resolution> resolve_objects(Context& context, std::string_view path) {
  const auto parsed = parse_reference(path);
  if (!parsed) return tl::unexpected(parsed.error());
  if (parsed->kind != Path::Kind::kObject) {
    return fail(ErrorCode::kInvalidPath, "not the path of an object");
  }
  return search::resolve(*parsed, context.model, context.access, {context.final, &context.budget});
}

bool Context::may_list_all_of(std::string_view object) const {
  if (access.unrestricted()) return true;
  std::size_t begin = 0;
  for (std::size_t dot = object.find('.'); dot != object.npos; dot = object.find('.', begin)) {
    std::uint32_t number = 0;
    const bool instance = parse_instance_number(object.substr(begin, dot - begin), number);
    if (instance && !access.may_list(object.substr(0, dot + 1))) return false;
    begin = dot + 1;
  }
  return true;
}

std::optional<Error> Context::too_many(std::size_t objects) const {
  if (access.may_touch(objects)) return std::nullopt;
  return Error{ErrorCode::kResourcesExceeded,
               "one path may not reach " + std::to_string(objects) + " objects",
               {}};
}

NeedValues need_values(std::vector<std::string> paths) {
  std::unordered_set<std::string> seen;
  std::erase_if(paths, [&seen](const std::string& path) { return !seen.insert(path).second; });
  return {std::move(paths)};
}

Outcome plan_or_respond(Context& context, Plan plan) {
  plan.msg_id = context.msg_id();
  // A Set of which no setting is left touches nothing, yet names the objects it looked at.
  const bool idle = plan.kind == Plan::Kind::kSet &&
                    std::all_of(plan.steps.begin(), plan.steps.end(),
                                [](const Step& step) { return step.settings.empty(); });
  if (!plan.steps.empty() && !idle) return plan;
  StepResult done;
  done.state = StepResult::State::kDone;
  const std::vector<StepResult> results(plan.steps.size(), done);
  auto response = finish(plan, results, context.access);
  if (!response) return Ignore{"no response is wanted"};
  return Respond{std::move(*response)};
}

ErrorCode code_for(const std::vector<ParamError>& culprits) {
  const bool denied = !culprits.empty() && culprits.front().code == ErrorCode::kPermissionDenied;
  return denied ? ErrorCode::kPermissionDenied : ErrorCode::kRequiredParameterFailed;
}

}  // namespace usp
