#include <map>
#include <set>

#include "bridge/control/ask.h"
#include "bridge/control/call.h"
#include "bridge/control/parameter_ask.h"

namespace bridge::control {

namespace asio = boost::asio;

namespace {

using std::chrono::milliseconds;
using Read = tl::expected<void, grpc::Status>;

constexpr std::uint32_t kInvalidPath = 7026;  // TR-369, Error Codes

usp_msg::Msg get_message(const google::protobuf::RepeatedPtrField<std::string>& paths,
                         std::uint32_t max_depth) {
  usp_msg::Msg message;
  message.mutable_header()->set_msg_type(usp_msg::Header::GET);
  auto* get = message.mutable_body()->mutable_request()->mutable_get();
  *get->mutable_param_paths() = paths;
  get->set_max_depth(max_depth);
  return message;
}

std::vector<std::string> parameters_in(const usp_msg::GetResp& answer) {
  std::vector<std::string> paths;
  for (const auto& path : answer.req_path_results()) {
    for (const auto& object : path.resolved_path_results()) {
      for (const auto& [name, value] : object.result_params()) {
        paths.push_back(object.resolved_path() + name);
      }
    }
  }
  return paths;
}

void fill(const usp_msg::GetResp& answer, v1::GetParametersResponse& response) {
  for (const auto& path : answer.req_path_results()) {
    if (path.err_code() != 0) {
      auto* error = response.add_errors();
      error->set_path(path.requested_path());
      error->set_code(path.err_code());
      error->set_message(path.err_msg());
    }
    for (const auto& object : path.resolved_path_results()) {
      std::map<std::string, std::string> sorted(object.result_params().begin(),
                                                object.result_params().end());
      for (const auto& [name, value] : sorted) {
        auto* parameter = response.add_parameters();
        parameter->set_path(object.resolved_path() + name);
        parameter->set_value(value);
      }
    }
  }
}

/// Has the device read these before the mirror is asked.
asio::awaitable<tl::expected<std::size_t, grpc::Status>> read_live(Door& door, Visit visit,
                                                                   std::string device,
                                                                   Backend::Refresh what,
                                                                   milliseconds timeout) {
  auto id = co_await door.device(visit, "device", device);
  if (!id) co_return tl::unexpected(id.error());
  Backend::Ask ask = ask_of(visit, timeout);
  auto read = co_await door.backend().refresh(*id, std::move(what), std::move(ask));
  if (!read) co_return tl::unexpected(to_status(read.error()));
  if (!*read) co_return tl::unexpected(no_such_device(device));
  const Backend::Refreshed& done = **read;
  if (done.error_code != 0) co_return tl::unexpected(to_status(done.error_code, done.error_text));
  co_return done.values;
}

asio::awaitable<grpc::Status> read_shown(Door& door, const Visit& visit,
                                         const v1::GetParametersRequest& request,
                                         v1::GetParametersResponse& response,
                                         milliseconds timeout) {
  usp_msg::Msg message = get_message(request.paths(), request.max_depth());
  auto answer = co_await ask_agent(door, visit, request.device(), message, timeout);
  if (!answer) co_return answer.error();
  if (request.source() == v1::LIVE) {
    Backend::Refresh what;
    what.paths = parameters_in(answer->get_resp());
    if (!what.paths.empty()) {
      auto live = co_await read_live(door, visit, request.device(), std::move(what), timeout);
      // What the bridge keeps itself is never older than now.
      const bool bridge_only = !live && live.error().error_code() == grpc::StatusCode::NOT_FOUND;
      if (!live && !bridge_only) co_return live.error();
      answer = co_await ask_agent(door, visit, request.device(), std::move(message), timeout);
      if (!answer) co_return answer.error();
    }
  }
  fill(answer->get_resp(), response);
  co_return grpc::Status::OK;
}

/// The objects and parameters asked for that brought nothing.
void add_missing(const v1::GetParametersRequest& request, v1::GetParametersResponse& response) {
  std::set<std::string, std::less<>> found;
  for (const v1::Parameter& parameter : response.parameters()) found.insert(parameter.path());
  for (const std::string& path : request.paths()) {
    const auto at = found.lower_bound(path);
    const bool is_object = path.ends_with('.');
    if (at != found.end() && (is_object ? at->starts_with(path) : *at == path)) continue;
    auto* error = response.add_errors();
    error->set_path(path);
    error->set_code(kInvalidPath);
    error->set_message("the device has no such name, or it was not read yet");
  }
}

std::size_t depth_below(std::string_view object, std::string_view path) {
  path.remove_prefix(object.size());
  return static_cast<std::size_t>(std::count(path.begin(), path.end(), '.')) + 1;
}

/// Is it within max_depth of a path asked for?
bool is_near(const v1::GetParametersRequest& request, const std::string& path) {
  if (request.max_depth() == 0) return true;
  return std::any_of(request.paths().begin(), request.paths().end(), [&](const std::string& asked) {
    if (!asked.ends_with('.')) return asked == path;
    return path.starts_with(asked) && depth_below(asked, path) <= request.max_depth();
  });
}

asio::awaitable<grpc::Status> read_native(Door& door, const Visit& visit,
                                          const v1::GetParametersRequest& request,
                                          v1::GetParametersResponse& response,
                                          milliseconds timeout) {
  std::vector<std::string> paths(request.paths().begin(), request.paths().end());
  if (request.source() == v1::LIVE) {
    Backend::Refresh what;
    what.paths = paths;
    what.native = true;
    auto live = co_await read_live(door, visit, request.device(), std::move(what), timeout);
    if (!live) co_return live.error();
  }
  auto id = co_await door.device(visit, "device", request.device());
  if (!id) co_return id.error();
  auto values = co_await door.backend().native_values(*id, std::move(paths));
  if (!values) co_return to_status(values.error());
  if (!*values) co_return no_such_device(request.device());
  for (Backend::NativeValue& value : **values) {
    if (!is_near(request, value.path)) continue;
    auto* parameter = response.add_parameters();
    parameter->set_path(std::move(value.path));
    parameter->set_value(std::move(value.value));
    set_timestamp(value.updated_ms, parameter->mutable_update_time());
  }
  add_missing(request, response);
  co_return grpc::Status::OK;
}

/// Of a request's paths; OK: nothing is wrong.
grpc::Status check_paths(const google::protobuf::RepeatedPtrField<std::string>& paths) {
  if (paths.empty()) return invalid_argument("paths", "name at least one");
  if (paths.size() > kMaxPaths) return invalid_argument("paths", "more than 1000");
  for (const std::string& path : paths) {
    if (path.empty()) return invalid_argument("paths", "one of them is empty");
  }
  return grpc::Status::OK;
}

}  // namespace

asio::awaitable<tl::expected<usp_msg::Response, grpc::Status>> ask_agent(Door& door, Visit visit,
                                                                         std::string device,
                                                                         usp_msg::Msg message,
                                                                         milliseconds timeout) {
  auto id = co_await door.device(visit, "device", device);
  if (!id) co_return tl::unexpected(id.error());
  Backend::Ask ask = ask_of(visit, timeout);
  Result<std::optional<usp_msg::Msg>> answer =
      co_await door.backend().request(*id, std::move(message), std::move(ask));
  if (!answer) co_return tl::unexpected(to_status(answer.error()));
  if (!*answer) co_return tl::unexpected(no_such_device(device));
  const usp_msg::Body& body = (*answer)->body();
  if (body.has_error()) co_return tl::unexpected(to_status(body.error()));
  co_return body.response();
}

asio::awaitable<grpc::Status> read_parameters(Door& door, const Visit& visit,
                                              const v1::GetParametersRequest& request,
                                              v1::GetParametersResponse& response,
                                              milliseconds timeout) {
  grpc::Status checked = check_paths(request.paths());
  if (!checked.ok()) co_return checked;
  grpc::Status status;
  if (request.view() == v1::NATIVE) {
    status = co_await read_native(door, visit, request, response, timeout);
  } else {
    status = co_await read_shown(door, visit, request, response, timeout);
  }
  co_return status;
}

asio::awaitable<grpc::Status> refresh_parameters(Door& door, const Visit& visit,
                                                 const v1::RefreshParametersRequest& request,
                                                 v1::RefreshParametersResponse& response,
                                                 milliseconds timeout) {
  grpc::Status checked = check_paths(request.paths());
  if (!checked.ok()) co_return checked;
  Backend::Refresh what;
  what.paths.assign(request.paths().begin(), request.paths().end());
  what.native = request.view() == v1::NATIVE;
  auto read = co_await read_live(door, visit, request.device(), std::move(what), timeout);
  if (!read) co_return read.error();
  response.set_parameters(static_cast<std::uint32_t>(*read));
  co_return grpc::Status::OK;
}

}  // namespace bridge::control
