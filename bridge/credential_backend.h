// The credential service's view of the running bridge.
#pragma once

#include <memory>

#include "bridge/control/credential_backend.h"

namespace bridge {

class Device;
struct Runtime;

/// Thread-safe.
class CredentialBackend final : public control::CredentialBackend {
 public:
  explicit CredentialBackend(Runtime& runtime) : runtime_(runtime) {}

  boost::asio::awaitable<Result<control::CredentialsPut>> put_credentials(
      std::vector<CredentialEntry> entries, std::string peer) override;
  boost::asio::awaitable<Result<std::vector<control::CredentialInfo>>> credentials(
      std::string after, std::size_t limit, std::string endpoint_id) override;
  boost::asio::awaitable<Result<bool>> erase_credential(std::string username,
                                                        std::string peer) override;
  boost::asio::awaitable<Result<control::CredentialInfo>> rotate_credential(
      std::string endpoint_id, std::string peer) override;

 private:
  /// False: it is on its way.
  boost::asio::awaitable<Result<bool>> withdraw(CredentialRow row);

  Runtime& runtime_;
};

}  // namespace bridge
