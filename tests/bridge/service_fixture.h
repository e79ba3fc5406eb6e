// The running parts of the bridge without a network: a store in memory, a transport that keeps what
// it is given, one device that is up. Everything runs on the test's thread but the store.
#pragma once

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>
#include <functional>
#include <future>
#include <memory>
#include <string>
#include <vector>

#include "bridge/agent/supported.h"
#include "bridge/agent/virtual_agent.h"
#include "bridge/brakes.h"
#include "bridge/event_hub.h"
#include "bridge/first_contact_budget.h"
#include "bridge/linger.h"
#include "bridge/metrics.h"
#include "bridge/northbound.h"
#include "bridge/path_pool.h"
#include "bridge/presence_watch.h"
#include "bridge/profiles.h"
#include "bridge/registry.h"
#include "bridge/runtime.h"
#include "bridge/session_log.h"
#include "bridge/translate/mappings.h"
#include "bridge/waker.h"
#include "tests/bridge/agent/agent_fixture.h"
#include "tests/bridge/store/store_fixture.h"

namespace bridge::test {

/// Keeps what it is given to send; the test says what becomes of it.
class FakeTransport final : public usp::mtp::Transport {
 public:
  struct Sent {
    usp::mtp::OutboundMessage message;
    usp::mtp::SendCompletion done;
  };

  void start(usp::mtp::TransportHandler& handler) override { handler_ = &handler; }
  void stop(std::chrono::milliseconds) override {}
  std::optional<usp::mtp::SendResult> send(usp::mtp::OutboundMessage message,
                                           usp::mtp::SendCompletion done) override {
    sent.push_back({std::move(message), std::move(done)});
    return std::nullopt;
  }
  bool is_connected() const override { return true; }
  usp::mtp::TransportCounters counters() const override { return {}; }

  void connect() {
    usp::mtp::ConnectionInfo info;
    info.number = ++connections_;
    info.client_id = "bridge-0";
    handler_->on_connected(info);
  }
  void disconnect() {
    usp::mtp::DisconnectInfo info;
    info.number = connections_;
    handler_->on_disconnected(info);
  }
  void receive(usp::mtp::InboundMessage message) { handler_->on_message(std::move(message)); }

  std::vector<Sent> sent;

 private:
  usp::mtp::TransportHandler* handler_ = nullptr;
  std::uint64_t connections_ = 0;
};

/// The Message in a Record; an empty one when there is none (Connect).
inline usp_msg::Msg msg_in(const usp::mtp::OutboundMessage& message) {
  usp_msg::Msg out;
  usp::InRecord record =
      usp::decode_record(message.payload, std::string(*usp::peek_to_id(message.payload)));
  if (const auto* in = std::get_if<usp::InMessage>(&record)) out = in->msg;
  return out;
}

class ServiceTest : public testing::Test {
 protected:
  explicit ServiceTest(Config settings = test::config()) : config(std::move(settings)) {
    runtime.waker = &waker;
    runtime.registry = &registry;
    runtime.presence = &presence;
    auto own = std::make_unique<FakeTransport>();
    transport = own.get();
    northbound = std::make_unique<Northbound>(runtime, std::move(own));
    runtime.northbound = northbound.get();
  }
  ~ServiceTest() override { store->close(); }

  /// Runs `work` to its end.
  template <class T>
  T run(boost::asio::awaitable<T> work) {
    std::future<T> result = boost::asio::co_spawn(io, std::move(work), boost::asio::use_future);
    while (result.wait_for(std::chrono::seconds(0)) != std::future_status::ready) run_one();
    return result.get();
  }
  /// Runs until that holds; false when it does not come to that.
  bool run_until(const std::function<bool()>& holds) {
    auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (!holds()) {
      if (std::chrono::steady_clock::now() > limit) return false;
      run_one();
    }
    return true;
  }

  /// A device that is up, with this tree in the mirror as of `updated_ms`.
  DevicePtr add_device(const std::vector<Named>& nodes, std::int64_t updated_ms = now_ms()) {
    std::int64_t id = bridge::add_device(*store, "1");
    Tree tree(paths);
    fill(tree, nodes);
    DirtyRows rows = tree.take_dirty();
    for (NodeRow& row : rows.put) row.updated_ms = updated_ms;
    auto put = [&](MirrorWriter& mirror) { return mirror.put_nodes(id, rows.put); };
    EXPECT_TRUE(store->write_mirror_now(put));
    DevicePtr device = run(registry.by_id(id)).value();
    EXPECT_TRUE(run(on_strand(device, device->load())));
    return device;
  }

  /// `work` on the strand of the device.
  template <class T>
  static boost::asio::awaitable<T> on_strand(DevicePtr device, boost::asio::awaitable<T> work) {
    T result = co_await boost::asio::co_spawn(device->strand(), std::move(work),
                                              boost::asio::use_awaitable);
    co_return result;
  }

  /// What waits for a controller, in order.
  std::vector<OutboxRow> outbox(const Device& device, const std::string& controller) {
    auto read = [&](StateReader& state, MirrorReader&) {
      return state.notifications(device.id(), controller, 1000);
    };
    return store->read_now(read).value();
  }

  Config config;
  Metrics metrics;
  EventHub events;
  PresenceWatch presence{events, std::chrono::hours(1), 0, 0};
  PathPool paths;
  SupportedCache supported;
  boost::asio::io_context io;
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_guard =
      boost::asio::make_work_guard(io);
  std::unique_ptr<Store> store = open_or_die({});
  FirstContactBudget first_contacts{32};
  LingerRoom lingering{16};
  Brakes brakes{config.brakes};
  SessionLog session_log;
  Replaceable<Profiles> profiles{Profiles(config.cwmp.profiles)};
  std::unique_ptr<translate::Mappings> mappings = *translate::Mappings::load(config.translation);
  Runtime runtime{.executor = io.get_executor(),
                  .config = config,
                  .store = *store,
                  .metrics = metrics,
                  .events = events,
                  .paths = paths,
                  .supported = supported,
                  .first_contacts = first_contacts,
                  .lingering = lingering,
                  .brakes = brakes,
                  .session_log = session_log,
                  .profiles = profiles,
                  .mappings = *mappings,
                  .base = make_local_template(config)};
  Registry registry{runtime};
  Waker waker{runtime};
  FakeTransport* transport = nullptr;
  std::unique_ptr<Northbound> northbound;

 private:
  void run_one() { io.run_one_for(std::chrono::milliseconds(100)); }
};

}  // namespace bridge::test
