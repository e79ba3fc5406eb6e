// MQTT topics of USP: templates, and the reply-to that MQTT 3.1.1 carries in the topic
// (TR-369 R-MQTT.22 to 26).
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace usp {

inline constexpr std::string_view kEndpointPlaceholder = "{endpoint_id}";
inline constexpr std::size_t kMaxTopicBytes = 65535;  ///< MQTT 5.0 1.5.4

/// "usp/v1/agent/{endpoint_id}" with the id put in.
std::string expand_topic(std::string_view topic_template, std::string_view endpoint_id);

/// The endpoint id in a topic made from the template, or nullopt where it is not one.
std::optional<std::string_view> endpoint_in_topic(std::string_view topic_template,
                                                  std::string_view topic);

/// Topic Name to publish to: not empty, no wildcard, no NUL, not too long.
bool is_topic_name(std::string_view topic);

/// Topic Filter to subscribe to: wildcards only as whole levels, "#" last.
bool is_topic_filter(std::string_view filter);

/// Does the filter take this topic (MQTT 5.0 4.7)? Topics that begin with "$" need it spelt out.
bool topic_matches(std::string_view filter, std::string_view topic);

/// Is `topic` the same as `prefix` or below it, level by level?
bool is_at_or_below(std::string_view prefix, std::string_view topic);

/// Topic Name for an MQTT 3.1.1 PUBLISH: "<topic>/reply-to=<reply, every / as %2F>" (R-MQTT.24).
std::string add_reply_to(std::string_view topic, std::string_view reply_topic);

struct TopicWithReply {
  std::string topic;
  std::optional<std::string> reply_to;
};
/// Undoes add_reply_to(): what follows the last "/reply-to=", "%2F" as "/" (R-MQTT.25).
TopicWithReply split_reply_to(std::string_view topic);

}  // namespace usp
