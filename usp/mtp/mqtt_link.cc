#include "usp/mtp/mqtt_link.h"

#include <algorithm>
#include <utility>

#include "usp/mtp/mqtt_attempt.h"
#include "usp/mtp/nodelay.h"
#include "usp/mtp/paho_threads.h"
#include "usp/topic.h"

namespace usp::mtp {
namespace {

constexpr std::string_view kContentType = "usp.msg";
// How long a PUBACK may take before Paho is asked whether it forgot something; doubled each time.
constexpr auto kFirstNudge = std::chrono::milliseconds(5);
constexpr auto kLastNudge = std::chrono::milliseconds(500);
/// What is queued goes out before a connection is given up for a new one.
constexpr auto kReconnectGrace = std::chrono::seconds(2);
constexpr auto kPahoSlack = std::chrono::seconds(2);  // Paho counts its timeouts in seconds

std::size_t varint_bytes(std::size_t value) {
  std::size_t bytes = 1;
  for (; value >= 128; value /= 128) ++bytes;
  return bytes;
}

}  // namespace

std::size_t publish_packet_bytes(const OutboundMessage& message, MqttOptions::Version version) {
  constexpr std::size_t kLength = 2;  // before each string
  std::size_t body = kLength + message.topic.size() + message.payload.size();
  if (message.qos > 0) body += 2;  // packet identifier
  if (version == MqttOptions::Version::k311) {
    if (!message.response_topic.empty()) {
      body += add_reply_to("", message.response_topic).size();
    }
  } else {
    std::size_t properties = 1 + kLength + kContentType.size();
    if (!message.response_topic.empty()) properties += 1 + kLength + message.response_topic.size();
    if (!message.correlation.empty()) properties += 1 + kLength + message.correlation.size();
    body += varint_bytes(properties) + properties;
  }
  return 1 + varint_bytes(body) + body;
}

MqttLink::MqttLink(std::shared_ptr<const MqttOptions> options, std::string client_id, bool receives,
                   Owner& owner)
    : receives_(receives),
      owner_(owner),
      client_id_(client_id),
      keep_alive_(options->keep_alive),
      random_(std::random_device{}()),
      options_(options),
      next_options_(std::move(options)),
      configured_id_(client_id),
      next_id_(std::move(client_id)) {}

MqttLink::~MqttLink() {
  begin_stop(std::chrono::milliseconds(0));
  join();
}

void MqttLink::start() {
  thread_ = std::thread([this] { run(); });
}

void MqttLink::begin_stop(std::chrono::milliseconds grace) {
  std::lock_guard lock(mutex_);
  if (stopping_) return;
  stopping_ = true;
  leave_by_ = Clock::now() + grace;
  changed_.notify_all();
}

void MqttLink::reconfigure(std::shared_ptr<const MqttOptions> options, std::string client_id) {
  std::lock_guard lock(mutex_);
  next_options_ = std::move(options);
  next_id_ = std::move(client_id);
  resubscribe_ = receives_;
  if (disabled_) reconnecting_ = true;
  disabled_ = false;
  changed_.notify_all();
}

void MqttLink::reconnect() {
  std::lock_guard lock(mutex_);
  if (stopping_ || reconnecting_) return;
  reconnecting_ = true;
  disabled_ = false;
  leave_by_ = Clock::now() + kReconnectGrace;
  changed_.notify_all();
}

std::optional<SendResult> MqttLink::send(OutboundMessage& message, SendCompletion& done) {
  bool wake = false;
  {
    std::lock_guard lock(mutex_);
    if (stopping_) return SendResult::kClosed;
    if (!up_) return SendResult::kNotConnected;
    const std::size_t bytes = publish_packet_bytes(message, options_->version);
    if (maximum_packet_bytes_ != 0 && bytes > maximum_packet_bytes_) return SendResult::kTooLarge;
    if (queue_.size() >= options_->max_queued) {
      refused_full_ = true;
      return SendResult::kQueueFull;
    }
    wake = queue_.empty();
    queue_.push_back({std::move(message), std::move(done), bytes, {}, {}});
    ++counters_.accepted;
  }
  if (wake) changed_.notify_all();
  return std::nullopt;
}

MqttLink::Counters MqttLink::counters() const {
  std::lock_guard lock(mutex_);
  Counters counters = counters_;
  counters.queued = queue_.size();
  counters.in_flight = in_flight_.size();
  counters.up = up_;
  return counters;
}

bool MqttLink::wait_until(const std::function<bool()>& done, Clock::time_point deadline) {
  std::unique_lock lock(mutex_);
  return changed_.wait_until(lock, deadline, done);
}

void MqttLink::signal(const std::function<void(Signals&)>& change) {
  std::lock_guard lock(mutex_);
  change(signals_);
  changed_.notify_all();
}

void MqttLink::run() {
  for (;;) {
    if (run_connection()) failures_ = 0;
    std::unique_lock lock(mutex_);
    if (stopping_) return;
    if (!reconnecting_) {
      lock.unlock();
      ++failures_;
      wait_for_retry();
    }
  }
}

void MqttLink::wait_for_retry() {
  const double random = std::uniform_real_distribution<double>(0.0, 1.0)(random_);
  const auto wait = connect_wait(options_->retry, failures_, random);
  const auto called = [this] { return stopping_ || reconnecting_; };
  std::unique_lock lock(mutex_);
  if (disabled_) {
    changed_.wait(lock, called);
  } else {
    changed_.wait_until(lock, Clock::now() + wait, called);
  }
}

void MqttLink::take_options() {
  signals_ = {};
  direct_ = false;
  if (reconnecting_) failures_ = 0;
  reconnecting_ = false;
  resubscribe_ = false;
  subscribed_.clear();
  asked_.clear();
  if (next_options_->keep_alive != options_->keep_alive) keep_alive_ = next_options_->keep_alive;
  options_ = next_options_;
  if (next_id_ != configured_id_) client_id_ = next_id_;
  configured_id_ = next_id_;
}

bool MqttLink::run_connection() {
  {
    std::lock_guard lock(mutex_);
    if (stopping_) return false;
    take_options();
  }
  std::unique_ptr<Attempt> attempt;
  try {
    attempt = std::make_unique<Attempt>(*this, client_id_, keep_alive_);
    if (!establish(*attempt)) {
      take_down(std::move(attempt));
      return false;
    }
  } catch (const mqtt::exception& error) {
    signal([&](Signals& signals) { signals.text = error.what(); });
    take_down(std::move(attempt));
    return false;
  }
  const auto up_since = Clock::now();
  pump(*attempt);
  take_down(std::move(attempt));
  // One that is thrown out at once, by a second client of the same id for instance, is a failure.
  return Clock::now() - up_since >= options_->retry.time;
}

bool MqttLink::establish(Attempt& attempt) {
  attempt.connect();
  const auto connected = [this] { return signals_.connect_done || signals_.lost || stopping_; };
  const bool answered =
      wait_until(connected, Clock::now() + options_->connect_timeout + kPahoSlack);
  {
    std::lock_guard lock(mutex_);
    if (!answered) signals_.text = "no CONNACK in time";
    if (!answered || signals_.lost || stopping_) return false;
    connack_ = signals_.connack;
  }
  const Connack& connack = connack_;
  set_nodelay_for_peer_port(options_->port);
  client_id_ = connack.client_id;
  // Paho ignores the broker's Server Keep Alive: connect again with that value (MQTT 5.0 3.2.2.3).
  const std::chrono::seconds wanted(connack.keep_alive_s.value_or(0));
  if (wanted.count() > 0 && (keep_alive_.count() == 0 || wanted < keep_alive_)) {
    keep_alive_ = wanted;
    failures_ = 0;
    signal([](Signals& signals) { signals.text = "again with the broker's keep alive"; });
    return false;
  }
  if (receives_ && !subscribe(attempt)) return false;
  std::uint64_t number = owner_.next_connection_number();
  {
    std::lock_guard lock(mutex_);
    if (signals_.lost || stopping_) return false;
    number_ = number;
    // Paho takes no more than Receive Maximum either, but would buffer the rest out of sight.
    window_ = std::min<std::size_t>(options_->max_in_flight, connack.receive_maximum);
    maximum_packet_bytes_ = connack.maximum_packet_bytes;
    maximum_qos_ = connack.maximum_qos;
    response_information_ =
        options_->use_connack_topics ? connack.response_information.value_or("") : "";
    ++counters_.connects;
    up_ = true;
  }
  owner_.on_link_up(*this, connack, number);
  deliver_early();
  return true;
}

void MqttLink::deliver_early() {
  for (;;) {
    std::deque<Received> early;
    {
      std::lock_guard lock(mutex_);
      early.swap(early_);
      if (early.empty()) {
        direct_ = true;
        return;
      }
    }
    for (Received& received : early) owner_.on_link_message(std::move(received));
  }
}

void MqttLink::on_received(Received received) {
  {
    std::lock_guard lock(mutex_);
    if (!direct_) {
      // A resumed session delivers before SUBACK. What is beyond the bound was never promised.
      if (early_.size() < options_->max_handling) early_.push_back(std::move(received));
      return;
    }
  }
  owner_.on_link_message(std::move(received));
}

void MqttLink::pump(Attempt& attempt) {
  Clock::duration nudge_after = kFirstNudge;
  Clock::time_point nudge_at;
  for (;;) {
    std::vector<Outgoing*> batch;
    std::string reply;
    bool writable = false;
    bool nudge = false;
    bool resubscribe = false;
    {
      std::unique_lock lock(mutex_);
      const auto leaving = [this] { return stopping_ || reconnecting_; };
      auto deadline = leaving() ? leave_by_ : Clock::time_point::max();
      if (!in_flight_.empty()) {
        deadline = std::min({deadline, in_flight_.front().sent + options_->ack_timeout, nudge_at});
      }
      const auto something_to_do = [&] {
        const bool can_send = !queue_.empty() && in_flight_.size() < window_;
        const bool drained = leaving() && queue_.empty() && in_flight_.empty();
        const bool just_left = leaving() && deadline > leave_by_;
        const bool answered = !asked_.empty() && signals_.subscribe_done;
        const bool ask = asked_.empty() && resubscribe_;
        return signals_.lost || can_send || drained || just_left || answered || ask;
      };
      if (deadline == Clock::time_point::max()) {
        changed_.wait(lock, something_to_do);
      } else {
        changed_.wait_until(lock, deadline, something_to_do);
      }
      const auto now = Clock::now();
      if (signals_.lost) return;
      if (leaving() && ((queue_.empty() && in_flight_.empty()) || now >= leave_by_)) return;
      if (!asked_.empty() && signals_.subscribe_done) note_granted();
      resubscribe = asked_.empty() && resubscribe_;
      if (!in_flight_.empty() && now >= in_flight_.front().sent + options_->ack_timeout) {
        signals_.text = "no PUBACK in time";
        return;
      }
      nudge = !in_flight_.empty() && now >= nudge_at;
      nudge_after = nudge ? std::min<Clock::duration>(nudge_after * 2, kLastNudge) : nudge_after;
      while (!queue_.empty() && in_flight_.size() < window_) {
        in_flight_.push_back(std::move(queue_.front()));
        queue_.pop_front();
        Outgoing& outgoing = in_flight_.back();
        outgoing.self = std::prev(in_flight_.end());
        outgoing.sent = now;
        outgoing.message.qos = std::min(outgoing.message.qos, maximum_qos_);
        batch.push_back(&outgoing);
      }
      reply = response_information_;
      writable = refused_full_ && queue_.size() <= options_->max_queued / 2;
      if (writable) refused_full_ = false;
    }
    for (Outgoing* outgoing : batch) {
      try {
        attempt.publish(*outgoing, reply);
      } catch (const mqtt::exception&) {
        on_acknowledged(outgoing, SendResult::kLost);
      }
    }
    if (resubscribe) change_subscriptions(attempt);
    if (writable) owner_.on_link_writable();
    if (nudge) nudge_paho();
    if (!batch.empty()) nudge_after = kFirstNudge;
    if (nudge || !batch.empty()) nudge_at = Clock::now() + nudge_after;
  }
}

void MqttLink::on_acknowledged(Outgoing* outgoing, SendResult result) {
  std::list<Outgoing> done;
  {
    std::lock_guard lock(mutex_);
    const bool was_full = in_flight_.size() >= window_;
    done.splice(done.begin(), in_flight_, outgoing->self);
    if (result == SendResult::kDelivered) {
      ++counters_.delivered;
      counters_.delivered_bytes += outgoing->bytes;
    } else {
      ++counters_.failed;
    }
    const bool leaving = stopping_ || reconnecting_;
    if ((was_full && !queue_.empty()) || (leaving && in_flight_.empty())) changed_.notify_all();
  }
  if (outgoing->done) outgoing->done(result);
}

DisconnectInfo MqttLink::failure_info(std::uint64_t number) {
  DisconnectInfo info;
  info.number = number;
  info.reason_code = signals_.reason_code;
  info.text = signals_.text;
  info.failed_attempts = number == 0 ? failures_ + 1 : 0;
  return info;
}

void MqttLink::take_down(std::unique_ptr<Attempt> attempt) {
  bool stopping = false;
  bool was_up = false;
  DisconnectInfo info;
  {
    std::lock_guard lock(mutex_);
    was_up = up_.exchange(false);
    direct_ = false;
    stopping = stopping_;
    if (was_up && reconnecting_ && !signals_.lost) signals_.text = "connects anew";
    info = failure_info(was_up ? number_ : 0);
    if (!stopping && !(was_up && reconnecting_)) {
      ++(was_up ? counters_.disconnects : counters_.connect_failures);
    }
  }
  attempt.reset();  // Paho fails what is in flight here, by on_acknowledged()
  const SendResult result = stopping ? SendResult::kClosed : SendResult::kLost;
  std::list<Outgoing> left;
  {
    std::lock_guard lock(mutex_);
    left.swap(in_flight_);
    for (Outgoing& outgoing : queue_) left.push_back(std::move(outgoing));
    queue_.clear();
    early_.clear();
    refused_full_ = false;
    counters_.failed += left.size();
  }
  for (Outgoing& outgoing : left) {
    if (outgoing.done) outgoing.done(result);
  }
  if (!stopping || was_up) owner_.on_link_down(*this, info);
}

}  // namespace usp::mtp
