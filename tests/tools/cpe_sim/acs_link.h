// A CPE's HTTP towards its ACS in one session: cookies, Basic and Digest, redirects.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "cwmp/auth.h"
#include "tests/tools/cpe_sim/http_client.h"

namespace cpe_sim {

/// Redirects followed in a row (TR-069 3.4.5).
inline constexpr int kMaxRedirects = 5;

struct LinkOptions {
  Url url;
  std::string username;
  std::string password;
  ClientOptions client;
};

/// Not thread-safe.
class AcsLink {
 public:
  AcsLink(boost::asio::any_io_executor executor, LinkOptions options);

  /// Answers a challenge and follows redirects; the reply is the last one.
  boost::asio::awaitable<HttpReply> post(PostBody body, Quirks quirks);
  boost::asio::awaitable<bool> post_and_drop(PostBody body, Quirks quirks);
  boost::asio::awaitable<void> hang(std::chrono::milliseconds limit);
  void close() { client_.close(); }

 private:
  HttpRequest make_request(PostBody body, const Quirks& quirks);
  void learn(const HttpReply& reply);

  HttpClient client_;
  LinkOptions options_;
  std::map<std::string, std::string> cookies_;
  std::vector<cwmp::Challenge> challenges_;
  std::uint32_t nonce_count_ = 0;
  std::uint64_t cnonce_;  ///< the next one
};

/// The Authorization value for the challenges; empty: none of them can be answered.
std::string answer_challenges(const std::vector<cwmp::Challenge>& challenges,
                              const std::string& method, const Url& url,
                              const std::string& username, const std::string& password,
                              std::uint64_t random, std::uint32_t nonce_count);
std::string basic_credentials(const std::string& username, const std::string& password);

}  // namespace cpe_sim
