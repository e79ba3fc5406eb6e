#include "tests/conformance/analyzer.h"

#include <stdexcept>
#include <utility>

#include "tests/integration/world.h"
#include "usp/topic.h"

namespace conformance {
namespace {

constexpr const char* kEverything = "usp/v1/#";
constexpr std::string_view kToControllers = "usp/v1/controller/";
constexpr const char* kMark = "usp/v1/mark";
constexpr std::chrono::seconds kLimit{30};

std::string key_of(const std::string& agent, const std::string& controller,
                   const std::string& msg_id) {
  return agent + "\n" + controller + "\n" + msg_id;
}

std::string text_property(const mqtt::message& message, mqtt::property::code code) {
  const mqtt::properties& properties = message.get_properties();
  return properties.contains(code) ? mqtt::get<std::string>(properties, code) : std::string();
}

}  // namespace

Analyzer::Analyzer(std::uint16_t broker_port)
    : client_("tcp://127.0.0.1:" + std::to_string(broker_port), "",
              mqtt::create_options(MQTTVERSION_5)) {
  client_.set_message_callback(
      [this](const mqtt::const_message_ptr& message) { on_message(*message); });
  const auto options =
      mqtt::connect_options_builder().mqtt_version(MQTTVERSION_5).clean_start(true).finalize();
  client_.connect(options)->wait();
  // QoS 0: everything in the order in which the broker took it, and nothing to acknowledge.
  client_.subscribe(kEverything, 0)->wait();
}

Analyzer::~Analyzer() {
  try {
    client_.disconnect()->wait();
  } catch (const mqtt::exception&) {
    // The broker may be gone already.
  }
}

void Analyzer::settle() {
  std::unique_lock lock(mutex_);
  const std::uint64_t mark = ++marks_sent_;
  lock.unlock();
  client_.publish(kMark, "", 0, 0, false);
  lock.lock();
  const bool seen =
      changed_.wait_for(lock, std::chrono::seconds(30), [&] { return marks_seen_ >= mark; });
  if (!seen) throw std::runtime_error("the analyzer no longer hears the broker");
}

void Analyzer::publish(const Raw& message) {
  mqtt::properties properties;
  std::string topic = message.topic;
  if (integration::speaks_mqtt_311()) {
    if (!message.response_topic.empty()) topic = usp::add_reply_to(topic, message.response_topic);
  } else if (!message.response_topic.empty()) {
    properties.add({mqtt::property::RESPONSE_TOPIC, message.response_topic});
  }
  if (!message.content_type.empty()) {
    properties.add({mqtt::property::CONTENT_TYPE, message.content_type});
  }
  client_.publish(mqtt::message::create(topic, message.payload, message.qos, false, properties))
      ->wait();
}

std::optional<Sent> Analyzer::wait_for_answer(const std::string& agent, const std::string& msg_id) {
  std::optional<Sent> found;
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, kLimit, [&] {
    for (const Sent& sent : sent_[agent]) {
      if (sent.msg && sent.msg->header().msg_id() == msg_id) found = sent;
    }
    return found.has_value();
  });
  return found;
}

std::vector<Sent> Analyzer::sent_by(const std::string& agent) {
  const std::lock_guard lock(mutex_);
  return sent_[agent];
}

Violations Analyzer::take_violations(const std::string& agent) {
  const std::lock_guard lock(mutex_);
  return std::exchange(violations_[agent], {});
}

Violations Analyzer::take_violations() {
  const std::lock_guard lock(mutex_);
  Violations all;
  for (auto& [agent, violations] : violations_) {
    for (std::string& each : violations) all.push_back(agent + ": " + std::move(each));
  }
  violations_.clear();
  return all;
}

void Analyzer::on_message(const mqtt::message& message) {
  const usp::TopicWithReply split = usp::split_reply_to(message.get_topic());
  const std::string& topic = split.topic;
  if (topic == kMark) {
    const std::lock_guard lock(mutex_);
    ++marks_seen_;
    changed_.notify_all();
    return;
  }
  usp_record::Record record;
  const bool parsed = record.ParseFromString(message.get_payload_str());
  const std::string reply =
      split.reply_to.value_or(text_property(message, mqtt::property::RESPONSE_TOPIC));
  const std::lock_guard lock(mutex_);
  if (!topic.starts_with(kToControllers)) {
    // Tests send rubbish too: only what can be read can be answered.
    if (parsed) on_request(topic, record, reply);
    return;
  }
  if (!parsed) {
    violations_["nobody"].push_back("no record on " + topic);
    return;
  }
  on_record({topic, reply, text_property(message, mqtt::property::CONTENT_TYPE), std::move(record),
             std::nullopt});
}

void Analyzer::on_request(const std::string&, const usp_record::Record& record,
                          const std::string& response_topic) {
  usp_msg::Msg msg;
  if (!msg.ParseFromString(record.no_session_context().payload())) return;
  if (!msg.body().has_request()) return;
  asked_[key_of(record.to_id(), record.from_id(), msg.header().msg_id())] = {
      msg.header().msg_type(), response_topic};
}

void Analyzer::on_record(Sent sent) {
  Violations& out = violations_[sent.record.from_id()];
  check_record(sent.record, out);
  const std::string content_type = integration::speaks_mqtt_311() ? "" : "usp.msg";
  if (sent.content_type != content_type)
    out.push_back("Content Type \"" + sent.content_type + "\"");
  if (sent.response_topic.empty()) out.push_back("no Response Topic");
  if (sent.record.has_no_session_context()) {
    usp_msg::Msg msg;
    if (msg.ParseFromString(sent.record.no_session_context().payload())) {
      check_message(msg, out);
      sent.msg = std::move(msg);
      check_answer(sent, out);
    } else {
      out.push_back("the payload is no message");
    }
  }
  sent_[sent.record.from_id()].push_back(std::move(sent));
  changed_.notify_all();
}

void Analyzer::check_answer(const Sent& sent, Violations& out) const {
  const usp_msg::Header& header = sent.msg->header();
  if (header.msg_type() == usp_msg::Header::NOTIFY) return;
  const auto asked =
      asked_.find(key_of(sent.record.from_id(), sent.record.to_id(), header.msg_id()));
  if (asked == asked_.end()) {
    out.push_back("answers " + header.msg_id() + ", which was never asked");
    return;
  }
  const bool fits = header.msg_type() == usp_msg::Header::ERROR ||
                    header.msg_type() == answer_to(asked->second.type);
  if (!fits) out.push_back("msg_type " + usp_msg::Header::MsgType_Name(header.msg_type()));
  const std::string& wanted = asked->second.response_topic;
  if (!wanted.empty() && sent.topic != wanted) out.push_back("answers on " + sent.topic);
}

}  // namespace conformance
