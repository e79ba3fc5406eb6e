// Sessions across connections, cookies and time.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "tests/support/acs_fixture.h"

namespace {

using cwmp::SessionEnd;
using std::chrono::milliseconds;
using support::Acs;
using support::cookie_field;
using support::HttpAnswer;
using support::inform_text;
using support::message_in;
using support::read_version;
using support::response_text;
using support::version_is;
using testing::HasSubstr;
using testing::VariantWith;

template <class T>
auto Holds() {
  return VariantWith<T>(testing::_);
}

// quirk 43
TEST(CwmpServerSession, RunsFromInformToEmptyResponse) {
  Acs acs;
  acs.handler.rpcs = {read_version()};
  acs.start();
  auto cpe = acs.connect();

  const auto informed = cpe.post(inform_text());
  EXPECT_EQ(informed.status, 200U);
  EXPECT_EQ(informed.field("Content-Type"), "text/xml; charset=\"utf-8\"");
  EXPECT_THAT(message_in(informed), Holds<cwmp::InformResponse>());
  const auto rpc = cpe.post("", cookie_field(informed));
  EXPECT_THAT(message_in(rpc), Holds<cwmp::GetParameterValues>());
  const auto last = cpe.post(response_text(rpc, version_is("1.1")), cookie_field(informed));

  EXPECT_EQ(last.status, 204U);
  EXPECT_EQ(last.field("Content-Length"), "");
  const auto response = acs.handler.responses.take();
  ASSERT_TRUE(response);
  EXPECT_EQ(*response, cwmp::CpeResponse(version_is("1.1")));
  const auto end = acs.handler.ended.take();
  ASSERT_TRUE(end);
  EXPECT_EQ(end->end, SessionEnd::kComplete);
  EXPECT_FALSE(end->rpc_open);
}

TEST(CwmpServerSession, ReportsWhatHappened) {
  Acs acs;
  acs.handler.rpcs = {read_version()};
  acs.start();
  auto cpe = acs.connect();
  const auto informed = cpe.post(inform_text("S7", "1 BOOT"));
  const auto rpc = cpe.post("");
  cpe.post(response_text(rpc, version_is("2")));

  const auto report = acs.observer.sessions.take();
  ASSERT_TRUE(report);
  EXPECT_EQ(report->device.serial_number, "S7");
  EXPECT_EQ(report->events, "1 BOOT");
  EXPECT_EQ(report->peer_address, "127.0.0.1");
  EXPECT_EQ(report->http_requests, 3U);
  EXPECT_EQ(report->connections, 1U);
  EXPECT_EQ(report->rpcs, 1U);
  EXPECT_EQ(report->end, SessionEnd::kComplete);
  EXPECT_GT(report->bytes_in, 0U);
  EXPECT_GT(report->bytes_out, 0U);
}

// quirk 32
TEST(CwmpServerSession, GivesACookieForTheWholeSite) {
  Acs acs;
  acs.start();
  auto cpe = acs.connect();

  const auto set_cookie = cpe.post(inform_text()).field("Set-Cookie");

  EXPECT_THAT(set_cookie, testing::MatchesRegex("session=[0-9a-f]+; Path=/"));
  EXPECT_EQ(set_cookie.size(), std::string("session=; Path=/").size() + 32);
}

TEST(CwmpServerSession, GoesOnOverAnotherConnection) {
  Acs acs;
  acs.handler.rpcs = {read_version()};
  acs.start();
  HttpAnswer informed;
  {
    auto first = acs.connect();
    informed = first.post(inform_text(), "Connection: close\r\n");
    EXPECT_EQ(informed.field("Connection"), "close");
    EXPECT_TRUE(first.closed());
  }
  HttpAnswer rpc;
  {
    auto second = acs.connect();
    rpc = second.post("", cookie_field(informed) + "Connection: close\r\n");
    EXPECT_THAT(message_in(rpc), Holds<cwmp::GetParameterValues>());
  }
  auto third = acs.connect();
  EXPECT_EQ(third.post(response_text(rpc, version_is("1")), cookie_field(informed)).status, 204U);

  const auto report = acs.observer.sessions.take();
  ASSERT_TRUE(report);
  EXPECT_EQ(report->connections, 3U);
  EXPECT_EQ(report->end, SessionEnd::kComplete);
}

// The CPE has our answer before the server knows that it was written.
TEST(CwmpServerSession, IsNeverBusyForTheNextRequestOnAnotherConnection) {
  Acs acs;
  acs.handler.rpcs = {read_version()};
  acs.start();
  for (int i = 0; i < 300; ++i) {
    auto first = acs.connect();
    auto second = acs.connect();
    auto third = acs.connect();
    const auto informed = first.post(inform_text());
    const auto rpc = second.post("", cookie_field(informed));
    ASSERT_EQ(rpc.status, 200U) << i;
    const auto last = third.post(response_text(rpc, version_is("1")), cookie_field(informed));
    ASSERT_EQ(last.status, 204U) << i;
    ASSERT_EQ(first.post("", cookie_field(informed)).status, 204U) << i;
  }
}

struct CookieForm {
  const char* name;
  std::string before;
  std::string after;
};

class CwmpServerCookie : public testing::TestWithParam<CookieForm> {};

// quirk 30
TEST_P(CwmpServerCookie, IsFoundOnANewConnection) {
  Acs acs;
  acs.handler.rpcs = {read_version()};
  acs.start();
  auto first = acs.connect();
  const auto cookie = first.post(inform_text()).cookie();
  auto second = acs.connect();

  const auto& form = GetParam();
  const auto rpc = second.post("", "Cookie: " + form.before + cookie + form.after + "\r\n");

  EXPECT_THAT(message_in(rpc), Holds<cwmp::GetParameterValues>());
}

INSTANTIATE_TEST_SUITE_P(
    Forms, CwmpServerCookie,
    testing::Values(CookieForm{"Plain", "", ""}, CookieForm{"WithItsPath", "", "; Path=/"},
                    CookieForm{"Version", "$Version=\"1\"; ", "; $Path=\"/\""},
                    CookieForm{"AfterAComma", "other=1,", ""},
                    CookieForm{"AfterAnOldOne", "session=00112233445566778899aabbccddeeff; ", ""},
                    CookieForm{"AfterRubbish", ";;=,session; ", ""}),
    [](const auto& test) { return std::string(test.param.name); });

// quirk 31
TEST(CwmpServerSession, TakesTheConnectionForAMissingCookie) {
  Acs acs;
  acs.handler.rpcs = {read_version()};
  acs.start();
  auto cpe = acs.connect();
  cpe.post(inform_text());

  EXPECT_THAT(message_in(cpe.post("")), Holds<cwmp::GetParameterValues>());
}

// quirk 31
TEST(CwmpServerSession, TakesTheConnectionForTheCookieOfAnEarlierSession) {
  Acs acs;
  acs.handler.rpcs = {read_version()};
  acs.start();
  auto cpe = acs.connect();
  cpe.post(inform_text());

  const auto rpc = cpe.post("", "Cookie: session=00112233445566778899aabbccddeeff\r\n");

  EXPECT_THAT(message_in(rpc), Holds<cwmp::GetParameterValues>());
}

// quirk 31
TEST(CwmpServerSession, IsNeverFoundByTheConnectionOfAProxy) {
  Acs acs;
  acs.options.trusted_proxies = {"127.0.0.0/8"};
  acs.handler.rpcs = {read_version()};
  acs.start();
  auto proxy = acs.connect();
  const auto informed = proxy.post(inform_text(), "X-Forwarded-For: 198.51.100.7\r\n");

  EXPECT_EQ(proxy.post("").status, 204U);
  EXPECT_EQ(acs.handler.asked.size(), 0U);
  EXPECT_THAT(message_in(proxy.post("", cookie_field(informed))),
              Holds<cwmp::GetParameterValues>());
  const auto start = acs.handler.begun.take();
  ASSERT_TRUE(start);
  EXPECT_EQ(start->peer_address, "198.51.100.7");
}

TEST(CwmpServerSession, CarriesTwoDevicesOverOneProxiedConnection) {
  Acs acs;
  acs.options.trusted_proxies = {"127.0.0.1"};
  acs.start();
  auto proxy = acs.connect();
  const auto first = proxy.post(inform_text("A"));
  const auto second = proxy.post(inform_text("B"));

  EXPECT_EQ(proxy.post("", cookie_field(first)).status, 204U);
  EXPECT_EQ(acs.handler.ended.take()->serial_number, "A");
  EXPECT_EQ(proxy.post("", cookie_field(second)).status, 204U);
  EXPECT_EQ(acs.handler.ended.take()->serial_number, "B");
}

// quirk 39
TEST(CwmpServerSession, EndsAtANewInform) {
  Acs acs;
  acs.handler.rpcs = {read_version()};
  acs.start();
  auto cpe = acs.connect();
  const auto first = cpe.post(inform_text());
  cpe.post("", cookie_field(first));

  const auto second = cpe.post(inform_text("S1", "1 BOOT"), cookie_field(first));

  EXPECT_THAT(message_in(second), Holds<cwmp::InformResponse>());
  EXPECT_NE(second.cookie(), first.cookie());
  const auto end = acs.handler.ended.take();
  ASSERT_TRUE(end);
  EXPECT_EQ(end->end, SessionEnd::kLost);
  EXPECT_TRUE(end->rpc_open);
}

TEST(CwmpServerSession, IsReplacedWhileTheHandlerHoldsTheOldOne) {
  Acs acs;
  acs.handler.hold = true;
  acs.start();
  auto first = acs.connect();
  const auto informed = first.post(inform_text());
  first.send(support::post_text("", cookie_field(informed)));
  ASSERT_TRUE(acs.handler.asked.take());

  auto second = acs.connect();
  EXPECT_EQ(second.post("", cookie_field(informed)).status, 400U);
  auto third = acs.connect();
  const auto again = third.post(inform_text("S1", "1 BOOT"), cookie_field(informed));

  EXPECT_THAT(message_in(again), Holds<cwmp::InformResponse>());
  EXPECT_EQ(acs.server().open_sessions(), 2U);
}

// quirk 42
TEST(CwmpServerSession, AnswersOneMoreEmptyPostAfterTheEnd) {
  Acs acs;
  acs.options.auth = cwmp::AuthPolicy{};
  acs.options.auth->digest = false;
  acs.options.auth->basic = true;
  acs.handler.users["u"] = "p";
  acs.start();
  auto cpe = acs.connect();
  const auto informed = cpe.post(inform_text(), "Authorization: Basic dTpw\r\n");
  ASSERT_EQ(informed.status, 200U);
  EXPECT_EQ(cpe.post("", cookie_field(informed)).status, 204U);

  EXPECT_EQ(cpe.post("", cookie_field(informed)).status, 204U);
  EXPECT_EQ(cpe.post("").status, 204U);
  auto other = acs.connect();
  EXPECT_EQ(other.post("", cookie_field(informed)).status, 204U);
}

// quirk 40
TEST(CwmpServerSession, IsLostWhenTheCpeVanishes) {
  Acs acs;
  acs.options.session_idle = std::chrono::seconds(1);
  acs.handler.rpcs = {read_version()};
  acs.start();
  auto cpe = acs.connect();
  const auto informed = cpe.post(inform_text());
  cpe.post("", cookie_field(informed));

  const auto end = acs.handler.ended.take();

  ASSERT_TRUE(end);
  EXPECT_EQ(end->end, SessionEnd::kLost);
  EXPECT_TRUE(end->rpc_open);
  EXPECT_TRUE(acs.no_session_left());
}

// quirk 40
TEST(CwmpServerSession, IsLostAtOnceWhenACpeWithoutCookiesHangsUp) {
  Acs acs;
  acs.handler.rpcs = {read_version()};
  acs.start();
  auto cpe = acs.connect();
  cpe.post(inform_text());
  cpe.post("");
  cpe.close();

  const auto end = acs.handler.ended.take();

  ASSERT_TRUE(end);
  EXPECT_EQ(end->end, SessionEnd::kLost);
  EXPECT_TRUE(end->rpc_open);
}

TEST(CwmpServerSession, SurvivesTheLossOfAConnectionForTheGraceTime) {
  Acs acs;
  acs.handler.rpcs = {read_version()};
  acs.start();
  HttpAnswer informed;
  HttpAnswer rpc;
  {
    auto first = acs.connect();
    informed = first.post(inform_text());
    rpc = first.post("", cookie_field(informed));
  }
  auto second = acs.connect();

  EXPECT_EQ(second.post(response_text(rpc, version_is("1")), cookie_field(informed)).status, 204U);
}

TEST(CwmpServerSession, IsLostAfterTheGraceTime) {
  Acs acs;
  acs.options.reconnect_grace = milliseconds(1);
  acs.handler.rpcs = {read_version()};
  acs.start();
  {
    auto cpe = acs.connect();
    const auto informed = cpe.post(inform_text());
    cpe.post("", cookie_field(informed));
  }
  const auto end = acs.handler.ended.take();
  ASSERT_TRUE(end);
  EXPECT_EQ(end->end, SessionEnd::kLost);
}

TEST(CwmpServerSession, CommitsTransferCompleteBeforeItsAnswer) {
  Acs acs;
  acs.start();
  auto cpe = acs.connect();
  cpe.post(inform_text("S1", "7 TRANSFER COMPLETE"));
  cwmp::TransferComplete transfer;
  transfer.command_key = "k";

  const auto answer = cpe.post(support::envelope_text(transfer));

  EXPECT_THAT(message_in(answer), Holds<cwmp::TransferCompleteResponse>());
  EXPECT_EQ(acs.handler.requests.size(), 1U);
}

TEST(CwmpServerSession, FailsAsAWholeWhenTheHandlerThrows) {
  Acs acs;
  acs.handler.throw_on_request = true;
  acs.start();
  auto cpe = acs.connect();
  cpe.post(inform_text());

  EXPECT_EQ(cpe.post(support::envelope_text(cwmp::TransferComplete{})).status, 500U);

  EXPECT_TRUE(cpe.closed());
  EXPECT_EQ(acs.handler.ended.take()->end, SessionEnd::kLost);
  EXPECT_EQ(acs.observer.sessions.take()->reason, "disk full");
}

TEST(CwmpServerSession, IsNotBegunWhenTheHandlerIsBusy) {
  Acs acs;
  cwmp::Refusal refusal;
  refusal.kind = cwmp::Refusal::Kind::kBusy;
  refusal.retry_after = std::chrono::seconds(100);
  acs.handler.refusal = refusal;
  acs.start();
  auto cpe = acs.connect();

  const auto answer = cpe.post(inform_text());

  EXPECT_EQ(answer.status, 503U);
  const auto wait = std::stoul(answer.field("Retry-After"));
  EXPECT_GE(wait, 100U);
  EXPECT_LE(wait, 200U);
  EXPECT_TRUE(acs.no_session_left());
}

TEST(CwmpServerSession, IsNotBegunWhenTheCredentialBelongsToAnotherDevice) {
  Acs acs;
  cwmp::Refusal refusal;
  refusal.kind = cwmp::Refusal::Kind::kForbidden;
  acs.handler.refusal = refusal;
  acs.start();
  auto cpe = acs.connect();

  EXPECT_EQ(cpe.post(inform_text()).status, 403U);
  EXPECT_EQ(acs.observer.rejections.take()->kind, cwmp::Rejection::kForbidden);
}

TEST(CwmpServerSession, IsRefusedWithAFault) {
  Acs acs;
  cwmp::Refusal refusal;
  refusal.text = "not one of ours";
  acs.handler.refusal = refusal;
  acs.start();
  auto cpe = acs.connect();

  const auto answer = cpe.post(inform_text());

  EXPECT_EQ(answer.status, 200U);
  const auto message = message_in(answer);
  ASSERT_THAT(message, Holds<cwmp::Fault>());
  EXPECT_EQ(std::get<cwmp::Fault>(message).code, cwmp::FaultCode::kAcsRequestDenied);
}

// quirk 48
TEST(CwmpServerSession, NewOnesAreShedBeyondTheLimitAndRunningOnesGoOn) {
  Acs acs;
  acs.options.max_sessions = 1;
  acs.handler.rpcs = {read_version()};
  acs.start();
  auto first = acs.connect();
  const auto informed = first.post(inform_text("A"));
  auto second = acs.connect();

  const auto shed = second.post(inform_text("B"));

  EXPECT_EQ(shed.status, 503U);
  EXPECT_NE(shed.field("Retry-After"), "");
  const auto rpc = first.post("", cookie_field(informed));
  EXPECT_EQ(first.post(response_text(rpc, version_is("1")), cookie_field(informed)).status, 204U);
  ASSERT_TRUE(acs.handler.ended.take());
  // The slot is given back when the end was told.
  while (acs.server().open_sessions() > 0) std::this_thread::yield();
  auto third = acs.connect();
  EXPECT_EQ(third.post(inform_text("C")).status, 200U);
}

TEST(CwmpServerSession, GetsNoFurtherRpcAfterTheSessionLimit) {
  Acs acs;
  acs.options.session_limit = std::chrono::seconds(0);
  acs.handler.rpcs = {read_version()};
  acs.start();
  auto cpe = acs.connect();
  cpe.post(inform_text());

  EXPECT_EQ(cpe.post("").status, 204U);
  EXPECT_EQ(acs.handler.asked.size(), 0U);
}

// quirk 28
TEST(CwmpServerSession, ResendsTheRpcToAClientThatPostsNothingFirst) {
  Acs acs;
  acs.handler.rpcs = {read_version()};
  acs.start();
  auto cpe = acs.connect();
  EXPECT_EQ(cpe.post("").status, 204U);
  cpe.post(inform_text());
  const auto rpc = cpe.post("");
  ASSERT_THAT(message_in(rpc), Holds<cwmp::GetParameterValues>());

  const auto again = cpe.post("");

  EXPECT_EQ(again.body, rpc.body);
}

// quirk 3: a declaration in front breaks some clients, so it is sent only where it is asked for.
TEST(CwmpServerSession, SendsAnXmlDeclarationToThoseWhoNeedOne) {
  for (const bool wanted : {false, true}) {
    Acs acs;
    acs.handler.manners.xml_declaration = wanted;
    acs.handler.rpcs = {read_version()};
    acs.start();
    auto cpe = acs.connect();
    const auto informed = cpe.post(inform_text());
    const auto rpc = cpe.post("", cookie_field(informed));
    EXPECT_EQ(informed.body.starts_with("<?xml"), wanted);
    EXPECT_EQ(rpc.body.starts_with("<?xml"), wanted);
  }
}

// quirk 43: some close the session on "204 No Content" only, some on an empty 200 only.
TEST(CwmpServerSession, EndsWithAnEmpty200WhereThatIsNeeded) {
  Acs acs;
  acs.handler.manners.empty_is_200 = true;
  acs.start();
  auto cpe = acs.connect();
  const auto informed = cpe.post(inform_text());

  for (const auto& last :
       {cpe.post("", cookie_field(informed)), cpe.post("", cookie_field(informed))}) {
    EXPECT_EQ(last.status, 200U);
    EXPECT_EQ(last.field("Content-Length"), "0");
    EXPECT_EQ(last.field("Content-Type"), "");
  }
  EXPECT_EQ(acs.handler.ended.take()->end, SessionEnd::kComplete);
}

TEST(CwmpServerSession, IsNotBegunWhenTheDeviceCallsTooOften) {  // quirk 47
  Acs acs;
  cwmp::Refusal refusal;
  refusal.kind = cwmp::Refusal::Kind::kThrottled;
  refusal.retry_after = std::chrono::seconds(20);
  acs.handler.refusal = refusal;
  acs.start();
  auto cpe = acs.connect();

  const auto answer = cpe.post(inform_text());

  EXPECT_EQ(answer.status, 503U);
  EXPECT_GE(std::stoul(answer.field("Retry-After")), 20U);
  EXPECT_TRUE(cpe.closed());
  EXPECT_EQ(acs.observer.rejections.take()->kind, cwmp::Rejection::kThrottled);
}

// quirk 70: DeviceId and one event are all that an Inform must have.
TEST(CwmpServerSession, IsBegunByTheBarestInform) {
  Acs acs;
  acs.start();
  auto cpe = acs.connect();
  cwmp::Inform inform;
  inform.device_id.oui = "00D09E";
  inform.device_id.serial_number = "S1";
  inform.events.push_back({"1 BOOT", ""});

  EXPECT_EQ(cpe.post(support::envelope_text(inform)).status, 200U);
}

}  // namespace
