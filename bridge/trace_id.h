// Trace ids of W3C Trace Context (https://www.w3.org/TR/trace-context/): what a request is called
// in the logs of every system it goes through.
#pragma once

#include <string>
#include <string_view>

namespace bridge {

/// The trace-id of a `traceparent` header (3.2): 32 digits of lower-case hex. Empty: it is not one,
/// and a new trace begins (4.3).
std::string trace_id_of(std::string_view traceparent);

/// A new random one. Any thread.
std::string make_trace_id();

}  // namespace bridge
