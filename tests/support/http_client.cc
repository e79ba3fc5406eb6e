#include "tests/support/http_client.h"

#include <algorithm>
#include <array>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <cctype>

namespace support {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

bool starts_with_name(std::string_view line, std::string_view name) {
  return line.size() > name.size() && line[name.size()] == ':' &&
         std::equal(name.begin(), name.end(), line.begin(), [](char a, char b) {
           return std::tolower(static_cast<unsigned char>(a)) ==
                  std::tolower(static_cast<unsigned char>(b));
         });
}

}  // namespace

std::vector<std::string> HttpAnswer::fields(std::string_view name) const {
  std::vector<std::string> values;
  std::string_view text = head;
  while (!text.empty()) {
    const auto end = text.find("\r\n");
    const auto line = text.substr(0, end);
    text = end == std::string_view::npos ? std::string_view{} : text.substr(end + 2);
    if (starts_with_name(line, name)) values.emplace_back(line.substr(name.size() + 2));
  }
  return values;
}

std::string HttpAnswer::field(std::string_view name) const {
  const auto values = fields(name);
  return values.empty() ? std::string() : values.front();
}

std::string HttpAnswer::cookie() const {
  const auto value = field("Set-Cookie");
  return value.substr(0, value.find(';'));
}

HttpClient::HttpClient(std::uint16_t port, bool tls)
    : context_(asio::ssl::context::tls_client), stream_(io_, context_), tls_(tls) {
  const asio::ip::tcp::endpoint server(asio::ip::address_v4::loopback(), port);
  stream_.next_layer().connect(server);
  stream_.next_layer().set_option(asio::ip::tcp::no_delay(true));
  if (tls_) stream_.handshake(asio::ssl::stream_base::client);
}

HttpClient::HttpClient(std::uint16_t port, const TlsClient& tls)
    : context_(asio::ssl::context::tls_client), stream_(io_, context_), tls_(true) {
  SSL* native = stream_.native_handle();
  if (!tls.certificate.empty()) {
    SSL_use_certificate_file(native, tls.certificate.c_str(), SSL_FILETYPE_PEM);
    SSL_use_PrivateKey_file(native, tls.key.c_str(), SSL_FILETYPE_PEM);
  }
  if (tls.max_version != 0) {
    SSL_set_security_level(native, 0);
    SSL_set_min_proto_version(native, TLS1_VERSION);
    SSL_set_max_proto_version(native, tls.max_version);
  }
  if (!tls.ciphers.empty()) SSL_set_cipher_list(native, tls.ciphers.c_str());
  stream_.next_layer().connect({asio::ip::address_v4::loopback(), port});
  stream_.next_layer().set_option(asio::ip::tcp::no_delay(true));
  if (!tls.preamble.empty()) asio::write(stream_.next_layer(), asio::buffer(tls.preamble));
  stream_.handshake(asio::ssl::stream_base::client);
}

std::string HttpClient::tls_version() { return SSL_get_version(stream_.native_handle()); }

int HttpClient::server_key_type() {
  X509* certificate = SSL_get0_peer_certificate(stream_.native_handle());
  return EVP_PKEY_base_id(X509_get0_pubkey(certificate));
}

HttpClient::~HttpClient() { close(); }

void HttpClient::send(std::string_view bytes) {
  error_code ignored;  // a server may close before it has read everything
  if (tls_) {
    asio::write(stream_, asio::buffer(bytes), ignored);
  } else {
    asio::write(stream_.next_layer(), asio::buffer(bytes), ignored);
  }
}

std::size_t HttpClient::read_some() {
  std::array<char, 16384> chunk;
  error_code error;
  std::size_t bytes = 0;
  if (tls_) {
    bytes = stream_.read_some(asio::buffer(chunk), error);
  } else {
    bytes = stream_.next_layer().read_some(asio::buffer(chunk), error);
  }
  buffer_.append(chunk.data(), bytes);
  return error ? 0 : bytes;
}

HttpAnswer HttpClient::receive() {
  HttpAnswer answer;
  std::size_t end = std::string::npos;
  while ((end = buffer_.find("\r\n\r\n")) == std::string::npos) {
    if (read_some() == 0) return answer;
  }
  answer.head = buffer_.substr(0, end + 2);
  buffer_.erase(0, end + 4);
  answer.status = static_cast<unsigned>(std::stoul(answer.head.substr(9, 3)));
  const auto length_text = answer.field("Content-Length");
  const std::size_t length = length_text.empty() ? 0 : std::stoul(length_text);
  while (buffer_.size() < length) {
    if (read_some() == 0) break;
  }
  answer.body = buffer_.substr(0, length);
  buffer_.erase(0, length);
  return answer;
}

std::string post_text(std::string_view body, std::string_view fields) {
  std::string text = "POST /acs HTTP/1.1\r\nHost: acs\r\n";
  text.append(fields);
  text.append("Content-Length: ").append(std::to_string(body.size())).append("\r\n\r\n");
  text.append(body);
  return text;
}

HttpAnswer HttpClient::post(std::string_view body, std::string_view fields) {
  send(post_text(body, fields));
  return receive();
}

bool HttpClient::closed() { return buffer_.empty() && read_some() == 0 && buffer_.empty(); }

void HttpClient::finish() {
  error_code ignored;
  stream_.next_layer().shutdown(asio::ip::tcp::socket::shutdown_send, ignored);
}

void HttpClient::close() {
  error_code ignored;
  stream_.next_layer().close(ignored);
}

}  // namespace support
