// The USP requests that writes of the control API become, of one device or of many.
#pragma once

#include <google/protobuf/map.h>
#include <google/protobuf/repeated_ptr_field.h>

#include <cstdint>
#include <optional>
#include <string>

#include "proto/bridge/v1/parameter.pb.h"
#include "proto/usp/usp_msg.pb.h"

namespace bridge::control {

/// Has it an object and a name?
bool is_parameter_path(const std::string& path);

/// All of them or none is set. Every path is_parameter_path().
usp_msg::Msg set_request(const google::protobuf::RepeatedPtrField<v1::Parameter>& parameters);
/// One row, with these parameters or not at all.
usp_msg::Msg add_request(const std::string& table,
                         const google::protobuf::Map<std::string, std::string>& parameters);
usp_msg::Msg delete_request(const std::string& path);

/// The first object that stayed although it was to go.
struct StillThere {
  std::uint32_t usp_code = 0;
  std::string text;  ///< the object and why
};
std::optional<StillThere> still_there(const usp_msg::DeleteResp& response);
/// USP takes the deletion of what is not there as done; an API user wants to know.
bool deleted_anything(const usp_msg::DeleteResp& response);

}  // namespace bridge::control
