#include "tests/tools/cpe_sim/acs_link.h"

#include <openssl/evp.h>

#include <boost/asio/use_awaitable.hpp>
#include <random>

namespace cpe_sim {

namespace asio = boost::asio;

std::string basic_credentials(const std::string& username, const std::string& password) {
  const std::string plain = username + ":" + password;
  std::string coded(4 * ((plain.size() + 2) / 3) + 1, '\0');
  const int length = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(coded.data()),
                                     reinterpret_cast<const unsigned char*>(plain.data()),
                                     static_cast<int>(plain.size()));
  coded.resize(static_cast<std::size_t>(length));
  return "Basic " + coded;
}

std::string answer_challenges(const std::vector<cwmp::Challenge>& challenges,
                              const std::string& method, const Url& url,
                              const std::string& username, const std::string& password,
                              std::uint64_t random, std::uint32_t nonce_count) {
  const std::string cnonce = std::to_string(random);
  cwmp::ClientRequest request;
  request.method = method;
  request.uri = url.target;
  request.username = username;
  request.password = password;
  request.cnonce = cnonce;
  request.nc = nonce_count;
  request.allow_basic = true;
  return cwmp::authorize(challenges, request).value_or(std::string());
}

AcsLink::AcsLink(asio::any_io_executor executor, LinkOptions options)
    : client_(std::move(executor), options.client),
      options_(std::move(options)),
      cnonce_((static_cast<std::uint64_t>(std::random_device{}()) << 32) + std::random_device{}()) {
}

HttpRequest AcsLink::make_request(PostBody body, const Quirks& quirks) {
  HttpRequest request;
  request.url = options_.url;
  request.body = std::move(body.bytes);
  request.fields = std::move(body.fields);
  std::string cookies;
  for (const auto& [name, value] : cookies_) {
    cookies.append(cookies.empty() ? "" : "; ").append(name).append("=").append(value);
  }
  if (!cookies.empty() && !quirks.no_cookie) request.fields.emplace_back("Cookie", cookies);
  std::string authorization;
  if (!challenges_.empty()) {
    authorization = answer_challenges(challenges_, request.method, request.url, options_.username,
                                      options_.password, cnonce_++, ++nonce_count_);
  } else if (quirks.basic_unasked) {
    authorization = basic_credentials(options_.username, options_.password);
  }
  if (!authorization.empty()) request.fields.emplace_back("Authorization", authorization);
  if (quirks.new_connection) client_.close();
  return request;
}

void AcsLink::learn(const HttpReply& reply) {
  for (const std::string& cookie : reply.set_cookies) {
    const auto equals = cookie.find('=');
    if (equals != std::string::npos) cookies_[cookie.substr(0, equals)] = cookie.substr(equals + 1);
  }
}

asio::awaitable<HttpReply> AcsLink::post(PostBody body, Quirks quirks) {
  bool challenged = false;
  for (int redirects = 0;;) {
    HttpRequest request = make_request(body, quirks);
    HttpReply reply = co_await client_.send(std::move(request));
    learn(reply);
    if (reply.status == 401 && !challenged) {
      challenged = true;
      challenges_.clear();
      nonce_count_ = 0;
      for (const std::string& value : reply.challenges) {
        for (cwmp::Challenge& each : cwmp::parse_challenges(value)) {
          challenges_.push_back(std::move(each));
        }
      }
      if (!challenges_.empty()) continue;
    }
    if ((reply.status == 302 || reply.status == 307) && ++redirects <= kMaxRedirects) {
      const auto next = resolve(options_.url, reply.location);
      if (next) {
        options_.url = *next;
        continue;
      }
    }
    co_return reply;
  }
}

asio::awaitable<bool> AcsLink::post_and_drop(PostBody body, Quirks quirks) {
  // An Inform that is to be seen by the ACS has to get past the challenge first.
  if (challenges_.empty() && !options_.username.empty()) {
    PostBody nothing;
    HttpReply reply = co_await post(std::move(nothing), quirks);
    if (reply.status == 0) co_return false;
  }
  HttpRequest request = make_request(std::move(body), quirks);
  bool sent = co_await client_.send_and_drop(std::move(request));
  co_return sent;
}

asio::awaitable<void> AcsLink::hang(std::chrono::milliseconds limit) {
  co_await client_.wait_for_close(limit);
}

}  // namespace cpe_sim
