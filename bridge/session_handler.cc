#include "bridge/session_handler.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <utility>

#include "bridge/config.h"
#include "bridge/credential/book.h"
#include "bridge/device.h"
#include "bridge/device_session.h"
#include "bridge/identity.h"
#include "bridge/log.h"
#include "bridge/metrics.h"
#include "bridge/profiles.h"
#include "bridge/registry.h"
#include "bridge/runtime.h"
#include "bridge/store/store.h"
#include "bridge/task/first_contact.h"

namespace bridge {

namespace asio = boost::asio;

namespace {

using cwmp::Refusal;

std::string name_of(const cwmp::DeviceId& id) {
  return id.oui + "-" + id.product_class + "-" + id.serial_number;
}

DeviceIdentity identity_of(const cwmp::DeviceId& id) {
  return {id.oui, id.product_class, id.serial_number};
}

Refusal refuse(Refusal::Kind kind, std::string text) {
  return {kind, std::chrono::seconds(30), std::move(text)};
}

EndpointIdRules rules_of(const DeviceConfig& config) {
  EndpointIdRules rules;
  if (config.endpoint_id_scheme == DeviceConfig::EndpointIdScheme::kUuid) {
    rules.scheme = EndpointIdRules::Scheme::kUuid;
  }
  rules.prefix = config.endpoint_id_prefix;
  return rules;
}

SessionPace::Costs costs_of(const CwmpConfig::Limits& limits) {
  return {limits.device_session_interval, limits.device_retry_interval, limits.device_burst};
}

std::int64_t steady_ms() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

bool has_event(const cwmp::Inform& inform, std::string_view code) {
  return std::any_of(inform.events.begin(), inform.events.end(),
                     [code](const cwmp::Event& event) { return event.code == code; });
}

}  // namespace

BridgeSessionHandler::BridgeSessionHandler(Runtime& runtime)
    : runtime_(runtime), pace_(costs_of(runtime.config.cwmp.limits)) {}

std::optional<cwmp::AuthDemand> BridgeSessionHandler::auth_demand(const std::string& peer_address,
                                                                  const cwmp::DeviceId* claimed) {
  return runtime_.profiles.get()->auth_demand(peer_address, claimed);
}

asio::awaitable<std::vector<std::string>> BridgeSessionHandler::passwords(std::string username) {
  std::vector<std::string> out = configured_passwords(runtime_.config.cwmp.auth, username);
  if (!out.empty()) co_return out;
  auto load = [username](StateReader& state, MirrorReader&) { return state.credential(username); };
  Result<std::optional<CredentialRow>> row = co_await runtime_.store.read(std::move(load));
  if (!row) {
    spdlog::error("credentials cannot be read: {}", row.error().text);
  } else if (*row) {
    out.push_back((*row)->password);
  }
  co_return out;
}

bool BridgeSessionHandler::take_bootstrap_token() {
  double rate = runtime_.config.cwmp.limits.bootstrap_rate;
  std::lock_guard lock(mutex_);
  auto now = std::chrono::steady_clock::now();
  std::chrono::duration<double> passed = now - bootstrap_refilled_;
  bootstrap_tokens_ = std::min(std::max(rate, 1.0), bootstrap_tokens_ + passed.count() * rate);
  bootstrap_refilled_ = now;
  if (bootstrap_tokens_ < 1) return false;
  bootstrap_tokens_ -= 1;
  return true;
}

std::optional<Refusal> BridgeSessionHandler::throttle(const Device& device,
                                                      const cwmp::Inform& inform) {
  // Work waits for it and it comes because it was called: as often as there is work.
  const bool retried = inform.retry_count > 0;
  if (!retried && device.has_work() && has_event(inform, "6 CONNECTION REQUEST")) return {};
  std::optional<std::chrono::seconds> wait;
  {
    const std::lock_guard lock(mutex_);
    wait = pace_.begin(device.id(), retried, steady_ms());
  }
  if (!wait) return {};
  return Refusal{Refusal::Kind::kThrottled, *wait, device.endpoint_id() + " calls too often"};
}

void BridgeSessionHandler::watch_for_clones(const Device& device, const std::string& peer_address) {
  {
    const std::lock_guard lock(mutex_);
    if (!clones_.on_session(device.id(), peer_address, steady_ms())) return;
  }
  runtime_.metrics.suspected_clones.Increment();
  log_warn({.device = device.endpoint_id()},
           "two sources take turns with this identity, a copied device? (now from {})",
           peer_address);
}

asio::awaitable<tl::expected<DevicePtr, Refusal>> BridgeSessionHandler::create_device(
    const cwmp::SessionStart& start) {
  const cwmp::DeviceId& id = start.inform.device_id;
  auto endpoint = endpoint_id(id, rules_of(runtime_.config.device));
  if (!endpoint) co_return tl::unexpected(refuse(Refusal::Kind::kFault, endpoint.error()));
  DeviceRow row;
  row.endpoint_id = *endpoint;
  row.identity = identity_of(id);
  row.manufacturer = id.manufacturer;
  row.root = task::root_of(start.inform);
  row.auth_username = login_of(start.scheme, start.username);
  row.first_seen_ms = now_ms();
  Result<DevicePtr> created = co_await runtime_.registry->create(std::move(row));
  if (!created) co_return tl::unexpected(refuse(Refusal::Kind::kBusy, created.error().text));
  log_info({.device = (*created)->endpoint_id()},
           "first contact (OUI {}, product class {}, serial number {}) from {}", id.oui,
           id.product_class, id.serial_number, start.peer_address);
  runtime_.metrics.devices.Increment();
  co_return *created;
}

asio::awaitable<tl::expected<CredentialJudgement, Refusal>> BridgeSessionHandler::judge_credential(
    const cwmp::SessionStart& start) {
  const CwmpConfig::Auth* auth = &runtime_.config.cwmp.auth;
  const cwmp::DeviceId& id = start.inform.device_id;
  if (start.scheme == cwmp::AuthScheme::kCertificate && !names_device(start.username, id)) {
    runtime_.metrics.cwmp_identity_flags.add({"other_credential"});
    log_warn({.device = name_of(id)},
             "audit: refused: the certificate of {} does not name {} (from {})", start.username,
             name_of(id), start.peer_address);
    co_return tl::unexpected(refuse(Refusal::Kind::kForbidden, "the certificate is not its own"));
  }
  CredentialClaim claim{login_of(start.scheme, start.username), identity_of(id),
                        has_event(start.inform, "0 BOOTSTRAP"), start.waived};
  std::optional<CredentialFacts> facts = facts_of_claim(claim);
  if (!facts) {
    auto read = [auth, claim](StateReader& state, MirrorReader&) {
      return credential_facts(state, *auth, claim);
    };
    Result<CredentialFacts> found = co_await runtime_.store.read(std::move(read));
    if (!found) co_return tl::unexpected(refuse(Refusal::Kind::kBusy, "store"));
    facts = *found;
  }
  CredentialJudgement judged = judge(*facts, auth->rotate == CwmpConfig::Rotate::kFirstContact);
  if (judged.accepted) co_return judged;
  runtime_.metrics.cwmp_identity_flags.add({"other_credential"});
  log_warn({.device = name_of(id)}, "audit: refused: user {} from {}: {}", claim.login,
           start.peer_address, judged.why);
  co_return tl::unexpected(refuse(Refusal::Kind::kForbidden, judged.why));
}

std::optional<Refusal> BridgeSessionHandler::note(const CredentialJudgement& judged,
                                                  const cwmp::SessionStart& start) {
  if (!judged.limited) return std::nullopt;
  if (!take_bootstrap_token()) {
    runtime_.metrics.cwmp_identity_flags.add({"initial_rate"});
    return refuse(Refusal::Kind::kBusy, "too many bootstrap sessions");
  }
  if (judged.readmitted) runtime_.metrics.cwmp_identity_flags.add({"reset"});
  const bool reset = judged.readmitted || has_event(start.inform, "0 BOOTSTRAP");
  log_info({.device = name_of(start.inform.device_id)}, "audit: let in with user {} from {}{}",
           login_of(start.scheme, start.username), start.peer_address,
           reset ? ", after a reset" : "");
  return std::nullopt;
}

asio::awaitable<tl::expected<std::shared_ptr<cwmp::DeviceSession>, Refusal>>
BridgeSessionHandler::begin(cwmp::SessionStart start) {
  if (stopping_) co_return tl::unexpected(refuse(Refusal::Kind::kBusy, "stopping"));
  tl::expected<CredentialJudgement, Refusal> judged = co_await judge_credential(start);
  if (!judged) co_return tl::unexpected(judged.error());
  DeviceIdentity identity = identity_of(start.inform.device_id);
  Result<DevicePtr> known = co_await runtime_.registry->by_identity(std::move(identity));
  if (!known) co_return tl::unexpected(refuse(Refusal::Kind::kBusy, "store"));
  DevicePtr device = *known;
  if (device) {
    if (auto refusal = throttle(*device, start.inform)) co_return tl::unexpected(*refusal);
  }
  // Who is not let in must not fill the store.
  if (auto refusal = note(*judged, start)) co_return tl::unexpected(*refusal);
  if (!device) {
    tl::expected<DevicePtr, Refusal> created = co_await create_device(start);
    if (!created) co_return tl::unexpected(created.error());
    device = *created;
    if (auto refusal = throttle(*device, start.inform)) co_return tl::unexpected(*refusal);
  }
  if (judged->common) watch_for_clones(*device, start.peer_address);
  for (const cwmp::Event& event : start.inform.events) {
    bool standard =
        !event.code.empty() &&
        (std::isdigit(static_cast<unsigned char>(event.code[0])) || event.code.starts_with("M "));
    bool vendor = event.code.starts_with("M X_") || event.code.starts_with("X ");
    runtime_.metrics.cwmp_informs.add({standard && !vendor ? event.code : "other"});
  }
  auto work = device->begin(std::move(start), *judged);
  tl::expected<BegunSession, Refusal> session =
      co_await asio::co_spawn(device->strand(), std::move(work), asio::use_awaitable);
  if (!session) co_return tl::unexpected(session.error());
  std::shared_ptr<cwmp::DeviceSession> out =
      std::make_shared<BridgeDeviceSession>(device, *session);
  co_return out;
}

}  // namespace bridge
