// Peers that send what they are told to: a CPE by hand, a controller that publishes any bytes.
#pragma once

#include <future>
#include <memory>
#include <string>

#include "cwmp/message.h"
#include "proto/usp/usp_msg.pb.h"
#include "proto/usp/usp_record.pb.h"
#include "tests/integration/world.h"
#include "tests/support/http_client.h"
#include "tests/support/mailbox.h"
#include "usp/mtp/mqtt.h"

namespace integration {

std::string envelope_text(cwmp::Message body);
/// Of the device 00D09E-Box-SERIAL.
std::string inform_text(const std::string& serial);
/// Elements in each other.
std::string nested(int depth);
/// FaultCode of the CWMP fault in an answer; empty: there is none.
std::string fault_code_in(const support::HttpAnswer& answer);

/// One connection to the ACS; answers the Digest challenge by itself.
class RawCpe {
 public:
  explicit RawCpe(int acs_port, std::string username = "cpe", std::string password = "secret");
  support::HttpAnswer post(const std::string& body);
  void close() { http_.close(); }

 private:
  support::HttpClient http_;
  std::string username_;
  std::string password_;
};

/// Where RawController hears answers; allowed to the controller of a World.
inline const std::string kRawTopic = "usp/v1/controller/ctl/raw";

class RawController final : usp::mtp::TransportHandler {
 public:
  /// Connected when it returns.
  explicit RawController(std::uint16_t broker_port);
  ~RawController() override;
  void publish(const std::string& topic, std::string bytes,
               const std::string& response_topic = kRawTopic);
  /// The next record on kRawTopic.
  std::optional<std::string> receive() { return inbox_.take(); }

 private:
  void on_message(usp::mtp::InboundMessage message) override {
    inbox_.put(std::move(message.payload));
  }
  void on_overload(const usp::mtp::InboundMessage&) override {}
  void on_connected(const usp::mtp::ConnectionInfo&) override { connected_.put(true); }
  void on_disconnected(const usp::mtp::DisconnectInfo&) override {}

  support::Mailbox<std::string> inbox_;
  support::Mailbox<bool> connected_;
  std::unique_ptr<usp::mtp::MqttTransport> transport_;
};

usp_record::Record record_in(const std::string& bytes);
usp_msg::Msg msg_in(const std::string& record);

/// World::ask() on a thread of its own.
std::future<usp_msg::Msg> ask_later(World& world, const Cpe& cpe, usp_msg::Msg request,
                                    std::chrono::milliseconds limit = kLong);

}  // namespace integration
