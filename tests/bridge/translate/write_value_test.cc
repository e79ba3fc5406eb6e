#include "bridge/translate/write_value.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace bridge::translate {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

/// The value, or "" for a refusal.
std::string native(const Rule& rule, std::string_view shown) {
  return to_native_value(rule, shown).value_or("");
}

Rule rule(Transform transform, ValueType native_type, ValueType shown_type) {
  Rule out;
  out.transform = transform;
  out.native_type = native_type;
  out.shown_type = shown_type;
  return out;
}

TEST(WriteValue, NumbersAreDividedByTheirFactor) {
  Rule scaled = rule(Transform::kScale, ValueType::kUnsignedInt, ValueType::kUnsignedInt);
  scaled.factor = 1000;
  EXPECT_EQ(native(scaled, "54000"), "54");
  EXPECT_EQ(native(scaled, "5.5e99"), "");
  EXPECT_EQ(native(scaled, "x"), "");
  scaled.native_type = ValueType::kString;
  EXPECT_EQ(native(scaled, "13500"), "13.5");
}

TEST(WriteValue, BinaryIsEncoded) {
  const Rule base64 = rule(Transform::kBase64Hex, ValueType::kBase64, ValueType::kHexBinary);
  EXPECT_EQ(native(base64, "01020304"), "AQIDBA==");
  EXPECT_FALSE(to_native_value(base64, "0").has_value());
  const Rule text = rule(Transform::kTextHex, ValueType::kString, ValueType::kHexBinary);
  EXPECT_EQ(native(text, "00aa"), "00aa");
  EXPECT_EQ(native(text, "zz"), "");
}

TEST(WriteValue, ElementsOfAListAreWordsEach) {
  Rule words = rule(Transform::kEnumList, ValueType::kString, ValueType::kString);
  words.words = {{"Keypad", "PIN"}, {"Label", "Label"}};
  EXPECT_EQ(native(words, "PIN, Label"), "Keypad,Label");
  EXPECT_EQ(native(words, "PIN,Other"), "");
}

TEST(WriteValue, TheFirstWordThatMayBeWrittenCounts) {
  Rule words = rule(Transform::kEnum, ValueType::kString, ValueType::kString);
  words.words = {{"a", "x", true, false}, {"b", "x"}, {"c", "x"}, {"*", "y", true, false}};
  EXPECT_EQ(native(words, "x"), "b");
  EXPECT_EQ(native(words, "y"), "");
  EXPECT_TRUE(reads_as(words, "A", "x"));
  EXPECT_FALSE(reads_as(words, "z", "x"));
}

TEST(WriteValue, OtherWordsMayStayAsTheyAre) {
  Rule words = rule(Transform::kEnum, ValueType::kInt, ValueType::kUnsignedInt);
  words.words = {{"-1", "0"}, {"*", "*"}};
  EXPECT_EQ(native(words, "0"), "-1");
  EXPECT_EQ(native(words, "7"), "7");
  EXPECT_EQ(native(words, "seven"), "");
}

TEST(WriteValue, NumbersHaveTheDevicesRange) {
  const Rule copy = rule(Transform::kCopy, ValueType::kUnsignedInt, ValueType::kUnsignedLong);
  EXPECT_EQ(native(copy, "4294967295"), "4294967295");
  EXPECT_EQ(native(copy, "4294967296"), "");
  EXPECT_EQ(native(copy, "-1"), "");
}

TEST(WriteValue, ListsHaveNoWhiteSpace) {
  EXPECT_THAT(split_list(" a, b ,,c"), ElementsAre("a", "b", "c"));
  EXPECT_THAT(split_list(" , "), IsEmpty());
  EXPECT_EQ(join_list({"a", "b"}), "a,b");
}

}  // namespace
}  // namespace bridge::translate
