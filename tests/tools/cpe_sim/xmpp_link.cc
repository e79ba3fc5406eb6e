#include "tests/tools/cpe_sim/xmpp_link.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "tests/tools/cpe_sim/session.h"

namespace cpe_sim {

namespace asio = boost::asio;
using cwmp::XmppConnection;
using cwmp::XmppConnectionOptions;
using cwmp::xmpp::Failure;
using cwmp::xmpp::Verdict;

namespace {

constexpr auto kNoThrow = asio::as_tuple(asio::use_awaitable);

XmppConnectionOptions options_of(const XmppAccount& account,
                                 const std::shared_ptr<asio::ssl::context>& tls) {
  using Tls = cwmp::xmpp::StreamOptions::Tls;
  XmppConnectionOptions options;
  options.stream.account = account.jid;
  options.stream.password = account.password;
  options.stream.tls = account.use_tls ? Tls::kRequired : Tls::kIfDemanded;
  options.stream.takes_requests = true;
  options.stream.keep_alive = account.keep_alive;
  options.host = account.host;
  options.port = account.port;
  options.tls = tls;
  return options;
}

/// XMPP.Connection.{i}.Status (TR-181).
std::string status_after(Failure::Kind kind) {
  switch (kind) {
    case Failure::Kind::kNotAuthorized:
    case Failure::Kind::kNoMechanism:
      return "Error_AuthenticationFailure";
    case Failure::Kind::kNoTls:
    case Failure::Kind::kTlsFailed:
    case Failure::Kind::kNotBound:
      return "Error_Misconfigured";
    case Failure::Kind::kUnreachable:
      return "ServerNotPresent";
    default:
      return "Connecting";
  }
}

}  // namespace

XmppLink::XmppLink(asio::any_io_executor strand, Cpe& cpe, Journal& journal,
                   std::shared_ptr<asio::ssl::context> tls, std::function<void()> changed)
    : strand_(strand),
      cpe_(cpe),
      journal_(journal),
      tls_(std::move(tls)),
      changed_(std::move(changed)),
      timer_(strand),
      random_(std::random_device{}()) {}

void XmppLink::look() {
  const auto wanted = xmpp_account(cpe_);
  if (wanted == account_) return;
  attempt_ = 0;
  if (connection_) connection_->stop();
  timer_.cancel();
}

asio::awaitable<void> XmppLink::run() {
  for (;;) {
    account_ = xmpp_account(cpe_);
    if (account_) {
      XmppAccount account = *account_;
      co_await live_once(std::move(account));
    } else {
      if (!cpe_.is_down()) {
        show_no_xmpp(cpe_);
        changed_();
      }
      co_await wait(std::nullopt);
    }
  }
}

asio::awaitable<void> XmppLink::live_once(XmppAccount account) {
  show_xmpp(cpe_, account, "Connecting");
  XmppConnection::Handlers handlers;
  handlers.on_bound = [this](const cwmp::xmpp::Bound& bound) { on_bound(bound); };
  handlers.on_asked = [this](const cwmp::xmpp::Asked& asked) { on_asked(asked); };
  auto options = options_of(account, tls_);
  connection_ = std::make_shared<XmppConnection>(strand_, std::move(options), handlers);
  Failure why = co_await connection_->run();
  connection_.reset();
  journal_.note("xmpp_down", cpe_.serial_number(),
                "\"why\":" + json_text(std::string(to_string(why.kind)) + ": " + why.text));
  const bool stopped = why.kind == Failure::Kind::kStopped;
  show_xmpp(cpe_, account, stopped ? "Disabled" : status_after(why.kind));
  changed_();
  if (stopped || xmpp_account(cpe_) != account_) co_return;
  const auto longest = longest_xmpp_wait(cpe_, account, ++attempt_);
  std::uniform_int_distribution<std::int64_t> part(0, longest.count());
  const milliseconds time(part(random_));
  co_await wait(time);
}

asio::awaitable<void> XmppLink::wait(std::optional<milliseconds> time) {
  if (time) {
    timer_.expires_after(*time);
  } else {
    timer_.expires_at(asio::steady_timer::time_point::max());
  }
  co_await timer_.async_wait(kNoThrow);
}

void XmppLink::on_bound(const cwmp::xmpp::Bound& bound) {
  attempt_ = 0;
  show_xmpp(cpe_, *account_, "Enabled", bound.jid.text(), connection_->over_tls());
  journal_.note("xmpp_up", cpe_.serial_number(), "\"jid\":" + json_text(bound.jid.text()));
  changed_();
}

void XmppLink::on_asked(const cwmp::xmpp::Asked& asked) {
  const Verdict verdict = judge(cpe_, asked.from, asked.request, now());
  connection_->answer(asked, verdict);
  if (verdict != Verdict::kAccept) return;
  journal_.note("connection_request", cpe_.serial_number(),
                "\"from\":" + json_text(asked.from.text()));
  changed_();
}

}  // namespace cpe_sim
