#include "bridge/control/credential_service.h"

#include <functional>
#include <utility>

#include "bridge/control/call.h"
#include "bridge/control/names.h"

namespace bridge::control {

namespace asio = boost::asio;

namespace {

constexpr int kMaxPut = 1000;

/// Who asks, for the audit log.
std::string audited(const Visit& visit) {
  return visit.client->name.empty() ? visit.peer : visit.client->name + " (" + visit.peer + ")";
}

grpc::Status status_of(const Error& error) {
  switch (error.kind) {
    case ErrorKind::kInvalid:
      return invalid_argument("credentials", error.text);
    case ErrorKind::kConflict:
      return {grpc::StatusCode::FAILED_PRECONDITION, error.text};
    default:
      return to_status(error);
  }
}

v1::Credential::State to_v1(CredentialState state) {
  switch (state) {
    case CredentialState::kActive:
      return v1::Credential::ACTIVE;
    case CredentialState::kPending:
      return v1::Credential::PENDING;
    case CredentialState::kRetired:
      return v1::Credential::RETIRED;
  }
  return v1::Credential::STATE_UNSPECIFIED;
}

void fill(const CredentialInfo& info, v1::Credential* out) {
  out->set_name(credential_name(info.username));
  out->set_username(info.username);
  out->set_oui(info.identity.oui);
  out->set_product_class(info.identity.product_class);
  out->set_serial_number(info.identity.serial);
  if (!info.endpoint_id.empty()) out->set_device(device_name(info.endpoint_id));
  out->set_state(to_v1(info.state));
  out->set_source(info.source == CredentialSource::kRotation ? v1::Credential::ROTATION
                                                             : v1::Credential::IMPORTED);
  if (info.created_ms > 0) set_timestamp(info.created_ms, out->mutable_create_time());
}

asio::awaitable<grpc::Status> put(CredentialBackend& backend, const Visit& visit,
                                  const v1::PutCredentialsRequest& request,
                                  v1::PutCredentialsResponse& response) {
  if (auto status = Door::whole_fleet(visit); !status.ok()) co_return status;
  if (request.credentials_size() == 0 || request.credentials_size() > kMaxPut) {
    co_return invalid_argument("credentials", "expected 1 to " + std::to_string(kMaxPut));
  }
  std::vector<CredentialEntry> entries;
  for (const v1::NewCredential& each : request.credentials()) {
    CredentialEntry entry;
    entry.username = each.username();
    entry.password = each.password();
    entry.oui = each.oui();
    entry.product_class = each.product_class();
    entry.serial_number = each.serial_number();
    entries.push_back(std::move(entry));
  }
  Result<CredentialsPut> done =
      co_await backend.put_credentials(std::move(entries), audited(visit));
  if (!done) co_return status_of(done.error());
  response.set_added(static_cast<std::uint32_t>(done->changes.added));
  response.set_changed(static_cast<std::uint32_t>(done->changes.changed));
  response.set_unchanged(static_cast<std::uint32_t>(done->changes.unchanged));
  for (std::string& username : done->kept) response.add_kept(std::move(username));
  co_return grpc::Status::OK;
}

asio::awaitable<grpc::Status> list(Door& door, CredentialBackend& backend, const Visit& visit,
                                   const v1::ListCredentialsRequest& request,
                                   v1::ListCredentialsResponse& response) {
  auto size = page_size(request.page_size());
  if (!size) co_return size.error();
  std::string endpoint_id;
  if (request.device().empty()) {
    if (auto status = Door::whole_fleet(visit); !status.ok()) co_return status;
  } else {
    auto id = co_await door.device(visit, "device", request.device());
    if (!id) co_return id.error();
    endpoint_id = *id;
  }
  // One more than asked tells whether there is a next page. A page's token is its last user name.
  auto after = parse_page_token(request.page_token(), request.device());
  if (!after) co_return after.error();
  Result<std::vector<CredentialInfo>> page =
      co_await backend.credentials(*after, *size + 1, std::move(endpoint_id));
  if (!page && page.error().kind == ErrorKind::kInvalid) co_return no_such_device(request.device());
  if (!page) co_return status_of(page.error());
  const bool more = page->size() > *size;
  if (more) page->resize(*size);
  for (const CredentialInfo& info : *page) fill(info, response.add_credentials());
  if (more) response.set_next_page_token(page_token(page->back().username, request.device()));
  co_return grpc::Status::OK;
}

asio::awaitable<grpc::Status> erase(CredentialBackend& backend, const Visit& visit,
                                    const v1::DeleteCredentialRequest& request,
                                    google::protobuf::Empty&) {
  if (auto status = Door::whole_fleet(visit); !status.ok()) co_return status;
  auto username = parse_credential_name(request.name());
  if (!username) co_return invalid_argument("name", "expected credentials/{username}");
  std::string wanted = *username;
  Result<bool> erased = co_await backend.erase_credential(std::move(wanted), audited(visit));
  if (!erased) co_return status_of(erased.error());
  if (!*erased) {
    co_return no_such("credential", request.name());
  }
  co_return grpc::Status::OK;
}

asio::awaitable<grpc::Status> rotate(Door& door, CredentialBackend& backend, const Visit& visit,
                                     const v1::RotateCredentialRequest& request,
                                     v1::Credential& response) {
  auto id = co_await door.device(visit, "device", request.device());
  if (!id) co_return id.error();
  std::string endpoint_id = *id;
  Result<CredentialInfo> info =
      co_await backend.rotate_credential(std::move(endpoint_id), audited(visit));
  if (!info && info.error().kind == ErrorKind::kInvalid) co_return no_such_device(request.device());
  if (!info) co_return status_of(info.error());
  fill(*info, &response);
  co_return grpc::Status::OK;
}

}  // namespace

grpc::ServerUnaryReactor* CredentialService::PutCredentials(
    grpc::CallbackServerContext* context, const v1::PutCredentialsRequest* request,
    v1::PutCredentialsResponse* response) {
  return run_call(door_, context, "CredentialService/PutCredentials", request, response,
                  std::bind_front(put, std::ref(backend_)));
}

grpc::ServerUnaryReactor* CredentialService::ListCredentials(
    grpc::CallbackServerContext* context, const v1::ListCredentialsRequest* request,
    v1::ListCredentialsResponse* response) {
  return run_call(door_, context, "CredentialService/ListCredentials", request, response,
                  std::bind_front(list, std::ref(door_), std::ref(backend_)), WhenGone::kCancel);
}

grpc::ServerUnaryReactor* CredentialService::DeleteCredential(
    grpc::CallbackServerContext* context, const v1::DeleteCredentialRequest* request,
    google::protobuf::Empty* response) {
  return run_call(door_, context, "CredentialService/DeleteCredential", request, response,
                  std::bind_front(erase, std::ref(backend_)));
}

grpc::ServerUnaryReactor* CredentialService::RotateCredential(
    grpc::CallbackServerContext* context, const v1::RotateCredentialRequest* request,
    v1::Credential* response) {
  return run_call(door_, context, "CredentialService/RotateCredential", request, response,
                  std::bind_front(rotate, std::ref(door_), std::ref(backend_)));
}

}  // namespace bridge::control
