// SOAP envelopes to message values and back (TR-069 3.4 and Annex A; cwmp-1-0 to cwmp-1-4).
//
// Pure functions, no state, any thread. Both roles: an ACS decodes what a CPE encodes and the other
// way round. Strict in what is written, lenient in what is read; what was forgiven is listed in a
// DeviationList. All leniency lives in soap_decode.cc and in repair() of xml.cc.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "cwmp/deviation.h"
#include "cwmp/fault.h"
#include "cwmp/message.h"

namespace cwmp {

/// Longest envelope read, after decompression. A GetParameterNamesResponse for 60,000 parameters
/// takes about 10 MB.
inline constexpr std::size_t kMaxEnvelopeBytes = 16U << 20;
/// Deepest nesting. The standard needs 8 (AccessList of an attribute); vendors wrap a little.
inline constexpr std::size_t kMaxDepth = 32;
/// Elements in one envelope: 5 per parameter, 100,000 parameters.
inline constexpr std::size_t kMaxElements = 500'000;
/// Attributes on one element. Envelopes declare about 8 namespaces.
inline constexpr std::size_t kMaxAttributes = 32;
/// Longest element or attribute name.
inline constexpr std::size_t kMaxNameBytes = 256;

/// Reads one HTTP body. `content_type` is used for its charset only (may be empty).
///
/// An unknown method becomes UnknownRequest. A zero-length body is no envelope: the caller asks
/// Session::on_empty_post instead. Errors: 8003 with a text that is safe to log (never a value out
/// of the message), 8004 when a limit above is passed. Nothing is thrown but std::bad_alloc.
/// `deviations` (may be null) is added to, also when the result is an error.
[[nodiscard]] Result<Envelope> decode(std::string_view body, std::string_view content_type = {},
                                      DeviationList* deviations = nullptr);

struct EncodeOptions {
  bool xml_declaration = false;  ///< some CPEs drop a message that has one (quirk 3)
};

/// Writes an envelope in UTF-8 with the prefixes and the cwmp namespace of its dialect. Characters
/// that XML forbids are left out. Never fails: a dialect that is no valid XML name (it came from a
/// peer) is replaced by the default.
[[nodiscard]] std::string encode(const Envelope& envelope, EncodeOptions options = {});

}  // namespace cwmp
