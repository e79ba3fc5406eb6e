#include "tests/tools/usp_controller/output.h"

#include <google/protobuf/text_format.h>
#include <google/protobuf/util/json_util.h>

#include <cstdio>
#include <sstream>

namespace usp_controller {
namespace {

constexpr const char* kArrow = " => ";

template <class Map>
void print_map(std::ostream& out, const std::string& prefix, const Map& values) {
  // Sorted: protobuf keeps maps in any order.
  for (const auto& [name, value] :
       std::map<std::string, std::string>(values.begin(), values.end())) {
    out << prefix << name << kArrow << value << "\n";
  }
}

void print(std::ostream& out, const usp_msg::GetResp& resp) {
  for (const auto& path : resp.req_path_results()) {
    for (const auto& object : path.resolved_path_results()) {
      print_map(out, object.resolved_path(), object.result_params());
    }
  }
}

void print(std::ostream& out, const usp_msg::SetResp& resp) {
  for (const auto& result : resp.updated_obj_results()) {
    for (const auto& instance : result.oper_status().oper_success().updated_inst_results()) {
      print_map(out, instance.affected_path(), instance.updated_params());
      for (const auto& error : instance.param_errs()) {
        out << instance.affected_path() << error.param() << ": " << error.err_code() << " "
            << error.err_msg() << "\n";
      }
    }
  }
}

void print(std::ostream& out, const usp_msg::AddResp& resp) {
  for (const auto& result : resp.created_obj_results()) {
    if (!result.oper_status().has_oper_success()) continue;
    const auto& success = result.oper_status().oper_success();
    out << "created " << success.instantiated_path() << "\n";
    print_map(out, "  ", success.unique_keys());
    for (const auto& error : success.param_errs()) {
      out << "  " << error.param() << ": " << error.err_code() << " " << error.err_msg() << "\n";
    }
  }
}

void print(std::ostream& out, const usp_msg::DeleteResp& resp) {
  for (const auto& result : resp.deleted_obj_results()) {
    for (const auto& path : result.oper_status().oper_success().affected_paths()) {
      out << "deleted " << path << "\n";
    }
  }
}

void print(std::ostream& out, const usp_msg::OperateResp& resp) {
  for (const auto& result : resp.operation_results()) {
    if (result.has_req_obj_path()) {
      out << result.executed_command() << " is " << result.req_obj_path() << "\n";
    } else if (result.has_req_output_args()) {
      out << result.executed_command() << " done\n";
      print_map(out, "  ", result.req_output_args().output_args());
    }
  }
}

void print(std::ostream& out, const usp_msg::GetInstancesResp& resp) {
  for (const auto& path : resp.req_path_results()) {
    for (const auto& instance : path.curr_insts()) {
      out << instance.instantiated_obj_path() << "\n";
      print_map(out, "  ", instance.unique_keys());
    }
  }
}

void print(std::ostream& out, const usp_msg::GetSupportedDMResp& resp) {
  for (const auto& path : resp.req_obj_results()) {
    for (const auto& object : path.supported_objs()) {
      const std::string& name = object.supported_obj_path();
      out << name << "\n";
      for (const auto& param : object.supported_params()) {
        out << name << param.param_name() << " "
            << usp_msg::GetSupportedDMResp::ParamValueType_Name(param.value_type()) << " "
            << usp_msg::GetSupportedDMResp::ParamAccessType_Name(param.access()) << "\n";
      }
      for (const auto& command : object.supported_commands()) {
        out << name << command.command_name() << "\n";
      }
      for (const auto& event : object.supported_events()) out << name << event.event_name() << "\n";
    }
  }
}

}  // namespace

std::string json_string(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) {
    const auto code = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out.append({'\\', c});
    } else if (code < 0x20) {
      char escaped[8];
      std::snprintf(escaped, sizeof escaped, "\\u%04x", static_cast<unsigned>(code));
      out += escaped;
    } else {
      out += c;
    }
  }
  return out + "\"";
}

std::string to_json(const google::protobuf::Message& message) {
  google::protobuf::util::JsonPrintOptions options;
  options.preserve_proto_field_names = true;
  std::string json;
  const auto status = google::protobuf::util::MessageToJsonString(message, &json, options);
  return status.ok() ? json : "null";
}

std::string to_text(const usp_msg::Msg& answer) {
  std::ostringstream out;
  const usp_msg::Response& response = answer.body().response();
  switch (response.resp_type_case()) {
    case usp_msg::Response::kGetResp:
      print(out, response.get_resp());
      break;
    case usp_msg::Response::kSetResp:
      print(out, response.set_resp());
      break;
    case usp_msg::Response::kAddResp:
      print(out, response.add_resp());
      break;
    case usp_msg::Response::kDeleteResp:
      print(out, response.delete_resp());
      break;
    case usp_msg::Response::kOperateResp:
      print(out, response.operate_resp());
      break;
    case usp_msg::Response::kGetInstancesResp:
      print(out, response.get_instances_resp());
      break;
    case usp_msg::Response::kGetSupportedDmResp:
      print(out, response.get_supported_dm_resp());
      break;
    case usp_msg::Response::kGetSupportedProtocolResp:
      out << response.get_supported_protocol_resp().agent_supported_protocol_versions() << "\n";
      break;
    default:
      break;  // an Error: failures_of() has the lines
  }
  return out.str();
}

std::string to_text(const Notification& notification) {
  std::ostringstream out;
  const usp_msg::Notify& notify = notification.notify;
  out << notification.agent << " [" << notify.subscription_id() << "] ";
  switch (notify.notification_case()) {
    case usp_msg::Notify::kValueChange:
      out << "ValueChange " << notify.value_change().param_path() << kArrow
          << notify.value_change().param_value() << "\n";
      break;
    case usp_msg::Notify::kObjCreation:
      out << "ObjectCreation " << notify.obj_creation().obj_path() << "\n";
      print_map(out, "  ", notify.obj_creation().unique_keys());
      break;
    case usp_msg::Notify::kObjDeletion:
      out << "ObjectDeletion " << notify.obj_deletion().obj_path() << "\n";
      break;
    case usp_msg::Notify::kOperComplete: {
      const auto& done = notify.oper_complete();
      out << "OperationComplete " << done.obj_path() << done.command_name() << " key \""
          << done.command_key() << "\"\n";
      if (done.has_cmd_failure()) {
        out << "  failed: " << done.cmd_failure().err_code() << " " << done.cmd_failure().err_msg()
            << "\n";
      }
      print_map(out, "  ", done.req_output_args().output_args());
      break;
    }
    case usp_msg::Notify::kEvent:
      out << "Event " << notify.event().obj_path() << notify.event().event_name() << "\n";
      print_map(out, "  ", notify.event().params());
      break;
    case usp_msg::Notify::kOnBoardReq: {
      const auto& device = notify.on_board_req();
      out << "OnBoardRequest " << device.oui() << " " << device.product_class() << " "
          << device.serial_number() << " USP " << device.agent_supported_protocol_versions()
          << "\n";
      break;
    }
    case usp_msg::Notify::NOTIFICATION_NOT_SET:
      out << "empty\n";
      break;
  }
  return out.str();
}

std::string to_json(const Exchange& exchange) {
  std::ostringstream out;
  out << "{\"command\":" << json_string(exchange.command)
      << ",\"ok\":" << (exchange.errors.empty() ? "true" : "false")
      << ",\"ms\":" << static_cast<double>(exchange.took.count()) / 1000 << ",\"errors\":[";
  for (std::size_t i = 0; i < exchange.errors.size(); ++i) {
    out << (i > 0 ? "," : "") << json_string(exchange.errors[i]);
  }
  out << "],\"request\":" << to_json(exchange.request)
      << ",\"response\":" << (exchange.response ? to_json(*exchange.response) : "null") << "}";
  return out.str();
}

std::string to_json(const Notification& notification) {
  return "{\"agent\":" + json_string(notification.agent) +
         ",\"msg_id\":" + json_string(notification.msg_id) +
         ",\"notify\":" + to_json(notification.notify) + "}";
}

std::string to_json(const Presence& presence) {
  return "{\"agent\":" + json_string(presence.agent) +
         ",\"connected\":" + (presence.connected ? "true" : "false") +
         ",\"topic\":" + json_string(presence.topic) +
         ",\"reason\":" + json_string(presence.reason) + "}";
}

}  // namespace usp_controller
