// Commands of an operator to one device, as text. No IO.
#pragma once

#include <string>
#include <string_view>

#include "tests/tools/cpe_sim/cpe.h"

namespace cpe_sim {

/// Does `verb` with the words after the device's name. One line: "ok", "ok RESULT" or "error WHY".
std::string execute(Cpe& cpe, std::string_view verb, std::string_view rest, TimePoint now);

/// Verbs and their arguments, one a line.
std::string command_help();

}  // namespace cpe_sim
