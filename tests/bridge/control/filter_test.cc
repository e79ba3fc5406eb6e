// Filters by the grammar of AIP-160.
#include "bridge/control/filter.h"

#include <gtest/gtest.h>

#include "bridge/control/backend.h"

namespace bridge::control {
namespace {

DeviceInfo gateway() {
  DeviceInfo device;
  device.manufacturer = "Acme Ltd";
  device.oui = "00D09E";
  device.product_class = "Gateway-X";
  device.software_version = "1.10";
  device.display_name = "hall \"3\"";
  device.tags = {"lab", "site:berlin"};
  device.online = true;
  device.open_operations = 3;
  device.last_inform_ms = 1'767'225'600'000;  // 2026-01-01T00:00:00Z
  return device;
}

bool lets_through(const std::string& text, const DeviceInfo& device = gateway()) {
  auto filter = Filter::parse(text);
  EXPECT_TRUE(filter) << text << ": " << (filter ? "" : filter.error());
  return filter && filter->matches(device);
}

std::string mistake(const std::string& text) {
  auto filter = Filter::parse(text);
  return filter ? "none" : filter.error();
}

TEST(Filter, OfNothingLetsEverythingThrough) {
  EXPECT_TRUE(lets_through(""));
  EXPECT_TRUE(lets_through("  \t"));
  EXPECT_TRUE(Filter().matches(gateway()));
}

TEST(Filter, ComparesTextsWholeOrWithWildcards) {
  EXPECT_TRUE(lets_through("product_class = \"Gateway-X\""));
  EXPECT_TRUE(lets_through("product_class='Gateway-X'"));
  EXPECT_TRUE(lets_through("product_class = Gate*"));
  EXPECT_FALSE(lets_through("product_class = Gate"));
  EXPECT_FALSE(lets_through("product_class = gateway-x"));
  EXPECT_TRUE(lets_through("manufacturer != \"Other*\""));
  EXPECT_TRUE(lets_through(R"(display_name = "hall \"3\"")"));
  EXPECT_TRUE(lets_through("oui > 00D09D AND oui <= 00D09E"));
}

TEST(Filter, ComparesTruthNumbersAndTimes) {
  EXPECT_TRUE(lets_through("online = true AND onboarded != true"));
  EXPECT_TRUE(lets_through("open_operations >= 3 AND open_operations < 4"));
  EXPECT_TRUE(lets_through("open_operations > -1"));
  EXPECT_TRUE(lets_through("last_inform_time = \"2026-01-01T00:00:00Z\""));
  EXPECT_TRUE(lets_through("last_inform_time > 2025-12-31T23:59:59Z"));
  EXPECT_FALSE(lets_through("last_inform_time < 2026-01-01T00:00:00Z"));
  EXPECT_TRUE(lets_through("last_boot_time < 2000-01-01T00:00:00Z")) << "never is before all";
}

TEST(Filter, AsksAListForItsMembers) {
  EXPECT_TRUE(lets_through("tags:lab"));
  EXPECT_TRUE(lets_through("tags:site:berlin")) << "a colon in a value is part of it";
  EXPECT_TRUE(lets_through("tags : \"site:*\""));
  EXPECT_FALSE(lets_through("tags:la"));
  EXPECT_FALSE(lets_through("tags:*", DeviceInfo{}));
}

TEST(Filter, BindsOrCloserThanAndAsAip160Has) {
  // a AND (b OR c), not (a AND b) OR c
  EXPECT_FALSE(lets_through("oui = other AND online = true OR tags:lab"));
  EXPECT_TRUE(lets_through("oui = other OR online = true AND tags:lab"));
  EXPECT_TRUE(lets_through("(oui = other AND online = true) OR tags:lab"));
}

TEST(Filter, Negates) {
  EXPECT_TRUE(lets_through("NOT tags:field"));
  EXPECT_TRUE(lets_through("-tags:field"));
  EXPECT_FALSE(lets_through("NOT (tags:field OR online = true)"));
}

TEST(Filter, SaysWhatIsWrongAndWhere) {
  EXPECT_EQ(mistake("vendor = Acme"), "at 1: no such field: vendor");
  EXPECT_EQ(mistake("online"), "at 7: expected = != < <= > >= or :");
  EXPECT_EQ(mistake("online ="), "at 9: expected a value");
  EXPECT_EQ(mistake("online = maybe"), "at 10: online is true or false");
  EXPECT_EQ(mistake("online > true"), "at 10: online takes = and != only");
  EXPECT_EQ(mistake("open_operations = many"), "at 19: open_operations is a whole number");
  EXPECT_EQ(mistake("tags = lab"), "at 8: tags is a list: ask for a member with :");
  EXPECT_EQ(mistake("(oui = x"), "at 9: expected )");
  EXPECT_EQ(mistake("oui = x oui = y"), "at 9: expected AND, OR or the end");
  EXPECT_EQ(mistake("oui = \"x"), "at 7: the quote does not end");
  EXPECT_EQ(mistake("oui ! x"), "at 5: expected = != < <= > >= or :");
  EXPECT_EQ(mistake("AND"), "at 1: no such field: AND");
}

TEST(Filter, HasLimits) {
  const auto nested = [](int depth) {
    return std::string(static_cast<std::size_t>(depth), '(') + "oui=x" +
           std::string(static_cast<std::size_t>(depth), ')');
  };
  EXPECT_EQ(mistake(nested(Filter::kMaxDepth)), "none");
  EXPECT_NE(mistake(nested(Filter::kMaxDepth + 1)), "none");
  std::string most = "oui=x";
  for (std::size_t i = 1; i < Filter::kMaxComparisons; ++i) most += " OR oui=x";
  EXPECT_EQ(mistake(most), "none");
  EXPECT_NE(mistake(most + " OR oui=x"), "none");
  EXPECT_EQ(mistake(std::string(Filter::kMaxLength, ' ')), "none");
  EXPECT_NE(mistake(std::string(Filter::kMaxLength + 1, ' ')), "none");
}

TEST(Filter, KnowsWhichFieldsItLooksAt) {
  auto filter = *Filter::parse("oui = x AND NOT (tags:a OR online = true)");
  EXPECT_TRUE(filter.asks_for("tags"));
  EXPECT_TRUE(filter.asks_for("online"));
  EXPECT_FALSE(filter.asks_for("root"));
  EXPECT_FALSE(Filter().asks_for("oui"));
}

TEST(Filter, JoinsWithAnother) {
  auto lab = *Filter::parse("tags:lab");
  auto other = *Filter::parse("oui = other");
  EXPECT_TRUE(lab.both(Filter()).matches(gateway()));
  EXPECT_TRUE(Filter().both(lab).matches(gateway()));
  EXPECT_FALSE(lab.both(other).matches(gateway()));
}

TEST(Filter, OfOperationsAsksForTheirFields) {
  OperationInfo operation;
  operation.state = OperationState::kFailed;
  operation.requester = "grpc:oss";
  auto filter = Filter::parse_operations("done = true AND state = FAILED AND requester = grpc:*");
  ASSERT_TRUE(filter) << filter.error();
  EXPECT_TRUE(filter->matches(operation));
  operation.state = OperationState::kRunning;
  EXPECT_FALSE(filter->matches(operation));
  EXPECT_FALSE(Filter::parse_operations("oui = x"));
}

}  // namespace
}  // namespace bridge::control
