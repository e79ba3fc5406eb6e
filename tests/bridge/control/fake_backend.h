// A Backend with a few devices and operations, and switches for what goes wrong.
#pragma once

#include <algorithm>
#include <atomic>
#include <boost/asio/use_awaitable.hpp>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "bridge/control/backend.h"
#include "bridge/event_hub.h"
#include "bridge/wait.h"
#include "proto/usp/usp_msg.pb.h"

namespace bridge::control {

/// Set it up before the calls come; what it was asked is read after they have ended.
class FakeBackend final : public Backend {
 public:
  template <class T>
  using Later = boost::asio::awaitable<T>;
  using Millis = std::chrono::milliseconds;

  std::vector<DeviceInfo> all_devices;
  std::vector<OperationInfo> all_operations;  ///< oldest first
  usp_msg::Msg answer;                        ///< to every request
  std::optional<Refused> refusal;             ///< of every command
  CancelResult cancel_result = CancelResult::kCancelled;
  std::optional<Error> trouble;  ///< what every call that can says
  std::string exception;         ///< what request() throws; empty: nothing
  bool hangs = false;            ///< request() and start_command() never answer
  EventHub events;

  usp_msg::Msg asked;
  std::string requester;
  std::string trace_id;
  std::atomic<int> requests{0};
  Refresh refreshed;
  Refreshed refresh_result;
  std::vector<NativeValue> native;
  Millis asked_timeout{-1};
  std::string asked_key;
  std::map<std::string, std::string> asked_input;
  std::atomic<int> hanging{0};

  Later<Result<std::optional<DeviceInfo>>> device(std::string endpoint_id) override {
    if (trouble) co_return tl::unexpected(*trouble);
    const DeviceInfo* found = find(endpoint_id);
    co_return found == nullptr ? std::nullopt : std::optional(*found);
  }
  Later<Result<DevicePage>> devices(std::int64_t after_id, std::size_t limit,
                                    Filter filter) override {
    if (trouble) co_return tl::unexpected(*trouble);
    DevicePage page;
    for (const DeviceInfo& each : all_devices) {
      if (each.id <= after_id || !filter.matches(each)) continue;
      page.more = page.devices.size() == limit;
      if (page.more) break;
      page.devices.push_back(each);
      page.last_id = each.id;
    }
    co_return page;
  }
  Later<Result<std::optional<DeviceInfo>>> annotate(std::string endpoint_id, Note note) override {
    if (trouble) co_return tl::unexpected(*trouble);
    for (DeviceInfo& each : all_devices) {
      if (each.endpoint_id != endpoint_id) continue;
      if (note.display_name) each.display_name = *note.display_name;
      if (note.tags) each.tags = *note.tags;
      co_return each;
    }
    co_return std::nullopt;
  }
  Millis usual_timeout() const override { return std::chrono::seconds(30); }
  std::string vendor_prefix() const override { return "X_USPBRIDGE_"; }
  Later<Result<bool>> forget(std::string endpoint_id) override {
    if (trouble) co_return tl::unexpected(*trouble);
    co_return std::erase_if(
        all_devices, [&](const DeviceInfo& each) { return each.endpoint_id == endpoint_id; }) > 0;
  }
  Later<Result<std::optional<usp_msg::Msg>>> request(std::string endpoint_id, usp_msg::Msg request,
                                                     Ask ask) override {
    asked = std::move(request);
    asked_timeout = ask.timeout;
    requester = ask.requester;
    trace_id = ask.trace_id;
    ++requests;
    if (hangs) co_await hang();
    if (!exception.empty()) throw std::runtime_error(exception);
    if (trouble) co_return tl::unexpected(*trouble);
    if (find(endpoint_id) == nullptr) co_return std::nullopt;
    co_return answer;
  }
  Later<Result<std::optional<Refreshed>>> refresh(std::string endpoint_id, Refresh what,
                                                  Ask ask) override {
    refreshed = std::move(what);
    asked_timeout = ask.timeout;
    if (trouble) co_return tl::unexpected(*trouble);
    if (find(endpoint_id) == nullptr) co_return std::nullopt;
    co_return refresh_result;
  }
  Later<Result<std::optional<std::vector<NativeValue>>>> native_values(
      std::string endpoint_id, std::vector<std::string>) override {
    if (trouble) co_return tl::unexpected(*trouble);
    if (find(endpoint_id) == nullptr) co_return std::nullopt;
    co_return native;
  }
  Later<tl::expected<OperationInfo, Refused>> start_command(
      std::string endpoint_id, std::string command, std::string command_key,
      std::map<std::string, std::string> input, Ask ask) override {
    asked_timeout = ask.timeout;
    requester = ask.requester;
    asked_key = std::move(command_key);
    asked_input = std::move(input);
    if (find(endpoint_id) == nullptr) co_return tl::unexpected(Refused{0, "no such device"});
    if (refusal) co_return tl::unexpected(*refusal);
    OperationInfo info;
    info.id = 7;
    info.endpoint_id = endpoint_id;
    info.summary = command;
    info.created_ms = 1000;
    co_return info;
  }
  Later<Result<std::optional<OperationInfo>>> operation(std::string endpoint_id,
                                                        std::int64_t id) override {
    if (trouble) co_return tl::unexpected(*trouble);
    std::lock_guard lock(mutex_);
    for (const OperationInfo& each : all_operations) {
      if (each.endpoint_id == endpoint_id && each.id == id) co_return each;
    }
    co_return std::nullopt;
  }
  Later<Result<std::optional<OperationPage>>> operations(OperationQuery query) override {
    if (trouble) co_return tl::unexpected(*trouble);
    const std::string& of = query.endpoint_id;
    if (!of.empty() && find(of) == nullptr) co_return std::nullopt;
    OperationPage page;
    for (auto each = all_operations.rbegin(); each != all_operations.rend(); ++each) {
      if (query.before_id > 0 && each->id >= query.before_id) continue;
      const DeviceInfo* device = find(each->endpoint_id);
      const bool seen = query.devices.empty() || (device && query.devices.matches(*device));
      if ((!of.empty() && each->endpoint_id != of) || !seen) continue;
      if (!query.filter.matches(*each)) continue;
      page.more = page.operations.size() == query.limit;
      if (page.more) break;
      page.operations.push_back(*each);
      page.last_id = each->id;
    }
    co_return page;
  }
  Later<Result<CancelResult>> cancel(std::string, std::int64_t) override {
    if (trouble) co_return tl::unexpected(*trouble);
    co_return cancel_result;
  }
  std::shared_ptr<void> watch(HappeningSink sink) override {
    ++watches;
    return events.watch(std::move(sink));
  }
  EventHub& event_hub() override { return events; }

  // ---- brakes
  std::vector<FreezeRow> held;
  DryRun trial;
  Explanation explanation;

  Later<Result<FreezeRow>> freeze(FreezeRow row) override {
    if (trouble) co_return tl::unexpected(*trouble);
    row.id = static_cast<std::int64_t>(held.size()) + 1;
    held.push_back(row);
    co_return row;
  }
  std::vector<FreezeRow> freezes() const override { return held; }
  Later<Result<bool>> lift(std::int64_t id, std::string who) override {
    if (trouble) co_return tl::unexpected(*trouble);
    requester = std::move(who);
    co_return std::erase_if(held, [id](const FreezeRow& row) { return row.id == id; }) > 0;
  }
  Later<Result<std::optional<DryRun>>> dry_run(std::string endpoint_id, usp_msg::Msg request,
                                               std::string who) override {
    asked = std::move(request);
    requester = std::move(who);
    if (trouble) co_return tl::unexpected(*trouble);
    if (find(endpoint_id) == nullptr) co_return std::nullopt;
    co_return trial;
  }
  Later<Result<std::optional<Explanation>>> explain(std::string endpoint_id) override {
    if (trouble) co_return tl::unexpected(*trouble);
    if (find(endpoint_id) == nullptr) co_return std::nullopt;
    co_return explanation;
  }

  /// Ends an operation and tells watchers.
  void end(std::int64_t id, OperationState state) {
    Happening happening;
    {
      std::lock_guard lock(mutex_);
      auto found = std::find_if(all_operations.begin(), all_operations.end(),
                                [id](const OperationInfo& each) { return each.id == id; });
      found->state = state;
      found->finished_ms = 5000;
      happening = {5000, found->endpoint_id, *found};
    }
    events.publish(happening);
  }

  std::atomic<int> watches{0};

 private:
  const DeviceInfo* find(const std::string& endpoint_id) const {
    for (const DeviceInfo& each : all_devices) {
      if (each.endpoint_id == endpoint_id) return &each;
    }
    return nullptr;
  }
  Later<void> hang() {
    Signal never(co_await boost::asio::this_coro::executor);
    ++hanging;
    for (;;) co_await never.wait();
  }

  std::mutex mutex_;
};

}  // namespace bridge::control
