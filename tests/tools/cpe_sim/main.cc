// cpe-sim: simulated TR-069 devices, see README.md beside this file.
#include <CLI/CLI.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <iostream>
#include <thread>

#include "tests/tools/cpe_sim/command.h"
#include "tests/tools/cpe_sim/control.h"
#include "tests/tools/cpe_sim/fleet.h"
#include "tests/tools/cpe_sim/load.h"

namespace {

using namespace cpe_sim;

void add_device_options(CLI::App& app, Settings& settings) {
  app.add_option("--model", settings.model, "data model (CSV), tests/data/models/")
      ->required()
      ->check(CLI::ExistingFile)
      ->group("Devices");
  app.add_option("--rows", settings.rows, "TABLE.=N: fill a table up to row N from its template")
      ->group("Devices");
  app.add_option("--serial,--serial-prefix", settings.serial,
                 "serial number; with --devices its prefix: SERIAL-1, SERIAL-2, ...")
      ->capture_default_str()
      ->group("Devices");
  app.add_option("--devices", settings.devices, "how many")
      ->capture_default_str()
      ->check(CLI::Range(1, 1'000'000))
      ->group("Devices");
  app.add_option("--start-rate", settings.start_rate, "devices powered on a second")
      ->capture_default_str()
      ->check(CLI::PositiveNumber)
      ->group("Devices");
  app.add_option("--manufacturer", settings.manufacturer, "in the place of the model's")
      ->group("Devices");
  app.add_option("--oui", settings.oui, "in the place of the model's")->group("Devices");
  app.add_option("--product-class", settings.product_class, "in the place of the model's")
      ->group("Devices");
  app.add_option("--value", settings.values,
                 "NAME=VALUE, NAME below the root; {serial} stands for the serial number")
      ->group("Devices");
  app.add_option("--cwmp", settings.cwmp, "namespace: 1-0, 1-1 or 1-2")
      ->capture_default_str()
      ->group("Devices");
}

void add_acs_options(CLI::App& app, Settings& settings) {
  app.add_option("--acs", settings.acs, "URL, http or https")->capture_default_str()->group("ACS");
  app.add_option("--username", settings.username, "for the ACS; {serial} is replaced")
      ->group("ACS");
  app.add_option("--password", settings.password, "for the ACS; {serial} is replaced")
      ->group("ACS");
  app.add_option("--ca", settings.ca, "PEM file that the ACS's certificate must come from")
      ->group("ACS");
  app.add_flag("--insecure", settings.insecure, "take any certificate")->group("ACS");
  app.add_option("--cert", settings.certificate, "the device's own certificate (PEM)")
      ->group("ACS");
  app.add_option("--key", settings.key, "its key (PEM)")->group("ACS");
}

void add_behaviour_options(CLI::App& app, Settings& settings) {
  app.add_option("--time-scale", settings.time_scale,
                 "every wait is multiplied by it (periods, back-off, reboot): 0.1 is ten times "
                 "as fast")
      ->capture_default_str()
      ->check(CLI::PositiveNumber)
      ->group("Behaviour");
  app.add_option("--periodic", settings.periodic,
                 "PeriodicInformInterval in seconds, whatever the ACS sets; 0: as it is set")
      ->capture_default_str()
      ->group("Behaviour");
  app.add_option("--reboot-ms", settings.reboot_ms, "how long a reboot takes")
      ->capture_default_str()
      ->group("Behaviour");
  app.add_option("--diagnostics-ms", settings.diagnostics_ms, "how long a diagnosis takes")
      ->capture_default_str()
      ->group("Behaviour");
  app.add_option("--change", settings.changes, "PATH=every:SECONDS: the value changes by itself")
      ->group("Behaviour");
  app.add_option("--fault", settings.faults,
                 "[SERIAL:]METHOD=ACTION[*TIMES]; ACTION: a fault code, drop (vanish, nothing "
                 "done), drop-after (done, then vanish), empty, hang, delay:MS")
      ->group("Behaviour");
  app.add_option("--quirk", settings.quirks, "[SERIAL:]NAME[=VALUE], see below")
      ->group("Behaviour");
  app.add_flag("--no-connection-request", settings.no_connection_request, "cannot be woken")
      ->group("Connection requests");
  app.add_option("--listen", settings.listen, "address for connection requests")
      ->capture_default_str()
      ->group("Connection requests");
  app.add_option("--listen-port", settings.listen_port, "0: any free one")
      ->capture_default_str()
      ->group("Connection requests");
  app.add_option("--public-host", settings.public_host,
                 "host in ConnectionRequestURL; left out: the --listen address")
      ->group("Connection requests");
  app.add_flag("--nat", settings.nat,
               "behind a NAT: no HTTP connection requests; UDP ones come through once the device's "
               "STUN client has sent to the ACS (see rebind)")
      ->group("Connection requests");
  app.add_flag("--events", settings.events, "print what happens as JSON lines")->group("Operator");
  app.add_option("--control", settings.control,
                 "stdin (its end is the end), none, or a socket's path")
      ->capture_default_str()
      ->group("Operator");
  app.add_option("--threads", settings.threads, "for all devices")
      ->capture_default_str()
      ->check(CLI::Range(1, 64))
      ->group("Operator");
}

CLI::App* add_load(CLI::App& app, LoadSettings& load) {
  auto* sub = app.add_subcommand("load", "sessions as fast as they go, then figures");
  sub->fallthrough();
  sub->add_option("--connections", load.connections, "sessions at the same time")
      ->capture_default_str();
  sub->add_option("--sessions", load.sessions, "how many")->capture_default_str();
  sub->add_option("--seconds", load.seconds, "run so long instead");
  sub->add_option("--rate", load.rate, "begin so many a second, evenly; 0: as fast as they go");
  sub->add_option("--population", load.population, "devices that the sessions come from")
      ->capture_default_str();
  sub->add_option("--value-change", load.change,
                  "name below the root of a notified string that changes before each session");
  sub->add_flag("--no-warm-up", load.no_warm_up, "measure from the first contact on");
  sub->add_flag("--json", load.json, "figures as JSON");
  return sub;
}

int simulate(const Settings& settings) {
  boost::asio::io_context io;
  const auto work = boost::asio::make_work_guard(io);
  Journal journal(settings.events);
  Fleet fleet(io, settings, journal);
  const bool from_stdin = settings.control == "stdin";
  if (!from_stdin && settings.control != "none") serve_socket(io, settings.control, fleet);
  journal.note("ready", "",
               "\"devices\":" + std::to_string(fleet.size()) +
                   ",\"connection_request_port\":" + std::to_string(fleet.port()));
  fleet.start();
  std::vector<std::thread> threads;
  for (unsigned i = 0; i < settings.threads; ++i) threads.emplace_back([&io] { io.run(); });
  if (from_stdin) {
    serve_stdin(fleet, journal);
    io.stop();
  }
  for (std::thread& thread : threads) thread.join();
  return 0;
}

int put_under_load(const Settings& settings, const LoadSettings& load) {
  const LoadResult result = run_load(settings, load);
  std::cout << format_load(result, load) << std::endl;
  return result.failures.empty() ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Simulates TR-069 devices (CPEs).", "cpe-sim");
  Settings settings;
  LoadSettings load_settings;
  add_device_options(app, settings);
  add_acs_options(app, settings);
  add_behaviour_options(app, settings);
  const auto* load = add_load(app, load_settings);
  app.footer("\nQuirks:\n" + quirk_help() +
             "\nCommands, one a line, DEVICE is a serial number or *; answered by one line, ok or "
             "error:\n" +
             command_help());
  CLI11_PARSE(app, argc, argv);
  try {
    return load->parsed() ? put_under_load(settings, load_settings) : simulate(settings);
  } catch (const std::exception& error) {
    std::cerr << "cpe-sim: " << error.what() << "\n";
    return 2;
  }
}
