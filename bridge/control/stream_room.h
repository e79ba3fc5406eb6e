// The streams that clients of the control API hold open.
#pragma once

#include <grpcpp/support/status.h>

#include <cstddef>
#include <mutex>
#include <set>

namespace bridge::control {

/// Bounds how many there are, and ends them when the server stops. Thread-safe.
class StreamRoom {
 public:
  class Stream {
   public:
    /// Any thread; comes to an end soon after.
    virtual void end(const grpc::Status& status) = 0;

   protected:
    ~Stream() = default;
  };

  explicit StreamRoom(std::size_t limit) : limit_(limit) {}

  /// RESOURCE_EXHAUSTED where there are `limit` already, UNAVAILABLE after stop().
  grpc::Status enter(Stream& stream);
  void leave(Stream& stream);

  /// Ends every stream with UNAVAILABLE.
  void stop();

 private:
  const std::size_t limit_;
  std::mutex mutex_;
  std::set<Stream*> streams_;
  bool stopped_ = false;
};

}  // namespace bridge::control
