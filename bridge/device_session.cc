#include "bridge/device_session.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <utility>

namespace bridge {

namespace asio = boost::asio;

asio::awaitable<cwmp::AcsResponse> BridgeDeviceSession::on_request(cwmp::CpeRequest request) {
  auto work = device_->on_request(session_, std::move(request));
  cwmp::AcsResponse response =
      co_await asio::co_spawn(device_->strand(), std::move(work), asio::use_awaitable);
  co_return response;
}

asio::awaitable<std::optional<cwmp::AcsRequest>> BridgeDeviceSession::next_rpc() {
  auto work = device_->next_rpc(session_);
  std::optional<cwmp::AcsRequest> rpc =
      co_await asio::co_spawn(device_->strand(), std::move(work), asio::use_awaitable);
  co_return rpc;
}

asio::awaitable<void> BridgeDeviceSession::on_response(cwmp::CpeResponse response) {
  auto work = device_->on_response(session_, std::move(response));
  co_await asio::co_spawn(device_->strand(), std::move(work), asio::use_awaitable);
}

void BridgeDeviceSession::on_end(cwmp::SessionEnd end, bool rpc_open) {
  asio::post(device_->strand(), [device = device_, session = session_, end, rpc_open] {
    device->on_end(session, end, rpc_open);
  });
}

}  // namespace bridge
