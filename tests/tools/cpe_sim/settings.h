// What the command line says.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "tests/tools/cpe_sim/cpe.h"
#include "tests/tools/cpe_sim/http_client.h"

namespace cpe_sim {

struct Settings {
  // the ACS
  std::string acs = "http://127.0.0.1:7547/";
  std::string username;
  std::string password;
  std::string ca;
  std::string certificate;
  std::string key;
  bool insecure = false;

  // the devices
  std::string model;
  std::vector<std::string> rows;  ///< TABLE=N
  std::string manufacturer;
  std::string oui;
  std::string product_class;
  std::string serial = "0001";
  std::size_t devices = 1;
  double start_rate = 100;
  std::vector<std::string> values;  ///< NAME=VALUE
  std::string cwmp = "1-2";

  // what they do
  double time_scale = 1;
  unsigned periodic = 0;
  unsigned reboot_ms = 1000;
  unsigned diagnostics_ms = 1000;
  std::vector<std::string> changes;  ///< PATH=every:SECONDS
  std::vector<std::string> faults;   ///< [SERIAL:]METHOD=ACTION[*TIMES]
  std::vector<std::string> quirks;   ///< [SERIAL:]NAME[=VALUE]

  // connection requests
  bool no_connection_request = false;
  std::string listen = "127.0.0.1";
  std::uint16_t listen_port = 0;
  std::string public_host;
  bool nat = false;  ///< see UdpPort; no HTTP connection requests then

  // the operator
  bool events = false;
  std::string control = "stdin";
  unsigned threads = 2;
};

struct LoadSettings {
  std::size_t connections = 32;
  std::size_t sessions = 10'000;
  double seconds = 0;  ///< 0: until all sessions are done
  double rate = 0;     ///< sessions begun per second; 0: as fast as they go
  std::size_t population = 1000;
  std::string change;  ///< parameter that changes before each session
  bool no_warm_up = false;
  bool json = false;
  std::function<void()> on_start;  ///< all devices are known, the sessions that count begin
};

/// The serial number of device `index`, from 0.
std::string serial_of(const Settings& settings, std::size_t index, std::size_t devices);

/// Both throw std::runtime_error with what is wrong.
std::shared_ptr<const Model> load_model(const Settings& settings);
ClientOptions client_options(const Settings& settings);
/// One device, off. Also throws.
std::unique_ptr<Cpe> make_cpe(const Settings& settings, const std::shared_ptr<const Model>& model,
                              std::size_t index, std::size_t devices);

}  // namespace cpe_sim
