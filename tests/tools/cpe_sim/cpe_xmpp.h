// What a CPE's parameters say about connection requests over XMPP (TR-069 Annex K, TR-181 XMPP.
// and ManagementServer.), and what becomes of them. Without IO; functions over a Cpe.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "cwmp/xmpp/connection_request.h"
#include "cwmp/xmpp/jid.h"
#include "tests/tools/cpe_sim/cpe.h"

namespace cpe_sim {

/// Where a device logs in.
struct XmppAccount {
  std::string row;  ///< "Device.XMPP.Connection.1."
  cwmp::xmpp::Jid jid;
  std::string password;
  std::string host;
  std::uint16_t port = 5222;
  bool use_tls = false;
  seconds keep_alive{0};  ///< 0: none
  bool operator==(const XmppAccount&) const = default;
};

/// Has the model what it takes?
bool has_xmpp(const Cpe& cpe);

/// The connection that ConnReqXMPPConnection refers to; nullopt: there is none, it is disabled or
/// incomplete, or the device is down. Of its servers the enabled one with the lowest Priority is
/// taken with ServerTable, else the domain itself.
std::optional<XmppAccount> xmpp_account(const Cpe& cpe);

/// Status "Enabled" or another one of TR-181. `jid`: as the server gave it; kept in
/// ConnReqJabberID when the connection is lost, as TR-181 wants.
void show_xmpp(Cpe& cpe, const XmppAccount& account, const std::string& status,
               const std::string& jid = {}, bool tls = false);
/// No connection is in use: ConnReqJabberID becomes empty.
void show_no_xmpp(Cpe& cpe);

/// Whom the CPE obeys: a sender of ConnReqAllowedJabberIDs (empty: anybody) with its
/// ConnectionRequestUsername and -Password. With kAccept a session is wanted.
cwmp::xmpp::Verdict judge(Cpe& cpe, const cwmp::xmpp::Jid& from,
                          const cwmp::xmpp::ConnectionRequest& request, TimePoint now);

/// The longest wait before attempt `attempt` (from 1) to log in again (TR-181
/// ServerRetryInitialInterval, ...IntervalMultiplier, ...MaxInterval).
milliseconds longest_xmpp_wait(const Cpe& cpe, const XmppAccount& account, unsigned attempt);

}  // namespace cpe_sim
