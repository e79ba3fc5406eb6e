// The part of Device that holds its session open.
#include <boost/asio/post.hpp>
#include <utility>

#include "bridge/agent/virtual_agent.h"
#include "bridge/config.h"
#include "bridge/device.h"
#include "bridge/linger.h"
#include "bridge/metrics.h"
#include "bridge/runtime.h"
#include "bridge/task/read_values.h"
#include "bridge/waker.h"

namespace bridge {

namespace asio = boost::asio;
using std::chrono::milliseconds;

milliseconds Device::time_to_linger() {
  LingerFacts facts;
  facts.reachable = runtime_.waker->seems_reachable(*this);
  facts.watched = agent_->watches_device();
  if (last_operation_ms_ > 0) facts.since_operation = milliseconds(now_ms() - last_operation_ms_);
  facts.lingered = lingered_;
  return linger_time(runtime_.config.cwmp.linger, facts);
}

asio::awaitable<bool> Device::linger(std::uint64_t session) {
  auto self = shared_from_this();
  milliseconds time = time_to_linger();
  auto release = [weak = weak_from_this()] {
    if (auto device = weak.lock()) {
      asio::post(device->strand(), [device] {
        device->end_session_ = true;
        device->session_may_go_on_.notify();
      });
    }
  };
  if (time == milliseconds(0) || !runtime_.lingering.enter(id_, std::move(release))) {
    co_return false;
  }
  auto began = std::chrono::steady_clock::now();
  auto until = began + time;
  while (session == session_ && !end_session_ && queue_.front() == nullptr &&
         std::chrono::steady_clock::now() < until) {
    co_await session_may_go_on_.wait_until(until);
  }
  runtime_.lingering.leave(id_);
  if (session != session_ || end_session_) co_return false;
  lingered_ += std::chrono::duration_cast<milliseconds>(std::chrono::steady_clock::now() - began);
  bool work = queue_.front() != nullptr;
  runtime_.metrics.lingers.add({work ? "operation" : "nothing"});
  if (work) co_return true;
  co_return time_to_linger() > milliseconds(0) && keep_awake();
}

/// A read of one parameter, so that the device does not give up. False: it has none that is known.
bool Device::keep_awake() {
  const Node* known = tree_.find(row_.root + "DeviceInfo.SoftwareVersion");
  if (known == nullptr) return false;
  auto work = std::make_shared<Work>();
  work->kind = WorkKind::kUpkeep;
  work->task = std::make_shared<task::ReadValues>(
      std::vector<std::string>{std::string(known->path())}, task::ReadValues::Keep::kNothing);
  push(work);
  return true;
}

}  // namespace bridge
