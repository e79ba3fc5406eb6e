// libFuzzer entry of the SOAP codec. First byte: which charset label the body comes with.
//
// Whatever decode() takes, encode() writes in a form that reads back to the same.
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "cwmp/soap.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) {
    return 0;
  }
  constexpr std::array<std::string_view, 4> kLabels{"", "text/xml; charset=\"utf-8\"",
                                                    "text/xml; charset=ISO-8859-1",
                                                    "text/html; charset=koi8-r"};
  const std::string_view body(reinterpret_cast<const char*>(data + 1), size - 1);
  cwmp::DeviationList deviations;
  const auto envelope = cwmp::decode(body, kLabels[data[0] % kLabels.size()], &deviations);
  if (!envelope) {
    return 0;
  }
  const std::string written = cwmp::encode(*envelope);
  const auto again = cwmp::decode(written);
  const std::string rewritten = again ? cwmp::encode(*again) : again.error().text;
  if (rewritten != written) {
    std::fprintf(stderr, "written:\n%s\nread back as:\n%s\n", written.c_str(), rewritten.c_str());
    std::abort();
  }
  return 0;
}
