#include "tests/support/broker.h"

#include <signal.h>
#include <unistd.h>

#include <fstream>
#include <stdexcept>

namespace support {

Broker::Broker(const Options& options) : port_(static_cast<std::uint16_t>(free_port())) {
  std::ofstream config(directory_.file("mosquitto.conf"));
  config << "per_listener_settings false\n"
         << "allow_anonymous " << (options.allow_anonymous ? "true" : "false") << "\n"
         << "set_tcp_nodelay true\n"
         << "persistence false\n"
         << "log_dest stderr\n"
         << "log_type all\n"
         << "max_queued_messages 100000\n"
         << options.lines;
  // Started by root it would become user mosquitto, who cannot read this directory.
  if (geteuid() == 0) config << "user root\n";
  config << "listener " << port_ << " 127.0.0.1\n" << options.listener;
  config.close();
  start();
}

void Broker::start() {
  process_ = std::make_unique<Process>(
      "mosquitto", std::vector<std::string>{"-c", directory_.file("mosquitto.conf")},
      Process::Options{.environment = {"PATH=/usr/sbin:/usr/bin:/sbin:/bin"}});
  if (!process_->wait_for_text(" running")) throw std::runtime_error(process_->output());
}

void Broker::kill() {
  process_->signal(SIGKILL);
  process_->wait_for_exit();
}

}  // namespace support
