// The part of Device that learns it: provisioning at once, the first walk when there is a place.

#include <boost/asio/post.hpp>
#include <utility>

#include "bridge/agent/virtual_agent.h"
#include "bridge/config.h"
#include "bridge/device.h"
#include "bridge/first_contact_budget.h"
#include "bridge/log.h"
#include "bridge/metrics.h"
#include "bridge/northbound.h"
#include "bridge/random_text.h"
#include "bridge/runtime.h"
#include "bridge/task/first_contact.h"
#include "bridge/waker.h"
#include "cwmp/value.h"

namespace bridge {

namespace asio = boost::asio;

namespace {

/// How long a session is held open for a place; CPEs give up after 30 s without an answer.
constexpr std::chrono::seconds kPlaceWait{15};

}  // namespace

task::Provisioning Device::provisioning() {
  if (row_.connection_request_username.empty()) {
    row_.connection_request_username = "usp-bridge";
    row_.connection_request_password = random_secret();
  }
  task::Provisioning wanted;
  wanted.connection_request_username = row_.connection_request_username;
  wanted.connection_request_password = row_.connection_request_password;
  auto interval = runtime_.config.cwmp.periodic_inform_interval;
  wanted.periodic_interval_s = static_cast<std::uint32_t>(interval.count());
  if (interval.count() > 0) {
    // Spreads the fleet over the interval by the device's id.
    std::int64_t offset = id_ * 7919 % interval.count();
    wanted.periodic_time =
        cwmp::format_datetime(std::chrono::sys_seconds(std::chrono::seconds(offset)));
  }
  return wanted;
}

/// A reset that is not told as "0 BOOTSTRAP" would leave the device deaf (quirk 77).
void Device::check_provisioning() {
  if (row_.root.empty()) return;
  auto check = std::make_shared<Work>();
  check->kind = WorkKind::kUpkeep;
  check->task = std::make_shared<task::CheckProvisioning>(row_.root, provisioning());
  push(check);
}

void Device::start_first_contact() {
  if (first_contact_queued_) return;
  first_contact_queued_ = true;
  const task::Provisioning wanted = provisioning();
  std::string root = row_.root.empty() ? "Device." : row_.root;
  auto provisioning = std::make_shared<Work>();
  provisioning->kind = WorkKind::kUpkeep;
  provisioning->task = std::make_shared<task::Provision>(root, wanted);
  push(provisioning);
  task::Provisioning nothing_more;
  nothing_more.notify_connection_request_url = false;
  nothing_more.stun = stun_provisioning();
  stun_checked_ = true;
  auto work = std::make_shared<Work>();
  work->kind = WorkKind::kFirstContact;
  work->task = std::make_shared<task::FirstContact>(root, nothing_more);
  work->on_end = [this](WorkEnd) { first_contact_queued_ = false; };
  push(work);
}

asio::awaitable<void> Device::finish_first_contact() {
  auto self = shared_from_this();
  bool first = !onboarded_;
  if (tree_.empty() || tree_.size() < 2)
    co_return;  // nothing was listed: the next session tries again
  learning_ = false;
  onboarded_ = true;
  row_.onboarded = true;
  forget_supported();
  Commit commit;
  if (first) agent_->on_first_appearance(commit);
  Result<void> stored = co_await this->commit(std::move(commit));
  if (!stored) {
    onboarded_ = !first;
    co_return;
  }
  double seconds = static_cast<double>(now_ms() - first_contact_began_ms_) / 1000.0;
  runtime_.metrics.first_contact_seconds.Observe(seconds);
  log_info({.device = endpoint_id_}, "learned, {} names in {:.1f} s", tree_.size(), seconds);
  agent_->plan_notifications(true);
  plan_xmpp();
  runtime_.northbound->configure_agent(*this);
}

asio::awaitable<bool> Device::take_place(std::uint64_t session, WorkPtr work) {
  auto self = shared_from_this();
  auto until = std::chrono::steady_clock::now() + kPlaceWait;
  wants_place_ = true;
  while (session == session_ && queue_.front() == work) {
    if (runtime_.first_contacts.take()) {
      wants_place_ = false;
      first_contact_place_ = true;
      first_contact_began_ms_ = now_ms();
      co_return true;
    }
    if (std::chrono::steady_clock::now() >= until) {
      wait_away();
      end_session_ = true;
      break;
    }
    wait_here();
    co_await session_may_go_on_.wait_until(until);
  }
  wants_place_ = false;
  // It may have been called just now.
  if (!waiting_here_) runtime_.first_contacts.pass_on();
  co_return false;
}

void Device::wait_here() {
  if (std::exchange(waiting_here_, true)) return;
  runtime_.first_contacts.wait_here([weak = weak_from_this()] {
    auto device = weak.lock();
    if (!device) return;
    asio::post(device->strand(), [device] {
      device->waiting_here_ = false;
      if (!device->wants_place_) return device->runtime_.first_contacts.pass_on();
      device->session_may_go_on_.notify();
    });
  });
}

/// The session ends without the walk; when it is this device's turn it is called back.
void Device::wait_away() {
  runtime_.first_contacts.wait_away([weak = weak_from_this()] {
    auto device = weak.lock();
    if (!device) return;
    asio::post(device->strand(), [device] {
      if (device->wants_session()) device->runtime_.waker->wake(device);
    });
  });
}

void Device::give_place_back() {
  if (!std::exchange(first_contact_place_, false)) return;
  runtime_.first_contacts.give_back();
}

}  // namespace bridge
