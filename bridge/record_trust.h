// The operator's part of record signatures: the CAs that vouch for controllers, and the identities
// that agents sign with. What an agent's own tables add is in LocalModel::trust_of().
#pragma once

#include <chrono>
#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <unordered_map>

#include "bridge/config.h"
#include "usp/agent_issuer.h"
#include "usp/record_signature.h"

namespace bridge {

/// Thread-safe.
class RecordTrust {
 public:
  /// Reads the files. Throws std::runtime_error naming the one that cannot be used.
  explicit RecordTrust(const SignatureConfig& config);

  /// Reads them again. On an error, which names the file, the old ones stay in use.
  tl::expected<void, std::string> reload();

  /// By the operator's CAs. `now_s`: Unix time, here and below.
  usp::SignatureFault check(std::string_view record, std::int64_t now_s) const;

  /// The record signed by `agent`. nullopt: no CA is configured for agents, or it cannot sign now.
  std::optional<std::string> sign(const std::string& agent, std::string_view record,
                                  std::int64_t now_s);
  /// What a signature adds to a record at most; 0: nothing is signed.
  std::size_t overhead_bytes() const;
  std::size_t identities() const;

 private:
  struct Files {
    usp::TrustedCertificates trusted;
    std::optional<usp::AgentIssuer> issuer;
    std::size_t overhead = 0;
  };
  struct Identity {
    std::string agent;
    std::shared_ptr<const usp::SigningIdentity> identity;
    std::int64_t renew_s = 0;
  };
  static tl::expected<std::shared_ptr<const Files>, std::string> read(const SignatureConfig&);
  std::shared_ptr<const Files> files() const;
  std::shared_ptr<const usp::SigningIdentity> identity_of(const std::string& agent,
                                                          std::int64_t now_s);

  const SignatureConfig& config_;
  mutable std::mutex mutex_;
  std::shared_ptr<const Files> files_;
  std::list<Identity> used_;  ///< the last one first
  std::unordered_map<std::string_view, std::list<Identity>::iterator> by_agent_;  ///< keys in used_
};

/// Lets one line a second through, and counts the others. Thread-safe.
class LogPace {
 public:
  /// How many were held back since the last one; nullopt: this one is, too.
  std::optional<std::uint64_t> take(std::chrono::steady_clock::time_point now);

 private:
  std::mutex mutex_;
  std::optional<std::chrono::steady_clock::time_point> next_;
  std::uint64_t held_back_ = 0;
};

}  // namespace bridge
