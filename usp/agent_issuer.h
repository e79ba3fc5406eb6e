// Certificates for agents, made on demand by a CA of the operator: one process is a million agents,
// each of which signs as itself (R-SEC.10, R-SEC.10a).
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <tl/expected.hpp>

#include "usp/record_signature.h"

namespace usp {

/// Immutable. Thread-safe.
class AgentIssuer {
 public:
  /// PEM texts: the CA's certificate, then those that lead from it to what controllers trust (its
  /// own is left out of what is sent where it is a root); its key, RSA or EC.
  static tl::expected<AgentIssuer, std::string> from_pem(std::string_view chain,
                                                         std::string_view key);

  /// A certificate with the Endpoint ID in subjectAltName, valid from an hour before `now_s` for
  /// `lifetime_s`, but no longer than the CA's own. `serial`: random. All agents of one issuer
  /// share one key, made with it and never stored. The error: the CA is not valid at `now_s`.
  tl::expected<SigningIdentity, std::string> issue(std::string_view endpoint_id, std::int64_t now_s,
                                                   std::int64_t lifetime_s,
                                                   std::uint64_t serial) const;
  /// Of SigningIdentity::overhead_bytes() for any Endpoint ID.
  std::size_t max_overhead_bytes() const;

 private:
  AgentIssuer(Certificate ca, std::string chain, std::shared_ptr<evp_pkey_st> ca_key,
              std::shared_ptr<evp_pkey_st> agent_key);

  Certificate ca_;
  std::string chain_;  ///< behind the agent's own
  std::shared_ptr<evp_pkey_st> ca_key_;
  std::shared_ptr<evp_pkey_st> agent_key_;
};

}  // namespace usp
