// Two session contexts of ours and a network between them that loses, doubles and reorders.
#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <random>

#include "usp/session_context.h"

namespace usp {
namespace {

struct Network {
  double loss = 0;
  double doubling = 0;
  double reordering = 0;
  std::size_t max_payload = 0;
  std::uint32_t seed = 0;
};
void PrintTo(const Network& network, std::ostream* out) {
  *out << "loss " << network.loss << " doubling " << network.doubling << " reordering "
       << network.reordering << " payload " << network.max_payload;
}

struct End {
  End(SessionContext::Role role, ByteBudget& budget) : context(role, budget) {}

  SessionContext context;
  std::deque<SessionRecord> inbox;
  std::vector<std::string> got;
  std::size_t sent = 0;
  SessionEnd ended = SessionEnd::kNone;
};

class Pair {
 public:
  explicit Pair(const Network& network) : network_(network), random_(network.seed) {
    SessionSettings settings;
    settings.max_payload_bytes = network.max_payload;
    settings.max_retransmit_tries = 100;
    for (End* end : {&agent_, &controller_}) end->context.configure(settings);
  }

  void send(End& from) {
    std::string message = letter_of(from) + std::to_string(from.sent++);
    message.resize(5 + random_() % 40, '.');
    apply(from, from.context.send(message, now_, random_()));
  }
  /// A record of either end arrives; false: none is on its way.
  bool deliver() {
    End& to = random_() % 2 == 0 ? agent_ : controller_;
    End& end = to.inbox.empty() ? other(to) : to;
    if (end.inbox.empty()) return false;
    std::size_t at = 0;
    if (chance(network_.reordering)) at = random_() % std::min<std::size_t>(end.inbox.size(), 8);
    SessionRecord record = end.inbox[at];
    if (!chance(network_.doubling)) {
      end.inbox.erase(end.inbox.begin() + static_cast<std::ptrdiff_t>(at));
    }
    apply(end, end.context.on_record(std::move(record), now_, random_()));
    return true;
  }
  void pass_time() {
    now_ += std::chrono::seconds(15);
    for (End* end : {&agent_, &controller_}) {
      apply(*end, end->context.on_time(now_, random_()));
    }
  }
  /// Without losses from now on: messages at the end show what of those before has been lost.
  void settle() {
    network_.loss = 0;
    for (End* end : {&controller_, &agent_}) send(*end);
    for (int round = 0; round < 400; ++round) {
      while (deliver()) {
      }
      pass_time();
    }
  }

  End& agent() { return agent_; }
  End& controller() { return controller_; }
  std::mt19937_64& random() { return random_; }

 private:
  End& other(End& end) { return &end == &agent_ ? controller_ : agent_; }
  std::string letter_of(const End& end) const { return &end == &agent_ ? "a" : "c"; }
  bool chance(double part) { return std::uniform_real_distribution<double>(0, 1)(random_) < part; }
  void apply(End& end, SessionEffects effects) {
    for (std::string& message : effects.messages) end.got.push_back(std::move(message));
    for (SessionRecord& record : effects.records) {
      if (!chance(network_.loss)) other(end).inbox.push_back(std::move(record));
    }
    if (end.ended == SessionEnd::kNone) end.ended = effects.ended;
  }

  Network network_;
  std::mt19937_64 random_;
  SessionContext::Time now_{};
  ByteBudget budget_{64 * 1024 * 1024};
  End agent_{SessionContext::Role::kAgent, budget_};
  End controller_{SessionContext::Role::kController, budget_};
};

std::string number_of(const std::string& message) {
  return message.substr(1, message.find('.') - 1);
}

void expect_once_and_in_order(const End& from, const End& to) {
  ASSERT_EQ(to.got.size(), from.sent);
  for (std::size_t i = 0; i < to.got.size(); ++i) {
    ASSERT_EQ(number_of(to.got[i]), std::to_string(i));
  }
}

class LossySessionPair : public testing::TestWithParam<Network> {};

TEST_P(LossySessionPair, DeliversEveryMessageOnceAndInOrder) {
  for (std::uint32_t round = 0; round < 40; ++round) {
    Network network = GetParam();
    network.seed += round;
    Pair pair(network);
    // One end opens; both at once is another test, where restarts may drop messages.
    pair.send(pair.controller());
    for (int step = 0; step < 120; ++step) {
      const bool open = pair.agent().context.is_open();
      pair.send(open && pair.random()() % 2 == 0 ? pair.agent() : pair.controller());
      for (auto count = pair.random()() % 10; count > 0; --count) pair.deliver();
      if (pair.random()() % 4 == 0) pair.pass_time();
    }
    pair.settle();
    SCOPED_TRACE("round " + std::to_string(round));
    EXPECT_EQ(pair.agent().ended, SessionEnd::kNone) << name_of(pair.agent().ended);
    EXPECT_EQ(pair.controller().ended, SessionEnd::kNone) << name_of(pair.controller().ended);
    expect_once_and_in_order(pair.controller(), pair.agent());
    expect_once_and_in_order(pair.agent(), pair.controller());
  }
}

INSTANTIATE_TEST_SUITE_P(
    , LossySessionPair,
    testing::Values(Network{.seed = 1}, Network{.loss = 0.05, .seed = 2},
                    Network{.doubling = 0.3, .seed = 3}, Network{.reordering = 0.5, .seed = 4},
                    Network{.loss = 0.1, .doubling = 0.1, .reordering = 0.3, .seed = 5},
                    Network{.loss = 0.1, .reordering = 0.3, .max_payload = 15, .seed = 6},
                    Network{.loss = 0.3, .doubling = 0.2, .max_payload = 20, .seed = 7}));

TEST(UspSessionPair, TwoThatOpenAtOnceAgreeOnOneSession) {
  for (std::uint32_t seed = 0; seed < 500; ++seed) {
    Pair pair(Network{.loss = 0.2, .doubling = 0.1, .reordering = 0.3, .seed = seed});
    pair.send(pair.agent());
    pair.send(pair.controller());
    for (int step = 0; step < 30; ++step) {
      pair.send(step % 2 == 0 ? pair.agent() : pair.controller());
      pair.deliver();
    }
    pair.settle();
    for (int more = 0; more < 3; ++more) pair.settle();
    ASSERT_EQ(pair.agent().context.session_id(), pair.controller().context.session_id()) << seed;
    const std::size_t got = pair.agent().got.size() + pair.controller().got.size();
    pair.send(pair.agent());
    pair.send(pair.controller());
    while (pair.deliver()) {
    }
    EXPECT_EQ(pair.agent().got.size() + pair.controller().got.size(), got + 2) << seed;
  }
}

}  // namespace
}  // namespace usp
