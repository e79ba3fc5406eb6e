// Any records into a session context: what it holds stays within its bounds, what it sends within
// the rules.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "usp/session_context.h"

namespace {

/// Takes the input apart: a record or another event, and its fields, a byte or two each.
class Input {
 public:
  Input(const std::uint8_t* data, std::size_t size) : data_(data), left_(size) {}
  bool empty() const { return left_ == 0; }
  std::uint8_t byte() {
    if (left_ == 0) return 0;
    --left_;
    return *data_++;
  }
  /// Mostly small ones; the largest, too.
  std::uint64_t id() {
    const std::uint64_t value = byte();
    if (value < 0xf0) return value;
    return value == 0xff ? ~std::uint64_t{0} - byte() : value * 1000 + byte();
  }

 private:
  const std::uint8_t* data_;
  std::size_t left_;
};

usp::SessionRecord make_record(Input& input, const usp::SessionContext& context) {
  usp::SessionRecord record;
  const std::uint8_t kind = input.byte();
  record.session_id = (kind & 1) != 0 ? context.session_id() : input.id();
  record.sequence_id = input.id();
  record.expected_id = input.id();
  if ((kind & 2) != 0) record.retransmit_id = input.id();
  record.payload_state = static_cast<usp::SarState>(input.byte() % 5);
  record.payloadrec_state =
      (kind & 4) != 0 ? static_cast<usp::SarState>(input.byte() % 5) : record.payload_state;
  record.secured = (kind & 0xf8) == 0xf8;
  for (int i = kind >> 6; i > 0; --i) record.payloads.emplace_back(input.byte() * 64U, 'x');
  return record;
}

void require(bool good) {
  if (!good) std::abort();
}

void check(const usp::SessionContext& context, const usp::ByteBudget& budget,
           const usp::SessionEffects& effects) {
  require(context.held_bytes() == budget.used());
  require(context.held_bytes() <=
          usp::kMaxBytesKept + usp::kMaxBytesAhead + usp::kMaxSegmentedMessageBytes);
  for (const usp::SessionRecord& record : effects.records) {
    require(record.session_id > 1);
    require(record.sequence_id > 0 && record.expected_id > 0);
    require(record.payload_state == record.payloadrec_state);
    require(record.payloads.size() <= 1);
  }
  for (const std::string& message : effects.messages) {
    require(!message.empty() && message.size() <= usp::kMaxSegmentedMessageBytes);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input input(data, size);
  usp::ByteBudget budget(std::size_t{1} << 20);
  const bool agent = input.byte() % 2 == 0;
  usp::SessionContext context(
      agent ? usp::SessionContext::Role::kAgent : usp::SessionContext::Role::kController, budget);
  usp::SessionSettings settings;
  settings.expiration = std::chrono::seconds(input.byte());
  settings.max_payload_bytes = input.byte();
  settings.max_retransmit_tries = input.byte() % 4;
  settings.max_sequence_id = usp::kSequenceReserve + 100;
  context.configure(settings);
  usp::SessionContext::Time now{};
  std::uint64_t random = 1;
  while (!input.empty()) {
    random = random * 6364136223846793005U + 1442695040888963407U;
    usp::SessionEffects effects;
    switch (input.byte() % 8) {
      case 0:
        effects = context.send(std::string(input.byte() * 16U, 'y'), now, random);
        break;
      case 1:
        now += std::chrono::seconds(input.byte());
        effects = context.on_time(now, random);
        break;
      case 2:
        effects = context.on_undecodable(now, random);
        break;
      case 3:
        effects = context.restart(now, random);
        break;
      case 4:
        if (input.byte() == 0) context.close();
        if (input.byte() == 0) context.give_up();
        break;
      default:
        effects = context.on_record(make_record(input, context), now, random);
    }
    check(context, budget, effects);
  }
  return 0;
}
