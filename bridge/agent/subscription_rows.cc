#include "bridge/agent/subscription_rows.h"

#include <chrono>
#include <utility>

namespace bridge {

std::vector<usp::Subscription> subscription_rows(const LocalModel& model) {
  std::vector<usp::Subscription> result;
  for (LocalSubscription& row : model.subscriptions()) {
    const auto type = usp::parse_notif_type(row.notif_type);
    if (!type) continue;
    usp::Subscription wanted;
    wanted.instance = row.number;
    wanted.id = std::move(row.id);
    wanted.recipient = std::move(row.recipient);
    wanted.enable = row.enabled;
    wanted.notif_type = *type;
    wanted.references = std::move(row.reference_list);
    wanted.persistent = row.persistent;
    wanted.time_to_live = std::chrono::seconds(row.time_to_live_s);
    wanted.notif_retry = row.notif_retry;
    wanted.notif_expiration = std::chrono::seconds(row.notif_expiration_s);
    wanted.created = std::chrono::sys_seconds(std::chrono::seconds(row.created_ms / 1000));
    result.push_back(std::move(wanted));
  }
  return result;
}

}  // namespace bridge
