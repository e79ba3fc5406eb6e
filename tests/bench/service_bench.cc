// The whole service beside a floor in the same run: a real broker, the real bridge process,
// simulated devices and a controller. Each benchmark runs once and reports rates of its own.
#include <benchmark/benchmark.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iostream>
#include <iterator>
#include <sstream>

#include "tests/bench/canned_acs.h"
#include "tests/bench/sample.h"
#include "tests/integration/raw_peers.h"
#include "tests/integration/world.h"
#include "tests/tools/cpe_sim/load.h"
#include "tests/tools/usp_controller/load.h"

namespace {

using namespace bench;
using integration::inform_text;
using integration::RawCpe;
using integration::World;

constexpr std::size_t kConnections = 64;
constexpr std::size_t kPopulation = 1000;
constexpr std::size_t kSessions = 20'000;
constexpr std::size_t kLargeDevices = 100;
constexpr std::size_t kRequests = 20'000;

cpe_sim::Settings devices(int port, const std::string& model) {
  cpe_sim::Settings settings;
  settings.acs = "http://127.0.0.1:" + std::to_string(port) + "/";
  settings.username = "cpe";
  settings.password = "secret";
  settings.model = std::string(TEST_DATA_DIR) + "/models/" + model;
  settings.serial = "Bench";
  return settings;
}

std::vector<std::string> environment(const std::string& scheme) {
  return {
      "USP_BRIDGE_LOG__LEVEL=info", "USP_BRIDGE_CWMP__AUTH__SCHEME=" + scheme,
      "USP_BRIDGE_CWMP__AUTH__ALLOW_ANONYMOUS=" + std::string(scheme == "none" ? "true" : "false")};
}

/// User and system time of a process so far.
double cpu_seconds(pid_t pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
  const std::string text((std::istreambuf_iterator<char>(file)), {});
  std::istringstream fields(text.substr(text.rfind(')') + 2));
  std::vector<std::string> each((std::istream_iterator<std::string>(fields)), {});
  return (std::stod(each.at(11)) + std::stod(each.at(12))) /
         static_cast<double>(sysconf(_SC_CLK_TCK));
}

double resident_kib(pid_t pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/statm");
  double total = 0;
  double resident = 0;
  file >> total >> resident;
  return resident * static_cast<double>(sysconf(_SC_PAGESIZE)) / 1024;
}

void report(benchmark::State& state, const cpe_sim::LoadResult& result) {
  if (!result.failures.empty()) {
    std::cerr << "sessions failed: " << result.failures.begin()->first << "\n";
    state.SkipWithError("sessions failed");
  }
  state.SetIterationTime(result.seconds);
  state.counters["sessions/s"] = static_cast<double>(result.complete) / result.seconds;
  auto times = result.latencies_ms;
  if (times.empty()) return;
  std::sort(times.begin(), times.end());
  state.counters["p50 ms"] = static_cast<double>(times[times.size() / 2]);
  state.counters["p99 ms"] = static_cast<double>(times[times.size() * 99 / 100]);
}

/// Without `on_start` the devices need not be known.
cpe_sim::LoadResult run_sessions(int port, std::function<void()> on_start) {
  cpe_sim::LoadSettings load;
  load.connections = kConnections;
  load.sessions = kSessions;
  load.population = kPopulation;
  load.no_warm_up = !on_start;
  load.on_start = std::move(on_start);
  return cpe_sim::run_load(devices(port, "tr181-small.csv"), load);
}

/// Inform, empty POST, end, each on a new TCP connection.
void sessions(benchmark::State& state, const std::string& scheme) {
  for (auto _ : state) {
    World world("first_contact_budget: 1000", environment(scheme));
    double before = 0;
    const auto on_start = [&] { before = cpu_seconds(world.bridge().pid()); };
    const cpe_sim::LoadResult result = run_sessions(world.acs_port(), on_start);
    const double used = cpu_seconds(world.bridge().pid()) - before;
    report(state, result);
    state.counters["CPU s/1000 sessions"] = used * 1000 / static_cast<double>(result.complete);
  }
}

/// Sessions that stand still after their Inform, each of a device that was never seen: what it
/// costs counts as well.
void open_sessions(benchmark::State& state) {
  for (auto _ : state) {
    World world({}, environment("none"));
    std::vector<std::unique_ptr<RawCpe>> cpes;
    double before = 0;
    for (std::size_t i = 0; i <= kPopulation; ++i) {
      cpes.push_back(std::make_unique<RawCpe>(world.acs_port()));
      const auto answer = cpes.back()->post(inform_text("S" + std::to_string(i)));
      if (answer.status != 200) state.SkipWithError("an Inform was refused");
      if (i == 0) before = resident_kib(world.bridge().pid());
    }
    state.SetIterationTime(1);
    const double grown = resident_kib(world.bridge().pid()) - before;
    state.counters["KiB/session"] = grown / static_cast<double>(kPopulation);
  }
}

void canned_sessions(benchmark::State& state) {
  for (auto _ : state) {
    CannedAcs acs(2);
    report(state, run_sessions(acs.port(), {}));
  }
}

void first_contact(benchmark::State& state) {
  for (auto _ : state) {
    World world("first_contact_budget: 1000", environment("digest"));
    cpe_sim::LoadSettings load;
    load.connections = kConnections;
    load.sessions = 0;
    load.population = kLargeDevices;
    const auto settings = devices(world.acs_port(), "tr181-large.csv");
    const cpe_sim::LoadResult result = cpe_sim::run_load(settings, load);
    if (!result.warmed_up) state.SkipWithError("a device was never learned");
    state.SetIterationTime(result.warm_up_seconds);
    const auto parameters = static_cast<double>(sample_values().size() * kLargeDevices);
    state.counters["parameters/s"] = parameters / result.warm_up_seconds;
    state.counters["RPCs/device"] =
        static_cast<double>(result.warm_up_rpcs) / static_cast<double>(kLargeDevices);
    world.bridge().signal(SIGTERM);
    world.bridge().wait_for_exit();
    const auto bytes = std::filesystem::file_size(world.store_file("mirror.db"));
    state.counters["bytes/parameter"] = static_cast<double>(bytes) / parameters;
  }
}

void report(benchmark::State& state, const usp_controller::LoadResult& result) {
  if (result.missing + result.failed > 0) state.SkipWithError("requests without a good answer");
  state.SetIterationTime(static_cast<double>(result.took.count()) / 1e6);
  state.counters["requests/s"] = result.per_second();
  state.counters["p50 ms"] = static_cast<double>(result.percentile(0.5).count()) / 1000;
  state.counters["p99 ms"] = static_cast<double>(result.percentile(0.99).count()) / 1000;
}

/// Gets of one parameter, beside an echo of as many bytes over the same broker.
void gets(benchmark::State& state) {
  for (auto _ : state) {
    World world({}, environment("digest"));
    const auto device = world.device("1");
    usp_controller::LoadOptions options;
    options.agents = {device->endpoint_id()};
    options.paths = {"Device.DeviceInfo.SoftwareVersion"};
    options.outstanding = static_cast<std::size_t>(state.range(0));
    options.count = options.outstanding == 1 ? kRequests / 10 : kRequests;
    report(state, usp_controller::run_gets(world.controller(), options));
  }
}

void echoes(benchmark::State& state) {
  for (auto _ : state) {
    support::Broker broker;
    usp::mtp::MqttOptions mqtt;
    mqtt.host = "127.0.0.1";
    mqtt.port = broker.port();
    usp_controller::EchoOptions options;
    options.outstanding = static_cast<std::size_t>(state.range(0));
    options.count = options.outstanding == 1 ? kRequests / 10 : kRequests;
    report(state, usp_controller::run_echo(mqtt, options));
  }
}

void once(benchmark::internal::Benchmark* benchmark) {
  benchmark->Iterations(1)->UseManualTime()->Unit(benchmark::kSecond);
}

BENCHMARK(canned_sessions)->Name("service/sessions/canned answers")->Apply(once);
BENCHMARK_CAPTURE(sessions, none, "none")->Name("service/sessions/no auth")->Apply(once);
BENCHMARK_CAPTURE(sessions, digest, "digest")->Name("service/sessions/Digest")->Apply(once);
BENCHMARK(open_sessions)->Name("service/sessions/open at a time")->Apply(once);
BENCHMARK(first_contact)->Name("service/first contact")->Apply(once);
BENCHMARK(echoes)->Name("service/MQTT echo")->Arg(1)->Arg(64)->Apply(once);
BENCHMARK(gets)->Name("service/USP Get")->Arg(1)->Arg(64)->Apply(once);

}  // namespace

BENCHMARK_MAIN();
