#include "bridge/admin.h"

#include <gmock/gmock.h>

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <thread>

namespace bridge {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using asio::ip::tcp;
using testing::HasSubstr;
using testing::StartsWith;

class AdminTest : public testing::Test {
 protected:
  AdminTest() {
    AdminServer::Options options;
    options.metrics = [] { return std::string("m 1\n"); };
    options.not_ready = [this] { return reasons_; };
    server_ = AdminServer::start(io_.get_executor(), options).value();
    for (int i = 0; i < 2; ++i) threads_.emplace_back([this] { io_.run(); });
  }
  ~AdminTest() override {
    server_.reset();
    for (std::thread& thread : threads_) thread.join();  // ends only when nothing is left to do
  }

  tcp::socket connect() {
    tcp::socket socket(client_io_);
    socket.connect({asio::ip::address_v4::loopback(), server_->port()});
    return socket;
  }

  http::response<http::string_body> ask(tcp::socket& socket, http::verb method,
                                        const std::string& target) {
    http::request<http::empty_body> request(method, target, 11);
    request.set(http::field::host, "localhost");
    http::write(socket, request);
    beast::flat_buffer buffer;
    http::response_parser<http::string_body> parser;
    parser.skip(method == http::verb::head);
    http::read(socket, buffer, parser);
    return parser.release();
  }
  http::response<http::string_body> ask(http::verb method, const std::string& target) {
    tcp::socket socket = connect();
    return ask(socket, method, target);
  }

  std::vector<std::string> reasons_;
  asio::io_context io_;
  asio::io_context client_io_;
  std::unique_ptr<AdminServer> server_;
  std::vector<std::thread> threads_;
};

TEST_F(AdminTest, ServesMetricsAsPrometheusText) {
  const auto response = ask(http::verb::get, "/metrics?x=1");
  EXPECT_EQ(response.result(), http::status::ok);
  EXPECT_EQ(response.body(), "m 1\n");
  EXPECT_THAT(std::string(response[http::field::content_type]), HasSubstr("version=0.0.4"));
}

TEST_F(AdminTest, IsAliveEvenWhenItIsNotReady) {
  reasons_ = {"mqtt: not connected"};
  EXPECT_EQ(ask(http::verb::get, "/healthz").result(), http::status::ok);
}

TEST_F(AdminTest, SaysWhyItIsNotReady) {
  EXPECT_EQ(ask(http::verb::get, "/readyz").body(), "{\"ready\":true,\"reasons\":[]}\n");
  reasons_ = {"mqtt: not connected", "a \"quote\"\n"};
  const auto response = ask(http::verb::get, "/readyz");
  EXPECT_EQ(response.result(), http::status::service_unavailable);
  EXPECT_EQ(response.body(),
            "{\"ready\":false,\"reasons\":[\"mqtt: not connected\",\"a \\\"quote\\\"\\u000a\"]}\n");
}

TEST_F(AdminTest, AnswersHeadWithoutABody) {
  const auto response = ask(http::verb::head, "/metrics");
  EXPECT_EQ(response.result(), http::status::ok);
  EXPECT_EQ(response[http::field::content_length], "4");
}

TEST_F(AdminTest, RefusesOtherPathsAndMethods) {
  EXPECT_EQ(ask(http::verb::get, "/").result(), http::status::not_found);
  EXPECT_EQ(ask(http::verb::get, "/metrics/x").result(), http::status::not_found);
  const auto response = ask(http::verb::delete_, "/metrics");
  EXPECT_EQ(response.result(), http::status::method_not_allowed);
  EXPECT_EQ(response[http::field::allow], "GET, HEAD");
}

TEST_F(AdminTest, KeepsTheConnectionOpen) {
  tcp::socket socket = connect();
  EXPECT_EQ(ask(socket, http::verb::get, "/healthz").result(), http::status::ok);
  EXPECT_EQ(ask(socket, http::verb::get, "/nothing").result(), http::status::not_found);
  EXPECT_EQ(ask(socket, http::verb::head, "/healthz").result(), http::status::ok);
  EXPECT_EQ(ask(socket, http::verb::get, "/healthz").result(), http::status::ok);
}

TEST_F(AdminTest, ClosesAConnectionThatSendsNonsenseOrTooMuch) {
  for (const std::string& bytes :
       {std::string("nonsense\r\n\r\n"), "GET /healthz HTTP/1.1\r\nX: " + std::string(9000, 'x')}) {
    tcp::socket socket = connect();
    boost::system::error_code error;
    asio::write(socket, asio::buffer(bytes), error);
    char byte = 0;
    asio::read(socket, asio::buffer(&byte, 1), error);
    EXPECT_TRUE(error);
  }
  EXPECT_EQ(ask(http::verb::get, "/healthz").result(), http::status::ok);
}

TEST_F(AdminTest, ClosesItsConnectionsWhenItStops) {
  tcp::socket socket = connect();
  ASSERT_EQ(ask(socket, http::verb::get, "/healthz").result(), http::status::ok);
  server_->stop();
  server_->stop();
  char byte = 0;
  boost::system::error_code error;
  asio::read(socket, asio::buffer(&byte, 1), error);
  EXPECT_TRUE(error);
}

TEST_F(AdminTest, SaysThatAPortIsTakenOrAnAddressIsNone) {
  AdminServer::Options taken;
  taken.port = server_->port();
  const auto second = AdminServer::start(io_.get_executor(), taken);
  ASSERT_FALSE(second);
  EXPECT_THAT(second.error().text, StartsWith("admin: 127.0.0.1:"));
  AdminServer::Options nowhere;
  nowhere.listen = "localhost";
  EXPECT_EQ(AdminServer::start(io_.get_executor(), nowhere).error().kind, ErrorKind::kInvalid);
}

}  // namespace
}  // namespace bridge
