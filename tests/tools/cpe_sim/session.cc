#include "tests/tools/cpe_sim/session.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "cwmp/soap.h"

namespace cpe_sim {

namespace asio = boost::asio;

namespace {

constexpr auto kNoThrow = asio::as_tuple(asio::use_awaitable);
/// How long a hanging device keeps its connection.
constexpr std::chrono::minutes kHangLimit{5};

asio::awaitable<void> sleep_for(milliseconds time) {
  if (time <= milliseconds(0)) co_return;
  auto executor = co_await asio::this_coro::executor;
  asio::steady_timer timer(executor, time);
  co_await timer.async_wait(kNoThrow);
}

/// What the ACS said: an envelope, nullopt for an empty response, or why it is neither.
tl::expected<std::optional<cwmp::Envelope>, std::string> read_reply(const HttpReply& reply) {
  if (reply.error != HttpReply::Error::kNone) return tl::unexpected(reply.error_text);
  if (reply.status != 200 && reply.status != 204) {
    return tl::unexpected("HTTP status " + std::to_string(reply.status));
  }
  if (reply.body.empty()) return std::optional<cwmp::Envelope>();
  auto envelope = cwmp::decode(reply.body, reply.content_type);
  if (!envelope) return tl::unexpected(envelope.error().text);
  return std::optional<cwmp::Envelope>(*std::move(envelope));
}

void note_rpc(const cwmp::Envelope& envelope, const Cpe& cpe, Journal& journal,
              SessionResult& result) {
  cwmp::Message copy = envelope.body;
  const auto request = cwmp::to_acs_request(std::move(copy));
  if (!request) return;
  ++result.rpcs;
  if (!journal.enabled()) return;
  const std::string arguments = describe(*request);
  std::string more = "\"method\":" + json_text(cwmp::method_name(*request));
  if (!arguments.empty()) more += "," + arguments;
  journal.note("rpc", cpe.serial_number(), more);
}

void note_inform(const Send& send, const Cpe& cpe, Journal& journal) {
  if (!journal.enabled() || !send.envelope) return;
  const auto* inform = std::get_if<cwmp::Inform>(&send.envelope->body);
  if (inform == nullptr) return;
  journal.note("inform", cpe.serial_number(),
               describe(inform->events) + ",\"retry\":" + std::to_string(inform->retry_count));
}

}  // namespace

TimePoint now() {
  static const auto wall = std::chrono::system_clock::now();
  static const auto start = std::chrono::steady_clock::now();
  return std::chrono::floor<milliseconds>(wall + (std::chrono::steady_clock::now() - start));
}

asio::awaitable<SessionResult> run_session(Cpe& cpe, AcsLink& link, Journal& journal) {
  SessionResult result;
  if (cpe.quirks.empty_post_first) {
    PostBody nothing;
    HttpReply ignored = co_await link.post(std::move(nothing), cpe.quirks);
  }
  Action action = cpe.begin_session(now());
  for (;;) {
    if (std::holds_alternative<End>(action)) {
      result.complete = true;
      co_return result;
    }
    if (const auto* broken = std::get_if<Broken>(&action)) {
      result.why = broken->why;
      break;
    }
    if (const auto* drop = std::get_if<Drop>(&action)) {
      result.why = "dropped as told";
      if (drop->hang) co_await link.hang(kHangLimit);
      break;
    }
    auto send = std::get<Send>(std::move(action));
    co_await sleep_for(send.delay);
    note_inform(send, cpe, journal);
    PostBody body = make_post(send.envelope, cpe.quirks);
    if (send.drop_after) {
      result.why = "dropped as told";
      co_await link.post_and_drop(std::move(body), cpe.quirks);
      break;
    }
    HttpReply reply = co_await link.post(std::move(body), cpe.quirks);
    auto answer = read_reply(reply);
    result.http_status = reply.status;
    if (!answer) {
      result.why = answer.error();
      link.close();
      cpe.on_lost(now(), reply.retry_after);
      co_return result;
    }
    if (*answer) note_rpc(**answer, cpe, journal, result);
    action = cpe.on_answer(*std::move(answer), now());
  }
  link.close();
  cpe.on_lost(now());
  co_return result;
}

}  // namespace cpe_sim
