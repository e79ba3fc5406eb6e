// The part of MqttLink that subscribes.
#include <algorithm>

#include "usp/mtp/mqtt_attempt.h"
#include "usp/mtp/mqtt_link.h"
#include "usp/topic.h"

namespace usp::mtp {
namespace {

constexpr int kFirstErrorReason = 0x80;  // MQTT 5.0 2.4

/// With MQTT 3.1.1 a peer's reply-to follows the topic (R-MQTT.24).
std::string on_the_wire(std::string filter, MqttOptions::Version version) {
  if (version == MqttOptions::Version::k311 && !filter.ends_with('#')) filter += "/#";
  return filter;
}

}  // namespace

std::vector<SubscriptionState> MqttLink::subscriptions() const {
  std::vector<SubscriptionState> out;
  std::lock_guard lock(mutex_);
  if (!up_) return out;
  for (const std::string& filter : next_options_->subscriptions) {
    const auto at = subscribed_.find(on_the_wire(filter, next_options_->version));
    out.push_back(
        {filter, at == subscribed_.end() ? SubscriptionState::Is::kPending : at->second.is});
  }
  return out;
}

void MqttLink::join() {
  if (thread_.joinable()) thread_.join();
}

/// R-MQTT.15.
MqttLink::Filters MqttLink::wanted_filters(const MqttOptions& options) const {
  Filters filters;
  for (const std::string& filter : options.subscriptions) {
    const auto other = options.other_qos.find(filter);
    const int qos = other == options.other_qos.end() ? options.subscription_qos : other->second;
    filters.emplace(on_the_wire(filter, options.version), qos);
  }
  if (!options.use_connack_topics) return filters;
  for (const std::string& topic : connack_.subscribe_topics) {
    if (is_topic_filter(topic)) filters.emplace(topic, options.subscription_qos);
  }
  const auto& reply = connack_.response_information;
  const auto takes_it = [&](const auto& filter) { return topic_matches(filter.first, *reply); };
  if (reply && is_topic_filter(*reply) && std::ranges::none_of(filters, takes_it)) {
    filters.emplace(*reply, options.subscription_qos);
  }
  return filters;
}

bool MqttLink::subscribe(Attempt& attempt) {
  const Filters filters = wanted_filters(*options_);
  {
    std::lock_guard lock(mutex_);
    if (filters.empty()) {
      signals_.text = "nothing to subscribe to";
      disabled_ = true;
      return false;
    }
    for (const auto& [filter, qos] : filters) {
      subscribed_[filter].qos = qos;
      asked_.push_back(filter);
    }
  }
  attempt.subscribe(filters);
  const auto subscribed = [this] { return signals_.subscribe_done || signals_.lost || stopping_; };
  const bool answered = wait_until(subscribed, Clock::now() + options_->connect_timeout);
  std::lock_guard lock(mutex_);
  if (!answered) signals_.text = "no SUBACK in time";
  if (!answered || signals_.lost || stopping_) return false;
  note_granted();
  const bool any = std::ranges::any_of(subscribed_, [](const auto& each) {
    return each.second.is == SubscriptionState::Is::kGranted;
  });
  if (!any) {  // R-MQTT.17
    signals_.text = "the broker refuses every subscription";
    signals_.reason_code = signals_.granted.empty() ? 0 : signals_.granted.front();
  }
  return any;
}

void MqttLink::note_granted() {
  using Is = SubscriptionState::Is;
  for (std::size_t i = 0; i < asked_.size(); ++i) {
    const auto at = subscribed_.find(asked_[i]);
    if (at == subscribed_.end()) continue;
    const bool good = i < signals_.granted.size() && signals_.granted[i] < kFirstErrorReason;
    at->second.is = good ? Is::kGranted : Is::kRefused;
  }
  asked_.clear();
  signals_.subscribe_done = false;
}

/// While the connection stands. One SUBSCRIBE at a time: what changes meanwhile comes after it.
void MqttLink::change_subscriptions(Attempt& attempt) {
  std::vector<std::string> gone;
  Filters added;
  {
    std::lock_guard lock(mutex_);
    resubscribe_ = false;
    const Filters wanted = wanted_filters(*next_options_);
    std::erase_if(subscribed_, [&](const auto& each) {
      if (wanted.contains(each.first)) return false;
      gone.push_back(each.first);
      return true;
    });
    for (const auto& [filter, qos] : wanted) {
      const auto at = subscribed_.find(filter);
      if (at != subscribed_.end() && at->second.qos == qos) continue;
      subscribed_[filter] = {qos, SubscriptionState::Is::kPending};
      added.emplace(filter, qos);
      asked_.push_back(filter);
    }
  }
  try {
    if (!gone.empty()) attempt.unsubscribe(gone);  // R-MQTT.34
    if (!added.empty()) attempt.subscribe(added);
  } catch (const mqtt::exception& error) {
    signal([&](Signals& signals) {
      signals.lost = true;
      signals.text = error.what();
    });
  }
}

}  // namespace usp::mtp
