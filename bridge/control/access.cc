#include "bridge/control/access.h"

#include <openssl/crypto.h>

#include <algorithm>
#include <fstream>

#include "bridge/pattern.h"
#include "bridge/sha256.h"

namespace bridge::control {

namespace {

constexpr std::size_t kMinTokenBytes = 16;  ///< shorter ones can be guessed
constexpr std::size_t kMaxTokenBytes = 4096;

const std::vector<std::string> kChangingNothing{
    "*/Get*", "*/List*", "*/Watch*", "*/Stream*", "*/Explain*", "*/WaitOperation", "*/Diagnose",
};
/// Credentials are not for viewers, not even their names.
const std::vector<std::string> kViewing{
    "DeviceService/Get*",     "DeviceService/List*",      "DeviceService/Explain*",
    "ParameterService/Get*",  "ParameterService/Stream*", "OperationService/Get*",
    "OperationService/List*", "OperationService/Wait*",   "WatchService/*",
    "BulkService/Get*",       "BulkService/List*",        "BulkService/Watch*",
    "FreezeService/Get*",     "FreezeService/List*",      "ControllerService/*",
};
/// What an operator does beside: everything that changes devices and nothing that changes who may.
const std::vector<std::string> kOperating{
    "DeviceService/UpdateDevice",  "ParameterService/*", "OperationService/*", "BulkService/*",
    "MaintenanceService/Diagnose",
};

std::string from_hex(std::string_view hex) {
  std::string out;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
    out += static_cast<char>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16));
  }
  return out;
}

std::string_view trim(std::string_view text) {
  const auto begin = text.find_first_not_of(" \t\r\n");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t\r\n") - begin + 1);
}

tl::expected<std::string, std::string> read_token(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  std::string text(kMaxTokenBytes + 1, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (in.bad() || (!in.is_open())) return tl::unexpected(file + ": cannot be read");
  text.resize(static_cast<std::size_t>(in.gcount()));
  const std::string_view token = trim(text);
  if (token.size() < kMinTokenBytes || token.size() > kMaxTokenBytes) {
    return tl::unexpected(file + ": a token has 16 to 4096 characters");
  }
  return std::string(token);
}

/// Empty: not a bearer token (RFC 6750 2.1; the scheme in any case).
std::string_view bearer_token(std::string_view authorization) {
  constexpr std::string_view kScheme = "bearer ";
  if (authorization.size() < kScheme.size()) return {};
  const bool fits = std::ranges::equal(
      authorization.substr(0, kScheme.size()), kScheme,
      [](unsigned char a, char b) { return std::tolower(a) == static_cast<unsigned char>(b); });
  return fits ? trim(authorization.substr(kScheme.size())) : std::string_view{};
}

bool same(const std::string& a, const std::string& b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

std::vector<std::string> methods_of(const std::string& role, const GrpcConfig& config) {
  auto own = std::ranges::find(config.roles, role, &GrpcRoleConfig::name);
  return own != config.roles.end() ? own->methods : built_in_role(role);
}

}  // namespace

std::vector<std::string> built_in_role(std::string_view name) {
  if (name == "admin") return {"*"};
  if (name != "viewer" && name != "operator") return {};
  std::vector<std::string> methods = kViewing;
  if (name == "operator") methods.insert(methods.end(), kOperating.begin(), kOperating.end());
  return methods;
}

bool only_reads(std::string_view method) {
  return std::ranges::any_of(kChangingNothing, [&](const std::string& pattern) {
    return matches_pattern(pattern, method);
  });
}

bool Client::may(std::string_view method) const {
  return std::ranges::any_of(
      methods, [&](const std::string& pattern) { return matches_pattern(pattern, method); });
}

tl::expected<AccessRules, std::string> AccessRules::load(const GrpcConfig& config) {
  AccessRules out;
  Client anybody;
  anybody.methods = {"*"};
  out.anybody_ = std::make_shared<const Client>(std::move(anybody));
  for (const GrpcClientConfig& each : config.clients) {
    Rule rule;
    Client client;
    client.name = each.name;
    client.requester = "grpc:" + each.name;
    client.methods = methods_of(each.role, config);
    auto devices = Filter::parse(each.devices);
    if (!devices) return tl::unexpected(each.name + ": devices: " + devices.error());
    client.devices = *devices;
    rule.client = std::make_shared<const Client>(std::move(client));
    rule.certificate = each.certificate;
    if (!each.token_sha256.empty()) rule.token_hashes.push_back(from_hex(each.token_sha256));
    if (!each.token_file.empty()) {
      auto token = read_token(each.token_file);
      if (!token) return tl::unexpected(token.error());
      rule.token_hashes.push_back(sha256(*token));
    }
    out.rules_.push_back(std::move(rule));
  }
  return out;
}

bool AccessRules::still_lets(const Client& client, std::string_view method) const {
  if (!asks()) return true;
  return std::ranges::any_of(rules_, [&](const Rule& rule) {
    return rule.client->name == client.name && rule.client->may(method);
  });
}

tl::expected<ClientPtr, Stranger> AccessRules::recognise(const Shown& shown) const {
  if (!asks()) return anybody_;
  const std::string_view token = bearer_token(shown.authorization);
  // A token that is wrong is not made good by a certificate: its sender means to be somebody else.
  if (!shown.authorization.empty()) {
    const std::string hash = sha256(token);
    for (const Rule& rule : rules_) {
      for (const std::string& known : rule.token_hashes) {
        if (!token.empty() && same(known, hash)) return rule.client;
      }
    }
    return tl::unexpected(Stranger::kUnknown);
  }
  for (const Rule& rule : rules_) {
    if (rule.certificate.empty()) continue;
    if (std::ranges::find(shown.subject, rule.certificate) != shown.subject.end()) {
      return rule.client;
    }
  }
  return tl::unexpected(shown.subject.empty() ? Stranger::kNothingShown : Stranger::kUnknown);
}

}  // namespace bridge::control
