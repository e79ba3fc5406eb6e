#include "tests/support/prosody.h"

#include <signal.h>

#include <cctype>
#include <filesystem>
#include <fstream>
#include <stdexcept>

namespace support {

namespace {

/// As prosody names the files of its store: all but letters and digits as %xx.
std::string file_name(const std::string& text) {
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (std::isalnum(byte) != 0) {
      out += c;
    } else {
      out += {'%', kHex[byte >> 4], kHex[byte & 15]};
    }
  }
  return out;
}

}  // namespace

Prosody::Prosody(const Options& options)
    : port_(static_cast<std::uint16_t>(free_port())),
      tls_port_(static_cast<std::uint16_t>(free_port())) {
  const std::string accounts = directory_.file("localhost/accounts");
  std::filesystem::create_directories(accounts);
  for (const auto& [name, password] : options.users) {
    std::ofstream(accounts + "/" + file_name(name) + ".dat")
        << "return { [\"password\"] = \"" << password << "\"; };\n";
  }
  const std::string tls_port = options.tls ? std::to_string(tls_port_) : "";
  std::ofstream config(directory_.file("prosody.cfg.lua"));
  config << "run_as_root = true\n"
         << "pidfile = \"" << directory_.file("prosody.pid") << "\"\n"
         << "data_path = \"" << directory_.path() << "\"\n"
         << "modules_enabled = { \"saslauth\", \"ping\"" << (options.tls ? ", \"tls\"" : "")
         << " }\nmodules_disabled = { \"s2s\", \"offline\" }\n"
         << "interfaces = { \"127.0.0.1\" }\nlocal_interfaces = { \"127.0.0.1\" }\n"
         << "c2s_ports = { " << port_ << " }\nc2s_direct_tls_ports = { " << tls_port << " }\n"
         << "s2s_ports = { }\ns2s_direct_tls_ports = { }\nhttp_ports = { }\nhttps_ports = { }\n"
         << "c2s_require_encryption = " << (options.tls ? "true" : "false") << "\n"
         << "authentication = \"" << options.authentication << "\"\n"
         << "log = { { levels = { min = \"info\" }, to = \"console\", timestamps = false } }\n";
  if (options.tls) {
    config << "ssl = { key = \"" << certificate_.key() << "\", certificate = \""
           << certificate_.certificate() << "\" }\n"
           << "c2s_direct_tls_ssl = ssl\n";
  }
  config << options.lines << "VirtualHost \"localhost\"\n";
  config.close();
  start();
}

void Prosody::start() {
  process_ = std::make_unique<Process>(
      "prosody", std::vector<std::string>{"-F", "--config", directory_.file("prosody.cfg.lua")},
      Process::Options{.environment = {"PATH=/usr/sbin:/usr/bin:/sbin:/bin"}});
  const auto listens = [](const std::string& line) {
    return line.find("Activated service 'legacy_ssl'") != std::string::npos;
  };
  if (!process_->wait_for_line(listens)) {
    throw std::runtime_error(
        "prosody does not come up (deploy/install-deps.sh --tests gets it):\n" +
        process_->output());
  }
}

void Prosody::kill() {
  process_->signal(SIGKILL);
  process_->wait_for_exit();
}

}  // namespace support
