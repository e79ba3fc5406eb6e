#include "bridge/control/write_requests.h"

#include <map>
#include <utility>

namespace bridge::control {

namespace {

/// "Device.WiFi.SSID.1." and "SSID" of "Device.WiFi.SSID.1.SSID".
std::pair<std::string, std::string> split(const std::string& path) {
  const std::size_t dot = path.rfind('.');
  if (dot == std::string::npos) return {"", path};
  return {path.substr(0, dot + 1), path.substr(dot + 1)};
}

template <class Object>
void require(Object* object, const std::string& name, const std::string& value) {
  auto* setting = object->add_param_settings();
  setting->set_param(name);
  setting->set_value(value);
  setting->set_required(true);
}

}  // namespace

bool is_parameter_path(const std::string& path) {
  const auto [object, name] = split(path);
  return !object.empty() && !name.empty();
}

usp_msg::Msg set_request(const google::protobuf::RepeatedPtrField<v1::Parameter>& parameters) {
  usp_msg::Msg message;
  message.mutable_header()->set_msg_type(usp_msg::Header::SET);
  auto* set = message.mutable_body()->mutable_request()->mutable_set();
  std::map<std::string, usp_msg::Set::UpdateObject*> objects;
  for (const v1::Parameter& parameter : parameters) {
    const auto [object, name] = split(parameter.path());
    auto*& update = objects[object];
    if (update == nullptr) {
      update = set->add_update_objs();
      update->set_obj_path(object);
    }
    require(update, name, parameter.value());
  }
  return message;
}

usp_msg::Msg add_request(const std::string& table,
                         const google::protobuf::Map<std::string, std::string>& parameters) {
  usp_msg::Msg message;
  message.mutable_header()->set_msg_type(usp_msg::Header::ADD);
  auto* create = message.mutable_body()->mutable_request()->mutable_add()->add_create_objs();
  create->set_obj_path(table);
  for (const auto& [name, value] : parameters) require(create, name, value);
  return message;
}

usp_msg::Msg delete_request(const std::string& path) {
  usp_msg::Msg message;
  message.mutable_header()->set_msg_type(usp_msg::Header::DELETE);
  message.mutable_body()->mutable_request()->mutable_delete_()->add_obj_paths(path);
  return message;
}

std::optional<StillThere> still_there(const usp_msg::DeleteResp& response) {
  for (const auto& result : response.deleted_obj_results()) {
    const auto& success = result.oper_status().oper_success();
    if (success.unaffected_path_errs_size() == 0) continue;
    const auto& error = success.unaffected_path_errs(0);
    return StillThere{error.err_code(), error.unaffected_path() + ": " + error.err_msg()};
  }
  return std::nullopt;
}

bool deleted_anything(const usp_msg::DeleteResp& response) {
  for (const auto& result : response.deleted_obj_results()) {
    if (result.oper_status().oper_success().affected_paths_size() > 0) return true;
  }
  return false;
}

}  // namespace bridge::control
