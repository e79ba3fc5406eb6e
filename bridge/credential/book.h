// The credentials in the store: what a session is judged by, and the steps of a credential's life.
//
//   imported   -> active -> retired          a rotation of its device has arrived
//   rotation   pending -> active -> gone     the next one has arrived
//              pending -> gone               the device has refused it, sent once
//
// Every function runs inside one transaction (bridge/store/store.h).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "bridge/config.h"
#include "bridge/credential/entry.h"
#include "bridge/credential/rules.h"
#include "bridge/store/access.h"
#include "cwmp/handler.h"

namespace bridge {

/// The user names of cwmp.auth.shared, .bootstrap and .models, none of which the store may have.
std::set<std::string, std::less<>> reserved_usernames(const CwmpConfig::Auth& auth);

/// The passwords that `username` has in the configuration; empty: it is not there.
std::vector<std::string> configured_passwords(const CwmpConfig::Auth& auth,
                                              const std::string& username);

/// What a device's login starts with when it comes in with a client certificate.
inline constexpr std::string_view kCertificateLogin = "certificate:";

/// What a device is bound to by such a session: the user name; of a client certificate
/// kCertificateLogin and its name, which is no user name as those have no colon; empty where
/// authentication is off.
std::string login_of(cwmp::AuthScheme scheme, const std::string& username);

/// What a session says of itself, and has proven.
struct CredentialClaim {
  std::string login;  ///< of login_of(); proven
  DeviceIdentity identity;
  bool reset = false;   ///< its Inform has 0 BOOTSTRAP
  bool waived = false;  ///< see cwmp::SessionStart
};

/// What judge() wants to know, where no store has to be asked for it; nullopt: it has to.
std::optional<CredentialFacts> facts_of_claim(const CredentialClaim& claim);

Result<CredentialFacts> credential_facts(StateReader& state, const CwmpConfig::Auth& auth,
                                         const CredentialClaim& claim);

struct CredentialChanges {
  std::size_t added = 0;
  std::size_t changed = 0;
  std::size_t unchanged = 0;
  std::size_t kept = 0;  ///< not touched: the bridge has given that name to a device since
  bool operator==(const CredentialChanges&) const = default;
};

/// Puts what an operator gives. An entry without identity leaves the binding that its user name has
/// already; one with the password that is known changes nothing but the binding. What a rotation
/// has written to a device is not replaced: the device would be locked out. Delete it first.
Result<CredentialChanges> put_credentials(StateWriter& state,
                                          std::span<const CredentialEntry> entries,
                                          std::int64_t now_ms);

/// Takes those out of `entries` that put_credentials() would not store, and counts them.
Result<CredentialChanges> drop_known(StateReader& state, std::vector<CredentialEntry>& entries);

/// Binds nobody's credential to a device. kConflict: it is somebody's by now, or the device has one
/// of its own by now.
Result<void> claim_credential(StateWriter& state, const std::string& username,
                              const DeviceIdentity& identity);

/// The device has come back with `username`, which was pending: it is active, what was imported
/// for this device is retired, and other results of rotations go. kConflict: it was deleted
/// meanwhile.
Result<void> confirm_credential(StateWriter& state, const std::string& username,
                                const DeviceIdentity& identity);

/// Deletes what was read before. False: it is gone already. kConflict: a rotation has gone on with
/// it since.
Result<bool> erase_unchanged(StateWriter& state, const CredentialRow& read);

struct RotationWish {
  DeviceIdentity identity;
  std::string username_template;
  std::string password;   ///< of a new credential; not used when one is pending already
  bool afresh = false;    ///< attempts count from the start: an operator has asked, or a reset
  std::string meanwhile;  ///< see CredentialRow; empty: as it was
};

/// The credential to be sent to a device, which must be committed before it goes out: the pending
/// one where there is one, else a new one under a name that nobody has.
Result<CredentialRow> prepare_rotation(StateWriter& state, const CwmpConfig::Auth& auth,
                                       const RotationWish& wish, std::int64_t now_ms);

/// The device has refused it. False: it is not pending (any more), or has been sent again since, so
/// that the device may have it: then it stays.
Result<bool> drop_pending(StateWriter& state, const std::string& username);

}  // namespace bridge
