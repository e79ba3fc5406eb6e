// The floor for CWMP sessions: an HTTP server that reads each request and answers from two constant
// texts, an InformResponse or 204. It neither parses, authenticates nor stores.
#pragma once

#include <cstdint>
#include <memory>

namespace bench {

/// Serves until it is destroyed, on threads of its own.
class CannedAcs {
 public:
  explicit CannedAcs(unsigned threads);
  ~CannedAcs();
  CannedAcs(const CannedAcs&) = delete;
  CannedAcs& operator=(const CannedAcs&) = delete;

  std::uint16_t port() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace bench
