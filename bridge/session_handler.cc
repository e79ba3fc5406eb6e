#include "bridge/session_handler.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <utility>

#include "bridge/config.h"
#include "bridge/device.h"
#include "bridge/device_session.h"
#include "bridge/identity.h"
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

bool credential_fits(const std::string& bound, const std::string& used, bool any) {
  return any || bound.empty() || bound == used;
}

BridgeSessionHandler::BridgeSessionHandler(Runtime& runtime)
    : runtime_(runtime), pace_(costs_of(runtime.config.cwmp.limits)) {}

std::optional<cwmp::AuthDemand> BridgeSessionHandler::auth_demand(const std::string& peer_address,
                                                                  const cwmp::DeviceId* claimed) {
  return runtime_.profiles.auth_demand(peer_address, claimed);
}

bool BridgeSessionHandler::is_shared(const std::string& username) const {
  const auto& shared = runtime_.config.cwmp.auth.shared;
  return shared && shared->username == username;
}

bool BridgeSessionHandler::is_bootstrap(const std::string& username) const {
  const auto& bootstrap = runtime_.config.cwmp.auth.bootstrap;
  return bootstrap && bootstrap->username == username;
}

asio::awaitable<std::vector<std::string>> BridgeSessionHandler::passwords(std::string username) {
  std::vector<std::string> out;
  const CwmpConfig::Auth& auth = runtime_.config.cwmp.auth;
  if (is_shared(username)) out.push_back(auth.shared->password);
  if (is_bootstrap(username)) out.push_back(auth.bootstrap->password);
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
  std::int64_t now = now_ms();
  double refill = static_cast<double>(now - bootstrap_refilled_ms_) / 1000.0 * rate;
  bootstrap_tokens_ = std::min(std::max(rate, 1.0), bootstrap_tokens_ + refill);
  bootstrap_refilled_ms_ = now;
  if (bootstrap_tokens_ < 1) return false;
  bootstrap_tokens_ -= 1;
  return true;
}

std::optional<std::chrono::seconds> BridgeSessionHandler::throttle(const Device& device,
                                                                   const cwmp::Inform& inform) {
  // Work waits for it and it comes because it was called: as often as there is work.
  const bool retried = inform.retry_count > 0;
  if (!retried && device.has_work() && has_event(inform, "6 CONNECTION REQUEST")) return {};
  const std::lock_guard lock(mutex_);
  return pace_.begin(device.id(), retried, steady_ms());
}

void BridgeSessionHandler::watch_for_clones(const Device& device, const std::string& peer_address) {
  {
    const std::lock_guard lock(mutex_);
    if (!clones_.on_session(device.id(), peer_address, steady_ms())) return;
  }
  runtime_.metrics.suspected_clones.Increment();
  spdlog::warn(
      "device {}: two sources take turns with this identity, a copied device? (now from {})",
      device.endpoint_id(), peer_address);
}

asio::awaitable<tl::expected<DevicePtr, Refusal>> BridgeSessionHandler::find_device(
    const cwmp::SessionStart& start) {
  const cwmp::DeviceId& id = start.inform.device_id;
  DeviceIdentity identity{id.oui, id.product_class, id.serial_number};
  Result<DevicePtr> found = co_await runtime_.registry->by_identity(identity);
  if (!found) co_return tl::unexpected(refuse(Refusal::Kind::kBusy, "store"));
  if (*found) co_return *found;

  auto endpoint = endpoint_id(id, rules_of(runtime_.config.device));
  if (!endpoint) co_return tl::unexpected(refuse(Refusal::Kind::kFault, endpoint.error()));
  DeviceRow row;
  row.endpoint_id = *endpoint;
  row.identity = identity;
  row.manufacturer = id.manufacturer;
  row.root = task::root_of(start.inform);
  row.auth_username = start.username;
  row.first_seen_ms = now_ms();
  Result<DevicePtr> created = co_await runtime_.registry->create(std::move(row));
  if (!created) co_return tl::unexpected(refuse(Refusal::Kind::kBusy, created.error().text));
  spdlog::info("device {}: first contact (OUI {}, product class {}, serial number {}) from {}",
               (*created)->endpoint_id(), id.oui, id.product_class, id.serial_number,
               start.peer_address);
  runtime_.metrics.devices.Increment();
  co_return *created;
}

asio::awaitable<tl::expected<std::shared_ptr<cwmp::DeviceSession>, Refusal>>
BridgeSessionHandler::begin(cwmp::SessionStart start) {
  if (stopping_) co_return tl::unexpected(refuse(Refusal::Kind::kBusy, "stopping"));
  bool by_certificate = start.scheme == cwmp::AuthScheme::kCertificate;
  if (by_certificate && !names_device(start.username, start.inform.device_id)) {
    spdlog::warn("cwmp: refused: the certificate of {} does not name {}-{}-{} (from {})",
                 start.username, start.inform.device_id.oui, start.inform.device_id.product_class,
                 start.inform.device_id.serial_number, start.peer_address);
    co_return tl::unexpected(refuse(Refusal::Kind::kForbidden, "the certificate is not its own"));
  }
  tl::expected<DevicePtr, Refusal> device = co_await find_device(start);
  if (!device) co_return tl::unexpected(device.error());

  // The credential must be the one that this identity is bound to (design: Trust). The check reads
  // what only the first session of a device ever writes.
  bool reset = has_event(start.inform, "0 BOOTSTRAP");
  bool bootstrap = is_bootstrap(start.username);
  // Who was let in without a credential by a profile (quirk 35) is nobody who is bound to one.
  bool anonymous = start.scheme == cwmp::AuthScheme::kNone && !start.waived;
  bool any = anonymous || by_certificate || is_shared(start.username) || (bootstrap && reset);
  std::string bound = (*device)->bound_username();
  if (!credential_fits(bound, start.username, any)) {
    spdlog::warn("device {}: refused: user {} is not the one it is bound to (from {})",
                 (*device)->endpoint_id(), start.username, start.peer_address);
    co_return tl::unexpected(refuse(Refusal::Kind::kForbidden, "not this device's credential"));
  }
  if (auto wait = throttle(**device, start.inform)) {
    co_return tl::unexpected(
        Refusal{Refusal::Kind::kThrottled, *wait, (*device)->endpoint_id() + " calls too often"});
  }
  const bool shared = any || start.username.empty();
  if (shared && !by_certificate) watch_for_clones(**device, start.peer_address);
  if (bootstrap) {
    if (!take_bootstrap_token()) {
      co_return tl::unexpected(refuse(Refusal::Kind::kBusy, "too many bootstrap sessions"));
    }
    spdlog::info("device {}: audit: let in with the bootstrap credential from {}",
                 (*device)->endpoint_id(), start.peer_address);
  }
  for (const cwmp::Event& event : start.inform.events) {
    bool standard =
        !event.code.empty() &&
        (std::isdigit(static_cast<unsigned char>(event.code[0])) || event.code.starts_with("M "));
    bool vendor = event.code.starts_with("M X_") || event.code.starts_with("X ");
    runtime_.metrics.cwmp_informs.add({standard && !vendor ? event.code : "other"});
  }
  auto work = (*device)->begin(std::move(start));
  tl::expected<BegunSession, Refusal> session =
      co_await asio::co_spawn((*device)->strand(), std::move(work), asio::use_awaitable);
  if (!session) co_return tl::unexpected(session.error());
  std::shared_ptr<cwmp::DeviceSession> out =
      std::make_shared<BridgeDeviceSession>(*device, *session);
  co_return out;
}

}  // namespace bridge
