#include "cwmp/message.h"

#include <gmock/gmock.h>

#include <set>

#include "tests/cwmp/samples.h"

namespace cwmp {
namespace {

using testing::Eq;

TEST(CwmpMessage, SamplesCoverEveryAlternative) {
  std::set<std::size_t> seen;
  for (const Message& message : testing_samples::all()) {
    seen.insert(message.index());
  }
  EXPECT_EQ(seen.size(), std::variant_size_v<Message>);
}

TEST(CwmpMessage, NamesAreThoseOfTheStandard) {
  EXPECT_EQ(method_name(Message(GetRPCMethods{})), "GetRPCMethods");
  EXPECT_EQ(method_name(AcsRequest(GetAllQueuedTransfers{})), "GetAllQueuedTransfers");
  EXPECT_EQ(method_name(CpeResponse(SetParameterValuesResponse{})), "SetParameterValuesResponse");
  EXPECT_EQ(method_name(CpeRequest(UnknownRequest{"Kicked"})), "Kicked");
  EXPECT_EQ(method_name(AcsResponse(Fault{})), "Fault");
}

// Widening and narrowing again gives the same value, and only where the kind fits.
template <class Kind, class Narrow>
void expect_round_trip(Narrow narrow, std::size_t alternatives) {
  std::size_t narrowed = 0;
  for (const Message& message : testing_samples::all()) {
    Message copy = message;
    std::optional<Kind> kind = narrow(std::move(copy));
    if (!kind) {
      EXPECT_EQ(copy, message) << "a refused message must stay whole";
      continue;
    }
    ++narrowed;
    EXPECT_EQ(to_message(*kind), message);
    EXPECT_EQ(method_name(*kind), method_name(message));
  }
  EXPECT_EQ(narrowed, alternatives);
}

TEST(CwmpMessage, NarrowsToEachKind) {
  expect_round_trip<AcsRequest>([](Message&& m) { return to_acs_request(std::move(m)); },
                                std::variant_size_v<AcsRequest>);
  expect_round_trip<CpeResponse>([](Message&& m) { return to_cpe_response(std::move(m)); },
                                 std::variant_size_v<CpeResponse>);
  expect_round_trip<CpeRequest>([](Message&& m) { return to_cpe_request(std::move(m)); },
                                std::variant_size_v<CpeRequest>);
  expect_round_trip<AcsResponse>([](Message&& m) { return to_acs_response(std::move(m)); },
                                 std::variant_size_v<AcsResponse>);
}

TEST(CwmpMessage, AnswersMatchByTypeAndFaultsAnswerAll) {
  EXPECT_TRUE(answers(CpeResponse(AddObjectResponse{}), AcsRequest(AddObject{})));
  EXPECT_FALSE(answers(CpeResponse(AddObjectResponse{}), AcsRequest(DeleteObject{})));
  EXPECT_TRUE(answers(CpeResponse(Fault{}), AcsRequest(DeleteObject{})));
  EXPECT_TRUE(answers(AcsResponse(TransferCompleteResponse{}), CpeRequest(TransferComplete{})));
  EXPECT_FALSE(
      answers(AcsResponse(AutonomousTransferCompleteResponse{}), CpeRequest(TransferComplete{})));
}

}  // namespace
}  // namespace cwmp
