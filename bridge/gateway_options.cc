#include "bridge/gateway_options.h"

#include <openssl/rand.h>
#include <spdlog/spdlog.h>

#include <array>
#include <stdexcept>
#include <string>

#include "bridge/agent/roles.h"
#include "bridge/control/errors.h"
#include "bridge/metrics.h"
#include "cwmp/udp_connection_request.h"

namespace bridge {
namespace {

cwmp::ServerTls acs_tls(const CwmpTlsConfig& config) {
  using From = CwmpTlsConfig::Version;
  cwmp::ServerTls out;
  if (!config.main.certificate.empty()) {
    out.certificates.push_back({config.main.certificate, config.main.key});
  }
  for (const CertificateConfig& each : config.more) {
    out.certificates.push_back({each.certificate, each.key});
  }
  out.client_ca = config.client_ca;
  out.client_certificate_required = config.client_required;
  out.client_certificate_is_login =
      config.client_identity == CwmpTlsConfig::ClientIdentity::kDevice;
  out.min_version = config.min_version == From::k1_0   ? cwmp::TlsVersion::k1_0
                    : config.min_version == From::k1_1 ? cwmp::TlsVersion::k1_1
                    : config.min_version == From::k1_2 ? cwmp::TlsVersion::k1_2
                                                       : cwmp::TlsVersion::k1_3;
  out.ciphers = config.ciphers;
  return out;
}

}  // namespace

cwmp::ServerOptions acs_options(const CwmpConfig& config, const CwmpListenerConfig& listener) {
  cwmp::ServerOptions out;
  out.address = listener.listen;
  out.port = listener.port;
  if (listener.path != "/") out.paths = {listener.path};
  if (listener.tls.enabled()) out.tls = acs_tls(listener.tls);
  if (listener.allow_anonymous || listener.scheme == CwmpAuthScheme::kNone) {
    out.auth = std::nullopt;
  } else {
    out.auth->realm = config.auth.realm;
    out.auth->nonce_validity = config.auth.nonce_lifetime;
    out.auth->digest = listener.scheme == CwmpAuthScheme::kDigest;
    out.auth->basic = listener.scheme == CwmpAuthScheme::kBasic;
    out.auth->algorithms.clear();
    for (const std::string& name : config.auth.algorithms) {
      out.auth->algorithms.push_back(name == "MD5" ? cwmp::HashAlgorithm::kMd5
                                                   : cwmp::HashAlgorithm::kSha256);
    }
  }
  if (RAND_bytes(out.nonce_key.data(), static_cast<int>(out.nonce_key.size())) != 1) {
    throw std::runtime_error("no randomness");
  }
  out.max_body_bytes = config.limits.envelope_bytes;
  out.max_header_bytes = config.limits.header_bytes;
  out.max_connections = config.limits.connections;
  out.max_sessions = config.limits.sessions;
  out.request_timeout = config.timeouts.request;
  out.session_idle = std::chrono::duration_cast<std::chrono::seconds>(config.timeouts.idle);
  out.session_limit = std::chrono::duration_cast<std::chrono::seconds>(config.timeouts.session);
  out.trusted_proxies = listener.trusted_proxies;
  out.proxy_protocol = listener.proxy_protocol;
  return out;
}

cwmp::XmppClientOptions xmpp_options(const CwmpConfig::Xmpp& config, Metrics& metrics) {
  using Tls = cwmp::xmpp::StreamOptions::Tls;
  cwmp::XmppClientOptions out;
  out.connection.stream.account = *cwmp::xmpp::parse_jid(config.jid);
  out.connection.stream.password = config.password;
  out.connection.stream.tls = config.direct_tls ? Tls::kDirect : Tls::kRequired;
  out.connection.host = config.host;
  out.connection.port = config.port;
  out.connection.tls = cwmp::make_xmpp_tls(config.ca, config.verify);
  out.on_status = [&metrics](const cwmp::XmppClientStatus& status) {
    metrics.xmpp_connected.Set(status.connected ? 1 : 0);
    if (status.connected) {
      spdlog::info("xmpp: logged in as {}", status.jid);
    } else {
      spdlog::warn("xmpp: not connected: {}; again in {} ms", status.why.text,
                   status.retry_in.count());
    }
  };
  return out;
}

cwmp::StunServerOptions stun_options(const CwmpConfig::Stun& config, Metrics& metrics) {
  cwmp::StunServerOptions out;
  out.address = config.listen;
  out.port = config.port;
  out.responder.always_authenticate = config.always_authenticate;
  out.responder.rate_per_source = config.rate_per_source;
  out.on_request = [&metrics](std::string_view outcome) { metrics.stun_requests.add({outcome}); };
  auto advertised = cwmp::parse_udp_address(config.advertise_host);
  if (advertised) {
    advertised->port = config.advertise_port != 0 ? config.advertise_port : config.port;
    out.responder.advertised = advertised;
  }
  auto* seed = reinterpret_cast<unsigned char*>(&out.responder.seed);
  if (RAND_bytes(seed, sizeof(out.responder.seed)) != 1) throw std::runtime_error("no randomness");
  return out;
}

control::Controllers controllers_of(const Config& config) {
  control::Controllers out;
  out.controllers = config.controllers;
  out.usual_deadline = config.device.operation_deadline;
  out.roles = built_in_roles();
  // As controllers[].role has them.
  constexpr std::array kNames{"full", "read-only", "untrusted"};
  for (std::size_t i = 0; i < kNames.size(); ++i) out.roles[i].name = kNames[i];
  out.roles.insert(out.roles.end(), config.roles.begin(), config.roles.end());
  return out;
}

control::ServerOptions grpc_options(const GrpcConfig& config, Metrics& metrics) {
  control::ServerOptions out;
  out.listen = config.listen;
  if (!config.listen.starts_with("unix:")) out.listen += ":" + std::to_string(config.port);
  out.certificate_file = config.tls.certificate;
  out.key_file = config.tls.key;
  out.client_ca_file = config.tls.client_ca;
  out.allow_insecure = config.allow_insecure_off_loopback;
  out.access = config;
  out.observer = [&metrics](std::string_view method, grpc::StatusCode code, double seconds) {
    metrics.grpc_calls.add({method, control::name_of(code)});
    metrics.grpc_seconds.Observe(seconds);
  };
  return out;
}

}  // namespace bridge
