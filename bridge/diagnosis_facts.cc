#include "bridge/diagnosis_facts.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <sys/timex.h>

#include <cerrno>
#include <cstring>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <system_error>
#include <utility>

#include "bridge/config.h"
#include "usp/certificate.h"

namespace bridge {

namespace {

/// The system's list of CAs has some hundred; a file beyond this is none of certificates.
constexpr std::size_t kMaxPemBytes = 4 << 20;
constexpr std::size_t kMostCertificates = 10'000;
/// systemd-timesyncd has set the clock since the start of the machine.
constexpr const char* kTimesyncMark = "/run/systemd/timesync/synchronized";

using Bio = std::unique_ptr<BIO, decltype(&BIO_free)>;
using Key = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;

int no_password(char*, int, int, void*) { return 0; }

/// What it has; or why it cannot be read, as the second.
std::pair<std::string, std::string> read_file(const std::string& name) {
  std::ifstream in(name, std::ios::binary);
  if (!in.is_open()) return {"", std::strerror(errno)};
  std::string text(kMaxPemBytes + 1, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (in.bad()) return {"", "cannot be read"};
  text.resize(static_cast<std::size_t>(in.gcount()));
  if (text.size() > kMaxPemBytes) return {"", "too large"};
  return {std::move(text), ""};
}

Bio memory(const std::string& text) {
  return {BIO_new_mem_buf(text.data(), static_cast<int>(text.size())), &BIO_free};
}

/// The first certificate of the file, for its key.
std::optional<usp::Certificate> read_chain(const std::string& text, CertificateFacts& facts) {
  const auto chain = usp::Certificate::chain_from_pem(text, kMostCertificates);
  if (!chain) {
    facts.error = chain.error();
    return std::nullopt;
  }
  for (const usp::Certificate& one : *chain) {
    facts.chain.push_back({one.subject(), one.not_before_s(), one.not_after_s()});
  }
  return chain->front();
}

void read_key(const std::optional<usp::Certificate>& certificate, CertificateFacts& facts) {
  auto [text, error] = read_file(facts.key_file);
  facts.key_error = std::move(error);
  if (!facts.key_error.empty()) return;
  const Key key(PEM_read_bio_PrivateKey(memory(text).get(), nullptr, &no_password, nullptr),
                &EVP_PKEY_free);
  if (key == nullptr) {
    facts.key_error = "has no private key in PEM";
  } else {
    facts.key_fits = certificate && X509_check_private_key(certificate->raw(), key.get()) == 1;
  }
  ERR_clear_error();
}

class Reader {
 public:
  void read(std::string setting, const std::string& file, const std::string& key_file = {}) {
    if (file.empty()) return;
    CertificateFacts facts;
    facts.setting = std::move(setting);
    facts.file = file;
    facts.key_file = key_file;
    auto [text, error] = read_file(file);
    facts.error = std::move(error);
    std::optional<usp::Certificate> first;
    if (facts.error.empty()) first = read_chain(text, facts);
    if (!key_file.empty()) read_key(first, facts);
    out_.push_back(std::move(facts));
  }

  /// CAs.
  void read_list(std::string setting, const std::string& file) {
    if (file.empty()) return;
    read(std::move(setting), file);
    out_.back().list = true;
  }

  std::vector<CertificateFacts> take() { return std::move(out_); }

 private:
  std::vector<CertificateFacts> out_;
};

void read_listener(Reader& reader, const std::string& place, const CwmpTlsConfig& tls) {
  reader.read(place + ".tls", tls.main.certificate, tls.main.key);
  for (const CertificateConfig& more : tls.more) {
    reader.read(place + ".tls.more", more.certificate, more.key);
  }
  reader.read_list(place + ".tls.client_ca", tls.client_ca);
}

}  // namespace

std::vector<CertificateFacts> read_certificates(const Config& config) {
  Reader reader;
  read_listener(reader, "cwmp", config.cwmp.tls);
  for (std::size_t i = 0; i < config.cwmp.listeners.size(); ++i) {
    read_listener(reader, "cwmp.listeners[" + std::to_string(i) + "]",
                  config.cwmp.listeners[i].tls);
  }
  if (config.cwmp.xmpp.enabled) reader.read_list("cwmp.xmpp.ca", config.cwmp.xmpp.ca);
  reader.read("grpc.tls", config.grpc.tls.certificate, config.grpc.tls.key);
  reader.read_list("grpc.tls.client_ca", config.grpc.tls.client_ca);
  if (config.mqtt.tls.enabled) {
    reader.read_list("mqtt.tls.ca", config.mqtt.tls.ca);
    reader.read("mqtt.tls", config.mqtt.tls.certificate, config.mqtt.tls.key);
  }
  for (const std::string& file : config.signatures.trusted_ca) {
    reader.read_list("signatures.trusted_ca", file);
  }
  reader.read("signatures.agent_ca", config.signatures.agent_ca.certificate,
              config.signatures.agent_ca.key);
  return reader.take();
}

ClockFacts read_clock() {
  ClockFacts facts;
  facts.now_s = std::time(nullptr);
  timex state{};  // modes 0: only looks
  const int got = ::adjtimex(&state);
  if (got >= 0) {
    facts.synchronised = got != TIME_ERROR && (state.status & STA_UNSYNC) == 0;
  } else if (std::error_code error; std::filesystem::exists(kTimesyncMark, error)) {
    facts.synchronised = true;  // ProtectClock= forbids the question
  }
  return facts;
}

}  // namespace bridge
