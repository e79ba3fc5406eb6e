// A CredentialBackend that keeps what it is asked and answers what it is told to.
#pragma once

#include <algorithm>
#include <boost/asio/awaitable.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "bridge/control/credential_backend.h"

namespace bridge::control {

/// Set it up before the calls come; what it was asked is read after they have ended.
class FakeCredentialBackend final : public CredentialBackend {
 public:
  template <class T>
  using Later = boost::asio::awaitable<T>;

  std::vector<CredentialInfo> all;  ///< by user name
  CredentialsPut put_answer;
  std::optional<Error> trouble;  ///< what every call says

  std::vector<CredentialEntry> put;
  std::string asked_device;
  std::string peer;

  Later<Result<CredentialsPut>> put_credentials(std::vector<CredentialEntry> entries,
                                                std::string from) override {
    if (trouble) co_return tl::unexpected(*trouble);
    put = std::move(entries);
    peer = std::move(from);
    co_return put_answer;
  }
  Later<Result<std::vector<CredentialInfo>>> credentials(std::string after, std::size_t limit,
                                                         std::string endpoint_id) override {
    asked_device = std::move(endpoint_id);
    if (trouble) co_return tl::unexpected(*trouble);
    std::vector<CredentialInfo> page;
    for (const CredentialInfo& each : all) {
      if (each.username > after && page.size() < limit) page.push_back(each);
    }
    co_return page;
  }
  Later<Result<bool>> erase_credential(std::string username, std::string from) override {
    peer = std::move(from);
    if (trouble) co_return tl::unexpected(*trouble);
    co_return std::erase_if(
        all, [&](const CredentialInfo& each) { return each.username == username; }) > 0;
  }
  Later<Result<CredentialInfo>> rotate_credential(std::string endpoint_id,
                                                  std::string from) override {
    asked_device = std::move(endpoint_id);
    peer = std::move(from);
    if (trouble) co_return tl::unexpected(*trouble);
    co_return all.front();
  }
};

}  // namespace bridge::control
