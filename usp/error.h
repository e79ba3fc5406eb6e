// USP errors as values (TR-369 "Error Codes" and "USP Record Errors").
#pragma once

#include <cstdint>
#include <string>
#include <tl/expected.hpp>
#include <utility>
#include <vector>

namespace usp {

enum class ErrorCode : std::uint32_t {
  kNone = 0,
  kMessageFailed = 7000,
  kMessageNotSupported = 7001,
  kRequestDenied = 7002,
  kInternalError = 7003,
  kInvalidArguments = 7004,
  kResourcesExceeded = 7005,
  kPermissionDenied = 7006,
  kInvalidConfiguration = 7007,
  kInvalidPathSyntax = 7008,
  kParameterActionFailed = 7009,
  kUnsupportedParameter = 7010,
  kInvalidType = 7011,
  kInvalidValue = 7012,
  kNotWriteable = 7013,
  kValueConflict = 7014,
  kOperationError = 7015,
  kObjectDoesNotExist = 7016,
  kObjectNotCreated = 7017,
  kNotATable = 7018,
  kNotCreatable = 7019,
  kObjectNotUpdated = 7020,
  kRequiredParameterFailed = 7021,
  kCommandFailure = 7022,
  kCommandCanceled = 7023,
  kDeleteFailure = 7024,
  kDuplicateKey = 7025,
  kInvalidPath = 7026,
  kInvalidCommandArguments = 7027,
  kRegisterFailure = 7028,
  kAlreadyInUse = 7029,
  kDeregisterFailure = 7030,
  kPathAlreadyRegistered = 7031,

  kRecordNotParsed = 7100,
  kSecureSessionRequired = 7101,
  kSecureSessionNotSupported = 7102,
  kSegmentationNotSupported = 7103,
  kInvalidRecordValue = 7104,
  kSessionContextTerminated = 7105,
  kSessionContextNotAllowed = 7106,

  // Ours, out of the range left to vendors (7800 to 7999).
  kDeviceNotReached = 7801,  ///< the device did not take the request before the deadline
  kOutcomeUnknown = 7802,    ///< the device may have taken the request; no answer came
};

/// The name a standard's reader knows the code by, for err_msg where nothing better is at hand.
const char* name_of(ErrorCode code);

/// One parameter or object that is to blame. `path` is a full path in an Error message and
/// relative to its object elsewhere.
struct ParamError {
  std::string path;
  ErrorCode code = ErrorCode::kInternalError;
  std::string text;
  bool operator==(const ParamError&) const = default;
};

struct Error {
  ErrorCode code = ErrorCode::kInternalError;
  std::string text;  ///< err_msg and log text; never a value of a secret parameter
  std::vector<ParamError> params;
  bool operator==(const Error&) const = default;
};

template <class T>
using Result = tl::expected<T, Error>;

inline tl::unexpected<Error> fail(ErrorCode code, std::string text) {
  return tl::unexpected(Error{code, std::move(text), {}});
}

}  // namespace usp
