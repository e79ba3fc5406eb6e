#include "bridge/fault_map.h"

#include <algorithm>
#include <array>
#include <charconv>

namespace bridge {

namespace {

const std::string kAnswered = "the device answered ";

using cwmp::FaultCode;
using usp::ErrorCode;

constexpr std::size_t kContexts = 7;

/// One row per CWMP code: what it becomes in each context, in the order of FaultContext.
struct Row {
  FaultCode cwmp;
  std::string_view name;
  std::array<ErrorCode, kContexts> usp;
};

// Columns: kGet, kSetParameter, kSet, kAdd, kDelete, kOperate, kTransfer. kDefault is the last
// row's.
constexpr ErrorCode kDefault = ErrorCode::kNone;
constexpr ErrorCode kDenied = ErrorCode::kRequestDenied;
constexpr ErrorCode kResources = ErrorCode::kResourcesExceeded;
constexpr ErrorCode kCommand = ErrorCode::kCommandFailure;

constexpr std::array<ErrorCode, kContexts> kOtherwise = {ErrorCode::kInternalError,
                                                         ErrorCode::kParameterActionFailed,
                                                         ErrorCode::kObjectNotUpdated,
                                                         ErrorCode::kObjectNotCreated,
                                                         ErrorCode::kDeleteFailure,
                                                         kCommand,
                                                         kCommand};

constexpr std::array<ErrorCode, kContexts> kTransferOnly = {kDefault, kDefault, kDefault, kDefault,
                                                            kDefault, kCommand, kCommand};

constexpr std::array kRows{
    Row{FaultCode::kMethodNotSupported,
        "Method not supported",
        {ErrorCode::kInternalError, ErrorCode::kNotWriteable, ErrorCode::kNotWriteable,
         ErrorCode::kNotCreatable, ErrorCode::kNotCreatable, kCommand, kCommand}},
    Row{FaultCode::kRequestDenied,
        "Request denied",
        {kDenied, kDenied, kDenied, kDenied, kDenied, kDenied, kDenied}},
    Row{FaultCode::kInternalError,
        "Internal error",
        {kDefault, kDefault, kDefault, kDefault, kDefault, kDefault, kDefault}},
    Row{FaultCode::kInvalidArguments,
        "Invalid arguments",
        {kDefault, ErrorCode::kInvalidValue, kDefault, kDefault, kDefault,
         ErrorCode::kInvalidCommandArguments, kDefault}},
    Row{FaultCode::kResourcesExceeded,
        "Resources exceeded",
        {kResources, kResources, kResources, kResources, kResources, kResources, kResources}},
    Row{FaultCode::kInvalidParameterName,
        "Invalid parameter name",
        {ErrorCode::kInvalidPath, ErrorCode::kUnsupportedParameter, ErrorCode::kObjectDoesNotExist,
         ErrorCode::kObjectDoesNotExist, ErrorCode::kObjectDoesNotExist,
         ErrorCode::kInvalidCommandArguments, kDefault}},
    Row{FaultCode::kInvalidParameterType,
        "Invalid parameter type",
        {kDefault, ErrorCode::kInvalidType, kDefault, kDefault, kDefault,
         ErrorCode::kInvalidCommandArguments, kDefault}},
    Row{FaultCode::kInvalidParameterValue,
        "Invalid parameter value",
        {kDefault, ErrorCode::kInvalidValue, kDefault, kDefault, kDefault,
         ErrorCode::kInvalidCommandArguments, kDefault}},
    Row{FaultCode::kNotWritable,
        "Parameter is not writable",
        {kDefault, ErrorCode::kNotWriteable, ErrorCode::kNotWriteable, ErrorCode::kNotCreatable,
         ErrorCode::kNotCreatable, ErrorCode::kInvalidCommandArguments, kDefault}},
    Row{FaultCode::kNotificationRejected,
        "Notification request rejected",
        {kDefault, kDenied, kDenied, kDefault, kDefault, kDefault, kDefault}},
    Row{FaultCode::kDownloadFailure, "File transfer failed", kTransferOnly},
    Row{FaultCode::kUploadFailure, "Upload failed", kTransferOnly},
    Row{FaultCode::kFileServerAuthentication, "File server refused the credentials", kTransferOnly},
    Row{FaultCode::kFileServerProtocol, "File server protocol not supported", kTransferOnly},
    Row{FaultCode::kMulticastGroup, "Cannot join the multicast group", kTransferOnly},
    Row{FaultCode::kFileServerUnreachable, "File server cannot be reached", kTransferOnly},
    Row{FaultCode::kFileAccess, "File cannot be read", kTransferOnly},
    Row{FaultCode::kDownloadIncomplete, "Download could not be completed", kTransferOnly},
    Row{FaultCode::kFileCorrupted, "File is corrupt or unusable", kTransferOnly},
    Row{FaultCode::kFileAuthentication, "File authentication failed", kTransferOnly},
    Row{FaultCode::kOutsideTimeWindows, "Not within the time windows", kTransferOnly},
    Row{FaultCode::kCancelNotPermitted, "Transfer cannot be cancelled now", kTransferOnly},
    Row{FaultCode::kInvalidUuid, "Invalid UUID format", kTransferOnly},
    Row{FaultCode::kUnknownExecutionEnvironment, "Unknown execution environment", kTransferOnly},
    Row{FaultCode::kDisabledExecutionEnvironment, "Disabled execution environment", kTransferOnly},
    Row{FaultCode::kUnitEnvironmentMismatch, "Deployment unit does not fit the environment",
        kTransferOnly},
    Row{FaultCode::kDuplicateDeploymentUnit, "Deployment unit is already there", kTransferOnly},
    Row{FaultCode::kUnitResourcesExceeded,
        "Resources for the unit exceeded",
        {kResources, kResources, kResources, kResources, kResources, kResources, kResources}},
    Row{FaultCode::kUnknownDeploymentUnit, "Unknown deployment unit", kTransferOnly},
    Row{FaultCode::kInvalidUnitState, "Deployment unit is in the wrong state", kTransferOnly},
    Row{FaultCode::kDowngradeNotAllowed, "Downgrade not allowed", kTransferOnly},
    Row{FaultCode::kUnitVersionMissing, "Version missing", kTransferOnly},
    Row{FaultCode::kUnitVersionExists, "Version exists already", kTransferOnly},
    Row{FaultCode::kAcsMethodNotSupported, "ACS: method not supported", kOtherwise},
    Row{FaultCode::kAcsRequestDenied, "ACS: request denied", kOtherwise},
    Row{FaultCode::kAcsInternalError, "ACS: internal error", kOtherwise},
    Row{FaultCode::kAcsInvalidArguments, "ACS: invalid arguments", kOtherwise},
    Row{FaultCode::kAcsResourcesExceeded, "ACS: resources exceeded", kOtherwise},
    Row{FaultCode::kAcsRetryRequest, "ACS: retry request", kOtherwise},
    Row{FaultCode::kAcsVersionMismatch, "ACS: CWMP version does not fit", kOtherwise},
};

const Row* find_row(FaultCode code) {
  const auto* found =
      std::find_if(kRows.begin(), kRows.end(), [code](const Row& row) { return row.cwmp == code; });
  return found == kRows.end() ? nullptr : found;
}

// Numbers of grpc::StatusCode.
constexpr int kGrpcOk = 0;
constexpr int kGrpcUnknown = 2;
constexpr int kGrpcInvalidArgument = 3;
constexpr int kGrpcDeadlineExceeded = 4;
constexpr int kGrpcNotFound = 5;
constexpr int kGrpcAlreadyExists = 6;
constexpr int kGrpcPermissionDenied = 7;
constexpr int kGrpcResourceExhausted = 8;
constexpr int kGrpcFailedPrecondition = 9;
constexpr int kGrpcAborted = 10;
constexpr int kGrpcUnimplemented = 12;
constexpr int kGrpcInternal = 13;

}  // namespace

usp::ErrorCode to_usp(cwmp::FaultCode code, FaultContext context) {
  const auto column = static_cast<std::size_t>(context);
  const Row* row = find_row(code);
  const ErrorCode mapped = row == nullptr ? kDefault : row->usp.at(column);
  return mapped == kDefault ? kOtherwise.at(column) : mapped;
}

int to_grpc(usp::ErrorCode code) {
  switch (code) {
    case ErrorCode::kNone:
      return kGrpcOk;
    case ErrorCode::kMessageNotSupported:
      return kGrpcUnimplemented;
    case ErrorCode::kRequestDenied:
    case ErrorCode::kPermissionDenied:
      return kGrpcPermissionDenied;
    case ErrorCode::kInvalidArguments:
    case ErrorCode::kInvalidPathSyntax:
    case ErrorCode::kInvalidType:
    case ErrorCode::kInvalidValue:
    case ErrorCode::kInvalidConfiguration:
    case ErrorCode::kInvalidCommandArguments:
    case ErrorCode::kNotATable:
    case ErrorCode::kUnsupportedParameter:
    case ErrorCode::kRequiredParameterFailed:
    case ErrorCode::kRecordNotParsed:
    case ErrorCode::kInvalidRecordValue:
      return kGrpcInvalidArgument;
    case ErrorCode::kResourcesExceeded:
      return kGrpcResourceExhausted;
    case ErrorCode::kInvalidPath:
    case ErrorCode::kObjectDoesNotExist:
      return kGrpcNotFound;
    case ErrorCode::kDuplicateKey:
    case ErrorCode::kAlreadyInUse:
    case ErrorCode::kPathAlreadyRegistered:
      return kGrpcAlreadyExists;
    case ErrorCode::kNotWriteable:
    case ErrorCode::kNotCreatable:
    case ErrorCode::kValueConflict:
    case ErrorCode::kParameterActionFailed:
    case ErrorCode::kOperationError:
    case ErrorCode::kObjectNotCreated:
    case ErrorCode::kObjectNotUpdated:
    case ErrorCode::kDeleteFailure:
    case ErrorCode::kCommandFailure:
    case ErrorCode::kRegisterFailure:
    case ErrorCode::kDeregisterFailure:
    case ErrorCode::kSecureSessionRequired:
    case ErrorCode::kSecureSessionNotSupported:
    case ErrorCode::kSegmentationNotSupported:
    case ErrorCode::kSessionContextTerminated:
    case ErrorCode::kSessionContextNotAllowed:
      return kGrpcFailedPrecondition;
    case ErrorCode::kCommandCanceled:
      return kGrpcAborted;  // CANCELLED is what a client hears of its own call
    case ErrorCode::kMessageFailed:
    case ErrorCode::kInternalError:
      return kGrpcInternal;
    case ErrorCode::kDeviceNotReached:
      return kGrpcDeadlineExceeded;
    case ErrorCode::kOutcomeUnknown:
      return kGrpcUnknown;
  }
  return kGrpcFailedPrecondition;  // a code of a vendor, or of a newer standard
}

cwmp::FaultCode to_cwmp(usp::ErrorCode code) {
  switch (code) {
    case ErrorCode::kMessageNotSupported:
      return FaultCode::kAcsMethodNotSupported;
    case ErrorCode::kRequestDenied:
    case ErrorCode::kPermissionDenied:
      return FaultCode::kAcsRequestDenied;
    case ErrorCode::kInvalidArguments:
    case ErrorCode::kInvalidPathSyntax:
    case ErrorCode::kInvalidType:
    case ErrorCode::kInvalidValue:
    case ErrorCode::kInvalidCommandArguments:
      return FaultCode::kAcsInvalidArguments;
    case ErrorCode::kResourcesExceeded:
      return FaultCode::kAcsResourcesExceeded;
    default:
      return FaultCode::kAcsInternalError;
  }
}

std::string_view fault_name(cwmp::FaultCode code) {
  if (const Row* row = find_row(code)) return row->name;
  const auto number = static_cast<std::uint32_t>(code);
  const bool vendor = (number >= 9800 && number <= 9899) || (number >= 8800 && number <= 8899);
  return vendor ? "Vendor fault" : "Unknown fault";
}

std::string describe(const cwmp::Fault& fault) {
  std::string out = kAnswered + std::to_string(static_cast<unsigned>(fault.code)) + " " +
                    std::string(fault_name(fault.code));
  if (!fault.text.empty()) out += ": " + fault.text;
  return out;
}

std::uint32_t fault_in(std::string_view text) {
  const std::size_t at = text.find(kAnswered);
  if (at == std::string_view::npos) return 0;
  text.remove_prefix(at + kAnswered.size());
  std::uint32_t code = 0;
  std::from_chars(text.data(), text.data() + text.size(), code);
  return code;
}

bool is_transient(cwmp::FaultCode code) {
  return code == FaultCode::kRequestDenied || code == FaultCode::kInternalError ||
         code == FaultCode::kResourcesExceeded;
}

}  // namespace bridge
