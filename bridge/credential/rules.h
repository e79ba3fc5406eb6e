// Who may come in with which credential (design: Trust). A pure table: the facts come in, what to
// do goes out.
//
//   own       a credential that is bound to this device's identity
//   initial   one that devices start with: shared, of a model, bootstrap, or an own one that was
//             replaced and is what the device has after a factory reset
//
// A device that has come in with an own credential is never let in with an initial one again, but
// with 0 BOOTSTRAP in its Inform: a device that was reset has no other. That is for this session
// only; the device stays bound to its own. Where a rotation answers the reset, the same initial one
// is good until the new credential has arrived, for as many sessions as it is sent in.
//
// A client certificate outlives a reset, as it is made with the device: who has come in with one is
// never let in with an initial credential. An operator forgets the device to undo that.
#pragma once

namespace bridge {

/// What a session came in with.
enum class UsedCredential {
  kAnonymous,    ///< authentication is off
  kWaived,       ///< a profile asks its devices for none (cwmp.profiles)
  kCertificate,  ///< a client certificate that names the device
  kShared,       ///< cwmp.auth.shared
  kModel,        ///< cwmp.auth.models, and the device is of that model
  kOtherModel,   ///< cwmp.auth.models, and it is not
  kBootstrap,    ///< cwmp.auth.bootstrap
  kOwn,
  kOwnPending,  ///< its own, which a rotation has sent to it
  kOwnRetired,  ///< its own, replaced
  kUnbound,     ///< nobody's yet
  kForeign,     ///< bound to another device
  kGone,        ///< deleted since the request was authenticated
};

/// What the device's last session came in with.
enum class BoundCredential {
  kNone,     ///< it is new, or that credential is not there any more
  kInitial,  ///< an initial one
  kOwn,      ///< an own one
  kCertificate,
};

struct CredentialFacts {
  UsedCredential used = UsedCredential::kGone;
  BoundCredential bound = BoundCredential::kNone;
  bool same = false;       ///< the user name is that of the last session
  bool has_own = false;    ///< an own credential exists, used or not
  bool rotated = false;    ///< kOwn: that one was given to it by a rotation
  bool reset = false;      ///< the Inform has 0 BOOTSTRAP
  bool pending = false;    ///< a rotation has an own one on its way, and it is not the one used
  int attempts = 0;        ///< how often that one was sent
  bool meanwhile = false;  ///< that rotation answers a reset, after which it has come in with this
  bool refused = false;    ///< the device does not let its credential be written
  bool operator==(const CredentialFacts&) const = default;
};

/// How often a rotation sends the same credential to a device that comes back with the old one.
inline constexpr int kMaxRotationAttempts = 5;

struct CredentialJudgement {
  bool accepted = false;
  const char* why = "";     ///< the refusal, for the log and the answer
  bool limited = false;     ///< counts for the rate of initial credentials, and is audited
  bool readmitted = false;  ///< the device was reset: it stays bound to its own credential
  bool claim = false;       ///< bind the credential to the device
  bool confirm = false;     ///< the rotation has arrived: retire what it replaces
  bool rotate = false;      ///< give it an own one, or send the pending one again
  bool common = false;      ///< accepted, and not by what this device alone has
  bool afresh = false;      ///< rotate: attempts count from the start
  bool operator==(const CredentialJudgement&) const = default;
};

/// `rotate`: cwmp.auth.rotate is first_contact.
CredentialJudgement judge(const CredentialFacts& facts, bool rotate);

}  // namespace bridge
