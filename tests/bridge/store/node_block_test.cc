#include "bridge/store/node_block.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <vector>

#include "bridge/store/mirror_migration.h"
#include "bridge/store/schema.h"
#include "bridge/store/sqlite_mirror.h"

namespace bridge {
namespace {

using testing::UnorderedElementsAre;

using Node = std::tuple<std::uint32_t, int, int, std::int64_t, std::string>;

std::string block_of(const std::vector<Node>& nodes) {
  BlockWriter writer;
  for (const auto& [place, type, flags, updated_ms, value] : nodes) {
    writer.add({place, static_cast<std::uint8_t>(type), static_cast<std::uint16_t>(flags),
                updated_ms, value});
  }
  return writer.take();
}

std::vector<Node> nodes_of(std::string_view bytes) {
  BlockReader reader(bytes);
  std::vector<Node> nodes;
  BlockNode node;
  while (reader.next(node)) {
    nodes.emplace_back(node.place, node.type, node.flags, node.updated_ms, node.value);
  }
  return nodes;
}

TEST(NodeBlock, GivesBackWhatItWasGiven) {
  constexpr auto kLate = std::numeric_limits<std::int64_t>::max();
  constexpr auto kEarly = std::numeric_limits<std::int64_t>::min();
  const std::vector<Node> nodes{{0, 1, 2, 1'700'000'000'000, "on"},
                                {1, 255, 0xffff, kLate, ""},
                                {17, 0, 0, kEarly, std::string("\0\xff", 2)},
                                {kBlockPaths - 1, 16, 0x8000, 0, std::string(70'000, 'x')}};
  EXPECT_EQ(nodes_of(block_of(nodes)), nodes);
}

TEST(NodeBlock, IsSmall) {
  std::vector<Node> nodes;
  std::size_t values = 0;
  for (std::uint32_t i = 0; i < kBlockPaths; ++i) {
    nodes.emplace_back(i, 3, 0x10, 1'700'000'000'000 + i, "value");
    values += 5;
  }
  EXPECT_LE(block_of(nodes).size(), values + 5 * kBlockPaths + 20);
}

TEST(NodeBlock, NeverBelievesDamagedBytes) {
  const std::string good = block_of({{1, 1, 1, 10, "abc"}, {2, 1, 1, 10, "de"}});
  for (std::size_t cut = 1; cut < good.size(); ++cut) {
    EXPECT_FALSE(BlockReader(good.substr(0, cut)).valid()) << cut;
  }
  internal::NodeBlock beyond;
  beyond.ParseFromString(good);
  beyond.set_gap(1, kBlockPaths);
  EXPECT_FALSE(BlockReader(beyond.SerializeAsString()).valid());
  beyond.set_gap(1, 0);
  EXPECT_FALSE(BlockReader(beyond.SerializeAsString()).valid()) << "one path twice";
  beyond.set_gap(1, 1);
  beyond.set_value_bytes(0, 4);
  EXPECT_FALSE(BlockReader(beyond.SerializeAsString()).valid());
}

// ---- from a row for each node

const sqlite::Schema& version_1() {
  static const sqlite::Schema schema{
      "mirror.db", mirror_schema().application_id, {mirror_schema().migrations.front()}};
  return schema;
}

TEST(MirrorMigration, KeepsEveryTree) {
  auto db = sqlite::Connection::open(":memory:", sqlite::Connection::Mode::kMemory).value();
  ASSERT_TRUE(sqlite::migrate(db, version_1()));
  ASSERT_TRUE(
      db.execute("INSERT INTO path VALUES(1,'Device.A'),(2,'Device.B'),(200,'Device.Far');"
                 "INSERT INTO node VALUES(7,1,'a',1+256*3,50),(7,200,'far',2,60),(8,2,'b',255,70);"
                 "INSERT INTO device_seen VALUES(7,99)"));

  ASSERT_TRUE(sqlite::migrate(db, mirror_schema()));

  SqliteMirror mirror(db);
  EXPECT_THAT(mirror.nodes(7).value(),
              UnorderedElementsAre(NodeRow{"Device.A", "a", 1, 3, 50},
                                   NodeRow{"Device.Far", "far", 2, 0, 60}));
  EXPECT_THAT(mirror.nodes(8).value(), UnorderedElementsAre(NodeRow{"Device.B", "b", 255, 0, 70}));
  EXPECT_EQ(mirror.last_inform_ms(7).value(), 99);
  EXPECT_EQ(db.number("SELECT count(*) FROM sqlite_schema WHERE name='node'").value(), 0);
}

// ---- in the file

class MirrorBlocks : public testing::Test {
 protected:
  MirrorBlocks() { EXPECT_TRUE(sqlite::migrate(db, mirror_schema())); }
  std::int64_t blocks() { return db.number("SELECT count(*) FROM block").value(); }

  sqlite::Connection db =
      sqlite::Connection::open(":memory:", sqlite::Connection::Mode::kMemory).value();
  SqliteMirror mirror{db};
};

std::vector<NodeRow> rows(int first, int count, const std::string& value) {
  std::vector<NodeRow> out;
  for (int i = first; i < first + count; ++i) {
    out.push_back({"Device.P" + std::to_string(i), value, 1, 2, 3});
  }
  return out;
}

TEST_F(MirrorBlocks, FillUpWithNeighbours) {
  ASSERT_TRUE(mirror.put_nodes(1, rows(1, 100, "a")));
  ASSERT_TRUE(mirror.put_nodes(2, rows(1, 100, "b")));
  EXPECT_EQ(blocks(), 4);
  EXPECT_THAT(mirror.nodes(1).value(), testing::UnorderedElementsAreArray(rows(1, 100, "a")));
}

TEST_F(MirrorBlocks, ChangeInTheMiddle) {
  ASSERT_TRUE(mirror.put_nodes(1, rows(1, 5, "a")));
  ASSERT_TRUE(mirror.put_nodes(2, rows(6, 1, "between")));  // takes the next id
  ASSERT_TRUE(mirror.put_nodes(1, rows(7, 3, "a")));
  ASSERT_TRUE(mirror.put_nodes(1, rows(6, 1, "b")));
  const std::vector<std::string> gone{"Device.P1", "Device.P3", "Device.P9"};
  ASSERT_TRUE(mirror.erase_nodes(1, gone));
  std::vector<std::string> left;
  const auto nodes = mirror.nodes(1).value();
  for (const NodeRow& row : nodes) left.push_back(row.path.substr(8) + row.value);
  EXPECT_THAT(left, UnorderedElementsAre("2a", "4a", "5a", "6b", "7a", "8a"));
}

TEST_F(MirrorBlocks, GoWithTheirLastNode) {
  ASSERT_TRUE(mirror.put_nodes(1, rows(1, 2, "a")));
  const std::vector<std::string> gone{"Device.P1", "Device.P2"};
  ASSERT_TRUE(mirror.erase_nodes(1, gone));
  EXPECT_EQ(blocks(), 0);
}

TEST_F(MirrorBlocks, ThatCannotBeReadAreDamage) {
  ASSERT_TRUE(mirror.put_nodes(1, rows(1, 2, "a")));
  ASSERT_TRUE(db.execute("UPDATE block SET nodes=x'ff'"));
  EXPECT_FALSE(mirror.found_damage());
  EXPECT_EQ(mirror.nodes(1).error().kind, ErrorKind::kCorrupt);
  EXPECT_TRUE(mirror.found_damage());
  EXPECT_EQ(mirror.put_nodes(1, rows(1, 1, "b")).error().kind, ErrorKind::kCorrupt);
}

}  // namespace
}  // namespace bridge
