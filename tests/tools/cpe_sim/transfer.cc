#include "tests/tools/cpe_sim/transfer.h"

#include <boost/asio/use_awaitable.hpp>
#include <random>

#include "tests/tools/cpe_sim/acs_link.h"
#include "tests/tools/cpe_sim/session.h"

namespace cpe_sim {

namespace asio = boost::asio;

namespace {

/// TransferComplete's fault for what the file server said; 0: good (TR-069 A.5.1).
std::uint32_t fault_of(const HttpReply& reply, bool is_download) {
  if (reply.error == HttpReply::Error::kUnreachable) return 9015;
  if (reply.error == HttpReply::Error::kBroken) return is_download ? 9017 : 9011;
  if (reply.status >= 200 && reply.status < 300) return 0;
  if (reply.status == 401 || reply.status == 403) return 9012;
  if (is_download && (reply.status == 404 || reply.status == 410)) return 9016;
  return is_download ? 9010 : 9011;
}

HttpRequest make_request(const Transfer& transfer, const Url& url) {
  HttpRequest request;
  request.method = transfer.is_download ? "GET" : "PUT";
  request.url = url;
  request.body = transfer.content;
  if (!transfer.is_download) {
    request.fields.emplace_back("Content-Type", "application/octet-stream");
  }
  return request;
}

}  // namespace

asio::awaitable<TransferOutcome> transfer_file(asio::any_io_executor executor, Transfer transfer,
                                               ClientOptions options) {
  TransferOutcome outcome;
  outcome.id = transfer.id;
  outcome.started = now();
  auto url = parse_url(transfer.url);
  HttpReply reply;
  reply.error = HttpReply::Error::kUnreachable;
  reply.error_text = "not a URL";
  HttpClient client(executor, std::move(options));
  bool challenged = false;
  for (int turn = 0; url && turn <= kMaxRedirects + 1; ++turn) {
    HttpRequest request = make_request(transfer, *url);
    if (challenged) {
      std::vector<cwmp::Challenge> challenges;
      for (const std::string& value : reply.challenges) {
        for (cwmp::Challenge& each : cwmp::parse_challenges(value)) {
          challenges.push_back(std::move(each));
        }
      }
      request.fields.emplace_back(
          "Authorization", answer_challenges(challenges, request.method, *url, transfer.username,
                                             transfer.password, std::random_device{}(), 1));
    }
    reply = co_await client.send(std::move(request));
    if (reply.status == 401 && !challenged && !transfer.username.empty()) {
      challenged = true;
      continue;
    }
    if (reply.status < 301 || reply.status > 308 || reply.location.empty()) break;
    url = resolve(*url, reply.location);
  }
  client.close();
  outcome.finished = now();
  outcome.fault = fault_of(reply, transfer.is_download);
  if (outcome.fault == 0) {
    outcome.content = std::move(reply.body);
  } else if (reply.status != 0) {
    outcome.text = "HTTP status " + std::to_string(reply.status);
  } else {
    outcome.text = reply.error_text;
  }
  co_return outcome;
}

}  // namespace cpe_sim
