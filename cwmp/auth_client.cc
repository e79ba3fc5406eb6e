// The client end of cwmp/auth.h: what a connection request answers a 401 with.
#include <algorithm>
#include <array>
#include <cstdio>

#include "cwmp/auth.h"
#include "cwmp/auth_fields.h"

namespace cwmp {
namespace {

Challenge::Scheme scheme_of(std::string_view name) {
  if (name == "digest") {
    return Challenge::Scheme::kDigest;
  }
  return name == "basic" ? Challenge::Scheme::kBasic : Challenge::Scheme::kOther;
}

// "auth,auth-int", with blanks or without.
std::vector<std::string> split_qop(std::string_view list) {
  std::vector<std::string> result;
  while (!list.empty()) {
    const std::size_t end = std::min(list.find_first_of(", \t"), list.size());
    if (end > 0) {
      result.push_back(auth::lowered(list.substr(0, end)));
    }
    list.remove_prefix(std::min(end + 1, list.size()));
  }
  return result;
}

std::optional<auth::AlgorithmName> algorithm_of(const Challenge& challenge) {
  return auth::parse_algorithm(challenge.algorithm.value_or("MD5"));
}

bool offers_auth(const Challenge& challenge) {
  return challenge.qop.empty() ||
         std::find(challenge.qop.begin(), challenge.qop.end(), "auth") != challenge.qop.end();
}

/// No header field may hold these, so they cannot be sent back as they came (RFC 9110 5.5).
bool has_control(std::string_view text) {
  return std::any_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; });
}

/// 0: cannot be answered.
int rank(const Challenge& challenge, bool allow_basic) {
  if (challenge.scheme == Challenge::Scheme::kBasic) {
    return allow_basic ? 1 : 0;
  }
  const auto algorithm = algorithm_of(challenge);
  if (challenge.scheme != Challenge::Scheme::kDigest || !algorithm || challenge.nonce.empty() ||
      !offers_auth(challenge) || has_control(challenge.nonce) || has_control(challenge.realm)) {
    return 0;
  }
  return algorithm->algorithm == HashAlgorithm::kSha256 ? 3 : 2;
}

std::string digest_answer(const Challenge& challenge, const ClientRequest& request) {
  std::array<char, 9> nc{};
  std::snprintf(nc.data(), nc.size(), "%08x", static_cast<unsigned>(request.nc));
  auth::DigestInput input;
  input.algorithm = *algorithm_of(challenge);
  input.username = request.username;
  input.realm = challenge.realm;
  input.password = request.password;
  input.method = request.method;
  input.uri = request.uri;
  input.nonce = challenge.nonce;
  input.nc = nc.data();
  input.cnonce = request.cnonce;
  input.qop = challenge.qop.empty() ? "" : "auth";

  std::string value = "Digest username=" + auth::quoted(request.username);
  value += ", realm=" + auth::quoted(challenge.realm);
  value += ", nonce=" + auth::quoted(challenge.nonce);
  value += ", uri=" + auth::quoted(request.uri);
  value += ", response=\"" + auth::digest_response(input) + "\"";
  if (challenge.algorithm) {
    value += ", algorithm=" + *challenge.algorithm;
  }
  if (challenge.opaque) {
    value += ", opaque=" + auth::quoted(*challenge.opaque);
  }
  if (!input.qop.empty()) {
    value += ", qop=auth, nc=" + std::string(input.nc);
  }
  if (!input.qop.empty() || input.algorithm.session_variant) {
    value += ", cnonce=" + auth::quoted(request.cnonce);
  }
  return value;
}

}  // namespace

std::vector<Challenge> parse_challenges(std::string_view value) {
  std::vector<Challenge> result;
  for (const auth::SchemeFields& fields : auth::parse_fields(value)) {
    Challenge challenge;
    challenge.scheme = scheme_of(fields.scheme);
    challenge.realm = fields.find("realm").value_or("");
    challenge.nonce = fields.find("nonce").value_or("");
    challenge.opaque = fields.find("opaque");
    challenge.algorithm = fields.find("algorithm");
    challenge.qop = split_qop(fields.find("qop").value_or(""));
    challenge.stale = auth::lowered(fields.find("stale").value_or("")) == "true";
    result.push_back(std::move(challenge));
  }
  return result;
}

Result<std::string> authorize(std::span<const Challenge> challenges, const ClientRequest& request) {
  const Challenge* best = nullptr;
  int best_rank = 0;
  for (const Challenge& challenge : challenges) {
    const int its_rank = rank(challenge, request.allow_basic);
    if (its_rank > best_rank) {
      best = &challenge;
      best_rank = its_rank;
    }
  }
  if (best == nullptr) {
    return fail(FaultCode::kRequestDenied, "no challenge that can be answered");
  }
  if (best->scheme == Challenge::Scheme::kBasic) {
    const std::string user = std::string(request.username) + ":" + std::string(request.password);
    return "Basic " + auth::encode_base64(user);
  }
  return digest_answer(*best, request);
}

}  // namespace cwmp
