#include "bridge/config_warnings.h"

#include <algorithm>

namespace bridge {

namespace {

void warn_of_profiles(const CwmpConfig& cwmp, std::vector<std::string>& warnings) {
  const auto listeners = cwmp.all_listeners();
  const bool in_clear =
      std::any_of(listeners.begin(), listeners.end(), [](const CwmpListenerConfig& listener) {
        return listener.asks() && !listener.tls.enabled();
      });
  for (std::size_t i = 0; i < cwmp.profiles.size(); ++i) {
    const ProfileConfig::Authenticate authenticate = cwmp.profiles[i].authenticate;
    const std::string place = "cwmp.profiles[" + std::to_string(i) + "].authenticate: ";
    if (authenticate == ProfileConfig::Authenticate::kNone) {
      warnings.push_back(place +
                         "any CPE that fits may claim to be any device without a credential");
    }
    if (authenticate == ProfileConfig::Authenticate::kBasic && in_clear) {
      warnings.push_back(place + "basic without TLS sends passwords in clear");
    }
  }
}

void warn_of_auth(const CwmpConfig& cwmp, std::vector<std::string>& warnings) {
  const CwmpConfig::Auth& auth = cwmp.auth;
  if (auth.allow_anonymous) {
    warnings.emplace_back("cwmp.auth.allow_anonymous: any CPE may claim to be any device");
  } else if (!auth.shared && !auth.bootstrap && auth.models.empty()) {
    warnings.emplace_back(
        "cwmp.auth: neither shared nor bootstrap nor models is set, only devices with a credential "
        "of their own can come in");
  }
  if (auth.shared) {
    warnings.emplace_back(
        "cwmp.auth.shared: whoever knows this one password may claim to be any device");
  }
  if (!auth.models.empty()) {
    warnings.emplace_back(
        "cwmp.auth.models: whoever knows the password of a model may claim to be any device of it");
  }
  if (auth.rotate != CwmpConfig::Rotate::kNever && !cwmp.tls.enabled()) {
    warnings.emplace_back(
        "cwmp.auth.rotate: without TLS, or a proxy that ends it, new passwords go over the network "
        "in clear");
  }
  if (auth.rotate != CwmpConfig::Rotate::kNever && auth.allow_anonymous) {
    warnings.emplace_back("cwmp.auth.rotate has no effect where devices come in anonymously");
  }
  if (auth.scheme == CwmpConfig::Scheme::kBasic && !cwmp.tls.enabled()) {
    warnings.emplace_back("cwmp.auth.scheme: basic without TLS sends passwords in clear");
  }
}

void warn_of_signatures(const Config& config, std::vector<std::string>& warnings) {
  for (const ControllerConfig& controller : config.controllers) {
    if (controller.trust != ControllerConfig::Trust::kSignature) continue;
    const std::string of = "controllers: " + controller.endpoint_id + ": trust: signature without ";
    if (config.signatures.trusted_ca.empty()) {
      warnings.push_back(of +
                         "signatures.trusted_ca: only certificates in an agent's own tables "
                         "let it in");
    }
    if (!config.signatures.signs()) {
      warnings.push_back(of + "signatures.agent_ca: what it is sent is not signed");
    }
  }
}

}  // namespace

std::vector<std::string> warnings_of(const Config& config) {
  std::vector<std::string> warnings;
  warn_of_auth(config.cwmp, warnings);
  if (config.cwmp.tls.min_version < CwmpTlsConfig::Version::k1_2) {
    warnings.emplace_back("cwmp.tls.min_version: TLS older than 1.2 can be broken");
  }
  for (std::size_t i = 0; i < config.cwmp.listeners.size(); ++i) {
    const CwmpListenerConfig& listener = config.cwmp.listeners[i];
    const std::string name = "cwmp.listeners[" + std::to_string(i) + "]";
    if (listener.allow_anonymous) {
      warnings.push_back(name + ".allow_anonymous: any CPE may claim to be any device");
    }
    if (listener.scheme == CwmpAuthScheme::kBasic && !listener.tls.enabled()) {
      warnings.push_back(name + ".scheme: basic without TLS sends passwords in clear");
    }
    if (listener.tls.min_version < CwmpTlsConfig::Version::k1_2) {
      warnings.push_back(name + ".tls.min_version: TLS older than 1.2 can be broken");
    }
  }
  warn_of_profiles(config.cwmp, warnings);
  if (config.cwmp.connection_request.allow.empty()) {
    warnings.emplace_back(
        "cwmp.connection_request.allow is empty: no device is woken, writes wait for its next "
        "Inform");
  }
  if (config.cwmp.stun.enabled && config.cwmp.stun.advertise_host.empty() &&
      !config.cwmp.trusted_proxies.empty()) {
    warnings.emplace_back(
        "cwmp.stun.advertise_host is empty: devices look for STUN at the host of the ACS URL, "
        "which "
        "is a proxy");
  }
  if (config.grpc.allow_insecure_off_loopback && !config.grpc.on_loopback()) {
    warnings.emplace_back(
        "grpc.allow_insecure_off_loopback: whoever reaches the port may change every device");
  }
  if (config.mqtt.tls.enabled && !config.mqtt.tls.verify) {
    warnings.emplace_back("mqtt.tls.verify: the broker's certificate is not checked");
  }
  warn_of_signatures(config, warnings);
  if (config.unknown_controllers == UnknownControllers::kUntrusted) {
    warnings.emplace_back(
        "unknown_controllers is untrusted: whoever can publish to an agent is answered");
  }
  if (config.controllers.empty()) {
    warnings.emplace_back("controllers is empty: nobody may talk to the agents");
  }
  return warnings;
}

}  // namespace bridge
