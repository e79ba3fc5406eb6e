// Any text as Authorization (what a CPE sends) and as WWW-Authenticate (what it answers a
// connection request with).
//
// Nobody gets in without the password; whatever challenge our client answers, our server can read.
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "cwmp/auth.h"

namespace {

constexpr std::chrono::sys_seconds kNow{std::chrono::seconds(1'700'000'000)};
constexpr const char* kPassword = "a-password-that-no-input-holds";

void check_server(std::string_view text) {
  cwmp::AuthPolicy policy;
  policy.basic = true;
  policy.algorithms = {cwmp::HashAlgorithm::kMd5, cwmp::HashAlgorithm::kSha256};
  cwmp::Authenticator server(policy, cwmp::NonceSource::Key{});
  const auto inspection = server.inspect(text, "/acs", kNow);
  if (inspection.verdict != cwmp::Verdict::kAccepted || !inspection.credentials) return;
  const std::vector<std::string> passwords{kPassword};
  const auto verdict = server.verify(*inspection.credentials, "POST", passwords, kNow);
  if (verdict == cwmp::Verdict::kAccepted && text.find(kPassword) == std::string_view::npos) {
    const auto* basic = std::get_if<cwmp::BasicCredentials>(&*inspection.credentials);
    if (basic == nullptr || basic->password != kPassword) std::abort();
  }
}

void check_client(std::string_view text) {
  const auto challenges = cwmp::parse_challenges(text);
  cwmp::ClientRequest request;
  request.uri = "/path?query";
  request.username = "user";
  request.password = kPassword;
  request.cnonce = "0a4f113b";
  request.allow_basic = true;
  const auto written = cwmp::authorize(challenges, request);
  if (!written) return;
  if (written->find_first_of("\r\n") != std::string::npos) std::abort();
  const auto read = cwmp::parse_authorization(*written);
  // A challenge without qop is answered in the form of RFC 2069, and a long one is not read again.
  if (!read) return;
  if (const auto* digest = std::get_if<cwmp::DigestCredentials>(&*read)) {
    if (digest->username != "user" || digest->uri != "/path?query") std::abort();
    if (!cwmp::password_matches(*digest, "GET", kPassword)) std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  check_server(text);
  check_client(text);
  return 0;
}
