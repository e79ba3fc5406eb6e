// CWMP faults as values (TR-069 A.5).
#pragma once

#include <cstdint>
#include <string>
#include <tl/expected.hpp>
#include <vector>

namespace cwmp {

/// Fault codes, CPE to ACS (9xxx, TR-069 A.5.1) and ACS to CPE (8xxx, A.5.2). Codes of vendors
/// (9800 to 9899, 8800 to 8899) and codes this list does not know are kept as their number.
enum class FaultCode : std::uint32_t {
  kAcsMethodNotSupported = 8000,
  kAcsRequestDenied = 8001,
  kAcsInternalError = 8002,
  kAcsInvalidArguments = 8003,
  kAcsResourcesExceeded = 8004,
  kAcsRetryRequest = 8005,
  kAcsVersionMismatch = 8006,
  kMethodNotSupported = 9000,
  kRequestDenied = 9001,
  kInternalError = 9002,
  kInvalidArguments = 9003,
  kResourcesExceeded = 9004,
  kInvalidParameterName = 9005,
  kInvalidParameterType = 9006,
  kInvalidParameterValue = 9007,
  kNotWritable = 9008,
  kNotificationRejected = 9009,
  kDownloadFailure = 9010,
  kUploadFailure = 9011,
  kFileServerAuthentication = 9012,
  kFileServerProtocol = 9013,
  kMulticastGroup = 9014,
  kFileServerUnreachable = 9015,
  kFileAccess = 9016,
  kDownloadIncomplete = 9017,
  kFileCorrupted = 9018,
  kFileAuthentication = 9019,
  kOutsideTimeWindows = 9020,
  kCancelNotPermitted = 9021,
  kInvalidUuid = 9022,
  kUnknownExecutionEnvironment = 9023,
  kDisabledExecutionEnvironment = 9024,
  kUnitEnvironmentMismatch = 9025,
  kDuplicateDeploymentUnit = 9026,
  kUnitResourcesExceeded = 9027,
  kUnknownDeploymentUnit = 9028,
  kInvalidUnitState = 9029,
  kDowngradeNotAllowed = 9030,
  kUnitVersionMissing = 9031,
  kUnitVersionExists = 9032,
};

/// One culprit of a refused SetParameterValues.
struct ParameterFault {
  std::string name;
  FaultCode code = FaultCode::kInternalError;
  std::string text;
  bool operator==(const ParameterFault&) const = default;
};

/// A CWMP fault: an error value inside, a SOAP fault on the wire.
struct Fault {
  FaultCode code = FaultCode::kInternalError;
  std::string text;                        ///< FaultString and log text; never a credential
  std::vector<ParameterFault> parameters;  ///< SetParameterValuesFault, only with 9003
  bool operator==(const Fault&) const = default;
};

template <class T>
using Result = tl::expected<T, Fault>;

inline tl::unexpected<Fault> fail(FaultCode code, std::string text) {
  return tl::unexpected(Fault{code, std::move(text), {}});
}

}  // namespace cwmp
