// Parses any bytes as a path and checks that what parses survives being written out.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "usp/path.h"
#include "usp/value_type.h"

namespace {

void check(const usp::Result<usp::Path>& path, usp::Result<usp::Path> (*parse)(std::string_view)) {
  if (!path) return;
  const auto again = parse(usp::format_path(*path));
  if (again && *again != *path) std::abort();
  // Escapes make a path longer; that is the one reason not to read it back.
  if (!again && usp::format_path(*path).size() <= usp::kMaxPathBytes) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  check(usp::parse_path(text), usp::parse_path);
  check(usp::parse_reference(text), usp::parse_reference);
  check(usp::parse_supported(text), usp::parse_supported);
  for (int type = 1; type <= 10; ++type) {
    const auto param_type = static_cast<usp::ParamType>(type);
    const auto order = usp::compare_values(param_type, text, text);
    if (order && *order != 0) std::abort();
  }
  usp::to_supported_path(text);
  return 0;
}
