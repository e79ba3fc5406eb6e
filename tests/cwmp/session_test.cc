#include "cwmp/session.h"

#include <gmock/gmock.h>

#include "cwmp/soap.h"
#include "tests/cwmp/samples.h"

namespace cwmp {
namespace {

using std::chrono::seconds;
using testing::_;
using testing::HasSubstr;
using testing::VariantWith;
using State = Session::State;

constexpr TimePoint kNow{};

/// Feeds a Session and keeps the last Action.
class Script {
 public:
  explicit Script(SessionOptions options = {}) : session(options) {}

  /// A message of the CPE. The ID defaults to that of the last message of the ACS.
  Script& receive(Message body) { return receive(std::move(body), last_id()); }
  Script& receive(Message body, std::optional<std::string> id) {
    Envelope envelope;
    envelope.header.id = std::move(id);
    envelope.body = std::move(body);
    return receive_envelope(std::move(envelope));
  }
  Script& receive_envelope(Envelope envelope) {
    action = session.on_envelope(std::move(envelope), now);
    return *this;
  }
  Script& empty_post() {
    action = session.on_empty_post(now);
    return *this;
  }
  Script& unreadable() {
    action = session.on_unreadable({FaultCode::kAcsInvalidArguments, "no XML", {}}, now);
    return *this;
  }
  Script& begun() {
    action = session.on_begun(now);
    return *this;
  }
  Script& refused(FaultCode code) {
    action = session.on_refused({code, "no", {}}, now);
    return *this;
  }
  Script& answer(AcsResponse response) {
    action = session.on_answer(std::move(response), now);
    return *this;
  }
  Script& taken() {
    action = session.on_taken(now);
    return *this;
  }
  Script& work(std::optional<AcsRequest> rpc) {
    action = session.on_work(std::move(rpc), now);
    return *this;
  }
  /// Inform taken in and answered.
  Script& started() { return receive(testing_samples::inform(), "inform-1").begun(); }
  /// One RPC on its way.
  Script& open(AcsRequest rpc) { return started().empty_post().work(std::move(rpc)); }

  const Envelope& sent() const {
    static const Envelope kNothing{{}, {}, UnknownRequest{"nothing was sent"}};
    const auto* send = std::get_if<Send>(&action);
    if (send != nullptr) {
      return send->envelope;
    }
    const auto* end = std::get_if<End>(&action);
    return end != nullptr && end->reply ? *end->reply : kNothing;
  }
  std::string_view sent_method() const { return method_name(sent().body); }
  std::optional<std::string> last_id() const { return sent().header.id; }
  template <class T>
  bool is() const {
    return std::holds_alternative<T>(action);
  }
  const CpeResponse& response() const { return std::get<TakeResponse>(action).response; }
  FaultCode fault_code() const {
    const auto* taken = std::get_if<TakeResponse>(&action);
    return taken != nullptr ? std::get<Fault>(taken->response).code
                            : std::get<Fault>(sent().body).code;
  }
  bool noted(DeviationKind kind) const { return session.deviations().has(kind); }

  Session session;
  Action action = SendEmpty{};
  TimePoint now = kNow;
};

// ---- the regular course
// --------------------------------------------------------------------------

TEST(CwmpSession, CommitsTheInformBeforeItIsAnswered) {
  Script script;
  script.receive(testing_samples::inform(), "1");
  ASSERT_TRUE(script.is<Begin>());
  EXPECT_EQ(std::get<Begin>(script.action).inform, testing_samples::inform());
  script.begun();
  EXPECT_EQ(script.sent_method(), "InformResponse");
  EXPECT_EQ(script.last_id(), "1");
}

// quirk 5
TEST(CwmpSession, AnswersAnInformWithoutIdWithoutId) {
  Script script;
  script.receive(testing_samples::inform(), std::nullopt).begun();
  EXPECT_EQ(script.sent_method(), "InformResponse");
  EXPECT_EQ(script.last_id(), std::nullopt);
}

TEST(CwmpSession, RunsToItsEnd) {
  Script script;
  script.started();
  script.receive(TransferComplete{"key", {}, "", ""}, "cpe-1");
  ASSERT_TRUE(script.is<AnswerRequest>());
  script.answer(TransferCompleteResponse{});
  EXPECT_EQ(script.sent_method(), "TransferCompleteResponse");
  EXPECT_EQ(script.last_id(), "cpe-1");
  EXPECT_TRUE(script.empty_post().is<AskForWork>());
  script.work(GetParameterNames{"Device.", true});
  EXPECT_EQ(script.sent_method(), "GetParameterNames");
  EXPECT_TRUE(script.session.rpc_open());
  script.receive(GetParameterNamesResponse{});
  ASSERT_TRUE(script.is<TakeResponse>());
  EXPECT_FALSE(script.session.rpc_open());
  EXPECT_TRUE(script.taken().is<AskForWork>());
  EXPECT_TRUE(script.work(std::nullopt).is<SendEmpty>());
  EXPECT_TRUE(script.session.finished());
  EXPECT_TRUE(script.session.deviations().empty());
}

TEST(CwmpSession, GivesEachRpcItsOwnId) {
  Script script;
  script.open(Reboot{"a"});
  const auto first = script.last_id();
  script.receive(RebootResponse{}).taken().work(Reboot{"b"});
  EXPECT_NE(script.last_id(), first);
  EXPECT_TRUE(script.last_id().has_value());
}

// quirk 4, quirk 9
TEST(CwmpSession, SpeaksTheDialectOfTheInform) {
  const Dialect dialect{"soap_env", "soap_enc", "cw", "urn:dslforum-org:cwmp-1-2"};
  Script script;
  script.receive_envelope({{}, dialect, testing_samples::inform()}).begun();
  EXPECT_EQ(script.sent().dialect, dialect);
  script.empty_post().work(Reboot{});
  EXPECT_EQ(script.sent().dialect, dialect);
}

TEST(CwmpSession, PassesAFaultOfTheCpeOn) {
  Script script;
  script.open(AddObject{"A.", ""}).receive(Fault{FaultCode::kInvalidParameterName, "x", {}});
  EXPECT_EQ(script.fault_code(), FaultCode::kInvalidParameterName);
}

// ---- the Inform
// ----------------------------------------------------------------------------------

class CwmpSessionFirst : public testing::TestWithParam<Message> {};

TEST_P(CwmpSessionFirst, EndsWhenTheFirstMessageIsNotInform) {
  Script script;
  script.receive(GetParam(), "1");
  EXPECT_TRUE(script.is<End>());
  EXPECT_EQ(script.session.state(), State::kFailed);
  EXPECT_TRUE(script.empty_post().is<End>()) << "and stays ended";
}

INSTANTIATE_TEST_SUITE_P(Messages, CwmpSessionFirst,
                         testing::Values(GetRPCMethods{}, TransferComplete{}, RebootResponse{},
                                         Fault{}, InformResponse{}, Reboot{},
                                         UnknownRequest{"Kicked"}));

TEST(CwmpSession, RefusesAnInformWithTheFaultGiven) {
  Script script;
  script.receive(testing_samples::inform(), "1").refused(FaultCode::kAcsRequestDenied);
  ASSERT_TRUE(script.is<End>());
  EXPECT_EQ(script.fault_code(), FaultCode::kAcsRequestDenied);
  EXPECT_EQ(script.last_id(), "1");
}

TEST(CwmpSession, WaitsForTheInformAgainAfter8005) {
  Script script;
  script.receive(testing_samples::inform(), "1").refused(FaultCode::kAcsRetryRequest);
  EXPECT_TRUE(script.is<Send>());
  EXPECT_EQ(script.fault_code(), FaultCode::kAcsRetryRequest);
  EXPECT_TRUE(script.receive(testing_samples::inform(), "1").is<Begin>());
}

TEST(CwmpSession, AnswersTheSameInformOnceMore) {
  Script script;
  script.started().receive(testing_samples::inform(), "inform-2");
  EXPECT_EQ(script.sent_method(), "InformResponse");
  EXPECT_EQ(script.last_id(), "inform-2");
  EXPECT_TRUE(script.noted(DeviationKind::kRepeatedInform));
}

// quirk 39
TEST(CwmpSession, TakesAnotherInformAsANewSession) {
  Inform other = testing_samples::inform();
  ++other.retry_count;
  Script script;
  script.started().receive(other, "2");
  ASSERT_TRUE(script.is<Restart>());
  EXPECT_EQ(std::get<Restart>(script.action).envelope.body, Message(other));
  EXPECT_FALSE(script.session.quiet()) << "the old session is lost";
}

TEST(CwmpSession, TakesTheSameInformAsANewSessionOnceSomethingHappened) {
  Script after_request;
  after_request.started().receive(GetRPCMethods{}, "1").receive(testing_samples::inform(), "2");
  EXPECT_TRUE(after_request.is<Restart>());

  Script after_rpc;
  after_rpc.open(Reboot{}).receive(testing_samples::inform(), "2");
  EXPECT_TRUE(after_rpc.is<Restart>());
  EXPECT_TRUE(after_rpc.session.rpc_open()) << "the outcome of the open RPC is unknown";
  EXPECT_TRUE(after_rpc.noted(DeviationKind::kInformInsideSession));
}

TEST(CwmpSession, TakesAnInformAfterTheEndAsANewSession) {
  Script script;
  script.started().empty_post().work(std::nullopt).receive(testing_samples::inform(), "2");
  EXPECT_TRUE(script.is<Restart>());
  EXPECT_TRUE(script.session.quiet()) << "the old session was complete";
}

struct Versions {
  const char* offered;
  const char* chosen;  ///< nullptr: fault 8006
};

class CwmpSessionVersion : public testing::TestWithParam<Versions> {};

TEST_P(CwmpSessionVersion, IsTheHighestThatBothKnow) {
  Envelope envelope;
  envelope.header.supported_cwmp_versions = GetParam().offered;
  envelope.body = testing_samples::inform();
  Script script;
  script.receive_envelope(envelope);
  if (GetParam().chosen == nullptr) {
    EXPECT_TRUE(script.is<End>());
    EXPECT_EQ(script.fault_code(), FaultCode::kAcsVersionMismatch);
    return;
  }
  script.begun();
  EXPECT_EQ(script.sent().header.use_cwmp_version, GetParam().chosen);
}

INSTANTIATE_TEST_SUITE_P(Lists, CwmpSessionVersion,
                         testing::Values(Versions{"", ""}, Versions{"1.0", "1.0"},
                                         Versions{"1.0,1.1,1.2,1.3,1.4", "1.4"},
                                         Versions{" 1.2 , 1.0 ", "1.2"}, Versions{"1.4,1.9", "1.4"},
                                         Versions{"1.5,2.0", nullptr}, Versions{"2.0", nullptr},
                                         Versions{"latest", ""}, Versions{",;.", ""}));

// ---- requests of the CPE
// -------------------------------------------------------------------------

// quirk 79: no event has announced it; quirk 26 and 82 are about its form and its answer.
TEST(CwmpSession, TakesATransferCompleteThatNoEventHasAnnounced) {
  Script script;
  script.started();
  for (const char* id : {"1", "2"}) {
    script.receive(TransferComplete{"", {}, "", ""}, id);
    ASSERT_TRUE(script.is<AnswerRequest>());
    script.answer(TransferCompleteResponse{});
    EXPECT_EQ(script.sent_method(), "TransferCompleteResponse");
    EXPECT_EQ(script.last_id(), id);
  }
}

TEST(CwmpSession, AnswersGetRpcMethodsItself) {
  Script script;
  script.started().receive(GetRPCMethods{}, "1");
  EXPECT_EQ(script.sent_method(), "GetRPCMethodsResponse");
  EXPECT_THAT(std::get<GetRPCMethodsResponse>(script.sent().body).methods,
              testing::Contains("TransferComplete"));
}

TEST(CwmpSession, AnswersUnknownMethodsWith8000) {
  for (const Message& unknown :
       {Message(UnknownRequest{"Kicked"}), Message(SetParameterValues{})}) {
    Script script;
    script.started().receive(unknown, "1");
    EXPECT_TRUE(script.is<Send>());
    EXPECT_EQ(script.fault_code(), FaultCode::kAcsMethodNotSupported);
    EXPECT_EQ(script.last_id(), "1");
    EXPECT_TRUE(script.empty_post().is<AskForWork>()) << "the session goes on";
  }
}

// quirk 82
TEST(CwmpSession, Row82AnswersOnlyWithTheResponseThatFits) {
  Script script;
  script.started().receive(TransferComplete{}, "1").answer(AutonomousTransferCompleteResponse{});
  EXPECT_EQ(script.fault_code(), FaultCode::kAcsInternalError);
}

TEST(CwmpSession, DoesNotSendFaultCodesOfACpe) {
  Script script;
  script.started()
      .receive(TransferComplete{}, "1")
      .answer(Fault{FaultCode::kInternalError, "", {}});
  EXPECT_EQ(script.fault_code(), FaultCode::kAcsInternalError);
}

TEST(CwmpSession, LetsTheCpeRepeatARequestAfter8005) {
  Script script;
  script.started().receive(TransferComplete{}, "1");
  script.answer(Fault{FaultCode::kAcsRetryRequest, "", {}});
  EXPECT_EQ(script.fault_code(), FaultCode::kAcsRetryRequest);
  EXPECT_TRUE(script.receive(TransferComplete{}, "1").is<AnswerRequest>());
}

TEST(CwmpSession, AnswersARequestWhileAnRpcIsOpen) {
  Script script;
  script.open(Reboot{});
  const auto rpc_id = script.last_id();
  script.receive(TransferComplete{}, "9").answer(TransferCompleteResponse{});
  EXPECT_EQ(script.last_id(), "9");
  EXPECT_TRUE(script.session.rpc_open());
  EXPECT_TRUE(script.noted(DeviationKind::kRequestOutOfTurn));
  EXPECT_TRUE(script.receive(RebootResponse{}, rpc_id).is<TakeResponse>());
}

TEST(CwmpSession, RefusesRequestsAfterTheEnd) {
  Script script;
  script.started().empty_post().work(std::nullopt).receive(TransferComplete{}, "1");
  EXPECT_TRUE(script.is<End>());
  EXPECT_EQ(script.fault_code(), FaultCode::kAcsRequestDenied);
}

TEST(CwmpSession, EndsWithACpeThatNeverStopsAsking) {
  Script script;
  script.started();
  for (std::size_t i = 0; i < kMaxCpeRequests; ++i) {
    ASSERT_TRUE(script.receive(GetRPCMethods{}, "1").is<Send>()) << i;
  }
  EXPECT_TRUE(script.receive(GetRPCMethods{}, "1").is<End>());
  EXPECT_EQ(script.fault_code(), FaultCode::kAcsResourcesExceeded);
}

// ---- responses
// -----------------------------------------------------------------------------------

TEST(CwmpSession, TakesAResponseOfAnotherTypeAs9002) {
  for (const Message& wrong : {Message(AddObjectResponse{}), Message(InformResponse{}),
                               Message(UnknownRequest{"X_VendorResponse"})}) {
    Script script;
    script.open(Reboot{}).receive(wrong);
    EXPECT_EQ(script.fault_code(), FaultCode::kInternalError);
    EXPECT_TRUE(script.noted(DeviationKind::kWrongResponse));
    EXPECT_TRUE(script.taken().is<AskForWork>());
  }
}

// quirk 6, quirk 7
TEST(CwmpSession, Row6MatchesByOrderAndNotById) {
  for (const auto& id : {std::optional<std::string>("1"), std::optional<std::string>()}) {
    Script script;
    script.open(Reboot{}).receive(RebootResponse{}, id);
    EXPECT_EQ(script.response(), CpeResponse(RebootResponse{}));
    EXPECT_EQ(script.noted(DeviationKind::kIdMismatch), id.has_value());
  }
}

TEST(CwmpSession, SendsTheOpenRpcAgainWhenTheAnswerBeforeIsRepeated) {
  Script script;
  script.open(GetParameterValues{{"A"}});
  const auto first_id = script.last_id();
  script.receive(GetParameterValuesResponse{}).taken().work(GetParameterValues{{"B"}});
  const auto second_id = script.last_id();
  for (int i = 0; i < kMaxResends; ++i) {
    script.receive(GetParameterValuesResponse{}, first_id);
    ASSERT_TRUE(script.is<Send>());
    EXPECT_EQ(script.last_id(), second_id);
  }
  EXPECT_TRUE(script.receive(GetParameterValuesResponse{}, first_id).is<TakeResponse>());
}

TEST(CwmpSession, TakesAnUnsolicitedResponseAsAnEmptyPost) {
  Script script;
  script.started().receive(RebootResponse{}, "1");
  EXPECT_TRUE(script.is<AskForWork>());
  EXPECT_TRUE(script.noted(DeviationKind::kUnsolicitedResponse));
}

// quirk 86
TEST(CwmpSession, Row86IgnoresAResponseAfterTheEnd) {
  Script script;
  script.open(Reboot{}).empty_post().taken().work(std::nullopt).receive(RebootResponse{}, "acs-1");
  EXPECT_TRUE(script.is<SendEmpty>());
  EXPECT_TRUE(script.session.finished());
}

// ---- empty POSTs
// ---------------------------------------------------------------------------------

// quirk 41
TEST(CwmpSession, Row41TakesAnEmptyPostInsteadOfAnAnswerAs9000) {
  Script script;
  script.open(GetQueuedTransfers{}).empty_post();
  EXPECT_EQ(script.fault_code(), FaultCode::kMethodNotSupported);
  EXPECT_TRUE(script.noted(DeviationKind::kEmptyAnswer));
  EXPECT_TRUE(script.taken().work(Reboot{}).is<Send>());
}

// quirk 28
TEST(CwmpSession, Row28SendsTheSameRpcAgainToAClientThatEmptiesFirst) {
  Script script({.empty_post_first = true});
  script.open(Reboot{"k"});
  const Envelope rpc = script.sent();
  for (int i = 0; i < kMaxResends; ++i) {
    script.empty_post();
    ASSERT_TRUE(script.is<Send>());
    EXPECT_EQ(script.sent(), rpc);
  }
  EXPECT_EQ(script.empty_post().fault_code(), FaultCode::kMethodNotSupported);
}

// quirk 28
TEST(CwmpSession, Row28LearnsFromAnEmptyPostBeforeTheInform) {
  Script script;
  EXPECT_TRUE(script.empty_post().is<SendEmpty>());
  script.open(Reboot{}).empty_post();
  EXPECT_TRUE(script.is<Send>());
  EXPECT_TRUE(script.noted(DeviationKind::kEmptyPostFirst));
}

// quirk 28
TEST(CwmpSession, Row28StillTakesARequestAfterTheFirstEmptyReply) {
  Script script({.empty_post_first = true});
  EXPECT_TRUE(script.started().empty_post().work(std::nullopt).is<SendEmpty>());
  EXPECT_FALSE(script.session.finished());
  EXPECT_TRUE(script.session.quiet()) << "a client that closes now was served";
  EXPECT_TRUE(script.receive(TransferComplete{}, "1").is<AnswerRequest>());
  script.answer(TransferCompleteResponse{});
  EXPECT_TRUE(script.empty_post().is<AskForWork>());
  EXPECT_TRUE(script.work(std::nullopt).is<SendEmpty>());
  EXPECT_TRUE(script.session.finished());
}

// quirk 42
TEST(CwmpSession, Row42AnswersEmptyPostsAfterTheEndEmpty) {
  Script script;
  script.started().empty_post().work(std::nullopt);
  for (int i = 0; i < 3; ++i) {
    EXPECT_TRUE(script.empty_post().is<SendEmpty>());
    EXPECT_TRUE(script.session.finished());
  }
}

// ---- HoldRequests
// --------------------------------------------------------------------------------

TEST(CwmpSession, HoldsRequestsUntilTheWorkIsDone) {
  Script script({.hold_requests = true});
  script.started();
  EXPECT_TRUE(script.sent().header.hold_requests);
  script.empty_post().work(Reboot{});
  EXPECT_TRUE(script.sent().header.hold_requests);
  script.receive(RebootResponse{}).taken();
  // The hold ends with an envelope, since a CPE that holds may not end the session.
  script.work(std::nullopt);
  EXPECT_EQ(script.sent_method(), "GetRPCMethods");
  EXPECT_FALSE(script.sent().header.hold_requests);
  EXPECT_FALSE(script.session.rpc_open()) << "nobody asked for this one";
  EXPECT_TRUE(script.receive(GetRPCMethodsResponse{}).is<AskForWork>());
  EXPECT_TRUE(script.work(std::nullopt).is<SendEmpty>());
  EXPECT_FALSE(script.session.finished()) << "now the CPE may send what it held";
  EXPECT_TRUE(script.receive(TransferComplete{}, "1").is<AnswerRequest>());
  EXPECT_FALSE(script.noted(DeviationKind::kRequestWhileHeld));
}

TEST(CwmpSession, AnswersARequestOfACpeThatDoesNotHold) {
  Script script({.hold_requests = true});
  EXPECT_TRUE(script.started().receive(TransferComplete{}, "1").is<AnswerRequest>());
  EXPECT_TRUE(script.noted(DeviationKind::kRequestWhileHeld));
  script.answer(TransferCompleteResponse{});
  EXPECT_TRUE(script.sent().header.hold_requests);
}

// ---- unreadable bodies
// ---------------------------------------------------------------------------

TEST(CwmpSession, EndsWhenTheFirstBodyCannotBeRead) {
  Script script;
  EXPECT_TRUE(script.unreadable().is<End>());
  EXPECT_EQ(script.fault_code(), FaultCode::kAcsInvalidArguments);
}

TEST(CwmpSession, SurvivesAnUnreadableRequest) {
  Script script;
  EXPECT_TRUE(script.started().unreadable().is<Send>());
  EXPECT_EQ(script.fault_code(), FaultCode::kAcsInvalidArguments);
  EXPECT_TRUE(script.empty_post().is<AskForWork>());
}

TEST(CwmpSession, TakesAnUnreadableAnswerAs9002) {
  Script script;
  script.open(Reboot{}).unreadable();
  EXPECT_EQ(script.fault_code(), FaultCode::kInternalError);
  EXPECT_TRUE(script.taken().is<AskForWork>());
}

TEST(CwmpSession, EndsAfterTooManyUnreadableBodies) {
  Script script;
  script.started();
  for (std::size_t i = 0; i < kMaxUnreadable; ++i) {
    ASSERT_TRUE(script.unreadable().is<Send>()) << i;
  }
  EXPECT_TRUE(script.unreadable().is<End>());
}

// ---- time
// ----------------------------------------------------------------------------------------

struct Timeout {
  std::optional<std::uint32_t> header;
  seconds limit;
};

class CwmpSessionTimeout : public testing::TestWithParam<Timeout> {};

// quirk 49
TEST_P(CwmpSessionTimeout, IsRaisedByTheHeaderUpToTheCap) {
  Envelope envelope;
  envelope.header.session_timeout_s = GetParam().header;
  envelope.body = testing_samples::inform();
  Script script;
  script.receive_envelope(envelope);
  EXPECT_EQ(script.session.deadline(), std::nullopt) << "it is our turn";
  script.now += seconds(5);
  script.begun();
  EXPECT_EQ(script.session.idle_limit(), GetParam().limit);
  EXPECT_EQ(script.session.deadline(), script.now + GetParam().limit);
}

INSTANTIATE_TEST_SUITE_P(Row49, CwmpSessionTimeout,
                         testing::Values(Timeout{std::nullopt, seconds(30)},
                                         Timeout{0U, seconds(30)}, Timeout{29U, seconds(30)},
                                         Timeout{31U, seconds(31)}, Timeout{300U, seconds(300)},
                                         Timeout{301U, seconds(300)},
                                         Timeout{0xFFFFFFFFU, seconds(300)}));

TEST(CwmpSession, CountsTheDeadlineFromWhatWasSentLast) {
  Script script;
  script.started().empty_post();
  EXPECT_EQ(script.session.deadline(), std::nullopt);
  script.now += seconds(20);  // lingering
  script.work(Reboot{});
  EXPECT_EQ(script.session.deadline(), script.now + kDefaultIdleLimit);
  script.receive(RebootResponse{}).taken().work(std::nullopt);
  EXPECT_EQ(script.session.deadline(), std::nullopt);
}

// ---- a driver that errs
// --------------------------------------------------------------------------

TEST(CwmpSession, FailsWhenTheDriverAnswersWhatWasNotAsked) {
  EXPECT_TRUE(Script().begun().is<End>());
  EXPECT_TRUE(Script().taken().is<End>());
  EXPECT_TRUE(Script().work(std::nullopt).is<End>());
  EXPECT_TRUE(Script().answer(TransferCompleteResponse{}).is<End>());
  EXPECT_TRUE(Script().refused(FaultCode::kAcsRequestDenied).is<End>());
}

TEST(CwmpSession, FailsWhenAMessageIsFedWhileTheDriverHasTheTurn) {
  Script begins;
  EXPECT_TRUE(begins.receive(testing_samples::inform(), "1").empty_post().is<End>());
  Script works;
  EXPECT_TRUE(works.started().empty_post().receive(RebootResponse{}, "1").is<End>());
}

}  // namespace
}  // namespace cwmp
