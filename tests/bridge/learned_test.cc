#include "bridge/learned.h"

#include <gtest/gtest.h>

namespace bridge {
namespace {

// quirk 60
TEST(Learned, BatchesDoubleUpToTheMostAndHalveForGood) {
  Learned learned;
  for (const std::uint32_t expected : {64U, 128U, 256U, 256U}) {
    learned.batch_worked(learned.batch);
    EXPECT_EQ(learned.batch, expected);
  }
  learned.batch_failed(256);
  EXPECT_EQ(learned.batch, 128);
  learned.batch_worked(128);
  EXPECT_EQ(learned.batch, 128);
}

TEST(Learned, AShortBatchSaysNothing) {
  Learned learned;
  learned.batch_worked(31);
  EXPECT_EQ(learned.batch, Learned::kFirstBatch);
}

// quirk 60: what is configured for a model bounds what is learned, and is not stored.
TEST(Learned, APresetBoundsTheBatchAndOutlivesNewFirmware) {
  Learned learned;
  learned.on_firmware("1");
  learned.preset.batch = 8;
  learned.preset.names_by_level = true;
  EXPECT_EQ(learned.batch_size(), 8U);
  learned.batch_worked(8);
  EXPECT_EQ(learned.batch_size(), 8U);
  learned.batch_failed(8);
  EXPECT_EQ(learned.batch_size(), 4U);
  learned.on_firmware("2");
  EXPECT_EQ(learned.batch_size(), 8U);
  EXPECT_TRUE(learned.lists_by_level());
  EXPECT_EQ(decode_learned(encode_learned(learned))->preset, Learned::Preset{});
}

// quirk 53
TEST(Learned, APresetSaysHowNamesAreListed) {
  Learned learned;
  EXPECT_FALSE(learned.lists_by_level());
  learned.next_level_only = true;
  EXPECT_TRUE(learned.lists_by_level());
  learned.preset.names_by_level = false;
  EXPECT_FALSE(learned.lists_by_level());
}

// quirk 74: what GetRPCMethods lists, or leaves out, forbids nothing.
TEST(Learned, AListOfMethodsIsAHint) {
  Learned learned;
  learned.listed = {"Inform", "GetParameterValues"};
  EXPECT_TRUE(learned.supports("AddObject"));
  learned.unsupported = {"AddObject"};
  EXPECT_FALSE(learned.supports("AddObject"));
}

TEST(Learned, ABatchIsNeverEmpty) {
  Learned learned;
  learned.batch_failed(1);
  learned.batch_failed(0);
  EXPECT_EQ(learned.batch, 1);
}

TEST(Learned, ForgetsWithNewFirmwareOnly) {
  Learned learned;
  learned.unsupported.emplace("Upload");
  EXPECT_FALSE(learned.on_firmware("1.0"));
  EXPECT_FALSE(learned.on_firmware("1.0"));
  EXPECT_FALSE(learned.on_firmware(""));
  EXPECT_FALSE(learned.supports("Upload"));
  EXPECT_TRUE(learned.on_firmware("1.1"));
  EXPECT_TRUE(learned.supports("Upload"));
  EXPECT_EQ(learned.firmware, "1.1");
}

TEST(Learned, ComesBackFromItsText) {
  Learned learned;
  learned.unsupported = {"Upload", "X_Odd"};
  learned.listed = {"Reboot"};
  learned.asked_methods = learned.next_level_only = true;
  learned.booleans = BooleanForm::kDigits;
  learned.batch = 16;
  learned.batch_limit = 64;
  learned.firmware = "v 1.2\tb";
  EXPECT_EQ(decode_learned(encode_learned(learned)), learned);
  EXPECT_EQ(decode_learned(encode_learned({})), Learned());
}

TEST(Learned, RefusesDamagedAndNewerTextAndSkipsUnknownKeys) {
  EXPECT_EQ(decode_learned(""), std::nullopt);
  EXPECT_EQ(decode_learned("2\n"), std::nullopt);
  EXPECT_EQ(decode_learned("1\nbatch x\n"), std::nullopt);
  EXPECT_EQ(decode_learned("1\nbooleans 3\n"), std::nullopt);
  EXPECT_EQ(decode_learned("1\nbatch 4"), std::nullopt);
  EXPECT_EQ(decode_learned("1\nnews x\nbatch 0\n")->batch, 1);
  EXPECT_EQ(decode_learned("1\nbatch 9999\n")->batch, Learned::kMaxBatch);
}

TEST(Learned, AFirmwareNameWithALineFeedCannotBreakTheText) {
  Learned learned;
  learned.firmware = "1\nbatch x";
  EXPECT_TRUE(decode_learned(encode_learned(learned)).has_value());
}

}  // namespace
}  // namespace bridge
