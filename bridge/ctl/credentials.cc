// usp-bridgectl credentials import | list | delete | rotate
#include <iostream>
#include <utility>
#include <vector>

#include "bridge/control/names.h"
#include "bridge/credential/file.h"
#include "bridge/ctl/commands.h"
#include "bridge/ctl/output.h"
#include "proto/bridge/v1/credential.grpc.pb.h"

namespace bridge::ctl {

namespace {

constexpr std::size_t kBatch = 1000;  // what one call takes

using Stub = v1::CredentialService::Stub;

std::unique_ptr<Stub> stub_of(const Connection& connection) {
  return v1::CredentialService::NewStub(connection.channel());
}

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

int import_file(const Connection& connection, const std::string& file) {
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
    status = connection.call(stub_of(connection), &Stub::PutCredentials,
                             request_of(std::move(entries)), response);
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

void add(Table& table, const v1::Credential& credential) {
  table.add({credential.username(), v1::Credential::State_Name(credential.state()),
             v1::Credential::Source_Name(credential.source()), credential.oui(),
             credential.product_class(), credential.serial_number(),
             control::parse_device_name(credential.device()).value_or("")});
}

std::vector<std::string> head() {
  return {"USERNAME", "STATE", "SOURCE", "OUI", "PRODUCT CLASS", "SERIAL NUMBER", "DEVICE"};
}

int list(const Connection& connection, const std::string& device) {
  v1::ListCredentialsRequest request;
  request.set_page_size(1000);
  if (!device.empty()) request.set_device(device_of(device));
  std::optional<Table> table;
  if (connection.format() != Format::kJson) table.emplace(head());
  do {
    v1::ListCredentialsResponse page;
    const grpc::Status status =
        connection.call(stub_of(connection), &Stub::ListCredentials, request, page);
    if (!status.ok()) return fail(status);
    for (const v1::Credential& credential : page.credentials()) {
      if (table) {
        add(*table, credential);
      } else {
        print_json(credential);
      }
    }
    request.set_page_token(page.next_page_token());
  } while (!request.page_token().empty());
  return kDone;
}

int erase(const Connection& connection, const std::string& username) {
  v1::DeleteCredentialRequest request;
  request.set_name(control::credential_name(username));
  google::protobuf::Empty nothing;
  const grpc::Status status =
      connection.call(stub_of(connection), &Stub::DeleteCredential, request, nothing);
  return status.ok() ? 0 : fail(status);
}

int rotate(const Connection& connection, const std::string& device) {
  v1::RotateCredentialRequest request;
  request.set_device(device_of(device));
  v1::Credential credential;
  const grpc::Status status =
      connection.call(stub_of(connection), &Stub::RotateCredential, request, credential);
  if (!status.ok()) return fail(status);
  if (connection.format() == Format::kJson) {
    print_json(credential);
  } else {
    Table table(head());
    add(table, credential);
  }
  return kDone;
}

}  // namespace

void add_credential_commands(CLI::App& app, Action& action) {
  CLI::App* commands = app.add_subcommand("credentials", "what single devices log in with");
  commands->require_subcommand(1);
  auto argument = std::make_shared<std::string>();
  auto command = [&action, commands, argument](const char* name, const char* help,
                                               int (*work)(const Connection&, const std::string&)) {
    CLI::App* made = commands->add_subcommand(name, help);
    made->callback([&action, argument, work] {
      action = [argument, work](const Connection& connection) {
        return work(connection, *argument);
      };
    });
    return made;
  };
  command("import",
          "adds and replaces: lines of username,password[,oui,product_class,serial_number]",
          import_file)
      ->add_option("file", *argument)
      ->required();
  command("list", "all of them, or those of a device", list)
      ->add_option("device", *argument, "Endpoint ID");
  command("delete", "its device is bound to none then", erase)
      ->add_option("username", *argument)
      ->required();
  command("rotate", "gives a device a new username and password", rotate)
      ->add_option("device", *argument, "Endpoint ID")
      ->required();
}

}  // namespace bridge::ctl
