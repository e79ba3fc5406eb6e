#include "bridge/record_trust.h"

#include <fstream>
#include <iterator>
#include <random>
#include <stdexcept>
#include <utility>

namespace bridge {

namespace {

/// Files are the operator's, but a wrong name may lead anywhere.
constexpr std::size_t kMaxFileBytes = 1 << 20;
constexpr std::size_t kMaxCas = 1000;

tl::expected<std::string, std::string> read_file(const std::string& name) {
  std::ifstream in(name, std::ios::binary);
  std::string text(kMaxFileBytes + 1, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (!in.is_open() || in.bad()) return tl::unexpected(name + ": cannot be read");
  text.resize(static_cast<std::size_t>(in.gcount()));
  if (text.size() > kMaxFileBytes) return tl::unexpected(name + ": above 1 MiB");
  return text;
}

std::uint64_t random_serial() {
  thread_local std::mt19937_64 random(std::random_device{}());
  return random() >> 1 | 1;  // positive
}

}  // namespace

RecordTrust::RecordTrust(const SignatureConfig& config) : config_(config) {
  auto files = read(config);
  if (!files) throw std::runtime_error("signatures: " + files.error());
  files_ = *std::move(files);
}

tl::expected<std::shared_ptr<const RecordTrust::Files>, std::string> RecordTrust::read(
    const SignatureConfig& config) {
  auto files = std::make_shared<Files>();
  for (const std::string& name : config.trusted_ca) {
    auto text = read_file(name);
    if (!text) return tl::unexpected(std::move(text.error()));
    auto certificates = usp::Certificate::chain_from_pem(*text, kMaxCas);
    if (!certificates) return tl::unexpected(name + ": " + certificates.error());
    for (const usp::Certificate& each : *certificates) files->trusted.add(each);
  }
  if (config.signs()) {
    auto certificate = read_file(config.agent_ca.certificate);
    if (!certificate) return tl::unexpected(std::move(certificate.error()));
    auto key = read_file(config.agent_ca.key);
    if (!key) return tl::unexpected(std::move(key.error()));
    auto issuer = usp::AgentIssuer::from_pem(*certificate, *key);
    if (!issuer) return tl::unexpected(config.agent_ca.certificate + ": " + issuer.error());
    files->overhead = issuer->max_overhead_bytes();
    files->issuer = *std::move(issuer);
  }
  return files;
}

tl::expected<void, std::string> RecordTrust::reload() {
  auto files = read(config_);
  if (!files) return tl::unexpected(std::move(files.error()));
  std::lock_guard lock(mutex_);
  files_ = *std::move(files);
  by_agent_.clear();
  used_.clear();
  return {};
}

std::shared_ptr<const RecordTrust::Files> RecordTrust::files() const {
  std::lock_guard lock(mutex_);
  return files_;
}

usp::SignatureFault RecordTrust::check(std::string_view record, std::int64_t now_s) const {
  const auto now_in_use = files();
  return usp::check_signature(record, now_in_use->trusted, now_s);
}

std::size_t RecordTrust::overhead_bytes() const { return files()->overhead; }

std::size_t RecordTrust::identities() const {
  std::lock_guard lock(mutex_);
  return used_.size();
}

std::optional<std::string> RecordTrust::sign(const std::string& agent, std::string_view record,
                                             std::int64_t now_s) {
  const auto identity = identity_of(agent, now_s);
  if (!identity) return std::nullopt;
  std::string signed_record = identity->sign(record);
  if (signed_record.empty()) return std::nullopt;
  return signed_record;
}

std::shared_ptr<const usp::SigningIdentity> RecordTrust::identity_of(const std::string& agent,
                                                                     std::int64_t now_s) {
  std::lock_guard lock(mutex_);
  if (!files_->issuer) return nullptr;
  if (const auto at = by_agent_.find(agent); at != by_agent_.end()) {
    const auto known = at->second;
    if (now_s < known->renew_s) {
      used_.splice(used_.begin(), used_, known);
      return known->identity;
    }
    by_agent_.erase(at);
    used_.erase(known);
  }
  const std::int64_t lifetime = config_.agent_certificate_lifetime.count();
  auto made = files_->issuer->issue(agent, now_s, lifetime, random_serial());
  if (!made) return nullptr;
  while (used_.size() >= config_.agent_certificates) {
    by_agent_.erase(used_.back().agent);
    used_.pop_back();
  }
  // Renewed long before it ends: the other side's clock may be ahead.
  used_.push_front({agent, std::make_shared<const usp::SigningIdentity>(*std::move(made)),
                    now_s + lifetime / 3 * 2});
  by_agent_.emplace(used_.front().agent, used_.begin());
  return used_.front().identity;
}

std::optional<std::uint64_t> LogPace::take(std::chrono::steady_clock::time_point now) {
  constexpr std::chrono::seconds kEvery{1};
  std::lock_guard lock(mutex_);
  if (next_ && now < *next_) {
    ++held_back_;
    return std::nullopt;
  }
  next_ = now + kEvery;
  return std::exchange(held_back_, 0);
}

}  // namespace bridge
