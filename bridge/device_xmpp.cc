// The part of Device that lets it be woken over XMPP (TR-069 Annex K).

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <memory>
#include <utility>

#include "bridge/agent/virtual_agent.h"
#include "bridge/device.h"
#include "bridge/log.h"
#include "bridge/runtime.h"
#include "bridge/task/xmpp.h"
#include "bridge/xmpp_provisioning.h"

namespace bridge {

namespace {

/// InstanceRow: the device has the password of its account.
constexpr const char* kXmppRow = "xmpp";
constexpr const char* kPasswordKey = "password";

}  // namespace

std::optional<cwmp::xmpp::Jid> Device::xmpp_jid() const {
  if (runtime_.xmpp == nullptr) return std::nullopt;
  return device_jid(tree_, runtime_.xmpp->domain);
}

void Device::restore_xmpp(const std::vector<InstanceRow>& rows) {
  for (const InstanceRow& row : rows) {
    if (row.name == kXmppRow && row.key == kPasswordKey) xmpp_password_written_ = row.number != 0;
  }
}

/// What failed at the old address may work at the new one.
void Device::note_xmpp_address(const Diff& changes) {
  if (runtime_.xmpp == nullptr) return;
  for (const Change& change : changes) {
    const auto* changed = std::get_if<ValueChanged>(&change);
    if (changed != nullptr && changed->path.ends_with(".ConnReqJabberID")) {
      reach_.on_new_address(Way::kXmpp);
      log_debug({.device = endpoint_id_}, "on XMPP as {}", changed->value);
    }
  }
}

/// Once while it is in memory: after a change of the configuration, or of the device.
void Device::plan_xmpp() {
  if (runtime_.xmpp == nullptr || std::exchange(xmpp_checked_, true)) return;
  XmppFacts facts;
  facts.device = {row_.manufacturer, row_.identity.oui, row_.identity.product_class,
                  row_.identity.serial};
  facts.password_written = xmpp_password_written_;
  const XmppStep step = next_xmpp_step(tree_, *runtime_.xmpp, facts);
  if (std::holds_alternative<XmppReady>(step)) return;
  if (const auto* unsupported = std::get_if<XmppUnsupported>(&step)) {
    log_debug({.device = endpoint_id_}, "not over XMPP: {}", unsupported->why);
    return;
  }
  auto task = std::make_shared<task::ProvisionXmpp>(*runtime_.xmpp, facts);
  auto work = std::make_shared<Work>();
  work->kind = WorkKind::kUpkeep;
  work->task = task;
  work->on_end = [this, task](WorkEnd) { on_xmpp_provisioned(*task); };
  push(std::move(work));
}

void Device::on_xmpp_provisioned(const task::ProvisionXmpp& task) {
  if (!task.trouble().empty()) {
    log_info({.device = endpoint_id_}, "not over XMPP: {}", task.trouble());
  }
  if (task.password_written() != xmpp_password_written_) {
    keep_xmpp_password_written(task.password_written());
  }
}

void Device::keep_xmpp_password_written(bool written) {
  xmpp_password_written_ = written;
  auto store = [id = id_, written](StateWriter& state) {
    return state.put_instance(id, {kXmppRow, kPasswordKey, written ? 1 : 0});
  };
  Commit commit;
  commit.state.emplace_back(std::move(store));
  auto storing = VirtualAgent::commit_quietly(shared_from_this(), std::move(commit));
  boost::asio::co_spawn(strand_, std::move(storing), boost::asio::detached);
}

/// The device has forgotten what it was told.
void Device::forget_xmpp() {
  xmpp_checked_ = false;
  if (xmpp_password_written_) keep_xmpp_password_written(false);
}

}  // namespace bridge
