#include "cwmp/xmpp_client.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <map>
#include <random>
#include <utility>

namespace cwmp {
namespace {

namespace asio = boost::asio;
using Clock = std::chrono::steady_clock;
using Kind = ConnectionRequestOutcome::Kind;

constexpr auto kNoThrow = asio::as_tuple(asio::use_awaitable);
/// A connection that lived for so long was a good one: the waits begin anew.
constexpr std::chrono::seconds kGoodLife{30};
/// Trying again at once would only lock an account, or throw the other client out again.
constexpr std::chrono::seconds kHopelessWait{60};

ConnectionRequestOutcome outcome(Kind kind, std::string text) {
  ConnectionRequestOutcome result;
  result.kind = kind;
  result.text = std::move(text);
  return result;
}

Kind kind_of(std::string_view condition) {
  constexpr auto kTable = std::to_array<std::pair<std::string_view, Kind>>({
      {"not-authorized", Kind::kUnauthorized},
      {"forbidden", Kind::kUnauthorized},
      {"service-unavailable", Kind::kBusy},
      {"resource-constraint", Kind::kBusy},
      {"item-not-found", Kind::kNotFound},
      {"recipient-unavailable", Kind::kUnreachable},
      {"gone", Kind::kUnreachable},
      {"remote-server-not-found", Kind::kUnreachable},
      {"remote-server-timeout", Kind::kUnreachable},
  });
  for (const auto& [name, kind] : kTable) {
    if (name == condition) return kind;
  }
  return Kind::kRefused;
}

}  // namespace

std::chrono::milliseconds retry_wait(const XmppClientOptions& options, unsigned failures,
                                     const xmpp::Failure& why, double random) {
  auto wait = options.first_retry;
  for (unsigned i = 0; i < failures && wait < options.longest_retry; ++i) wait *= 2;
  const bool hopeless = why.kind == xmpp::Failure::Kind::kNotAuthorized ||
                        why.kind == xmpp::Failure::Kind::kNoMechanism ||
                        why.text == "stream error: conflict";
  if (hopeless) wait = std::max<std::chrono::milliseconds>(wait, 2 * kHopelessWait);
  wait = std::min(wait, options.longest_retry);
  return std::chrono::milliseconds(
      static_cast<std::int64_t>(static_cast<double>(wait.count()) * (0.5 + random / 2)));
}

ConnectionRequestOutcome to_outcome(const xmpp::RequestResult& result) {
  if (std::holds_alternative<xmpp::Accepted>(result)) return outcome(Kind::kAccepted, "accepted");
  if (std::holds_alternative<xmpp::TimedOut>(result)) {
    return outcome(Kind::kTimeout, "no answer in time");
  }
  if (const auto* refused = std::get_if<xmpp::Refused>(&result)) {
    return outcome(kind_of(refused->condition), refused->condition);
  }
  return outcome(Kind::kUnreachable, "connection to the XMPP server lost");
}

ConnectionRequestOutcome to_outcome(xmpp::NotSent why) {
  switch (why) {
    case xmpp::NotSent::kNotConnected:
      return outcome(Kind::kUnreachable, "no connection to the XMPP server");
    case xmpp::NotSent::kTooMany:
      return outcome(Kind::kBusy, "too many XMPP requests are open");
    case xmpp::NotSent::kNoFullJid:
      return outcome(Kind::kBadUrl, "not a full Jabber ID");
    case xmpp::NotSent::kUnwritable:
      return outcome(Kind::kRefused, "credentials that XML cannot hold");
  }
  return outcome(Kind::kRefused, "not sent");
}

/// On its strand but for `stopping` and `connected`.
struct XmppClient::Impl : std::enable_shared_from_this<XmppClient::Impl> {
  Impl(asio::any_io_executor executor, XmppClientOptions wanted)
      : options(std::move(wanted)), strand(asio::make_strand(executor)), pause(strand) {}

  /// Somebody waits for an answer.
  struct Waiter {
    explicit Waiter(const asio::any_io_executor& executor) : done(executor) {
      done.expires_at(Clock::time_point::max());
    }
    asio::steady_timer done;
    std::optional<xmpp::RequestResult> result;
  };

  asio::awaitable<void> run(std::shared_ptr<Impl> self);
  asio::awaitable<void> live_once();
  asio::awaitable<ConnectionRequestOutcome> ask(std::shared_ptr<Impl> self, std::string jid,
                                                xmpp::ConnectionRequest request,
                                                std::chrono::milliseconds timeout);
  void on_bound(const xmpp::Bound& bound);
  void on_answered(const xmpp::Answered& answered);
  void stop();

  XmppClientOptions options;
  asio::any_io_executor strand;
  asio::steady_timer pause;
  std::shared_ptr<XmppConnection> connection;
  std::map<std::string, std::shared_ptr<Waiter>> waiters;  ///< by id
  unsigned failures = 0;
  std::optional<Clock::time_point> bound_at;
  std::mt19937 random{std::random_device{}()};
  std::atomic<bool> stopping{false};
  std::atomic<bool> connected{false};
};

XmppClient::XmppClient(asio::any_io_executor executor, XmppClientOptions options)
    : impl_(std::make_shared<Impl>(std::move(executor), std::move(options))) {}

XmppClient::~XmppClient() { stop(); }

void XmppClient::start() {
  auto running = impl_->run(impl_);
  asio::co_spawn(impl_->strand, std::move(running), asio::detached);
}

void XmppClient::stop() {
  if (impl_->stopping.exchange(true)) return;
  auto impl = impl_;
  asio::post(impl->strand, [impl] { impl->stop(); });
}

bool XmppClient::connected() const { return impl_->connected; }

asio::awaitable<ConnectionRequestOutcome> XmppClient::request_connection(
    std::string jid, std::string username, std::string password,
    std::chrono::milliseconds timeout) {
  auto impl = impl_;
  xmpp::ConnectionRequest request{std::move(username), std::move(password)};
  auto asking = impl->ask(impl, std::move(jid), std::move(request), timeout);
  ConnectionRequestOutcome result =
      co_await asio::co_spawn(impl->strand, std::move(asking), asio::use_awaitable);
  co_return result;
}

// ---- on the strand -----------------------------------------------------------------------------

void XmppClient::Impl::stop() {
  if (connection) connection->stop();
  pause.cancel();
}

asio::awaitable<void> XmppClient::Impl::run(std::shared_ptr<Impl> self) {
  while (!stopping) {
    co_await live_once();
  }
  (void)self;
}

// One connection, and the wait after it.
asio::awaitable<void> XmppClient::Impl::live_once() {
  XmppConnection::Handlers handlers;
  handlers.on_bound = [this](const xmpp::Bound& bound) { on_bound(bound); };
  handlers.on_answered = [this](const xmpp::Answered& answered) { on_answered(answered); };
  connection = std::make_shared<XmppConnection>(strand, options.connection, std::move(handlers));
  bound_at.reset();
  xmpp::Failure why = co_await connection->run();
  connected = false;
  connection.reset();
  if (bound_at && Clock::now() - *bound_at >= kGoodLife) failures = 0;
  XmppClientStatus status;
  status.why = why;
  if (!stopping) {
    const double part = std::uniform_real_distribution<double>(0, 1)(random);
    status.retry_in = retry_wait(options, failures++, why, part);
  }
  if (options.on_status) options.on_status(status);
  if (stopping) co_return;
  pause.expires_after(status.retry_in);
  auto [ignored] = co_await pause.async_wait(kNoThrow);
  (void)ignored;
}

void XmppClient::Impl::on_bound(const xmpp::Bound& bound) {
  bound_at = Clock::now();
  connected = true;
  if (stopping) connection->stop();
  XmppClientStatus status;
  status.connected = true;
  status.jid = bound.jid.text();
  if (options.on_status) options.on_status(status);
}

void XmppClient::Impl::on_answered(const xmpp::Answered& answered) {
  const auto found = waiters.find(answered.id);
  if (found == waiters.end()) return;
  found->second->result = answered.result;
  found->second->done.cancel();
}

asio::awaitable<ConnectionRequestOutcome> XmppClient::Impl::ask(std::shared_ptr<Impl> self,
                                                                std::string jid,
                                                                xmpp::ConnectionRequest request,
                                                                std::chrono::milliseconds timeout) {
  const auto to = xmpp::parse_jid(jid);
  if (!to) co_return to_outcome(xmpp::NotSent::kNoFullJid);
  if (!connection || stopping) co_return to_outcome(xmpp::NotSent::kNotConnected);
  const auto over = connection;
  auto sent = over->request(*to, request, timeout);
  if (!sent) co_return to_outcome(sent.error());
  const std::string id = *sent;
  const auto waiter = std::make_shared<Waiter>(strand);
  waiters.emplace(id, waiter);
  auto [ignored] = co_await waiter->done.async_wait(kNoThrow);
  (void)ignored;
  waiters.erase(id);
  // Exit if the caller has given up.
  if (!waiter->result) {
    over->forget(id);
    co_return outcome(Kind::kTimeout, "given up");
  }
  (void)self;
  co_return to_outcome(*waiter->result);
}

}  // namespace cwmp
