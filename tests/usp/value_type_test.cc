#include "usp/value_type.h"

#include <gtest/gtest.h>

#include "usp/path.h"
#include "usp/search/expression.h"

namespace usp {
namespace {

struct TypeRow {
  ParamType type;
  const char* text;
  bool good;
};

class UspValueType : public testing::TestWithParam<TypeRow> {};

TEST_P(UspValueType, KnowsTheLexicalForms) {
  EXPECT_EQ(is_of_type(GetParam().type, GetParam().text), GetParam().good) << GetParam().text;
}

INSTANTIATE_TEST_SUITE_P(
    Table, UspValueType,
    testing::Values(
        TypeRow{ParamType::kBoolean, "true", true}, TypeRow{ParamType::kBoolean, "0", true},
        TypeRow{ParamType::kBoolean, "True", false}, TypeRow{ParamType::kBoolean, "", false},
        TypeRow{ParamType::kInt, "-2147483648", true},
        TypeRow{ParamType::kInt, "-2147483649", false},
        TypeRow{ParamType::kInt, "2147483647", true}, TypeRow{ParamType::kInt, "2147483648", false},
        TypeRow{ParamType::kInt, "+010", true}, TypeRow{ParamType::kInt, "1.0", false},
        TypeRow{ParamType::kInt, "", false}, TypeRow{ParamType::kInt, "-", false},
        TypeRow{ParamType::kInt, "1e3", false},
        TypeRow{ParamType::kUnsignedInt, "4294967295", true},
        TypeRow{ParamType::kUnsignedInt, "4294967296", false},
        TypeRow{ParamType::kUnsignedInt, "-0", true}, TypeRow{ParamType::kUnsignedInt, "-1", false},
        TypeRow{ParamType::kLong, "-9223372036854775808", true},
        TypeRow{ParamType::kLong, "9223372036854775808", false},
        TypeRow{ParamType::kUnsignedLong, "18446744073709551615", true},
        TypeRow{ParamType::kUnsignedLong, "18446744073709551616", false},
        TypeRow{ParamType::kDecimal, "-1.50", true}, TypeRow{ParamType::kDecimal, ".5", true},
        TypeRow{ParamType::kDecimal, ".", false},
        TypeRow{ParamType::kDateTime, "2024-02-29T23:59:59Z", true},
        TypeRow{ParamType::kDateTime, "2023-02-29T00:00:00Z", false},
        TypeRow{ParamType::kDateTime, "2024-01-01T00:00:00.123456Z", true},
        TypeRow{ParamType::kDateTime, "2024-01-01T00:00:00+02:00", true},
        TypeRow{ParamType::kDateTime, "2024-01-01T00:00:00", true},
        TypeRow{ParamType::kDateTime, "2024-01-01T24:00:00Z", true},
        TypeRow{ParamType::kDateTime, "2024-01-01T25:00:00Z", false},
        TypeRow{ParamType::kDateTime, "2024-01-01", false},
        TypeRow{ParamType::kDateTime, "0001-01-01T00:00:00Z", true},
        TypeRow{ParamType::kHexBinary, "00aF", true}, TypeRow{ParamType::kHexBinary, "00a", false},
        TypeRow{ParamType::kHexBinary, "0g", false}, TypeRow{ParamType::kBase64, "YWJj", true},
        TypeRow{ParamType::kBase64, "YWI=", true}, TypeRow{ParamType::kBase64, "YWI", false},
        TypeRow{ParamType::kBase64, "Y=Jj", false}, TypeRow{ParamType::kString, "", true}));

TEST(UspValueType, ChecksListsByItem) {
  SupportedParam param{"L", ParamAccess::kReadWrite, ParamType::kUnsignedInt, true};
  EXPECT_FALSE(check_type(param, ""));
  EXPECT_FALSE(check_type(param, "1, 2,3"));
  EXPECT_TRUE(check_type(param, "1,x"));
  EXPECT_TRUE(check_type(param, "1,,2"));
}

TEST(UspValueType, ComparesTimesAcrossZones) {
  EXPECT_EQ(
      compare_values(ParamType::kDateTime, "2024-01-01T02:00:00+02:00", "2024-01-01T00:00:00Z"),
      std::partial_ordering::equivalent);
  EXPECT_EQ(compare_values(ParamType::kDateTime, "2024-01-01T00:00:00.5Z", "2024-01-01T00:00:00Z"),
            std::partial_ordering::greater);
}

struct SearchRow {
  ParamType type;
  bool list;
  const char* value;
  const char* condition;  ///< on parameter P
  bool match;
};

class UspSearchCondition : public testing::TestWithParam<SearchRow> {};

TEST_P(UspSearchCondition, GoesByType) {
  const SearchRow& row = GetParam();
  const SupportedParam param{"P", ParamAccess::kReadOnly, row.type, row.list};
  const auto path = parse_path("Device.T.[P" + std::string(row.condition) + "].");
  ASSERT_TRUE(path) << row.condition;
  const Condition& condition = path->segments[2].conditions[0];
  ASSERT_FALSE(search::check_condition(condition, param)) << row.condition;
  EXPECT_EQ(search::satisfies(condition, param, row.value), row.match)
      << row.value << row.condition;
}

INSTANTIATE_TEST_SUITE_P(
    Table, UspSearchCondition,
    testing::Values(SearchRow{ParamType::kUnsignedInt, false, "010", "==10", true},
                    SearchRow{ParamType::kUnsignedInt, false, "9", "<10", true},
                    SearchRow{ParamType::kUnsignedInt, false, "9", ">10", false},
                    SearchRow{ParamType::kUnsignedInt, false, "10", ">=10", true},
                    SearchRow{ParamType::kUnsignedInt, false, "10", "<=10", true},
                    SearchRow{ParamType::kUnsignedInt, false, "10", "!=010", false},
                    SearchRow{ParamType::kUnsignedInt, false, "7", "<99999999999999999999", true},
                    SearchRow{ParamType::kUnsignedInt, false, "", "==0", false},
                    SearchRow{ParamType::kUnsignedInt, false, "", "!=0", true},
                    SearchRow{ParamType::kInt, false, "-5", "<-4", true},
                    SearchRow{ParamType::kInt, false, "123", "==+123", true},
                    SearchRow{ParamType::kUnsignedLong, false, "18446744073709551615",
                              ">18446744073709551614", true},
                    SearchRow{ParamType::kDecimal, false, "1.50", "==1.5", true},
                    SearchRow{ParamType::kBoolean, false, "1", "==true", true},
                    SearchRow{ParamType::kBoolean, false, "false", "==0", true},
                    SearchRow{ParamType::kBoolean, false, "true", "!=1", false},
                    SearchRow{ParamType::kString, false, "aB", "==\"aB\"", true},
                    SearchRow{ParamType::kString, false, "aB", "==\"ab\"", false},
                    SearchRow{ParamType::kString, false, "5", "==5", true},
                    SearchRow{ParamType::kString, false, "", "==\"\"", true},
                    SearchRow{ParamType::kHexBinary, false, "0aFf", "==0AFF", true},
                    SearchRow{ParamType::kDateTime, false, "2021-06-06T10:00:00+02:00",
                              "==2021-06-06T08:00:00Z", true},
                    SearchRow{ParamType::kDateTime, false, "2021-06-05T00:00:00Z",
                              "<2021-06-06T08:00:00Z", true},
                    SearchRow{ParamType::kDateTime, false, "0001-01-01T00:00:00Z",
                              "<2021-06-06T08:00:00Z", false},
                    SearchRow{ParamType::kDateTime, false, "0001-01-01T00:00:00Z",
                              "==0001-01-01T00:00:00Z", true},
                    SearchRow{ParamType::kString, true, "a, b", "~=\"b\"", true},
                    SearchRow{ParamType::kString, true, "ab", "~=\"b\"", false},
                    SearchRow{ParamType::kUnsignedInt, true, "1,05", "~=5", true},
                    SearchRow{ParamType::kString, true, "a, b", "==\"a,b\"", true},
                    SearchRow{ParamType::kString, true, "a,b", "!=\"a\"", true}));

struct MisfitRow {
  ParamType type;
  bool list;
  const char* condition;
};

class UspSearchMisfit : public testing::TestWithParam<MisfitRow> {};

TEST_P(UspSearchMisfit, IsRefused) {
  const MisfitRow& row = GetParam();
  const SupportedParam param{"P", ParamAccess::kReadOnly, row.type, row.list};
  const auto path = parse_path("Device.T.[P" + std::string(row.condition) + "].");
  ASSERT_TRUE(path) << row.condition;
  EXPECT_TRUE(search::check_condition(path->segments[2].conditions[0], param)) << row.condition;
}

INSTANTIATE_TEST_SUITE_P(Table, UspSearchMisfit,
                         testing::Values(MisfitRow{ParamType::kBoolean, false, "==\"true\""},
                                         MisfitRow{ParamType::kBoolean, false, ">true"},
                                         MisfitRow{ParamType::kBoolean, false, "==maybe"},
                                         MisfitRow{ParamType::kString, false, "<\"x\""},
                                         MisfitRow{ParamType::kString, false, "~=\"x\""},
                                         MisfitRow{ParamType::kInt, false, "==\"5\""},
                                         MisfitRow{ParamType::kInt, false, "==x"},
                                         MisfitRow{ParamType::kUnsignedInt, true, "<5"},
                                         MisfitRow{ParamType::kUnsignedInt, true, "~=x"},
                                         MisfitRow{ParamType::kDateTime, false,
                                                   "<0001-01-01T00:00:00Z"},
                                         MisfitRow{ParamType::kHexBinary, false, ">00"}));

}  // namespace
}  // namespace usp
