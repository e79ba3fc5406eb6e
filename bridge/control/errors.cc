#include "bridge/control/errors.h"

#include "bridge/fault_map.h"
#include "proto/bridge/v1/error.pb.h"
#include "proto/google/rpc/error_details.pb.h"
#include "proto/google/rpc/status.pb.h"
#include "proto/usp/usp_msg.pb.h"
#include "usp/error.h"

namespace bridge::control {

namespace {

constexpr int kRetrySeconds = 1;

/// Why, for programs that look at no USP codes.
const char* reason_of(std::uint32_t usp_code) {
  switch (static_cast<usp::ErrorCode>(usp_code)) {
    case usp::ErrorCode::kDeviceNotReached:
      return "DEVICE_NOT_REACHED";
    case usp::ErrorCode::kOutcomeUnknown:
      return "OUTCOME_UNKNOWN";
    case usp::ErrorCode::kPermissionDenied:
      return "PATH_DENIED";
    default:
      return "DEVICE_ERROR";
  }
}

const char* reason_of(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::kBusy:
      return "BUSY";
    case ErrorKind::kClosed:
      return "STOPPING";
    case ErrorKind::kDiskFull:
      return "DISK_FULL";
    default:
      return "INTERNAL";
  }
}

grpc::Status status_of(std::uint32_t code, const std::string& text, const v1::DeviceError& detail) {
  return make_status(to_status_code(code), "USP " + std::to_string(code) + ": " + text,
                     reason_of(code), &detail);
}

}  // namespace

grpc::Status make_status(grpc::StatusCode code, const std::string& text, const char* reason,
                         const google::protobuf::Message* detail) {
  google::rpc::Status status;
  status.set_code(code);
  status.set_message(text);
  google::rpc::ErrorInfo info;
  info.set_reason(reason);
  info.set_domain(kErrorDomain);
  status.add_details()->PackFrom(info);
  if (detail != nullptr) status.add_details()->PackFrom(*detail);
  return {code, text, status.SerializeAsString()};
}

grpc::Status invalid_argument(const std::string& field, const std::string& what) {
  google::rpc::BadRequest bad;
  auto* violation = bad.add_field_violations();
  violation->set_field(field);
  violation->set_description(what);
  return make_status(grpc::StatusCode::INVALID_ARGUMENT, field + ": " + what, "INVALID_FIELD",
                     &bad);
}

grpc::Status no_such(const char* type, const std::string& name) {
  google::rpc::ResourceInfo resource;
  resource.set_resource_type(type);
  resource.set_resource_name(name);
  return make_status(grpc::StatusCode::NOT_FOUND, std::string("no such ") + type + ": " + name,
                     "NO_SUCH_RESOURCE", &resource);
}

grpc::Status no_such_device(const std::string& name) { return no_such("device", name); }

grpc::Status not_now(const std::string& text, const char* reason) {
  return make_status(grpc::StatusCode::FAILED_PRECONDITION, text, reason);
}

grpc::Status to_status(const Error& error) {
  const bool passes = error.kind == ErrorKind::kBusy || error.kind == ErrorKind::kClosed ||
                      error.kind == ErrorKind::kDiskFull;
  if (!passes) return make_status(grpc::StatusCode::INTERNAL, error.text, reason_of(error.kind));
  google::rpc::RetryInfo retry;
  retry.mutable_retry_delay()->set_seconds(kRetrySeconds);
  return make_status(grpc::StatusCode::UNAVAILABLE, error.text, reason_of(error.kind), &retry);
}

grpc::StatusCode to_status_code(std::uint32_t usp_code) {
  return static_cast<grpc::StatusCode>(to_grpc(static_cast<usp::ErrorCode>(usp_code)));
}

grpc::Status to_status(std::uint32_t usp_code, const std::string& text) {
  v1::DeviceError detail;
  fill(usp_code, text, &detail);
  return status_of(usp_code, text, detail);
}

grpc::Status to_status(const usp_msg::Error& error) {
  v1::DeviceError detail;
  fill(error, &detail);
  if (error.param_errs_size() == 0) return status_of(error.err_code(), error.err_msg(), detail);
  // The first culprit says more than the summary.
  const auto& culprit = error.param_errs(0);
  return status_of(culprit.err_code(), culprit.param_path() + ": " + culprit.err_msg(), detail);
}

void fill(std::uint32_t usp_code, const std::string& text, v1::DeviceError* out) {
  out->set_usp_code(usp_code);
  out->set_message(text);
  out->set_cwmp_fault(fault_in(text));
}

void fill(const usp_msg::Error& error, v1::DeviceError* out) {
  fill(error.err_code(), error.err_msg(), out);
  for (const auto& each : error.param_errs()) {
    auto* parameter = out->add_parameters();
    parameter->set_path(each.param_path());
    parameter->set_usp_code(each.err_code());
    parameter->set_message(each.err_msg());
    parameter->set_cwmp_fault(fault_in(each.err_msg()));
    if (out->cwmp_fault() == 0) out->set_cwmp_fault(parameter->cwmp_fault());
  }
}

}  // namespace bridge::control
