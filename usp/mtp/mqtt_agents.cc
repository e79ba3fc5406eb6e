#include "usp/mtp/mqtt_agents.h"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <unordered_map>
#include <utility>

namespace usp::mtp {
namespace {

/// Time for what is queued when one endpoint leaves.
constexpr std::chrono::milliseconds kLeaveGrace{500};

void add_up(TransportCounters& sum, const TransportCounters& one) {
  sum.connected += one.connected;
  sum.connects += one.connects;
  sum.connect_failures += one.connect_failures;
  sum.disconnects += one.disconnects;
  sum.received += one.received;
  sum.received_bytes += one.received_bytes;
  sum.overloaded += one.overloaded;
  sum.dropped_content_type += one.dropped_content_type;
  sum.dropped_retained += one.dropped_retained;
  sum.dropped_too_large += one.dropped_too_large;
  sum.accepted += one.accepted;
  sum.delivered += one.delivered;
  sum.delivered_bytes += one.delivered_bytes;
  sum.failed += one.failed;
  sum.refused += one.refused;
  sum.queued += one.queued;
  sum.in_flight += one.in_flight;
  sum.handling += one.handling;
}

struct Endpoint {
  explicit Endpoint(MqttOptions options) : id(options.endpoint_id), transport(std::move(options)) {}

  const std::string id;
  MqttTransport transport;
};

using EndpointPtr = std::shared_ptr<Endpoint>;

}  // namespace

/// The keeper thread starts and ends connections: both take their time.
class MqttAgents::Impl {
 public:
  explicit Impl(MqttAgentsOptions options)
      : options_(options),
        pause_(std::chrono::duration_cast<Clock::duration>(
            std::chrono::duration<double>(1.0 / options.connect_rate))) {}
  ~Impl() { stop(std::chrono::milliseconds(0)); }

  void start(TransportHandler& handler) {
    handler_ = &handler;
    keeper_ = std::thread([this] { keep(); });
  }

  void stop(std::chrono::milliseconds grace) {
    {
      std::lock_guard lock(mutex_);
      stopping_ = true;
      changed_.notify_all();
    }
    if (keeper_.joinable()) keeper_.join();
    // Side by side: one after the other would take a second for each silent connection.
    std::unordered_map<std::string, EndpointPtr> all;
    {
      std::lock_guard lock(mutex_);
      all.swap(endpoints_);
    }
    for (auto& [id, endpoint] : all) endpoint->transport.begin_stop(grace);
    for (auto& [id, endpoint] : all) endpoint->transport.stop(grace);
    std::lock_guard lock(mutex_);
    for (auto& [id, endpoint] : all) add_up(past_, endpoint->transport.counters());
  }

  Added add(MqttOptions options) {
    EndpointPtr there = find(options.endpoint_id);
    if (there) {
      there->transport.reconfigure(std::move(options));
      return Added::kChanged;
    }
    const std::string id = options.endpoint_id;
    auto made = std::make_shared<Endpoint>(std::move(options));
    std::lock_guard lock(mutex_);
    if (stopping_) return Added::kFull;
    if (endpoints_.size() >= options_.max_endpoints) return Added::kFull;
    endpoints_.emplace(id, made);
    arriving_.push_back(std::move(made));
    changed_.notify_all();
    return Added::kNew;
  }

  void remove(const std::string& endpoint_id) {
    std::lock_guard lock(mutex_);
    const auto at = endpoints_.find(endpoint_id);
    if (at == endpoints_.end()) return;
    leaving_.push_back(std::move(at->second));
    endpoints_.erase(at);
    changed_.notify_all();
  }

  EndpointPtr find(const std::string& endpoint_id) const {
    std::lock_guard lock(mutex_);
    const auto at = endpoints_.find(endpoint_id);
    return at == endpoints_.end() ? nullptr : at->second;
  }

  std::vector<EndpointPtr> all() const {
    std::vector<EndpointPtr> out;
    std::lock_guard lock(mutex_);
    out.reserve(endpoints_.size());
    for (const auto& [id, endpoint] : endpoints_) out.push_back(endpoint);
    return out;
  }

  TransportCounters counters() const {
    TransportCounters sum;
    for (const EndpointPtr& endpoint : all()) add_up(sum, endpoint->transport.counters());
    std::lock_guard lock(mutex_);
    add_up(sum, past_);
    sum.refused += refused_;
    return sum;
  }

  std::size_t size() const {
    std::lock_guard lock(mutex_);
    return endpoints_.size();
  }

  void count_refusal() { ++refused_; }

 private:
  using Clock = std::chrono::steady_clock;

  void keep() {
    std::unique_lock lock(mutex_);
    Clock::time_point next = Clock::now();
    for (;;) {
      changed_.wait(lock, [this] { return stopping_ || !arriving_.empty() || !leaving_.empty(); });
      if (!leaving_.empty()) {
        EndpointPtr endpoint = std::move(leaving_.front());
        leaving_.pop_front();
        lock.unlock();
        endpoint->transport.stop(kLeaveGrace);
        const TransportCounters counters = endpoint->transport.counters();
        endpoint.reset();
        lock.lock();
        add_up(past_, counters);
        continue;
      }
      if (stopping_) return;
      if (Clock::now() < next) {
        changed_.wait_until(lock, next, [this] { return stopping_ || !leaving_.empty(); });
        continue;
      }
      EndpointPtr endpoint = std::move(arriving_.front());
      arriving_.pop_front();
      next = std::max(next, Clock::now() - pause_) + pause_;
      const auto at = endpoints_.find(endpoint->id);
      if (at == endpoints_.end() || at->second != endpoint) continue;  // removed meanwhile
      endpoint->transport.start(*handler_);
    }
  }

  const MqttAgentsOptions options_;
  const Clock::duration pause_;
  TransportHandler* handler_ = nullptr;
  std::atomic<std::uint64_t> refused_ = 0;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  bool stopping_ = false;
  std::unordered_map<std::string, EndpointPtr> endpoints_;
  std::deque<EndpointPtr> arriving_;
  std::deque<EndpointPtr> leaving_;
  TransportCounters past_;  ///< of endpoints that have left
  std::thread keeper_;
};

MqttAgents::MqttAgents(MqttAgentsOptions options) : impl_(std::make_unique<Impl>(options)) {}
MqttAgents::~MqttAgents() = default;

void MqttAgents::start(TransportHandler& handler) { impl_->start(handler); }
void MqttAgents::stop(std::chrono::milliseconds grace) { impl_->stop(grace); }

std::optional<SendResult> MqttAgents::send(OutboundMessage message, SendCompletion done) {
  EndpointPtr endpoint = impl_->find(message.from);
  if (endpoint) return endpoint->transport.send(std::move(message), std::move(done));
  impl_->count_refusal();
  return SendResult::kNotConnected;
}

bool MqttAgents::is_connected() const {
  for (const EndpointPtr& endpoint : impl_->all()) {
    if (endpoint->transport.is_connected()) return true;
  }
  return false;
}

TransportCounters MqttAgents::counters() const { return impl_->counters(); }
MqttAgents::Added MqttAgents::add(MqttOptions options) { return impl_->add(std::move(options)); }
void MqttAgents::remove(const std::string& endpoint_id) { impl_->remove(endpoint_id); }

void MqttAgents::reconnect(const std::string& endpoint_id) {
  if (EndpointPtr endpoint = impl_->find(endpoint_id)) endpoint->transport.reconnect();
}

std::optional<EndpointState> MqttAgents::state(const std::string& endpoint_id) const {
  EndpointPtr endpoint = impl_->find(endpoint_id);
  if (!endpoint) return std::nullopt;
  return EndpointState{endpoint->transport.is_connected(), endpoint->transport.counters(),
                       endpoint->transport.subscriptions()};
}

std::size_t MqttAgents::size() const { return impl_->size(); }

}  // namespace usp::mtp
