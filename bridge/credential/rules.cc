#include "bridge/credential/rules.h"

namespace bridge {

namespace {

CredentialJudgement refuse(const char* why) {
  CredentialJudgement out;
  out.why = why;
  return out;
}

CredentialJudgement judge_initial(const CredentialFacts& facts, bool rotate) {
  const bool only_for_new = facts.used == UsedCredential::kBootstrap;
  if (facts.bound == BoundCredential::kCertificate) {
    return refuse("the device has a client certificate");
  }
  const bool has_own = facts.bound == BoundCredential::kOwn;
  const bool being_rotated =
      facts.pending && facts.meanwhile && facts.attempts < kMaxRotationAttempts;
  if (has_own && !facts.reset && !being_rotated) {
    return refuse("the device has a credential of its own");
  }
  if (only_for_new && facts.bound == BoundCredential::kInitial && !facts.same && !facts.reset) {
    return refuse("the bootstrap credential is for unknown and reset devices");
  }
  CredentialJudgement out;
  out.accepted = true;
  out.readmitted = has_own;
  out.limited = only_for_new || has_own;
  // What it had was from a rotation, so that is what it gets again.
  out.rotate = (rotate || (has_own && facts.rotated)) && !facts.refused;
  return out;
}

CredentialJudgement judge_used(const CredentialFacts& facts, bool rotate) {
  CredentialJudgement out;
  switch (facts.used) {
    case UsedCredential::kAnonymous:
    case UsedCredential::kCertificate:
    case UsedCredential::kOwn:
      out.accepted = true;
      return out;
    case UsedCredential::kOwnPending:
      out.accepted = true;
      out.confirm = true;
      return out;
    case UsedCredential::kWaived:
      // Who has a credential is not asked for none (quirk 35).
      if (facts.has_own || facts.bound != BoundCredential::kNone) {
        return refuse("the device is bound to a credential");
      }
      out.accepted = true;
      return out;
    case UsedCredential::kShared:
    case UsedCredential::kModel:
    case UsedCredential::kBootstrap:
    case UsedCredential::kOwnRetired:
      return judge_initial(facts, rotate);
    case UsedCredential::kUnbound:
      if (facts.bound == BoundCredential::kCertificate) {
        return refuse("the device has a client certificate");
      }
      if (facts.has_own || facts.bound == BoundCredential::kOwn) {
        return refuse("the device has a credential of its own");
      }
      out.accepted = true;
      out.claim = true;
      return out;
    case UsedCredential::kForeign:
      return refuse("the credential is another device's");
    case UsedCredential::kOtherModel:
      return refuse("the credential is another model's");
    case UsedCredential::kGone:
      return refuse("the credential was deleted");
  }
  return out;
}

bool is_common(UsedCredential used) {
  switch (used) {
    case UsedCredential::kAnonymous:
    case UsedCredential::kWaived:
    case UsedCredential::kShared:
    case UsedCredential::kModel:
    case UsedCredential::kBootstrap:
      return true;
    default:
      return false;
  }
}

/// Whether a rotation has arrived with it could not be seen.
bool is_silent(UsedCredential used) {
  return used == UsedCredential::kAnonymous || used == UsedCredential::kWaived ||
         used == UsedCredential::kCertificate;
}

}  // namespace

CredentialJudgement judge(const CredentialFacts& facts, bool rotate) {
  CredentialJudgement out = judge_used(facts, rotate);
  if (!out.accepted) return out;
  out.common = is_common(facts.used);
  if (out.confirm || is_silent(facts.used)) return out;
  // Whoever asked for it: it may be what the device has by now, so it is this one or none.
  if (facts.pending) {
    out.afresh = out.readmitted && facts.reset;
    out.rotate = out.afresh || facts.attempts < kMaxRotationAttempts;
  }
  return out;
}

}  // namespace bridge
