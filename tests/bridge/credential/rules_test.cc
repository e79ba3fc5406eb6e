#include "bridge/credential/rules.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ostream>
#include <string>

namespace bridge {
namespace {

using Used = UsedCredential;
using Bound = BoundCredential;

struct Row {
  const char* claim;
  CredentialFacts facts;
  /// "refused", or any of: accepted, limited, claim, confirm, readmitted, rotate, afresh.
  std::string expected;
};

std::ostream& operator<<(std::ostream& out, const Row& row) { return out << row.claim; }

std::string text_of(const CredentialJudgement& judged) {
  if (!judged.accepted) return *judged.why == '\0' ? "refused without a reason" : "refused";
  std::string out = "accepted";
  if (judged.limited) out += " limited";
  if (judged.claim) out += " claim";
  if (judged.confirm) out += " confirm";
  if (judged.readmitted) out += " readmitted";
  if (judged.rotate) out += " rotate";
  if (judged.afresh) out += " afresh";
  return out;
}

CredentialFacts used(Used credential, Bound bound, bool reset = false) {
  CredentialFacts facts;
  facts.used = credential;
  facts.bound = bound;
  facts.reset = reset;
  facts.has_own = bound == Bound::kOwn;
  return facts;
}

CredentialFacts same(CredentialFacts facts) {
  facts.same = true;
  return facts;
}

CredentialFacts with_own(CredentialFacts facts) {
  facts.has_own = true;
  return facts;
}

CredentialFacts pending(CredentialFacts facts, int attempts) {
  facts.has_own = true;
  facts.pending = true;
  facts.attempts = attempts;
  return facts;
}

/// A rotation is under way since the device came back, reset, with the credential used.
CredentialFacts meanwhile(CredentialFacts facts, int attempts) {
  facts = pending(facts, attempts);
  facts.meanwhile = true;
  return facts;
}

/// Its own is from a rotation.
CredentialFacts rotated(CredentialFacts facts) {
  facts.rotated = true;
  return facts;
}

CredentialFacts refused(CredentialFacts facts) {
  facts.refused = true;
  return facts;
}

const Row kRows[] = {
    {"anonymous is let in when it is configured", used(Used::kAnonymous, Bound::kNone), "accepted"},
    {"anonymous gets no credential", pending(used(Used::kAnonymous, Bound::kNone), 1), "accepted"},

    {"who is not asked comes in as a new device", used(Used::kWaived, Bound::kNone), "accepted"},
    {"but not when a credential is there for it", with_own(used(Used::kWaived, Bound::kNone)),
     "refused"},
    {"nor when it has come with the shared one", used(Used::kWaived, Bound::kInitial), "refused"},
    {"nor with its own, reset or not", used(Used::kWaived, Bound::kOwn, true), "refused"},
    {"nor with a certificate", used(Used::kWaived, Bound::kCertificate, true), "refused"},

    {"a new device comes in with the shared one", used(Used::kShared, Bound::kNone), "accepted"},
    {"and again", same(used(Used::kShared, Bound::kInitial)), "accepted"},
    {"also when its own was imported and is not in use yet",
     with_own(same(used(Used::kShared, Bound::kInitial))), "accepted"},
    {"not when it uses its own", used(Used::kShared, Bound::kOwn), "refused"},
    {"but after a reset, audited", used(Used::kShared, Bound::kOwn, true),
     "accepted limited readmitted"},

    {"a model's is as good as shared", used(Used::kModel, Bound::kNone), "accepted"},
    {"a model's is for that model", used(Used::kOtherModel, Bound::kNone), "refused"},
    {"a reset makes no difference to that", used(Used::kOtherModel, Bound::kNone, true), "refused"},
    {"a model's is not for a device that uses its own", used(Used::kModel, Bound::kOwn), "refused"},

    {"a new device comes in with bootstrap", used(Used::kBootstrap, Bound::kNone),
     "accepted limited"},
    {"and again while it has no other", same(used(Used::kBootstrap, Bound::kInitial)),
     "accepted limited"},
    {"a device of the shared one does not need it", used(Used::kBootstrap, Bound::kInitial),
     "refused"},
    {"but after a reset", used(Used::kBootstrap, Bound::kInitial, true), "accepted limited"},
    {"a device with its own must not use it", used(Used::kBootstrap, Bound::kOwn), "refused"},
    {"but after a reset it has no other", used(Used::kBootstrap, Bound::kOwn, true),
     "accepted limited readmitted"},
    {"for that session only", same(used(Used::kBootstrap, Bound::kOwn)), "refused"},
    {"and until what a rotation sends has arrived",
     meanwhile(used(Used::kBootstrap, Bound::kOwn), kMaxRotationAttempts - 1),
     "accepted limited readmitted rotate"},
    {"but not for ever", meanwhile(used(Used::kBootstrap, Bound::kOwn), kMaxRotationAttempts),
     "refused"},
    {"a rotation that answers no reset opens nothing", pending(used(Used::kShared, Bound::kOwn), 1),
     "refused"},
    {"another reset begins anew",
     meanwhile(used(Used::kBootstrap, Bound::kOwn, true), kMaxRotationAttempts),
     "accepted limited readmitted rotate afresh"},
    {"what came from a rotation is rotated again", rotated(used(Used::kShared, Bound::kOwn, true)),
     "accepted limited readmitted rotate"},

    {"its own is good", used(Used::kOwn, Bound::kOwn), "accepted"},
    {"its own is good instead of the shared one", used(Used::kOwn, Bound::kInitial), "accepted"},
    {"its own is good after a reset", used(Used::kOwn, Bound::kOwn, true), "accepted"},
    {"what a rotation sent is confirmed by its use", used(Used::kOwnPending, Bound::kOwn),
     "accepted confirm"},
    {"also out of the shared one", used(Used::kOwnPending, Bound::kInitial), "accepted confirm"},
    {"the replaced one is not good any more", used(Used::kOwnRetired, Bound::kOwn), "refused"},
    {"but for a device that was reset", used(Used::kOwnRetired, Bound::kOwn, true),
     "accepted limited readmitted"},

    {"nobody's becomes the new device's", used(Used::kUnbound, Bound::kNone), "accepted claim"},
    {"or replaces the shared one", used(Used::kUnbound, Bound::kInitial), "accepted claim"},
    {"but not the device's own", used(Used::kUnbound, Bound::kOwn), "refused"},
    {"used or not", with_own(used(Used::kUnbound, Bound::kInitial)), "refused"},
    {"nor by claiming a reset", used(Used::kUnbound, Bound::kOwn, true), "refused"},

    {"a certificate is good", used(Used::kCertificate, Bound::kNone), "accepted"},
    {"it is good instead of a password", used(Used::kCertificate, Bound::kInitial), "accepted"},
    {"it is good again and again", used(Used::kCertificate, Bound::kCertificate), "accepted"},
    {"nothing is sent to who needs no password",
     pending(used(Used::kCertificate, Bound::kCertificate), 1), "accepted"},
    {"who has come by certificate is bound to it", used(Used::kShared, Bound::kCertificate),
     "refused"},
    {"a reset takes no certificate away", used(Used::kBootstrap, Bound::kCertificate, true),
     "refused"},
    {"nor makes it a device for nobody's", used(Used::kUnbound, Bound::kCertificate, true),
     "refused"},
    {"its own password is as good", used(Used::kOwn, Bound::kCertificate), "accepted"},

    {"another device's is refused", used(Used::kForeign, Bound::kNone), "refused"},
    {"also after a reset", used(Used::kForeign, Bound::kOwn, true), "refused"},
    {"one that was deleted meanwhile is refused", used(Used::kGone, Bound::kOwn), "refused"},

    {"a rotation that was asked for is sent again", pending(used(Used::kOwn, Bound::kOwn), 1),
     "accepted rotate"},
    {"with the shared one too", pending(used(Used::kShared, Bound::kInitial), 4),
     "accepted rotate"},
    {"but not for ever", pending(used(Used::kOwn, Bound::kOwn), kMaxRotationAttempts), "accepted"},
};

const Row kRotatingRows[] = {
    {"a new device gets its own", used(Used::kShared, Bound::kNone), "accepted rotate"},
    {"also one of bootstrap", used(Used::kBootstrap, Bound::kNone), "accepted limited rotate"},
    {"also one of a model", used(Used::kModel, Bound::kNone), "accepted rotate"},
    {"also one that is long known", same(used(Used::kShared, Bound::kInitial)), "accepted rotate"},
    {"a reset device gets its own again", used(Used::kBootstrap, Bound::kOwn, true),
     "accepted limited readmitted rotate"},
    {"also one that came back with what it had first", used(Used::kOwnRetired, Bound::kOwn, true),
     "accepted limited readmitted rotate"},
    {"not one that has refused it, reset or not",
     refused(rotated(used(Used::kShared, Bound::kOwn, true))), "accepted limited readmitted"},
    {"not one that has its own", used(Used::kOwn, Bound::kOwn), "accepted"},
    {"not one whose own was imported", used(Used::kUnbound, Bound::kNone), "accepted claim"},
    {"not one that has refused it", refused(used(Used::kShared, Bound::kInitial)), "accepted"},
    {"not one that has not taken it five times",
     pending(used(Used::kShared, Bound::kInitial), kMaxRotationAttempts), "accepted"},
    {"not one that comes by certificate", used(Used::kCertificate, Bound::kNone), "accepted"},
    {"not one that is not asked for any", used(Used::kWaived, Bound::kNone), "accepted"},
    {"who is refused gets nothing", used(Used::kShared, Bound::kOwn), "refused"},
    {"what arrived is not sent again", used(Used::kOwnPending, Bound::kInitial),
     "accepted confirm"},
};

class CredentialRules : public testing::TestWithParam<Row> {};
TEST_P(CredentialRules, Hold) {
  EXPECT_EQ(text_of(judge(GetParam().facts, false)), GetParam().expected);
}
INSTANTIATE_TEST_SUITE_P(Table, CredentialRules, testing::ValuesIn(kRows));

class CredentialRulesWithRotation : public testing::TestWithParam<Row> {};
TEST_P(CredentialRulesWithRotation, Hold) {
  EXPECT_EQ(text_of(judge(GetParam().facts, true)), GetParam().expected);
}
INSTANTIATE_TEST_SUITE_P(Table, CredentialRulesWithRotation, testing::ValuesIn(kRotatingRows));

TEST(CredentialRulesAll, TellWhatOthersMayComeInWithToo) {
  for (Used common :
       {Used::kAnonymous, Used::kWaived, Used::kShared, Used::kModel, Used::kBootstrap}) {
    EXPECT_TRUE(judge(used(common, Bound::kNone), false).common);
  }
  for (Used own : {Used::kCertificate, Used::kOwn, Used::kOwnPending, Used::kOwnRetired,
                   Used::kUnbound, Used::kForeign}) {
    EXPECT_FALSE(judge(used(own, Bound::kNone), false).common);
  }
}

// Whatever else is known: no credential of another device and no deleted one, and a device that
// uses its own is never let in by an initial one without a reset, one with a certificate never.
TEST(CredentialRulesAll, NeverLetTheWrongOneIn) {
  for (int mask = 0; mask < 64; ++mask) {
    for (Bound bound : {Bound::kNone, Bound::kInitial, Bound::kOwn, Bound::kCertificate}) {
      CredentialFacts facts;
      facts.bound = bound;
      facts.same = (mask & 1) != 0;
      facts.has_own = (mask & 2) != 0;
      facts.reset = (mask & 4) != 0;
      facts.pending = (mask & 8) != 0;
      facts.refused = (mask & 16) != 0;
      const bool rotate = (mask & 32) != 0;
      for (Used never : {Used::kForeign, Used::kGone, Used::kOtherModel}) {
        facts.used = never;
        EXPECT_FALSE(judge(facts, rotate).accepted);
      }
      if (bound != Bound::kCertificate && (bound != Bound::kOwn || facts.reset)) continue;
      for (Used initial : {Used::kShared, Used::kModel, Used::kBootstrap, Used::kOwnRetired}) {
        facts.used = initial;
        EXPECT_FALSE(judge(facts, rotate).accepted);
      }
    }
  }
}

}  // namespace
}  // namespace bridge
