// One CWMP session of a Device: brings the server's calls to the device's strand.
#pragma once

#include <cstdint>
#include <memory>

#include "bridge/device.h"
#include "cwmp/handler.h"

namespace bridge {

class BridgeDeviceSession final : public cwmp::DeviceSession {
 public:
  BridgeDeviceSession(DevicePtr device, BegunSession session)
      : device_(std::move(device)), session_(session.id), manners_(session.manners) {}

  cwmp::Manners manners() const override { return manners_; }

  boost::asio::awaitable<cwmp::AcsResponse> on_request(cwmp::CpeRequest request) override;
  boost::asio::awaitable<std::optional<cwmp::AcsRequest>> next_rpc() override;
  boost::asio::awaitable<void> on_response(cwmp::CpeResponse response) override;
  void on_end(cwmp::SessionEnd end, bool rpc_open) override;

 private:
  const DevicePtr device_;
  const std::uint64_t session_;
  const cwmp::Manners manners_;
};

}  // namespace bridge
