// Bulk operations in the store.
#include <gmock/gmock.h>

#include "tests/bridge/store/store_fixture.h"

namespace bridge {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;
using testing::SizeIs;

BulkRow bulk_row(std::int64_t finished_ms = 0) {
  BulkRow row;
  row.created_ms = 1000;
  row.finished_ms = finished_ms;
  row.requester = "grpc:noc";
  row.body = std::string("a\0b", 3);
  return row;
}

struct StoreBulkTest : testing::Test {
  std::int64_t add(const BulkRow& row, std::vector<std::string> devices) {
    return in_state(*store, [&](StateWriter& s) { return s.add_bulk(row, devices); });
  }
  std::vector<std::int64_t> numbers(std::int64_t id, unsigned states, std::int64_t after = 0,
                                    std::size_t limit = 100) {
    return in_state(*store, [&](StateWriter& s) -> Result<std::vector<std::int64_t>> {
      std::vector<std::int64_t> out;
      const auto items = s.bulk_items(id, states, after, limit);
      for (const BulkItemRow& row : items.value()) out.push_back(row.number);
      return out;
    });
  }
  void put(std::int64_t id, std::int64_t number, int state) {
    BulkItemRow row;
    row.number = number;
    row.state = state;
    EXPECT_TRUE(in_state(*store, [&](StateWriter& s) { return s.update_bulk_item(id, row); }));
  }

  std::unique_ptr<Store> store = open_or_die({});
};

TEST_F(StoreBulkTest, KeepsAnOperationAndItsDevicesInOrder) {
  BulkRow row = bulk_row();
  row.id = add(row, {"b", "a"});
  in_state(*store, [&](StateWriter& s) -> Result<void> {
    EXPECT_EQ(s.bulk(row.id).value(), row);
    EXPECT_EQ(s.bulk(row.id + 1).value(), std::nullopt);
    const auto items = s.bulk_items(row.id, 0, 0, 10).value();
    EXPECT_THAT(items, SizeIs(2));
    EXPECT_EQ(items[0], (BulkItemRow{.number = 1, .endpoint_id = "b"}));
    EXPECT_EQ(items[1], (BulkItemRow{.number = 2, .endpoint_id = "a"}));
    EXPECT_THAT(s.bulk_counts(row.id).value(), ElementsAre(Pair(0, 2)));
    return {};
  });
}

TEST_F(StoreBulkTest, ReplacesAllButTheDevice) {
  BulkRow row = bulk_row();
  row.id = add(row, {"a"});
  in_state(*store, [&](StateWriter& s) -> Result<void> {
    row.state = 4;
    row.finished_ms = 2000;
    row.cancelled = true;
    row.succeeded = 1;
    row.failed = 2;
    row.not_begun = 3;
    EXPECT_TRUE(s.update_bulk(row).value());
    EXPECT_EQ(s.bulk(row.id).value(), row);
    BulkItemRow item{1, "another", 3, 5, 77, 1500, 1600, std::string("\0x", 2)};
    EXPECT_TRUE(s.update_bulk_item(row.id, item).value());
    item.endpoint_id = "a";
    EXPECT_THAT(s.bulk_items(row.id, 0, 0, 10).value(), ElementsAre(item));
    item.number = 2;
    EXPECT_FALSE(s.update_bulk_item(row.id, item).value());
    row.id += 1;
    EXPECT_FALSE(s.update_bulk(row).value());
    return {};
  });
}

TEST_F(StoreBulkTest, FindsItemsByStateAndPage) {
  const std::int64_t id = add(bulk_row(), {"a", "b", "c", "d"});
  put(id, 2, 3);
  put(id, 4, 5);
  EXPECT_THAT(numbers(id, 0), ElementsAre(1, 2, 3, 4));
  EXPECT_THAT(numbers(id, 1U << 0U), ElementsAre(1, 3));
  EXPECT_THAT(numbers(id, 1U << 3U | 1U << 5U), ElementsAre(2, 4));
  EXPECT_THAT(numbers(id, 0, 1, 2), ElementsAre(2, 3));
}

TEST_F(StoreBulkTest, MovesAllItemsOfAState) {
  const std::int64_t id = add(bulk_row(), {"a", "b", "c"});
  const std::int64_t other = add(bulk_row(), {"a"});
  put(id, 2, 2);
  EXPECT_EQ(in_state(*store, [&](StateWriter& s) { return s.move_bulk_items(id, 0, 4); }), 2);
  EXPECT_THAT(numbers(id, 1U << 4U), ElementsAre(1, 3));
  EXPECT_THAT(numbers(other, 1U << 0U), ElementsAre(1));
}

TEST_F(StoreBulkTest, ListsNewestFirstAndOpenOnesOldestFirst) {
  const std::int64_t one = add(bulk_row(), {});
  const std::int64_t two = add(bulk_row(5), {});
  const std::int64_t three = add(bulk_row(), {});
  in_state(*store, [&](StateWriter& s) -> Result<void> {
    const auto ids = [](const Result<std::vector<BulkRow>>& rows) {
      std::vector<std::int64_t> out;
      for (const BulkRow& row : rows.value()) out.push_back(row.id);
      return out;
    };
    EXPECT_THAT(ids(s.bulks(0, 10, "")), ElementsAre(three, two, one));
    EXPECT_THAT(ids(s.bulks(three, 1, "")), ElementsAre(two));
    EXPECT_THAT(ids(s.bulks(three, 1, "grpc:noc")), ElementsAre(two));
    EXPECT_THAT(ids(s.bulks(0, 10, "grpc:other")), IsEmpty());
    EXPECT_THAT(ids(s.open_bulks()), ElementsAre(one, three));
    return {};
  });
}

TEST_F(StoreBulkTest, PurgesFinishedOnesWithTheirItems) {
  const std::int64_t open = add(bulk_row(), {"a"});
  const std::int64_t old = add(bulk_row(10), {"a", "b"});
  const std::int64_t young = add(bulk_row(20), {"a"});
  EXPECT_EQ(in_state(*store, [](StateWriter& s) { return s.purge_bulks(20, 10); }), 1);
  EXPECT_THAT(numbers(old, 0), IsEmpty());
  EXPECT_THAT(numbers(open, 0), ElementsAre(1));
  EXPECT_THAT(numbers(young, 0), ElementsAre(1));
  EXPECT_TRUE(in_state(*store, [&](StateWriter& s) { return s.erase_bulk(young); }));
  EXPECT_FALSE(in_state(*store, [&](StateWriter& s) { return s.erase_bulk(young); }));
  EXPECT_THAT(numbers(young, 0), IsEmpty());
  EXPECT_GT(add(bulk_row(), {}), young);
}

}  // namespace
}  // namespace bridge
