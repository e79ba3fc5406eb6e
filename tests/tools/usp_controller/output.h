// What usp-controller prints: for people, or one JSON object per line.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "tests/tools/usp_controller/controller.h"

namespace usp_controller {

/// A JSON string literal.
std::string json_string(const std::string& text);

/// A message as one line of JSON, with the field names of the schema.
std::string to_json(const google::protobuf::Message& message);

/// Lines for a terminal: "Device.WiFi.SSID.1.SSID => home", one per fact.
std::string to_text(const usp_msg::Msg& answer);
std::string to_text(const Notification& notification);

struct Exchange {
  std::string command;
  usp_msg::Msg request;
  std::optional<usp_msg::Msg> response;
  std::vector<std::string> errors;
  std::chrono::microseconds took{0};
};

/// {"command":..,"ok":..,"ms":..,"errors":[..],"request":{..},"response":{..}}
std::string to_json(const Exchange& exchange);
/// {"notify":{..},"agent":..,"msg_id":..}
std::string to_json(const Notification& notification);
std::string to_json(const Presence& presence);

}  // namespace usp_controller
