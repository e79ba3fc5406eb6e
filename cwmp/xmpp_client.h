// The ACS's own XMPP client: one account, logged in all the time, that wakes CPEs behind NAT
// (TR-069 Annex K).
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "cwmp/connection_request/http.h"
#include "cwmp/xmpp_connection.h"

namespace cwmp {

struct XmppClientStatus {
  bool connected = false;
  std::string jid;  ///< ours, with resource, as the server gave it; while connected
  /// Why it is not connected; the text is safe to log.
  xmpp::Failure why;
  std::chrono::milliseconds retry_in{0};  ///< while it is not connected; 0: it was stopped
};

struct XmppClientOptions {
  XmppConnectionOptions connection;
  /// Waits between attempts grow from the first to the longest (RFC 6120 3.3).
  std::chrono::milliseconds first_retry{1'000};
  std::chrono::milliseconds longest_retry{300'000};
  /// Called on the client's strand at each change. Must not block.
  std::function<void(const XmppClientStatus&)> on_status;
};

/// The wait before attempt `failures` + 1: doubled each time up to the longest, and of that a part
/// between a half and all, by `random` in [0, 1), so that not all clients of a server that comes
/// back come at once. A refused login or an account used twice waits for a minute at least.
std::chrono::milliseconds retry_wait(const XmppClientOptions& options, unsigned failures,
                                     const xmpp::Failure& why, double random);

/// What a waker makes of an answer.
///
/// result                                             kAccepted
/// not-authorized, forbidden                          kUnauthorized
/// service-unavailable, resource-constraint           kBusy: in a session, asked too often, does
///                                                    not know us, or (from its server) offline
/// item-not-found                                     kNotFound
/// recipient-unavailable, gone, remote-server-...     kUnreachable, as when the stream is lost
/// no answer                                          kTimeout
/// any other condition                                kRefused
ConnectionRequestOutcome to_outcome(const xmpp::RequestResult& result);
/// Not connected: kUnreachable; no full JID: kBadUrl; too many are open: kBusy.
ConnectionRequestOutcome to_outcome(xmpp::NotSent why);

/// All members may be called on any thread.
class XmppClient {
 public:
  /// `executor`: of any number of threads; the client has a strand of its own on it.
  XmppClient(boost::asio::any_io_executor executor, XmppClientOptions options);
  /// Like stop().
  ~XmppClient();
  XmppClient(const XmppClient&) = delete;
  XmppClient& operator=(const XmppClient&) = delete;

  /// Once. Connects, and again whenever the connection is lost.
  void start();
  /// Ends the stream and all waits; requests that are open get kUnreachable. Returns at once; the
  /// executor has nothing left to do for the client some two seconds later at most.
  void stop();

  bool connected() const;

  /// Asks the CPE at `jid` (its ManagementServer.ConnReqJabberID, with resource) for a session.
  /// `jid` is the device's word: the caller checks that its domain is one to be talked to.
  /// kAccepted is a promise; the proof is the Inform. Never throws but for cancellation, after
  /// which the request is forgotten. Not connected: an answer at once, nothing is queued.
  boost::asio::awaitable<ConnectionRequestOutcome> request_connection(
      std::string jid, std::string username, std::string password,
      std::chrono::milliseconds timeout);

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace cwmp
