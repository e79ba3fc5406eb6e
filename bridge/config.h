// The settings of the service: a YAML file, then environment variables, checked as a whole.
// deploy/usp-bridge.example.yaml explains each for operators and shows its default.
//
// Environment: USP_BRIDGE_ + the setting's path in upper case, its parts joined by "__" (or by
// "_"), e.g. USP_BRIDGE_CWMP__PORT=7547, USP_BRIDGE_MQTT__PASSWORD=... A list of words is separated
// by commas; lists of objects (controllers, freshness rules) are settings of the file only. Values
// that Kubernetes sets for a service of that name (tcp://...) are passed over.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "bridge/config_changes.h"
#include "bridge/credential/rotation.h"
#include "bridge/linger.h"
#include "bridge/result.h"
#include "bridge/xmpp_provisioning.h"

namespace bridge {

struct CredentialConfig {
  std::string username;
  std::string password;
  bool operator==(const CredentialConfig&) const = default;
};

/// One credential for every device of a model.
struct ModelCredentialConfig {
  std::string oui;            ///< as in the Informs
  std::string product_class;  ///< may be empty
  std::string username;
  std::string password;
  bool operator==(const ModelCredentialConfig&) const = default;
};

/// Server side. Empty certificate and key: plain text.
struct ServerTlsConfig {
  std::string certificate;  ///< PEM file with the chain; read again on reload
  std::string key;          ///< PEM file
  std::string client_ca;    ///< PEM file; set: clients must show a certificate of it
  bool enabled() const { return !certificate.empty(); }
  bool operator==(const ServerTlsConfig&) const = default;
};

struct CertificateConfig {
  std::string certificate;  ///< PEM file with the chain; read again on reload
  std::string key;          ///< PEM file
  bool operator==(const CertificateConfig&) const = default;
};

/// TLS towards CPEs, which are older and odder than other clients.
struct CwmpTlsConfig {
  enum class Version { k1_0, k1_1, k1_2, k1_3 };
  enum class ClientIdentity {
    kDevice,  ///< the certificate names the device and lets it in
    kNone,    ///< it only opens the connection
  };

  CertificateConfig main;
  std::vector<CertificateConfig> more;  ///< other kinds of key
  std::string client_ca;                ///< PEM file; set: CPEs are asked for a certificate
  bool client_required = true;
  ClientIdentity client_identity = ClientIdentity::kDevice;
  Version min_version = Version::k1_2;  ///< below 1.2: a listener for old boxes
  std::string ciphers;                  ///< OpenSSL's list; empty: its default

  bool enabled() const { return !main.certificate.empty() || !more.empty(); }
  /// Nobody gets further without a certificate that names the device.
  bool admits_by_certificate_only() const {
    return !client_ca.empty() && client_required && client_identity == ClientIdentity::kDevice;
  }
  bool operator==(const CwmpTlsConfig&) const = default;
};

enum class CwmpAuthScheme { kDigest, kBasic, kNone };

/// Where CPEs come in, and by which rules.
struct CwmpListenerConfig {
  std::string listen = "0.0.0.0";  ///< IP address
  std::uint16_t port = 7547;       ///< 0: any free one
  std::string path = "/";          ///< where CPEs POST
  CwmpAuthScheme scheme = CwmpAuthScheme::kDigest;
  bool allow_anonymous = false;
  CwmpTlsConfig tls;
  std::vector<std::string> trusted_proxies;  ///< addresses or CIDR
  bool proxy_protocol = false;
  /// It asks for HTTP credentials (who has no certificate that counts as one).
  bool asks() const { return !allow_anonymous && scheme != CwmpAuthScheme::kNone; }
  bool operator==(const CwmpListenerConfig&) const = default;
};

/// What devices of some models, or in some networks, need (field quirks). A setting that is not set
/// is left to the next profile that fits, then to the default.
struct ProfileConfig {
  enum class Switch : std::uint8_t { kUnset, kOff, kOn };
  enum class Empty : std::uint8_t { kUnset, k204, k200 };
  enum class Authenticate : std::uint8_t { kUnset, kDigest, kBasic, kNone };
  enum class Names : std::uint8_t { kUnset, kWhole, kByLevel };
  enum class Booleans : std::uint8_t { kUnset, kWords, kDigits };

  /// All must fit. "*" is any run of characters.
  struct Match {
    std::string manufacturer = "*";
    std::string oui = "*";
    std::string product_class = "*";
    std::string software_version = "*";
    std::vector<std::string> networks;  ///< addresses or CIDR; empty: any
    bool operator==(const Match&) const = default;
  } match;

  Authenticate authenticate = Authenticate::kUnset;  ///< quirk 35
  Switch xml_declaration = Switch::kUnset;           ///< quirk 3
  Empty empty_answer = Empty::kUnset;                ///< quirk 43
  Names names = Names::kUnset;                       ///< quirk 53
  Booleans booleans = Booleans::kUnset;              ///< quirk 55
  std::uint32_t batch = 0;                           ///< names per read at most, 0: unset; quirk 60
  Switch ignore_writable = Switch::kUnset;           ///< quirk 63
  Switch connection_request_basic = Switch::kUnset;  ///< quirk 93
  bool operator==(const ProfileConfig&) const = default;
};

struct CwmpConfig {
  using Scheme = CwmpAuthScheme;
  enum class Rotate { kNever, kFirstContact };

  std::string listen = "0.0.0.0";  ///< IP address
  std::uint16_t port = 7547;       ///< 0: any free one
  std::string path = "/";          ///< where CPEs POST

  struct Auth {
    Scheme scheme = Scheme::kDigest;
    std::string realm = "usp-bridge";
    std::optional<CredentialConfig> shared;     ///< one credential for every device
    std::optional<CredentialConfig> bootstrap;  ///< for unknown and for reset devices only
    std::vector<ModelCredentialConfig> models;
    std::string credentials_file;  ///< read at start and on reload; see credential/file.h
    Rotate rotate = Rotate::kNever;
    std::string rotated_username{kDefaultRotatedUsername};  ///< see credential/rotation.h
    bool allow_anonymous = false;
    std::vector<std::string> algorithms{"MD5"};  ///< of Digest, as offered: MD5, SHA-256
    std::chrono::seconds nonce_lifetime{300};
    bool operator==(const Auth&) const = default;
  } auth;

  CwmpTlsConfig tls;

  struct Timeouts {
    std::chrono::milliseconds request{30'000};  ///< to send one whole request
    std::chrono::milliseconds idle{30'000};     ///< between an answer and the next request
    std::chrono::milliseconds session{600'000};
    bool operator==(const Timeouts&) const = default;
  } timeouts;

  struct Limits {
    std::size_t connections = 20'000;
    std::size_t sessions = 10'000;
    std::size_t envelope_bytes = 8 << 20;  ///< after decompression
    std::size_t header_bytes = 16 << 10;
    double bootstrap_rate = 50;  ///< sessions with the bootstrap credential a second
    /// What a new session costs its device, retried or not, and how much it may have spent; see
    /// SessionPace. 0 for both costs: no limit.
    std::chrono::milliseconds device_session_interval{1};
    std::chrono::milliseconds device_retry_interval{30'000};
    std::chrono::milliseconds device_burst{300'000};
    bool operator==(const Limits&) const = default;
  } limits;

  std::vector<std::string> trusted_proxies;  ///< addresses or CIDR
  bool proxy_protocol = false;  ///< connections begin with a PROXY header of a trusted proxy
  std::vector<CwmpListenerConfig> listeners;  ///< beside the one above

  std::chrono::seconds periodic_inform_interval{3600};  ///< 0: what the device has

  struct ConnectionRequest {
    std::vector<std::string> allow;  ///< addresses or CIDR that may be called; empty: none
    std::chrono::milliseconds timeout{10'000};
    double rate = 50;  ///< calls a second, all devices together
    bool operator==(const ConnectionRequest&) const = default;
  } connection_request;

  /// Connection requests through NAT (TR-069 Annex G).
  struct Stun {
    bool enabled = false;
    std::string listen = "0.0.0.0";    ///< IP address; "::" also takes IPv4
    std::uint16_t port = 3478;         ///< 0: any free one
    std::string advertise_host;        ///< told to devices; empty: the host of the ACS URL
    std::uint16_t advertise_port = 0;  ///< told to devices; 0: the port listened on
    std::chrono::seconds keep_alive_min{30};
    std::chrono::seconds keep_alive_max{60};  ///< 0: none, the device finds out by itself
    bool always_authenticate = false;         ///< also what does not move a binding
    double rate_per_source = 100;             ///< requests a second of one address
    bool operator==(const Stun&) const = default;
  } stun;

  /// Connection requests over XMPP (TR-069 Annex K).
  struct Xmpp {
    enum class Credentials { kDerived, kShared };

    bool enabled = false;
    std::string jid;       ///< of the bridge's own account, without resource
    std::string password;  ///< its
    std::string host;      ///< where the bridge connects to; empty: the domain of `jid`
    std::uint16_t port = 5222;
    bool direct_tls = false;  ///< the connection begins with TLS (XEP-0368); else STARTTLS
    std::string ca;           ///< PEM; empty: the system's
    bool verify = true;
    std::chrono::milliseconds timeout{10'000};  ///< for a device's answer

    struct Devices {
      std::string domain;  ///< of their accounts; empty: that of `jid`
      std::string server;  ///< where they connect to; empty: they look the domain up
      std::uint16_t port = 5222;
      std::string resource = "cwmp";
      bool tls = true;
      std::chrono::seconds keep_alive{0};  ///< 0: the device's own choice
      Credentials credentials = Credentials::kDerived;
      std::string secret;  ///< the key that passwords are derived from, or the shared password
      bool operator==(const Devices&) const = default;
    } devices;

    /// For what devices are told; `jid` must be set.
    XmppProvisioning provisioning() const;
    bool operator==(const Xmpp&) const = default;
  } xmpp;

  LingerConfig linger;
  std::vector<ProfileConfig> profiles;  ///< the first that sets something wins

  /// The one that the settings of this section make, then `listeners`.
  std::vector<CwmpListenerConfig> all_listeners() const;

  bool operator==(const CwmpConfig&) const = default;
};

struct MqttConfig {
  enum class Version { k5, k311 };
  /// How agents are on the broker.
  enum class Mode {
    kShared,    ///< a few connections carry all of them
    kPerAgent,  ///< each has a connection of its own
  };

  /// Which topics are meant where none are set, and what else a platform expects.
  enum class Profile {
    kBbf,      ///< usp/v1/agent/..., usp/v1/controller/...
    kOktopus,  ///< oktopus/usp/v1/...; see docs/oktopus.md
    kCustom,   ///< all are set
  };

  Profile profile = Profile::kBbf;
  Mode mode = Mode::kShared;
  std::string host = "localhost";
  std::uint16_t port = 0;  ///< 0: 1883, or 8883 with TLS; see broker_port()
  Version version = Version::k5;
  std::string username;
  std::string password;
  std::string client_id = "usp-bridge";  ///< shared: the connections append "-0", "-1" ...
  std::chrono::seconds keep_alive{60};
  std::size_t connections = 2;
  std::string agent_topic = "usp/v1/agent/{endpoint_id}";
  int qos = 1;

  struct Tls {
    bool enabled = false;
    std::string ca;           ///< PEM file; empty: the system's
    std::string certificate;  ///< PEM file of the client
    std::string key;
    bool verify = true;
    bool operator==(const Tls&) const = default;
  } tls;

  /// Of Mode::kPerAgent. {endpoint_id} stands for the agent's Endpoint ID.
  struct PerAgent {
    std::string client_id = "{endpoint_id}";  ///< empty: the broker assigns one, which is kept
    std::string username;                     ///< empty: MqttConfig::username
    std::string password;                     ///< empty: MqttConfig::password
    std::size_t max_agents = 1000;            ///< those beyond it are not on the broker
    double connect_rate = 50;                 ///< connections begun a second
    bool operator==(const PerAgent&) const = default;
  } per_agent;

  struct Reconnect {
    std::chrono::milliseconds min{1'000};
    std::chrono::milliseconds max{60'000};
    bool operator==(const Reconnect&) const = default;
  } reconnect;

  std::size_t max_queued_messages = 10'000;  ///< each direction and connection
  std::size_t max_message_bytes = 4 << 20;   ///< received
  double connect_record_rate = 500;          ///< Connect records a second after a (re)connect

  std::uint16_t broker_port() const {
    if (port != 0) return port;
    return tls.enabled ? 8883 : 1883;
  }
  bool operator==(const MqttConfig&) const = default;
};

/// A row laid in Device.LocalAgent.Subscription. when an agent first appears.
struct SubscriptionConfig {
  std::string id;
  std::string notif_type;  ///< as in Device.LocalAgent.Subscription.{i}.NotifType
  std::vector<std::string> reference_list;
  bool persistent = true;
  bool notif_retry = true;
  std::chrono::seconds notif_expiration{0};  ///< 0: never
  bool operator==(const SubscriptionConfig&) const = default;
};

/// A row of Device.LocalAgent.ControllerTrust.Role.{i}.Permission. in every agent. Where targets
/// overlap the later one of a role wins.
struct PermissionConfig {
  std::vector<std::string> targets;  ///< as in Targets
  std::string param = "----";        ///< as in Param: of "rwxn", in this order
  std::string obj = "----";
  std::string instantiated_obj = "----";
  std::string command_event = "----";
  bool operator==(const PermissionConfig&) const = default;
};

/// A row of Device.LocalAgent.ControllerTrust.Role. in every agent.
struct RoleConfig {
  std::string name;
  std::vector<PermissionConfig> permissions;
  bool operator==(const RoleConfig&) const = default;
};

struct ControllerConfig {
  /// What says that a record with its Endpoint ID comes from it.
  enum class Trust {
    kBroker,     ///< the broker's access rules (R-SEC.4c)
    kSignature,  ///< the record's signature (R-E2E.30)
  };

  std::string endpoint_id;
  std::string alias;  ///< empty: cpe-<number>, by the agent
  std::string topic = "usp/v1/controller/{endpoint_id}";
  std::string reply_prefix;   ///< Response Topics must start with it; empty: the topic and below
  std::string role = "full";  ///< full, read-only, untrusted, or the name of one of `roles`
  Trust trust = Trust::kBroker;
  std::size_t max_message_bytes = 0;  ///< of a record or a reassembled message; 0: no own limit
  double requests_per_second = 0;     ///< 0: no limit
  std::uint32_t request_burst = 0;    ///< 0: those of a second, at least one
  std::optional<std::chrono::milliseconds> deadline;  ///< empty: device.operation_deadline
  std::chrono::seconds periodic_notif_interval{86'400};
  std::chrono::seconds notif_retry_minimum_wait{5};
  std::uint32_t notif_retry_interval_multiplier = 2000;  ///< thousandths
  std::vector<SubscriptionConfig> default_subscriptions;
  bool operator==(const ControllerConfig&) const = default;

  /// The topic with the placeholders filled in: {endpoint_id} is the controller's, {agent_id} is
  /// `agent`.
  std::string resolved_topic(std::string_view agent) const;
};

/// Signatures of USP records (TR-369 "Validating the Integrity of the USP Record").
struct SignatureConfig {
  std::vector<std::string> trusted_ca;  ///< PEM files; of controllers. Read again on reload
  /// Signs the certificates that agents sign with; not set: they sign nothing. Read again on
  /// reload.
  CertificateConfig agent_ca;
  std::chrono::seconds agent_certificate_lifetime{30 * 86'400};
  std::size_t agent_certificates = 10'000;  ///< kept in memory, of the agents that spoke last
  bool signs() const { return !agent_ca.certificate.empty(); }
  bool operator==(const SignatureConfig&) const = default;
};

struct FreshnessRule {
  std::string path;                      ///< "*" is any run of characters, e.g. "*.Stats.*"
  std::chrono::milliseconds max_age{0};  ///< an older value is read from the device
  bool operator==(const FreshnessRule&) const = default;
};

struct RefreshRule {
  std::string path;                    ///< as in FreshnessRule
  std::chrono::milliseconds every{0};  ///< >= 1 s; read again in the next session after that
  bool operator==(const RefreshRule&) const = default;
};

struct DeviceConfig {
  enum class EndpointIdScheme { kOps, kUuid };

  EndpointIdScheme endpoint_id_scheme = EndpointIdScheme::kOps;
  std::string endpoint_id_prefix;  ///< put before the serial number
  std::chrono::milliseconds operation_deadline{30'000};
  std::chrono::milliseconds command_deadline{3'600'000};
  std::chrono::milliseconds live_read_deadline{5'000};
  std::string vendor_prefix = "X_USPBRIDGE_";
  std::vector<FreshnessRule> freshness;
  std::vector<RefreshRule> refresh;
  std::size_t outbox_cap = 1000;          ///< notifications per agent and controller
  std::size_t open_operations = 100;      ///< per device
  std::size_t first_contact_budget = 32;  ///< first walks of a tree at the same time
  std::chrono::hours keep_finished_operations{168};
  /// Without an Inform for that long a device is offline. 0: three periodic Inform intervals and a
  /// minute, or 25 hours where the bridge sets none.
  std::chrono::seconds offline_after{0};

  bool operator==(const DeviceConfig&) const = default;
};

/// Who may call the control API. Proves it with a token, a certificate, or either where both are
/// set.
struct GrpcClientConfig {
  std::string name;             ///< for the log and as the requester of operations
  std::string token_file;       ///< holds a bearer token. Read again on reload
  std::string token_sha256;     ///< of a bearer token, in hex: the token itself is nowhere here
  std::string certificate;      ///< a DNS or URI name, or the common name, of its certificate
  std::string role = "viewer";  ///< viewer, operator, admin, or the name of one of grpc.roles
  std::string devices;  ///< filter as in ListDevices: the only devices it may touch; empty: all
  bool operator==(const GrpcClientConfig&) const = default;
};

struct GrpcRoleConfig {
  std::string name;
  std::vector<std::string> methods;  ///< "Service/Method", with "*" for any run of characters
  bool operator==(const GrpcRoleConfig&) const = default;
};

struct GrpcConfig {
  std::string listen = "127.0.0.1";  ///< an address, or "unix:/path"
  std::uint16_t port = 50051;        ///< 0: any free one
  ServerTlsConfig tls;
  std::vector<GrpcRoleConfig> roles;
  std::vector<GrpcClientConfig> clients;  ///< none: whoever can connect is admin
  bool allow_insecure_off_loopback = false;
  std::size_t watch_history = 20'000;  ///< events that a broken Watch can be resumed over
  bool on_loopback() const {
    return listen.starts_with("127.") || listen == "::1" || listen.starts_with("unix:");
  }
  bool operator==(const GrpcConfig&) const = default;
};

/// What keeps one request, of whatever door, from harming a fleet.
struct BrakesConfig {
  std::size_t bulk_devices = 10'000;      ///< of one bulk operation
  std::size_t instances = 100;            ///< that one path of a write or command may reach
  std::vector<std::string> denied_paths;  ///< never written, deleted or run; "*": any characters
  bool operator==(const BrakesConfig&) const = default;
};

struct AdminConfig {
  std::string listen = "127.0.0.1";
  std::uint16_t port = 9090;  ///< 0: any free one
  bool operator==(const AdminConfig&) const = default;
};

struct StoreConfig {
  std::string directory = "/var/lib/usp-bridge";
  std::string key_file;  ///< empty: store.key in the directory
  std::size_t readers = 2;
  bool operator==(const StoreConfig&) const = default;
};

struct LogConfig {
  enum class Format { kJson, kText };
  std::string level = "info";  ///< trace, debug, info, warn, error, off
  Format format = Format::kJson;
  bool operator==(const LogConfig&) const = default;
};

/// What becomes of requests of a controller that is neither configured nor in the agent's table.
enum class UnknownControllers : std::uint8_t { kRefuse, kUntrusted };

/// Rules for devices of some models, on top of the mapping that is compiled in.
struct OverlayConfig {
  std::string file;
  /// All must fit. "*" is any run of characters.
  struct Match {
    std::string manufacturer = "*";
    std::string oui = "*";
    std::string product_class = "*";
    bool operator==(const Match&) const = default;
  } match;
  bool operator==(const OverlayConfig&) const = default;
};

/// How devices with the root InternetGatewayDevice. are shown (docs/translation.md).
struct TranslationConfig {
  bool tr098 = true;          ///< as Device:2; false: all of it is below the vendor object
  bool legacy_names = false;  ///< also names that Device:2 has dropped
  bool show_mapped = false;   ///< mapped parameters below the vendor object too, read-only
  std::vector<OverlayConfig> overlays;  ///< in order
  bool operator==(const TranslationConfig&) const = default;
};

struct Config {
  CwmpConfig cwmp;
  MqttConfig mqtt;
  std::vector<RoleConfig> roles;
  UnknownControllers unknown_controllers = UnknownControllers::kRefuse;
  std::vector<ControllerConfig> controllers;
  SignatureConfig signatures;
  DeviceConfig device;
  TranslationConfig translation;
  GrpcConfig grpc;
  BrakesConfig brakes;
  AdminConfig admin;
  StoreConfig store;
  LogConfig log;
  std::size_t threads = 0;  ///< io threads; 0: one per core
  std::chrono::seconds shutdown_timeout{30};
  bool operator==(const Config&) const = default;
};

struct LoadedConfig {
  Config config;
  std::vector<std::string> warnings;  ///< relaxed protections, unknown variables; for the log
  GivenSettings given;                ///< in the file; variables are not among them
};

/// The value of an environment variable.
using Environment = std::vector<std::pair<std::string, std::string>>;

/// USP_BRIDGE_... of this process.
Environment process_environment();

/// kInvalid with one line per mistake, each `name:line:column: path: what is wrong`. `name` is for
/// these texts. An empty text is the defaults.
Result<LoadedConfig> parse_config(std::string_view yaml, std::string_view name,
                                  const Environment& environment);

/// kIo when the file cannot be read, else like parse_config().
Result<LoadedConfig> load_config(const std::filesystem::path& file, const Environment& environment);

/// The path of every setting, e.g. "cwmp.port", "controllers[].topic".
std::vector<std::string> config_settings();

}  // namespace bridge
