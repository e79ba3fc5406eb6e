// What the translation of TR-098 costs: a Get of a whole tree beside that of the same tree
// untranslated, and what a changed value and a new layout cost.
#include <benchmark/benchmark.h>

#include "bridge/agent/direct_model.h"
#include "bridge/agent/make_device_model.h"
#include "bridge/agent/supported.h"
#include "bridge/agent/view.h"
#include "bridge/translate/mappings.h"
#include "bridge/translate/projection.h"
#include "tests/bench/sample.h"
#include "tests/bridge/agent/agent_fixture.h"
#include "usp/agent.h"

namespace {

using namespace bench;

constexpr const char* kTr098 = TEST_DATA_DIR "/models/tr098-large.csv";

/// A TR-098 device, or one whose own tree is what that one is shown as.
class Sample {
 public:
  explicit Sample(bool translated) {
    const auto model = cpe_sim::Model::load(kTr098);
    if (!model) throw std::runtime_error(model.error());
    const cpe_sim::DeviceTree device(*model);
    bridge::NamesListed names{device.root(), false, {}};
    bridge::ValuesRead values;
    device.visit(device.root(), [&](const std::string& path, const cpe_sim::Param& param) {
      names.names.push_back({path, param.writable});
      if (!path.ends_with('.')) values.values.push_back({path, param.value, "string"});
      return true;
    });
    tree_.apply(names, 1);
    tree_.apply(values, 1);
    model_ = bridge::make_device_model(device.root(), bridge::DeviceRow{}, tree_, local_.schema(),
                                       *mappings_, pool_, {});
    if (!translated) {
      copy_ = model_->shown();
      model_ = std::make_unique<bridge::DirectModel>(copy_, local_.schema().roots());
    }
    supported_ = bridge::build_supported(model_->shown().supported(), local_.schema(), *model_);
  }

  /// Parameters in the answer to a Get of everything.
  std::int64_t get() {
    usp_msg::Msg request;
    request.mutable_header()->set_msg_id("m");
    request.mutable_body()->mutable_request()->mutable_get()->add_param_paths("Device.");
    const bridge::AgentView view(model_->shown(), local_, facts_, *model_, supported_);
    const usp::Outcome outcome = usp::handle(request, view, usp::Access{}, true);
    const auto& response = std::get<usp::Respond>(outcome).msg.body().response();
    std::int64_t count = 0;
    for (const auto& object : response.get_resp().req_path_results(0).resolved_path_results()) {
      count += object.result_params_size();
    }
    return count;
  }

  bridge::Tree& tree() { return tree_; }
  bridge::PathPool& pool() { return pool_; }
  bridge::DeviceModel& model() { return *model_; }

 private:
  bridge::PathPool pool_;
  bridge::Tree tree_{pool_};
  bridge::Tree copy_{pool_};
  bridge::LocalModel local_{bridge::test::local_template(), {}};
  bridge::AgentFacts facts_ = bridge::test::facts();
  std::unique_ptr<bridge::translate::Mappings> mappings_ =
      *bridge::translate::Mappings::load(bridge::TranslationConfig{});
  std::unique_ptr<bridge::DeviceModel> model_;
  std::shared_ptr<const usp::SupportedObject> supported_;
};

void get(benchmark::State& state, bool translated) {
  Sample sample(translated);
  std::int64_t parameters = 0;
  for (auto _ : state) parameters += sample.get();
  state.SetItemsProcessed(parameters);
  state.counters["parameters"] =
      static_cast<double>(parameters) / static_cast<double>(state.iterations());
}
BENCHMARK_CAPTURE(get, untranslated, false)
    ->Name("translate/Get of a device that is shown as it is")
    ->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(get, translated, true)
    ->Name("translate/Get of a TR-098 device")
    ->Unit(benchmark::kMicrosecond);

void changed_value(benchmark::State& state) {
  Sample sample(true);
  sample.model().shown();
  std::int64_t turn = 0;
  for (auto _ : state) {
    const bridge::ValuesRead read{
        {{"InternetGatewayDevice.DeviceInfo.UpTime", std::to_string(++turn), "unsignedInt"}}};
    sample.model().before_updates(true);
    const bridge::Diff diff = sample.tree().apply(read, 2);
    sample.model().after_update(read);
    benchmark::DoNotOptimize(sample.model().take_changes(diff));
  }
}
BENCHMARK(changed_value)
    ->Name("translate/one value of a TR-098 device changes")
    ->Unit(benchmark::kMicrosecond);

void layout(benchmark::State& state) {
  Sample sample(true);
  bridge::translate::Numbers numbers;
  const auto mapping = bridge::translate::built_in_mapping();
  std::size_t bytes = 0;
  for (auto _ : state) {
    const bridge::translate::Projection shown(*mapping, sample.tree(), numbers, sample.pool());
    bytes = shown.memory_bytes();
  }
  const auto nodes = static_cast<double>(sample.tree().size());
  state.counters["nodes"] = nodes;
  state.counters["bytes/node"] = static_cast<double>(bytes) / nodes;
}
BENCHMARK(layout)->Name("translate/a TR-098 device is laid out")->Unit(benchmark::kMicrosecond);

}  // namespace
