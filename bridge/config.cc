#include "bridge/config.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <fstream>
#include <iterator>
#include <set>

#include "bridge/config_auth.h"
#include "bridge/config_grpc.h"
#include "bridge/config_profiles.h"
#include "bridge/config_reader.h"
#include "bridge/config_roles.h"
#include "bridge/config_topics.h"
#include "bridge/config_warnings.h"
#include "bridge/config_xmpp.h"

extern char** environ;

namespace bridge {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::string_view kPlaceholder = "{endpoint_id}";
constexpr std::uint16_t kMaxPort = 65535;
constexpr std::size_t kMinMessageBytes = 4 << 10;
constexpr std::uintmax_t kMaxFileBytes = 4 << 20;  // a configuration, not a database

// --- checks of single texts ---

int address_bits(const std::string& text) {
  std::array<unsigned char, 16> bytes{};
  if (::inet_pton(AF_INET, text.c_str(), bytes.data()) == 1) return 32;
  if (::inet_pton(AF_INET6, text.c_str(), bytes.data()) == 1) return 128;
  return 0;
}

std::string check_address(const std::string& text) {
  return address_bits(text) > 0 ? "" : "must be an IP address, not \"" + text + "\"";
}

std::string check_network(const std::string& text) {
  const std::string wrong =
      "must be an IP address or a network such as 10.0.0.0/8, not \"" + text + "\"";
  const std::size_t slash = text.find('/');
  const int bits = address_bits(text.substr(0, slash));
  if (bits == 0) return wrong;
  if (slash == std::string::npos) return "";
  int length = -1;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data() + slash + 1, end, length);
  return error == std::errc() && stop == end && length >= 0 && length <= bits ? "" : wrong;
}

std::string check_not_empty(const std::string& text) {
  return text.empty() ? "must not be empty" : "";
}

std::string check_url_path(const std::string& text) {
  return text.starts_with("/") && text.find_first_of(" ?#") == std::string::npos
             ? ""
             : "must be a path that starts with /";
}

std::string check_topic(const std::string& text) {
  if (text.empty() || text.size() > 1024) return "must be an MQTT topic of 1 to 1024 bytes";
  if (text.find_first_of("#+") != std::string::npos) return "must have no wildcard";
  return "";
}

std::string check_agent_topic(const std::string& text) {
  if (text.find(kPlaceholder) == std::string::npos) return "must contain {endpoint_id}";
  return check_topic(text);
}

std::string check_endpoint_id(const std::string& text) {
  const std::size_t colons = text.find("::");
  const bool whole = colons != std::string::npos && colons > 0 && colons + 2 < text.size();
  const bool name = !text.empty() && text.find_first_of(":/ ") == std::string::npos;
  return whole || name ? "" : "must be an Endpoint ID such as self::controller.example.com";
}

// R-ARC.5: an instance-id is of letters, digits, "-", "_", ".", and percent-encoded bytes.
std::string check_endpoint_prefix(const std::string& text) {
  const auto fits = [](unsigned char c) {
    return (std::isalnum(c) != 0 && c < 128) || c == '-' || c == '_' || c == '.';
  };
  return text.size() <= 16 && std::all_of(text.begin(), text.end(), fits)
             ? ""
             : "must be up to 16 letters, digits, '-', '_' or '.'";
}

std::string check_vendor_prefix(const std::string& text) {
  const auto fits = [](unsigned char c) { return (std::isalnum(c) != 0 && c < 128) || c == '_'; };
  return text.starts_with("X_") && text.ends_with("_") && text.size() > 3 && text.size() <= 32 &&
                 std::all_of(text.begin(), text.end(), fits)
             ? ""
             : "must be like X_EXAMPLE_, of letters, digits and '_'";
}

std::string check_alias(const std::string& text) {
  if (text.empty()) return "";
  return std::isalpha(static_cast<unsigned char>(text[0])) != 0 && text.size() <= 64
             ? ""
             : "must begin with a letter and be up to 64 characters";
}

std::string check_notif_type(const std::string& text) {
  static const std::set<std::string> kTypes = {"ValueChange", "ObjectCreation", "ObjectDeletion",
                                               "OperationComplete", "Event"};
  if (kTypes.contains(text)) return "";
  const std::string meant = nearest(text, kTypes);
  return "no notification type \"" + text + "\"" +
         (meant.empty() ? "" : "; did you mean " + meant + "?");
}

std::string check_level(const std::string& text) {
  static const std::set<std::string> kLevels = {"trace", "debug", "info", "warn", "error", "off"};
  return kLevels.contains(text) ? "" : "must be one of trace, debug, info, warn, error, off";
}

// --- sections ---

void read_tls(ConfigSection& s, ServerTlsConfig& tls) {
  s.text("certificate", tls.certificate);
  s.text("key", tls.key);
  s.text("client_ca", tls.client_ca);
  if (tls.certificate.empty() != tls.key.empty()) {
    s.mistake("certificate", "certificate and key go together");
  } else if (!tls.client_ca.empty() && tls.certificate.empty()) {
    s.mistake("client_ca", "needs a certificate and key");
  }
}

void read_certificate(ConfigSection& s, CertificateConfig& files) {
  s.text("certificate", files.certificate);
  s.text("key", files.key);
  if (files.certificate.empty() != files.key.empty()) {
    s.mistake("certificate", "certificate and key go together");
  }
}

void read_cwmp_tls(ConfigSection& s, CwmpTlsConfig& tls) {
  using Version = CwmpTlsConfig::Version;
  using Identity = CwmpTlsConfig::ClientIdentity;
  read_certificate(s, tls.main);
  s.list("more_certificates", tls.more, read_certificate);
  s.text("client_ca", tls.client_ca);
  s.flag("client_required", tls.client_required);
  s.choice("client_identity", tls.client_identity,
           {{"device", Identity::kDevice}, {"none", Identity::kNone}});
  s.choice("min_version", tls.min_version,
           {{"1.0", Version::k1_0},
            {"1.1", Version::k1_1},
            {"1.2", Version::k1_2},
            {"1.3", Version::k1_3}});
  s.text("ciphers", tls.ciphers);
  if (!tls.enabled() && !tls.client_ca.empty()) {
    s.mistake("client_ca", "needs a certificate and key");
  }
}

void check_scheme(ConfigSection& s, CwmpAuthScheme scheme, bool allow_anonymous,
                  const CwmpTlsConfig& tls) {
  if (scheme == CwmpAuthScheme::kNone && !allow_anonymous && !tls.admits_by_certificate_only()) {
    s.mistake("scheme",
              "none needs allow_anonymous: true, or client certificates that are "
              "required and name the device");
  }
}

void check_proxies(ConfigSection& s, bool proxy_protocol, const std::vector<std::string>& trusted) {
  if (proxy_protocol && trusted.empty()) {
    s.mistake("proxy_protocol", "needs trusted_proxies: whose headers are believed");
  }
}

void read_cwmp_listener(ConfigSection& s, CwmpListenerConfig& listener) {
  s.text("listen", listener.listen, check_address);
  s.number<std::uint16_t>("port", listener.port, 0, kMaxPort);
  s.text("path", listener.path, check_url_path);
  read_cwmp_scheme(s, listener.scheme);
  s.flag("allow_anonymous", listener.allow_anonymous);
  s.section("tls", [&](ConfigSection& inner) { read_cwmp_tls(inner, listener.tls); });
  s.words("trusted_proxies", listener.trusted_proxies, check_network);
  s.flag("proxy_protocol", listener.proxy_protocol);
  check_scheme(s, listener.scheme, listener.allow_anonymous, listener.tls);
  check_proxies(s, listener.proxy_protocol, listener.trusted_proxies);
}

void read_cwmp_limits(ConfigSection& s, CwmpConfig::Limits& limits) {
  s.number<std::size_t>("connections", limits.connections, 1, 1'000'000);
  s.number<std::size_t>("sessions", limits.sessions, 1, 1'000'000);
  s.size("envelope_bytes", limits.envelope_bytes, 64 << 10, 256 << 20);
  s.size("header_bytes", limits.header_bytes, 4 << 10, 1 << 20);
  s.rate("bootstrap_rate", limits.bootstrap_rate);
  s.duration("device_session_interval", limits.device_session_interval, milliseconds(0),
             milliseconds(3'600'000));
  s.duration("device_retry_interval", limits.device_retry_interval, milliseconds(0),
             milliseconds(3'600'000));
  s.duration("device_burst", limits.device_burst, milliseconds(1000), milliseconds(86'400'000));
}

void read_linger(ConfigSection& s, LingerConfig& linger) {
  using Mode = LingerConfig::Mode;
  s.choice(
      "mode", linger.mode,
      {{"never", Mode::kNever}, {"unreachable", Mode::kUnreachable}, {"always", Mode::kAlways}});
  s.duration("hold", linger.hold, milliseconds(100), milliseconds(25'000));
  s.duration("hold_while_watched", linger.hold_while_watched, milliseconds(100),
             milliseconds(25'000));
  s.duration("active", linger.active, milliseconds(100), milliseconds(3'600'000));
  s.duration("total", linger.total, milliseconds(100), milliseconds(3'600'000));
  s.number<std::size_t>("sessions", linger.sessions, 0, 1'000'000);
}

// What STUNServerAddress may hold: a host name or an IP address, up to 256 characters.
std::string check_host(const std::string& text) {
  const auto fits = [](unsigned char c) {
    return (std::isalnum(c) != 0 && c < 128) || c == '-' || c == '.';
  };
  const bool name = std::all_of(text.begin(), text.end(), fits) && !text.starts_with('-') &&
                    !text.starts_with('.');
  return text.size() <= 256 && (name || address_bits(text) > 0)
             ? ""
             : "must be a host name or an IP address, not \"" + text + "\"";
}

void read_stun(ConfigSection& s, CwmpConfig::Stun& stun) {
  s.flag("enabled", stun.enabled);
  s.text("listen", stun.listen, check_address);
  s.number<std::uint16_t>("port", stun.port, 0, kMaxPort);
  s.text("advertise_host", stun.advertise_host, check_host);
  s.number<std::uint16_t>("advertise_port", stun.advertise_port, 0, kMaxPort);
  s.duration("keep_alive_min", stun.keep_alive_min, seconds(1), seconds(86'400));
  s.duration("keep_alive_max", stun.keep_alive_max, seconds(0), seconds(86'400));
  s.flag("always_authenticate", stun.always_authenticate);
  s.rate("rate_per_source", stun.rate_per_source);
  if (stun.keep_alive_max.count() != 0 && stun.keep_alive_max < stun.keep_alive_min) {
    s.mistake("keep_alive_max", "must not be below keep_alive_min; 0 is none");
  }
}

void read_cwmp(ConfigSection& s, CwmpConfig& cwmp) {
  s.text("listen", cwmp.listen, check_address);
  s.number<std::uint16_t>("port", cwmp.port, 0, kMaxPort);
  s.text("path", cwmp.path, check_url_path);
  s.section("tls", [&](ConfigSection& inner) { read_cwmp_tls(inner, cwmp.tls); });
  s.section("auth", [&](ConfigSection& inner) {
    read_cwmp_auth(inner, cwmp.auth);
    check_scheme(inner, cwmp.auth.scheme, cwmp.auth.allow_anonymous, cwmp.tls);
  });
  s.section("timeouts", [&](ConfigSection& inner) {
    inner.duration("request", cwmp.timeouts.request, milliseconds(100), milliseconds(600'000));
    inner.duration("idle", cwmp.timeouts.idle, milliseconds(100), milliseconds(600'000));
    inner.duration("session", cwmp.timeouts.session, milliseconds(1000), milliseconds(86'400'000));
  });
  s.section("limits", [&](ConfigSection& inner) { read_cwmp_limits(inner, cwmp.limits); });
  s.words("trusted_proxies", cwmp.trusted_proxies, check_network);
  s.flag("proxy_protocol", cwmp.proxy_protocol);
  check_proxies(s, cwmp.proxy_protocol, cwmp.trusted_proxies);
  s.list("listeners", cwmp.listeners, read_cwmp_listener);
  s.duration("periodic_inform_interval", cwmp.periodic_inform_interval, seconds(0),
             seconds(31'536'000));
  // Devices take 30 s as the least; below it a fleet would do nothing but inform (quirk 87).
  if (cwmp.periodic_inform_interval > seconds(0) && cwmp.periodic_inform_interval < seconds(30)) {
    s.mistake("periodic_inform_interval", "must be 0 or at least 30s");
  }
  s.section("connection_request", [&](ConfigSection& inner) {
    inner.words("allow", cwmp.connection_request.allow, check_network);
    inner.duration("timeout", cwmp.connection_request.timeout, milliseconds(100),
                   milliseconds(60'000));
    inner.rate("rate", cwmp.connection_request.rate);
  });
  s.section("linger", [&](ConfigSection& inner) { read_linger(inner, cwmp.linger); });
  s.section("stun", [&](ConfigSection& inner) { read_stun(inner, cwmp.stun); });
  s.section("xmpp", [&](ConfigSection& inner) { read_xmpp(inner, cwmp.xmpp, check_host); });
  s.list("profiles", cwmp.profiles, [](ConfigSection& inner, ProfileConfig& profile) {
    read_profile(inner, profile, check_network);
  });
  check_profiles(s, cwmp);
}

void read_mqtt_tls(ConfigSection& s, MqttConfig::Tls& tls) {
  s.flag("enabled", tls.enabled);
  s.text("ca", tls.ca);
  s.text("certificate", tls.certificate);
  s.text("key", tls.key);
  s.flag("verify", tls.verify);
  if (tls.certificate.empty() != tls.key.empty()) {
    s.mistake("certificate", "certificate and key go together");
  }
  if (!tls.enabled && !(tls.ca.empty() && tls.certificate.empty())) {
    s.mistake("enabled", "must be true when ca or certificate is set");
  }
}

void read_mqtt(ConfigSection& s, MqttConfig& mqtt) {
  s.choice("profile", mqtt.profile,
           {{"bbf", MqttConfig::Profile::kBbf},
            {"oktopus", MqttConfig::Profile::kOktopus},
            {"custom", MqttConfig::Profile::kCustom}});
  s.choice("mode", mqtt.mode,
           {{"shared", MqttConfig::Mode::kShared}, {"per-agent", MqttConfig::Mode::kPerAgent}});
  s.text("host", mqtt.host, check_not_empty);
  s.number<std::uint16_t>("port", mqtt.port, 0, kMaxPort);
  s.choice("version", mqtt.version,
           {{"5.0", MqttConfig::Version::k5}, {"3.1.1", MqttConfig::Version::k311}});
  s.section("tls", [&](ConfigSection& inner) { read_mqtt_tls(inner, mqtt.tls); });
  s.text("username", mqtt.username);
  s.text("password", mqtt.password);
  s.text("client_id", mqtt.client_id, check_not_empty);
  s.duration("keep_alive", mqtt.keep_alive, seconds(5), seconds(65'535));
  s.number<std::size_t>("connections", mqtt.connections, 1, 64);
  mqtt.agent_topic = default_agent_topic(mqtt.profile);
  s.text("agent_topic", mqtt.agent_topic, check_agent_topic);
  s.number("qos", mqtt.qos, 0, 1);
  s.section("per_agent", [&](ConfigSection& inner) {
    inner.text("client_id", mqtt.per_agent.client_id);
    inner.text("username", mqtt.per_agent.username);
    inner.text("password", mqtt.per_agent.password);
    inner.number<std::size_t>("max_agents", mqtt.per_agent.max_agents, 1, 10'000);
    inner.rate("connect_rate", mqtt.per_agent.connect_rate);
  });
  s.section("reconnect", [&](ConfigSection& inner) {
    inner.duration("min", mqtt.reconnect.min, milliseconds(10), milliseconds(3'600'000));
    inner.duration("max", mqtt.reconnect.max, milliseconds(10), milliseconds(3'600'000));
    if (mqtt.reconnect.max < mqtt.reconnect.min) inner.mistake("max", "must not be below min");
  });
  s.number<std::size_t>("max_queued_messages", mqtt.max_queued_messages, 10, 1'000'000);
  s.size("max_message_bytes", mqtt.max_message_bytes, 64 << 10, 256 << 20);
  s.rate("connect_record_rate", mqtt.connect_record_rate);
  check_topic_profile(s, mqtt);
  if (mqtt.username.empty() && !mqtt.password.empty() &&
      mqtt.version == MqttConfig::Version::k311) {
    s.mistake("password", "MQTT 3.1.1 has no password without a username");
  }
}

void read_subscription(ConfigSection& s, SubscriptionConfig& subscription) {
  s.text("id", subscription.id);
  s.text("notif_type", subscription.notif_type, check_notif_type);
  s.words("reference_list", subscription.reference_list, check_not_empty);
  s.flag("persistent", subscription.persistent);
  s.flag("notif_retry", subscription.notif_retry);
  s.duration("notif_expiration", subscription.notif_expiration, seconds(0), seconds(31'536'000));
  if (subscription.id.empty()) s.mistake("id", "must not be empty");
  if (subscription.notif_type.empty()) s.mistake("notif_type", "must be set");
  if (subscription.reference_list.empty()) s.mistake("reference_list", "must not be empty");
}

void read_controller(ConfigSection& s, ControllerConfig& controller) {
  s.text("endpoint_id", controller.endpoint_id, check_endpoint_id);
  s.text("alias", controller.alias, check_alias);
  controller.topic.clear();  // then it is the profile's; see apply_topic_profile()
  s.text("topic", controller.topic, check_topic);
  s.text("reply_prefix", controller.reply_prefix);
  s.text("role", controller.role, check_not_empty);
  using Trust = ControllerConfig::Trust;
  s.choice("trust", controller.trust,
           {{"broker", Trust::kBroker}, {"signature", Trust::kSignature}});
  s.size("max_message_size", controller.max_message_bytes, 0, 256 << 20);
  if (controller.max_message_bytes != 0 && controller.max_message_bytes < kMinMessageBytes) {
    s.mistake("max_message_size", "must be 0 or at least 4KiB");
  }
  s.rate_or_none("requests_per_second", controller.requests_per_second);
  s.number<std::uint32_t>("request_burst", controller.request_burst, 0, 1'000'000);
  milliseconds deadline(0);
  s.duration("deadline", deadline, milliseconds(1000), milliseconds(3'600'000));
  if (deadline.count() != 0) controller.deadline = deadline;
  s.duration("periodic_notif_interval", controller.periodic_notif_interval, seconds(10),
             seconds(31'536'000));
  s.duration("notif_retry_minimum_wait", controller.notif_retry_minimum_wait, seconds(1),
             seconds(65'535));
  s.number<std::uint32_t>("notif_retry_interval_multiplier",
                          controller.notif_retry_interval_multiplier, 1000, 65'535);
  s.list("default_subscriptions", controller.default_subscriptions, read_subscription);
  if (controller.endpoint_id.empty()) s.mistake("endpoint_id", "must be set");
  std::set<std::string> ids;
  for (const SubscriptionConfig& subscription : controller.default_subscriptions) {
    if (!ids.insert(subscription.id).second) {
      s.mistake("default_subscriptions", "the id \"" + subscription.id + "\" is there twice");
    }
  }
}

void read_signatures(ConfigSection& s, SignatureConfig& signatures) {
  s.words("trusted_ca", signatures.trusted_ca, check_not_empty);
  s.section("agent_ca",
            [&](ConfigSection& inner) { read_certificate(inner, signatures.agent_ca); });
  s.duration("agent_certificate_lifetime", signatures.agent_certificate_lifetime, seconds(3600),
             seconds(3650LL * 86'400));
  s.number<std::size_t>("agent_certificates", signatures.agent_certificates, 1, 10'000'000);
}

void read_translation(ConfigSection& s, TranslationConfig& translation) {
  s.flag("tr098", translation.tr098);
  s.flag("legacy_names", translation.legacy_names);
  s.flag("show_mapped", translation.show_mapped);
  s.list("overlays", translation.overlays, [](ConfigSection& inner, OverlayConfig& overlay) {
    inner.text("file", overlay.file, check_not_empty);
    inner.section("match", [&](ConfigSection& match) {
      match.text("manufacturer", overlay.match.manufacturer, check_not_empty);
      match.text("oui", overlay.match.oui, check_not_empty);
      match.text("product_class", overlay.match.product_class);
    });
  });
}

void read_device(ConfigSection& s, DeviceConfig& device) {
  using Scheme = DeviceConfig::EndpointIdScheme;
  s.choice("endpoint_id_scheme", device.endpoint_id_scheme,
           {{"ops", Scheme::kOps}, {"uuid", Scheme::kUuid}});
  s.text("endpoint_id_prefix", device.endpoint_id_prefix, check_endpoint_prefix);
  s.duration("operation_deadline", device.operation_deadline, milliseconds(1000),
             milliseconds(3'600'000));
  s.duration("command_deadline", device.command_deadline, milliseconds(1000),
             milliseconds(30LL * 86'400'000));
  s.duration("live_read_deadline", device.live_read_deadline, milliseconds(100),
             milliseconds(600'000));
  s.text("vendor_prefix", device.vendor_prefix, check_vendor_prefix);
  s.list("freshness", device.freshness, [](ConfigSection& inner, FreshnessRule& rule) {
    inner.text("path", rule.path);
    inner.duration("max_age", rule.max_age, milliseconds(0), milliseconds(30LL * 86'400'000));
    if (rule.path.empty()) inner.mistake("path", "must be set");
  });
  s.list("refresh", device.refresh, [](ConfigSection& inner, RefreshRule& rule) {
    inner.text("path", rule.path);
    inner.duration("every", rule.every, milliseconds(1000), milliseconds(365LL * 86'400'000));
    if (rule.path.empty()) inner.mistake("path", "must be set");
    if (rule.every.count() == 0) inner.mistake("every", "must be set");
  });
  s.number<std::size_t>("outbox_cap", device.outbox_cap, 1, 1'000'000);
  s.number<std::size_t>("open_operations", device.open_operations, 1, 10'000);
  s.number<std::size_t>("first_contact_budget", device.first_contact_budget, 1, 100'000);
  s.duration("keep_finished_operations", device.keep_finished_operations, hours(1), hours(8760));
  s.duration("offline_after", device.offline_after, seconds(0), seconds(365LL * 86'400));
}

void read_config(ConfigSection& s, Config& config) {
  s.section("cwmp", [&](ConfigSection& inner) { read_cwmp(inner, config.cwmp); });
  s.section("mqtt", [&](ConfigSection& inner) { read_mqtt(inner, config.mqtt); });
  s.list("roles", config.roles, read_role);
  s.list("controllers", config.controllers, read_controller);
  s.section("signatures", [&](ConfigSection& inner) { read_signatures(inner, config.signatures); });
  s.choice(
      "unknown_controllers", config.unknown_controllers,
      {{"refuse", UnknownControllers::kRefuse}, {"untrusted", UnknownControllers::kUntrusted}});
  s.section("device", [&](ConfigSection& inner) { read_device(inner, config.device); });
  s.section("translation",
            [&](ConfigSection& inner) { read_translation(inner, config.translation); });
  s.section("grpc", [&](ConfigSection& inner) {
    read_grpc(inner, config.grpc, check_address);
    inner.section("tls", [&](ConfigSection& tls) { read_tls(tls, config.grpc.tls); });
    check_grpc(inner, config.grpc);
  });
  s.section("brakes", [&](ConfigSection& inner) { read_brakes(inner, config.brakes); });
  s.section("admin", [&](ConfigSection& inner) {
    inner.text("listen", config.admin.listen, check_address);
    inner.number<std::uint16_t>("port", config.admin.port, 0, kMaxPort);
  });
  s.section("store", [&](ConfigSection& inner) {
    inner.text("directory", config.store.directory, check_not_empty);
    inner.text("key_file", config.store.key_file);
    inner.number<std::size_t>("readers", config.store.readers, 1, 64);
  });
  s.section("log", [&](ConfigSection& inner) {
    inner.text("level", config.log.level, check_level);
    inner.choice("format", config.log.format,
                 {{"json", LogConfig::Format::kJson}, {"text", LogConfig::Format::kText}});
  });
  s.number<std::size_t>("threads", config.threads, 0, 256);
  s.duration("shutdown_timeout", config.shutdown_timeout, seconds(1), seconds(600));

  apply_topic_profile(s, config);
  check_roles(s, config);
  std::set<std::string> ids;
  for (const ControllerConfig& controller : config.controllers) {
    if (!ids.insert(controller.endpoint_id).second) {
      s.mistake("controllers", controller.endpoint_id + " is there twice");
    }
  }
}

std::string lines(const std::vector<std::string>& mistakes) {
  std::string text;
  for (const std::string& mistake : mistakes) {
    if (!text.empty()) text += '\n';
    text += mistake;
  }
  return text;
}

/// Every scalar at and below `node`, and how long the lists are.
void note_given(const YAML::Node& node, const std::string& path, GivenSettings& out) {
  if (node.IsMap()) {
    for (const auto& each : node) {
      const auto key = each.first.as<std::string>();
      note_given(each.second, path.empty() ? key : path + "." + key, out);
    }
  } else if (node.IsSequence()) {
    out[path + "[]"] = std::to_string(node.size());
    for (std::size_t i = 0; i < node.size(); ++i) {
      note_given(node[i], path + "[" + std::to_string(i) + "]", out);
    }
  } else if (node.IsScalar()) {
    out[path] = node.Scalar();
  }
}

}  // namespace

std::vector<CwmpListenerConfig> CwmpConfig::all_listeners() const {
  std::vector<CwmpListenerConfig> all;
  all.push_back({listen, port, path, auth.scheme, auth.allow_anonymous, tls, trusted_proxies,
                 proxy_protocol});
  all.insert(all.end(), listeners.begin(), listeners.end());
  return all;
}

Environment process_environment() {
  Environment environment;
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    const std::string_view text = *entry;
    const std::size_t equals = text.find('=');
    if (!text.starts_with("USP_BRIDGE_") || equals == std::string_view::npos) continue;
    environment.emplace_back(text.substr(0, equals), text.substr(equals + 1));
  }
  return environment;
}

Result<LoadedConfig> parse_config(std::string_view yaml, std::string_view name,
                                  const Environment& environment) {
  ConfigContext context{std::string(name), environment};
  LoadedConfig loaded;
  try {
    const YAML::Node root = YAML::Load(std::string(yaml));
    ConfigSection section(context, root, "");
    read_config(section, loaded.config);
    note_given(root, "", loaded.given);
  } catch (const YAML::Exception& wrong) {
    context.mistake(wrong.mark, "", wrong.msg);
  }
  if (!context.mistakes().empty()) return fail(ErrorKind::kInvalid, lines(context.mistakes()));
  loaded.warnings = warnings_of(loaded.config);
  for (const std::string& variable : context.unused_variables()) {
    loaded.warnings.push_back("environment: " + variable + " is no setting");
  }
  return loaded;
}

Result<LoadedConfig> load_config(const std::filesystem::path& file,
                                 const Environment& environment) {
  std::error_code error;
  const std::uintmax_t size = std::filesystem::file_size(file, error);
  if (error) return fail(ErrorKind::kIo, file.string() + ": " + error.message());
  if (size > kMaxFileBytes) return fail(ErrorKind::kInvalid, file.string() + ": above 4 MiB");
  std::ifstream in(file, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  if (!in.is_open() || in.bad()) return fail(ErrorKind::kIo, file.string() + ": cannot be read");
  return parse_config(text, file.string(), environment);
}

std::vector<std::string> config_settings() {
  ConfigContext context("", {}, true);
  Config prototype;
  {
    ConfigSection section(context, YAML::Node(), "");
    read_config(section, prototype);
  }
  return context.settings();
}

}  // namespace bridge
