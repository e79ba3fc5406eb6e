#include "bridge/ctl/connection.h"

#include <boost/uuid/random_generator.hpp>
#include <boost/uuid/uuid_io.hpp>
#include <fstream>
#include <iostream>
#include <iterator>
#include <stdexcept>

#include "bridge/control/names.h"
#include "bridge/control/status_name.h"
#include "proto/bridge/v1/error.pb.h"
#include "proto/google/rpc/error_details.pb.h"
#include "proto/google/rpc/status.pb.h"

namespace bridge::ctl {

namespace {

constexpr int kMaxMessageBytes = 64 * 1024 * 1024;

std::string read_file(const std::string& name) {
  std::ifstream in(name, std::ios::binary);
  if (!in.is_open()) throw std::runtime_error(name + ": cannot be read");
  return {std::istreambuf_iterator<char>(in), {}};
}

std::string trimmed(std::string text) {
  const auto end = text.find_last_not_of(" \t\r\n");
  text.resize(end == std::string::npos ? 0 : end + 1);
  return text;
}

std::shared_ptr<grpc::ChannelCredentials> credentials_of(const ConnectionOptions& options) {
  if (options.ca.empty()) return grpc::InsecureChannelCredentials();
  grpc::SslCredentialsOptions tls;
  tls.pem_root_certs = read_file(options.ca);
  if (!options.certificate.empty()) tls.pem_cert_chain = read_file(options.certificate);
  if (!options.key.empty()) tls.pem_private_key = read_file(options.key);
  return grpc::SslCredentials(tls);
}

Format format_of(const std::string& name) {
  if (name == "json") return Format::kJson;
  return name == "wide" ? Format::kWide : Format::kTable;
}

void print_detail(const v1::DeviceError& error) {
  for (const v1::ParameterError& each : error.parameters()) {
    std::cerr << "  " << each.path() << ": " << each.message() << " (USP " << each.usp_code();
    if (each.cwmp_fault() != 0) std::cerr << ", CWMP " << each.cwmp_fault();
    std::cerr << ")\n";
  }
}

}  // namespace

void add_options(CLI::App& app, ConnectionOptions& options) {
  app.add_option("--address", options.address, "host:port or unix:/path")
      ->envname("USP_BRIDGECTL_ADDRESS")
      ->capture_default_str();
  app.add_option("--token", options.token, "bearer token, or @FILE that holds it")
      ->envname("USP_BRIDGECTL_TOKEN");
  app.add_option("--ca", options.ca, "PEM file with the bridge's CA: TLS is used")
      ->envname("USP_BRIDGECTL_CA");
  app.add_option("--certificate", options.certificate, "PEM file with our certificate")
      ->envname("USP_BRIDGECTL_CERTIFICATE");
  app.add_option("--key", options.key, "PEM file with its key")->envname("USP_BRIDGECTL_KEY");
  app.add_option("--name", options.name, "name in the bridge's certificate, if not the address")
      ->envname("USP_BRIDGECTL_NAME");
  app.add_option("--timeout", options.timeout_s, "seconds a call may take")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  app.add_option("-o,--output", options.output, "table, wide or json (a line for each)")
      ->check(CLI::IsMember({"table", "wide", "json"}))
      ->capture_default_str();
}

Connection::Connection(const ConnectionOptions& options)
    : address_(options.address),
      uses_tls_(!options.ca.empty()),
      token_(options.token),
      timeout_s_(options.timeout_s),
      format_(format_of(options.output)) {
  if (token_.starts_with('@')) token_ = trimmed(read_file(token_.substr(1)));
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(kMaxMessageBytes);
  if (!options.name.empty()) arguments.SetSslTargetNameOverride(options.name);
  channel_ = grpc::CreateCustomChannel(options.address, credentials_of(options), arguments);
}

void Connection::prepare(grpc::ClientContext& context, bool deadline) const {
  if (!token_.empty()) context.AddMetadata("authorization", "Bearer " + token_);
  if (!deadline) return;
  context.set_deadline(std::chrono::system_clock::now() +
                       std::chrono::milliseconds(static_cast<std::int64_t>(timeout_s_ * 1000)));
}

int exit_status(grpc::StatusCode code) {
  switch (code) {
    case grpc::StatusCode::NOT_FOUND:
      return kNotFound;
    case grpc::StatusCode::DEADLINE_EXCEEDED:
    case grpc::StatusCode::UNKNOWN:
      return kNotInTime;
    case grpc::StatusCode::UNAVAILABLE:
      return kNoBridge;
    case grpc::StatusCode::PERMISSION_DENIED:
    case grpc::StatusCode::UNAUTHENTICATED:
      return kNotAllowed;
    default:
      return kFailed;
  }
}

int fail(const grpc::Status& status) {
  std::cerr << "usp-bridgectl: " << status.error_message() << " ("
            << control::name_of(status.error_code()) << ")\n";
  google::rpc::Status whole;
  if (whole.ParseFromString(status.error_details())) {
    for (const auto& each : whole.details()) {
      v1::DeviceError error;
      if (each.UnpackTo(&error)) print_detail(error);
    }
  }
  return exit_status(status.error_code());
}

int wrong_use(const std::string& text) {
  std::cerr << "usp-bridgectl: " << text << '\n';
  return kWrongUse;
}

std::string device_of(const std::string& device) {
  return device.starts_with("devices/") ? device : control::device_name(device);
}

std::string make_uuid() {
  boost::uuids::random_generator generate;
  return boost::uuids::to_string(generate());
}

}  // namespace bridge::ctl
