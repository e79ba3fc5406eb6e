#include "bridge/fault_map.h"

#include <gtest/gtest.h>

namespace bridge {
namespace {

using cwmp::FaultCode;
using usp::ErrorCode;

constexpr FaultContext kContexts[] = {
    FaultContext::kGet,    FaultContext::kSetParameter, FaultContext::kSet,     FaultContext::kAdd,
    FaultContext::kDelete, FaultContext::kOperate,      FaultContext::kTransfer};

ErrorCode stated_default(FaultContext context) {
  switch (context) {
    case FaultContext::kGet:
      return ErrorCode::kInternalError;
    case FaultContext::kSetParameter:
      return ErrorCode::kParameterActionFailed;
    case FaultContext::kSet:
      return ErrorCode::kObjectNotUpdated;
    case FaultContext::kAdd:
      return ErrorCode::kObjectNotCreated;
    case FaultContext::kDelete:
      return ErrorCode::kDeleteFailure;
    case FaultContext::kOperate:
    case FaultContext::kTransfer:
      return ErrorCode::kCommandFailure;
  }
  return ErrorCode::kNone;
}

TEST(FaultMap, EveryCodeOfTheStandardHasANameAndAUspCodeInEveryContext) {
  const auto check = [](std::uint32_t number) {
    const auto code = static_cast<FaultCode>(number);
    EXPECT_NE(fault_name(code), "Unknown fault") << number;
    for (const FaultContext context : kContexts) {
      const auto usp_code = static_cast<std::uint32_t>(to_usp(code, context));
      EXPECT_GE(usp_code, 7000U) << number;
      EXPECT_LE(usp_code, 7031U) << number;
    }
  };
  for (std::uint32_t number = 9000; number <= 9032; ++number) check(number);
  for (std::uint32_t number = 8000; number <= 8006; ++number) check(number);
}

TEST(FaultMap, CodesOfVendorsAndUnknownOnesGetTheStatedDefault) {
  for (const std::uint32_t number : {0U, 1U, 8800U, 8999U, 9033U, 9800U, 9899U, 9999U}) {
    for (const FaultContext context : kContexts) {
      EXPECT_EQ(to_usp(static_cast<FaultCode>(number), context), stated_default(context));
    }
  }
  EXPECT_EQ(fault_name(static_cast<FaultCode>(9800)), "Vendor fault");
  EXPECT_EQ(fault_name(static_cast<FaultCode>(9799)), "Unknown fault");
}

struct MapRow {
  FaultCode code;
  FaultContext context;
  ErrorCode expected;
};

TEST(FaultMap, TellsTheControllerWhatItCanActOn) {
  const MapRow rows[] = {
      {FaultCode::kInvalidParameterName, FaultContext::kGet, ErrorCode::kInvalidPath},
      {FaultCode::kInvalidParameterName, FaultContext::kSetParameter,
       ErrorCode::kUnsupportedParameter},
      {FaultCode::kInvalidParameterType, FaultContext::kSetParameter, ErrorCode::kInvalidType},
      {FaultCode::kInvalidParameterValue, FaultContext::kSetParameter, ErrorCode::kInvalidValue},
      {FaultCode::kNotWritable, FaultContext::kSetParameter, ErrorCode::kNotWriteable},
      {FaultCode::kResourcesExceeded, FaultContext::kAdd, ErrorCode::kResourcesExceeded},
      {FaultCode::kInvalidParameterName, FaultContext::kDelete, ErrorCode::kObjectDoesNotExist},
      {FaultCode::kFileServerUnreachable, FaultContext::kTransfer, ErrorCode::kCommandFailure},
      {FaultCode::kRequestDenied, FaultContext::kSet, ErrorCode::kRequestDenied},
  };
  for (const MapRow& row : rows) EXPECT_EQ(to_usp(row.code, row.context), row.expected);
}

TEST(FaultMap, EveryUspCodeHasAGrpcStatus) {
  EXPECT_EQ(to_grpc(ErrorCode::kNone), 0);
  for (std::uint32_t number = 7000; number <= 7999; ++number) {
    const int status = to_grpc(static_cast<ErrorCode>(number));
    EXPECT_GE(status, 1) << number;
    EXPECT_LE(status, 16) << number;
  }
  EXPECT_EQ(to_grpc(ErrorCode::kDeviceNotReached), 4);
  EXPECT_EQ(to_grpc(ErrorCode::kInvalidPath), 5);
  EXPECT_EQ(to_grpc(ErrorCode::kPermissionDenied), 7);
}

TEST(FaultMap, ADeviceHearsCodesOfAcsOnly) {
  for (std::uint32_t number = 7000; number <= 7999; ++number) {
    const auto code = static_cast<std::uint32_t>(to_cwmp(static_cast<ErrorCode>(number)));
    EXPECT_GE(code, 8000U);
    EXPECT_LE(code, 8006U);
  }
}

TEST(FaultMap, OnlyFaultsOfTheMomentAreTransient) {
  EXPECT_TRUE(is_transient(FaultCode::kResourcesExceeded));
  EXPECT_FALSE(is_transient(FaultCode::kInvalidParameterName));
}

}  // namespace
}  // namespace bridge
