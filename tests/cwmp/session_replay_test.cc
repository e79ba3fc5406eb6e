// Every recorded exchange, read by the codec and driven through Session, authentication left out.
#include <gmock/gmock.h>

#include <charconv>

#include "cwmp/session.h"
#include "cwmp/soap.h"
#include "tests/support/recording.h"

namespace cwmp {
namespace {

using support::Recording;

bool is_soap(const Recording& recording) { return recording.what() != "file-get"; }

std::string file_name(const testing::TestParamInfo<Recording>& row) {
  std::string name = row.param.client + "_" + row.param.file;
  for (char& c : name) {
    if (std::isalnum(static_cast<unsigned char>(c)) == 0) {
      c = '_';
    }
  }
  return name;
}

std::vector<Recording> soap_recordings() {
  std::vector<Recording> result;
  for (Recording& recording : support::all_recordings()) {
    if (is_soap(recording)) {
      result.push_back(std::move(recording));
    }
  }
  return result;
}

// ---- codec
// ---------------------------------------------------------------------------------------

class CwmpRecording : public testing::TestWithParam<Recording> {};

TEST_P(CwmpRecording, IsReadAsWhatItsNameSays) {
  const Recording& recording = GetParam();
  const std::string what = recording.what();
  if (recording.cpe.body.empty()) {
    EXPECT_THAT(what, testing::AnyOf("empty", "unauthorized"));
    return;
  }
  DeviationList deviations;
  const auto envelope =
      decode(recording.cpe.body, recording.cpe.header("content-type"), &deviations);
  ASSERT_TRUE(envelope.has_value()) << envelope.error().text;
  std::string name(method_name(envelope->body));
  if (const auto* fault = std::get_if<Fault>(&envelope->body)) {
    name += "-" + std::to_string(static_cast<std::uint32_t>(fault->code));
  }
  EXPECT_EQ(name, what == "unauthorized" ? "Inform" : what);
  EXPECT_FALSE(deviations.has(DeviationKind::kMoreThanOneMessage));

  const auto again = decode(encode(*envelope));
  ASSERT_TRUE(again.has_value()) << again.error().text;
  EXPECT_EQ(again->body, envelope->body);
  EXPECT_EQ(again->header, envelope->header);
  EXPECT_EQ(again->dialect, envelope->dialect);
}

// The ACS side was written by another program: the codec reads that role, too.
TEST_P(CwmpRecording, HasAnAcsSideThatIsRead) {
  const std::string& body = GetParam().acs.body;
  if (body.find("Envelope") != std::string::npos) {
    const auto envelope = decode(body);
    ASSERT_TRUE(envelope.has_value()) << envelope.error().text;
  }
}

INSTANTIATE_TEST_SUITE_P(Every, CwmpRecording, testing::ValuesIn(soap_recordings()), file_name);

TEST(CwmpRecordings, AreAllHere) {
  EXPECT_THAT(support::recorded_clients(),
              testing::ElementsAre("cwmp-sim", "easycwmp", "genieacs-sim", "netcwmp", "tr069agent",
                                   "tr069agent-noauth"));
  EXPECT_EQ(support::all_recordings().size(), 176U);
  EXPECT_EQ(support::connection_request_recordings().size(), 6U);
}

// Cut at any byte, a recording is refused or reads as the same, never anything else.
TEST(CwmpRecordings, SurviveACutAtEachByte) {
  for (const Recording& recording : support::all_recordings()) {
    const std::string& body = recording.cpe.body;
    if (!is_soap(recording) || body.size() > 2500) {
      continue;
    }
    const auto whole = decode(body);
    for (std::size_t length = 0; length < body.size(); ++length) {
      const auto cut = decode(std::string_view(body).substr(0, length));
      if (cut) {
        ASSERT_EQ(*cut, *whole) << recording.path() << " cut at " << length;
      }
    }
  }
}

// ---- session
// -------------------------------------------------------------------------------------

/// What happened in one replay.
struct Course {
  std::vector<std::string>
      taken;  ///< "GetParameterNamesResponse", "Fault-9005" as the bridge saw it
  std::vector<std::string> requests;
  std::size_t sessions = 0;
  std::size_t finished = 0;
};

std::string label(const CpeResponse& response) {
  std::string text(method_name(response));
  if (const auto* fault = std::get_if<Fault>(&response)) {
    text += "-" + std::to_string(static_cast<std::uint32_t>(fault->code));
  }
  return text;
}

/// An RPC that `response` answers; any will do for a fault.
AcsRequest request_for(const std::string& response) {
  const std::string method = response.substr(0, response.rfind("Response"));
  for (const AcsRequest& request :
       {AcsRequest(GetRPCMethods{}), AcsRequest(GetParameterNames{}), AcsRequest(AddObject{}),
        AcsRequest(SetParameterAttributes{}), AcsRequest(GetAllQueuedTransfers{})}) {
    if (method_name(request) == method) {
      return request;
    }
  }
  return GetParameterValues{{"Device.X"}};
}

class Replay {
 public:
  explicit Replay(std::vector<Recording> recordings) : recordings_(std::move(recordings)) {}

  /// Without a script of its own the recorder asked out of step with what the client took in, so
  /// `follow` makes the RPC from the answer that comes next instead of from the record.
  Course run(bool follow) {
    follow_ = follow;
    for (at_ = 0; at_ < recordings_.size(); ++at_) {
      const Recording& recording = recordings_[at_];
      if (is_soap(recording) && recording.what() != "unauthorized") {
        SCOPED_TRACE(recording.path());
        step(recording);
      }
    }
    return course_;
  }

 private:
  void step(const Recording& recording) {
    const TimePoint now{};
    Action action = SendEmpty{};
    if (recording.cpe.body.empty()) {
      action = session_.on_empty_post(now);
    } else {
      auto envelope = decode(recording.cpe.body, recording.cpe.header("content-type"));
      ASSERT_TRUE(envelope.has_value()) << envelope.error().text;
      action = session_.on_envelope(*std::move(envelope), now);
    }
    settle(std::move(action), now);
    course_.finished += session_.finished() ? 1 : 0;
  }

  void settle(Action action, TimePoint now) {
    for (;;) {
      if (std::holds_alternative<Send>(action) || std::holds_alternative<SendEmpty>(action)) {
        check_reply(action);
        return;
      }
      if (auto* restart = std::get_if<Restart>(&action)) {
        session_ = Session();
        action = session_.on_envelope(std::move(restart->envelope), now);
      } else if (std::holds_alternative<Begin>(action)) {
        ++course_.sessions;
        action = session_.on_begun(now);
      } else if (auto* asked = std::get_if<AnswerRequest>(&action)) {
        course_.requests.emplace_back(method_name(asked->request));
        action = session_.on_answer(TransferCompleteResponse{}, now);
      } else if (auto* taken = std::get_if<TakeResponse>(&action)) {
        course_.taken.push_back(label(taken->response));
        action = session_.on_taken(now);
      } else if (std::holds_alternative<AskForWork>(action)) {
        action = session_.on_work(work(), now);
      } else {
        FAIL() << "session ended: " << std::get<End>(action).why.text;
      }
    }
  }

  std::optional<AcsRequest> work() const { return follow_ ? work_for_next() : work_recorded(); }

  std::optional<AcsRequest> work_recorded() const {
    auto envelope = decode(recordings_[at_].acs.body);
    if (!envelope) {
      return std::nullopt;
    }
    // The recorder also called a method that does not exist; any other stands in for it.
    if (std::holds_alternative<UnknownRequest>(envelope->body)) {
      return GetQueuedTransfers{};
    }
    return to_acs_request(std::move(envelope->body));
  }

  std::optional<AcsRequest> work_for_next() const {
    for (std::size_t next = at_ + 1; next < recordings_.size(); ++next) {
      const std::string what = recordings_[next].what();
      if (what == "Inform") {
        return std::nullopt;
      }
      if (what != "empty") {
        return request_for(what);
      }
    }
    return std::nullopt;
  }

  /// What goes out is what the recorder sent, where that is a reference.
  void check_reply(const Action& action) {
    const auto* send = std::get_if<Send>(&action);
    if (send != nullptr) {
      EXPECT_TRUE(decode(encode(send->envelope)).has_value());
    }
    const auto recorded = decode(recordings_[at_].acs.body);
    if (follow_ || (recorded && std::holds_alternative<UnknownRequest>(recorded->body))) {
      return;
    }
    ASSERT_EQ(send != nullptr, recorded.has_value());
    if (send != nullptr) {
      EXPECT_EQ(method_name(send->envelope.body), method_name(recorded->body));
      const bool answer = !to_acs_request(Message(send->envelope.body)).has_value();
      if (answer) {
        EXPECT_EQ(send->envelope.header.id, recorded->header.id);
      }
    }
  }

  std::vector<Recording> recordings_;
  std::size_t at_ = 0;
  bool follow_ = false;
  Session session_;
  Course course_;
};

std::size_t count_of(const std::vector<std::string>& items, std::string_view item) {
  return static_cast<std::size_t>(std::count(items.begin(), items.end(), item));
}

/// Answers of the CPE in the order of the files.
std::vector<std::string> recorded_answers(const std::vector<Recording>& recordings) {
  std::vector<std::string> answers;
  for (const Recording& recording : recordings) {
    const std::string what = recording.what();
    if (what.ends_with("Response") || what.starts_with("Fault")) {
      answers.push_back(what);
    }
  }
  return answers;
}

class CwmpReplay : public testing::TestWithParam<const char*> {};

TEST_P(CwmpReplay, TakesEveryAnswerOfTheClient) {
  const std::vector<Recording> recordings = support::recordings(GetParam());
  const Course course = Replay(recordings).run(false);
  std::vector<std::string> answers = course.taken;
  // Empty POSTs in place of an answer are not in the files' names.
  if (std::string_view(GetParam()) == "netcwmp") {
    std::erase(answers, "Fault-9000");
  }
  EXPECT_EQ(answers, recorded_answers(recordings));
  EXPECT_GE(course.finished, 1U);
}

INSTANTIATE_TEST_SUITE_P(Clients, CwmpReplay,
                         testing::Values("easycwmp", "genieacs-sim", "netcwmp", "tr069agent"),
                         [](const auto& row) {
                           std::string name = row.param;
                           std::erase(name, '-');
                           return name;
                         });

// quirk 41
TEST(CwmpReplay, Row41CountsTheEmptyAnswersOfNetcwmpAs9000) {
  const Course course = Replay(support::recordings("netcwmp")).run(false);
  EXPECT_EQ(count_of(course.taken, "Fault-9000"), 5U);
}

// quirk 39
TEST(CwmpReplay, Row39StartsAnewWhenCwmpSimMixesTwoSessions) {
  const Course course = Replay(support::recordings("cwmp-sim")).run(false);
  EXPECT_EQ(course.sessions, 4U);
  EXPECT_EQ(count_of(course.requests, "TransferComplete"), 2U);
  EXPECT_EQ(course.taken.back(), "Fault-9000") << "Reboot was followed by an empty POST";
  EXPECT_EQ(count_of(course.taken, "RebootResponse"), 0U) << "and its answer came after the end";
}

// quirk 28
TEST(CwmpReplay, Row28TakesEveryAnswerOfAClientThatEmptiesFirst) {
  const std::vector<Recording> recordings = support::recordings("tr069agent-noauth");
  const Course course = Replay(recordings).run(true);
  EXPECT_EQ(course.taken, recorded_answers(recordings));
  EXPECT_EQ(course.sessions, 2U);
}

}  // namespace
}  // namespace cwmp
