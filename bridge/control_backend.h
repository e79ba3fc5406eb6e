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

  boost::asio::awaitable<Result<std::optional<control::DeviceInfo>>> device(
      std::string endpoint_id) override;
  boost::asio::awaitable<Result<DevicePage>> devices(std::int64_t after_id, std::size_t limit,
                                                     control::Filter filter) override;
  boost::asio::awaitable<Result<std::optional<control::DeviceInfo>>> annotate(
      std::string endpoint_id, Note note) override;
  std::chrono::milliseconds usual_timeout() const override;
  std::string vendor_prefix() const override;
  boost::asio::awaitable<Result<bool>> forget(std::string endpoint_id) override;
  boost::asio::awaitable<Result<std::optional<usp_msg::Msg>>> request(std::string endpoint_id,
                                                                      usp_msg::Msg request,
                                                                      Ask ask) override;
  boost::asio::awaitable<Result<std::optional<Refreshed>>> refresh(std::string endpoint_id,
                                                                   Refresh what, Ask ask) override;
  boost::asio::awaitable<Result<std::optional<std::vector<NativeValue>>>> native_values(
      std::string endpoint_id, std::vector<std::string> paths) override;
  boost::asio::awaitable<tl::expected<control::OperationInfo, Refused>> start_command(
      std::string endpoint_id, std::string command, std::string command_key,
      std::map<std::string, std::string> input, Ask ask) override;
  boost::asio::awaitable<Result<std::optional<control::OperationInfo>>> operation(
      std::string endpoint_id, std::int64_t id) override;
  boost::asio::awaitable<Result<std::optional<OperationPage>>> operations(
      OperationQuery query) override;
  boost::asio::awaitable<Result<control::CancelResult>> cancel(std::string endpoint_id,
                                                               std::int64_t id) override;
  std::shared_ptr<void> watch(control::HappeningSink sink) override;
  EventHub& event_hub() override;

  // control_backend_brakes.cc
  boost::asio::awaitable<Result<FreezeRow>> freeze(FreezeRow row) override;
  std::vector<FreezeRow> freezes() const override;
  boost::asio::awaitable<Result<bool>> lift(std::int64_t id, std::string requester) override;
  boost::asio::awaitable<Result<std::optional<control::DryRun>>> dry_run(
      std::string endpoint_id, usp_msg::Msg request, std::string requester) override;
  boost::asio::awaitable<Result<std::optional<control::Explanation>>> explain(
      std::string endpoint_id) override;

 private:
  Runtime& runtime_;
};

}  // namespace bridge
