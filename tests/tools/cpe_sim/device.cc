#include "tests/tools/cpe_sim/device.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "tests/tools/cpe_sim/acs_link.h"
#include "tests/tools/cpe_sim/command.h"
#include "tests/tools/cpe_sim/session.h"
#include "tests/tools/cpe_sim/transfer.h"

namespace cpe_sim {

namespace asio = boost::asio;

namespace {

constexpr auto kNoThrow = asio::as_tuple(asio::use_awaitable);
/// A device whose ACS URL cannot be read looks at it again that often.
constexpr seconds kBadUrlWait{5};

}  // namespace

Device::Device(asio::any_io_executor strand, std::unique_ptr<Cpe> cpe, ClientOptions client,
               UdpOptions udp, Journal& journal)
    : strand_(std::move(strand)),
      cpe_(std::move(cpe)),
      serial_number_(cpe_->serial_number()),
      client_(std::move(client)),
      journal_(journal),
      timer_(strand_),
      udp_options_(std::move(udp)),
      udp_timer_(strand_),
      stun_(udp_options_.seed) {}

void Device::start(milliseconds delay) {
  auto running = run(delay);
  asio::co_spawn(strand_, std::move(running), asio::detached);
  auto running_udp = run_udp();
  asio::co_spawn(strand_, std::move(running_udp), asio::detached);
  if (!has_xmpp(*cpe_)) return;
  // It only runs within run_xmpp(), which keeps the device.
  auto changed = [this] { timer_.cancel(); };
  xmpp_ = std::make_unique<XmppLink>(strand_, *cpe_, journal_, client_.tls, std::move(changed));
  auto logging_in = run_xmpp();
  asio::co_spawn(strand_, std::move(logging_in), asio::detached);
}

asio::awaitable<void> Device::run_xmpp() {
  auto self = shared_from_this();
  co_await xmpp_->run();
}

void Device::poke() {
  if (xmpp_) xmpp_->look();
  down_ = cpe_->is_down();
  wants_basic_ = cpe_->quirks.basic_requests;
  timer_.cancel();
  udp_timer_.cancel();
}

void Device::note_boot() {
  const bool down = cpe_->is_down();
  down_ = down;
  wants_basic_ = cpe_->quirks.basic_requests;
  if (was_down_ != down) journal_.note(down ? "down" : "up", serial_number_);
  was_down_ = down;
}

asio::awaitable<void> Device::run(milliseconds delay) {
  auto self = shared_from_this();
  timer_.expires_after(delay);
  co_await timer_.async_wait(kNoThrow);
  cpe_->boot(now());
  for (;;) {
    const auto time = now();
    cpe_->tick(time);
    note_boot();
    if (xmpp_) xmpp_->look();
    auto transfer = cpe_->next_transfer(time);
    if (transfer) {
      Transfer wanted = *std::move(transfer);
      co_await run_transfer(std::move(wanted));
    } else if (cpe_->wants_session(time)) {
      co_await run_one_session();
    } else {
      co_await wait();
    }
  }
}

asio::awaitable<void> Device::wait() {
  const auto wake = cpe_->next_wake();
  if (wake) {
    timer_.expires_after(std::max(*wake - now(), milliseconds(0)));
  } else {
    timer_.expires_at(asio::steady_timer::time_point::max());
  }
  co_await timer_.async_wait(kNoThrow);
}

asio::awaitable<void> Device::run_one_session() {
  const auto url = parse_url(cpe_->management("URL"));
  if (!url) {
    journal_.note("bad_url", serial_number_);
    timer_.expires_after(kBadUrlWait);
    co_await timer_.async_wait(kNoThrow);
    co_return;
  }
  LinkOptions options;
  options.url = *url;
  options.username = cpe_->management("Username");
  options.password = cpe_->management("Password");
  options.client = client_;
  AcsLink link(strand_, std::move(options));
  journal_.note("session_begin", serial_number_,
                "\"retry\":" + std::to_string(cpe_->retry_count()));
  SessionResult result = co_await run_session(*cpe_, link, journal_);
  link.close();
  udp_timer_.cancel();  // the STUN settings may be others now
  if (result.why == "dropped as told") journal_.note("dropped", serial_number_);
  if (result.http_status >= 400) {
    journal_.note("refused", serial_number_, "\"status\":" + std::to_string(result.http_status));
  }
  std::string more = std::string("\"ok\":") + (result.complete ? "true" : "false") +
                     ",\"rpcs\":" + std::to_string(result.rpcs);
  if (!result.complete) more += ",\"why\":" + json_text(result.why);
  journal_.note("session_end", serial_number_, more);
  if (cpe_->is_down()) journal_.note("reboot", serial_number_);
}

asio::awaitable<void> Device::run_transfer(Transfer transfer) {
  const std::string key = "\"command_key\":" + json_text(transfer.command_key);
  journal_.note("transfer_begin", serial_number_, key);
  TransferOutcome outcome = co_await transfer_file(strand_, std::move(transfer), client_);
  journal_.note("transfer_end", serial_number_,
                key + ",\"fault\":" + std::to_string(outcome.fault));
  cpe_->on_transfer_done(std::move(outcome), now());
  if (cpe_->is_down()) journal_.note("reboot", serial_number_);
}

void Device::command(std::string verb, std::string rest, std::function<void(std::string)> done) {
  auto self = shared_from_this();
  asio::post(strand_,
             [self, verb = std::move(verb), rest = std::move(rest), done = std::move(done)] {
               if (verb == "rebind") {
                 if (self->udp_) self->udp_->rebind();
                 return done(self->udp_ ? "ok" : "error STUN is not enabled");
               }
               std::string answer = execute(*self->cpe_, verb, rest, now());
               self->poke();
               done(std::move(answer));
             });
}

asio::awaitable<unsigned> Device::on_connection_request(cwmp::Credentials credentials) {
  auto self = shared_from_this();
  auto checking = check_connection_request(std::move(credentials));
  unsigned status = co_await asio::co_spawn(strand_, std::move(checking), asio::use_awaitable);
  co_return status;
}

asio::awaitable<unsigned> Device::check_connection_request(cwmp::Credentials credentials) {
  const std::string username = cpe_->management("ConnectionRequestUsername");
  const std::string password = cpe_->management("ConnectionRequestPassword");
  bool good = false;
  if (const auto* basic = std::get_if<cwmp::BasicCredentials>(&credentials)) {
    good = basic->username == username && cwmp::password_matches(*basic, password);
  } else {
    const auto& digest = std::get<cwmp::DigestCredentials>(credentials);
    good = digest.username == username && cwmp::password_matches(digest, "GET", password);
  }
  if (!good) co_return 401U;
  if (!cpe_->on_connection_request(now())) co_return 0U;
  journal_.note("connection_request", serial_number_);
  poke();
  co_return 200U;
}

}  // namespace cpe_sim
