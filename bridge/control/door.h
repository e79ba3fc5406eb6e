// The door of the control API: every call comes in through it. It says who calls and whether they
// may, finds repetitions, counts, and writes the audit log.
#pragma once

#include <grpcpp/grpcpp.h>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <tl/expected.hpp>

#include "bridge/control/access.h"
#include "bridge/rate.h"

namespace bridge::control {

class Backend;
class RequestBook;

/// How one call ended. `seconds`: since it came in.
using CallObserver =
    std::function<void(std::string_view method, grpc::StatusCode code, double seconds)>;

/// One call that was let in. Copied freely; the Door outlives the calls.
struct Visit {
  ClientPtr client;
  std::string method;    ///< "DeviceService/GetDevice"
  std::string peer;      ///< "ipv4:127.0.0.1:4711"
  std::string subject;   ///< the resource it is about; may be empty
  std::string trace_id;  ///< of the client's `traceparent`, or a new one
  std::chrono::steady_clock::time_point began;
};

/// Trailing metadata of every call: its trace id, to look for in the log.
inline constexpr const char* kTraceHeader = "trace-id";

/// Thread-safe. Always held by a shared_ptr: a call that outlives its server keeps it.
class Door : public std::enable_shared_from_this<Door> {
 public:
  struct Options {
    GrpcConfig config;
    CallObserver observer;            ///< may be empty
    RequestBook* requests = nullptr;  ///< nullptr: a request_id is looked at, not kept
  };

  /// Throws std::runtime_error naming a token file that cannot be used. `backend` outlives it.
  Door(boost::asio::any_io_executor executor, Backend& backend, Options options);

  /// UNAUTHENTICATED, or PERMISSION_DENIED. A refusal is counted and logged here.
  tl::expected<Visit, grpc::Status> enter(grpc::CallbackServerContext& context,
                                          std::string_view method, std::string subject);

  /// For calls that last: OK, or PERMISSION_DENIED when the rules have changed and do not let the
  /// client in any more.
  grpc::Status check_again(const Visit& visit) const;

  /// At the end of a call that was let in: counts, and logs what changed something or failed.
  void leave(const Visit& visit, const grpc::Status& status) const;

  /// The Endpoint ID of a device's name, if the client may touch that device. PERMISSION_DENIED
  /// also where there is none, to a client that may not see all: it learns nothing.
  boost::asio::awaitable<tl::expected<std::string, grpc::Status>> device(Visit visit,
                                                                         std::string field,
                                                                         std::string name);

  /// For what concerns more than single devices: OK to a client that may touch all of them.
  static grpc::Status whole_fleet(const Visit& visit);

  /// Other clients and roles, and what is in their token files now. On an error, which names the
  /// file, nothing changes.
  tl::expected<void, std::string> reload(const GrpcConfig& config);

  const boost::asio::any_io_executor& executor() const { return executor_; }
  Backend& backend() const { return backend_; }
  RequestBook* requests() const { return options_.requests; }

 private:
  std::shared_ptr<const AccessRules> rules() const;

  boost::asio::any_io_executor executor_;
  Backend& backend_;
  const Options options_;
  mutable std::mutex mutex_;
  std::shared_ptr<const AccessRules> rules_;
  Rate refusals_{20, 100};  ///< lines in the log
};

}  // namespace bridge::control
