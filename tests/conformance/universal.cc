#include "tests/conformance/universal.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>
#include <google/protobuf/unknown_field_set.h>

#include <algorithm>
#include <cctype>
#include <functional>

#include "usp/endpoint_id.h"

namespace conformance {
namespace {

using google::protobuf::FieldDescriptor;
using usp_msg::Header;

bool is_plain_name(std::string_view part) {
  if (part.empty() || std::isdigit(static_cast<unsigned char>(part.front()))) return false;
  return std::ranges::all_of(part, [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '-';
  });
}

bool is_instance_number(std::string_view part) {
  return !part.empty() && part.front() != '0' && std::ranges::all_of(part, [](char c) {
    return std::isdigit(static_cast<unsigned char>(c)) != 0;
  });
}

/// `row` says what may stand for an instance.
bool is_path(std::string_view path, const std::function<bool(std::string_view)>& row) {
  if (!path.starts_with("Device.")) return false;
  while (!path.empty()) {
    const std::size_t dot = path.find('.');
    if (dot == path.npos) break;
    const std::string_view part = path.substr(0, dot);
    if (!is_plain_name(part) && !row(part)) return false;
    path.remove_prefix(dot + 1);
  }
  // Exit if it names an object.
  if (path.empty()) return true;
  if (path.ends_with("()")) path.remove_suffix(2);
  if (path.ends_with("!")) path.remove_suffix(1);
  return is_plain_name(path);
}

class Paths {
 public:
  explicit Paths(Violations& out) : out_(out) {}

  void object(std::string_view path) {
    if (!is_instantiated_path(path) || !path.ends_with('.')) wrong(path);
  }
  void any(std::string_view path) {
    if (!is_instantiated_path(path)) wrong(path);
  }
  void supported(std::string_view path) {
    if (!is_supported_path(path) || !path.ends_with('.')) wrong(path);
  }
  /// Relative to an object: a name.
  void name(std::string_view name) {
    if (!is_plain_name(name)) wrong(name);
  }

 private:
  void wrong(std::string_view path) { out_.push_back("path \"" + std::string(path) + "\""); }

  Violations& out_;
};

void check_paths(const usp_msg::Notify& notify, Paths paths) {
  if (notify.has_value_change()) paths.any(notify.value_change().param_path());
  if (notify.has_obj_creation()) paths.object(notify.obj_creation().obj_path());
  if (notify.has_obj_deletion()) paths.object(notify.obj_deletion().obj_path());
  if (notify.has_event()) paths.object(notify.event().obj_path());
  if (notify.has_oper_complete()) paths.object(notify.oper_complete().obj_path());
}

void check_paths(const usp_msg::SetResp& resp, Paths paths) {
  for (const auto& object : resp.updated_obj_results()) {
    for (const auto& row : object.oper_status().oper_success().updated_inst_results()) {
      paths.object(row.affected_path());
      for (const auto& [name, value] : row.updated_params()) paths.name(name);
    }
    for (const auto& row : object.oper_status().oper_failure().updated_inst_failures()) {
      paths.object(row.affected_path());
    }
  }
}

void check_paths(const usp_msg::Response& response, Paths paths) {
  check_paths(response.set_resp(), paths);
  for (const auto& object : response.add_resp().created_obj_results()) {
    if (!object.oper_status().has_oper_success()) continue;
    const auto& success = object.oper_status().oper_success();
    // Empty: a search path without a match.
    if (!success.instantiated_path().empty()) paths.object(success.instantiated_path());
    for (const auto& [name, value] : success.unique_keys()) paths.name(name);
  }
  for (const auto& object : response.delete_resp().deleted_obj_results()) {
    const auto& success = object.oper_status().oper_success();
    for (const std::string& path : success.affected_paths()) paths.object(path);
    for (const auto& left : success.unaffected_path_errs()) paths.object(left.unaffected_path());
  }
  for (const auto& asked : response.get_resp().req_path_results()) {
    for (const auto& object : asked.resolved_path_results()) {
      paths.object(object.resolved_path());
      for (const auto& [name, value] : object.result_params()) paths.name(name);
    }
  }
  for (const auto& asked : response.get_instances_resp().req_path_results()) {
    for (const auto& row : asked.curr_insts()) paths.object(row.instantiated_obj_path());
  }
  for (const auto& asked : response.get_supported_dm_resp().req_obj_results()) {
    for (const auto& object : asked.supported_objs()) paths.supported(object.supported_obj_path());
  }
  for (const auto& result : response.operate_resp().operation_results()) {
    paths.any(result.executed_command());
    if (result.has_req_obj_path()) paths.object(result.req_obj_path());
  }
}

Header::MsgType type_of(const usp_msg::Body& body) {
  using usp_msg::Response;
  if (body.has_error()) return Header::ERROR;
  if (body.has_request()) {
    return body.request().has_notify() ? Header::NOTIFY : Header::ERROR;  // agents ask nothing else
  }
  switch (body.response().resp_type_case()) {
    case Response::kGetResp:
      return Header::GET_RESP;
    case Response::kGetSupportedDmResp:
      return Header::GET_SUPPORTED_DM_RESP;
    case Response::kGetInstancesResp:
      return Header::GET_INSTANCES_RESP;
    case Response::kSetResp:
      return Header::SET_RESP;
    case Response::kAddResp:
      return Header::ADD_RESP;
    case Response::kDeleteResp:
      return Header::DELETE_RESP;
    case Response::kOperateResp:
      return Header::OPERATE_RESP;
    case Response::kNotifyResp:
      return Header::NOTIFY_RESP;
    case Response::kGetSupportedProtocolResp:
      return Header::GET_SUPPORTED_PROTO_RESP;
    default:
      return Header::ERROR;
  }
}

}  // namespace

bool is_instantiated_path(std::string_view path) { return is_path(path, is_instance_number); }

bool is_supported_path(std::string_view path) {
  return is_path(path, [](std::string_view part) { return part == "{i}"; });
}

void check_schema(const google::protobuf::Message& message, Violations& out) {
  const auto* reflection = message.GetReflection();
  if (!reflection->GetUnknownFields(message).empty()) {
    out.push_back("unknown fields in " + message.GetDescriptor()->full_name());
  }
  std::vector<const FieldDescriptor*> fields;
  reflection->ListFields(message, &fields);
  for (const FieldDescriptor* field : fields) {
    if (field->cpp_type() == FieldDescriptor::CPPTYPE_ENUM && !field->is_repeated()) {
      const int value = reflection->GetEnumValue(message, field);
      if (field->enum_type()->FindValueByNumber(value) == nullptr) {
        out.push_back(field->full_name() + " = " + std::to_string(value));
      }
    }
    if (field->cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE || field->is_map()) continue;
    if (!field->is_repeated()) {
      check_schema(reflection->GetMessage(message, field), out);
      continue;
    }
    for (int i = 0; i < reflection->FieldSize(message, field); ++i) {
      check_schema(reflection->GetRepeatedMessage(message, field, i), out);
    }
  }
}

void check_record(const usp_record::Record& record, Violations& out) {
  using usp_record::Record;
  check_schema(record, out);
  if (!usp::is_endpoint_id(record.from_id())) out.push_back("from_id " + record.from_id());
  if (!usp::is_endpoint_id(record.to_id())) out.push_back("to_id " + record.to_id());
  if (record.version().empty()) out.push_back("no version");
  if (record.payload_security() != Record::PLAINTEXT) out.push_back("payload_security");
  switch (record.record_type_case()) {
    case Record::kNoSessionContext:
      if (record.no_session_context().payload().empty()) out.push_back("no payload");
      break;
    case Record::kSessionContext:
    case Record::kMqttConnect:
    case Record::kDisconnect:
      break;
    default:
      out.push_back("record type " + std::to_string(record.record_type_case()));
  }
}

void check_message(const usp_msg::Msg& msg, Violations& out) {
  check_schema(msg, out);
  if (msg.header().msg_id().empty()) out.push_back("no msg_id");
  if (msg.header().msg_type() != type_of(msg.body())) {
    out.push_back("msg_type " + Header::MsgType_Name(msg.header().msg_type()) +
                  " is not what the body is");
  }
  const Paths paths(out);
  if (msg.body().has_request()) check_paths(msg.body().request().notify(), paths);
  if (msg.body().has_response()) check_paths(msg.body().response(), paths);
  if (!msg.body().has_error()) return;
  const auto& error = msg.body().error();
  if (error.err_code() < 7000 || error.err_code() > 7999) out.push_back("err_code");
  for (const auto& param : error.param_errs()) {
    Paths(out).any(param.param_path());
    if (param.err_code() < 7000 || param.err_code() > 7999) out.push_back("param err_code");
  }
}

Header::MsgType answer_to(Header::MsgType request) {
  switch (request) {
    case Header::GET:
      return Header::GET_RESP;
    case Header::SET:
      return Header::SET_RESP;
    case Header::ADD:
      return Header::ADD_RESP;
    case Header::DELETE:
      return Header::DELETE_RESP;
    case Header::OPERATE:
      return Header::OPERATE_RESP;
    case Header::GET_SUPPORTED_DM:
      return Header::GET_SUPPORTED_DM_RESP;
    case Header::GET_INSTANCES:
      return Header::GET_INSTANCES_RESP;
    case Header::GET_SUPPORTED_PROTO:
      return Header::GET_SUPPORTED_PROTO_RESP;
    default:
      return Header::ERROR;
  }
}

}  // namespace conformance
