// From what was looked up to what is wrong with the bridge's surroundings, and what to do
// (Diagnose). Sans-IO. Times are Unix milliseconds unless their names say seconds; 0: never.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace bridge {

struct Check {
  enum class Result { kOk, kWarning, kFailed };
  std::string area;
  std::string subject;
  Result result = Result::kOk;
  std::string seen;
  std::string advice;  ///< may be empty
  bool operator==(const Check&) const = default;
};
using Checks = std::vector<Check>;

struct BrokerFacts {
  struct Topic {
    std::string filter;
    bool granted = false;
    bool refused = false;  ///< neither: the broker has not answered yet
  };
  std::string host;
  std::uint16_t port = 0;
  std::string version;  ///< of MQTT
  bool tls = false;
  std::string username;
  bool one_each = false;      ///< every agent has a connection of its own
  bool idle = false;          ///< nobody is there who would connect
  std::size_t standing = 0;   ///< connections
  std::size_t wanted = 0;     ///< that are to stand
  std::int64_t since_ms = 0;  ///< the receiving connection stands; 0: none does, or one_each
  std::int64_t trouble_ms = 0;
  int reason_code = 0;  ///< of MQTT
  std::string trouble;
  std::vector<Topic> topics;  ///< of the receiving connection
};
Checks check_broker(const BrokerFacts& facts, std::int64_t now_ms);

/// What waits for controllers.
struct OutboxFacts {
  struct Unanswered {
    std::string controller;
    std::int64_t notifications = 0;  ///< sent, and not confirmed
    std::int64_t oldest_ms = 0;
  };
  std::int64_t waiting = 0;
  std::int64_t oldest_ms = 0;
  std::vector<Unanswered> unanswered;
};
Checks check_outbox(const OutboxFacts& facts, std::int64_t now_ms);

struct CertificateFacts {
  struct One {
    std::string subject;
    std::int64_t not_before_s = 0;
    std::int64_t not_after_s = 0;
  };
  std::string setting;  ///< "grpc.tls"
  std::string file;
  std::string error;       ///< it cannot be read, or has none; empty: it has
  std::vector<One> chain;  ///< in the order of the file
  std::string key_file;    ///< empty: none goes with it
  std::string key_error;   ///< as `error`
  bool key_fits = false;   ///< the first certificate
  bool list = false;       ///< of CAs: each stands for itself, no chain
};
Checks check_certificate(const CertificateFacts& facts, std::int64_t now_s);

struct StorageFacts {
  std::string directory;
  std::string commit_error;  ///< empty: committed
  std::int64_t commit_us = 0;
  std::string space_error;
  std::uint64_t free_bytes = 0;
  std::uint64_t total_bytes = 0;
  std::uint64_t state_bytes = 0;
  std::uint64_t state_wal_bytes = 0;
  std::uint64_t mirror_bytes = 0;
};
Checks check_storage(const StorageFacts& facts);

struct ClockFacts {
  std::int64_t now_s = 0;
  std::optional<bool> synchronised;  ///< nullopt: the kernel does not tell
};
Checks check_clock(const ClockFacts& facts);

struct AcsFacts {
  struct Listener {
    std::string address;  ///< "0.0.0.0:7547"
    bool tls = false;
    std::size_t sessions = 0;
    std::size_t most_sessions = 0;
  };
  std::vector<Listener> listeners;
  std::optional<bool> xmpp_connected;  ///< nullopt: not in use
};
Checks check_acs(const AcsFacts& facts);

/// Lines as warnings_of(Config) makes them: "cwmp.auth.shared: whoever ...".
Checks check_settings(const std::vector<std::string>& warnings);

}  // namespace bridge
