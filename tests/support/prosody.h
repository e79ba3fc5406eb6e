// A real prosody for tests: on free ports, in a directory of its own, ended with the object.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/process.h"
#include "tests/support/self_signed.h"

namespace support {

/// Serves the domain "localhost" on 127.0.0.1.
class Prosody {
 public:
  struct Options {
    std::vector<std::pair<std::string, std::string>> users;  ///< name, password
    /// "internal_plain" offers SCRAM-SHA-256, SCRAM-SHA-1 and PLAIN.
    std::string authentication = "internal_plain";
    bool tls = true;         ///< demands TLS; else has none
    std::string lines = {};  ///< more of the configuration
  };

  /// Runs when it returns; throws when it does not come up.
  explicit Prosody(const Options& options);

  std::uint16_t port() const { return port_; }
  std::uint16_t tls_port() const { return tls_port_; }
  /// Of the server's certificate, which is its own authority.
  std::string ca_file() const { return certificate_.certificate(); }
  Process& process() { return *process_; }

  /// Ends it as a crash would; start() brings it back on the same ports.
  void kill();
  void start();

 private:
  SelfSigned certificate_;
  TemporaryDirectory directory_;
  std::uint16_t port_ = 0;
  std::uint16_t tls_port_ = 0;
  std::unique_ptr<Process> process_;
};

}  // namespace support
