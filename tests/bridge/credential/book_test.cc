#include "bridge/credential/book.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/bridge/store/store_fixture.h"

namespace bridge {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;
using Source = CredentialSource;
using State = CredentialState;
using Used = UsedCredential;
using Bound = BoundCredential;

const DeviceIdentity kDevice{"00D09E", "CPE", "1"};
const DeviceIdentity kOther{"00D09E", "CPE", "2"};

CredentialRow row(std::string username, DeviceIdentity identity = {}, State state = State::kActive,
                  Source source = Source::kImported) {
  return {std::move(username), "p", std::move(identity), source, state, 0, 1, {}};
}

CredentialEntry entry(std::string username, std::string password,
                      const DeviceIdentity& identity = {}) {
  return {std::move(username), std::move(password), identity.oui, identity.product_class,
          identity.serial};
}

class CredentialBook : public testing::Test {
 protected:
  CredentialBook() : store_(open_or_die({})) {
    auth_.shared = CredentialConfig{"shared", "s"};
    auth_.bootstrap = CredentialConfig{"boot", "b"};
    auth_.models = {{"00D09E", "CPE", "model", "m"}, {"00D09E", "Other", "alien", "m"}};
  }

  template <class Fn>
  auto run(Fn fn) {
    return in_state(*store_, std::move(fn));
  }
  void put(const CredentialRow& row) {
    run([&](StateWriter& state) { return state.put_credential(row); });
  }
  std::optional<CredentialRow> get(const std::string& username) {
    return run([&](StateWriter& state) { return state.credential(username); });
  }
  /// The device was last here with `username`.
  void last_here_with(const std::string& username) {
    DeviceRow device = device_row("1");
    device.auth_username = username;
    run([&](StateWriter& state) -> Result<std::int64_t> {
      if (auto known = state.device_by_identity(kDevice).value()) device.id = known->id;
      return state.put_device(device);
    });
  }
  CredentialFacts facts(const std::string& username, bool waived = false) {
    const CredentialClaim claim{username, kDevice, false, waived};
    return run([&](StateWriter& state) { return credential_facts(state, auth_, claim); });
  }
  CredentialChanges import(const std::vector<CredentialEntry>& entries) {
    return run([&](StateWriter& state) { return put_credentials(state, entries, 9); });
  }
  CredentialRow rotate(const std::string& password, bool afresh = false,
                       const std::string& meanwhile = {}) {
    const RotationWish wish{kDevice, std::string(kDefaultRotatedUsername), password, afresh,
                            meanwhile};
    return run([&](StateWriter& state) { return prepare_rotation(state, auth_, wish, 7); });
  }

  CwmpConfig::Auth auth_;
  std::unique_ptr<Store> store_;
};

// ---- facts

TEST_F(CredentialBook, KnowsWhatAUserNameIs) {
  put(row("own", kDevice));
  put(row("sent", kDevice, State::kPending, Source::kRotation));
  put(row("replaced", kDevice, State::kRetired));
  put(row("other", kOther));
  put(row("nobody"));
  const std::vector<std::pair<std::string, Used>> table = {
      {"", Used::kAnonymous},       {"shared", Used::kShared},
      {"boot", Used::kBootstrap},   {"model", Used::kModel},
      {"alien", Used::kOtherModel}, {"own", Used::kOwn},
      {"sent", Used::kOwnPending},  {"replaced", Used::kOwnRetired},
      {"other", Used::kForeign},    {"nobody", Used::kUnbound},
      {"gone", Used::kGone},        {"certificate:00D09E-1", Used::kCertificate},
  };
  for (const auto& [username, used] : table) EXPECT_EQ(facts(username).used, used) << username;
}

TEST_F(CredentialBook, AsksTheStoreWhatADeviceHasThatIsNotAskedForACredential) {
  EXPECT_EQ(facts("", true).used, Used::kWaived);
  EXPECT_EQ(facts("", true).bound, Bound::kNone);
  put(row("own", kDevice));
  EXPECT_TRUE(facts("", true).has_own);
  last_here_with("shared");
  EXPECT_EQ(facts("", true).bound, Bound::kInitial);
}

TEST(CredentialClaims, NeedNoStoreWhereNothingInItCouldMatter) {
  const CredentialClaim anonymous{"", kDevice, true, false};
  EXPECT_EQ(facts_of_claim(anonymous)->used, Used::kAnonymous);
  const CredentialClaim certificate{"certificate:00D09E-1", kDevice, true, false};
  EXPECT_EQ(facts_of_claim(certificate)->used, Used::kCertificate);
  const CredentialClaim waived{"", kDevice, false, true};
  EXPECT_EQ(facts_of_claim(waived), std::nullopt);
  const CredentialClaim shared{"shared", kDevice, false, false};
  EXPECT_EQ(facts_of_claim(shared), std::nullopt);
}

TEST_F(CredentialBook, KnowsWhatADeviceIsBoundTo) {
  EXPECT_EQ(facts("shared").bound, Bound::kNone);
  put(row("own", kDevice));
  put(row("replaced", kDevice, State::kRetired));
  put(row("other", kOther));
  const std::vector<std::pair<std::string, Bound>> table = {
      {"", Bound::kNone},
      {"shared", Bound::kInitial},
      {"model", Bound::kInitial},
      {"own", Bound::kOwn},
      {"replaced", Bound::kInitial},
      {"other", Bound::kNone},
      {"deleted", Bound::kNone},
      {"certificate:00D09E-1", Bound::kCertificate},
  };
  for (const auto& [username, bound] : table) {
    last_here_with(username);
    EXPECT_EQ(facts("shared").bound, bound) << username;
    EXPECT_EQ(facts("shared").same, username == "shared");
  }
}

TEST_F(CredentialBook, KnowsWhetherARotationIsUnderWay) {
  EXPECT_FALSE(facts("shared").has_own);
  put(row("replaced", kDevice, State::kRetired));
  EXPECT_FALSE(facts("shared").has_own);
  const CredentialRow sent = rotate("new");
  const CredentialFacts with_shared = facts("shared");
  EXPECT_TRUE(with_shared.has_own);
  EXPECT_TRUE(with_shared.pending);
  EXPECT_EQ(with_shared.attempts, 1);
  EXPECT_FALSE(facts(sent.username).pending);
}

TEST(CredentialLogin, TellsCertificatesFromUserNames) {
  EXPECT_EQ(login_of(cwmp::AuthScheme::kDigest, "a"), "a");
  EXPECT_EQ(login_of(cwmp::AuthScheme::kBasic, "a"), "a");
  EXPECT_EQ(login_of(cwmp::AuthScheme::kCertificate, "a"), "certificate:a");
  EXPECT_EQ(login_of(cwmp::AuthScheme::kNone, ""), "");
  EXPECT_NE(check_username("certificate:a"), "");
}

// ---- what operators put

TEST_F(CredentialBook, PutsWhatIsNewAndCountsTheRest) {
  EXPECT_EQ(import({entry("a", "1"), entry("b", "2", kDevice)}), (CredentialChanges{2, 0, 0, 0}));
  EXPECT_EQ(get("b"), (CredentialRow{"b", "2", kDevice, {}, {}, 0, 9, {}}));
  EXPECT_EQ(import({entry("a", "1"), entry("b", "3", kDevice), entry("c", "4")}),
            (CredentialChanges{1, 1, 1, 0}));
  EXPECT_EQ(get("b")->password, "3");
}

TEST_F(CredentialBook, LeavesABindingThatAnEntryDoesNotName) {
  import({entry("a", "1")});
  run([](StateWriter& state) { return claim_credential(state, "a", kDevice); });
  EXPECT_EQ(import({entry("a", "1")}).unchanged, 1U);
  EXPECT_EQ(import({entry("a", "2")}).changed, 1U);
  EXPECT_EQ(get("a")->identity, kDevice);
  EXPECT_EQ(import({entry("a", "2", kOther)}).changed, 1U);
  EXPECT_EQ(get("a")->identity, kOther);
}

TEST_F(CredentialBook, DoesNotReviveWhatARotationHasReplaced) {
  put(row("a", kDevice, State::kRetired));
  EXPECT_EQ(import({entry("a", "p", kDevice)}).unchanged, 1U);
  EXPECT_EQ(get("a")->state, State::kRetired);
  EXPECT_EQ(import({entry("a", "other", kDevice)}).changed, 1U);
  EXPECT_EQ(get("a")->state, State::kActive);
}

TEST_F(CredentialBook, DoesNotOverwriteWhatTheDeviceHasFromARotation) {
  const CredentialRow sent = rotate("new");
  EXPECT_EQ(import({entry(sent.username, "old", kDevice)}), (CredentialChanges{0, 0, 0, 1}));
  EXPECT_EQ(import({entry(sent.username, "new", kOther)}).kept, 1U);
  EXPECT_EQ(get(sent.username), sent);
}

TEST_F(CredentialBook, DropsWhatIsKnownBeforeItIsWritten) {
  const CredentialRow sent = rotate("new");
  import({entry("a", "1"), entry("b", "2")});
  std::vector<CredentialEntry> entries = {entry("a", "1"), entry("b", "3"), entry("c", "4"),
                                          entry(sent.username, "x")};
  const CredentialChanges changes =
      run([&](StateWriter& state) { return drop_known(state, entries); });
  EXPECT_EQ(changes, (CredentialChanges{0, 0, 1, 1}));
  EXPECT_THAT(entries, ElementsAre(entry("b", "3"), entry("c", "4")));
}

// ---- binding

TEST_F(CredentialBook, BindsNobodysCredentialOnce) {
  put(row("a"));
  run([](StateWriter& state) { return claim_credential(state, "a", kDevice); });
  EXPECT_EQ(facts("a").used, Used::kOwn);
  auto again = [](StateWriter& state) { return claim_credential(state, "a", kOther); };
  EXPECT_EQ(store_->write_state_now(again).error().kind, ErrorKind::kConflict);
}

TEST_F(CredentialBook, BindsNoSecondCredentialToADevice) {
  put(row("a", kDevice));
  put(row("b"));
  auto claim = [](StateWriter& state) { return claim_credential(state, "b", kDevice); };
  EXPECT_EQ(store_->write_state_now(claim).error().kind, ErrorKind::kConflict);
}

// ---- rotation

TEST_F(CredentialBook, PreparesACredentialOfTheDevicesOwn) {
  const CredentialRow sent = rotate("new");
  EXPECT_EQ(sent,
            (CredentialRow{
                "00D09E-CPE-1", "new", kDevice, Source::kRotation, State::kPending, 1, 7, {}}));
  EXPECT_EQ(get(sent.username), sent);
}

TEST_F(CredentialBook, SendsTheSameCredentialAgain) {
  const CredentialRow sent = rotate("new");
  CredentialRow again = rotate("newer");
  EXPECT_EQ(again.password, "new");
  EXPECT_EQ(again.attempts, 2);
  rotate("newer");
  EXPECT_EQ(rotate("newest", true).attempts, 2) << "the device may have it from the first time";
  EXPECT_THAT(run([](StateWriter& state) { return state.credentials("", 9); }), SizeIs(1));
}

TEST_F(CredentialBook, RemembersWithWhatAResetDeviceComesInUntilTheNewOneHasArrived) {
  put(row("own", kDevice));
  last_here_with("own");
  const CredentialRow sent = rotate("new", false, "boot");
  EXPECT_TRUE(facts("boot").meanwhile);
  EXPECT_FALSE(facts("shared").meanwhile);
  EXPECT_EQ(rotate("newer").meanwhile, "boot");

  run([&](StateWriter& state) { return confirm_credential(state, sent.username, kDevice); });
  EXPECT_EQ(get(sent.username)->meanwhile, "");
  rotate("next", true);
  EXPECT_FALSE(facts("boot").meanwhile) << "nobody has reset it";
}

TEST_F(CredentialBook, KnowsWhetherTheDevicesOwnIsFromARotation) {
  put(row("label", kDevice));
  last_here_with("label");
  EXPECT_FALSE(facts("shared").rotated);
  const CredentialRow sent = rotate("new");
  EXPECT_FALSE(facts("shared").rotated) << "it has not arrived";
  run([&](StateWriter& state) { return confirm_credential(state, sent.username, kDevice); });
  last_here_with(sent.username);
  EXPECT_TRUE(facts("shared").rotated);
}

TEST_F(CredentialBook, TakesANameThatNobodyHas) {
  put(row("00D09E-CPE-1", kOther));
  EXPECT_EQ(rotate("new").username, "00D09E-CPE-1-2");
}

TEST_F(CredentialBook, TakesNoNameOfTheConfiguration) {
  auth_.models = {{"00D09E", "CPE", "00D09E-CPE-1", "m"}};
  EXPECT_EQ(rotate("new").username, "00D09E-CPE-1-2");
}

TEST_F(CredentialBook, KeepsTheOldOneUntilTheNewOneHasArrived) {
  put(row("old", kDevice, State::kActive, Source::kRotation));
  put(row("label", kDevice));
  const CredentialRow sent = rotate("new");
  EXPECT_EQ(facts("old").used, Used::kOwn);
  EXPECT_EQ(facts(sent.username).used, Used::kOwnPending);

  run([&](StateWriter& state) { return confirm_credential(state, sent.username, kDevice); });
  EXPECT_EQ(facts(sent.username).used, Used::kOwn);
  EXPECT_EQ(facts("old").used, Used::kGone);
  EXPECT_EQ(facts("label").used, Used::kOwnRetired);
}

TEST_F(CredentialBook, RetiresNothingForWhatWasDeletedMeanwhile) {
  put(row("label", kDevice));
  auto confirm = [](StateWriter& state) { return confirm_credential(state, "gone", kDevice); };
  EXPECT_EQ(store_->write_state_now(confirm).error().kind, ErrorKind::kConflict);
  EXPECT_EQ(facts("label").used, Used::kOwn);
}

TEST_F(CredentialBook, LeavesOtherDevicesAloneWhenOneHasArrived) {
  put(row("other", kOther, State::kActive, Source::kRotation));
  put(row("nobody"));
  const CredentialRow sent = rotate("new");
  run([&](StateWriter& state) { return confirm_credential(state, sent.username, kDevice); });
  EXPECT_NE(get("other"), std::nullopt);
  EXPECT_NE(get("nobody"), std::nullopt);
}

TEST_F(CredentialBook, DropsWhatTheDeviceHasRefusedAndNothingElse) {
  put(row("old", kDevice));
  const CredentialRow sent = rotate("new");
  EXPECT_TRUE(run([&](StateWriter& state) { return drop_pending(state, sent.username); }));
  EXPECT_EQ(get(sent.username), std::nullopt);
  EXPECT_FALSE(run([](StateWriter& state) { return drop_pending(state, "old"); }));
  EXPECT_NE(get("old"), std::nullopt);
}

TEST_F(CredentialBook, KeepsWhatWasRefusedWhenItWasSentBefore) {
  const CredentialRow sent = rotate("new");
  rotate("new", true);
  EXPECT_FALSE(run([&](StateWriter& state) { return drop_pending(state, sent.username); }));
  EXPECT_NE(get(sent.username), std::nullopt);
}

TEST_F(CredentialBook, DeletesNothingThatARotationHasGoneOnWith) {
  const CredentialRow read = rotate("new");
  auto erase = [&](StateWriter& state) { return erase_unchanged(state, read); };
  rotate("new");
  EXPECT_EQ(store_->write_state_now(erase).error().kind, ErrorKind::kConflict);
  run([&](StateWriter& state) { return confirm_credential(state, read.username, kDevice); });
  EXPECT_EQ(store_->write_state_now(erase).error().kind, ErrorKind::kConflict);

  const CredentialRow active = *get(read.username);
  auto again = [&](StateWriter& state) { return erase_unchanged(state, active); };
  EXPECT_TRUE(run(again));
  EXPECT_FALSE(run(again)) << "it is gone already";
}

TEST_F(CredentialBook, TakesTurnsWithTheNameFromRotationToRotation) {
  std::vector<std::string> names;
  for (int i = 0; i < 4; ++i) {
    names.push_back(rotate("new").username);
    run([&](StateWriter& state) { return confirm_credential(state, names.back(), kDevice); });
  }
  EXPECT_THAT(names,
              ElementsAre("00D09E-CPE-1", "00D09E-CPE-1-2", "00D09E-CPE-1", "00D09E-CPE-1-2"));
  EXPECT_THAT(run([](StateWriter& state) { return state.credentials("", 9); }), SizeIs(1));
}

TEST_F(CredentialBook, ReservesTheNamesOfTheConfiguration) {
  EXPECT_THAT(reserved_usernames(auth_), ElementsAre("alien", "boot", "model", "shared"));
  EXPECT_THAT(configured_passwords(auth_, "model"), ElementsAre("m"));
  EXPECT_THAT(configured_passwords(auth_, "own"), IsEmpty());
}

}  // namespace
}  // namespace bridge
