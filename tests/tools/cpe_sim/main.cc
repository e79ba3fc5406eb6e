// cpe-sim: simulated TR-069 devices, see README.md beside this file.
#include <CLI/CLI.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <iostream>
#include <map>
#include <mutex>
#include <thread>

#include "tests/tools/cpe_sim/device.h"
#include "tests/tools/cpe_sim/load.h"

namespace {

using namespace cpe_sim;
namespace asio = boost::asio;

struct Arguments {
  std::string acs = "http://127.0.0.1:7547/";
  std::string username;
  std::string password;
  std::string model;
  std::string manufacturer = "Example";
  std::string oui = "00D09E";
  std::string product_class = "Gateway";
  std::string serial = "0001";
  std::size_t devices = 1;
  double start_rate = 100;
  bool no_connection_request = false;
  double time_scale = 1;
  unsigned periodic = 0;
  bool events = false;
};

std::mutex output_mutex;

void print(const std::string& line) {
  std::lock_guard lock(output_mutex);
  std::cout << line << std::endl;
}

using Fleet = std::map<std::string, std::shared_ptr<SimulatedDevice>>;

/// "set SERIAL PATH VALUE": the serial number is the second word.
void serve_commands(const Fleet& fleet) {
  std::string line;
  while (std::getline(std::cin, line)) {
    std::istringstream words(line);
    std::string verb;
    std::string serial;
    words >> verb >> serial;
    if (verb == "quit") break;
    if (verb == "list") {
      for (const auto& [name, device] : fleet) print(name);
      continue;
    }
    auto device = fleet.find(serial);
    if (device == fleet.end()) {
      print("error no such device: " + serial);
      continue;
    }
    std::string rest;
    std::getline(words >> std::ws, rest);
    device->second->command(verb + " " + rest, [](const std::string& answer) { print(answer); });
  }
}

int simulate(const Arguments& arguments) {
  auto model = std::make_shared<const Model>(Model::load(arguments.model));
  AcsAddress acs = parse_acs_url(arguments.acs);
  acs.username = arguments.username;
  acs.password = arguments.password;
  asio::io_context io;
  auto guard = asio::make_work_guard(io);
  Fleet fleet;
  for (std::size_t i = 0; i < arguments.devices; ++i) {
    cwmp::DeviceId id{arguments.manufacturer, arguments.oui, arguments.product_class,
                      arguments.serial};
    if (arguments.devices > 1) id.serial_number += "-" + std::to_string(i + 1);
    DeviceOptions options;
    options.acs = acs;
    options.connection_request = !arguments.no_connection_request;
    options.time_scale = arguments.time_scale;
    options.periodic_interval_s = arguments.periodic;
    if (arguments.events) options.on_event = print;
    std::string serial = id.serial_number;
    fleet[serial] = std::make_shared<SimulatedDevice>(io.get_executor(), model, std::move(id),
                                                      std::move(options));
  }
  // Powers them on at the given rate.
  asio::steady_timer pace(io);
  auto next = fleet.begin();
  std::function<void()> start_next = [&] {
    if (next == fleet.end()) return;
    next->second->start();
    ++next;
    pace.expires_after(
        std::chrono::microseconds(static_cast<std::int64_t>(1e6 / arguments.start_rate)));
    pace.async_wait([&](boost::system::error_code error) {
      if (!error) start_next();
    });
  };
  start_next();
  std::vector<std::thread> threads;
  for (int i = 0; i < 2; ++i) threads.emplace_back([&io] { io.run(); });
  serve_commands(fleet);
  io.stop();
  for (std::thread& thread : threads) thread.join();
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Simulates TR-069 devices. Commands are read from standard input.", "cpe-sim");
  Arguments arguments;
  app.add_option("--acs", arguments.acs, "URL of the ACS");
  app.add_option("--username", arguments.username, "for the ACS");
  app.add_option("--password", arguments.password, "for the ACS");
  app.add_option("--model", arguments.model, "data model (CSV)");
  app.add_option("--manufacturer", arguments.manufacturer);
  app.add_option("--oui", arguments.oui);
  app.add_option("--product-class", arguments.product_class);
  app.add_option("--serial", arguments.serial, "serial number; with --devices its prefix");
  app.add_option("--devices", arguments.devices, "how many");
  app.add_option("--start-rate", arguments.start_rate, "devices powered on a second");
  app.add_flag("--no-connection-request", arguments.no_connection_request, "cannot be woken");
  app.add_option("--time-scale", arguments.time_scale, "waits are multiplied by this");
  app.add_option("--periodic", arguments.periodic,
                 "keep this PeriodicInformInterval in seconds whatever the ACS sets");
  app.add_flag("--events", arguments.events, "print what happens as JSON lines");

  LoadOptions load_options;
  auto* load = app.add_subcommand("load", "many short sessions, as fast as they go");
  load->add_option("--connections", load_options.connections);
  load->add_option("--sessions", load_options.sessions);
  load->add_option("--population", load_options.devices, "devices the Informs come from");
  load->add_flag("--json", load_options.json);
  CLI11_PARSE(app, argc, argv);
  try {
    if (*load) {
      load_options.acs = parse_acs_url(arguments.acs);
      load_options.acs.username = arguments.username;
      load_options.acs.password = arguments.password;
      return run_load(load_options);
    }
    return simulate(arguments);
  } catch (const std::exception& error) {
    std::cerr << "cpe-sim: " << error.what() << "\n";
    return 1;
  }
}
