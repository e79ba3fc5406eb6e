// Error codes of the three sides, in one table: CWMP (TR-069 A.5), USP (TR-369 "Error Codes"),
// gRPC.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "cwmp/fault.h"
#include "usp/error.h"

namespace bridge {

/// What was being done when the CPE answered with a fault.
enum class FaultContext : std::uint8_t {
  kGet,
  kSetParameter,  ///< one parameter of a Set or an Add
  kSet,           ///< a Set as a whole
  kAdd,
  kDelete,
  kOperate,   ///< a command's RPC, or setting a diagnostic's arguments
  kTransfer,  ///< the outcome of a Download or Upload (TransferComplete)
};

/// Codes without a row of their own: kGet kInternalError, kSetParameter kParameterActionFailed,
/// kSet kObjectNotUpdated, kAdd kObjectNotCreated, kDelete kDeleteFailure, kOperate and kTransfer
/// kCommandFailure.
usp::ErrorCode to_usp(cwmp::FaultCode code, FaultContext context);

/// Number of a grpc::StatusCode; 0 only for kNone. This folder's gRPC part casts it.
int to_grpc(usp::ErrorCode code);

/// What the CPE hears when we refuse its request (8000 to 8006).
cwmp::FaultCode to_cwmp(usp::ErrorCode code);

/// Name in TR-069, "Invalid parameter name"; "Vendor fault" for 9800 to 9899; "Unknown fault".
std::string_view fault_name(cwmp::FaultCode code);

/// For people: "the device answered 9003 Invalid arguments: ...".
std::string describe(const cwmp::Fault& fault);

/// The FaultCode in such a text; 0: there is none.
std::uint32_t fault_in(std::string_view text);

/// May the same request succeed when simply sent again (9001, 9002, 9004)?
bool is_transient(cwmp::FaultCode code);

}  // namespace bridge
