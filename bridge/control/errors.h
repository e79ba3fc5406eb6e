// The statuses of the control API: a canonical code, a text for people, and details for programs
// (google.rpc.Status, AIP-193).
#pragma once

#include <grpcpp/support/status.h>

#include <cstdint>
#include <string>

#include "bridge/control/status_name.h"
#include "bridge/result.h"

namespace google::protobuf {
class Message;
}
namespace usp_msg {
class Error;
}

namespace bridge::v1 {
class DeviceError;
}

namespace bridge::control {

/// ErrorInfo.domain of all of them.
inline constexpr const char* kErrorDomain = "usp-bridge";

/// A status with an ErrorInfo of that reason ("NO_SUCH_RESOURCE") and, where it is not null, one
/// more detail.
grpc::Status make_status(grpc::StatusCode code, const std::string& text, const char* reason,
                         const google::protobuf::Message* detail = nullptr);

/// INVALID_ARGUMENT with a BadRequest: what is wrong with a field of the request.
grpc::Status invalid_argument(const std::string& field, const std::string& what);

/// NOT_FOUND with a ResourceInfo. `type`: "device".
grpc::Status no_such(const char* type, const std::string& name);
grpc::Status no_such_device(const std::string& name);

/// FAILED_PRECONDITION, with the reason.
grpc::Status not_now(const std::string& text, const char* reason);

/// UNAVAILABLE with a RetryInfo where trying again may help, else INTERNAL.
grpc::Status to_status(const Error& error);

/// The canonical code for a USP error code (TR-369, Error Codes).
grpc::StatusCode to_status_code(std::uint32_t usp_code);

/// "USP 7026: Device.X: invalid path", with a DeviceError.
grpc::Status to_status(std::uint32_t usp_code, const std::string& text);
/// The same of a USP Error message, every parameter of it.
grpc::Status to_status(const usp_msg::Error& error);

/// What a device or its agent said. The FaultCode of the CPE is in the text where there is one.
void fill(std::uint32_t usp_code, const std::string& text, v1::DeviceError* out);
void fill(const usp_msg::Error& error, v1::DeviceError* out);

}  // namespace bridge::control
