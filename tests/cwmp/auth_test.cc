#include "cwmp/auth.h"

#include <gmock/gmock.h>

#include "tests/support/recording.h"

namespace cwmp {
namespace {

using std::chrono::seconds;
using std::chrono::sys_seconds;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

constexpr sys_seconds kNow{seconds(1795262400)};
constexpr NonceSource::Key kKey{1, 2, 3};
const std::vector<std::string> kPasswords{"secret"};

DigestCredentials digest(std::string_view header) {
  return std::get<DigestCredentials>(*parse_authorization(header));
}

// ---- vectors of others
// ---------------------------------------------------------------------------

// RFC 7616 3.9.1.
constexpr std::string_view kRfcFields =
    "Digest username=\"Mufasa\", realm=\"http-auth@example.org\", uri=\"/dir/index.html\", "
    "nonce=\"7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v\", nc=00000001, "
    "cnonce=\"f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ\", qop=auth, ";

TEST(CwmpAuth, AgreesWithTheExamplesOfRfc7616) {
  const auto md5 = digest(std::string(kRfcFields) +
                          "response=\"8ca523f5e9506fed4657c9700eebdbec\", algorithm=MD5");
  EXPECT_TRUE(password_matches(md5, "GET", "Circle of Life"));
  EXPECT_FALSE(password_matches(md5, "POST", "Circle of Life"));
  EXPECT_FALSE(password_matches(md5, "GET", "circle of life"));
  const auto sha =
      digest(std::string(kRfcFields) +
             "response=\"753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"
             "\", algorithm=SHA-256");
  EXPECT_TRUE(password_matches(sha, "GET", "Circle of Life"));
}

TEST(CwmpAuth, AcceptsTheCredentialsOfEveryRecordedClient) {
  std::size_t digests = 0;
  std::size_t basics = 0;
  for (const support::Recording& recording : support::all_recordings()) {
    const std::string header = recording.cpe.header("authorization");
    if (header.empty()) {
      continue;
    }
    const auto credentials = parse_authorization(header);
    ASSERT_TRUE(credentials.has_value()) << recording.path() << ": " << credentials.error().text;
    if (const auto* answer = std::get_if<DigestCredentials>(&*credentials)) {
      ++digests;
      EXPECT_TRUE(password_matches(*answer, "POST", "acspass")) << recording.path();
      EXPECT_FALSE(password_matches(*answer, "POST", "acspass2")) << recording.path();
    } else {
      ++basics;
    }
  }
  EXPECT_GT(digests, 90U);
  EXPECT_GT(basics, 20U);
}

TEST(CwmpAuth, AnswersRecordedChallengesAsTheRecorderDid) {
  std::size_t answered = 0;
  for (const auto& recording : support::connection_request_recordings()) {
    if (recording.rounds.size() < 2) {
      continue;  // no authentication asked (row 94)
    }
    const std::string challenge = recording.rounds[0].second.header("www-authenticate");
    const std::string answer = recording.rounds[1].first.header("authorization");
    const std::vector<Challenge> challenges = parse_challenges(challenge);
    ASSERT_THAT(challenges, SizeIs(1)) << recording.client;
    const auto recorded = parse_authorization(answer);
    ASSERT_TRUE(recorded.has_value());
    ClientRequest request;
    request.allow_basic = true;
    request.username = "cpeuser";
    request.password = "cpepass";
    if (const auto* expected = std::get_if<DigestCredentials>(&*recorded)) {
      request.uri = expected->uri;
      request.username = expected->username;
      request.cnonce = expected->cnonce;
    }
    const auto ours = authorize(challenges, request);
    ASSERT_TRUE(ours.has_value());
    const auto parsed = parse_authorization(*ours);
    ASSERT_TRUE(parsed.has_value());
    if (const auto* expected = std::get_if<DigestCredentials>(&*recorded)) {
      const auto& made = std::get<DigestCredentials>(*parsed);
      EXPECT_EQ(made.nonce, expected->nonce);
      EXPECT_EQ(made.realm, expected->realm);
      EXPECT_EQ(made.nc, "00000001");
      if (recording.client == "easycwmp") {
        EXPECT_EQ(made.response, expected->response);
      }
      EXPECT_THAT(*ours, HasSubstr("opaque=\"" + *challenges[0].opaque + "\""));
      EXPECT_THAT(*ours, Not(HasSubstr("algorithm")));
    } else {
      EXPECT_EQ(*ours, answer);
    }
    ++answered;
  }
  EXPECT_EQ(answered, 4U);
}

// ---- parsing
// -------------------------------------------------------------------------------------

TEST(CwmpAuth, ReadsBasicCredentials) {
  const auto read = [](std::string_view header) {
    return std::get<BasicCredentials>(*parse_authorization(header));
  };
  EXPECT_EQ(read("Basic YWNzdXNlcjphY3NwYXNz").username, "acsuser");
  EXPECT_EQ(read("basic  YWNzdXNlcjphY3NwYXNz ").password, "acspass");
  EXPECT_EQ(read("Basic Og==").username, "");
  EXPECT_EQ(read("Basic dTpwOnE=").password, "p:q") << "a password may hold colons";
}

class CwmpAuthRefuses : public testing::TestWithParam<const char*> {};

TEST_P(CwmpAuthRefuses, Credentials) { EXPECT_FALSE(parse_authorization(GetParam()).has_value()); }

INSTANTIATE_TEST_SUITE_P(
    Values, CwmpAuthRefuses,
    testing::Values(
        "", " ", "Basic", "Basic ====", "Basic !!!!", "Basic dXNlcg==", "Bearer abc", "Digest",
        "Digest username=\"a\"", "Digest username=\"a\", realm=\"r\", nonce=\"n\", uri=\"/\"",
        "Digest username=a, realm=r, nonce=n, uri=/, response=x, algorithm=SHA-512",
        "Digest username=a, realm=r, nonce=n, uri=/, response=x, qop=auth-int, nc=1, cnonce=c",
        "Digest username=a, realm=r, nonce=n, uri=/, response=x, qop=auth, cnonce=c",
        "Digest username=a, realm=r, nonce=n, uri=/, response=x, qop=auth, nc=1",
        "Digest username=a, realm=r, nonce=n, uri=/, response=x, qop=auth, nc=xyz, cnonce=c",
        "Digest username=a, realm=r, nonce=n, uri=/, response=x, qop=auth, nc=123456789, "
        "cnonce=c"));

TEST(CwmpAuth, RefusesAHeaderThatIsTooLong) {
  EXPECT_FALSE(parse_authorization("Basic " + std::string(kMaxAuthHeaderBytes, 'A')).has_value());
}

TEST(CwmpAuth, ReadsDigestWithOddSpacing) {
  const auto credentials = digest(
      "digest  username = \"a\\\"b\" ,realm=\"\",nonce=n,, uri=\"/x?y=1,2\"  response=ABCDEF "
      ",qop=\"auth\""
      ",nc=0000000a,cnonce=\"c\"");
  EXPECT_EQ(credentials.username, "a\"b");
  EXPECT_EQ(credentials.uri, "/x?y=1,2");
  EXPECT_EQ(credentials.response, "abcdef");
  EXPECT_EQ(credentials.nc, "0000000a");
}

// ---- nonces and replays
// --------------------------------------------------------------------------

TEST(CwmpNonce, IsValidForItsTimeAndNoLonger) {
  const NonceSource source(kKey, seconds(60));
  const std::string nonce = source.make(kNow, 42);
  EXPECT_EQ(source.check(nonce, kNow), NonceSource::State::kValid);
  EXPECT_EQ(source.check(nonce, kNow + seconds(60)), NonceSource::State::kValid);
  EXPECT_EQ(source.check(nonce, kNow + seconds(61)), NonceSource::State::kExpired);
  EXPECT_EQ(source.check(nonce, kNow - seconds(1)), NonceSource::State::kExpired);
}

TEST(CwmpNonce, CannotBeForged) {
  const NonceSource source(kKey, seconds(60));
  const std::string nonce = source.make(kNow, 42);
  for (std::size_t i = 0; i < nonce.size(); ++i) {
    std::string changed = nonce;
    changed[i] = changed[i] == '0' ? '1' : '0';
    EXPECT_EQ(source.check(changed, kNow), NonceSource::State::kForged) << i;
  }
  EXPECT_EQ(source.check("", kNow), NonceSource::State::kForged);
  EXPECT_EQ(source.check(nonce + "0", kNow), NonceSource::State::kForged);
  EXPECT_EQ(NonceSource({9}, seconds(60)).check(nonce, kNow), NonceSource::State::kForged);
}

TEST(CwmpNonce, DiffersWithinOneSecond) {
  const NonceSource source(kKey, seconds(60));
  EXPECT_NE(source.make(kNow, 1), source.make(kNow, 2));
}

DigestCredentials use(std::string nonce, std::string nc, std::string cnonce) {
  DigestCredentials credentials;
  credentials.nonce = std::move(nonce);
  credentials.nc = std::move(nc);
  credentials.cnonce = std::move(cnonce);
  credentials.response = "r";
  return credentials;
}

TEST(CwmpReplayCache, RefusesTheSameAnswerForTheLifeOfItsNonce) {
  ReplayCache cache(seconds(60), 100);
  const auto answer = use("n", "00000001", "c");
  EXPECT_TRUE(cache.first_use(answer, kNow));
  EXPECT_FALSE(cache.first_use(answer, kNow));
  EXPECT_FALSE(cache.first_use(answer, kNow + seconds(60)));
}

// quirk 36, quirk 37
TEST(CwmpReplayCache, Rows36And37TakeAGrowingCountAndARestartedOne) {
  ReplayCache cache(seconds(60), 100);
  EXPECT_TRUE(cache.first_use(use("n", "00000001", "c"), kNow));
  EXPECT_TRUE(cache.first_use(use("n", "00000002", "c"), kNow)) << "same cnonce, next nc";
  EXPECT_TRUE(cache.first_use(use("n", "00000001", "d"), kNow)) << "same nc, new cnonce";
}

TEST(CwmpReplayCache, RemembersAtLeastForItsLifeAndForgetsInTheEnd) {
  ReplayCache cache(seconds(60), 100);
  cache.first_use(use("n", "1", "first"), kNow);
  cache.first_use(use("n", "1", "late"), kNow + seconds(59));
  cache.first_use(use("n", "1", "turn"), kNow + seconds(61));
  EXPECT_FALSE(cache.first_use(use("n", "1", "late"), kNow + seconds(119)));
  cache.first_use(use("n", "1", "turn2"), kNow + seconds(200));
  EXPECT_TRUE(cache.first_use(use("n", "1", "first"), kNow + seconds(300)));
}

TEST(CwmpReplayCache, StaysBounded) {
  ReplayCache cache(seconds(60), 10);
  for (int i = 0; i < 1000; ++i) {
    cache.first_use(use("n", "1", std::to_string(i)), kNow);
    ASSERT_LE(cache.size(), 20U);
  }
}

// ---- server end
// ----------------------------------------------------------------------------------

/// A client's answer to a challenge of `server`.
std::string answer_to(const std::vector<std::string>& values, std::string_view password,
                      std::string_view uri = "/acs", bool allow_basic = false) {
  std::vector<Challenge> challenges;
  for (const std::string& value : values) {
    for (Challenge& challenge : parse_challenges(value)) {
      challenges.push_back(std::move(challenge));
    }
  }
  ClientRequest request;
  request.method = "POST";
  request.uri = uri;
  request.username = "cpe";
  request.password = password;
  request.cnonce = "0123456789abcdef";
  request.allow_basic = allow_basic;
  return authorize(challenges, request).value_or("none");
}

Verdict check(Authenticator& server, const std::string& header, sys_seconds now = kNow) {
  const auto inspection = server.inspect(header, "/acs", now);
  if (inspection.verdict != Verdict::kAccepted) {
    return inspection.verdict;
  }
  EXPECT_EQ(inspection.username, "cpe");
  return server.verify(*inspection.credentials, "POST", kPasswords, now);
}

class CwmpAuthenticator : public testing::TestWithParam<AuthPolicy> {};

TEST_P(CwmpAuthenticator, TakesTheAnswerToItsChallengeOnce) {
  Authenticator server(GetParam(), kKey);
  const std::string header = answer_to(server.challenges(kNow, 1), "secret", "/acs", true);
  EXPECT_EQ(check(server, header), Verdict::kAccepted);
  const bool digest_only = GetParam().digest;
  EXPECT_EQ(check(server, header), digest_only ? Verdict::kStale : Verdict::kAccepted);
}

TEST_P(CwmpAuthenticator, RejectsAWrongPassword) {
  Authenticator server(GetParam(), kKey);
  const std::string header = answer_to(server.challenges(kNow, 1), "wrong", "/acs", true);
  EXPECT_EQ(check(server, header), Verdict::kRejected);
}

AuthPolicy policy(bool basic, bool digest_too, std::vector<HashAlgorithm> algorithms) {
  AuthPolicy result;
  result.realm = "a \"realm\"";
  result.basic = basic;
  result.digest = digest_too;
  result.algorithms = std::move(algorithms);
  return result;
}

INSTANTIATE_TEST_SUITE_P(
    Policies, CwmpAuthenticator,
    testing::Values(policy(false, true, {HashAlgorithm::kMd5}),
                    policy(false, true, {HashAlgorithm::kSha256}),
                    policy(false, true, {HashAlgorithm::kMd5, HashAlgorithm::kSha256}),
                    policy(true, true, {HashAlgorithm::kMd5}), policy(true, false, {})));

// quirk 33
TEST(CwmpAuthenticator, Row33TakesANonceOnAnotherConnectionWithinItsTime) {
  Authenticator server({}, kKey);
  const std::string header = answer_to(server.challenges(kNow, 1), "secret");
  EXPECT_EQ(check(server, header, kNow + seconds(60)), Verdict::kAccepted);
  const std::string late = answer_to(server.challenges(kNow, 2), "secret");
  EXPECT_EQ(check(server, late, kNow + seconds(61)), Verdict::kStale);
}

// quirk 34
TEST(CwmpAuthenticator, Row34ChallengesUnaskedBasicWithoutCountingAFailure) {
  Authenticator server({}, kKey);
  EXPECT_EQ(check(server, "Basic Y3BlOnNlY3JldA=="), Verdict::kChallenge);
  EXPECT_EQ(check(server, ""), Verdict::kChallenge);
  EXPECT_EQ(check(server, "Negotiate abc=="), Verdict::kChallenge);
}

// quirk 38
TEST(CwmpAuthenticator, Row38TakesAnAbsoluteUriOrOneWithoutQuery) {
  for (const char* uri : {"http://acs.example:7547/acs", "/acs", "/other"}) {
    Authenticator server({}, kKey);
    const std::string header = answer_to(server.challenges(kNow, 1), "secret", uri);
    const auto inspection = server.inspect(header, "/acs", kNow);
    EXPECT_EQ(inspection.uri_differs, std::string_view(uri) == "/other") << uri;
    EXPECT_EQ(check(server, header), Verdict::kAccepted) << uri;
  }
}

TEST(CwmpAuthenticator, ChallengesAnotherRealmOrAlgorithm) {
  Authenticator server({}, kKey);
  AuthPolicy other;
  other.realm = "other";
  EXPECT_EQ(check(server, answer_to(Authenticator(other, kKey).challenges(kNow, 1), "secret")),
            Verdict::kChallenge);
  AuthPolicy sha;
  sha.algorithms = {HashAlgorithm::kSha256};
  EXPECT_EQ(check(server, answer_to(Authenticator(sha, kKey).challenges(kNow, 1), "secret")),
            Verdict::kChallenge);
}

TEST(CwmpAuthenticator, TakesANonceOfAnotherKeyAsStale) {
  Authenticator server({}, kKey);
  Authenticator before_restart({}, {7});
  EXPECT_EQ(check(server, answer_to(before_restart.challenges(kNow, 1), "secret")),
            Verdict::kStale);
}

TEST(CwmpAuthenticator, TriesEachCandidatePassword) {
  Authenticator server({}, kKey);
  const std::vector<std::string> candidates{"old", "secret", "new"};
  const std::string header = answer_to(server.challenges(kNow, 1), "secret");
  const auto inspection = server.inspect(header, "/acs", kNow);
  EXPECT_EQ(server.verify(*inspection.credentials, "POST", candidates, kNow), Verdict::kAccepted);
  EXPECT_EQ(server.verify(*inspection.credentials, "POST", {}, kNow), Verdict::kRejected);
}

TEST(CwmpAuthenticator, OffersWhatThePolicySaysInItsOrder) {
  Authenticator server(policy(true, true, {HashAlgorithm::kSha256, HashAlgorithm::kMd5}), kKey);
  const auto values = server.challenges(kNow, 1, true);
  ASSERT_THAT(values, SizeIs(3));
  EXPECT_THAT(values[0], HasSubstr("algorithm=SHA-256"));
  EXPECT_THAT(values[0], HasSubstr("stale=true"));
  EXPECT_THAT(values[0], HasSubstr("realm=\"a \\\"realm\\\"\""));
  EXPECT_THAT(values[1], HasSubstr("algorithm=MD5"));
  EXPECT_EQ(values[2], "Basic realm=\"a \\\"realm\\\"\"");
}

// ---- client end
// ----------------------------------------------------------------------------------

TEST(CwmpAuthClient, ReadsSeveralChallengesInOneHeader) {
  const auto challenges = parse_challenges(
      "Negotiate, Basic realm=\"b\", Digest realm=\"d\", nonce=\"n\", qop=\"auth,auth-int\", "
      "stale=TRUE");
  ASSERT_THAT(challenges, SizeIs(3));
  EXPECT_EQ(challenges[0].scheme, Challenge::Scheme::kOther);
  EXPECT_EQ(challenges[1].scheme, Challenge::Scheme::kBasic);
  EXPECT_EQ(challenges[1].realm, "b");
  EXPECT_EQ(challenges[2].scheme, Challenge::Scheme::kDigest);
  EXPECT_THAT(challenges[2].qop, ElementsAre("auth", "auth-int"));
  EXPECT_TRUE(challenges[2].stale);
  EXPECT_FALSE(challenges[2].opaque.has_value());
}

std::string authorized(std::string_view challenge, bool allow_basic = false) {
  ClientRequest request;
  request.uri = "/cr";
  request.username = "u";
  request.password = "p";
  request.cnonce = "cc";
  request.nc = 10;
  request.allow_basic = allow_basic;
  return authorize(parse_challenges(challenge), request).value_or("none");
}

// quirk 92
TEST(CwmpAuthClient, Row92UsesTheOldFormWithoutQop) {
  const std::string value = authorized("Digest realm=\"r\", nonce=\"n\"");
  for (const char* absent : {"qop", "nc=", "cnonce", "opaque", "algorithm"}) {
    EXPECT_THAT(value, Not(HasSubstr(absent)));
  }
  EXPECT_TRUE(password_matches(digest(value), "GET", "p"));
}

// quirk 92
TEST(CwmpAuthClient, Row92ChoosesAuthFromAListAndEchoesWhatCame) {
  const std::string value = authorized(
      "Digest realm=\"r\", domain=\"/\", nonce=\"n\", qop=\"auth-int, auth\", algorithm=md5, "
      "opaque=\"\"");
  EXPECT_THAT(value, HasSubstr("qop=auth, nc=0000000a, cnonce=\"cc\""));
  EXPECT_THAT(value, HasSubstr("algorithm=md5"));
  EXPECT_THAT(value, HasSubstr("opaque=\"\""));
  EXPECT_TRUE(password_matches(digest(value), "GET", "p"));
}

TEST(CwmpAuthClient, PrefersTheStrongestAndBasicOnlyWhenAllowed) {
  EXPECT_THAT(authorized("Digest realm=r, nonce=n, Digest realm=r, nonce=n, algorithm=SHA-256"),
              HasSubstr("algorithm=SHA-256"));
  EXPECT_EQ(authorized("Basic realm=r"), "none");
  EXPECT_EQ(authorized("Basic realm=r", true), "Basic dTpw");
  EXPECT_THAT(authorized("Basic realm=r, Digest realm=r, nonce=n", true), HasSubstr("Digest"));
}

TEST(CwmpAuthClient, SupportsTheSessionVariant) {
  const std::string value = authorized("Digest realm=r, nonce=n, qop=auth, algorithm=MD5-sess");
  EXPECT_TRUE(password_matches(digest(value), "GET", "p"));
}

TEST(CwmpAuthClient, RefusesWhatItCannotAnswer) {
  for (const char* challenge :
       {"", "Negotiate", "Digest realm=r", "Digest realm=r, nonce=n, algorithm=SHA-512-256",
        "Digest realm=r, nonce=n, qop=auth-int", "Digest realm=r, nonce=\"n\x01\"",
        "Digest realm=\"r\x7f\", nonce=n"}) {
    EXPECT_EQ(authorized(challenge), "none") << challenge;
  }
}

TEST(CwmpAuth, ComparesWholeTexts) {
  EXPECT_TRUE(equal_constant_time("", ""));
  EXPECT_TRUE(equal_constant_time("abc", "abc"));
  EXPECT_FALSE(equal_constant_time("abc", "abd"));
  EXPECT_FALSE(equal_constant_time("abc", "ab"));
}

}  // namespace
}  // namespace cwmp
