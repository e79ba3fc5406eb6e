// The control API's view of the running bridge.
#pragma once

#include "bridge/control/backend.h"
#include "bridge/device.h"

namespace bridge {

struct Runtime;

/// Thread-safe.
class ControlBackend final : public control::Backend {
 public:
  explicit ControlBackend(Runtime& runtime) : runtime_(runtime) {}

  boost::asio::awaitable<std::optional<control::DeviceInfo>> device(
      std::string endpoint_id) override;
  boost::asio::awaitable<std::vector<control::DeviceInfo>> devices(std::int64_t after_id,
                                                                   std::size_t limit) override;
  boost::asio::awaitable<bool> forget(std::string endpoint_id) override;
  boost::asio::awaitable<std::optional<usp_msg::Msg>> request(
      std::string endpoint_id, usp_msg::Msg request, std::chrono::milliseconds timeout) override;
  boost::asio::awaitable<tl::expected<control::OperationInfo, Refused>> start_command(
      std::string endpoint_id, std::string command, std::string command_key,
      std::map<std::string, std::string> input, std::chrono::milliseconds timeout) override;
  boost::asio::awaitable<std::optional<control::OperationInfo>> operation(std::string endpoint_id,
                                                                          std::int64_t id) override;
  boost::asio::awaitable<std::vector<control::OperationInfo>> operations(
      std::string endpoint_id, std::int64_t before_id, std::size_t limit) override;
  boost::asio::awaitable<control::CancelResult> cancel(std::string endpoint_id,
                                                       std::int64_t id) override;
  std::shared_ptr<void> watch(control::HappeningSink sink) override;

 private:
  boost::asio::awaitable<DevicePtr> find(std::string endpoint_id);

  Runtime& runtime_;
};

}  // namespace bridge
