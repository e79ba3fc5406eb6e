#include "tests/tools/cpe_sim/wire.h"

#include <zlib.h>

#include <stdexcept>

#include "cwmp/soap.h"

namespace cpe_sim {
namespace {

// As a client that is in the field does (see tests/data/cwmp/genieacs-sim): 16, whatever the length
// is.
void falsify_counts(std::string& text) {
  constexpr std::string_view kAttribute = "arrayType=\"";
  for (auto at = text.find(kAttribute); at != std::string::npos;
       at = text.find(kAttribute, at + 1)) {
    const auto open = text.find('[', at);
    const auto close = text.find(']', at);
    if (open == std::string::npos || close == std::string::npos || close < open) return;
    text.replace(open + 1, close - open - 1, "16");
  }
}

}  // namespace

std::string gzip(std::string_view bytes) {
  z_stream stream{};
  constexpr int kGzip = 15 + 16;  // window bits, and a gzip header
  if (deflateInit2(&stream, Z_BEST_SPEED, Z_DEFLATED, kGzip, 8, Z_DEFAULT_STRATEGY) != Z_OK) {
    throw std::bad_alloc();
  }
  std::string out(deflateBound(&stream, static_cast<uLong>(bytes.size())), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

PostBody make_post(const std::optional<cwmp::Envelope>& envelope, const Quirks& quirks) {
  PostBody post;
  if (!envelope) return post;
  post.bytes = cwmp::encode(*envelope);
  if (quirks.wrong_count) falsify_counts(post.bytes);
  post.fields.emplace_back("Content-Type", "text/xml; charset=utf-8");
  post.fields.emplace_back("SOAPAction", "");
  if (quirks.gzip) {
    post.bytes = gzip(post.bytes);
    post.fields.emplace_back("Content-Encoding", "gzip");
  }
  return post;
}

}  // namespace cpe_sim
