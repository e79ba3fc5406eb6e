// A real mosquitto for tests: on a free port, in a directory of its own, ended with the object.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "tests/support/process.h"

namespace support {

class Broker {
 public:
  struct Options {
    std::string lines = {};     ///< more of mosquitto.conf, e.g. "max_packet_size 1000\n"
    std::string listener = {};  ///< lines that belong to the listener, e.g. TLS
    bool allow_anonymous = true;
  };

  Broker() : Broker(Options{}) {}
  /// Runs when it returns; throws when it does not come up.
  explicit Broker(const Options& options);

  std::uint16_t port() const { return port_; }
  Process& process() { return *process_; }
  const TemporaryDirectory& directory() const { return directory_; }

  /// Ends it as a crash would; start() brings it back on the same port, with nothing remembered.
  void kill();
  void start();

 private:
  TemporaryDirectory directory_;
  std::uint16_t port_ = 0;
  std::unique_ptr<Process> process_;
};

}  // namespace support
