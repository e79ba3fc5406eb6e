// Reads along on the broker, as the test plan's analyzer does: keeps what the agents publish and
// checks what must hold for every record of theirs (universal.h), each answer against its request.
#pragma once

#include <mqtt/async_client.h>

#include <chrono>
#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "tests/conformance/universal.h"

namespace conformance {

/// A record of an agent.
struct Sent {
  std::string topic;
  std::string response_topic;
  std::string content_type;
  usp_record::Record record;
  std::optional<usp_msg::Msg> msg;  ///< nullopt: none inside
};

/// Thread-safe.
class Analyzer {
 public:
  /// Subscribed when it returns.
  explicit Analyzer(std::uint16_t broker_port);
  ~Analyzer();
  Analyzer(const Analyzer&) = delete;
  Analyzer& operator=(const Analyzer&) = delete;

  /// Returns when everything that the broker took before the call has been looked at.
  void settle();

  struct Raw {
    std::string topic;
    std::string payload;
    std::string response_topic = {};
    std::string content_type = "usp.msg";  ///< empty: none
    int qos = 1;
  };
  /// Publishes what no controller would; the broker has it when it returns.
  void publish(const Raw& message);

  /// Waits for the answer with this msg_id; nullopt: none came.
  std::optional<Sent> wait_for_answer(const std::string& agent, const std::string& msg_id);
  /// What an agent has published so far, oldest first.
  std::vector<Sent> sent_by(const std::string& agent);
  /// What it did wrong since the last call, in words.
  Violations take_violations(const std::string& agent);
  /// The same, of everybody.
  Violations take_violations();

 private:
  struct Asked {
    usp_msg::Header::MsgType type = usp_msg::Header::ERROR;
    std::string response_topic;
  };

  void on_message(const mqtt::message& message);
  void on_request(const std::string& topic, const usp_record::Record& record,
                  const std::string& response_topic);
  void on_record(Sent sent);
  void check_answer(const Sent& sent, Violations& out) const;

  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::string, std::vector<Sent>> sent_;  // by agent
  std::map<std::string, Violations> violations_;   // by agent
  std::map<std::string, Asked> asked_;             // by agent, controller and msg_id
  std::uint64_t marks_sent_ = 0;
  std::uint64_t marks_seen_ = 0;
  mqtt::async_client client_;  // last: its threads use what is above
};

}  // namespace conformance
