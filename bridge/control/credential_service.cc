#include "bridge/control/credential_service.h"

#include <utility>

#include "bridge/control/call.h"
#include "bridge/control/names.h"

namespace bridge::control {

namespace asio = boost::asio;

namespace {

constexpr int kMaxPut = 1000;

grpc::Status status_of(const Error& error) {
  switch (error.kind) {
    case ErrorKind::kInvalid:
      return invalid_argument(error.text);
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

asio::awaitable<grpc::Status> put(CredentialBackend& backend,
                                  const v1::PutCredentialsRequest& request,
                                  v1::PutCredentialsResponse& response, std::string peer) {
  if (request.credentials_size() == 0 || request.credentials_size() > kMaxPut) {
    co_return invalid_argument("credentials: expected 1 to " + std::to_string(kMaxPut));
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
      co_await backend.put_credentials(std::move(entries), std::move(peer));
  if (!done) co_return status_of(done.error());
  response.set_added(static_cast<std::uint32_t>(done->changes.added));
  response.set_changed(static_cast<std::uint32_t>(done->changes.changed));
  response.set_unchanged(static_cast<std::uint32_t>(done->changes.unchanged));
  for (std::string& username : done->kept) response.add_kept(std::move(username));
  co_return grpc::Status::OK;
}

asio::awaitable<grpc::Status> list(CredentialBackend& backend,
                                   const v1::ListCredentialsRequest& request,
                                   v1::ListCredentialsResponse& response) {
  auto size = page_size(request.page_size());
  if (!size) co_return size.error();
  std::string endpoint_id;
  if (!request.device().empty()) {
    auto id = parse_device_name(request.device());
    if (!id) co_return invalid_argument("device: expected devices/{endpoint_id}");
    endpoint_id = *id;
  }
  // One more than asked tells whether there is a next page. A page's token is its last user name.
  std::string after = request.page_token();
  Result<std::vector<CredentialInfo>> page =
      co_await backend.credentials(std::move(after), *size + 1, std::move(endpoint_id));
  if (!page && page.error().kind == ErrorKind::kInvalid) co_return no_such_device(request.device());
  if (!page) co_return status_of(page.error());
  const bool more = page->size() > *size;
  if (more) page->resize(*size);
  for (const CredentialInfo& info : *page) fill(info, response.add_credentials());
  if (more) response.set_next_page_token(page->back().username);
  co_return grpc::Status::OK;
}

asio::awaitable<grpc::Status> erase(CredentialBackend& backend,
                                    const v1::DeleteCredentialRequest& request, std::string peer) {
  auto username = parse_credential_name(request.name());
  if (!username) co_return invalid_argument("name: expected credentials/{username}");
  std::string wanted = *username;
  Result<bool> erased = co_await backend.erase_credential(std::move(wanted), std::move(peer));
  if (!erased) co_return status_of(erased.error());
  if (!*erased) {
    co_return grpc::Status(grpc::StatusCode::NOT_FOUND, "no such credential: " + request.name());
  }
  co_return grpc::Status::OK;
}

asio::awaitable<grpc::Status> rotate(CredentialBackend& backend,
                                     const v1::RotateCredentialRequest& request,
                                     v1::Credential& response, std::string peer) {
  auto id = parse_device_name(request.device());
  if (!id) co_return invalid_argument("device: expected devices/{endpoint_id}");
  std::string endpoint_id = *id;
  Result<CredentialInfo> info =
      co_await backend.rotate_credential(std::move(endpoint_id), std::move(peer));
  if (!info && info.error().kind == ErrorKind::kInvalid) co_return no_such_device(request.device());
  if (!info) co_return status_of(info.error());
  fill(*info, &response);
  co_return grpc::Status::OK;
}

}  // namespace

CredentialService::CredentialService(asio::any_io_executor executor, CredentialBackend& backend)
    : executor_(std::move(executor)), backend_(backend) {}

grpc::ServerUnaryReactor* CredentialService::PutCredentials(
    grpc::CallbackServerContext* context, const v1::PutCredentialsRequest* request,
    v1::PutCredentialsResponse* response) {
  auto work = [&backend = backend_, peer = context->peer()](const v1::PutCredentialsRequest& in,
                                                            v1::PutCredentialsResponse& out) {
    return put(backend, in, out, peer);
  };
  return run_call(executor_, context, request, response, std::move(work));
}

grpc::ServerUnaryReactor* CredentialService::ListCredentials(
    grpc::CallbackServerContext* context, const v1::ListCredentialsRequest* request,
    v1::ListCredentialsResponse* response) {
  auto work = [&backend = backend_](const v1::ListCredentialsRequest& in,
                                    v1::ListCredentialsResponse& out) {
    return list(backend, in, out);
  };
  return run_call(executor_, context, request, response, std::move(work), WhenGone::kCancel);
}

grpc::ServerUnaryReactor* CredentialService::DeleteCredential(
    grpc::CallbackServerContext* context, const v1::DeleteCredentialRequest* request,
    google::protobuf::Empty* response) {
  auto work = [&backend = backend_, peer = context->peer()](const v1::DeleteCredentialRequest& in,
                                                            google::protobuf::Empty&) {
    return erase(backend, in, peer);
  };
  return run_call(executor_, context, request, response, std::move(work));
}

grpc::ServerUnaryReactor* CredentialService::RotateCredential(
    grpc::CallbackServerContext* context, const v1::RotateCredentialRequest* request,
    v1::Credential* response) {
  auto work = [&backend = backend_, peer = context->peer()](const v1::RotateCredentialRequest& in,
                                                            v1::Credential& out) {
    return rotate(backend, in, out, peer);
  };
  return run_call(executor_, context, request, response, std::move(work));
}

}  // namespace bridge::control
