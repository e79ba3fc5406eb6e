#include "bridge/broker_links.h"

namespace bridge {

void BrokerLinks::on_connected(const usp::mtp::ConnectionInfo& info, std::int64_t now_ms) {
  const std::lock_guard lock(mutex_);
  State state;
  state.link = {info.number, now_ms, info.client_id, {}};
  if (one_each_) state.link.reply_topic = info.response_information.value_or("");
  states_[info.endpoint_id] = std::move(state);
  standing_ = states_.size();
}

void BrokerLinks::on_disconnected(const usp::mtp::DisconnectInfo& info, std::int64_t now_ms) {
  const std::lock_guard lock(mutex_);
  trouble_ = {now_ms, info.reason_code, info.text};
  if (info.number == 0) return;
  const auto at = states_.find(info.endpoint_id);
  if (at != states_.end() && at->second.link.number == info.number) states_.erase(at);
  standing_ = states_.size();
}

void BrokerLinks::clear() {
  const std::lock_guard lock(mutex_);
  states_.clear();
  standing_ = 0;
}

BrokerLinks::Trouble BrokerLinks::last_trouble() const {
  const std::lock_guard lock(mutex_);
  return trouble_;
}

const std::string& BrokerLinks::key_of(const std::string& endpoint_id) const {
  static const std::string kAll;
  return one_each_ ? endpoint_id : kAll;
}

BrokerLinks::Link BrokerLinks::of(const std::string& endpoint_id) const {
  const std::lock_guard lock(mutex_);
  const auto at = states_.find(key_of(endpoint_id));
  return at == states_.end() ? Link{} : at->second.link;
}

std::uint64_t BrokerLinks::number_of(const std::string& endpoint_id) const {
  const std::lock_guard lock(mutex_);
  const auto at = states_.find(key_of(endpoint_id));
  return at == states_.end() ? 0 : at->second.link.number;
}

std::string BrokerLinks::reply_topic_of(const std::string& endpoint_id) const {
  return one_each_ ? of(endpoint_id).reply_topic : std::string();
}

std::uint64_t BrokerLinks::take_greeting(const std::string& endpoint_id, std::int64_t device_id,
                                         const std::string& controller) {
  const std::lock_guard lock(mutex_);
  const auto at = states_.find(key_of(endpoint_id));
  if (at == states_.end() || !at->second.greeted.emplace(device_id, controller).second) return 0;
  return at->second.link.number;
}

void BrokerLinks::return_greeting(const std::string& endpoint_id, std::int64_t device_id,
                                  const std::string& controller) {
  const std::lock_guard lock(mutex_);
  const auto at = states_.find(key_of(endpoint_id));
  if (at != states_.end()) at->second.greeted.erase({device_id, controller});
}

std::vector<BrokerLinks::Greeted> BrokerLinks::greeted() const {
  std::vector<Greeted> all;
  if (!one_each_) return all;
  const std::lock_guard lock(mutex_);
  for (const auto& [endpoint_id, state] : states_) {
    for (const auto& [device_id, controller] : state.greeted) {
      all.push_back({endpoint_id, device_id, controller});
    }
  }
  return all;
}

}  // namespace bridge
