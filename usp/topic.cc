#include "usp/topic.h"

namespace usp {
namespace {

constexpr std::string_view kReplyTo = "/reply-to=";

std::string replace_all(std::string_view text, std::string_view from, std::string_view to) {
  std::string out;
  out.reserve(text.size());
  while (true) {
    const std::size_t at = text.find(from);
    out += text.substr(0, at);
    if (at == std::string_view::npos) return out;
    out += to;
    text.remove_prefix(at + from.size());
  }
}

// Cuts the first level off `text`; false once nothing is left.
bool next_level(std::string_view& text, std::string_view& level, bool& more) {
  if (!more) return false;
  const std::size_t slash = text.find('/');
  level = text.substr(0, slash);
  more = slash != std::string_view::npos;
  text = more ? text.substr(slash + 1) : std::string_view();
  return true;
}

}  // namespace

std::string expand_topic(std::string_view topic_template, std::string_view endpoint_id) {
  return replace_all(topic_template, kEndpointPlaceholder, endpoint_id);
}

std::optional<std::string_view> endpoint_in_topic(std::string_view topic_template,
                                                  std::string_view topic) {
  const std::size_t at = topic_template.find(kEndpointPlaceholder);
  if (at == std::string_view::npos) return std::nullopt;
  const std::string_view before = topic_template.substr(0, at);
  const std::string_view after = topic_template.substr(at + kEndpointPlaceholder.size());
  if (topic.size() <= before.size() + after.size() || !topic.starts_with(before) ||
      !topic.ends_with(after)) {
    return std::nullopt;
  }
  const std::string_view id =
      topic.substr(before.size(), topic.size() - before.size() - after.size());
  if (id.find('/') != std::string_view::npos) return std::nullopt;
  return id;
}

bool is_topic_name(std::string_view topic) {
  return !topic.empty() && topic.size() <= kMaxTopicBytes &&
         topic.find_first_of(std::string_view("+#\0", 3)) == std::string_view::npos;
}

bool is_topic_filter(std::string_view filter) {
  if (filter.empty() || filter.size() > kMaxTopicBytes ||
      filter.find('\0') != std::string_view::npos) {
    return false;
  }
  std::string_view level;
  bool more = true;
  while (next_level(filter, level, more)) {
    const bool is_wildcard = level == "+" || level == "#";
    if (!is_wildcard && level.find_first_of("+#") != std::string_view::npos) return false;
    if (level == "#" && more) return false;
  }
  return true;
}

bool topic_matches(std::string_view filter, std::string_view topic) {
  if (topic.starts_with('$') && (filter.starts_with('+') || filter.starts_with('#'))) return false;
  std::string_view want;
  std::string_view have;
  bool more_want = true;
  bool more_have = true;
  while (next_level(filter, want, more_want)) {
    if (want == "#") return true;
    if (!next_level(topic, have, more_have)) return false;
    if (want != "+" && want != have) return false;
    // "a/#" takes "a" too.
    if (!more_have && more_want && filter == "#") return true;
  }
  return !more_have;
}

bool is_at_or_below(std::string_view prefix, std::string_view topic) {
  if (!topic.starts_with(prefix)) return false;
  return topic.size() == prefix.size() || prefix.ends_with('/') || topic[prefix.size()] == '/';
}

std::string add_reply_to(std::string_view topic, std::string_view reply_topic) {
  std::string out(topic);
  return out.append(kReplyTo).append(replace_all(reply_topic, "/", "%2F"));
}

TopicWithReply split_reply_to(std::string_view topic) {
  const std::size_t at = topic.rfind(kReplyTo);
  if (at == std::string_view::npos) return {std::string(topic), std::nullopt};
  return {std::string(topic.substr(0, at)),
          replace_all(topic.substr(at + kReplyTo.size()), "%2F", "/")};
}

}  // namespace usp
