#include "bridge/wake_xmpp.h"

#include <utility>

#include "bridge/device.h"

namespace bridge {

namespace asio = boost::asio;

// Also while the client is not logged in: the attempt comes again after a pause.
bool XmppWake::usable(const Device& device) const {
  return !device.row().connection_request_username.empty() && device.xmpp_jid().has_value();
}

std::string XmppWake::why_not(const Device& device) const {
  if (device.row().connection_request_username.empty()) {
    return "it has no credential for connection requests yet";
  }
  return "it has told no XMPP address";
}

asio::awaitable<WakeAttempt> XmppWake::ask(std::shared_ptr<Device> device) {
  const auto jid = device->xmpp_jid();
  if (!jid) {
    WakeAttempt attempt;
    attempt.result = "bad-address";
    co_return attempt;
  }
  if (!client_.connected()) {
    WakeAttempt attempt;
    attempt.outcome = WakeOutcome::kNotAsked;
    attempt.result = "not-connected";
    co_return attempt;
  }
  auto asking = client_.request_connection(jid->text(), device->row().connection_request_username,
                                           device->row().connection_request_password, timeout_);
  const cwmp::ConnectionRequestOutcome outcome = co_await std::move(asking);
  co_return to_attempt(outcome);
}

}  // namespace bridge
