// USP Records: bytes to a checked record and back (TR-369 "USP Record Encapsulation").
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "proto/usp/usp_msg.pb.h"
#include "usp/error.h"
#include "usp/session_record.h"

namespace usp {

/// What records of ours carry in `version`.
inline constexpr std::string_view kRecordVersion = "1.4";

/// Longest record taken. A GetResp of a 10,000 parameter tree has about 1 MB; requests are smaller.
inline constexpr std::size_t kMaxRecordBytes = 4 * 1024 * 1024;

/// Why a record is ignored: nothing may be answered (R-MTP.5, R-ENC.4, R-E2E.1).
enum class Drop {
  kTooLarge,
  kNotParsed,     ///< no protobuf, or ids cannot be read
  kNotForUs,      ///< another to_id
  kNoSender,      ///< from_id is empty or nothing that could be one
  kOwnSender,     ///< from_id is our own (R-ARC.2)
  kNoRecordType,  ///< R-ENC.4
  kNoMessage,     ///< wrong record, and no request with a msg_id to answer
};
const char* name_of(Drop reason);

/// A message outside a session context. Its header, msg_id and body are there.
struct InMessage {
  std::string from_id;
  usp_msg::Msg msg;
};

/// Answer with this Error message, in a record of the same type (R-MTP.5).
struct InFaulty {
  std::string from_id;
  usp_msg::Msg answer;
};

/// A record in a session context: for SessionContext, or refused with encode_disconnect() and 7106
/// (R-E2E.6a). Its payload was not looked into.
struct InSession {
  std::string from_id;
  SessionRecord record;
};

/// The peer says that it is there. `topic` only from MQTT.
struct InConnect {
  std::string from_id;
  std::string topic;
  bool mqtt = false;
  bool mqtt5 = false;
};

struct InDisconnect {
  std::string from_id;
  std::uint32_t code = 0;
  std::string reason;
};

struct InDropped {
  Drop reason = Drop::kNotParsed;
};

using InRecord = std::variant<InMessage, InFaulty, InSession, InConnect, InDisconnect, InDropped>;

/// Decodes and checks a record sent to `own_id`, whichever role that endpoint has.
InRecord decode_record(std::string_view bytes, std::string_view own_id);

/// A message that a session context has delivered: InMessage, InFaulty, or InDropped when it is
/// none (R-E2E.21).
InRecord decode_payload(std::string_view from_id, std::string_view payload);

/// to_id alone, without decoding the rest: finds the agent on a shared connection. Where the field
/// occurs twice the last counts, as in the full decode. The view is into `bytes`.
std::optional<std::string_view> peek_to_id(std::string_view bytes);

/// Is it a record in a session context, or one that ends it? Only the last record type counts, as
/// in the full decode. For keeping such records in order before they are looked into.
bool peek_is_of_session(std::string_view bytes);

/// Does it have a mac_signature? As in the full decode, the last one counts. For check_signature().
bool peek_is_signed(std::string_view bytes);

/// Records without session context, payload in the clear.
std::string encode_message(std::string_view from_id, std::string_view to_id,
                           const usp_msg::Msg& msg);

/// `record` in the clear.
std::string encode_session(std::string_view from_id, std::string_view to_id,
                           const SessionRecord& record);
/// What such a record has at most besides its payload.
std::size_t session_overhead_bytes(std::string_view from_id, std::string_view to_id);

enum class MqttVersion { kV311, kV5 };
std::string encode_mqtt_connect(std::string_view from_id, std::string_view to_id,
                                MqttVersion version, std::string_view subscribed_topic);

/// `code` from 7100 to 7199, or 0 for none (R-MTP.9).
std::string encode_disconnect(std::string_view from_id, std::string_view to_id, ErrorCode code,
                              std::string_view reason);

}  // namespace usp
