#include "bridge/config.h"

#include <gmock/gmock.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <fstream>
#include <regex>
#include <set>
#include <sstream>

#include "bridge/config_reader.h"

namespace bridge {
namespace {

using namespace std::chrono_literals;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::UnorderedElementsAreArray;

constexpr const char* kExample = TEST_DATA_DIR "/../../deploy/usp-bridge.example.yaml";

Config good(std::string_view yaml, const Environment& environment = {}) {
  Result<LoadedConfig> loaded = parse_config(yaml, "t.yaml", environment);
  EXPECT_TRUE(loaded) << (loaded ? "" : loaded.error().text);
  return loaded ? loaded->config : Config{};
}

std::string bad(std::string_view yaml, const Environment& environment = {}) {
  Result<LoadedConfig> loaded = parse_config(yaml, "t.yaml", environment);
  EXPECT_FALSE(loaded) << yaml;
  return loaded ? "" : loaded.error().text;
}

std::vector<std::string> warnings(std::string_view yaml, const Environment& environment = {}) {
  return parse_config(yaml, "t.yaml", environment).value().warnings;
}

TEST(Config, IsTheDefaultsWhenTheFileIsEmpty) {
  EXPECT_EQ(good(""), Config{});
  EXPECT_EQ(good("cwmp:\nmqtt: {}\n"), Config{});
  EXPECT_EQ(Config{}.mqtt.broker_port(), 1883);
  EXPECT_EQ(good("mqtt: {tls: {enabled: true}}").mqtt.broker_port(), 8883);
}

TEST(Config, ReadsEveryKindOfValue) {
  const Config config = good(R"(
cwmp:
  listen: "::1"
  port: 0
  auth: {scheme: basic, shared: {username: u, password: p}}
  limits: {envelope_bytes: 1MiB, bootstrap_rate: 0.5}
  periodic_inform_interval: 1h30m
  connection_request: {allow: [10.0.0.0/8, "2001:db8::/32", 192.0.2.1], timeout: 1500ms}
controllers:
  - endpoint_id: self::a
    topic: c/{endpoint_id}/x
    role: read-only
    deadline: 5s
    default_subscriptions:
      - {id: v, notif_type: ValueChange, reference_list: [Device.WiFi.], persistent: false}
device:
  freshness: [{path: "*.Stats.*", max_age: 10s}]
  refresh: [{path: "Device.Hosts.*", every: 1h}]
log: {format: text}
)");
  EXPECT_EQ(config.cwmp.listen, "::1");
  EXPECT_EQ(config.cwmp.port, 0);
  EXPECT_EQ(config.cwmp.auth.scheme, CwmpConfig::Scheme::kBasic);
  EXPECT_EQ(config.cwmp.auth.shared, (CredentialConfig{"u", "p"}));
  EXPECT_EQ(config.cwmp.auth.bootstrap, std::nullopt);
  EXPECT_EQ(config.cwmp.limits.envelope_bytes, 1U << 20);
  EXPECT_EQ(config.cwmp.limits.bootstrap_rate, 0.5);
  EXPECT_EQ(config.cwmp.periodic_inform_interval, 90min);
  EXPECT_THAT(config.cwmp.connection_request.allow,
              ElementsAre("10.0.0.0/8", "2001:db8::/32", "192.0.2.1"));
  EXPECT_EQ(config.cwmp.connection_request.timeout, 1500ms);
  ASSERT_EQ(config.controllers.size(), 1U);
  const ControllerConfig& controller = config.controllers[0];
  EXPECT_EQ(controller.resolved_topic("os::1-2"), "c/self::a/x");
  EXPECT_EQ(controller.role, "read-only");
  EXPECT_EQ(controller.deadline, 5s);
  ASSERT_EQ(controller.default_subscriptions.size(), 1U);
  EXPECT_EQ(controller.default_subscriptions[0],
            (SubscriptionConfig{"v", "ValueChange", {"Device.WiFi."}, false, true, 0s}));
  EXPECT_EQ(config.device.freshness[0], (FreshnessRule{"*.Stats.*", 10s}));
  EXPECT_EQ(config.device.refresh[0], (bridge::RefreshRule{"Device.Hosts.*", 1h}));
  EXPECT_EQ(config.log.format, LogConfig::Format::kText);
}

TEST(Config, ReadsWhatAControllerMayAndHowItIsBelieved) {
  const Config config = good(R"(
controllers:
  - {endpoint_id: "self::a", trust: signature, max_message_size: 64KiB, requests_per_second: 2.5,
     request_burst: 10}
  - {endpoint_id: "self::b", requests_per_second: 0, max_message_size: 0}
signatures:
  trusted_ca: [a.pem, b.pem]
  agent_ca: {certificate: ca.pem, key: ca.key}
  agent_certificate_lifetime: 1h
  agent_certificates: 5
)");
  const ControllerConfig& first = config.controllers[0];
  EXPECT_EQ(first.trust, ControllerConfig::Trust::kSignature);
  EXPECT_EQ(first.max_message_bytes, 65'536U);
  EXPECT_EQ(first.requests_per_second, 2.5);
  EXPECT_EQ(first.request_burst, 10U);
  EXPECT_EQ(config.controllers[1].trust, ControllerConfig::Trust::kBroker);
  EXPECT_THAT(config.signatures.trusted_ca, ElementsAre("a.pem", "b.pem"));
  EXPECT_EQ(config.signatures.agent_ca, (CertificateConfig{"ca.pem", "ca.key"}));
  EXPECT_EQ(config.signatures.agent_certificate_lifetime, 1h);
  EXPECT_EQ(config.signatures.agent_certificates, 5U);
}

TEST(Config, AProfileSetsTheTopicsThatAreNotSet) {
  const Config bbf = good("controllers: [{endpoint_id: self::a}]");
  EXPECT_EQ(bbf.mqtt.agent_topic, "usp/v1/agent/{endpoint_id}");
  EXPECT_EQ(bbf.controllers[0].resolved_topic("os::1-2"), "usp/v1/controller/self::a");
  const Config oktopus = good(R"(
mqtt: {profile: oktopus, mode: per-agent}
controllers: [{endpoint_id: oktopusController}, {endpoint_id: "self::b", topic: mine, reply_prefix: my}]
)");
  EXPECT_EQ(oktopus.mqtt.agent_topic, "oktopus/usp/v1/agent/{endpoint_id}");
  EXPECT_EQ(oktopus.controllers[0].resolved_topic("os::1-2"), "oktopus/usp/v1/controller/os::1-2");
  EXPECT_EQ(oktopus.controllers[0].reply_prefix, "oktopus/usp/v1/");
  EXPECT_EQ(oktopus.controllers[1].resolved_topic("os::1-2"), "mine");
  EXPECT_EQ(oktopus.controllers[1].reply_prefix, "my");
  const Config custom = good(R"(
mqtt: {profile: custom, agent_topic: "acme/{endpoint_id}/in"}
controllers: [{endpoint_id: "self::a", topic: "acme/{endpoint_id}/from/{agent_id}"}]
)");
  EXPECT_EQ(custom.mqtt.agent_topic, "acme/{endpoint_id}/in");
  EXPECT_EQ(custom.controllers[0].resolved_topic("os::1-2"), "acme/self::a/from/os::1-2");
}

TEST(Config, ReadsHowDevicesBehindNatAreReached) {
  const Config config = good(R"(
cwmp:
  stun: {enabled: true, listen: "::", port: 0, advertise_host: "2001:db8::1", advertise_port: 3479,
         keep_alive_min: 20s, keep_alive_max: 0, always_authenticate: true, rate_per_source: 2.5}
)");
  const CwmpConfig::Stun wanted{true, "::", 0, "2001:db8::1", 3479, 20s, 0s, true, 2.5};
  EXPECT_EQ(config.cwmp.stun, wanted);
  EXPECT_EQ(good("cwmp: {stun: {advertise_host: stun.example.com}}").cwmp.stun.advertise_host,
            "stun.example.com");
}

TEST(Config, ReadsProfiles) {
  const Config config = good(R"(
cwmp:
  profiles:
    - match: {manufacturer: "Mak*", oui: "001122", networks: [10.0.0.0/8]}
      authenticate: none
      xml_declaration: true
      empty_answer: 200
      names: by-level
      booleans: digits
      batch: 8
      ignore_writable: false
      connection_request_basic: true
    - match: {software_version: "1.*"}
      names: whole
)");
  using P = ProfileConfig;
  ASSERT_EQ(config.cwmp.profiles.size(), 2U);
  P first;
  first.match = {"Mak*", "001122", "*", "*", {"10.0.0.0/8"}};
  first.authenticate = P::Authenticate::kNone;
  first.xml_declaration = P::Switch::kOn;
  first.empty_answer = P::Empty::k200;
  first.names = P::Names::kByLevel;
  first.booleans = P::Booleans::kDigits;
  first.batch = 8;
  first.ignore_writable = P::Switch::kOff;
  first.connection_request_basic = P::Switch::kOn;
  EXPECT_EQ(config.cwmp.profiles[0], first);
  P second;
  second.match.software_version = "1.*";
  second.names = P::Names::kWhole;
  EXPECT_EQ(config.cwmp.profiles[1], second);
}

TEST(Config, NamesThePlaceOfEveryMistake) {
  const std::string text = bad("cwmp:\n  port: 70000\nmqtt:\n  qos: x\n");
  EXPECT_EQ(text,
            "t.yaml:2:9: cwmp.port: must be a number from 0 to 65535, not \"70000\"\n"
            "t.yaml:4:8: mqtt.qos: must be a number from 0 to 1, not \"x\"");
}

TEST(Config, NamesThePlaceOfARoleThatIsNone) {
  EXPECT_EQ(
      bad("roles:\n  - name: guest\n    permissions:\n      - targets: [Device.]\n"
          "        obj: rwxx\ncontrollers:\n  - endpoint_id: self::a\n    role: gust\n"),
      "t.yaml:5:14: roles[0].permissions[0].obj: must be four letters in the order rwxn, with - "
      "for what is not allowed\n"
      "t.yaml:8:11: controllers[0].role: \"gust\" is neither full, read-only, untrusted nor a "
      "name of roles");
}

TEST(Config, TakesRolesOfOnesOwn) {
  const Config config = good(
      "roles: [{name: guest, permissions: [{targets: [Device.WiFi.], param: r---}]}]\n"
      "controllers: [{endpoint_id: self::a, role: guest}, {endpoint_id: self::b, role: "
      "untrusted}]\n"
      "unknown_controllers: untrusted\n");
  ASSERT_EQ(config.roles.size(), 1U);
  EXPECT_EQ(config.roles[0].permissions[0].param, "r---");
  EXPECT_EQ(config.roles[0].permissions[0].command_event, "----");
  EXPECT_EQ(config.controllers[0].role, "guest");
  EXPECT_EQ(config.unknown_controllers, UnknownControllers::kUntrusted);
}

TEST(Config, NamesThePlaceOfASyntaxError) {
  EXPECT_THAT(bad("cwmp:\n  port: [1\n"), HasSubstr("t.yaml:3:"));
}

TEST(Config, RefusesUnknownKeysAndSuggestsTheNearest) {
  EXPECT_EQ(bad("cwmp:\n  prot: 1\n"),
            "t.yaml:2:3: cwmp.prot: no such setting; did you mean port?");
  EXPECT_THAT(bad("controler: []"), HasSubstr("did you mean controllers?"));
  EXPECT_THAT(bad("cwmp: {zzzzzz: 1}"), Not(HasSubstr("did you mean")));
  EXPECT_THAT(bad("controllers: [{endpoint_id: self::a, tpoic: x}]"),
              HasSubstr("controllers[0].tpoic: no such setting; did you mean topic?"));
}

struct BadCase {
  const char* yaml;
  const char* says;
};

TEST(Config, RefusesWhatCannotBeMeant) {
  const BadCase cases[] = {
      {"- a", "must be a mapping"},
      {"cwmp: 5", "cwmp: must be a mapping"},
      {"cwmp: {port: 1, port: 2}", "is given twice"},
      {"cwmp: {port: }", "cwmp.port: has no value"},
      {"cwmp: {port: [1]}", "must be a single value"},
      {"cwmp: {port: 7547x}", "must be a number"},
      {"cwmp: {listen: localhost}", "must be an IP address"},
      {"cwmp: {path: acs}", "must be a path"},
      {"cwmp: {auth: {scheme: none}}", "none needs allow_anonymous"},
      {"cwmp: {xmpp: {jid: acs}}", "jid: must be name@domain"},
      {"cwmp: {xmpp: {jid: acs@example.com/home}}", "jid: must be name@domain"},
      {"cwmp: {xmpp: {enabled: true}}", "xmpp.jid: must be set"},
      {"cwmp: {xmpp: {enabled: true, jid: a@b.c}}", "xmpp.password: must be set"},
      {"cwmp: {xmpp: {enabled: true, jid: a@b.c, password: p}}", "xmpp.devices: "},
      {"controllers: [{endpoint_id: self::a, role: chief}]",
       "controllers[0].role: \"chief\" is neither full, read-only, untrusted nor a name of roles"},
      {"roles: [{permissions: []}]", "roles[0].name: must be set"},
      {"roles: [{name: full}]", "roles[0].name: \"full\" is a built-in role"},
      {"roles: [{name: Untrusted}]", "roles[0].name: \"Untrusted\" is a built-in role"},
      {"roles: [{name: a}, {name: a}]", "roles[1].name: \"a\" is there twice"},
      {"roles: [{name: a, permissions: [{param: rwxn}]}]", "permissions[0].targets: must not be"},
      {"roles: [{name: a, permissions: [{targets: [Device.], param: wr--}]}]",
       "permissions[0].param: must be four letters"},
      {"roles: [{name: a, permissions: [{targets: [Device..], param: rw--}]}]",
       "permissions[0].targets"},
      {"unknown_controllers: serve", "must be one of refuse, untrusted"},
      {"cwmp: {stun: {listen: localhost}}", "stun.listen: must be an IP address"},
      {"cwmp: {stun: {port: 65536}}", "stun.port: must be a number"},
      {"cwmp: {stun: {advertise_host: \"a b\"}}", "must be a host name or an IP address"},
      {"cwmp: {stun: {advertise_host: \"http://a\"}}", "must be a host name or an IP address"},
      {"cwmp: {stun: {keep_alive_min: 2m}}", "keep_alive_max: must not be below keep_alive_min"},
      {"cwmp: {stun: {keep_alive_min: 0}}", "keep_alive_min"},
      {"cwmp: {stun: {rate_per_source: 0}}", "rate_per_source"},
      {"cwmp: {auth: {scheme: md5}}", "must be one of digest, basic, none, not \"md5\""},
      {"cwmp: {auth: {shared: {username: u}}}", "shared.password: must not be empty"},
      {"cwmp: {auth: {shared: {username: 'a:b', password: p}}}", "must have no colon"},
      {"cwmp: {auth: {shared: {username: u, password: p}, bootstrap: {username: u, password: q}}}",
       "cwmp.auth.bootstrap: must have another username than shared"},
      {"cwmp: {auth: {models: [{username: u, password: p}]}}", "models[0].oui: must be set"},
      {"cwmp: {auth: {models: [{oui: A, username: u}]}}", "models[0].password: must not be empty"},
      {"cwmp: {auth: {shared: {username: u, password: p}, "
       "models: [{oui: A, username: u, password: p}]}}",
       "models[0]: must have another username"},
      {"cwmp: {auth: {models: [{oui: A, username: u, password: p}, "
       "{oui: B, username: u, password: q}]}}",
       "models[1]: has the username of models[0] and another password"},
      {"cwmp: {auth: {models: [{oui: A, username: u, password: p}, "
       "{oui: A, username: u, password: p}]}}",
       "models[1]: is there twice"},
      {"cwmp: {auth: {rotate: always}}", "must be one of never, first_contact"},
      {"cwmp: {auth: {rotated_username: '{oui}'}}", "must contain {serial_number}"},
      {"cwmp: {auth: {allow_anonymous: maybe}}", "must be one of true, false"},
      {"cwmp: {auth: {realm: 'a\"b'}}", "without quotes"},
      {"cwmp: {tls: {certificate: a.pem}}", "go together"},
      {"cwmp: {tls: {client_ca: a.pem}}", "needs a certificate"},
      {"cwmp: {timeouts: {idle: 30}}", "must be a time from 100ms to 10m"},
      {"cwmp: {timeouts: {idle: 11m}}", "must be a time"},
      {"cwmp: {limits: {envelope_bytes: 1kB}}", "must be a size from 64KiB to 256MiB"},
      {"cwmp: {limits: {bootstrap_rate: 0}}", "must be a number a second"},
      {"cwmp: {limits: {bootstrap_rate: nan}}", "must be a number a second"},
      {"cwmp: {trusted_proxies: [10.0.0.0/33]}", "must be an IP address or a network"},
      {"cwmp: {trusted_proxies: 10.0.0.1}", "must be a list"},
      {"cwmp: {trusted_proxies: [[a]]}", "must be a list of words"},
      {"cwmp: {periodic_inform_interval: 1500ms}", "in steps of 1s"},
      {"cwmp: {periodic_inform_interval: 29s}", "must be 0 or at least 30s"},  // quirk 87
      {"cwmp: {profiles: [{match: {networks: [10.0.0.0/33]}}]}", "must be an IP address or a"},
      {"cwmp: {profiles: [{match: {model: x}}]}", "profiles[0].match.model: no such setting"},
      {"cwmp: {profiles: [{empty_answer: 201}]}", "must be one of default, 204, 200"},
      {"cwmp: {profiles: [{batch: 257}]}", "must be a number from 0 to 256"},
      {"cwmp: {profiles: [{match: {software_version: 1}, authenticate: none}]}",
       "cannot depend on match.software_version"},
      {"cwmp: {auth: {allow_anonymous: true}, profiles: [{authenticate: digest}]}",
       "means nothing where no listener asks for credentials"},
      {"mqtt: {agent_topic: usp/agent}", "must contain {endpoint_id}"},
      {"mqtt: {agent_topic: 'usp/+/{endpoint_id}'}", "must have no wildcard"},
      {"mqtt: {version: 5.1}", "must be one of 5.0, 3.1.1"},
      {"mqtt: {reconnect: {min: 2m, max: 1m}}", "max: must not be below min"},
      {"mqtt: {tls: {ca: x}}", "enabled: must be true"},
      {"mqtt: {version: 3.1.1, password: x}", "no password without a username"},
      {"controllers: {a: 1}", "controllers: must be a list"},
      {"controllers: [{}]", "controllers[0].endpoint_id: must be set"},
      {"controllers: [{endpoint_id: nope}]", "must be an Endpoint ID"},
      {"controllers: [{endpoint_id: self::a}, {endpoint_id: self::a}]", "is there twice"},
      {"controllers: [{endpoint_id: self::a, default_subscriptions: [{id: x, notif_type: "
       "ValueChnge, reference_list: [a]}]}]",
       "did you mean ValueChange?"},
      {"controllers: [{endpoint_id: self::a, default_subscriptions: [{}]}]",
       "default_subscriptions[0].id: must not be empty"},
      {"controllers: [{endpoint_id: self::a, trust: tls}]", "must be one of broker, signature"},
      {"controllers: [{endpoint_id: self::a, max_message_size: 1}]", "must be 0 or at least 4KiB"},
      {"controllers: [{endpoint_id: self::a, requests_per_second: -1}]", "must be a number a"},
      {"signatures: {agent_ca: {certificate: a.pem}}", "go together"},
      {"signatures: {agent_certificate_lifetime: 1m}", "must be a time from 1h"},
      {"mqtt: {profile: oktopus}", "mqtt.mode: must be per-agent with profile: oktopus"},
      {"mqtt: {profile: oktopus, mode: per-agent, version: 3.1.1}", "version: must be 5.0"},
      {"mqtt: {profile: oktopus, mode: per-agent, agent_topic: 'a/{endpoint_id}'}",
       "agent_topic: must begin with oktopus/usp/v1/agent/"},
      {"mqtt: {profile: custom}", "agent_topic: must be set with profile: custom"},
      {"{mqtt: {profile: custom, agent_topic: 'a/{endpoint_id}'}, controllers: [{endpoint_id: "
       "self::a}]}",
       "self::a: topic must be set"},
      {"device: {vendor_prefix: ACME_}", "must be like X_EXAMPLE_"},
      {"device: {endpoint_id_prefix: 'a b'}", "letters, digits"},

      {"device: {freshness: [{max_age: 1s}]}", "freshness[0].path: must be set"},
      {"device: {refresh: [{every: 1h}]}", "refresh[0].path: must be set"},
      {"device: {refresh: [{path: Device.}]}", "refresh[0].every: must be set"},
      {"grpc: {listen: 0.0.0.0}", "off loopback needs tls.certificate"},
      {"grpc: {listen: 0.0.0.0, tls: {certificate: a, key: b}}", "off loopback needs"},
      {"grpc: {listen: 0.0.0.0, clients: [{name: a, token_file: t}]}", "off loopback needs"},
      {"grpc: {clients: [{token_file: t}]}", "clients[0].name: must be set"},
      {"grpc: {clients: [{name: a}]}", "needs token_file, token_sha256 or certificate"},
      {"grpc: {clients: [{name: a, token_sha256: abc}]}", "64 hexadecimal digits"},
      {"grpc: {clients: [{name: a, certificate: c}]}", "needs grpc.tls.client_ca"},
      {"grpc: {clients: [{name: a, token_file: t, role: boss}]}", "neither viewer, operator"},
      {"grpc: {clients: [{name: a, token_file: t, devices: 'oui ~ x'}]}", "not a filter: at 5"},
      {"grpc: {clients: [{name: a, token_file: t}, {name: a, token_file: t}]}", "there twice"},
      {"grpc: {roles: [{name: admin, methods: ['A/*']}]}", "\"admin\" is there already"},
      {"grpc: {roles: [{name: a, methods: [Get]}]}", "must be Service/Method"},
      {"brakes: {denied_paths: ['']}", "must not be empty"},
      {"store: {readers: 65}", "from 1 to 64"},
      {"log: {level: loud}", "must be one of trace"},
      {"shutdown_timeout: 0", "must be a time from 1s"},
  };
  for (const BadCase& one : cases) {
    EXPECT_THAT(bad(one.yaml), HasSubstr(one.says)) << one.yaml;
  }
}

TEST(Config, WarnsOfEveryRelaxation) {
  EXPECT_THAT(warnings("{}"), Contains(HasSubstr("cwmp.connection_request.allow is empty")));
  EXPECT_THAT(warnings("cwmp: {auth: {scheme: none, allow_anonymous: true}}"),
              Contains(HasSubstr("any CPE may claim")));
  EXPECT_THAT(warnings("cwmp: {auth: {shared: {username: u, password: p}}}"),
              Contains(HasSubstr("cwmp.auth.shared")));
  EXPECT_THAT(warnings("cwmp: {profiles: [{batch: 1}, {authenticate: none}]}"),
              Contains(HasSubstr("cwmp.profiles[1].authenticate: any CPE that fits")));
  EXPECT_THAT(warnings("cwmp: {profiles: [{authenticate: basic}]}"),
              Contains(HasSubstr("cwmp.profiles[0].authenticate: basic without TLS")));
  EXPECT_THAT(
      warnings("cwmp: {auth: {models: [{oui: A, product_class: B, username: u, password: p}]}}"),
      AllOf(Contains(HasSubstr("cwmp.auth.models")), Not(Contains(HasSubstr("nor bootstrap")))));
  EXPECT_THAT(warnings("cwmp: {auth: {rotate: first_contact}}"),
              Contains(HasSubstr("new passwords go over the network in clear")));
  EXPECT_THAT(warnings("grpc: {listen: 0.0.0.0, allow_insecure_off_loopback: true}"),
              Contains(HasSubstr("grpc.allow_insecure_off_loopback")));
  EXPECT_THAT(warnings("mqtt: {tls: {enabled: true, verify: false}}"),
              Contains(HasSubstr("mqtt.tls.verify")));
  EXPECT_THAT(warnings("controllers: [{endpoint_id: self::a, trust: signature}]"),
              AllOf(Contains(HasSubstr("self::a: trust: signature without signatures.trusted_ca")),
                    Contains(HasSubstr("self::a: trust: signature without signatures.agent_ca"))));
  EXPECT_THAT(warnings(R"({cwmp: {auth: {bootstrap: {username: u, password: p}},
                           connection_request: {allow: [10.0.0.0/8]}},
                           controllers: [{endpoint_id: "self::a"}]})"),
              IsEmpty());
}

TEST(Config, HasListenersWithRulesOfTheirOwn) {
  const Config config = good(R"(
cwmp:
  port: 1
  tls: {certificate: a, key: b, more_certificates: [{certificate: c, key: d}], min_version: "1.3"}
  listeners:
    - {port: 2, scheme: none, tls: {certificate: e, key: f, client_ca: g}}
    - {port: 3, proxy_protocol: true, trusted_proxies: [192.0.2.1]}
)");
  const auto all = config.cwmp.all_listeners();
  ASSERT_EQ(all.size(), 3U);
  EXPECT_EQ(all[0].port, 1);
  EXPECT_EQ(all[0].tls.more.at(0).key, "d");
  EXPECT_EQ(all[0].tls.min_version, CwmpTlsConfig::Version::k1_3);
  EXPECT_TRUE(all[1].tls.admits_by_certificate_only());
  EXPECT_TRUE(all[2].proxy_protocol);
}

TEST(Config, LetsNobodyInWithoutProofByAccident) {
  const char* rows[] = {
      "cwmp: {listeners: [{scheme: none}]}",
      "cwmp: {listeners: [{scheme: none, tls: {certificate: e, key: f}}]}",
      "cwmp: {listeners: [{scheme: none, tls: {certificate: e, key: f, client_ca: g, "
      "client_required: false}}]}",
      "cwmp: {listeners: [{scheme: none, tls: {certificate: e, key: f, client_ca: g, "
      "client_identity: none}}]}"};
  for (const char* yaml : rows) EXPECT_THAT(bad(yaml), HasSubstr("none needs")) << yaml;
  EXPECT_THAT(bad("cwmp: {proxy_protocol: true}"), HasSubstr("trusted_proxies"));
  EXPECT_THAT(warnings("cwmp: {listeners: [{scheme: none, allow_anonymous: true}]}"),
              Contains(HasSubstr("cwmp.listeners[0].allow_anonymous")));
  EXPECT_THAT(warnings("cwmp: {listeners: [{tls: {certificate: e, key: f, min_version: '1.0'}}]}"),
              Contains(HasSubstr("older than 1.2")));
}

TEST(Config, ReadsCredentialsOfModels) {
  const Config config = good(R"(
cwmp:
  auth:
    models:
      - {oui: 00D09E, product_class: Gateway, username: u, password: p}
      - {oui: 00D09E, product_class: Extender, username: u, password: p}
    credentials_file: devices.csv
    rotate: first_contact
    rotated_username: "{serial_number}"
)");
  const CwmpConfig::Auth& auth = config.cwmp.auth;
  EXPECT_THAT(auth.models, ElementsAre(ModelCredentialConfig{"00D09E", "Gateway", "u", "p"},
                                       ModelCredentialConfig{"00D09E", "Extender", "u", "p"}));
  EXPECT_EQ(auth.credentials_file, "devices.csv");
  EXPECT_EQ(auth.rotate, CwmpConfig::Rotate::kFirstContact);
  EXPECT_EQ(auth.rotated_username, "{serial_number}");
}

TEST(Config, LetsTheEnvironmentWin) {
  const Environment environment = {
      {"USP_BRIDGE_CWMP__PORT", "1"},
      {"USP_BRIDGE_GRPC_PORT", "2"},
      {"USP_BRIDGE_MQTT__TLS__ENABLED", "true"},
      {"USP_BRIDGE_CWMP__CONNECTION_REQUEST__ALLOW", "10.0.0.0/8,192.0.2.7"},
      {"USP_BRIDGE_CWMP__AUTH__SHARED__USERNAME", "u"},
      {"USP_BRIDGE_CWMP__AUTH__SHARED__PASSWORD", "p"},
      {"USP_BRIDGE_THREADS", "3"},
  };
  const Config config = good("cwmp: {port: 9}\ngrpc: {port: 9}", environment);
  EXPECT_EQ(config.cwmp.port, 1);
  EXPECT_EQ(config.grpc.port, 2);
  EXPECT_TRUE(config.mqtt.tls.enabled);
  EXPECT_THAT(config.cwmp.connection_request.allow, ElementsAre("10.0.0.0/8", "192.0.2.7"));
  EXPECT_EQ(config.cwmp.auth.shared, (CredentialConfig{"u", "p"}));
  EXPECT_EQ(config.threads, 3U);
}

TEST(Config, NamesTheVariableOfAMistake) {
  EXPECT_EQ(bad("cwmp: {port: 9}", {{"USP_BRIDGE_CWMP__PORT", "x"}}),
            "USP_BRIDGE_CWMP__PORT: cwmp.port: must be a number from 0 to 65535, not \"x\"");
}

TEST(Config, PassesOverWhatKubernetesSetsAndWarnsOfUnknownVariables) {
  const Environment environment = {{"USP_BRIDGE_CWMP_PORT", "tcp://10.0.0.1:7547"},
                                   {"USP_BRIDGE_CWMP__PROT", "1"}};
  EXPECT_EQ(good("cwmp: {port: 9}", environment).cwmp.port, 9);
  const std::vector<std::string> said = warnings("", environment);
  EXPECT_THAT(said, Contains("environment: USP_BRIDGE_CWMP__PROT is no setting"));
  EXPECT_THAT(said, Not(Contains(HasSubstr("CWMP_PORT"))));
}

TEST(Config, HasNoTwoSettingsOfOneVariable) {
  std::set<std::string> names;
  for (std::string path : config_settings()) {
    std::replace(path.begin(), path.end(), '.', '_');
    EXPECT_TRUE(names.insert(path).second) << path;
  }
}

TEST(Config, ReadsDurationsAndSizes) {
  EXPECT_EQ(parse_duration_text("1d2h3m4s5ms"), 93'784'005ms);
  EXPECT_EQ(parse_duration_text("0"), 0ms);
  for (const char* text : {"", "5", "s", "-1s", "1.5s", "1s ", "1w", "99999999999999d", "1s2"}) {
    EXPECT_EQ(parse_duration_text(text), std::nullopt) << text;
  }
  EXPECT_EQ(parse_size_text("3GiB"), 3ULL << 30);
  EXPECT_EQ(parse_size_text("7"), 7U);
  for (const char* text : {"", "MiB", "1MB", "-1", "1 MiB", "99999999999999GiB"}) {
    EXPECT_EQ(parse_size_text(text), std::nullopt) << text;
  }
}

TEST(Config, SaysWhichFileCannotBeRead) {
  const Result<LoadedConfig> loaded = load_config("/nonexistent/x.yaml", {});
  ASSERT_FALSE(loaded);
  EXPECT_EQ(loaded.error().kind, ErrorKind::kIo);
  EXPECT_THAT(loaded.error().text, HasSubstr("/nonexistent/x.yaml"));
}

// --- the example for operators ---

TEST(ConfigExample, ShowsTheDefaults) {
  const Result<LoadedConfig> loaded = load_config(kExample, {});
  ASSERT_TRUE(loaded) << loaded.error().text;
  EXPECT_EQ(loaded->config, Config{});
}

/// With what is commented out commented in: `#name: value`, `#  - name`; prose has "# ".
std::string example_in_full() {
  static const std::regex kSetting(R"(^( *)#(( *- | *)[a-z0-9_]+:.*)$)");
  static const std::regex kInner(R"(^#( +# .*)$)");
  std::ifstream in(kExample);
  std::ostringstream full;
  std::string line;
  while (std::getline(in, line)) {
    std::smatch match;
    const bool prose = std::regex_search(line, std::regex(R"(^ *# [A-Za-z"\d])"));
    if (!prose && std::regex_match(line, match, kSetting)) line = match[1].str() + match[2].str();
    if (!prose && std::regex_match(line, match, kInner)) line = match[1].str();
    full << line << '\n';
  }
  return full.str();
}

void collect(const YAML::Node& node, const std::string& path, std::set<std::string>& paths) {
  if (node.IsMap()) {
    for (const auto& entry : node) {
      const std::string& key = entry.first.Scalar();
      collect(entry.second, path.empty() ? key : path + "." + key, paths);
    }
  } else if (node.IsSequence() && node.size() > 0 && node[0].IsMap()) {
    for (const YAML::Node& entry : node) collect(entry, path + "[]", paths);
  } else {
    paths.insert(path);
  }
}

TEST(ConfigExample, ShowsEverySetting) {
  const std::string full = example_in_full();
  const Result<LoadedConfig> loaded = parse_config(full, "example", {});
  ASSERT_TRUE(loaded) << loaded.error().text;
  ASSERT_EQ(loaded->config.controllers.size(), 1U);
  std::set<std::string> shown;
  collect(YAML::Load(full), "", shown);
  EXPECT_THAT(shown, UnorderedElementsAreArray(config_settings()));
}

TEST(ConfigExample, ShowsTheDefaultsOfAController) {
  const Config config = parse_config(example_in_full(), "example", {})->config;
  ControllerConfig expected;
  expected.endpoint_id = config.controllers[0].endpoint_id;
  expected.deadline = config.device.operation_deadline;
  expected.default_subscriptions = {{"boot", "Event", {"Device.Boot!"}, true, true, 0s}};
  EXPECT_EQ(config.controllers[0], expected);
}

}  // namespace
}  // namespace bridge
