// Requests that carry a request_id (AIP-155): a repetition is not carried out again.
//
//   call -> begin() -> kNew      carry it out, then finish() or abandon()
//                   -> kSame     it was carried out: answer what was answered then
//                   -> kPending  it is being carried out, or was when the bridge was killed
//                   -> kOther    the id was used for another request
#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "bridge/result.h"
#include "bridge/store/rows.h"

namespace bridge {

class Store;

namespace control {

/// Thread-safe. Kept in the store, so that a client may repeat itself over a restart.
class RequestBook {
 public:
  enum class Found { kNew, kSame, kPending, kOther };
  struct Begun {
    Found found = Found::kNew;
    std::string response;      ///< kSame: serialized
    bool interrupted = false;  ///< kPending: since before this process
  };

  RequestBook(Store& store, std::int64_t started_ms) : store_(store), started_ms_(started_ms) {}

  /// `fingerprint`: of the method and all of the request.
  boost::asio::awaitable<Result<Begun>> begin(RequestKey key, std::string fingerprint);
  boost::asio::awaitable<Result<void>> finish(RequestKey key, std::string response);
  /// It was not carried out, and may be.
  boost::asio::awaitable<Result<void>> abandon(RequestKey key);

 private:
  Store& store_;
  std::int64_t started_ms_;
};

/// How long they are kept.
inline constexpr std::chrono::hours kKeepRequests{24};

/// Is it a UUID, "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx"?
bool is_request_id(const std::string& text);

/// SHA-256 of both.
std::string request_fingerprint(std::string_view method, std::string_view request);

}  // namespace control
}  // namespace bridge
