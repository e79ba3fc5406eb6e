// How long ago something was, for people.
#pragma once

#include <cstdint>
#include <string>

namespace bridge {

/// "within the last two minutes", "5 minutes ago", "3 hours ago", "9 days ago". Unix milliseconds.
inline std::string ago(std::int64_t then_ms, std::int64_t now_ms) {
  const std::int64_t minutes = (now_ms - then_ms) / 60'000;
  if (minutes < 2) return "within the last two minutes";
  if (minutes < 120) return std::to_string(minutes) + " minutes ago";
  if (minutes < 48 * 60) return std::to_string(minutes / 60) + " hours ago";
  return std::to_string(minutes / (24 * 60)) + " days ago";
}

}  // namespace bridge
