// A Backend with a fleet: some devices refuse, some do not answer until they are told to.
#pragma once

#include <algorithm>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "bridge/control/backend.h"
#include "bridge/event_hub.h"
#include "proto/usp/usp_msg.pb.h"

namespace bridge::control {

/// Thread-safe.
class FleetBackend final : public Backend {
  template <class Fn>
  auto with(Fn fn) {
    std::lock_guard lock(mutex_);
    return fn();
  }

 public:
  template <class T>
  using Later = boost::asio::awaitable<T>;

  void add(int devices) {
    for (int i = 1; i <= devices; ++i) {
      DeviceInfo info;
      info.id = i;
      info.endpoint_id = "d" + std::to_string(i);
      info.oui = i % 2 == 1 ? "odd" : "even";
      fleet_.push_back(info);
    }
  }
  void refuse(const std::string& device) {
    with([&] { refusing_.insert(device); });
  }
  void hold(const std::string& device) {
    with([&] { held_.insert(device); });
  }
  void release_all() {
    with([&] { held_.clear(); });
  }
  /// What every request that is not refused is answered.
  void answer_with(usp_msg::Msg answer) {
    with([&] { answer_ = std::move(answer); });
  }
  void put_operation(OperationInfo info) {
    with([&] { operations_[info.id] = std::move(info); });
  }
  void end_operation(std::int64_t id, OperationState state) {
    OperationInfo info;
    with([&] {
      operations_[id].state = state;
      operations_[id].finished_ms = 1;
      operations_[id].output["Status"] = "Complete";
      info = operations_[id];
    });
    hub_.publish({1, info.endpoint_id, info});
  }

  /// In the order in which they were asked.
  std::vector<std::string> asked() {
    return with([&] { return asked_; });
  }
  std::vector<std::int64_t> open_operations() {
    return with([&] {
      std::vector<std::int64_t> out;
      for (const auto& [id, info] : operations_) {
        if (!is_over(info.state)) out.push_back(id);
      }
      return out;
    });
  }
  std::set<std::string> requesters() {
    return with([&] { return requesters_; });
  }
  std::size_t most_at_once() {
    return with([&] { return most_at_once_; });
  }

  Later<Result<std::optional<DeviceInfo>>> device(std::string endpoint_id) override {
    for (const DeviceInfo& each : fleet_) {
      if (each.endpoint_id == endpoint_id) co_return each;
    }
    co_return std::nullopt;
  }
  Later<Result<DevicePage>> devices(std::int64_t after_id, std::size_t limit,
                                    Filter filter) override {
    DevicePage page;
    for (const DeviceInfo& each : fleet_) {
      if (each.id <= after_id || !filter.matches(each)) continue;
      page.more = page.devices.size() == limit;
      if (page.more) break;
      page.devices.push_back(each);
      page.last_id = each.id;
    }
    co_return page;
  }
  Later<Result<std::optional<DeviceInfo>>> annotate(std::string, Note) override {
    co_return std::nullopt;
  }
  std::chrono::milliseconds usual_timeout() const override { return std::chrono::seconds(30); }
  Later<Result<bool>> forget(std::string) override { co_return false; }
  Later<Result<std::optional<usp_msg::Msg>>> request(std::string endpoint_id, usp_msg::Msg,
                                                     Ask ask) override {
    auto asking = ask_device(endpoint_id, ask.requester);
    const bool good = co_await std::move(asking);
    usp_msg::Msg answer = with([&] { return answer_; });
    if (!good) {
      answer.mutable_body()->mutable_error()->set_err_code(7012);
      answer.mutable_body()->mutable_error()->set_err_msg("refused");
    }
    co_return answer;
  }
  Later<Result<std::optional<Refreshed>>> refresh(std::string endpoint_id, Refresh,
                                                  Ask ask) override {
    auto asking = ask_device(endpoint_id, ask.requester);
    const bool good = co_await std::move(asking);
    Refreshed out;
    if (!good) out.error_code = 7801;
    co_return out;
  }
  Later<Result<std::optional<std::vector<NativeValue>>>> native_values(
      std::string, std::vector<std::string>) override {
    co_return std::nullopt;
  }
  Later<tl::expected<OperationInfo, Refused>> start_command(std::string endpoint_id,
                                                            std::string command, std::string,
                                                            std::map<std::string, std::string>,
                                                            Ask ask) override {
    auto asking = ask_device(endpoint_id, ask.requester);
    const bool good = co_await std::move(asking);
    if (!good) co_return tl::unexpected(Refused{7022, "refused"});
    OperationInfo info;
    info.endpoint_id = endpoint_id;
    info.kind = "Operate";
    info.summary = command;
    info.requester = ask.requester;
    with([&] {
      info.id = ++last_operation_;
      operations_[info.id] = info;
    });
    co_return info;
  }
  Later<Result<std::optional<OperationInfo>>> operation(std::string, std::int64_t id) override {
    co_return with([&] {
      const auto found = operations_.find(id);
      return found == operations_.end() ? std::nullopt : std::optional(found->second);
    });
  }
  Later<Result<std::optional<OperationPage>>> operations(OperationQuery query) override {
    co_return with([&] {
      OperationPage out;
      for (const auto& [id, info] : operations_) {
        if (info.endpoint_id == query.endpoint_id) out.operations.push_back(info);
      }
      return std::optional(out);
    });
  }
  std::string vendor_prefix() const override { return "X_USPBRIDGE_"; }
  Later<Result<FreezeRow>> freeze(FreezeRow row) override { co_return row; }
  std::vector<FreezeRow> freezes() const override { return {}; }
  Later<Result<bool>> lift(std::int64_t, std::string) override { co_return false; }
  Later<Result<std::optional<DryRun>>> dry_run(std::string, usp_msg::Msg, std::string) override {
    co_return std::nullopt;
  }
  Later<Result<std::optional<Explanation>>> explain(std::string) override {
    co_return std::nullopt;
  }
  Later<Result<CancelResult>> cancel(std::string, std::int64_t) override {
    co_return CancelResult::kNotFound;
  }
  std::shared_ptr<void> watch(HappeningSink sink) override { return hub_.watch(std::move(sink)); }
  EventHub& event_hub() override { return hub_; }

 private:
  /// False: it refuses.
  Later<bool> ask_device(std::string endpoint_id, std::string requester) {
    with([&] {
      asked_.push_back(endpoint_id);
      requesters_.insert(requester);
      most_at_once_ = std::max(most_at_once_, ++at_once_);
    });
    boost::asio::steady_timer timer(co_await boost::asio::this_coro::executor);
    for (;;) {
      timer.expires_after(std::chrono::milliseconds(1));
      co_await timer.async_wait(boost::asio::use_awaitable);
      const bool held = with([&] { return held_.count(endpoint_id) > 0; });
      if (!held) break;
    }
    co_return with([&] {
      --at_once_;
      return refusing_.count(endpoint_id) == 0;
    });
  }

  std::vector<DeviceInfo> fleet_;  ///< set up before the calls come
  EventHub hub_;
  std::mutex mutex_;
  std::set<std::string> refusing_;
  std::set<std::string> held_;
  std::set<std::string> requesters_;
  std::vector<std::string> asked_;
  std::map<std::int64_t, OperationInfo> operations_;
  std::int64_t last_operation_ = 0;
  std::size_t at_once_ = 0;
  std::size_t most_at_once_ = 0;
  usp_msg::Msg answer_;
};

}  // namespace bridge::control
