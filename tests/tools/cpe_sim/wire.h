// What a CPE puts on the wire for a message, with the quirks that show there.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cwmp/message.h"
#include "tests/tools/cpe_sim/misbehaviour.h"

namespace cpe_sim {

using Fields = std::vector<std::pair<std::string, std::string>>;

struct PostBody {
  std::string bytes;
  Fields fields;  ///< Content-Type, SOAPAction, Content-Encoding
};

/// nullopt: an empty POST.
PostBody make_post(const std::optional<cwmp::Envelope>& envelope, const Quirks& quirks);

/// RFC 1952.
std::string gzip(std::string_view bytes);

}  // namespace cpe_sim
