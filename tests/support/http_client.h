// A CPE's side of HTTP for tests: blocking, and able to send anything.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace support {

struct HttpAnswer {
  unsigned status = 0;  ///< 0: the connection was closed instead
  std::string head;     ///< as it came
  std::string body;

  std::vector<std::string> fields(std::string_view name) const;
  /// The first one; empty when there is none.
  std::string field(std::string_view name) const;
  /// "session=..." of Set-Cookie.
  std::string cookie() const;
};

/// How a client speaks TLS.
struct TlsClient {
  std::string certificate = {};  ///< PEM file; empty: none
  std::string key = {};
  int max_version = 0;        ///< e.g. TLS1_VERSION; 0: any
  std::string ciphers = {};   ///< empty: the default
  std::string preamble = {};  ///< sent in clear before the handshake
};

class HttpClient {
 public:
  explicit HttpClient(std::uint16_t port, bool tls = false);
  /// Throws boost::system::system_error when the handshake fails.
  HttpClient(std::uint16_t port, const TlsClient& tls);
  ~HttpClient();

  void send(std::string_view bytes);
  /// Also an interim answer (100).
  HttpAnswer receive();
  /// POST with Content-Length. `fields`: complete lines, each with its CRLF.
  HttpAnswer post(std::string_view body, std::string_view fields = {});
  /// True when the server has closed and nothing is left to read.
  bool closed();
  void close();
  /// Sends nothing more, and still receives.
  void finish();

  /// "TLSv1.3"; and the kind of key the server showed, e.g. EVP_PKEY_RSA.
  std::string tls_version();
  int server_key_type();

 private:
  std::size_t read_some();

  boost::asio::io_context io_;
  boost::asio::ssl::context context_;
  boost::asio::ssl::stream<boost::asio::ip::tcp::socket> stream_;
  bool tls_;
  std::string buffer_;
};

/// A POST as it goes out.
std::string post_text(std::string_view body, std::string_view fields = {});

}  // namespace support
