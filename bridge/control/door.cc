#include "bridge/control/door.h"

#include <grpc/grpc_security_constants.h>

#include <stdexcept>

#include "bridge/control/backend.h"
#include "bridge/control/errors.h"
#include "bridge/control/names.h"
#include "bridge/control/status_name.h"
#include "bridge/log.h"
#include "bridge/trace_id.h"

namespace bridge::control {

namespace asio = boost::asio;

namespace {

std::string text_of(const grpc::string_ref& text) { return {text.data(), text.size()}; }

Shown shown_in(const grpc::CallbackServerContext& context) {
  Shown shown;
  const auto& metadata = context.client_metadata();
  if (auto found = metadata.find("authorization"); found != metadata.end()) {
    shown.authorization = text_of(found->second);
  }
  const auto auth = context.auth_context();
  if (!auth || !auth->IsPeerAuthenticated()) return shown;
  for (const char* name : {GRPC_X509_CN_PROPERTY_NAME, GRPC_X509_SAN_PROPERTY_NAME}) {
    for (const auto& value : auth->FindPropertyValues(name)) {
      shown.subject.push_back(text_of(value));
    }
  }
  return shown;
}

/// Of the client's trace, where it is in one.
std::string trace_of(const grpc::CallbackServerContext& context) {
  const auto& metadata = context.client_metadata();
  const auto header = metadata.find("traceparent");
  std::string known =
      header == metadata.end() ? std::string() : trace_id_of(text_of(header->second));
  return known.empty() ? make_trace_id() : known;
}

grpc::Status refusal(Stranger why) {
  if (why == Stranger::kNothingShown) {
    return make_status(grpc::StatusCode::UNAUTHENTICATED,
                       "say who you are: a bearer token in the header authorization, or a "
                       "certificate",
                       "NO_CREDENTIALS");
  }
  return make_status(grpc::StatusCode::UNAUTHENTICATED, "unknown token or certificate",
                     "UNKNOWN_CREDENTIALS");
}

std::string text_of(const grpc::Status& status) {
  if (status.error_message().empty()) return std::string(name_of(status.error_code()));
  return status.error_message();
}

/// For the log, which is one line.
const char* name_of(const Client& client) {
  return client.name.empty() ? "anyone" : client.name.c_str();
}

}  // namespace

Door::Door(asio::any_io_executor executor, Backend& backend, Options options)
    : executor_(std::move(executor)), backend_(backend), options_(std::move(options)) {
  if (auto loaded = reload(options_.config); !loaded)
    throw std::runtime_error("grpc: " + loaded.error());
}

tl::expected<void, std::string> Door::reload(const GrpcConfig& config) {
  auto loaded = AccessRules::load(config);
  if (!loaded) return tl::unexpected(loaded.error());
  auto fresh = std::make_shared<const AccessRules>(*std::move(loaded));
  std::lock_guard lock(mutex_);
  rules_ = std::move(fresh);
  return {};
}

std::shared_ptr<const AccessRules> Door::rules() const {
  std::lock_guard lock(mutex_);
  return rules_;
}

tl::expected<Visit, grpc::Status> Door::enter(grpc::CallbackServerContext& context,
                                              std::string_view method, std::string subject) {
  Visit visit;
  visit.method = method;
  visit.peer = context.peer();
  visit.subject = std::move(subject);
  visit.trace_id = trace_of(context);
  context.AddTrailingMetadata(kTraceHeader, visit.trace_id);
  visit.began = std::chrono::steady_clock::now();
  auto refuse = [&](grpc::Status status, const char* who) {
    if (options_.observer) options_.observer(method, status.error_code(), 0);
    if (refusals_.take()) {
      log_warn({.trace_id = visit.trace_id}, "control: audit: {} of {} ({}) refused: {}", method,
               who, visit.peer, status.error_message());
    }
    return tl::unexpected(std::move(status));
  };
  auto client = rules()->recognise(shown_in(context));
  if (!client) return refuse(refusal(client.error()), "a stranger");
  if (!(*client)->may(method)) {
    return refuse(make_status(grpc::StatusCode::PERMISSION_DENIED,
                              "your role does not allow " + visit.method, "ROLE_FORBIDS"),
                  name_of(**client));
  }
  visit.client = *client;
  return visit;
}

grpc::Status Door::check_again(const Visit& visit) const {
  if (rules()->still_lets(*visit.client, visit.method)) return grpc::Status::OK;
  return make_status(grpc::StatusCode::PERMISSION_DENIED,
                     "not a client of the bridge any more, or not with this role", "ROLE_FORBIDS");
}

void Door::leave(const Visit& visit, const grpc::Status& status) const {
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - visit.began;
  if (options_.observer) options_.observer(visit.method, status.error_code(), took.count());
  if (!only_reads(visit.method)) {
    log_info({.trace_id = visit.trace_id}, "control: audit: {} {} by {} ({}): {}", visit.method,
             visit.subject, name_of(*visit.client), visit.peer, text_of(status));
  } else if (!status.ok()) {
    log_info({.trace_id = visit.trace_id}, "control: {} {} of {} ({}) failed: {}", visit.method,
             visit.subject, name_of(*visit.client), visit.peer, text_of(status));
  }
}

grpc::Status Door::whole_fleet(const Visit& visit) {
  if (visit.client->devices.empty()) return grpc::Status::OK;
  return make_status(grpc::StatusCode::PERMISSION_DENIED,
                     visit.method + " concerns more than your devices", "DEVICE_FORBIDDEN");
}

asio::awaitable<tl::expected<std::string, grpc::Status>> Door::device(Visit visit,
                                                                      std::string field,
                                                                      std::string name) {
  auto id = parse_device_name(name);
  if (!id) co_return tl::unexpected(invalid_argument(field, "expected devices/{endpoint_id}"));
  if (visit.client->devices.empty()) co_return *id;
  std::string wanted = *id;
  Result<std::optional<DeviceInfo>> info = co_await backend_.device(std::move(wanted));
  if (!info) co_return tl::unexpected(to_status(info.error()));
  if (*info && visit.client->devices.matches(**info)) co_return *id;
  co_return tl::unexpected(make_status(grpc::StatusCode::PERMISSION_DENIED,
                                       "not one of your devices: " + name, "DEVICE_FORBIDDEN"));
}

}  // namespace bridge::control
