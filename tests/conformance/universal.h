// What the test plan asks of every record of an agent, whatever the test (TP-469 "Universal Test
// Metrics"), and TR-369's rules for every message.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "proto/usp/usp_msg.pb.h"
#include "proto/usp/usp_record.pb.h"

namespace conformance {

using Violations = std::vector<std::string>;

/// Nothing unknown to the schema, here or below, and no enumerator that it does not list.
void check_schema(const google::protobuf::Message& message, Violations& out);

/// The record around the message: Endpoint IDs, version, security, exactly one type with content.
void check_record(const usp_record::Record& record, Violations& out);

/// Header and body fit each other, and every path that the agent wrote (what it echoes from a
/// request is left out) is addressed by instance number (R-MSG.3).
void check_message(const usp_msg::Msg& msg, Violations& out);

/// The type an answer to this request has when it is no Error.
usp_msg::Header::MsgType answer_to(usp_msg::Header::MsgType request);

/// "Device.A.1.B." or, with a leaf, "Device.A.1.B", "...C()", "...D!".
bool is_instantiated_path(std::string_view path);
/// "Device.A.{i}.B.", with or without a leaf.
bool is_supported_path(std::string_view path);

}  // namespace conformance
