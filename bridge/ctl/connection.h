// How usp-bridgectl talks to the bridge.
#pragma once

#include <google/protobuf/message.h>
#include <grpcpp/grpcpp.h>

#include <CLI/CLI.hpp>
#include <functional>
#include <memory>
#include <string>

namespace bridge::ctl {

enum class Format { kTable, kWide, kJson };

/// Exit statuses.
enum Exit : int {
  kDone = 0,
  kFailed = 1,      ///< the bridge or the device said no
  kWrongUse = 2,    ///< of this program
  kNotFound = 3,    ///< no such device, operation ...
  kNotInTime = 4,   ///< the device was not reached, or its answer is not known
  kNoBridge = 5,    ///< the bridge was not reached
  kNotAllowed = 6,  ///< the bridge does not know us, or our role is too small
};

/// What the command line says of it.
struct ConnectionOptions {
  std::string address = "127.0.0.1:50051";
  std::string token;  ///< "@file": it is in there
  std::string ca;     ///< PEM files; set: TLS
  std::string certificate;
  std::string key;
  std::string name;  ///< of the server's certificate, where that is not in the address
  double timeout_s = 60;
  std::string output = "table";
};

/// Adds the options to `app`; `options` outlives it.
void add_options(CLI::App& app, ConnectionOptions& options);

class Connection {
 public:
  /// Throws std::runtime_error naming a file that cannot be read.
  explicit Connection(const ConnectionOptions& options);

  const std::shared_ptr<grpc::Channel>& channel() const { return channel_; }
  Format format() const { return format_; }
  double timeout_s() const { return timeout_s_; }
  const std::string& address() const { return address_; }
  bool uses_tls() const { return uses_tls_; }

  /// With the token. `deadline`: for calls that end.
  void prepare(grpc::ClientContext& context, bool deadline = true) const;

  /// One call; the status has the details.
  template <class Stub, class Request, class Response>
  grpc::Status call(const std::unique_ptr<Stub>& stub,
                    grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*),
                    const Request& request, Response& response) const {
    grpc::ClientContext context;
    prepare(context);
    return (stub.get()->*method)(&context, request, &response);
  }

 private:
  std::string address_;
  bool uses_tls_;
  std::shared_ptr<grpc::Channel> channel_;
  std::string token_;
  double timeout_s_;
  Format format_;
};

/// What a command does once the options are read; the exit status.
using Action = std::function<int(const Connection&)>;

/// The exit status for it.
int exit_status(grpc::StatusCode code);
/// Says what went wrong, with its details; the exit status for it.
int fail(const grpc::Status& status);
/// Says how this program is used wrongly.
int wrong_use(const std::string& text);

/// "devices/..." of an Endpoint ID, or of such a name.
std::string device_of(const std::string& device);

/// A random UUID, for request_id.
std::string make_uuid();

}  // namespace bridge::ctl
