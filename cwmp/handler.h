// What a CWMP session asks of the rest of the service. Implemented outside this folder.
//
// The server (cwmp/server.h) reads HTTP, authenticates and keeps the order of messages
// (cwmp/session.h); everything it cannot know goes through these two interfaces. Calls of one
// DeviceSession never overlap.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <tl/expected.hpp>
#include <vector>

#include "cwmp/message.h"

namespace cwmp {

/// kCertificate: a client certificate, checked by TLS.
enum class AuthScheme { kNone, kBasic, kDigest, kCertificate };

/// What a CPE has to show before its Inform is taken (quirk 35).
enum class AuthDemand {
  kDefault,  ///< what ServerOptions::auth says
  kDigest,
  kBasic,
  kNone,
};

/// How the CPE of one session is spoken to. The defaults are what most clients take.
struct Manners {
  bool xml_declaration = false;  ///< begin messages with one (quirk 3)
  bool empty_is_200 = false;     ///< 200 with Content-Length 0 in the place of 204 (quirk 43)
  bool operator==(const Manners&) const = default;
};

/// How the first accepted Inform of a session came in.
struct SessionStart {
  Inform inform;
  Header header;
  Dialect dialect;
  AuthScheme scheme = AuthScheme::kNone;
  bool waived = false;  ///< kNone because auth_demand() said so, though the server asks others
  /// The authenticated user; with kCertificate the Common Name of its subject. Empty with kNone.
  std::string username;
  std::string peer_address;  ///< IP address of the CPE, or of the proxy where none is trusted
};

/// Why a session was not taken.
struct Refusal {
  enum class Kind {
    kBusy,       ///< 503 with Retry-After
    kThrottled,  ///< 503 with Retry-After: this device calls too often (quirk 47)
    kForbidden,  ///< 403: the credential does not belong to this device
    kFault,      ///< SOAP fault 8001 with `text`
  };
  Kind kind = Kind::kFault;
  std::chrono::seconds retry_after{0};  ///< kBusy and kThrottled only
  std::string text;
};

enum class SessionEnd {
  kComplete,  ///< the ACS had nothing more to ask and said so
  kLost,      ///< connection closed, time-out, or a message that cannot be read
  kShutdown,  ///< the server is stopping
};

/// One running session with one device. Destroyed after on_end().
class DeviceSession {
 public:
  virtual ~DeviceSession() = default;

  /// Asked once, before the Inform is answered.
  virtual Manners manners() const { return {}; }

  /// A request of the CPE. Whatever must not be lost is committed when this returns.
  virtual boost::asio::awaitable<AcsResponse> on_request(CpeRequest request) = 0;

  /// The next RPC to call. nullopt ends the session with an empty response. May take its time
  /// (lingering), well below what CPEs endure (30 s). A superseded session gets nullopt.
  virtual boost::asio::awaitable<std::optional<AcsRequest>> next_rpc() = 0;

  /// What came back for the RPC of the last next_rpc(). An answer of the wrong type, or an empty
  /// POST instead of one (field quirk 41), arrives as Fault 9002 and 9000.
  virtual boost::asio::awaitable<void> on_response(CpeResponse response) = 0;

  /// The session is over. `rpc_open`: the last RPC was sent, or may have been, and no answer came.
  virtual void on_end(SessionEnd end, bool rpc_open) = 0;
};

/// Called from any server thread.
class SessionHandler {
 public:
  virtual ~SessionHandler() = default;

  /// What a CPE at this address that says to be `claimed` has to show. `claimed` is null until the
  /// Inform is looked at, which only happens when that call returns nullopt. Not called when the
  /// server lets everyone in, or when a certificate has said who it is. Whoever is let in with
  /// kNone comes to begin() as AuthScheme::kNone and `waived`.
  virtual std::optional<AuthDemand> auth_demand(const std::string& /*peer_address*/,
                                                const DeviceId* /*claimed*/) {
    return AuthDemand::kDefault;
  }

  /// The passwords `username` may use (more than one while a rotation is under way); empty:
  /// unknown.
  virtual boost::asio::awaitable<std::vector<std::string>> passwords(std::string username) = 0;

  /// Takes the Inform in. Its events and values are committed when this returns a session.
  virtual boost::asio::awaitable<tl::expected<std::shared_ptr<DeviceSession>, Refusal>> begin(
      SessionStart start) = 0;
};

}  // namespace cwmp
