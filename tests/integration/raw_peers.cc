#include "tests/integration/raw_peers.h"

#include <stdexcept>

#include "cwmp/auth.h"
#include "cwmp/soap.h"

namespace integration {

using support::HttpAnswer;

std::string envelope_text(cwmp::Message body) {
  cwmp::Envelope envelope;
  envelope.header.id = "1";
  envelope.body = std::move(body);
  return cwmp::encode(envelope);
}

std::string inform_text(const std::string& serial) {
  cwmp::Inform inform;
  inform.device_id = {"Maker", "00D09E", "Box", serial};
  inform.events.push_back({"2 PERIODIC", ""});
  inform.parameters.push_back({"Device.DeviceInfo.SoftwareVersion", "1.0", "string"});
  return envelope_text(inform);
}

std::string nested(int depth) {
  std::string text;
  for (int i = 0; i < depth; ++i) text += "<a>";
  for (int i = 0; i < depth; ++i) text += "</a>";
  return text;
}

std::string fault_code_in(const HttpAnswer& answer) {
  auto envelope = cwmp::decode(answer.body);
  if (!envelope) return {};
  const auto* fault = std::get_if<cwmp::Fault>(&envelope->body);
  return fault == nullptr ? "" : std::to_string(static_cast<int>(fault->code));
}

RawCpe::RawCpe(int acs_port, std::string username, std::string password)
    : http_(static_cast<std::uint16_t>(acs_port)),
      username_(std::move(username)),
      password_(std::move(password)) {}

HttpAnswer RawCpe::post(const std::string& body) {
  HttpAnswer answer = http_.post(body);
  if (answer.status != 401) return answer;
  auto challenges = cwmp::parse_challenges(answer.field("WWW-Authenticate"));
  cwmp::ClientRequest request;
  request.method = "POST";
  request.uri = "/acs";
  request.username = username_;
  request.password = password_;
  request.cnonce = "0a4f113b";
  auto value = cwmp::authorize(challenges, request);
  if (!value) throw std::runtime_error(value.error().text);
  return http_.post(body, "Authorization: " + *value + "\r\n");
}

RawController::RawController(std::uint16_t broker_port) {
  usp::mtp::MqttOptions options;
  options.host = "127.0.0.1";
  options.port = broker_port;
  options.subscriptions = {kRawTopic};
  transport_ = std::make_unique<usp::mtp::MqttTransport>(options);
  transport_->start(*this);
  if (!connected_.take()) throw std::runtime_error("no connection to the broker");
}

RawController::~RawController() { transport_->stop(std::chrono::milliseconds(0)); }

void RawController::publish(const std::string& topic, std::string bytes,
                            const std::string& response_topic) {
  usp::mtp::OutboundMessage message;
  message.topic = topic;
  message.payload = std::move(bytes);
  message.response_topic = response_topic;
  message.from = "raw";
  auto refused = transport_->send(std::move(message));
  if (refused) throw std::runtime_error(usp::mtp::name_of(*refused));
}

usp_record::Record record_in(const std::string& bytes) {
  usp_record::Record record;
  record.ParseFromString(bytes);
  return record;
}

usp_msg::Msg msg_in(const std::string& record) {
  usp_msg::Msg msg;
  msg.ParseFromString(record_in(record).no_session_context().payload());
  return msg;
}

std::future<usp_msg::Msg> ask_later(World& world, const Cpe& cpe, usp_msg::Msg request,
                                    std::chrono::milliseconds limit) {
  return std::async(std::launch::async, [&world, &cpe, request = std::move(request), limit] {
    return world.ask(cpe, request, limit);
  });
}

}  // namespace integration
