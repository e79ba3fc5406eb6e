#include "bridge/control/bulk_change.h"

#include <string>
#include <utility>

#include "bridge/agent/standard_model.h"
#include "bridge/control/errors.h"
#include "bridge/control/write_requests.h"

namespace bridge::control {

namespace {

using Change = v1::BulkChange;

bool is_secret(const std::string& name) { return StandardModel::get().is_secret(name); }

BulkOutcome failed(const grpc::Status& status) {
  BulkOutcome out;
  out.code = status.error_code();
  out.result.mutable_error()->set_message(status.error_message());
  return out;
}

BulkOutcome failed(std::uint32_t usp_code, const std::string& text) {
  BulkOutcome out;
  out.code = to_status_code(usp_code);
  if (out.code == grpc::StatusCode::OK) out.code = grpc::StatusCode::INTERNAL;  // it has failed
  fill(usp_code, text, out.result.mutable_error());
  return out;
}

BulkOutcome no_device() { return failed({grpc::StatusCode::NOT_FOUND, "no such device"}); }

BulkOutcome outcome_of_add(const usp_msg::AddResp& response) {
  if (response.created_obj_results_size() != 1) {
    return failed(invalid_argument("change.add.table", "names more or less than one table"));
  }
  BulkOutcome out;
  const auto& status = response.created_obj_results(0).oper_status();
  out.result.set_path(status.oper_success().instantiated_path());
  return out;
}

BulkOutcome outcome_of_delete(const usp_msg::DeleteResp& response, const std::string& path) {
  if (auto left = still_there(response)) return failed(left->usp_code, left->text);
  if (!deleted_anything(response)) {
    return failed({grpc::StatusCode::NOT_FOUND, "no such object: " + path});
  }
  return {};
}

grpc::Status check_set(const Change::Set& set) {
  if (set.parameters().empty()) {
    return invalid_argument("change.set.parameters", "name at least one");
  }
  for (const v1::Parameter& parameter : set.parameters()) {
    if (!is_parameter_path(parameter.path())) {
      return invalid_argument("change.set.parameters", "not a parameter path: " + parameter.path());
    }
  }
  return grpc::Status::OK;
}

}  // namespace

grpc::Status check(const Change& change) {
  switch (change.change_case()) {
    case Change::kSet:
      return check_set(change.set());
    case Change::kAdd:
      if (change.add().table().empty()) return invalid_argument("change.add.table", "is missing");
      return grpc::Status::OK;
    case Change::kDelete:
      if (change.delete_().path().empty()) {
        return invalid_argument("change.delete.path", "is missing");
      }
      return grpc::Status::OK;
    case Change::kCommand:
      if (!change.command().command().ends_with("()")) {
        return invalid_argument("change.command.command", "not a command: a path that ends in ()");
      }
      return grpc::Status::OK;
    case Change::kRefresh:
      if (change.refresh().paths().empty()) {
        return invalid_argument("change.refresh.paths", "name at least one");
      }
      return grpc::Status::OK;
    case Change::CHANGE_NOT_SET:
      break;
  }
  return invalid_argument("change", "is missing");
}

bool is_repeatable(const Change& change) { return !change.has_add() && !change.has_command(); }

std::optional<usp_msg::Msg> to_request(const Change& change) {
  switch (change.change_case()) {
    case Change::kSet:
      return set_request(change.set().parameters());
    case Change::kAdd:
      return add_request(change.add().table(), change.add().parameters());
    case Change::kDelete:
      return delete_request(change.delete_().path());
    case Change::kCommand:
    case Change::kRefresh:
    case Change::CHANGE_NOT_SET:
      break;
  }
  return std::nullopt;
}

v1::BulkChange shown(Change change) {
  auto hide = [](auto& settings) {
    for (auto& [name, value] : settings) {
      if (is_secret(name)) value.clear();
    }
  };
  if (change.has_set()) {
    for (v1::Parameter& parameter : *change.mutable_set()->mutable_parameters()) {
      if (is_secret(parameter.path().substr(parameter.path().rfind('.') + 1)))
        parameter.clear_value();
    }
  }
  if (change.has_add()) hide(*change.mutable_add()->mutable_parameters());
  if (change.has_command()) hide(*change.mutable_command()->mutable_input());
  return change;
}

BulkOutcome outcome_of(const Change& change, const Result<std::optional<usp_msg::Msg>>& answer) {
  if (!answer) return failed(to_status(answer.error()));
  if (!*answer) return no_device();
  const usp_msg::Body& body = (*answer)->body();
  if (body.has_error()) {
    BulkOutcome out;
    out.code = to_status(body.error()).error_code();
    fill(body.error(), out.result.mutable_error());
    return out;
  }
  if (change.has_add()) return outcome_of_add(body.response().add_resp());
  if (change.has_delete_()) {
    return outcome_of_delete(body.response().delete_resp(), change.delete_().path());
  }
  return {};
}

BulkOutcome outcome_of(const Result<std::optional<Backend::Refreshed>>& refreshed) {
  if (!refreshed) return failed(to_status(refreshed.error()));
  if (!*refreshed) return no_device();
  if ((*refreshed)->error_code == 0) return {};
  return failed((*refreshed)->error_code, (*refreshed)->error_text);
}

BulkOutcome outcome_of(const Backend::Refused& refused) {
  if (refused.code == 0) return no_device();
  return failed(refused.code, refused.text);
}

BulkOutcome outcome_of(const OperationInfo& ended) {
  if (ended.state == OperationState::kCancelled) {
    BulkOutcome out = failed({grpc::StatusCode::CANCELLED, "the operation was cancelled"});
    return out;
  }
  if (ended.state != OperationState::kSucceeded) return failed(ended.error_code, ended.error_text);
  BulkOutcome out;
  out.result.mutable_output()->insert(ended.output.begin(), ended.output.end());
  return out;
}

BulkOutcome unknown_outcome() {
  BulkOutcome out = failed(
      {grpc::StatusCode::UNKNOWN, "the bridge was restarted while the device was being asked"});
  out.unknown = true;
  return out;
}

}  // namespace bridge::control
