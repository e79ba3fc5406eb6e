// The tree in memory and in mirror.db: time, and bytes per parameter.
#include <benchmark/benchmark.h>

#include <filesystem>

#include "bridge/store/sqlite_store.h"
#include "bridge/tree.h"
#include "tests/bench/sample.h"
#include "tests/support/process.h"

namespace {

using namespace bench;

constexpr int kDevices = 50;

bridge::Tree sample_tree(bridge::PathPool& pool) {
  bridge::Tree tree(pool);
  tree.apply(bridge::NamesListed{"Device.", false, sample_names()}, 1);
  tree.apply(bridge::ValuesRead{sample_values()}, 1);
  return tree;
}

void first_walk(benchmark::State& state) {
  const auto names = sample_names();
  const auto values = sample_values();
  bridge::PathPool pool;
  const bridge::Tree keeps_the_paths = sample_tree(pool);
  std::size_t bytes = 0;
  for (auto _ : state) {
    bridge::Tree tree(pool);
    tree.apply(bridge::NamesListed{"Device.", false, names}, 1);
    tree.apply(bridge::ValuesRead{values}, 1);
    bytes = tree.memory_bytes();
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(values.size()) * state.iterations());
  state.counters["bytes/parameter"] =
      static_cast<double>(bytes) / static_cast<double>(values.size());
}
BENCHMARK(first_walk)->Name("tree/names and values of a new device");

void no_change(benchmark::State& state) {
  bridge::PathPool pool;
  bridge::Tree tree = sample_tree(pool);
  const bridge::ValuesRead again{sample_values()};
  for (auto _ : state) benchmark::DoNotOptimize(tree.apply(again, 2));
  state.SetItemsProcessed(static_cast<std::int64_t>(again.values.size()) * state.iterations());
}
BENCHMARK(no_change)->Name("tree/values that did not change");

std::unique_ptr<bridge::Store> open_store(const support::TemporaryDirectory& directory) {
  bridge::StoreOptions options;
  options.directory = directory.path();
  return *bridge::open_sqlite_store(std::move(options));
}

std::int64_t add_device(bridge::Store& store, int number) {
  auto put = [number](bridge::StateWriter& state) {
    bridge::DeviceRow row;
    row.endpoint_id = "ops::00D09E-Gateway-" + std::to_string(number);
    row.identity = {"00D09E", "Gateway", std::to_string(number)};
    return state.put_device(row);
  };
  return *store.write_state_now(std::move(put));
}

void write_mirror(benchmark::State& state) {
  bridge::PathPool pool;
  const std::vector<bridge::NodeRow> rows = sample_tree(pool).take_dirty().put;
  double bytes = 0;
  for (auto _ : state) {
    state.PauseTiming();
    support::TemporaryDirectory directory;
    auto store = open_store(directory);
    std::vector<std::int64_t> ids;
    for (int i = 0; i < kDevices; ++i) ids.push_back(add_device(*store, i));
    state.ResumeTiming();
    for (const std::int64_t id : ids) {
      auto put = [id, &rows](bridge::MirrorWriter& mirror) { return mirror.put_nodes(id, rows); };
      if (!store->write_mirror_now(std::move(put))) state.SkipWithError("not written");
    }
    state.PauseTiming();
    store.reset();
    bytes = static_cast<double>(std::filesystem::file_size(directory.file("mirror.db")));
    state.ResumeTiming();
  }
  const auto parameters = static_cast<double>(sample_values().size()) * kDevices;
  state.counters["bytes/parameter"] = bytes / parameters;
  state.SetItemsProcessed(static_cast<std::int64_t>(parameters) * state.iterations());
}
BENCHMARK(write_mirror)
    ->Name("mirror.db/50 devices written")
    ->UseRealTime()
    ->Unit(benchmark::kMillisecond);

void read_mirror(benchmark::State& state) {
  bridge::PathPool pool;
  const std::vector<bridge::NodeRow> rows = sample_tree(pool).take_dirty().put;
  support::TemporaryDirectory directory;
  const auto store = open_store(directory);
  const std::int64_t id = add_device(*store, 1);
  auto put = [id, &rows](bridge::MirrorWriter& mirror) { return mirror.put_nodes(id, rows); };
  if (!store->write_mirror_now(std::move(put))) state.SkipWithError("not written");
  for (auto _ : state) {
    auto read = [id](bridge::StateReader&, bridge::MirrorReader& mirror) {
      return mirror.nodes(id);
    };
    benchmark::DoNotOptimize(store->read_now(std::move(read)));
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(rows.size()) * state.iterations());
}
BENCHMARK(read_mirror)
    ->Name("mirror.db/a device read")
    ->UseRealTime()
    ->Unit(benchmark::kMillisecond);

}  // namespace
