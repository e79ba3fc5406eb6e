#include "tests/tools/cpe_sim/load.h"

#include <algorithm>
#include <atomic>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <iomanip>
#include <iostream>
#include <vector>

#include "cwmp/soap.h"

namespace cpe_sim {

namespace asio = boost::asio;

namespace {

struct Totals {
  std::size_t begun = 0;
  std::size_t good = 0;
  std::size_t failed = 0;
  std::vector<double> milliseconds;
};

std::string inform_text(const LoadOptions& options, std::size_t number) {
  cwmp::Envelope envelope;
  envelope.header.id = "1";
  cwmp::Inform inform;
  inform.device_id = {"Load", options.oui, options.product_class,
                      "L" + std::to_string(number % options.devices)};
  inform.events.push_back({"2 PERIODIC", ""});
  inform.current_time = "2026-01-01T00:00:00Z";
  inform.parameters = {
      {options.root + "DeviceInfo.HardwareVersion", "1", "string"},
      {options.root + "DeviceInfo.SoftwareVersion", "1.0", "string"},
      {options.root + "DeviceInfo.ProvisioningCode", "", "string"},
      {options.root + "ManagementServer.ParameterKey", "", "string"},
      {options.root + "ManagementServer.ConnectionRequestURL", "http://127.0.0.1:1/", "string"}};
  envelope.body = std::move(inform);
  return cwmp::encode(envelope);
}

asio::awaitable<void> worker(asio::any_io_executor executor, const LoadOptions& options,
                             Totals& totals) {
  // One connection for many devices, as behind a proxy: what is measured is sessions, not
  // handshakes.
  HttpSession http(executor, options.acs);
  while (totals.begun < options.sessions) {
    std::string inform = inform_text(options, totals.begun++);
    auto began = std::chrono::steady_clock::now();
    HttpAnswer answer = co_await http.post(inform);
    bool good = answer.status == 200;
    while (good && !answer.body.empty()) {
      // Whatever the ACS asks of this make-believe device, it does not have the method.
      answer = co_await http.post("");
      if (answer.status == 200 && !answer.body.empty()) {
        auto envelope = cwmp::decode(answer.body);
        if (!envelope) break;
        cwmp::Envelope fault;
        fault.header.id = envelope->header.id;
        fault.body = cwmp::Fault{cwmp::FaultCode::kMethodNotSupported, "no", {}};
        std::string text = cwmp::encode(fault);
        answer = co_await http.post(text);
      }
      good = answer.status == 204 || answer.status == 200;
    }
    std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - began;
    totals.milliseconds.push_back(took.count());
    ++(good ? totals.good : totals.failed);
    if (!good) http.close();
  }
  http.close();
}

}  // namespace

int run_load(const LoadOptions& options) {
  asio::io_context io(1);
  Totals totals;
  totals.milliseconds.reserve(options.sessions);
  auto began = std::chrono::steady_clock::now();
  for (std::size_t i = 0; i < options.connections; ++i) {
    auto work = worker(io.get_executor(), options, totals);
    asio::co_spawn(io, std::move(work), asio::detached);
  }
  io.run();
  std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - began;
  std::sort(totals.milliseconds.begin(), totals.milliseconds.end());
  auto percentile = [&](double part) {
    if (totals.milliseconds.empty()) return 0.0;
    auto at = static_cast<std::size_t>(part * static_cast<double>(totals.milliseconds.size() - 1));
    return totals.milliseconds[at];
  };
  double rate = static_cast<double>(totals.good) / seconds.count();
  std::cout << std::fixed << std::setprecision(2);
  if (options.json) {
    std::cout << "{\"sessions\":" << totals.good << ",\"failed\":" << totals.failed
              << ",\"sessions_per_second\":" << rate << ",\"p50_ms\":" << percentile(0.5)
              << ",\"p99_ms\":" << percentile(0.99) << "}\n";
  } else {
    std::cout << totals.good << " sessions, " << totals.failed << " failed, " << rate
              << " sessions/s with " << options.connections << " connections, p50 "
              << percentile(0.5) << " ms, p99 " << percentile(0.99) << " ms\n";
  }
  return totals.failed == 0 ? 0 : 1;
}

}  // namespace cpe_sim
