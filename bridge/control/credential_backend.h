// What the credential service asks of the rest of the bridge.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstddef>
#include <string>
#include <vector>

#include "bridge/credential/book.h"
#include "bridge/credential/entry.h"
#include "bridge/result.h"
#include "bridge/store/rows.h"

namespace bridge::control {

/// A credential without its password.
struct CredentialInfo {
  std::string username;
  DeviceIdentity identity;  ///< no serial: nobody's
  CredentialSource source = CredentialSource::kImported;
  CredentialState state = CredentialState::kActive;
  std::string endpoint_id;  ///< of the device, if it is known
  std::int64_t created_ms = 0;
};

struct CredentialsPut {
  CredentialChanges changes;
  std::vector<std::string> kept;  ///< user names
};

/// Thread-safe. Each awaitable may be awaited on any executor and resumes there. `peer` is who
/// asks, for the audit log. kBusy: later it may work.
class CredentialBackend {
 public:
  virtual ~CredentialBackend() = default;

  /// All or nothing. kInvalid, a line each: one of them is wrong, is there twice, or has a user
  /// name of the configuration.
  virtual boost::asio::awaitable<Result<CredentialsPut>> put_credentials(
      std::vector<CredentialEntry> entries, std::string peer) = 0;

  /// By user name, ascending, above `after`; of one device where `endpoint_id` is not empty (then
  /// kInvalid: there is no such device).
  virtual boost::asio::awaitable<Result<std::vector<CredentialInfo>>> credentials(
      std::string after, std::size_t limit, std::string endpoint_id) = 0;

  /// False: there is none. kConflict: it is on its way to its device.
  virtual boost::asio::awaitable<Result<bool>> erase_credential(std::string username,
                                                                std::string peer) = 0;

  /// kInvalid: no such device. kConflict: it comes in without a credential, or with a certificate.
  virtual boost::asio::awaitable<Result<CredentialInfo>> rotate_credential(std::string endpoint_id,
                                                                           std::string peer) = 0;
};

}  // namespace bridge::control
