#include "bridge/agent/unique_keys.h"

#include <gmock/gmock.h>

#include "bridge/agent/fresh_view.h"
#include "bridge/pattern.h"

namespace bridge {
namespace {

using testing::IsEmpty;
using testing::Pair;
using testing::UnorderedElementsAre;
using usp::SupportedObject;
using usp::ValueState;

std::shared_ptr<SupportedObject> object(std::string name, bool table) {
  auto out = std::make_shared<SupportedObject>();
  out->name = std::move(name);
  out->multi_instance = table;
  return out;
}

/// Device.Sub.{i}. with keys {Alias}, {Recipient, ID}; Device.Sub.{i}.Inner.{i}. with {Name};
/// Device.Plain. with none.
class Model final : public usp::DataModel {
 public:
  Model() {
    auto inner = object("Inner", true);
    inner->unique_keys = {{"Name"}};
    auto sub = object("Sub", true);
    sub->unique_keys = {{"Alias"}, {"Recipient", "ID"}};
    sub->children = {inner};
    root_ = object("Device", false);
    root_->children = {sub, object("Plain", false)};
  }
  const SupportedObject& supported() const override { return *root_; }
  std::string model_uri(const SupportedObject&) const override { return {}; }
  bool has_object(std::string_view) const override { return true; }
  std::vector<std::uint32_t> instances(std::string_view) const override { return {}; }
  usp::Value value(std::string_view path, std::string_view name) const override {
    auto found = values.find(std::string(path) + std::string(name));
    return found == values.end() ? usp::Value{} : found->second;
  }
  void for_each_param(std::string_view, const ParamVisitor&) const override {}

  std::map<std::string, usp::Value> values;

 private:
  std::shared_ptr<SupportedObject> root_;
};

TEST(UniqueKeys, FindsTheSupportedObjectOfAPath) {
  const Model model;
  const std::pair<const char*, const char*> found[] = {
      {"Device.", "Device"},
      {"Device.Plain.", "Plain"},
      {"Device.Sub.", "Sub"},
      {"Device.Sub.1.", "Sub"},
      {"Device.Sub.4294967295.Inner.", "Inner"},
      {"Device.Sub.1.Inner.7.", "Inner"},
  };
  for (const auto& [path, name] : found) {
    const SupportedObject* object = supported_object(model, path);
    ASSERT_NE(object, nullptr) << path;
    EXPECT_EQ(object->name, name) << path;
  }
}

TEST(UniqueKeys, FindsNoObjectWhereThereIsNone) {
  const Model model;
  for (const char* path : {"", "Device", "Device.Nothing.", "Device.Plain", "Device.Sub.1.Nothing.",
                           "Device.Sub.1.Inner.7.Deeper.", "Device..", "Device.Plain.Sub."}) {
    EXPECT_EQ(supported_object(model, path), nullptr) << path;
  }
}

TEST(UniqueKeys, AreThoseWhoseValuesAreKnown) {
  Model model;
  model.values["Device.Sub.1.Alias"] = {ValueState::kKnown, "cpe-1"};
  model.values["Device.Sub.1.Recipient"] = {ValueState::kStale, "Device.X.1"};
  model.values["Device.Sub.1.ID"] = {ValueState::kUnread, ""};
  model.values["Device.Sub.1.Other"] = {ValueState::kKnown, "no key"};
  EXPECT_THAT(unique_keys(model, "Device.Sub.1."),
              UnorderedElementsAre(Pair("Alias", "cpe-1"), Pair("Recipient", "Device.X.1")));
}

TEST(UniqueKeys, MayBeEmptyTexts) {
  Model model;
  model.values["Device.Sub.1.Alias"] = {ValueState::kKnown, ""};
  EXPECT_THAT(unique_keys(model, "Device.Sub.1."), UnorderedElementsAre(Pair("Alias", "")));
}

TEST(UniqueKeys, AreNoneOfAnObjectWithoutAny) {
  const Model model;
  EXPECT_THAT(unique_keys(model, "Device.Plain."), IsEmpty());
  EXPECT_THAT(unique_keys(model, "Device.Nothing."), IsEmpty());
  EXPECT_FALSE(has_unread_keys(model, "Device.Plain."));
  EXPECT_FALSE(has_unread_keys(model, "Device.Nothing."));
}

TEST(UniqueKeys, AreUnreadWhenOneOfThemIs) {
  Model model;
  EXPECT_FALSE(has_unread_keys(model, "Device.Sub.1.")) << "absent ones are never read";
  model.values["Device.Sub.1.Alias"] = {ValueState::kKnown, "cpe-1"};
  model.values["Device.Sub.1.ID"] = {ValueState::kStale, "x"};
  EXPECT_FALSE(has_unread_keys(model, "Device.Sub.1."));
  model.values["Device.Sub.1.Recipient"] = {ValueState::kUnread, ""};
  EXPECT_TRUE(has_unread_keys(model, "Device.Sub.1."));
}

struct Match {
  const char* pattern;
  const char* path;
  bool matches;
};

class FreshnessPattern : public testing::TestWithParam<Match> {};

TEST_P(FreshnessPattern, CoversAPathWhereAStarIsAnyRunOfCharacters) {
  EXPECT_EQ(matches_pattern(GetParam().pattern, GetParam().path), GetParam().matches)
      << GetParam().pattern << " on " << GetParam().path;
}

INSTANTIATE_TEST_SUITE_P(
    Grid, FreshnessPattern,
    testing::Values(Match{"", "", true}, Match{"", "a", false}, Match{"*", "", true},
                    Match{"*", "Device.A", true}, Match{"**", "", true}, Match{"a", "", false},
                    Match{"Device.A", "Device.A", true}, Match{"Device.A", "Device.AB", false},
                    Match{"Device.AB", "Device.A", false}, Match{"device.a", "Device.A", false},
                    Match{"*.Stats.*", "Device.IP.Interface.1.Stats.BytesSent", true},
                    Match{"*.Stats.*", "Device.IP.Interface.1.Stats.", true},
                    Match{"*.Stats.*", "Device.IP.Interface.1.Stat.BytesSent", false},
                    Match{"*.Stats.*", "Stats.BytesSent", false},
                    Match{"Device.*.Stats", "Device.A.Stats.Stats", true},
                    Match{"Device.*.Stats", "Device.A.Stats.X", false},
                    Match{"a*b*c", "axxbxxbxxc", true}, Match{"a*b*c", "axxcxxb", false},
                    Match{"*ab", "aab", true}, Match{"*ab", "aba", false},
                    Match{"Device.?", "Device.A", false}, Match{"Device.[A]", "Device.A", false}));

TEST(FreshnessPattern, EndsSoonOnAPatternMadeToBeSlow) {
  std::string pattern;
  for (int i = 0; i < 50; ++i) pattern += "*a";
  EXPECT_FALSE(matches_pattern(pattern + "b", std::string(2'000, 'a')));
}

}  // namespace
}  // namespace bridge
