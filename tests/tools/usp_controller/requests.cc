#include "tests/tools/usp_controller/requests.h"

namespace usp_controller {
namespace {

usp_msg::Msg request_of(usp_msg::Header::MsgType type, usp_msg::Request*& request) {
  usp_msg::Msg msg;
  msg.mutable_header()->set_msg_type(type);
  request = msg.mutable_body()->mutable_request();
  return msg;
}

template <class Param>
void fill(Param* param, const std::pair<std::string, std::string>& setting) {
  const bool optional = setting.first.starts_with('?');
  param->set_param(optional ? setting.first.substr(1) : setting.first);
  param->set_value(setting.second);
  param->set_required(!optional);
}

class Failures {
 public:
  void add(const std::string& path, std::uint32_t code, const std::string& text) {
    if (code != 0) lines.push_back(path + ": " + std::to_string(code) + " " + text);
  }
  template <class ParamErrors>
  void add_params(const std::string& object, const ParamErrors& errors) {
    for (const auto& error : errors) add(object + error.param(), error.err_code(), error.err_msg());
  }

  void of(const usp_msg::GetResp& resp) {
    for (const auto& result : resp.req_path_results()) {
      add(result.requested_path(), result.err_code(), result.err_msg());
    }
  }
  void of(const usp_msg::GetInstancesResp& resp) {
    for (const auto& result : resp.req_path_results()) {
      add(result.requested_path(), result.err_code(), result.err_msg());
    }
  }
  void of(const usp_msg::GetSupportedDMResp& resp) {
    for (const auto& result : resp.req_obj_results()) {
      add(result.req_obj_path(), result.err_code(), result.err_msg());
    }
  }
  void of(const usp_msg::SetResp& resp) {
    for (const auto& result : resp.updated_obj_results()) {
      if (!result.oper_status().has_oper_failure()) continue;
      const auto& failure = result.oper_status().oper_failure();
      add(result.requested_path(), failure.err_code(), failure.err_msg());
      for (const auto& instance : failure.updated_inst_failures()) {
        add_params(instance.affected_path(), instance.param_errs());
      }
    }
  }
  void of(const usp_msg::AddResp& resp) {
    for (const auto& result : resp.created_obj_results()) {
      if (!result.oper_status().has_oper_failure()) continue;
      const auto& failure = result.oper_status().oper_failure();
      add(result.requested_path(), failure.err_code(), failure.err_msg());
    }
  }
  void of(const usp_msg::DeleteResp& resp) {
    for (const auto& result : resp.deleted_obj_results()) {
      if (result.oper_status().has_oper_failure()) {
        const auto& failure = result.oper_status().oper_failure();
        add(result.requested_path(), failure.err_code(), failure.err_msg());
      }
      for (const auto& left : result.oper_status().oper_success().unaffected_path_errs()) {
        add(left.unaffected_path(), left.err_code(), left.err_msg());
      }
    }
  }
  void of(const usp_msg::OperateResp& resp) {
    for (const auto& result : resp.operation_results()) {
      if (!result.has_cmd_failure()) continue;
      add(result.executed_command(), result.cmd_failure().err_code(),
          result.cmd_failure().err_msg());
    }
  }

  std::vector<std::string> lines;
};

}  // namespace

usp_msg::Msg get(const std::vector<std::string>& paths, std::uint32_t max_depth) {
  usp_msg::Request* request = nullptr;
  usp_msg::Msg msg = request_of(usp_msg::Header::GET, request);
  for (const std::string& path : paths) request->mutable_get()->add_param_paths(path);
  request->mutable_get()->set_max_depth(max_depth);
  return msg;
}

usp_msg::Msg set(const ObjectSettings& objects, bool allow_partial) {
  usp_msg::Request* request = nullptr;
  usp_msg::Msg msg = request_of(usp_msg::Header::SET, request);
  request->mutable_set()->set_allow_partial(allow_partial);
  for (const auto& [path, settings] : objects) {
    auto* object = request->mutable_set()->add_update_objs();
    object->set_obj_path(path);
    for (const auto& setting : settings) fill(object->add_param_settings(), setting);
  }
  return msg;
}

usp_msg::Msg add(const ObjectSettings& objects, bool allow_partial) {
  usp_msg::Request* request = nullptr;
  usp_msg::Msg msg = request_of(usp_msg::Header::ADD, request);
  request->mutable_add()->set_allow_partial(allow_partial);
  for (const auto& [path, settings] : objects) {
    auto* object = request->mutable_add()->add_create_objs();
    object->set_obj_path(path);
    for (const auto& setting : settings) fill(object->add_param_settings(), setting);
  }
  return msg;
}

usp_msg::Msg del(const std::vector<std::string>& paths, bool allow_partial) {
  usp_msg::Request* request = nullptr;
  usp_msg::Msg msg = request_of(usp_msg::Header::DELETE, request);
  request->mutable_delete_()->set_allow_partial(allow_partial);
  for (const std::string& path : paths) request->mutable_delete_()->add_obj_paths(path);
  return msg;
}

usp_msg::Msg operate(const std::string& command, const std::map<std::string, std::string>& args,
                     const std::string& command_key, bool send_resp) {
  usp_msg::Request* request = nullptr;
  usp_msg::Msg msg = request_of(usp_msg::Header::OPERATE, request);
  auto* body = request->mutable_operate();
  body->set_command(command);
  body->set_command_key(command_key);
  body->set_send_resp(send_resp);
  body->mutable_input_args()->insert(args.begin(), args.end());
  return msg;
}

usp_msg::Msg supported_dm(const std::vector<std::string>& paths, bool first_level_only) {
  usp_msg::Request* request = nullptr;
  usp_msg::Msg msg = request_of(usp_msg::Header::GET_SUPPORTED_DM, request);
  auto* body = request->mutable_get_supported_dm();
  for (const std::string& path : paths) body->add_obj_paths(path);
  body->set_first_level_only(first_level_only);
  body->set_return_commands(true);
  body->set_return_events(true);
  body->set_return_params(true);
  return msg;
}

usp_msg::Msg instances(const std::vector<std::string>& paths, bool first_level_only) {
  usp_msg::Request* request = nullptr;
  usp_msg::Msg msg = request_of(usp_msg::Header::GET_INSTANCES, request);
  for (const std::string& path : paths) request->mutable_get_instances()->add_obj_paths(path);
  request->mutable_get_instances()->set_first_level_only(first_level_only);
  return msg;
}

usp_msg::Msg supported_protocol(const std::string& versions) {
  usp_msg::Request* request = nullptr;
  usp_msg::Msg msg = request_of(usp_msg::Header::GET_SUPPORTED_PROTO, request);
  request->mutable_get_supported_protocol()->set_controller_supported_protocol_versions(versions);
  return msg;
}

usp_msg::Msg subscribe(const std::string& id, const std::string& type,
                       const std::string& reference_list, bool retry) {
  return add({{"Device.LocalAgent.Subscription.",
               {{"Enable", "true"},
                {"ID", id},
                {"NotifType", type},
                {"ReferenceList", reference_list},
                {"NotifRetry", retry ? "true" : "false"}}}});
}

std::vector<std::string> failures_of(const usp_msg::Msg& answer) {
  Failures failures;
  if (answer.body().has_error()) {
    const auto& error = answer.body().error();
    failures.lines.push_back("Error: " + std::to_string(error.err_code()) + " " + error.err_msg());
    for (const auto& param : error.param_errs()) {
      failures.add(param.param_path(), param.err_code(), param.err_msg());
    }
    return failures.lines;
  }
  const usp_msg::Response& response = answer.body().response();
  switch (response.resp_type_case()) {
    case usp_msg::Response::kGetResp:
      failures.of(response.get_resp());
      break;
    case usp_msg::Response::kGetInstancesResp:
      failures.of(response.get_instances_resp());
      break;
    case usp_msg::Response::kGetSupportedDmResp:
      failures.of(response.get_supported_dm_resp());
      break;
    case usp_msg::Response::kSetResp:
      failures.of(response.set_resp());
      break;
    case usp_msg::Response::kAddResp:
      failures.of(response.add_resp());
      break;
    case usp_msg::Response::kDeleteResp:
      failures.of(response.delete_resp());
      break;
    case usp_msg::Response::kOperateResp:
      failures.of(response.operate_resp());
      break;
    case usp_msg::Response::RESP_TYPE_NOT_SET:
      failures.lines.push_back("the answer is neither a response nor an Error");
      break;
    default:
      break;
  }
  return failures.lines;
}

std::map<std::string, std::string> values_of(const usp_msg::Msg& answer) {
  std::map<std::string, std::string> values;
  for (const auto& path : answer.body().response().get_resp().req_path_results()) {
    for (const auto& object : path.resolved_path_results()) {
      for (const auto& [name, value] : object.result_params()) {
        values[object.resolved_path() + name] = value;
      }
    }
  }
  return values;
}

std::vector<std::string> created_by(const usp_msg::Msg& answer) {
  std::vector<std::string> paths;
  for (const auto& result : answer.body().response().add_resp().created_obj_results()) {
    if (!result.oper_status().has_oper_success()) continue;
    paths.push_back(result.oper_status().oper_success().instantiated_path());
  }
  return paths;
}

}  // namespace usp_controller
