#include "bridge/config_grpc.h"

#include <algorithm>
#include <set>

#include "bridge/control/filter.h"

namespace bridge {

namespace {

constexpr std::size_t kMaxDeniedPaths = 1000;

std::string check_sha256(const std::string& text) {
  const bool hex = std::ranges::all_of(text, [](unsigned char c) { return std::isxdigit(c) != 0; });
  return text.empty() || (hex && text.size() == 64) ? "" : "must be 64 hexadecimal digits";
}

std::string check_filter(const std::string& text) {
  auto filter = control::Filter::parse(text);
  return filter ? "" : "not a filter: " + filter.error();
}

std::string check_method(const std::string& text) {
  const auto slashes = std::ranges::count(text, '/');
  return slashes == 1 ? "" : "must be Service/Method, such as DeviceService/Get*";
}

std::string check_denied(const std::string& text) {
  return text.empty() ? "must not be empty" : "";
}

void read_role(ConfigSection& s, GrpcRoleConfig& role) {
  s.text("name", role.name);
  s.words("methods", role.methods, check_method);
  if (role.name.empty()) s.mistake("name", "must be set");
  if (role.methods.empty()) s.mistake("methods", "must not be empty");
}

void read_client(ConfigSection& s, GrpcClientConfig& client) {
  s.text("name", client.name);
  s.text("token_file", client.token_file);
  s.text("token_sha256", client.token_sha256, check_sha256);
  s.text("certificate", client.certificate);
  s.text("role", client.role);
  s.text("devices", client.devices, check_filter);
  if (client.name.empty()) s.mistake("name", "must be set");
  if (client.token_file.empty() && client.token_sha256.empty() && client.certificate.empty()) {
    s.mistake("name", "needs token_file, token_sha256 or certificate");
  }
}

void check_names(ConfigSection& s, const GrpcConfig& grpc) {
  std::set<std::string_view> roles{"viewer", "operator", "admin"};
  for (std::size_t i = 0; i < grpc.roles.size(); ++i) {
    if (roles.insert(grpc.roles[i].name).second) continue;
    const std::string at = "roles[" + std::to_string(i) + "].name";
    s.mistake(at.c_str(), "\"" + grpc.roles[i].name + "\" is there already");
  }
  std::set<std::string_view> clients;
  for (std::size_t i = 0; i < grpc.clients.size(); ++i) {
    const GrpcClientConfig& client = grpc.clients[i];
    const std::string at = "clients[" + std::to_string(i) + "].";
    if (!clients.insert(client.name).second) {
      s.mistake((at + "name").c_str(), "\"" + client.name + "\" is there twice");
    }
    if (!roles.contains(client.role)) {
      s.mistake((at + "role").c_str(), "\"" + client.role +
                                           "\" is neither viewer, operator, admin nor a name of "
                                           "grpc.roles");
    }
    if (!client.certificate.empty() && grpc.tls.client_ca.empty()) {
      s.mistake((at + "certificate").c_str(), "needs grpc.tls.client_ca");
    }
  }
}

}  // namespace

void read_grpc(ConfigSection& s, GrpcConfig& grpc, const TextCheck& check_address) {
  s.text("listen", grpc.listen, [&check_address](const std::string& text) {
    return text.starts_with("unix:/") ? "" : check_address(text);
  });
  s.number<std::uint16_t>("port", grpc.port, 0, 65'535);
  s.list("roles", grpc.roles, read_role);
  s.list("clients", grpc.clients, read_client);
  s.flag("allow_insecure_off_loopback", grpc.allow_insecure_off_loopback);
  s.number<std::size_t>("watch_history", grpc.watch_history, 0, 10'000'000);
}

void check_grpc(ConfigSection& s, const GrpcConfig& grpc) {
  check_names(s, grpc);
  if (grpc.on_loopback() || grpc.allow_insecure_off_loopback) return;
  // A certificate of the server alone says nothing about who calls, and a token is nobody's
  // business on the way.
  if (grpc.tls.certificate.empty() || (grpc.tls.client_ca.empty() && grpc.clients.empty())) {
    s.mistake("listen",
              "off loopback needs tls.certificate and either tls.client_ca or clients, or "
              "allow_insecure_off_loopback: true");
  }
}

void read_brakes(ConfigSection& s, BrakesConfig& brakes) {
  s.number<std::size_t>("bulk_devices", brakes.bulk_devices, 1, 10'000'000);
  s.number<std::size_t>("instances", brakes.instances, 1, 100'000);
  s.words("denied_paths", brakes.denied_paths, check_denied);
  if (brakes.denied_paths.size() > kMaxDeniedPaths) {
    s.mistake("denied_paths", "more than " + std::to_string(kMaxDeniedPaths));
  }
}

}  // namespace bridge
