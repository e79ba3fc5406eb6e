#include "bridge/control/freeze_service.h"

#include <algorithm>
#include <functional>

#include "bridge/control/backend.h"
#include "bridge/control/call.h"
#include "bridge/control/errors.h"
#include "bridge/control/names.h"

namespace bridge::control {

namespace asio = boost::asio;

namespace {

constexpr std::size_t kMaxPattern = 256;  ///< bytes; also of an Endpoint ID

void fill(const FreezeRow& row, v1::Freeze* out) {
  out->set_name(freeze_name(row.id));
  switch (static_cast<FreezeScope>(row.scope)) {
    case FreezeScope::kAll:
      out->set_all(true);
      break;
    case FreezeScope::kModel:
      out->mutable_model()->set_oui(row.oui);
      out->mutable_model()->set_product_class(row.product_class);
      out->mutable_model()->set_software_version(row.software_version);
      break;
    case FreezeScope::kController:
      out->set_controller(row.controller);
      break;
  }
  out->set_reason(row.reason);
  out->set_creator(row.creator);
  set_timestamp(row.created_ms, out->mutable_create_time());
}

/// A text of one line that people see.
bool is_plain(const std::string& text, std::size_t most) {
  const auto control = [](unsigned char c) { return c < 0x20 || c == 0x7F; };
  return text.size() <= most && std::ranges::none_of(text, control);
}

tl::expected<FreezeRow, grpc::Status> to_row(const v1::Freeze& freeze) {
  const auto wrong = [](const char* field, const char* what) {
    return tl::unexpected(invalid_argument(field, what));
  };
  FreezeRow row;
  const v1::Freeze::Model& model = freeze.model();
  switch (freeze.scope_case()) {
    case v1::Freeze::kAll:
      if (!freeze.all()) return wrong("freeze.all", "may only be true");
      row.scope = static_cast<int>(FreezeScope::kAll);
      break;
    case v1::Freeze::kModel:
      for (const std::string* each :
           {&model.oui(), &model.product_class(), &model.software_version()}) {
        if (!is_plain(*each, kMaxPattern)) return wrong("freeze.model", "not a pattern");
      }
      row.scope = static_cast<int>(FreezeScope::kModel);
      row.oui = model.oui();
      row.product_class = model.product_class();
      row.software_version = model.software_version();
      break;
    case v1::Freeze::kController:
      if (freeze.controller().empty() || !is_plain(freeze.controller(), kMaxPattern)) {
        return wrong("freeze.controller", "not an Endpoint ID, \"grpc\" or \"grpc:{client}\"");
      }
      row.scope = static_cast<int>(FreezeScope::kController);
      row.controller = freeze.controller();
      break;
    case v1::Freeze::SCOPE_NOT_SET:
      return wrong("freeze", "needs all, model or controller");
  }
  if (!is_plain(freeze.reason(), kMaxFreezeReason)) {
    return wrong("freeze.reason", "longer than 500 bytes, or has control characters");
  }
  row.reason = freeze.reason();
  return row;
}

/// A brake is everybody's: who may touch some devices only may not pull it, nor let it go.
std::optional<grpc::Status> not_for(const Visit& visit) {
  if (visit.client->devices.empty()) return std::nullopt;
  return make_status(grpc::StatusCode::PERMISSION_DENIED,
                     "a client that may touch some devices only may not freeze nor lift",
                     "PERMISSION_DENIED");
}

grpc::Status no_such_freeze(const std::string& name) { return no_such("freeze", name); }

asio::awaitable<grpc::Status> create_freeze(Door& door, const Visit& visit,
                                            const v1::CreateFreezeRequest& request,
                                            v1::Freeze& response) {
  if (auto refused = not_for(visit)) co_return *refused;
  auto row = to_row(request.freeze());
  if (!row) co_return row.error();
  row->creator = visit.client->requester;
  FreezeRow wanted = *std::move(row);
  Result<FreezeRow> frozen = co_await door.backend().freeze(std::move(wanted));
  if (!frozen && frozen.error().kind == ErrorKind::kConflict) {
    co_return make_status(grpc::StatusCode::ALREADY_EXISTS, frozen.error().text, "SAME_SCOPE");
  }
  if (!frozen && frozen.error().kind == ErrorKind::kInvalid) {
    co_return make_status(grpc::StatusCode::RESOURCE_EXHAUSTED, frozen.error().text,
                          "TOO_MANY_FREEZES");
  }
  if (!frozen) co_return to_status(frozen.error());
  fill(*frozen, &response);
  co_return grpc::Status::OK;
}

asio::awaitable<grpc::Status> get_freeze(Door& door, const Visit&,
                                         const v1::GetFreezeRequest& request,
                                         v1::Freeze& response) {
  const auto id = parse_freeze_name(request.name());
  if (!id) co_return invalid_argument("name", "expected freezes/{id}");
  const std::vector<FreezeRow> rows = door.backend().freezes();
  const auto found = std::ranges::find(rows, *id, &FreezeRow::id);
  if (found == rows.end()) co_return no_such_freeze(request.name());
  fill(*found, &response);
  co_return grpc::Status::OK;
}

asio::awaitable<grpc::Status> list_freezes(Door& door, const Visit&,
                                           const v1::ListFreezesRequest& request,
                                           v1::ListFreezesResponse& response) {
  auto size = page_size(request.page_size());
  if (!size) co_return size.error();
  auto after = parse_page_id(request.page_token(), "");
  if (!after) co_return after.error();
  for (const FreezeRow& row : door.backend().freezes()) {
    if (row.id <= *after) continue;
    const auto have = static_cast<std::size_t>(response.freezes_size());
    if (have == *size) {
      const auto last = parse_freeze_name(response.freezes(static_cast<int>(have) - 1).name());
      response.set_next_page_token(page_token(std::to_string(last.value_or(0)), ""));
      break;
    }
    fill(row, response.add_freezes());
  }
  co_return grpc::Status::OK;
}

asio::awaitable<grpc::Status> delete_freeze(Door& door, const Visit& visit,
                                            const v1::DeleteFreezeRequest& request,
                                            google::protobuf::Empty&) {
  if (auto refused = not_for(visit)) co_return *refused;
  const auto id = parse_freeze_name(request.name());
  if (!id) co_return invalid_argument("name", "expected freezes/{id}");
  std::string requester = visit.client->requester;
  Result<bool> lifted = co_await door.backend().lift(*id, std::move(requester));
  if (!lifted) co_return to_status(lifted.error());
  if (!*lifted) co_return no_such_freeze(request.name());
  co_return grpc::Status::OK;
}

}  // namespace

grpc::ServerUnaryReactor* FreezeService::CreateFreeze(grpc::CallbackServerContext* context,
                                                      const v1::CreateFreezeRequest* request,
                                                      v1::Freeze* response) {
  return run_call(door_, context, "FreezeService/CreateFreeze", request, response,
                  std::bind_front(create_freeze, std::ref(door_)));
}

grpc::ServerUnaryReactor* FreezeService::GetFreeze(grpc::CallbackServerContext* context,
                                                   const v1::GetFreezeRequest* request,
                                                   v1::Freeze* response) {
  return run_call(door_, context, "FreezeService/GetFreeze", request, response,
                  std::bind_front(get_freeze, std::ref(door_)), WhenGone::kCancel);
}

grpc::ServerUnaryReactor* FreezeService::ListFreezes(grpc::CallbackServerContext* context,
                                                     const v1::ListFreezesRequest* request,
                                                     v1::ListFreezesResponse* response) {
  return run_call(door_, context, "FreezeService/ListFreezes", request, response,
                  std::bind_front(list_freezes, std::ref(door_)), WhenGone::kCancel);
}

grpc::ServerUnaryReactor* FreezeService::DeleteFreeze(grpc::CallbackServerContext* context,
                                                      const v1::DeleteFreezeRequest* request,
                                                      google::protobuf::Empty* response) {
  return run_call(door_, context, "FreezeService/DeleteFreeze", request, response,
                  std::bind_front(delete_freeze, std::ref(door_)));
}

}  // namespace bridge::control
