// What one SOAP envelope and one USP request cost.
#include <benchmark/benchmark.h>

#include "bridge/agent/direct_model.h"
#include "bridge/agent/supported.h"
#include "bridge/agent/view.h"
#include "cwmp/soap.h"
#include "tests/bench/sample.h"
#include "tests/bridge/agent/agent_fixture.h"
#include "usp/agent.h"

namespace {

using namespace bench;

cwmp::Envelope inform() {
  cwmp::Inform inform;
  inform.device_id = {"Example", "00D09E", "Gateway", "0001"};
  inform.events = {{"2 PERIODIC", ""}};
  for (const char* name :
       {"HardwareVersion", "SoftwareVersion", "ProvisioningCode", "SpecVersion"}) {
    inform.parameters.push_back({std::string("Device.DeviceInfo.") + name, "1.0", "xsd:string"});
  }
  cwmp::Envelope envelope;
  envelope.header.id = "1";
  envelope.body = std::move(inform);
  return envelope;
}

cwmp::Envelope all_values() {
  cwmp::Envelope envelope;
  envelope.header.id = "1";
  envelope.body = cwmp::GetParameterValuesResponse{sample_values()};
  return envelope;
}

void decode(benchmark::State& state, const cwmp::Envelope& envelope, std::size_t items) {
  const std::string text = cwmp::encode(envelope);
  for (auto _ : state) benchmark::DoNotOptimize(cwmp::decode(text));
  state.SetBytesProcessed(static_cast<std::int64_t>(text.size() * state.iterations()));
  state.SetItemsProcessed(static_cast<std::int64_t>(items * state.iterations()));
}

void decode_inform(benchmark::State& state) { decode(state, inform(), 1); }
BENCHMARK(decode_inform)->Name("soap/decode/Inform");

void decode_values(benchmark::State& state) { decode(state, all_values(), sample_values().size()); }
BENCHMARK(decode_values)->Name("soap/decode/GetParameterValuesResponse");

void encode_inform(benchmark::State& state) {
  const cwmp::Envelope envelope = inform();
  for (auto _ : state) benchmark::DoNotOptimize(cwmp::encode(envelope));
}
BENCHMARK(encode_inform)->Name("soap/encode/Inform");

/// A request answered by an agent that has the sample's tree.
void get(benchmark::State& state, const std::vector<std::string>& paths) {
  bridge::PathPool pool;
  bridge::Tree tree(pool);
  tree.apply(bridge::NamesListed{"Device.", false, sample_names()}, 1);
  tree.apply(bridge::ValuesRead{sample_values()}, 1);
  const bridge::LocalModel local(bridge::test::local_template(), {});
  const bridge::DirectModel device(tree, local.schema().roots());
  const auto supported = bridge::build_supported(tree.supported(), local.schema(), device);
  const bridge::AgentFacts facts = bridge::test::facts();
  usp_msg::Msg request;
  request.mutable_header()->set_msg_id("1");
  request.mutable_header()->set_msg_type(usp_msg::Header::GET);
  auto* paths_out = request.mutable_body()->mutable_request()->mutable_get();
  for (const std::string& path : paths) paths_out->add_param_paths(path);
  for (auto _ : state) {
    const bridge::AgentView view(tree, local, facts, device, supported);
    benchmark::DoNotOptimize(usp::handle(request, view, usp::Access{}));
  }
}

void get_one(benchmark::State& state) { get(state, {"Device.DeviceInfo.SoftwareVersion"}); }
BENCHMARK(get_one)->Name("usp/Get/one parameter");

void get_search(benchmark::State& state) {
  get(state, {"Device.Hosts.Host.[Active==true].HostName"});
}
BENCHMARK(get_search)->Name("usp/Get/search over 150 rows");

void get_all(benchmark::State& state) {
  get(state, {"Device."});
  state.SetItemsProcessed(static_cast<std::int64_t>(sample_values().size()) * state.iterations());
}
BENCHMARK(get_all)->Name("usp/Get/whole tree");

}  // namespace
