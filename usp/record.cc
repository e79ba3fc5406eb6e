#include "usp/record.h"

#include "proto/usp/usp_record.pb.h"
#include "usp/agent.h"
#include "usp/endpoint_id.h"

namespace usp {
namespace {

using usp_record::Record;

// Exit if the record is not one to look into: nothing may be answered then.
std::optional<Drop> reason_to_ignore(const Record& record, std::string_view own_id) {
  if (record.to_id() != own_id) return Drop::kNotForUs;
  if (record.from_id() == own_id) return Drop::kOwnSender;
  if (!is_sender_id(record.from_id())) return Drop::kNoSender;
  if (record.record_type_case() == Record::RECORD_TYPE_NOT_SET) return Drop::kNoRecordType;
  return std::nullopt;
}

// What is wrong with the fields around a payload that was understood.
std::optional<Error> field_error(const Record& record) {
  switch (record.payload_security()) {
    case Record::PLAINTEXT:
      break;
    case Record::TLS12:
      return Error{
          ErrorCode::kSecureSessionNotSupported, "secure message exchange is not supported", {}};
    default:
      return Error{ErrorCode::kInvalidRecordValue, "unknown payload_security", {}};
  }
  if (!record.version().starts_with("1.")) {
    return Error{ErrorCode::kInvalidRecordValue, "unknown record version", {}};
  }
  return std::nullopt;
}

// A Msg whose body is missing says only in its header that it is one.
bool is_request_type(usp_msg::Header::MsgType type) {
  switch (type) {
    case usp_msg::Header::GET:
    case usp_msg::Header::NOTIFY:
    case usp_msg::Header::SET:
    case usp_msg::Header::OPERATE:
    case usp_msg::Header::ADD:
    case usp_msg::Header::DELETE:
    case usp_msg::Header::GET_SUPPORTED_DM:
    case usp_msg::Header::GET_INSTANCES:
    case usp_msg::Header::GET_SUPPORTED_PROTO:
    case usp_msg::Header::REGISTER:
    case usp_msg::Header::DEREGISTER:
      return true;
    default:
      return false;
  }
}

std::optional<Error> message_error(const usp_msg::Msg& msg) {
  if (!usp_msg::Header::MsgType_IsValid(msg.header().msg_type())) {
    return Error{ErrorCode::kInvalidArguments, "unknown msg_type", {}};  // R-ENC.2
  }
  if (msg.body().msg_body_case() == usp_msg::Body::MSG_BODY_NOT_SET) {
    return Error{ErrorCode::kInvalidArguments, "no message body", {}};  // R-ENC.5
  }
  if (msg.body().request().req_type_case() == usp_msg::Request::REQ_TYPE_NOT_SET) {
    return Error{ErrorCode::kInvalidArguments, "the request is of no known type", {}};  // R-ENC.5
  }
  return std::nullopt;
}

// `error`: what was wrong around the message already.
InRecord on_message(std::string_view from_id, std::string_view payload,
                    std::optional<Error> error) {
  usp_msg::Msg msg;
  // Exit if there is no message in it with an id to answer to.
  if (payload.empty() || !msg.ParseFromArray(payload.data(), static_cast<int>(payload.size())) ||
      msg.header().msg_id().empty()) {
    return InDropped{Drop::kNoMessage};
  }
  const bool has_body = msg.body().msg_body_case() != usp_msg::Body::MSG_BODY_NOT_SET;
  const bool is_request =
      has_body ? msg.body().has_request() : is_request_type(msg.header().msg_type());
  if (!has_body && !is_request) return InDropped{Drop::kNoMessage};
  if (!error && is_request) error = message_error(msg);
  if (!error) return InMessage{std::string(from_id), std::move(msg)};
  if (!is_request) return InDropped{Drop::kNoMessage};
  return InFaulty{std::string(from_id), make_error(msg.header().msg_id(), *error)};
}

SarState to_state(usp_record::SessionContextRecord::PayloadSARState state) {
  return static_cast<SarState>(static_cast<std::uint32_t>(state));
}

InRecord on_session(Record& record) {
  usp_record::SessionContextRecord& in = *record.mutable_session_context();
  const bool secured = record.payload_security() == Record::TLS12;
  // A secured session is for the context to refuse; what else is wrong is answered where there is a
  // whole message to answer to (R-MTP.5).
  if (auto error = field_error(record); error && !secured) {
    const bool whole =
        in.payload_sar_state() == usp_record::SessionContextRecord::NONE && in.payload_size() == 1;
    if (!whole) return InDropped{Drop::kNoMessage};
    return on_message(record.from_id(), in.payload(0), std::move(error));
  }
  SessionRecord out;
  out.session_id = in.session_id();
  out.sequence_id = in.sequence_id();
  out.expected_id = in.expected_id();
  out.retransmit_id = in.retransmit_id();
  out.payload_state = to_state(in.payload_sar_state());
  out.payloadrec_state = to_state(in.payloadrec_sar_state());
  out.secured = secured;
  for (std::string& payload : *in.mutable_payload()) out.payloads.push_back(std::move(payload));
  return InSession{record.from_id(), std::move(out)};
}

InRecord on_mqtt_connect(const Record& record) {
  const usp_record::MQTTConnectRecord& connect = record.mqtt_connect();
  return InConnect{record.from_id(), connect.subscribed_topic(), true,
                   connect.version() == usp_record::MQTTConnectRecord::V5};
}

Record make_record(std::string_view from_id, std::string_view to_id) {
  Record record;
  record.set_version(std::string(kRecordVersion));
  record.set_from_id(std::string(from_id));
  record.set_to_id(std::string(to_id));
  return record;
}

// Minimal reading of the protobuf wire format, for peek_to_id().
bool take_varint(std::string_view& bytes, std::uint64_t& value) {
  value = 0;
  for (unsigned shift = 0; shift < 64 && !bytes.empty(); shift += 7) {
    const auto byte = static_cast<unsigned char>(bytes.front());
    bytes.remove_prefix(1);
    value |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
    if ((byte & 0x80) == 0) return true;
  }
  return false;
}

bool take_bytes(std::string_view& bytes, std::uint64_t size, std::string_view& out) {
  if (size > bytes.size()) return false;
  out = bytes.substr(0, size);
  bytes.remove_prefix(size);
  return true;
}

// Takes one field; `content` is set for length-delimited ones.
bool take_field(std::string_view& bytes, std::uint64_t& tag, std::string_view& content) {
  std::uint64_t value = 0;
  content = {};
  if (!take_varint(bytes, tag)) return false;
  switch (tag & 7) {
    case 0:
      return take_varint(bytes, value);
    case 1:
      return take_bytes(bytes, 8, content);
    case 2:
      return take_varint(bytes, value) && take_bytes(bytes, value, content);
    case 5:
      return take_bytes(bytes, 4, content);
    default:
      return false;
  }
}

}  // namespace

const char* name_of(Drop reason) {
  switch (reason) {
    case Drop::kTooLarge:
      return "too large";
    case Drop::kNotParsed:
      return "not a record";
    case Drop::kNotForUs:
      return "for another endpoint";
    case Drop::kNoSender:
      return "no valid sender";
    case Drop::kOwnSender:
      return "sent with our own id";
    case Drop::kNoRecordType:
      return "no record type";
    case Drop::kNoMessage:
      return "no request to answer";
  }
  return "unknown";
}

InRecord decode_record(std::string_view bytes, std::string_view own_id) {
  if (bytes.size() > kMaxRecordBytes) return InDropped{Drop::kTooLarge};
  Record record;
  if (!record.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    return InDropped{Drop::kNotParsed};
  }
  if (const auto reason = reason_to_ignore(record, own_id)) return InDropped{*reason};
  switch (record.record_type_case()) {
    case Record::kNoSessionContext:
      return on_message(record.from_id(), record.no_session_context().payload(),
                        field_error(record));
    case Record::kSessionContext:
      return on_session(record);
    case Record::kMqttConnect:
      return on_mqtt_connect(record);
    case Record::kWebsocketConnect:
    case Record::kStompConnect:
    case Record::kUdsConnect:
      return InConnect{record.from_id(), {}, false, false};
    case Record::kDisconnect:
      return InDisconnect{record.from_id(), record.disconnect().reason_code(),
                          record.disconnect().reason()};
    case Record::RECORD_TYPE_NOT_SET:
      break;
  }
  return InDropped{Drop::kNoRecordType};
}

InRecord decode_payload(std::string_view from_id, std::string_view payload) {
  return on_message(from_id, payload, std::nullopt);
}

std::optional<std::string_view> peek_to_id(std::string_view bytes) {
  constexpr std::uint64_t kToIdTag = (2 << 3) | 2;
  std::optional<std::string_view> to_id;
  std::uint64_t tag = 0;
  std::string_view content;
  while (!bytes.empty()) {
    if (!take_field(bytes, tag, content)) return std::nullopt;
    if (tag == kToIdTag) to_id = content;
  }
  return to_id;
}

bool peek_is_of_session(std::string_view bytes) {
  std::uint64_t last = 0;
  std::uint64_t tag = 0;
  std::string_view content;
  while (!bytes.empty()) {
    if (!take_field(bytes, tag, content)) return false;
    if (tag >> 3 >= Record::kNoSessionContextFieldNumber) last = tag >> 3;
  }
  return last == Record::kSessionContextFieldNumber || last == Record::kDisconnectFieldNumber;
}

bool peek_is_signed(std::string_view bytes) {
  constexpr std::uint64_t kSignatureTag = (Record::kMacSignatureFieldNumber << 3) | 2;
  bool is_signed = false;
  std::uint64_t tag = 0;
  std::string_view content;
  while (!bytes.empty()) {
    if (!take_field(bytes, tag, content)) return false;
    if (tag == kSignatureTag) is_signed = !content.empty();
  }
  return is_signed;
}

std::string encode_message(std::string_view from_id, std::string_view to_id,
                           const usp_msg::Msg& msg) {
  Record record = make_record(from_id, to_id);
  msg.SerializeToString(record.mutable_no_session_context()->mutable_payload());
  return record.SerializeAsString();
}

std::string encode_session(std::string_view from_id, std::string_view to_id,
                           const SessionRecord& in) {
  using usp_record::SessionContextRecord;
  Record record = make_record(from_id, to_id);
  SessionContextRecord& out = *record.mutable_session_context();
  out.set_session_id(in.session_id);
  out.set_sequence_id(in.sequence_id);
  out.set_expected_id(in.expected_id);
  out.set_retransmit_id(in.retransmit_id);
  using State = SessionContextRecord::PayloadSARState;
  out.set_payload_sar_state(static_cast<State>(in.payload_state));
  out.set_payloadrec_sar_state(static_cast<State>(in.payloadrec_state));
  for (const std::string& payload : in.payloads) out.add_payload(payload);
  return record.SerializeAsString();
}

std::size_t session_overhead_bytes(std::string_view from_id, std::string_view to_id) {
  // The lengths of payload and session_context: at most 5 bytes each, of which the empty one
  // counted 1 each.
  constexpr std::size_t kLengths = 8;
  constexpr std::uint64_t kMax = ~std::uint64_t{0};
  SessionRecord largest{kMax, kMax, kMax, kMax, SarState::kComplete, SarState::kComplete, {""}};
  return encode_session(from_id, to_id, largest).size() + kLengths;
}

std::string encode_mqtt_connect(std::string_view from_id, std::string_view to_id,
                                MqttVersion version, std::string_view subscribed_topic) {
  Record record = make_record(from_id, to_id);
  usp_record::MQTTConnectRecord& connect = *record.mutable_mqtt_connect();
  connect.set_version(version == MqttVersion::kV5 ? usp_record::MQTTConnectRecord::V5
                                                  : usp_record::MQTTConnectRecord::V3_1_1);
  connect.set_subscribed_topic(std::string(subscribed_topic));
  return record.SerializeAsString();
}

std::string encode_disconnect(std::string_view from_id, std::string_view to_id, ErrorCode code,
                              std::string_view reason) {
  Record record = make_record(from_id, to_id);
  usp_record::DisconnectRecord& disconnect = *record.mutable_disconnect();
  disconnect.set_reason_code(static_cast<std::uint32_t>(code));
  disconnect.set_reason(std::string(reason));
  return record.SerializeAsString();
}

}  // namespace usp
