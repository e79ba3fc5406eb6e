#include "tests/tools/usp_controller/controller.h"

#include <algorithm>
#include <random>
#include <utility>
#include <variant>

#include "usp/record.h"
#include "usp/topic.h"

namespace usp_controller {
namespace {

constexpr Milliseconds kStopGrace{2000};
constexpr std::size_t kMaxKept = 100'000;  // notifications nobody waits for

template <class T, class Wanted>
std::optional<T> take_first(std::deque<T>& queue, const Wanted& wanted) {
  const auto found = std::find_if(queue.begin(), queue.end(),
                                  [&](const T& item) { return !wanted || wanted(item); });
  if (found == queue.end()) return std::nullopt;
  std::optional<T> taken(std::move(*found));
  queue.erase(found);
  return taken;
}

template <class T>
void keep(std::deque<T>& queue, T item) {
  if (queue.size() >= kMaxKept) queue.pop_front();
  queue.push_back(std::move(item));
}

}  // namespace

Controller::Controller(ControllerOptions options)
    : options_(std::move(options)), topic_(usp::expand_topic(options_.topic, options_.id)) {
  // Ids of two runs differ: an answer to the last one must not be taken for ours.
  id_prefix_ = std::to_string(std::random_device{}()) + "-";
  usp::mtp::MqttOptions mqtt = options_.mqtt;
  mqtt.subscriptions = {topic_};
  if (mqtt.endpoint_id.empty()) mqtt.endpoint_id = options_.id;
  transport_ = std::make_unique<usp::mtp::MqttTransport>(std::move(mqtt));
}

Controller::~Controller() { disconnect(); }

Result<void> Controller::connect(Milliseconds limit) {
  transport_->start(*this);
  std::unique_lock lock(mutex_);
  if (changed_.wait_for(lock, limit, [this] { return connected_; })) return {};
  return tl::unexpected("not connected: " + last_failure_);
}

void Controller::disconnect() { transport_->stop(kStopGrace); }

std::string Controller::next_id() {
  const std::lock_guard lock(mutex_);
  return id_prefix_ + std::to_string(++last_id_);
}

std::optional<usp::mtp::SendResult> Controller::send_record(const std::string& agent,
                                                            const std::string& topic,
                                                            std::string record) {
  usp::mtp::OutboundMessage out;
  out.topic = topic;
  out.payload = options_.identity ? options_.identity->sign(record) : std::move(record);
  out.response_topic = topic_;
  out.from = agent;  // spreads a load over the connections and keeps each agent's order
  out.qos = options_.qos;
  return transport_->send(std::move(out));
}

bool Controller::publish(const std::string& agent, const std::string& topic,
                         const usp_msg::Msg& msg, bool in_session, std::string& why) {
  std::optional<usp::mtp::SendResult> refusal;
  if (!in_session) {
    refusal = send_record(agent, topic, usp::encode_message(options_.id, agent, msg));
  } else {
    const std::lock_guard lock(session_mutex_);
    auto& session = session_with(agent);
    const auto now = std::chrono::steady_clock::now();
    const usp::SessionEffects effects =
        session.send(msg.SerializeAsString(), now, next_session_random());
    for (const usp::SessionRecord& record : effects.records) {
      refusal = send_record(agent, topic, usp::encode_session(options_.id, agent, record));
      if (refusal) break;
    }
    if (refusal) session.give_up();
  }
  if (refusal) why = std::string("not sent: ") + usp::mtp::name_of(*refusal);
  return !refusal;
}

std::uint64_t Controller::next_session_random() {
  return (std::uint64_t{std::random_device{}()} << 32) | std::random_device{}();
}

usp::SessionContext& Controller::session_with(const std::string& agent) {
  auto& session = sessions_[agent];
  if (!session) {
    session = std::make_unique<usp::SessionContext>(usp::SessionContext::Role::kController,
                                                    session_bytes_);
    usp::SessionSettings settings;
    settings.max_payload_bytes = options_.max_payload_bytes;
    session->configure(settings);
  }
  return *session;
}

Result<std::string> Controller::send(const std::string& agent, usp_msg::Msg msg,
                                     Answered answered) {
  if (msg.header().msg_id().empty()) msg.mutable_header()->set_msg_id(next_id());
  const std::string msg_id = msg.header().msg_id();
  {
    const std::lock_guard lock(mutex_);
    pending_[msg_id] = std::move(answered);
  }
  std::string why;
  if (publish(agent, agent_topic(agent), msg, options_.session_context, why)) return msg_id;
  forget(msg_id);
  return tl::unexpected(why);
}

void Controller::forget(const std::string& msg_id) {
  const std::lock_guard lock(mutex_);
  pending_.erase(msg_id);
}

Result<usp_msg::Msg> Controller::request(const std::string& agent, usp_msg::Msg msg,
                                         Milliseconds limit) {
  // Shared: the answer may come while this gives up.
  const auto answer = std::make_shared<std::optional<usp_msg::Msg>>();
  const auto sent = send(agent, std::move(msg), [this, answer](const usp_msg::Msg& received) {
    const std::lock_guard lock(mutex_);
    *answer = received;
    changed_.notify_all();
  });
  if (!sent) return tl::unexpected(sent.error());
  std::unique_lock lock(mutex_);
  const bool came = changed_.wait_for(lock, limit, [&] { return answer->has_value(); });
  pending_.erase(*sent);
  if (!came) return tl::unexpected("no answer in " + std::to_string(limit.count()) + " ms");
  return std::move(**answer);
}

std::optional<Notification> Controller::wait_for_notify(const Wanted& wanted, Milliseconds limit) {
  std::optional<Notification> found;
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, limit,
                    [&] { return (found = take_first(notifies_, wanted)).has_value(); });
  return found;
}

std::optional<Presence> Controller::wait_for_presence(
    const std::function<bool(const Presence&)>& wanted, Milliseconds limit) {
  std::optional<Presence> found;
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, limit,
                    [&] { return (found = take_first(presences_, wanted)).has_value(); });
  return found;
}

void Controller::clear_notifies() {
  const std::lock_guard lock(mutex_);
  notifies_.clear();
}

void Controller::set_answer_notifies(bool on) {
  const std::lock_guard lock(mutex_);
  options_.answer_notifies = on;
}

void Controller::set_agent_topic(const std::string& agent, std::string topic) {
  const std::lock_guard lock(mutex_);
  topics_[agent] = std::move(topic);
}

std::string Controller::agent_topic(const std::string& agent) const {
  const std::lock_guard lock(mutex_);
  const auto known = topics_.find(agent);
  return known != topics_.end() ? known->second : usp::expand_topic(options_.agent_topic, agent);
}

void Controller::on_connected(const usp::mtp::ConnectionInfo&) {
  const std::lock_guard lock(mutex_);
  connected_ = true;
  changed_.notify_all();
}

void Controller::on_disconnected(const usp::mtp::DisconnectInfo& info) {
  const std::lock_guard lock(mutex_);
  connected_ = false;
  last_failure_ = info.text;
  changed_.notify_all();
}

void Controller::on_overload(const usp::mtp::InboundMessage& message) { on_message(message); }

void Controller::on_message(usp::mtp::InboundMessage message) {
  if (options_.trusted) {
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    const auto now_s = std::chrono::duration_cast<std::chrono::seconds>(now).count();
    if (usp::check_signature(message.payload, *options_.trusted, now_s) !=
        usp::SignatureFault::kNone) {
      ++untrusted_;
      return;
    }
  }
  usp::InRecord record = usp::decode_record(message.payload, options_.id);
  const std::string reply_to = message.response_topic.value_or("");
  if (auto* session = std::get_if<usp::InSession>(&record)) {
    on_session(session->from_id, reply_to, std::move(session->record));
    return;
  }
  if (const auto* in = std::get_if<usp::InMessage>(&record)) {
    const Incoming from{in->from_id, reply_to, false};
    on_payload(from, std::move(record));
    return;
  }
  if (const auto* gone = std::get_if<usp::InDisconnect>(&record)) {  // R-MTP.7
    const std::lock_guard lock(session_mutex_);
    if (sessions_.count(gone->from_id) > 0) sessions_.at(gone->from_id)->close();
  }
  const std::lock_guard lock(mutex_);
  if (const auto* in = std::get_if<usp::InConnect>(&record)) {
    if (!in->topic.empty()) topics_[in->from_id] = in->topic;
    keep(presences_, Presence{in->from_id, true, in->topic, ""});
  } else if (const auto* gone = std::get_if<usp::InDisconnect>(&record)) {
    keep(presences_, Presence{gone->from_id, false, "", gone->reason});
  }
  changed_.notify_all();
}

void Controller::on_session(const std::string& agent, const std::string& reply_to,
                            usp::SessionRecord record) {
  const std::string topic = reply_to.empty() ? agent_topic(agent) : reply_to;
  usp::SessionEffects effects;
  {
    const std::lock_guard lock(session_mutex_);
    auto& session = session_with(agent);
    const auto now = std::chrono::steady_clock::now();
    effects = session.on_record(std::move(record), now, next_session_random());
    for (const usp::SessionRecord& each : effects.records) {
      send_record(agent, topic, usp::encode_session(options_.id, agent, each));
    }
  }
  for (const std::string& payload : effects.messages) {
    on_payload({agent, reply_to, true}, usp::decode_payload(agent, payload));
  }
}

void Controller::on_payload(const Incoming& from, usp::InRecord record) {
  auto* in = std::get_if<usp::InMessage>(&record);
  if (in == nullptr) return;
  if (in->msg.body().request().has_notify()) {
    on_notify(from, in->msg);
  } else {
    on_answer(in->msg);
  }
}

void Controller::on_answer(const usp_msg::Msg& msg) {
  Answered answered;
  {
    const std::lock_guard lock(mutex_);
    const auto found = pending_.find(msg.header().msg_id());
    if (found == pending_.end()) return;
    answered = std::move(found->second);
    pending_.erase(found);
  }
  if (answered) answered(msg);
}

void Controller::on_notify(const Incoming& from, const usp_msg::Msg& msg) {
  Notification notification{from.agent,
                            msg.header().msg_id(),
                            msg.body().request().notify(),
                            from.reply_to,
                            std::chrono::steady_clock::now(),
                            from.in_session};
  bool wanted = false;
  {
    const std::lock_guard lock(mutex_);
    wanted = options_.answer_notifies && notification.notify.send_resp() &&
             !unanswered_.contains(from.agent);
    keep(notifies_, notification);
    changed_.notify_all();
  }
  if (wanted) answer(notification);
}

void Controller::leave_unanswered(const std::string& agent, bool on) {
  const std::lock_guard lock(mutex_);
  if (on) {
    unanswered_.insert(agent);
  } else {
    unanswered_.erase(agent);
  }
}

void Controller::answer(const Notification& notification) {
  usp_msg::Msg reply;
  reply.mutable_header()->set_msg_id(notification.msg_id);
  reply.mutable_header()->set_msg_type(usp_msg::Header::NOTIFY_RESP);
  reply.mutable_body()->mutable_response()->mutable_notify_resp()->set_subscription_id(
      notification.notify.subscription_id());  // R-NOT.10
  const std::string& agent = notification.agent;
  std::string ignored;  // an agent that hears nothing sends it again
  publish(agent, notification.reply_to.empty() ? agent_topic(agent) : notification.reply_to, reply,
          notification.in_session, ignored);
}

}  // namespace usp_controller
