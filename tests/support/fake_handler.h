// A SessionHandler that plays a script and remembers what it was told.
#pragma once

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "cwmp/handler.h"
#include "tests/support/mailbox.h"

namespace support {

struct EndOfSession {
  std::string serial_number;
  cwmp::SessionEnd end = cwmp::SessionEnd::kComplete;
  bool rpc_open = false;
};

/// Set it up before the server starts; the mailboxes are thread-safe.
class FakeHandler final : public cwmp::SessionHandler {
 public:
  std::map<std::string, std::string> users;  ///< name to password
  std::vector<cwmp::AcsRequest> rpcs;        ///< of each session
  std::optional<cwmp::Refusal> refusal;      ///< of each Inform
  cwmp::Manners manners;                     ///< of each session
  /// Instead of AuthDemand::kDefault.
  std::function<std::optional<cwmp::AuthDemand>(const std::string&, const cwmp::DeviceId*)> demand;
  bool hold = false;  ///< next_rpc() waits until it is cancelled
  bool throw_on_request = false;

  Mailbox<cwmp::SessionStart> begun;
  Mailbox<cwmp::CpeRequest> requests;
  Mailbox<cwmp::CpeResponse> responses;
  Mailbox<std::string> asked;  ///< serial number at each next_rpc()
  Mailbox<EndOfSession> ended;

  std::optional<cwmp::AuthDemand> auth_demand(const std::string& peer_address,
                                              const cwmp::DeviceId* claimed) override {
    return demand ? demand(peer_address, claimed) : cwmp::AuthDemand::kDefault;
  }

  boost::asio::awaitable<std::vector<std::string>> passwords(std::string username) override {
    std::vector<std::string> found;
    const auto user = users.find(username);
    if (user != users.end()) found.push_back(user->second);
    co_return found;
  }

  boost::asio::awaitable<tl::expected<std::shared_ptr<cwmp::DeviceSession>, cwmp::Refusal>> begin(
      cwmp::SessionStart start) override {
    if (refusal) co_return tl::unexpected(*refusal);
    auto session = std::make_shared<FakeSession>(*this, start.inform.device_id.serial_number, rpcs);
    begun.put(std::move(start));
    co_return session;
  }

 private:
  class FakeSession final : public cwmp::DeviceSession {
   public:
    FakeSession(FakeHandler& owner, std::string serial_number, std::vector<cwmp::AcsRequest> rpcs)
        : owner_(owner), serial_number_(std::move(serial_number)), rpcs_(std::move(rpcs)) {}

    cwmp::Manners manners() const override { return owner_.manners; }

    boost::asio::awaitable<cwmp::AcsResponse> on_request(cwmp::CpeRequest request) override {
      if (owner_.throw_on_request) throw std::runtime_error("disk full");
      owner_.requests.put(std::move(request));
      co_return cwmp::TransferCompleteResponse{};
    }

    boost::asio::awaitable<std::optional<cwmp::AcsRequest>> next_rpc() override {
      owner_.asked.put(serial_number_);
      if (owner_.hold) {
        const auto executor = co_await boost::asio::this_coro::executor;
        boost::asio::steady_timer timer(executor, boost::asio::steady_timer::time_point::max());
        co_await timer.async_wait(boost::asio::use_awaitable);
      }
      if (next_ == rpcs_.size()) co_return std::nullopt;
      co_return rpcs_[next_++];
    }

    boost::asio::awaitable<void> on_response(cwmp::CpeResponse response) override {
      owner_.responses.put(std::move(response));
      co_return;
    }

    void on_end(cwmp::SessionEnd end, bool rpc_open) override {
      EndOfSession ending;
      ending.serial_number = serial_number_;
      ending.end = end;
      ending.rpc_open = rpc_open;
      owner_.ended.put(std::move(ending));
    }

   private:
    FakeHandler& owner_;
    std::string serial_number_;
    std::vector<cwmp::AcsRequest> rpcs_;
    std::size_t next_ = 0;
  };
};

}  // namespace support
