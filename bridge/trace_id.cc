#include "bridge/trace_id.h"

#include <cstdint>
#include <random>

namespace bridge {

namespace {

constexpr std::string_view kDigits = "0123456789abcdef";

bool is_hex(std::string_view text) {
  return text.find_first_not_of(kDigits) == std::string_view::npos;
}

bool is_zero(std::string_view text) {
  return text.find_first_not_of('0') == std::string_view::npos;
}

}  // namespace

// traceparent = version "-" trace-id "-" parent-id "-" trace-flags, of 2, 32, 16 and 2 digits
// (3.2.2). A later version may go on after another "-"; ff is none (4.3).
std::string trace_id_of(std::string_view traceparent) {
  constexpr std::size_t kLength = 55;
  if (traceparent.size() < kLength) return {};
  const std::string_view version = traceparent.substr(0, 2);
  const std::string_view trace = traceparent.substr(3, 32);
  const std::string_view parent = traceparent.substr(36, 16);
  const std::string_view flags = traceparent.substr(53, 2);
  if (traceparent[2] != '-' || traceparent[35] != '-' || traceparent[52] != '-') return {};
  if (!is_hex(version) || !is_hex(trace) || !is_hex(parent) || !is_hex(flags)) return {};
  if (version == "ff" || is_zero(trace) || is_zero(parent)) return {};
  const bool longer = traceparent.size() > kLength;
  if (longer && (version == "00" || traceparent[kLength] != '-')) return {};
  return std::string(trace);
}

// An identifier, not a secret: nothing is let in by it, so that a fast source will do.
std::string make_trace_id() {
  thread_local std::mt19937_64 source{std::random_device{}()};
  std::string out(32, '0');
  while (is_zero(out)) {
    for (std::size_t i = 0; i < out.size(); i += 16) {
      std::uint64_t bits = source();
      for (std::size_t digit = 0; digit < 16; ++digit, bits >>= 4)
        out[i + digit] = kDigits[bits & 15];
    }
  }
  return out;
}

}  // namespace bridge
