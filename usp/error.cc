#include "usp/error.h"

namespace usp {

const char* name_of(ErrorCode code) {
  switch (code) {
    case ErrorCode::kNone:
      return "No error";
    case ErrorCode::kMessageFailed:
      return "Message failed";
    case ErrorCode::kMessageNotSupported:
      return "Message not supported";
    case ErrorCode::kRequestDenied:
      return "Request denied";
    case ErrorCode::kInternalError:
      return "Internal error";
    case ErrorCode::kInvalidArguments:
      return "Invalid arguments";
    case ErrorCode::kResourcesExceeded:
      return "Resources exceeded";
    case ErrorCode::kPermissionDenied:
      return "Permission denied";
    case ErrorCode::kInvalidConfiguration:
      return "Invalid configuration";
    case ErrorCode::kInvalidPathSyntax:
      return "Invalid path syntax";
    case ErrorCode::kParameterActionFailed:
      return "Parameter action failed";
    case ErrorCode::kUnsupportedParameter:
      return "Unsupported parameter";
    case ErrorCode::kInvalidType:
      return "Invalid type";
    case ErrorCode::kInvalidValue:
      return "Invalid value";
    case ErrorCode::kNotWriteable:
      return "Attempt to update non-writeable parameter";
    case ErrorCode::kValueConflict:
      return "Value conflict";
    case ErrorCode::kOperationError:
      return "Operation error";
    case ErrorCode::kObjectDoesNotExist:
      return "Object does not exist";
    case ErrorCode::kObjectNotCreated:
      return "Object could not be created";
    case ErrorCode::kNotATable:
      return "Object is not a table";
    case ErrorCode::kNotCreatable:
      return "Attempt to create non-creatable object";
    case ErrorCode::kObjectNotUpdated:
      return "Object could not be updated";
    case ErrorCode::kRequiredParameterFailed:
      return "Required parameter failed";
    case ErrorCode::kCommandFailure:
      return "Command failure";
    case ErrorCode::kCommandCanceled:
      return "Command canceled";
    case ErrorCode::kDeleteFailure:
      return "Delete failure";
    case ErrorCode::kDuplicateKey:
      return "Object exists with duplicate key";
    case ErrorCode::kInvalidPath:
      return "Invalid path";
    case ErrorCode::kInvalidCommandArguments:
      return "Invalid command arguments";
    case ErrorCode::kRegisterFailure:
      return "Register failure";
    case ErrorCode::kAlreadyInUse:
      return "Already in use";
    case ErrorCode::kDeregisterFailure:
      return "Deregister failure";
    case ErrorCode::kPathAlreadyRegistered:
      return "Path already registered";
    case ErrorCode::kRecordNotParsed:
      return "Record could not be parsed";
    case ErrorCode::kSecureSessionRequired:
      return "Secure session required";
    case ErrorCode::kSecureSessionNotSupported:
      return "Secure session not supported";
    case ErrorCode::kSegmentationNotSupported:
      return "Segmentation and reassembly not supported";
    case ErrorCode::kInvalidRecordValue:
      return "Invalid Record value";
    case ErrorCode::kSessionContextTerminated:
      return "Session Context terminated";
    case ErrorCode::kSessionContextNotAllowed:
      return "Session Context not allowed";
    case ErrorCode::kDeviceNotReached:
      return "Device not reached";
    case ErrorCode::kOutcomeUnknown:
      return "Outcome unknown";
  }
  return "Unknown error";
}

}  // namespace usp
