// One CWMP session's HTTP, from the CPE's side: keep-alive, cookies, Basic and Digest.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "cwmp/auth.h"

namespace cpe_sim {

struct AcsAddress {
  std::string host;
  std::string port;
  std::string path = "/";
  std::string username;
  std::string password;
};

/// Parses "http://host:port/path"; throws std::runtime_error.
AcsAddress parse_acs_url(const std::string& url);

struct HttpAnswer {
  unsigned status = 0;  ///< 0: the connection failed
  std::string body;
};

class HttpSession {
 public:
  HttpSession(boost::asio::any_io_executor executor, AcsAddress acs);

  /// POSTs a body (empty: an empty POST) and answers challenges.
  boost::asio::awaitable<HttpAnswer> post(std::string body);

  /// GET of any http URL, for downloads.
  static boost::asio::awaitable<HttpAnswer> get(boost::asio::any_io_executor executor,
                                                std::string url);

  void close();

 private:
  boost::asio::awaitable<HttpAnswer> exchange(const std::string& body);
  boost::asio::awaitable<bool> connect();

  boost::beast::tcp_stream stream_;
  boost::beast::flat_buffer buffer_;
  AcsAddress acs_;
  bool connected_ = false;
  std::string cookie_;
  std::vector<cwmp::Challenge> challenges_;
  std::uint32_t nonce_count_ = 0;
};

}  // namespace cpe_sim
