#include "bridge/config_xmpp.h"

#include <chrono>

#include "cwmp/xmpp/jid.h"

namespace bridge {

namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::uint16_t kMaxPort = 65535;

std::string check_bare_jid(const std::string& text) {
  const auto jid = cwmp::xmpp::parse_jid(text);
  const bool good = jid && !jid->local.empty() && !jid->is_full();
  return good || text.empty() ? "" : "must be name@domain, not \"" + text + "\"";
}

void read_devices(ConfigSection& s, CwmpConfig::Xmpp::Devices& devices,
                  const TextCheck& check_host) {
  using Credentials = CwmpConfig::Xmpp::Credentials;
  s.text("domain", devices.domain, check_host);
  s.text("server", devices.server, check_host);
  s.number<std::uint16_t>("port", devices.port, 1, kMaxPort);
  s.text("resource", devices.resource);
  s.flag("tls", devices.tls);
  s.duration("keep_alive", devices.keep_alive, seconds(0), seconds(86'400));
  s.choice("credentials", devices.credentials,
           {{"derived", Credentials::kDerived}, {"shared", Credentials::kShared}});
  s.text("secret", devices.secret);
}

}  // namespace

void read_xmpp(ConfigSection& s, CwmpConfig::Xmpp& xmpp, const TextCheck& check_host) {
  s.flag("enabled", xmpp.enabled);
  s.text("jid", xmpp.jid, check_bare_jid);
  s.text("password", xmpp.password);
  s.text("host", xmpp.host, check_host);
  s.number<std::uint16_t>("port", xmpp.port, 1, kMaxPort);
  s.flag("direct_tls", xmpp.direct_tls);
  s.text("ca", xmpp.ca);
  s.flag("verify", xmpp.verify);
  s.duration("timeout", xmpp.timeout, milliseconds(100), milliseconds(60'000));
  s.section("devices",
            [&](ConfigSection& inner) { read_devices(inner, xmpp.devices, check_host); });
  if (!xmpp.enabled) return;
  if (xmpp.jid.empty()) s.mistake("jid", "must be set");
  if (xmpp.password.empty()) s.mistake("password", "must be set");
  if (xmpp.jid.empty()) return;
  if (auto good = check(xmpp.provisioning()); !good) s.mistake("devices", good.error().text);
}

XmppProvisioning CwmpConfig::Xmpp::provisioning() const {
  XmppProvisioning out;
  out.acs = cwmp::xmpp::parse_jid(jid).value_or(cwmp::xmpp::Jid{});
  out.domain = devices.domain.empty() ? out.acs.domain : devices.domain;
  out.server = devices.server;
  out.port = devices.port;
  out.resource = devices.resource;
  out.use_tls = devices.tls;
  if (devices.keep_alive.count() > 0) out.keep_alive_s = devices.keep_alive.count();
  out.credentials = devices.credentials == Credentials::kShared
                        ? XmppProvisioning::Credentials::kShared
                        : XmppProvisioning::Credentials::kDerived;
  out.secret = devices.secret;
  return out;
}

}  // namespace bridge
