#include "cwmp/deviation.h"

#include <algorithm>

namespace cwmp {
namespace {

// A peer chooses the text; an operator's log line need not hold all of it.
constexpr std::size_t kMaxWhereBytes = 256;

}  // namespace

std::string_view to_string(DeviationKind kind) {
  switch (kind) {
    case DeviationKind::kByteOrderMark:
      return "byte-order-mark";
    case DeviationKind::kTruncatedEnd:
      return "truncated-end";
    case DeviationKind::kForbiddenCharacters:
      return "forbidden-characters";
    case DeviationKind::kInvalidReference:
      return "invalid-reference";
    case DeviationKind::kCharset:
      return "charset";
    case DeviationKind::kUnboundPrefix:
      return "unbound-prefix";
    case DeviationKind::kUnknownNamespace:
      return "unknown-namespace";
    case DeviationKind::kNoId:
      return "no-id";
    case DeviationKind::kArrayCount:
      return "array-count";
    case DeviationKind::kUnknownType:
      return "unknown-type";
    case DeviationKind::kMissingType:
      return "missing-type";
    case DeviationKind::kMissingValue:
      return "missing-value";
    case DeviationKind::kObjectAsValue:
      return "object-as-value";
    case DeviationKind::kBadNumber:
      return "bad-number";
    case DeviationKind::kFaultWithoutDetail:
      return "fault-without-detail";
    case DeviationKind::kMissingElement:
      return "missing-element";
    case DeviationKind::kMoreThanOneMessage:
      return "more-than-one-message";
    case DeviationKind::kEmptyPostFirst:
      return "empty-post-first";
    case DeviationKind::kIdMismatch:
      return "id-mismatch";
    case DeviationKind::kWrongResponse:
      return "wrong-response";
    case DeviationKind::kEmptyAnswer:
      return "empty-answer";
    case DeviationKind::kUnsolicitedResponse:
      return "unsolicited-response";
    case DeviationKind::kRepeatedResponse:
      return "repeated-response";
    case DeviationKind::kRequestOutOfTurn:
      return "request-out-of-turn";
    case DeviationKind::kRequestWhileHeld:
      return "request-while-held";
    case DeviationKind::kRepeatedInform:
      return "repeated-inform";
    case DeviationKind::kInformInsideSession:
      return "inform-inside-session";
    case DeviationKind::kUnreadableMessage:
      return "unreadable-message";
    case DeviationKind::kUnknownMethod:
      return "unknown-method";
    case DeviationKind::kVersionList:
      return "version-list";
    case DeviationKind::kDigestUri:
      return "digest-uri";
  }
  return "unknown";
}

void DeviationList::add(DeviationKind kind, std::string_view where) {
  if (!has(kind)) {
    seen_.push_back({kind, std::string(where.substr(0, kMaxWhereBytes))});
  }
}

void DeviationList::add(const DeviationList& others) {
  for (const Deviation& other : others) {
    add(other.kind, other.where);
  }
}

bool DeviationList::has(DeviationKind kind) const {
  return std::any_of(seen_.begin(), seen_.end(),
                     [kind](const Deviation& seen) { return seen.kind == kind; });
}

}  // namespace cwmp
