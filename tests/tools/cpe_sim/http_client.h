// An HTTP/1.1 client over one connection at a time, http or https.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/ssl/context.hpp>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tests/tools/cpe_sim/url.h"
#include "tests/tools/cpe_sim/wire.h"

namespace cpe_sim {

/// Longest response body; also the largest file of a Download.
inline constexpr std::size_t kMaxResponseBytes = 64U << 20;

struct HttpRequest {
  std::string method = "POST";
  Url url;
  std::string body;
  Fields fields;
};

struct HttpReply {
  /// Why there is no status.
  enum class Error { kNone, kUnreachable, kBroken };
  Error error = Error::kNone;
  std::string error_text;
  unsigned status = 0;
  std::string body;
  std::string content_type;
  std::string location;
  std::vector<std::string> challenges;   ///< WWW-Authenticate
  std::vector<std::string> set_cookies;  ///< "name=value"
  std::optional<std::chrono::seconds> retry_after;
};

struct ClientOptions {
  std::chrono::milliseconds connect_timeout{10'000};
  std::chrono::milliseconds reply_timeout{60'000};
  std::shared_ptr<boost::asio::ssl::context> tls;  ///< for https; nullptr: https is unreachable
};

/// Not thread-safe; the executor is a strand where several threads run it.
class HttpClient {
 public:
  HttpClient(boost::asio::any_io_executor executor, ClientOptions options);
  ~HttpClient();
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  /// Reuses the connection if it is open and goes to the same place.
  boost::asio::awaitable<HttpReply> send(HttpRequest request);
  /// Closes as soon as the request is written. False: it could not be written.
  boost::asio::awaitable<bool> send_and_drop(HttpRequest request);
  /// Waits until the peer closes, at most `limit`.
  boost::asio::awaitable<void> wait_for_close(std::chrono::milliseconds limit);
  void close();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace cpe_sim
