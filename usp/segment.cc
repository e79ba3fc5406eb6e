#include "usp/segment.h"

#include <utility>

namespace usp {

std::vector<MessageSegment> split_message(std::string_view message, std::size_t max_bytes) {
  std::vector<MessageSegment> segments;
  if (max_bytes == 0 || message.size() <= max_bytes) {
    segments.push_back({SarState::kNone, message});
    return segments;
  }
  segments.reserve(message.size() / max_bytes + 1);
  while (!message.empty()) {
    const std::string_view piece = message.substr(0, max_bytes);
    message.remove_prefix(piece.size());
    SarState state = SarState::kInProcess;
    if (segments.empty()) state = SarState::kBegin;
    if (message.empty()) state = SarState::kComplete;
    segments.push_back({state, piece});
  }
  return segments;
}

const char* name_of(SegmentError error) {
  switch (error) {
    case SegmentError::kUnknownState:
      return "unknown SAR state";
    case SegmentError::kStatesDiffer:
      return "SAR states differ";
    case SegmentError::kNotBegun:
      return "segment without begin";
    case SegmentError::kNotCompleted:
      return "segments without end";
    case SegmentError::kEmpty:
      return "empty segment";
    case SegmentError::kSeveral:
      return "several payloads";
    case SegmentError::kMessageTooLong:
      return "message too long";
  }
  return "unknown";
}

tl::expected<std::optional<std::string>, SegmentError> Reassembler::fail(SegmentError error) {
  clear();
  return tl::unexpected(error);
}

tl::expected<std::optional<std::string>, SegmentError> Reassembler::add(
    std::vector<std::string> payloads, SarState payload_state, SarState payloadrec_state) {
  if (payload_state > SarState::kComplete || payloadrec_state > SarState::kComplete) {
    return fail(SegmentError::kUnknownState);
  }
  if (payloads.size() > 1) return fail(SegmentError::kSeveral);
  const bool empty = payloads.empty() || payloads.front().empty();
  if (payload_state != payloadrec_state) return fail(SegmentError::kStatesDiffer);
  if (empty && payload_state != SarState::kNone) return fail(SegmentError::kEmpty);
  if (empty) return std::nullopt;  // an acknowledgement or a request to send again

  const bool first = payload_state == SarState::kNone || payload_state == SarState::kBegin;
  if (first && begun_) return fail(SegmentError::kNotCompleted);
  if (!first && !begun_) return fail(SegmentError::kNotBegun);
  std::string& piece = payloads.front();
  if (piece.size() > kMaxSegmentedMessageBytes - message_.size()) {
    return fail(SegmentError::kMessageTooLong);
  }
  if (payload_state == SarState::kNone) return std::move(piece);
  message_ += piece;
  begun_ = payload_state != SarState::kComplete;
  if (begun_) return std::nullopt;
  return std::exchange(message_, {});
}

void Reassembler::clear() {
  begun_ = false;
  message_ = {};
}

}  // namespace usp
