// Any bytes as a STUN message, at the server and as a UDP connection request.
//
// What is decoded is written in a form that reads back to the same; no answer goes to another host
// than the sender's, nor tells of a binding that nobody signed for.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "cwmp/stun.h"
#include "cwmp/stun_responder.h"
#include "cwmp/udp_connection_request.h"

namespace {

const cwmp::StunAddress kSender = cwmp::StunAddress::v4({192, 0, 2, 7}, 5060);
constexpr const char* kPassword = "letmein!";

void check_codec(std::string_view bytes) {
  const auto message = cwmp::decode_stun(bytes);
  if (!message) return;
  // The fixed point needs one round: values come in several forms, and leave in one.
  const std::string written = cwmp::encode_stun(*message);
  if (written.size() > cwmp::kMaxStunBytes) return;
  const auto again = cwmp::decode_stun(written);
  if (!again || cwmp::encode_stun(*again) != written) std::abort();
  const std::string signed_bytes =
      cwmp::encode_stun(*message, cwmp::StunIntegrity::kPlain, kPassword);
  const auto verified = cwmp::decode_stun(signed_bytes);
  // At multiples of 64 bytes both forms are the same.
  if (signed_bytes.size() <= cwmp::kMaxStunBytes &&
      (!verified ||
       cwmp::verify_stun(signed_bytes, *verified, kPassword) == cwmp::StunIntegrity::kNone)) {
    std::abort();
  }
}

void check_server(std::string_view bytes) {
  cwmp::StunResponder responder{cwmp::StunResponderOptions{}};
  auto received = responder.receive(bytes, kSender, kSender, {});
  if (const auto* pending = std::get_if<cwmp::StunPending>(&received)) {
    received = responder.finish(*pending, kPassword);
  }
  const auto* answer = std::get_if<cwmp::StunAnswer>(&received);
  if (answer == nullptr) return;
  if (!answer->to.same_host(kSender) || !cwmp::decode_stun(answer->bytes)) std::abort();
  if (answer->bytes.size() + 28 > 2 * (bytes.size() + 28)) std::abort();
  if (answer->binding && answer->binding->changed && !answer->binding->authenticated) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  check_codec(bytes);
  check_server(bytes);
  if (const auto request = cwmp::parse_udp_connection_request(bytes)) {
    const auto again = cwmp::parse_udp_connection_request(
        cwmp::compose_udp_connection_request(*request, kPassword));
    if (again && (again->username != request->username || again->ts != request->ts)) std::abort();
  }
  cwmp::parse_udp_address(bytes);
  return 0;
}
