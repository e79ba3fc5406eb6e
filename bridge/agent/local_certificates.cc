// Device.LocalAgent.Certificate. and what refers to it: the part of LocalModel and LocalTransaction
// that is about certificates of controllers and CAs (TR-369 "Certificate Management").
#include <utility>

#include "bridge/agent/local_model.h"
#include "bridge/agent/local_transaction.h"
#include "usp/certificate.h"

namespace bridge {
namespace {

constexpr std::string_view kCertificates = "Device.LocalAgent.Certificate.";
constexpr std::string_view kCredentials = "Device.LocalAgent.ControllerTrust.Credential.";
constexpr std::string_view kControllers = "Device.LocalAgent.Controller.";

std::string row_path(std::string_view table, std::uint32_t number) {
  return std::string(table) + std::to_string(number) + ".";
}

usp::Error wrong(usp::ErrorCode code, std::string text) { return {code, std::move(text), {}}; }

}  // namespace

// ---- reading ------------------------------------------------------------------------------------

std::string LocalModel::certificate_pem(std::string_view row) const {
  return row.starts_with(kCertificates) && has_object(row) ? get(row, "Certificate")
                                                           : std::string();
}

std::string LocalModel::referred_certificate(std::string_view object_path,
                                             std::string_view name) const {
  std::string row = get(object_path, name);
  if (row.empty()) return row;
  if (!row.ends_with('.')) row += '.';
  return get_flag(row, "Enable") ? certificate_pem(row) : std::string();
}

LocalTrust LocalModel::trust_of(std::string_view endpoint_id) const {
  LocalTrust trust;
  for (std::uint32_t number : rows_of(kCredentials)) {
    const std::string row = row_path(kCredentials, number);
    if (!get_flag(row, "Enable") || get(row, "AllowedUses") != "MTP-and-USP") continue;
    std::string pem = referred_certificate(row, "Credential");
    if (!pem.empty()) trust.trusted.push_back(std::move(pem));
  }
  for (std::uint32_t number : rows_of(kControllers)) {
    const std::string row = row_path(kControllers, number);
    if (!get_flag(row, "Enable") || get(row, "EndpointID") != endpoint_id) continue;
    std::string pem = referred_certificate(row, "Credential");
    if (!pem.empty()) trust.own.push_back(std::move(pem));
  }
  return trust;
}

// ---- writing ------------------------------------------------------------------------------------

usp::Result<std::string> LocalTransaction::add_certificate(std::string_view alias,
                                                           std::string_view pem) {
  const auto certificate = usp::Certificate::from_pem(pem);
  if (!certificate) {
    return tl::unexpected(
        wrong(usp::ErrorCode::kInvalidCommandArguments, "Certificate: " + certificate.error()));
  }
  const Mark before = mark();
  const bool as_bridge = std::exchange(actor_.bridge, true);
  usp::Result<std::string> row = create_row(kCertificates);
  if (row && !alias.empty()) {
    const auto refused = apply(*row, {"Alias", std::string(alias), true}, true);
    if (refused)
      row = tl::unexpected(wrong(usp::ErrorCode::kInvalidCommandArguments, refused->text));
  }
  actor_.bridge = as_bridge;
  if (row) {
    put(*row + "Enable", "true");
    put(*row + "SerialNumber", certificate->serial_number());
    put(*row + "Issuer", certificate->issuer());
    put(*row + "Certificate", certificate->pem());
    fill_in(*row);
    if (const auto clash = duplicate_key(*row)) {
      row = tl::unexpected(wrong(usp::ErrorCode::kCommandFailure, clash->text));
    }
  }
  if (!row) roll_back_to(before);
  return row;
}

/// TR-181: the parameters that refer to it are emptied.
void LocalTransaction::forget_certificate(const std::string& certificate_path) {
  const std::string_view reference(certificate_path.data(), certificate_path.size() - 1);
  for (const std::string_view table : {kCredentials, kControllers}) {
    for (std::uint32_t number : model_.rows_of(table)) {
      const std::string row = row_path(table, number);
      const std::string referred = model_.get(row, "Credential");
      if (referred == reference || referred == certificate_path) put(row + "Credential", {});
    }
  }
}

}  // namespace bridge
