// Any bytes as a PROXY header. More bytes never change what was complete, nor mend what was bad.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "cwmp/server/proxy_header.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using Error = cwmp::ProxyHeaderError;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const auto whole = cwmp::parse_proxy_header(bytes);
  if (whole && (whole->bytes > size || whole->bytes > cwmp::kMaxProxyHeaderBytes)) std::abort();
  const auto part = cwmp::parse_proxy_header(bytes.substr(0, size / 2));
  if (part && (!whole || whole->bytes != part->bytes || whole->client != part->client))
    std::abort();
  if (!part && part.error() == Error::kBad && (whole || whole.error() != Error::kBad)) std::abort();
  return 0;
}
