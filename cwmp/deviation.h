// What a peer did that the standard does not allow and we took all the same.
//
// Filled by the codec and the session, meant for the operator: log it once per device.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace cwmp {

enum class DeviationKind {
  // soap
  kByteOrderMark,        ///< BOM in front of the envelope
  kTruncatedEnd,         ///< last '>' missing, Content-Length in characters (quirk 29)
  kForbiddenCharacters,  ///< control characters or references to them were dropped (quirk 19)
  kInvalidReference,     ///< '&' that starts no known reference was taken as text
  kCharset,              ///< label missing or wrong for the bytes that came (quirk 20)
  kUnboundPrefix,        ///< an element's prefix was never declared (quirk 2)
  kUnknownNamespace,     ///< cwmp namespace that is not urn:dslforum-org:cwmp-1-x (quirk 9)
  kNoId,                 ///< no cwmp:ID (quirk 5)
  kArrayCount,           ///< arrayType says another number than came (quirk 15)
  kUnknownType,          ///< xsi:type that is no schema type, taken as string (quirk 11)
  kMissingType,          ///< value without xsi:type (quirk 10)
  kMissingValue,         ///< ParameterValueStruct without Value (quirk 12)
  kObjectAsValue,        ///< entry for an object (name ends in '.') was left out (quirk 11)
  kBadNumber,            ///< number or boolean argument that is none, taken as 0 (quirk 13)
  kFaultWithoutDetail,   ///< SOAP fault without CWMP code, taken as 9002 (quirk 24)
  kMissingElement,       ///< a mandatory argument is absent, taken as empty
  kMoreThanOneMessage,   ///< body holds several messages; the first one counts
  // session
  kEmptyPostFirst,       ///< empty POST before the Inform (quirk 28)
  kIdMismatch,           ///< answer with another ID than the request's (quirk 6)
  kWrongResponse,        ///< answer of another type than asked for
  kEmptyAnswer,          ///< empty POST instead of an answer (quirk 41)
  kUnsolicitedResponse,  ///< answer with no request open (quirk 86)
  kRepeatedResponse,     ///< answer to the last but one request once more
  kRequestOutOfTurn,     ///< CPE request after its empty POST or while an RPC is open
  kRequestWhileHeld,     ///< CPE request while HoldRequests is true
  kRepeatedInform,       ///< Inform sent again without a change
  kInformInsideSession,  ///< a new Inform before the session was over (quirk 39)
  kUnreadableMessage,    ///< body that is no envelope
  kUnknownMethod,        ///< request that no ACS knows
  kVersionList,          ///< SupportedCWMPVersions that cannot be read
  kDigestUri,            ///< the uri of Digest credentials is not the request's (quirk 38)
};

/// Stable name for logs and metrics: "array-count".
std::string_view to_string(DeviationKind kind);

struct Deviation {
  DeviationKind kind;
  std::string where;  ///< element, parameter or method; the first one only
  bool operator==(const Deviation&) const = default;
};

/// Each kind once, in order of appearance.
class DeviationList {
 public:
  void add(DeviationKind kind, std::string_view where = {});
  void add(const DeviationList& others);
  bool has(DeviationKind kind) const;
  bool empty() const { return seen_.empty(); }
  std::size_t size() const { return seen_.size(); }
  auto begin() const { return seen_.begin(); }
  auto end() const { return seen_.end(); }

 private:
  std::vector<Deviation> seen_;
};

}  // namespace cwmp
