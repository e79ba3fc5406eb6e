// Segmentation and reassembly of Messages in a Session Context (TR-369 "Segmented Message
// Exchange"), for payloads in the clear.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

namespace usp {

/// PayloadSARState. Numbers as on the wire; a peer may send others.
enum class SarState : std::uint32_t { kNone = 0, kBegin = 1, kInProcess = 2, kComplete = 3 };

/// Longest Message that is put together, and that is taken apart: as long as the longest Record
/// that is taken whole.
inline constexpr std::size_t kMaxSegmentedMessageBytes = 4 * 1024 * 1024;

/// A piece of a Message; `payload` is a view into it.
struct MessageSegment {
  SarState state = SarState::kNone;
  std::string_view payload;
};

/// In pieces of at most `max_bytes` (0: one piece). One piece is kNone, several are kBegin,
/// kInProcess ..., kComplete. An empty message is one empty piece.
std::vector<MessageSegment> split_message(std::string_view message, std::size_t max_bytes);

/// What is wrong with a received piece.
enum class SegmentError {
  kUnknownState,    ///< neither of the four values (R-ENC.2)
  kStatesDiffer,    ///< payloadrec_sar_state is another: only secured payloads have that
  kNotBegun,        ///< INPROCESS or COMPLETE, and there is no BEGIN
  kNotCompleted,    ///< NONE or BEGIN, and the Message before has no COMPLETE
  kEmpty,           ///< a state but no payload
  kSeveral,         ///< more than one payload field: only secured payloads have that
  kMessageTooLong,  ///< above kMaxSegmentedMessageBytes
};
const char* name_of(SegmentError error);

/// Puts the pieces of one direction of one Session Context together. After an error nothing of the
/// Message is kept.
class Reassembler {
 public:
  /// Pieces in the order of their sequence ids. A Message when it is complete, nullopt when there
  /// is more to come or the record carried none (which is allowed between two pieces).
  tl::expected<std::optional<std::string>, SegmentError> add(std::vector<std::string> payloads,
                                                             SarState payload_state,
                                                             SarState payloadrec_state);
  void clear();
  bool empty() const { return !begun_; }
  /// Held of a Message that is not complete.
  std::size_t bytes() const { return message_.size(); }

 private:
  tl::expected<std::optional<std::string>, SegmentError> fail(SegmentError error);

  bool begun_ = false;
  std::string message_;
};

}  // namespace usp
