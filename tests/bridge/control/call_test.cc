#include "bridge/control/call.h"

#include <gmock/gmock.h>
#include <google/protobuf/duration.pb.h>
#include <google/protobuf/timestamp.pb.h>

#include <limits>

#include "proto/usp/usp_msg.pb.h"
#include "usp/error.h"

namespace bridge::control {
namespace {

using grpc::StatusCode;
using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::StartsWith;
using Time = std::chrono::system_clock::time_point;

google::protobuf::Duration duration(std::int64_t whole_seconds, std::int32_t nanos = 0) {
  google::protobuf::Duration out;
  out.set_seconds(whole_seconds);
  out.set_nanos(nanos);
  return out;
}

// ---- timeouts -----------------------------------------------------------------------------------

TEST(CallTimeout, IsNothingWhereItIsNotSet) {
  EXPECT_EQ(timeout_field(false, duration(5)).value(), std::nullopt);
}

TEST(CallTimeout, IsTakenUpToAWeekAndDownToAMillisecond) {
  EXPECT_EQ(timeout_field(true, duration(1, 500'000'000)).value(), milliseconds(1500));
  EXPECT_EQ(timeout_field(true, duration(0, 1'000'000)).value(), milliseconds(1));
  EXPECT_EQ(timeout_field(true, duration(604'800)).value(), hours(24 * 7));
}

TEST(CallTimeout, IsRefusedWhenItIsNoneOrTooLong) {
  constexpr auto kMost = std::numeric_limits<std::int64_t>::max();
  // The last but two would be 384 ms had it wrapped around in milliseconds.
  for (const auto& bad :
       {duration(0), duration(-1), duration(0, 999'999), duration(604'800, 1'000'000),
        duration(604'801), duration(1, -1), duration(1, 1'000'000'000),
        duration(18'446'744'073'709'552), duration(kMost), duration(-kMost)}) {
    auto timeout = timeout_field(true, bad);
    ASSERT_FALSE(timeout) << bad.ShortDebugString();
    EXPECT_EQ(timeout.error().error_code(), StatusCode::INVALID_ARGUMENT);
    EXPECT_THAT(timeout.error().error_message(), StartsWith("timeout: "));
  }
}

TEST(CallLimit, IsWhatIsAskedForElseTheUsual) {
  EXPECT_EQ(call_limit(milliseconds(500), seconds(30), Time::max(), Time()), milliseconds(500));
  EXPECT_EQ(call_limit(std::nullopt, seconds(30), Time::max(), Time()), seconds(30));
  EXPECT_EQ(call_limit(std::nullopt, milliseconds(0), Time::max(), Time()), milliseconds(0));
}

TEST(CallLimit, LeavesTimeForTheAnswerBeforeTheClientGivesUp) {
  Time now(hours(1));

  EXPECT_EQ(call_limit(std::nullopt, seconds(30), now + seconds(1), now), milliseconds(900));
  EXPECT_EQ(call_limit(hours(1), seconds(30), now + seconds(20), now), milliseconds(19'750));
  EXPECT_EQ(call_limit(std::nullopt, milliseconds(0), now + seconds(20), now),
            milliseconds(19'750));
}

TEST(CallLimit, IsNotPutOffByADistantDeadline) {
  Time now(hours(1));

  EXPECT_EQ(call_limit(std::nullopt, seconds(30), now + hours(1), now), seconds(30));
  EXPECT_EQ(call_limit(seconds(5), seconds(30), now + hours(1), now), seconds(5));
}

TEST(CallLimit, IsNeverZeroWhenTheDeadlineHasPassed) {
  Time now(hours(1));

  EXPECT_EQ(call_limit(std::nullopt, seconds(30), now - seconds(5), now), milliseconds(1));
  EXPECT_EQ(call_limit(std::nullopt, milliseconds(0), now, now), milliseconds(1));
}

// ---- pages --------------------------------------------------------------------------------------

TEST(Page, HasFiftyRowsUnlessAskedAndAThousandAtMost) {
  EXPECT_EQ(page_size(0).value(), 50U);
  EXPECT_EQ(page_size(1).value(), 1U);
  EXPECT_EQ(page_size(1000).value(), 1000U);
  EXPECT_EQ(page_size(1001).value(), 1000U);
  EXPECT_EQ(page_size(std::numeric_limits<std::int32_t>::max()).value(), 1000U);
  EXPECT_EQ(page_size(-1).error().error_code(), StatusCode::INVALID_ARGUMENT);
}

TEST(Page, TokenIsOneOfOursOrRefused) {
  EXPECT_EQ(parse_page_id("", "a").value(), 0);
  EXPECT_EQ(parse_page_id(page_token("42", "a"), "a").value(), 42);
  for (const char* bad : {"-1", "x", "1x", " 1", "99999999999999999999", "0x10"}) {
    for (const std::string& token : {std::string(bad), page_token(bad, "a")}) {
      ASSERT_FALSE(parse_page_id(token, "a")) << bad;
      EXPECT_EQ(parse_page_id(token, "a").error().error_code(), StatusCode::INVALID_ARGUMENT);
    }
  }
}

TEST(Page, TokenIsGoodForTheSameListOnly) {
  EXPECT_EQ(parse_page_token(page_token("last", "a"), "a").value(), "last");
  EXPECT_EQ(parse_page_token(page_token("last", "a"), "b").error().error_code(),
            StatusCode::INVALID_ARGUMENT);
}

// ---- errors -------------------------------------------------------------------------------------

TEST(StatusOfUspError, TellsApartWhatACallerCanDoAboutIt) {
  using usp::ErrorCode;
  struct Row {
    ErrorCode usp;
    StatusCode grpc;
  };
  const Row rows[] = {
      {ErrorCode::kMessageFailed, StatusCode::INTERNAL},
      {ErrorCode::kMessageNotSupported, StatusCode::UNIMPLEMENTED},
      {ErrorCode::kRequestDenied, StatusCode::PERMISSION_DENIED},
      {ErrorCode::kInternalError, StatusCode::INTERNAL},
      {ErrorCode::kInvalidArguments, StatusCode::INVALID_ARGUMENT},
      {ErrorCode::kResourcesExceeded, StatusCode::RESOURCE_EXHAUSTED},
      {ErrorCode::kPermissionDenied, StatusCode::PERMISSION_DENIED},
      {ErrorCode::kInvalidConfiguration, StatusCode::INVALID_ARGUMENT},
      {ErrorCode::kInvalidPathSyntax, StatusCode::INVALID_ARGUMENT},
      {ErrorCode::kParameterActionFailed, StatusCode::FAILED_PRECONDITION},
      {ErrorCode::kUnsupportedParameter, StatusCode::INVALID_ARGUMENT},
      {ErrorCode::kInvalidType, StatusCode::INVALID_ARGUMENT},
      {ErrorCode::kInvalidValue, StatusCode::INVALID_ARGUMENT},
      {ErrorCode::kNotWriteable, StatusCode::FAILED_PRECONDITION},
      {ErrorCode::kValueConflict, StatusCode::FAILED_PRECONDITION},
      {ErrorCode::kOperationError, StatusCode::FAILED_PRECONDITION},
      {ErrorCode::kObjectDoesNotExist, StatusCode::NOT_FOUND},
      {ErrorCode::kObjectNotCreated, StatusCode::FAILED_PRECONDITION},
      {ErrorCode::kNotATable, StatusCode::INVALID_ARGUMENT},
      {ErrorCode::kNotCreatable, StatusCode::FAILED_PRECONDITION},
      {ErrorCode::kObjectNotUpdated, StatusCode::FAILED_PRECONDITION},
      {ErrorCode::kRequiredParameterFailed, StatusCode::INVALID_ARGUMENT},
      {ErrorCode::kCommandFailure, StatusCode::FAILED_PRECONDITION},
      {ErrorCode::kCommandCanceled, StatusCode::ABORTED},
      {ErrorCode::kDeleteFailure, StatusCode::FAILED_PRECONDITION},
      {ErrorCode::kDuplicateKey, StatusCode::ALREADY_EXISTS},
      {ErrorCode::kInvalidPath, StatusCode::NOT_FOUND},
      {ErrorCode::kInvalidCommandArguments, StatusCode::INVALID_ARGUMENT},
      {ErrorCode::kDeviceNotReached, StatusCode::DEADLINE_EXCEEDED},
      {ErrorCode::kOutcomeUnknown, StatusCode::UNKNOWN},
  };
  for (const Row& row : rows) {
    EXPECT_EQ(to_status_code(static_cast<std::uint32_t>(row.usp)), row.grpc)
        << static_cast<std::uint32_t>(row.usp);
  }
  EXPECT_EQ(to_status_code(7899), StatusCode::FAILED_PRECONDITION) << "of a vendor";
}

TEST(StatusOfUspError, NamesTheFirstCulprit) {
  usp_msg::Error error;
  error.set_err_code(7021);
  error.set_err_msg("summary");
  EXPECT_EQ(to_status(error).error_message(), "USP 7021: summary");

  for (const char* param : {"Device.A", "Device.B"}) {
    auto* culprit = error.add_param_errs();
    culprit->set_param_path(param);
    culprit->set_err_code(7013);
    culprit->set_err_msg("read-only");
  }
  EXPECT_EQ(to_status(error).error_message(), "USP 7013: Device.A: read-only");
  EXPECT_EQ(to_status(error).error_code(), StatusCode::FAILED_PRECONDITION);
}

TEST(StatusOfError, IsUnavailableWhereTryingAgainMayHelp) {
  for (ErrorKind kind : {ErrorKind::kBusy, ErrorKind::kClosed, ErrorKind::kDiskFull}) {
    EXPECT_EQ(to_status(Error{kind, "why"}).error_code(), StatusCode::UNAVAILABLE);
  }
  for (ErrorKind kind : {ErrorKind::kIo, ErrorKind::kCorrupt, ErrorKind::kInternal}) {
    EXPECT_EQ(to_status(Error{kind, "why"}).error_code(), StatusCode::INTERNAL);
  }
  EXPECT_EQ(to_status(Error{ErrorKind::kIo, "why"}).error_message(), "why");
}

TEST(Timestamp, KeepsMilliseconds) {
  google::protobuf::Timestamp out;
  set_timestamp(1'700'000'000'123, &out);

  EXPECT_EQ(out.seconds(), 1'700'000'000);
  EXPECT_EQ(out.nanos(), 123'000'000);
}

}  // namespace
}  // namespace bridge::control
