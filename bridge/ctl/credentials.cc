#include "bridge/ctl/credentials.h"

#include <chrono>
#include <iostream>
#include <utility>
#include <vector>

#include "bridge/control/names.h"
#include "bridge/credential/file.h"
#include "proto/bridge/v1/credential.grpc.pb.h"

namespace bridge::ctl {

namespace {

constexpr std::size_t kBatch = 1000;  // what one call takes

int fail(const grpc::Status& status) {
  std::cerr << "usp-bridgectl: " << status.error_message() << " (code " << status.error_code()
            << ")\n";
  return 1;
}

std::string device_of(const std::string& device) {
  return device.starts_with("devices/") ? device : control::device_name(device);
}

class Client {
 public:
  Client(const std::shared_ptr<grpc::Channel>& channel, double timeout_s)
      : stub_(v1::CredentialService::NewStub(channel)), timeout_s_(timeout_s) {}

  template <class Request, class Response>
  grpc::Status call(grpc::Status (v1::CredentialService::Stub::*method)(grpc::ClientContext*,
                                                                        const Request&, Response*),
                    const Request& request, Response& response) {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() +
                         std::chrono::milliseconds(static_cast<std::int64_t>(timeout_s_ * 1000)));
    return (stub_.get()->*method)(&context, request, &response);
  }

 private:
  std::unique_ptr<v1::CredentialService::Stub> stub_;
  double timeout_s_;
};

using Stub = v1::CredentialService::Stub;

v1::PutCredentialsRequest request_of(std::vector<CredentialEntry> entries) {
  v1::PutCredentialsRequest request;
  for (CredentialEntry& entry : entries) {
    auto* out = request.add_credentials();
    out->set_username(std::move(entry.username));
    out->set_password(std::move(entry.password));
    out->set_oui(std::move(entry.oui));
    out->set_product_class(std::move(entry.product_class));
    out->set_serial_number(std::move(entry.serial_number));
  }
  return request;
}

int import_file(Client client, const std::string& file) {
  auto text = load_credential_file(file);
  if (!text) {
    std::cerr << "usp-bridgectl: " << text.error().text << "\n";
    return 2;
  }
  const CredentialCheck check = check_credential_file(*text, {});
  for (const CredentialMistake& mistake : check.listed) {
    std::cerr << file << ":" << mistake.line << ": " << mistake.text << "\n";
  }
  if (check.mistakes > 0) {
    std::cerr << file << ": " << check.mistakes << " mistakes; nothing of it was imported\n";
    return 2;
  }
  v1::PutCredentialsResponse sum;
  grpc::Status status;
  read_credential_file(*text, kBatch, [&](std::vector<CredentialEntry> entries) {
    v1::PutCredentialsResponse response;
    status = client.call(&Stub::PutCredentials, request_of(std::move(entries)), response);
    if (!status.ok()) return false;
    sum.set_added(sum.added() + response.added());
    sum.set_changed(sum.changed() + response.changed());
    sum.set_unchanged(sum.unchanged() + response.unchanged());
    sum.mutable_kept()->MergeFrom(response.kept());
    return true;
  });
  std::cout << sum.added() << " added, " << sum.changed() << " changed, " << sum.unchanged()
            << " unchanged\n";
  for (const std::string& username : sum.kept()) {
    std::cerr << username << ": not touched, the bridge has given the device another password\n";
  }
  if (!status.ok()) return fail(status);
  return sum.kept_size() == 0 ? 0 : 1;
}

void print(const v1::Credential& credential) {
  std::cout << credential.username() << '\t' << v1::Credential::State_Name(credential.state())
            << '\t' << v1::Credential::Source_Name(credential.source()) << '\t' << credential.oui()
            << '\t' << credential.product_class() << '\t' << credential.serial_number() << '\t'
            << control::parse_device_name(credential.device()).value_or("") << '\n';
}

int list(Client client, const std::string& device) {
  v1::ListCredentialsRequest request;
  request.set_page_size(1000);
  if (!device.empty()) request.set_device(device_of(device));
  do {
    v1::ListCredentialsResponse page;
    const grpc::Status status = client.call(&Stub::ListCredentials, request, page);
    if (!status.ok()) return fail(status);
    for (const v1::Credential& credential : page.credentials()) print(credential);
    request.set_page_token(page.next_page_token());
  } while (!request.page_token().empty());
  return 0;
}

int erase(Client client, const std::string& username) {
  v1::DeleteCredentialRequest request;
  request.set_name(control::credential_name(username));
  google::protobuf::Empty nothing;
  const grpc::Status status = client.call(&Stub::DeleteCredential, request, nothing);
  return status.ok() ? 0 : fail(status);
}

int rotate(Client client, const std::string& device) {
  v1::RotateCredentialRequest request;
  request.set_device(device_of(device));
  v1::Credential credential;
  const grpc::Status status = client.call(&Stub::RotateCredential, request, credential);
  if (!status.ok()) return fail(status);
  print(credential);
  return 0;
}

}  // namespace

CredentialCommands::CredentialCommands(CLI::App& app)
    : commands_(app.add_subcommand("credentials", "what single devices log in with")) {
  commands_->require_subcommand(1);
  import_ = commands_->add_subcommand(
      "import", "adds and replaces: lines of username,password[,oui,product_class,serial_number]");
  list_ = commands_->add_subcommand(
      "list", "username, state, source, oui, product class, serial number, device");
  delete_ = commands_->add_subcommand("delete", "its device is bound to none then");
  rotate_ = commands_->add_subcommand("rotate", "gives a device a new username and password");
  import_->add_option("file", argument_)->required();
  list_->add_option("device", argument_, "Endpoint ID; without it all credentials");
  delete_->add_option("username", argument_)->required();
  rotate_->add_option("device", argument_, "Endpoint ID")->required();
}

int CredentialCommands::run(const std::shared_ptr<grpc::Channel>& channel, double timeout_s) const {
  Client client(channel, timeout_s);
  if (import_->parsed()) return import_file(std::move(client), argument_);
  if (list_->parsed()) return list(std::move(client), argument_);
  if (delete_->parsed()) return erase(std::move(client), argument_);
  return rotate(std::move(client), argument_);
}

}  // namespace bridge::ctl
