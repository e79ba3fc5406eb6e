#include "bridge/path_pool.h"

#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

namespace bridge {
namespace {

TEST(PathPool, HoldsAPathOnceAsLongAsSomebodyNamesIt) {
  PathPool pool;
  PathRef a = pool.intern("Device.A");
  PathRef b = pool.intern("Device.A");
  EXPECT_EQ(a.view().data(), b.view().data());
  EXPECT_EQ(pool.size(), 1U);
  a = PathRef();
  EXPECT_EQ(b.view(), "Device.A");
  PathRef c = b;
  b = PathRef();
  EXPECT_EQ(c.view(), "Device.A");
  c = pool.intern("");
  EXPECT_EQ(c.view(), "");
  EXPECT_EQ(pool.size(), 1U);
  EXPECT_EQ(PathRef().view(), "");
}

TEST(PathPool, IsSharedByThreads) {
  PathPool pool;
  constexpr int kRounds = 3'000;
  std::vector<std::thread> threads;
  for (unsigned thread = 0; thread < 4; ++thread) {
    threads.emplace_back([&pool, thread] {
      std::vector<PathRef> held(8);
      for (unsigned i = 0; i < kRounds; ++i) {
        const unsigned key = (i * 7 + thread) % 20;
        held[i % held.size()] = pool.intern("Device.Parameter" + std::to_string(key));
        const PathRef copy = held[(i + 3) % held.size()];
        ASSERT_TRUE(copy.view().empty() || copy.view().starts_with("Device.Parameter"));
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(pool.size(), 0U);
}

}  // namespace
}  // namespace bridge
