#include "bridge/tree.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

namespace bridge {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

cwmp::ParameterValue value(std::string name, std::string text, std::string type = "string") {
  return {std::move(name), std::move(text), std::move(type)};
}

struct TreeTest : ::testing::Test {
  PathPool pool;
  Tree tree{pool};

  Diff read(std::vector<cwmp::ParameterValue> values) {
    return tree.apply(ValuesRead{std::move(values)}, 7);
  }
  Diff list(std::string path, bool next_level, std::vector<std::string> names) {
    NamesListed update{std::move(path), next_level, {}};
    for (std::string& name : names) update.names.push_back({std::move(name), true});
    return tree.apply(update, 7);
  }
  std::vector<std::string> paths(std::span<const Node> nodes) const {
    std::vector<std::string> out;
    for (const Node& node : nodes) out.emplace_back(node.path());
    return out;
  }
};

TEST(PathOrder, IsBySegmentWithNumbersAsNumbersAndBeforeNames) {
  const std::vector<std::string> sorted{"D",       "D.",     "D.1.",  "D.1.A", "D.01.", "D.2.",
                                        "D.10.",   "D.10.B", "D.A",   "D.A.",  "D.A.B", "D.A-B.",
                                        "D.A-B.C", "D.AB",   "D.AB.", "D.a",   "D.é"};
  for (std::size_t i = 0; i < sorted.size(); ++i) {
    for (std::size_t k = 0; k < sorted.size(); ++k) {
      const int order = compare_paths(sorted[i], sorted[k]);
      EXPECT_EQ(order < 0, i < k) << sorted[i] << " " << sorted[k];
      EXPECT_EQ(order == 0, i == k) << sorted[i] << " " << sorted[k];
    }
  }
}

TEST(PathOrder, IsStrictWeakOverRandomPaths) {
  std::mt19937 random(1);
  const std::string alphabet = "12.A";
  std::vector<std::string> all;
  for (int i = 0; i < 60; ++i) {
    std::string path;
    for (auto k = random() % 7; k > 0; --k) path += alphabet[random() % alphabet.size()];
    all.push_back(path);
  }
  for (const auto& a : all) {
    for (const auto& b : all) {
      ASSERT_EQ(compare_paths(a, b), -compare_paths(b, a)) << a << " " << b;
      for (const auto& c : all) {
        if (compare_paths(a, b) < 0 && compare_paths(b, c) < 0) {
          ASSERT_LT(compare_paths(a, c), 0) << a << " " << b << " " << c;
        }
      }
    }
  }
}

TEST(Paths, KnowTheirParentTheirKindAndWhetherTheyAreInstances) {
  EXPECT_EQ(parent_path("Device.A.3.B"), "Device.A.3.");
  EXPECT_EQ(parent_path("Device.A.3."), "Device.A.");
  EXPECT_EQ(parent_path("Device."), "");
  EXPECT_EQ(supported_path("Device.A.3.B"), "Device.A.{i}.B");
  EXPECT_EQ(supported_path("Device.A.3."), "Device.A.{i}.");
  EXPECT_TRUE(is_instance("Device.A.3."));
  EXPECT_FALSE(is_instance("Device.A."));
  EXPECT_FALSE(is_instance("Device.A.3"));
}

TEST_F(TreeTest, FindsWhatWasReadAndTheObjectsAboveIt) {
  read({value("Device.WiFi.SSID.10.SSID", "b"), value("Device.WiFi.SSID.2.SSID", "a")});

  EXPECT_EQ(tree.find("Device.WiFi.SSID.2.SSID")->value(), "a");
  EXPECT_EQ(tree.find("Device.WiFi.SSID.2.SSID")->name(), "SSID");
  EXPECT_EQ(tree.find("Device.WiFi.SSID.2.")->name(), "2");
  EXPECT_EQ(tree.find("Device.WiFi.SSID.2.SS"), nullptr);
  EXPECT_TRUE(tree.has_object("Device.WiFi."));
  EXPECT_FALSE(tree.has_object("Device.WiFi.SSID.2.SSID"));
  EXPECT_EQ(tree.root(), "Device.");
  EXPECT_THAT(tree.instances("Device.WiFi.SSID."), ElementsAre(2, 10));
  EXPECT_TRUE(tree.is_table("Device.WiFi.SSID."));
  EXPECT_FALSE(tree.is_table("Device.WiFi."));
}

// quirk 62: what an Inform brings and the listing does not, and the other way round.
TEST_F(TreeTest, TakesWhatWasReadAndNeverListed) {
  list("Device.", false, {"Device.A.Listed"});
  read({{"Device.A.Informed", "7", "unsignedInt"}});

  const Node* informed = tree.find("Device.A.Informed");
  ASSERT_NE(informed, nullptr);
  EXPECT_EQ(informed->type(), ValueType::kUnsignedInt);
  EXPECT_EQ(informed->writable(), Writable::kUnknown);
  EXPECT_EQ(informed->state(), NodeState::kKnown);
  EXPECT_EQ(tree.find("Device.A.Listed")->state(), NodeState::kUnread);
}

// quirk 75
TEST_F(TreeTest, NamesAreOpaqueAndDifferByCase) {
  read({value("Device.X_MAKER-COM_Box_1.Mode", "a"), value("Device.X_maker-com_Box_1.Mode", "b"),
        value("Device.X_MAKER-COM_Box_1.mode", "c")});

  EXPECT_EQ(tree.find("Device.X_MAKER-COM_Box_1.Mode")->value(), "a");
  EXPECT_EQ(tree.find("Device.X_maker-com_Box_1.Mode")->value(), "b");
  EXPECT_EQ(tree.find("Device.X_MAKER-COM_Box_1.mode")->value(), "c");
}

TEST_F(TreeTest, ASubtreeIsARangeAndChildrenSkipWhatIsBelow) {
  read({value("Device.A.X.1.V", ""), value("Device.A.Name", ""), value("Device.A-B.V", "")});

  EXPECT_THAT(
      paths(tree.subtree("Device.A.")),
      ElementsAre("Device.A.", "Device.A.Name", "Device.A.X.", "Device.A.X.1.", "Device.A.X.1.V"));
  EXPECT_EQ(tree.subtree("").size(), tree.size());
  EXPECT_THAT(tree.subtree("Device.B."), IsEmpty());
  std::vector<std::string> children;
  tree.for_each_child("Device.A.", [&](const Node& n) { children.emplace_back(n.path()); });
  EXPECT_THAT(children, ElementsAre("Device.A.Name", "Device.A.X."));
}

TEST_F(TreeTest, AnEmptyTableIsKnownByBeingWritable) {
  list("Device.", false, {"Device.", "Device.NAT.PortMapping."});
  EXPECT_TRUE(tree.is_table("Device.NAT.PortMapping."));
  EXPECT_FALSE(tree.is_table("Device.NAT."));
}

TEST_F(TreeTest, AFirstReadingIsNoChangeAndAnotherValueIsOne) {
  EXPECT_THAT(read({value("Device.A.V", "1")}), IsEmpty());
  EXPECT_THAT(read({value("Device.A.V", "1")}), IsEmpty());
  EXPECT_THAT(read({value("Device.A.V", "2")}),
              ElementsAre(Change(ValueChanged{"Device.A.V", "2", ValueType::kString})));
}

TEST_F(TreeTest, FromUnreadToKnownIsNoChange) {
  list("Device.", false, {"Device.A.V"});
  EXPECT_EQ(tree.find("Device.A.V")->state(), NodeState::kUnread);
  EXPECT_THAT(read({value("Device.A.V", "1")}), IsEmpty());
}

TEST_F(TreeTest, FromStaleToTheSameIsNoChangeToAnotherIsOne) {
  read({value("Device.A.V", "1"), value("Device.A.W", "1")});
  tree.apply(MarkedStale{""}, 8);
  EXPECT_EQ(tree.find("Device.A.V")->state(), NodeState::kStale);
  EXPECT_THAT(read({value("Device.A.V", "1")}), IsEmpty());
  EXPECT_THAT(read({value("Device.A.W", "2")}).size(), 1);
}

TEST_F(TreeTest, OneParameterCanBeMarkedStale) {
  read({value("Device.A.V", "1"), value("Device.A.VV", "1")});
  tree.apply(MarkedStale{"Device.A.V"}, 8);
  EXPECT_EQ(tree.find("Device.A.V")->state(), NodeState::kStale);
  EXPECT_EQ(tree.find("Device.A.VV")->state(), NodeState::kKnown);
}

TEST_F(TreeTest, ValuesCompareByType) {
  read({value("Device.B", "1", "boolean"), value("Device.N", "7", "unsignedInt"),
        value("Device.S", "7")});
  EXPECT_THAT(read({value("Device.B", "true", "boolean")}), IsEmpty());
  EXPECT_EQ(tree.find("Device.B")->value(), "true") << "the text stays the device's";
  EXPECT_THAT(read({value("Device.N", "+07", "unsignedInt")}), IsEmpty());
  EXPECT_EQ(read({value("Device.S", "07")}).size(), 1);
  EXPECT_EQ(read({value("Device.B", "0", "boolean")}).size(), 1);
}

TEST_F(TreeTest, ASloppyTypeDoesNotReplaceABetterOne) {
  read({value("Device.N", "7", "unsignedInt")});
  read({value("Device.N", "8", "string")});
  EXPECT_EQ(tree.find("Device.N")->type(), ValueType::kUnsignedInt);
  read({value("Device.N", "8", "object"), value("Device.M", "8", "")});
  EXPECT_EQ(tree.find("Device.N")->type(), ValueType::kUnsignedInt);
  EXPECT_EQ(tree.find("Device.M")->type(), ValueType::kUnknown);
}

TEST_F(TreeTest, AWholeListingDeletesWhatItLacks) {
  list("Device.", false,
       {"Device.", "Device.H.", "Device.H.1.", "Device.H.1.V", "Device.H.2.", "Device.H.2.V",
        "Device.K"});
  const Diff diff = list("Device.H.", false, {"Device.H.", "Device.H.2.", "Device.H.3."});
  EXPECT_THAT(diff, ElementsAre(Change(ObjectDeleted{"Device.H.1."}),
                                Change(ObjectCreated{"Device.H.3."})));
  EXPECT_EQ(tree.find("Device.H.2.V"), nullptr);
  EXPECT_NE(tree.find("Device.K"), nullptr) << "beside the listed object";
}

TEST_F(TreeTest, AListingOfOneLevelKeepsWhatIsBelowItsChildren) {
  list("Device.", false, {"Device.H.1.V", "Device.H.2.V"});
  list("Device.H.", true, {"Device.H.2."});
  EXPECT_EQ(tree.find("Device.H.1."), nullptr);
  EXPECT_NE(tree.find("Device.H.2.V"), nullptr);
}

TEST_F(TreeTest, AnEmptyListingEmptiesTheObjectAndLeavesIt) {
  list("Device.", false, {"Device.H.1.V"});
  list("Device.H.", false, {});
  EXPECT_TRUE(tree.has_object("Device.H."));
  EXPECT_THAT(tree.instances("Device.H."), IsEmpty());
}

TEST_F(TreeTest, AListingWithoutObjectsKeepsTheObjectsAboveItsParameters) {
  list("Device.", false, {"Device.H.", "Device.H.1.", "Device.H.1.V"});
  EXPECT_THAT(list("Device.", false, {"Device.H.1.V"}), IsEmpty());
  EXPECT_TRUE(tree.has_object("Device.H.1."));
}

TEST_F(TreeTest, NamesOutsideTheListedObjectAreIgnored) {
  list("Device.H.", false, {"Device.X", "Device.H.V"});
  EXPECT_EQ(tree.find("Device.X"), nullptr);
}

TEST_F(TreeTest, DeletingTellsOfEachInstanceOutermostFirst) {
  list("Device.", false, {"Device.A.1.B.2.V"});
  EXPECT_THAT(
      tree.apply(ObjectRemoved{"Device.A.1."}, 1),
      ElementsAre(Change(ObjectDeleted{"Device.A.1."}), Change(ObjectDeleted{"Device.A.1.B.2."})));
  EXPECT_THAT(tree.apply(ObjectRemoved{"Device.A.1."}, 1), IsEmpty());
}

TEST_F(TreeTest, AnInstanceIsCreatedOnce) {
  EXPECT_THAT(tree.apply(InstanceAdded{"Device.A.1."}, 1),
              ElementsAre(Change(ObjectCreated{"Device.A.1."})));
  EXPECT_THAT(tree.apply(InstanceAdded{"Device.A.1."}, 1), IsEmpty());
}

TEST_F(TreeTest, RefusedNamesAreNotAskedForUntilTheFirmwareChanges) {
  list("Device.", false, {"Device.V", "Device.W"});
  tree.apply(NamesRefused{{"Device.V", "Device.Unknown"}}, 1);
  EXPECT_THAT(tree.unread("", 10), ElementsAre("Device.W"));
  list("Device.", false, {"Device.V", "Device.W"});
  tree.apply(MarkedStale{""}, 1);
  EXPECT_EQ(tree.unread_count(), 1);
  tree.apply(MarkedStale{"", true}, 1);
  EXPECT_EQ(tree.unread_count(), 2);
  EXPECT_THAT(tree.unread("", 1), ElementsAre("Device.V"));
}

TEST_F(TreeTest, OnlyChangedRowsAreDirty) {
  read({value("Device.V", "1"), value("Device.W", "1")});
  EXPECT_EQ(tree.take_dirty().put.size(), 3);
  EXPECT_FALSE(tree.dirty());
  read({value("Device.V", "1"), value("Device.W", "2")});
  const DirtyRows rows = tree.take_dirty();
  ASSERT_EQ(rows.put.size(), 1);
  EXPECT_EQ(rows.put[0].path, "Device.W");
  tree.apply(MarkedStale{""}, 1);
  EXPECT_FALSE(tree.dirty()) << "a boot must not rewrite every row";
}

TEST_F(TreeTest, WhatIsErasedAndComesBackIsWrittenNotErased) {
  list("Device.", false, {"Device.H.1.V", "Device.H.2.V"});
  tree.take_dirty();
  tree.apply(ObjectRemoved{"Device.H."}, 1);
  list("Device.", false, {"Device.H.1.V"});
  const DirtyRows rows = tree.take_dirty();
  EXPECT_EQ(rows.put.size(), 3);
  EXPECT_THAT(rows.erased, ElementsAre("Device.H.2.", "Device.H.2.V"));
}

TEST_F(TreeTest, ComesBackFromItsRowsAsItWas) {
  list("Device.", false, {"Device.", "Device.T.", "Device.T.10.V", "Device.T.9.V", "Device.G"});
  read({value("Device.T.9.V", std::string(300, 'x'), "string")});
  tree.apply(NamesRefused{{"Device.G"}}, 1);
  DirtyRows rows = tree.take_dirty();
  std::shuffle(rows.put.begin(), rows.put.end(), std::mt19937(3));

  Tree other(pool);
  other.load(rows.put);
  EXPECT_FALSE(other.dirty());
  EXPECT_EQ(paths(other.all()), paths(tree.all()));
  EXPECT_EQ(other.find("Device.T.9.V")->value().size(), 300);
  EXPECT_EQ(other.find("Device.T.9.V")->updated_ms(), 7);
  EXPECT_EQ(other.find("Device.T.9.V")->writable(), Writable::kYes);
  EXPECT_EQ(other.find("Device.T.10.V")->state(), NodeState::kUnread);
  EXPECT_EQ(other.find("Device.G")->state(), NodeState::kGone);
  other.mark_all_dirty();
  EXPECT_EQ(other.take_dirty().put.size(), other.size());
}

TEST_F(TreeTest, SupportedPathsAreOneRowPerKind) {
  list("Device.", false, {"Device.T.", "Device.T.1.V", "Device.T.2.V", "Device.T.2.W"});
  read({value("Device.T.2.V", "1", "int")});
  const auto rows = tree.supported();
  ASSERT_EQ(rows.size(), 5);
  EXPECT_EQ(rows[2], (Tree::Supported{"Device.T.{i}.", ValueType::kUnknown, Writable::kUnknown}));
  EXPECT_EQ(rows[3], (Tree::Supported{"Device.T.{i}.V", ValueType::kInt, Writable::kYes}));
}

TEST_F(TreeTest, HostileNamesAreLeftOut) {
  const std::string longest = "Device." + std::string(Tree::kMaxPathBytes - 7, 'x');
  read({value("", "1"), value("Device", "1"), value(".A", "1"), value("Device..A", "1"),
        value("Device.A B", "1"), value("Device.A.", "1"), value(longest + "x", "1")});
  EXPECT_TRUE(tree.empty());
  read({value(longest, "1")});
  EXPECT_EQ(tree.size(), 2);
}

TEST_F(TreeTest, IsBounded) {
  std::vector<cwmp::ParameterValue> values;
  for (std::size_t i = 0; i < Tree::kMaxNodes + 10; ++i) {
    values.push_back(value("Device.V" + std::to_string(i), "1"));
  }
  read(std::move(values));
  EXPECT_EQ(tree.size(), Tree::kMaxNodes);
  read({value("Device.One.More", "1")});
  EXPECT_EQ(tree.size(), Tree::kMaxNodes);
}

TEST_F(TreeTest, AgreesWithAPlainMapUnderRandomUpdates) {
  std::mt19937 random(5);
  std::map<std::string, std::string> plain;
  for (int i = 0; i < 2000; ++i) {
    const std::string object = "Device.T" + std::to_string(random() % 3) + ".";
    const std::string row = object + std::to_string(random() % 12) + ".";
    if (random() % 5 == 0) {
      tree.apply(ObjectRemoved{row}, 1);
      std::erase_if(plain, [&](const auto& entry) { return entry.first.starts_with(row); });
    } else {
      const std::string name = row + "V" + std::to_string(random() % 4);
      const std::string text(random() % 20, 'a');
      read({value(name, text)});
      plain[name] = text;
    }
  }
  std::map<std::string, std::string> seen;
  for (const Node& node : tree.all()) {
    if (!node.is_object()) seen.emplace(node.path(), node.value());
  }
  EXPECT_EQ(seen, plain);
  EXPECT_TRUE(std::is_sorted(
      tree.all().begin(), tree.all().end(),
      [](const auto& a, const auto& b) { return compare_paths(a.path(), b.path()) < 0; }));
}

TEST(TreeMemory, SharesPathsBetweenTreesAndTakesFortyBytesANode) {
  PathPool pool;
  const auto fill = [](Tree& tree) {
    std::vector<cwmp::ParameterValue> values;
    for (int i = 0; i < 5000; ++i) {
      values.push_back(value("Device.Table." + std::to_string(i) + ".Parameter", "192.168.1.1"));
    }
    tree.apply(ValuesRead{std::move(values)}, 1);
    tree.take_dirty();
  };
  Tree first(pool);
  fill(first);
  const std::size_t paths = pool.size();
  {
    Tree second(pool);
    fill(second);
    EXPECT_EQ(pool.size(), paths);
    EXPECT_LE(second.memory_bytes() / second.size(), 60U);
  }
  EXPECT_EQ(pool.size(), paths);
  first.load({});
  EXPECT_EQ(pool.size(), 0);
}

TEST(SmallTextTest, HoldsAnyLengthAndCopies) {
  for (std::size_t size = 0; size < 40; ++size) {
    const std::string text(size, 'q');
    SmallText a(text);
    SmallText b(a);
    SmallText c(std::move(a));
    a = b;
    b = SmallText("other");
    EXPECT_EQ(a.view(), text);
    EXPECT_EQ(c.view(), text);
  }
}

TEST(ValueTypes, AreNamedWithAndWithoutPrefix) {
  EXPECT_EQ(value_type("xsd:unsignedInt"), ValueType::kUnsignedInt);
  EXPECT_EQ(value_type("boolean"), ValueType::kBoolean);
  EXPECT_EQ(value_type("object"), ValueType::kUnknown);
  EXPECT_EQ(value_type(""), ValueType::kUnknown);
  for (int i = 1; i <= static_cast<int>(ValueType::kHexBinary); ++i) {
    const auto type = static_cast<ValueType>(i);
    EXPECT_EQ(value_type(xsd_name(type)), type);
  }
}

}  // namespace
}  // namespace bridge
