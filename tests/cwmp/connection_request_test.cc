#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>

#include "cwmp/auth.h"
#include "cwmp/connection_request/http.h"
#include "tests/support/scripted_peer.h"

namespace {

namespace asio = boost::asio;
using cwmp::ConnectionRequestOutcome;
using Kind = cwmp::ConnectionRequestOutcome::Kind;
using std::chrono::milliseconds;
using support::ScriptedPeer;
using Script = ScriptedPeer::Script;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

constexpr const char* kOk = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
constexpr const char* kChallenge =
    "HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n"
    "WWW-Authenticate: Digest realm=\"r\", qop=\"auth,auth-int\", nonce=\"n1\"\r\n\r\n";

cwmp::HttpConnectionRequest request_to(std::string url) {
  cwmp::HttpConnectionRequest request;
  request.url = std::move(url);
  request.username = "acs";
  request.password = "secret";
  request.allowed = [](const asio::ip::address& address) { return address.is_loopback(); };
  request.retry_pause = milliseconds(0);
  return request;
}

ConnectionRequestOutcome run(cwmp::HttpConnectionRequest request) {
  asio::io_context io;
  auto result = asio::co_spawn(io, cwmp::request_connection(std::move(request)), asio::use_future);
  io.run();
  return result.get();
}

// The Authorization of a request, checked with the server end.
bool password_fits(const std::string& request, std::string_view password) {
  const std::string name = "Authorization: ";
  const auto begin = request.find(name);
  if (begin == std::string::npos) return false;
  const auto value =
      request.substr(begin + name.size(), request.find("\r\n", begin) - begin - name.size());
  const auto credentials = cwmp::parse_authorization(value);
  if (!credentials) return false;
  if (const auto* digest = std::get_if<cwmp::DigestCredentials>(&*credentials)) {
    return cwmp::password_matches(*digest, "GET", password);
  }
  return cwmp::password_matches(std::get<cwmp::BasicCredentials>(*credentials), password);
}

// quirk 90
TEST(CwmpConnectionRequest, AnswersTheChallengeOnTheSameConnection) {
  ScriptedPeer cpe(Script{{kChallenge, kOk}});

  const auto outcome = run(request_to(cpe.url("/path?x=1")));

  EXPECT_EQ(outcome.kind, Kind::kAccepted);
  EXPECT_EQ(outcome.http_status, 200U);
  EXPECT_THAT(*cpe.requests.take(), StartsWith("GET /path?x=1 HTTP/1.1\r\nHost: 127.0.0.1:"));
  const auto second = *cpe.requests.take();
  EXPECT_TRUE(password_fits(second, "secret"));
  EXPECT_FALSE(password_fits(second, "other"));
  EXPECT_THAT(second, HasSubstr("uri=\"/path?x=1\""));
}

struct Answers {
  const char* name;
  ScriptedPeer::Script script;
  Kind kind;
  unsigned status;
};

class CwmpConnectionRequestTable : public testing::TestWithParam<Answers> {};

// quirk 89, quirk 91, quirk 94, quirk 96
TEST_P(CwmpConnectionRequestTable, EndsAs) {
  ScriptedPeer cpe(GetParam().script);
  const auto outcome = run(request_to(cpe.url()));
  EXPECT_EQ(outcome.kind, GetParam().kind) << outcome.text;
  EXPECT_EQ(outcome.http_status, GetParam().status);
}

// A 401 with bare LF, folded and without length (quirk 89); of a CPE that keeps the connection.
constexpr const char* kFoldedChallenge =
    "HTTP/1.1 401 Unauthorized\nWWW-Authenticate: Digest\n   realm=\"box\",\n   qop=\"auth\",\n"
    "   nonce=\"abc\",\n   opaque=\"def\"\n\n";
constexpr const char* kClosingChallenge =
    "HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\nConnection: close\r\n"
    "WWW-Authenticate: Digest realm=\"e\",qop=\"auth\",nonce=\"af\",opaque=\"32\"\r\n\r\n";
constexpr const char* kChallengeWithBody =
    "HTTP/1.1 401 Unauthorized\r\nContent-Length: 14\r\n"
    "WWW-Authenticate: Digest realm=\"e\", nonce=\"af\"\r\n\r\n<html/>HTTP/1\n";
constexpr const char* kChallengeWithChunks =
    "HTTP/1.1 401 Unauthorized\r\nTransfer-Encoding: chunked\r\n"
    "WWW-Authenticate: Digest realm=\"e\", nonce=\"af\"\r\n\r\n4\r\nbody\r\n0\r\n\r\n";
constexpr const char* kStaleChallenge =
    "HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n"
    "WWW-Authenticate: Digest realm=\"r\", qop=\"auth\", nonce=\"n2\", stale=TRUE\r\n\r\n";
constexpr const char* kSha256Challenge =
    "HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n"
    "WWW-Authenticate: Digest realm=\"r\", qop=\"auth\", nonce=\"n\", algorithm=SHA-256\r\n"
    "WWW-Authenticate: Digest realm=\"r\", qop=\"auth\", nonce=\"n\", algorithm=MD5\r\n\r\n";
constexpr const char* kBasicChallenge =
    "HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\nWWW-Authenticate: Basic realm=\"r\"\r\n\r\n";

INSTANTIATE_TEST_SUITE_P(
    Answers, CwmpConnectionRequestTable,
    testing::Values(
        Answers{"Accepted200", {{kOk}}, Kind::kAccepted, 200},
        Answers{"Accepted204", {{"HTTP/1.1 204 No Content\r\n\r\n"}}, Kind::kAccepted, 204},
        Answers{"AcceptedWithBody", {{"HTTP/1.0 200 OK\n\nOK"}}, Kind::kAccepted, 200},
        Answers{"ClosedAtOnce", {{ScriptedPeer::kClose}}, Kind::kAccepted, 0},
        Answers{"ClosedAfterCredentials",
                {{kChallenge, ScriptedPeer::kClose}, {ScriptedPeer::kClose}},
                Kind::kAccepted,
                0},
        Answers{"FoldedChallenge", {{kFoldedChallenge, kOk}}, Kind::kAccepted, 200},
        Answers{"FoldedChallengeThenClosed", {{kFoldedChallenge}, {kOk}}, Kind::kAccepted, 200},
        Answers{"ClosingChallenge", {{kClosingChallenge}, {kOk}}, Kind::kAccepted, 200},
        Answers{"ChallengeWithBody", {{kChallengeWithBody, kOk}}, Kind::kAccepted, 200},
        Answers{"ChallengeWithChunks", {{kChallengeWithChunks, kOk}}, Kind::kAccepted, 200},
        Answers{"Sha256", {{kSha256Challenge, kOk}}, Kind::kAccepted, 200},
        Answers{"StaleNonce", {{kChallenge, kStaleChallenge, kOk}}, Kind::kAccepted, 200},
        Answers{"WrongPassword", {{kChallenge, kChallenge}}, Kind::kUnauthorized, 401},
        Answers{"StaleForEver",
                {{kStaleChallenge, kStaleChallenge, kStaleChallenge}},
                Kind::kUnauthorized,
                401},
        Answers{"BasicIsNotAnswered", {{kBasicChallenge}}, Kind::kUnauthorized, 401},
        Answers{"NoChallenge",
                {{"HTTP/1.1 401 X\r\nContent-Length: 0\r\n\r\n"}},
                Kind::kUnauthorized,
                401},
        Answers{"NotFound", {{"HTTP/1.1 404 Not Found\r\n\r\n"}}, Kind::kNotFound, 404},
        Answers{"RedirectIsNotFollowed",
                {{"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1/\r\n\r\n"}},
                Kind::kRefused,
                302},
        Answers{"ServerError", {{"HTTP/1.1 500 X\r\n\r\n"}}, Kind::kRefused, 500},
        Answers{"NotHttp", {{"SSH-2.0-dropbear\r\n"}}, Kind::kProtocol, 0},
        Answers{"EndlessHead",
                {{"HTTP/1.1 200 OK\r\n" + std::string(100'000, 'x')}},
                Kind::kProtocol,
                0}),
    [](const auto& test) { return std::string(test.param.name); });

// quirk 97
TEST(CwmpConnectionRequest, TellsWhenABusyCpeWantsToBeAskedAgain) {
  ScriptedPeer cpe(Script{{kChallenge, "HTTP/1.1 503 Busy\r\nRetry-After: 30\r\n\r\n"}});

  const auto outcome = run(request_to(cpe.url()));

  EXPECT_EQ(outcome.kind, Kind::kBusy);
  EXPECT_THAT(outcome.retry_after, testing::Optional(std::chrono::seconds(30)));
}

// quirk 92
TEST(CwmpConnectionRequest, AnswersWithoutQopInTheOldForm) {
  const std::string challenge =
      "HTTP/1.1 401 X\r\nContent-Length: 0\r\n"
      "WWW-Authenticate: Digest realm=\"r\", nonce=\"n\"\r\n\r\n";
  ScriptedPeer cpe(Script{{challenge, kOk}});

  EXPECT_EQ(run(request_to(cpe.url())).kind, Kind::kAccepted);

  EXPECT_THAT(*cpe.requests.take(), Not(HasSubstr("Authorization")));
  const auto second = *cpe.requests.take();
  EXPECT_THAT(second, Not(HasSubstr("cnonce")));
  EXPECT_TRUE(password_fits(second, "secret"));
}

// quirk 93
TEST(CwmpConnectionRequest, AnswersBasicWhereThatIsAllowed) {
  ScriptedPeer cpe(Script{{kBasicChallenge, kOk}});
  auto request = request_to(cpe.url());
  request.allow_basic = true;

  EXPECT_EQ(run(request).kind, Kind::kAccepted);

  cpe.requests.take();
  EXPECT_TRUE(password_fits(*cpe.requests.take(), "secret"));
}

TEST(CwmpConnectionRequest, GoesOnlyToAllowedAddresses) {
  auto request = request_to("http://127.0.0.1:9/");
  std::vector<std::string> asked;
  request.allowed = [&asked](const asio::ip::address& address) {
    asked.push_back(address.to_string());
    return false;
  };
  EXPECT_EQ(run(request).kind, Kind::kNotAllowed);
  EXPECT_THAT(asked, testing::ElementsAre("127.0.0.1"));

  request.allowed = nullptr;
  EXPECT_EQ(run(request).kind, Kind::kNotAllowed);
}

TEST(CwmpConnectionRequest, ChecksTheAddressBehindAMappedOne) {
  auto request = request_to("http://[::ffff:127.0.0.1]:9/");
  std::string asked;
  request.allowed = [&asked](const asio::ip::address& address) {
    asked = address.to_string();
    return false;
  };
  EXPECT_EQ(run(request).kind, Kind::kNotAllowed);
  EXPECT_EQ(asked, "127.0.0.1");
}

TEST(CwmpConnectionRequest, ChecksTheAddressBehindAName) {
  auto request = request_to("http://localhost:9/");
  bool loopback = true;
  request.allowed = [&loopback](const asio::ip::address& address) {
    loopback = loopback && address.is_loopback();
    return false;
  };
  EXPECT_EQ(run(request).kind, Kind::kNotAllowed);
  EXPECT_TRUE(loopback);
}

// quirk 99
TEST(CwmpConnectionRequest, RefusesOtherUrls) {
  EXPECT_EQ(run(request_to("https://127.0.0.1/")).kind, Kind::kBadUrl);
  EXPECT_EQ(run(request_to("http://127.0.0.1:0/")).kind, Kind::kBadUrl);
}

TEST(CwmpConnectionRequest, TriesTwiceWhenNobodyListens) {
  std::uint16_t port = 0;
  {
    asio::io_context io;
    asio::ip::tcp::acceptor acceptor(io, {asio::ip::address_v4::loopback(), 0});
    port = acceptor.local_endpoint().port();
  }
  auto request = request_to("http://127.0.0.1:" + std::to_string(port) + "/");
  int connects = 0;
  request.allowed = [&connects](const asio::ip::address&) {
    ++connects;
    return true;
  };

  EXPECT_EQ(run(request).kind, Kind::kUnreachable);
  EXPECT_EQ(connects, 2);
}

// quirk 98
TEST(CwmpConnectionRequest, TriesTwiceWhenNothingIsAnswered) {
  ScriptedPeer cpe(Script{{ScriptedPeer::kSilence}, {ScriptedPeer::kSilence}});
  auto request = request_to(cpe.url());
  request.timeout = milliseconds(200);

  EXPECT_EQ(run(request).kind, Kind::kTimeout);
}

TEST(CwmpConnectionRequest, SecondAttemptCanSucceed) {
  ScriptedPeer cpe(Script{{ScriptedPeer::kSilence}, {kOk}});
  auto request = request_to(cpe.url());
  request.timeout = milliseconds(2000);

  EXPECT_EQ(run(request).kind, Kind::kAccepted);
}

TEST(CwmpConnectionRequest, CanBeCancelled) {
  ScriptedPeer cpe(Script{{ScriptedPeer::kSilence}});
  asio::io_context io;
  asio::cancellation_signal cancel;
  bool ended = false;
  auto done = [&ended](std::exception_ptr, ConnectionRequestOutcome) { ended = true; };
  asio::co_spawn(io, cwmp::request_connection(request_to(cpe.url())),
                 asio::bind_cancellation_slot(cancel.slot(), done));
  while (cpe.requests.size() == 0) io.run_one_for(milliseconds(1));
  cancel.emit(asio::cancellation_type::terminal);

  io.run();

  EXPECT_TRUE(ended);
}

}  // namespace
