// Decodes any bytes as a record, checks its signature, and lets an agent handle the message in it.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "proto/usp/usp_record.pb.h"
#include "tests/support/fake_data_model.h"
#include "usp/agent.h"
#include "usp/record.h"
#include "usp/record_signature.h"

namespace {

constexpr std::string_view kOwn = "os::012345-A1";

// Whoever reads the id early has to read the same one as the decoder.
void check_peek(std::string_view bytes) {
  usp_record::Record record;
  if (!record.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) return;
  const auto to_id = usp::peek_to_id(bytes);
  if (to_id && *to_id != record.to_id()) std::abort();
  if (usp::peek_is_signed(bytes) != !record.mac_signature().empty()) std::abort();
}

// Nobody is trusted here, so nothing may be good.
void check_signature(std::string_view bytes) {
  static const usp::TrustedCertificates nobody;
  constexpr std::int64_t kNow = 1'700'000'000;
  if (usp::check_signature(bytes, nobody, kNow) == usp::SignatureFault::kNone) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static support::FakeDataModel model = support::local_agent();
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  check_peek(bytes);
  check_signature(bytes);
  usp::InRecord in = usp::decode_record(bytes, kOwn);
  if (const auto* message = std::get_if<usp::InMessage>(&in)) {
    const usp::Access access;
    const usp::Outcome outcome = usp::handle(message->msg, model, access, size % 2 == 0);
    if (const auto* plan = std::get_if<usp::Plan>(&outcome)) {
      if (usp::decode_plan(usp::encode_plan(*plan)) != *plan) std::abort();
      usp::finish(*plan, {}, access);
    }
  }
  usp::decode_plan(bytes);
  usp::decode_results(bytes);
  return 0;
}
