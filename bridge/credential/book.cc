#include "bridge/credential/book.h"

#include <algorithm>
#include <utility>

#include "bridge/credential/rotation.h"
#include "bridge/learned.h"

namespace bridge {

namespace {

/// Names tried for a rotation; a device has two at a time at most, so this is never the limit
/// unless someone imports them all.
constexpr int kMaxNames = 100;

bool is_bound(const CredentialRow& row) { return !row.identity.serial.empty(); }

bool is_configured(const CwmpConfig::Auth& auth, const std::string& username) {
  return !configured_passwords(auth, username).empty();
}

UsedCredential used_of_configuration(const CwmpConfig::Auth& auth, const std::string& username,
                                     const DeviceIdentity& identity) {
  if (auth.shared && auth.shared->username == username) return UsedCredential::kShared;
  if (auth.bootstrap && auth.bootstrap->username == username) return UsedCredential::kBootstrap;
  for (const ModelCredentialConfig& model : auth.models) {
    if (model.username == username && model.oui == identity.oui &&
        model.product_class == identity.product_class) {
      return UsedCredential::kModel;
    }
  }
  return UsedCredential::kOtherModel;
}

UsedCredential used_of_row(const std::optional<CredentialRow>& row,
                           const DeviceIdentity& identity) {
  if (!row) return UsedCredential::kGone;
  if (!is_bound(*row)) return UsedCredential::kUnbound;
  if (!(row->identity == identity)) return UsedCredential::kForeign;
  switch (row->state) {
    case CredentialState::kActive:
      return UsedCredential::kOwn;
    case CredentialState::kPending:
      return UsedCredential::kOwnPending;
    case CredentialState::kRetired:
      return UsedCredential::kOwnRetired;
  }
  return UsedCredential::kGone;
}

/// `own`: all of the device's.
BoundCredential bound_of(const CwmpConfig::Auth& auth, const std::string& username,
                         const std::vector<CredentialRow>& own) {
  if (username.empty()) return BoundCredential::kNone;
  if (username.starts_with(kCertificateLogin)) return BoundCredential::kCertificate;
  if (is_configured(auth, username)) return BoundCredential::kInitial;
  for (const CredentialRow& row : own) {
    if (row.username != username) continue;
    return row.state == CredentialState::kRetired ? BoundCredential::kInitial
                                                  : BoundCredential::kOwn;
  }
  return BoundCredential::kNone;
}

DeviceIdentity identity_of(const CredentialEntry& entry) {
  return {entry.oui, entry.product_class, entry.serial_number};
}

bool is_kept(const std::optional<CredentialRow>& known, const CredentialEntry& entry) {
  return known && known->source == CredentialSource::kRotation &&
         (known->password != entry.password ||
          (!entry.serial_number.empty() && !(known->identity == identity_of(entry))));
}

/// What the row of `entry` is to be; `known`: what it is.
CredentialRow row_of(const CredentialEntry& entry, const std::optional<CredentialRow>& known,
                     std::int64_t now_ms) {
  CredentialRow row;
  row.created_ms = now_ms;
  if (known) row = *known;
  row.username = entry.username;
  if (!known || known->password != entry.password) {
    row.password = entry.password;
    row.source = CredentialSource::kImported;
    row.state = CredentialState::kActive;
    row.attempts = 0;
  }
  if (!entry.serial_number.empty() && !(row.identity == identity_of(entry))) {
    row.identity = identity_of(entry);
    row.state = CredentialState::kActive;
  }
  return row;
}

}  // namespace

std::set<std::string, std::less<>> reserved_usernames(const CwmpConfig::Auth& auth) {
  std::set<std::string, std::less<>> names;
  if (auth.shared) names.insert(auth.shared->username);
  if (auth.bootstrap) names.insert(auth.bootstrap->username);
  for (const ModelCredentialConfig& model : auth.models) names.insert(model.username);
  return names;
}

std::vector<std::string> configured_passwords(const CwmpConfig::Auth& auth,
                                              const std::string& username) {
  std::vector<std::string> out;
  if (auth.shared && auth.shared->username == username) out.push_back(auth.shared->password);
  if (auth.bootstrap && auth.bootstrap->username == username) {
    out.push_back(auth.bootstrap->password);
  }
  for (const ModelCredentialConfig& model : auth.models) {
    if (model.username != username) continue;
    out.push_back(model.password);  // of all models that share the name
    break;
  }
  return out;
}

std::string login_of(cwmp::AuthScheme scheme, const std::string& username) {
  if (scheme == cwmp::AuthScheme::kNone) return {};
  if (scheme == cwmp::AuthScheme::kCertificate) return std::string(kCertificateLogin) + username;
  return username;
}

std::optional<CredentialFacts> facts_of_claim(const CredentialClaim& claim) {
  CredentialFacts facts;
  facts.reset = claim.reset;
  if (claim.login.starts_with(kCertificateLogin)) {
    facts.used = UsedCredential::kCertificate;
    return facts;
  }
  if (!claim.login.empty() || claim.waived) return std::nullopt;
  facts.used = UsedCredential::kAnonymous;
  return facts;
}

Result<CredentialFacts> credential_facts(StateReader& state, const CwmpConfig::Auth& auth,
                                         const CredentialClaim& claim) {
  if (auto known = facts_of_claim(claim)) return *known;
  const auto& [login, identity, reset, waived] = claim;
  CredentialFacts facts;
  facts.reset = reset;
  auto device = state.device_by_identity(identity);
  if (!device) return tl::unexpected(device.error());
  auto own = state.credentials_of(identity);
  if (!own) return tl::unexpected(own.error());
  const std::string bound = *device ? (*device)->auth_username : "";
  facts.same = bound == login;
  if (*device) {
    if (auto learned = decode_learned((*device)->learned)) {
      facts.refused = learned->fixed_credential;
    }
  }
  facts.bound = bound_of(auth, bound, *own);
  for (const CredentialRow& row : *own) {
    if (row.state == CredentialState::kRetired) continue;
    facts.has_own = true;
    if (row.username == bound) facts.rotated = row.source == CredentialSource::kRotation;
    if (row.state != CredentialState::kPending || row.username == login) continue;
    facts.pending = true;
    facts.attempts = row.attempts;
    facts.meanwhile = row.meanwhile == login;
  }
  if (waived) {
    facts.used = UsedCredential::kWaived;
    return facts;
  }
  if (is_configured(auth, login)) {
    facts.used = used_of_configuration(auth, login, identity);
    return facts;
  }
  auto row = state.credential(login);
  if (!row) return tl::unexpected(row.error());
  facts.used = used_of_row(*row, identity);
  return facts;
}

Result<CredentialChanges> put_credentials(StateWriter& state,
                                          std::span<const CredentialEntry> entries,
                                          std::int64_t now_ms) {
  CredentialChanges changes;
  for (const CredentialEntry& entry : entries) {
    auto known = state.credential(entry.username);
    if (!known) return tl::unexpected(known.error());
    if (is_kept(*known, entry)) {
      ++changes.kept;
      continue;
    }
    const CredentialRow row = row_of(entry, *known, now_ms);
    if (*known == row) {
      ++changes.unchanged;
      continue;
    }
    if (auto put = state.put_credential(row); !put) return tl::unexpected(put.error());
    ++(*known ? changes.changed : changes.added);
  }
  return changes;
}

Result<CredentialChanges> drop_known(StateReader& state, std::vector<CredentialEntry>& entries) {
  CredentialChanges changes;
  std::vector<CredentialEntry> rest;
  for (CredentialEntry& entry : entries) {
    auto known = state.credential(entry.username);
    if (!known) return tl::unexpected(known.error());
    if (is_kept(*known, entry)) {
      ++changes.kept;
    } else if (*known == row_of(entry, *known, 0)) {
      ++changes.unchanged;
    } else {
      rest.push_back(std::move(entry));
    }
  }
  entries = std::move(rest);
  return changes;
}

Result<void> claim_credential(StateWriter& state, const std::string& username,
                              const DeviceIdentity& identity) {
  auto row = state.credential(username);
  if (!row) return tl::unexpected(row.error());
  auto own = state.credentials_of(identity);
  if (!own) return tl::unexpected(own.error());
  const bool has_own = std::any_of(own->begin(), own->end(), [](const CredentialRow& each) {
    return each.state != CredentialState::kRetired;
  });
  if (!*row || is_bound(**row) || has_own) {
    return fail(ErrorKind::kConflict, "credential " + username + " was taken meanwhile");
  }
  (*row)->identity = identity;
  return state.put_credential(**row);
}

Result<void> confirm_credential(StateWriter& state, const std::string& username,
                                const DeviceIdentity& identity) {
  auto own = state.credentials_of(identity);
  if (!own) return tl::unexpected(own.error());
  const bool there = std::any_of(
      own->begin(), own->end(), [&](const CredentialRow& row) { return row.username == username; });
  // The others must not go then: the device would have none.
  if (!there)
    return fail(ErrorKind::kConflict, "credential " + username + " was deleted meanwhile");
  for (CredentialRow& row : *own) {
    Result<void> done;
    if (row.username == username) {
      row.state = CredentialState::kActive;
      row.attempts = 0;
      row.meanwhile.clear();
      done = state.put_credential(row);
    } else if (row.source == CredentialSource::kRotation) {
      auto erased = state.erase_credential(row.username);
      if (!erased) done = tl::unexpected(erased.error());
    } else if (row.state != CredentialState::kRetired) {
      row.state = CredentialState::kRetired;
      done = state.put_credential(row);
    }
    if (!done) return done;
  }
  return {};
}

Result<bool> erase_unchanged(StateWriter& state, const CredentialRow& read) {
  auto row = state.credential(read.username);
  if (!row) return tl::unexpected(row.error());
  if (!*row) return false;
  if ((*row)->state != read.state || (*row)->attempts != read.attempts) {
    return fail(ErrorKind::kConflict, read.username + " is on its way to its device");
  }
  return state.erase_credential(read.username);
}

Result<CredentialRow> prepare_rotation(StateWriter& state, const CwmpConfig::Auth& auth,
                                       const RotationWish& wish, std::int64_t now_ms) {
  auto own = state.credentials_of(wish.identity);
  if (!own) return tl::unexpected(own.error());
  CredentialRow row;
  for (const CredentialRow& each : *own) {
    if (each.state == CredentialState::kPending) row = each;
  }
  for (int attempt = 1; row.username.empty() && attempt <= kMaxNames; ++attempt) {
    std::string name = rotated_username(wish.username_template, wish.identity, attempt);
    if (is_configured(auth, name)) continue;
    auto taken = state.credential(name);
    if (!taken) return tl::unexpected(taken.error());
    if (*taken) continue;
    row = {std::move(name),
           wish.password,
           wish.identity,
           CredentialSource::kRotation,
           CredentialState::kPending,
           0,
           now_ms,
           {}};
  }
  if (row.username.empty()) return fail(ErrorKind::kConflict, "no user name is free");
  // 1 is for the first time only: whoever has been sent it before may have it.
  if (wish.afresh) row.attempts = std::min(row.attempts, 1);
  ++row.attempts;
  if (!wish.meanwhile.empty()) row.meanwhile = wish.meanwhile;
  if (auto put = state.put_credential(row); !put) return tl::unexpected(put.error());
  return row;
}

Result<bool> drop_pending(StateWriter& state, const std::string& username) {
  auto row = state.credential(username);
  if (!row) return tl::unexpected(row.error());
  if (!*row || (*row)->state != CredentialState::kPending || (*row)->attempts > 1) return false;
  return state.erase_credential(username);
}

}  // namespace bridge
