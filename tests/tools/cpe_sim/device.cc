#include "tests/tools/cpe_sim/device.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <chrono>
#include <random>
#include <sstream>

#include "cwmp/auth.h"
#include "cwmp/soap.h"
#include "cwmp/value.h"

namespace cpe_sim {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;

namespace {

constexpr auto kNoThrow = asio::as_tuple(asio::use_awaitable);
constexpr double kRebootSeconds = 1.0;
constexpr double kDiagnosticSeconds = 1.0;
constexpr double kLongestRetrySeconds = 320;

double random_between(double least, double most) {
  thread_local std::mt19937 random(std::random_device{}());
  return std::uniform_real_distribution<double>(least, most)(random);
}

std::string now_text() {
  return cwmp::format_datetime(
      std::chrono::time_point_cast<std::chrono::seconds>(std::chrono::system_clock::now()));
}

/// What an ACS message is to a CPE: an RPC, or nullopt.
std::optional<cwmp::AcsRequest> to_request(const cwmp::Message& message) {
  return std::visit(
      [](const auto& body) -> std::optional<cwmp::AcsRequest> {
        using Body = std::decay_t<decltype(body)>;
        if constexpr (std::is_constructible_v<cwmp::AcsRequest, const Body&>) {
          return cwmp::AcsRequest(body);
        } else {
          return std::nullopt;
        }
      },
      message);
}

}  // namespace

std::string json_text(std::string_view text) {
  std::string out = "\"";
  for (char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    if (static_cast<unsigned char>(c) < 0x20) {
      out += ' ';
    } else {
      out += c;
    }
  }
  return out + "\"";
}

SimulatedDevice::SimulatedDevice(asio::any_io_executor executor, std::shared_ptr<const Model> model,
                                 cwmp::DeviceId id, DeviceOptions options)
    : strand_(asio::make_strand(executor)),
      cpe_(std::move(model), std::move(id)),
      serial_(cpe_.id().serial_number),
      options_(std::move(options)),
      timer_(strand_) {}

std::chrono::milliseconds SimulatedDevice::scaled(double seconds) const {
  return std::chrono::milliseconds(static_cast<std::int64_t>(seconds * options_.time_scale * 1000));
}

void SimulatedDevice::emit(const std::string& event, const std::string& more) {
  if (!options_.on_event) return;
  options_.on_event("{\"event\":" + json_text(event) + ",\"device\":" + json_text(serial_) +
                    (more.empty() ? "" : "," + more) + "}");
}

void SimulatedDevice::open_listener() {
  using asio::ip::tcp;
  tcp::endpoint endpoint(asio::ip::address_v4::loopback(), options_.listen_port);
  acceptor_ = std::make_unique<tcp::acceptor>(strand_, endpoint);
  listen_path_ = "/" + std::to_string(std::random_device{}());
  cpe_.set_silently(
      cpe_.root() + "ManagementServer.ConnectionRequestURL",
      "http://127.0.0.1:" + std::to_string(acceptor_->local_endpoint().port()) + listen_path_);
  auto listening = listen();
  asio::co_spawn(strand_, std::move(listening), asio::detached);
}

void SimulatedDevice::start() {
  auto self = shared_from_this();
  asio::post(strand_, [self] {
    if (self->options_.connection_request) self->open_listener();
    self->cpe_.raise("0 BOOTSTRAP");
    self->cpe_.raise("1 BOOT");
    self->wanted_ = true;
    auto running = self->run();
    asio::co_spawn(self->strand_, std::move(running), asio::detached);
  });
}

void SimulatedDevice::wake() {
  wanted_ = true;
  timer_.cancel();
}

asio::awaitable<void> SimulatedDevice::run() {
  auto self = shared_from_this();
  for (;;) {
    if (!wanted_ || asleep_) {
      bool periodic = cwmp::parse_boolean(cpe_.management("PeriodicInformEnable")).value_or(false);
      auto interval = cwmp::parse_unsigned(cpe_.management("PeriodicInformInterval"));
      if (options_.periodic_interval_s > 0) {
        periodic = true;
        interval = options_.periodic_interval_s;
      }
      if (periodic && interval && *interval > 0 && !asleep_) {
        timer_.expires_after(scaled(*interval));
      } else {
        timer_.expires_at(std::chrono::steady_clock::time_point::max());
      }
      auto [cancelled] = co_await timer_.async_wait(kNoThrow);
      if (asleep_) continue;
      if (!cancelled) cpe_.raise("2 PERIODIC");
      if (cancelled && !wanted_) continue;
    }
    wanted_ = false;
    bool good = co_await session();
    if (good) {
      retries_ = 0;
      continue;
    }
    ++retries_;
    double least = std::min(5.0 * static_cast<double>(1U << std::min(retries_ - 1, 6U)),
                            kLongestRetrySeconds / 2);
    timer_.expires_after(scaled(random_between(least, least * 2)));
    co_await timer_.async_wait(kNoThrow);
    wanted_ = true;
  }
}

asio::awaitable<bool> SimulatedDevice::session() {
  emit("session_begin");
  HttpSession http_session(strand_, options_.acs);
  bool good = co_await converse(http_session);
  http_session.close();
  emit("session_end", std::string("\"ok\":") + (good ? "true" : "false"));
  co_return good;
}

asio::awaitable<bool> SimulatedDevice::converse(HttpSession& http_session) {
  cwmp::Envelope out;
  unsigned id = 1;
  out.header.id = std::to_string(id);
  out.body = cpe_.inform(retries_, now_text());
  std::string text = cwmp::encode(out);
  HttpAnswer answer = co_await http_session.post(text);
  if (answer.status != 200) {
    emit("refused", "\"status\":" + std::to_string(answer.status));
    co_return false;
  }
  auto envelope = cwmp::decode(answer.body);
  if (!envelope || !std::holds_alternative<cwmp::InformResponse>(envelope->body)) co_return false;
  cpe_.informed();
  while (!cpe_.transfers().empty()) {
    out.header.id = std::to_string(++id);
    out.body = cpe_.transfers().front();
    text = cwmp::encode(out);
    answer = co_await http_session.post(text);
    if (answer.status != 200) co_return false;
    cpe_.transfers().pop_front();
  }
  Effects effects;
  answer = co_await http_session.post("");
  while (answer.status == 200 && !answer.body.empty()) {
    envelope = cwmp::decode(answer.body);
    if (!envelope) co_return false;
    auto request = to_request(envelope->body);
    out.header.id = envelope->header.id;
    if (!request) {
      out.body = cwmp::Fault{cwmp::FaultCode::kMethodNotSupported, "Method not supported", {}};
    } else {
      emit("rpc", "\"method\":" + json_text(cwmp::method_name(*request)));
      out.body = cwmp::to_message(cpe_.handle(*request, effects));
    }
    if (effects.drop) {
      emit("dropped");
      co_return false;
    }
    if (effects.empty) {
      effects.empty = false;
      text.clear();
    } else {
      text = cwmp::encode(out);
    }
    answer = co_await http_session.post(text);
  }
  bool good = answer.status == 204 || answer.status == 200;
  auto acting = act(std::move(effects));
  asio::co_spawn(strand_, std::move(acting), asio::detached);
  co_return good;
}

asio::awaitable<void> SimulatedDevice::act(Effects effects) {
  auto self = shared_from_this();
  if (effects.inform_in_s) {
    asio::steady_timer wait(strand_, scaled(*effects.inform_in_s));
    co_await wait.async_wait(kNoThrow);
    cpe_.raise("3 SCHEDULED");
    wake();
  }
  if (!effects.diagnostics.empty()) {
    asio::steady_timer wait(strand_, scaled(kDiagnosticSeconds));
    co_await wait.async_wait(kNoThrow);
    cpe_.finish_diagnostics(effects.diagnostics);
    wake();
  }
  if (effects.download) {
    auto transfer = do_transfer(effects.download->url, effects.download->command_key, true,
                                effects.download->file_type);
    co_await std::move(transfer);
  }
  if (effects.upload) {
    auto transfer = do_transfer(effects.upload->url, effects.upload->command_key, false,
                                effects.upload->file_type);
    co_await std::move(transfer);
  }
  if (effects.reboot || effects.factory_reset) {
    emit("reboot");
    asleep_ = true;
    asio::steady_timer wait(strand_, scaled(kRebootSeconds));
    co_await wait.async_wait(kNoThrow);
    asleep_ = false;
    if (effects.factory_reset) {
      cpe_.factory_reset();
      cpe_.raise("0 BOOTSTRAP");
    }
    cpe_.raise("1 BOOT");
    wake();
  }
}

asio::awaitable<void> SimulatedDevice::do_transfer(std::string url, std::string command_key,
                                                   bool download, std::string file_type) {
  std::string began = now_text();
  HttpAnswer got;
  if (download) got = co_await HttpSession::get(strand_, url);
  cwmp::TransferComplete complete;
  complete.command_key = command_key;
  complete.start_time = began;
  complete.complete_time = now_text();
  if (download && got.status != 200) {
    complete.fault = {9010, "the file could not be fetched"};
  } else if (!download) {
    complete.fault = {9011, "uploads are not kept"};
  }
  if (download && got.status == 200 && file_type.starts_with("1 ")) {
    cpe_.set_silently(cpe_.root() + "DeviceInfo.SoftwareVersion",
                      cpe_.value(cpe_.root() + "DeviceInfo.SoftwareVersion") + ".1");
    cpe_.raise("1 BOOT");
  }
  cpe_.transfers().push_back(complete);
  cpe_.raise("7 TRANSFER COMPLETE");
  cpe_.raise(download ? "M Download" : "M Upload", command_key);
  wake();
}

// ---- connection requests

asio::awaitable<void> SimulatedDevice::listen() {
  auto self = shared_from_this();
  for (;;) {
    auto [error, socket] = co_await acceptor_->async_accept(kNoThrow);
    if (error) co_return;
    if (asleep_) continue;  // closed without an answer
    auto answering = answer_connection_request(std::move(socket));
    asio::co_spawn(strand_, std::move(answering), asio::detached);
  }
}

asio::awaitable<void> SimulatedDevice::answer_connection_request(asio::ip::tcp::socket socket) {
  auto self = shared_from_this();
  beast::tcp_stream stream(std::move(socket));
  beast::flat_buffer buffer;
  std::string nonce = std::to_string(std::random_device{}());
  for (int turn = 0; turn < 3; ++turn) {
    http::request<http::empty_body> request;
    stream.expires_after(std::chrono::seconds(10));
    auto [error, read] = co_await http::async_read(stream, buffer, request, kNoThrow);
    if (error) co_return;
    std::string header(request[http::field::authorization]);
    bool good = false;
    auto credentials = cwmp::parse_authorization(header);
    if (credentials) {
      const auto* digest = std::get_if<cwmp::DigestCredentials>(&*credentials);
      good = digest != nullptr && digest->nonce == nonce &&
             digest->username == cpe_.management("ConnectionRequestUsername") &&
             cwmp::password_matches(*digest, "GET", cpe_.management("ConnectionRequestPassword"));
    }
    http::response<http::empty_body> response(http::status::ok, 11);
    if (request.target() != listen_path_) {
      response.result(http::status::not_found);
    } else if (!good) {
      response.result(http::status::unauthorized);
      response.set(http::field::www_authenticate,
                   "Digest realm=\"cpe\", nonce=\"" + nonce + "\", qop=\"auth\", algorithm=MD5");
    }
    response.content_length(0);
    auto [write_error, written] = co_await http::async_write(stream, response, kNoThrow);
    if (write_error) co_return;
    if (response.result() == http::status::ok) {
      emit("connection_request");
      cpe_.raise("6 CONNECTION REQUEST");
      wake();
      co_return;
    }
  }
}

// ---- the operator

void SimulatedDevice::command(std::string line, std::function<void(std::string)> done) {
  auto self = shared_from_this();
  asio::post(strand_,
             [self, line = std::move(line), done = std::move(done)] { done(self->execute(line)); });
}

std::string SimulatedDevice::execute(const std::string& line) {
  std::istringstream words(line);
  std::string verb;
  std::string path;
  words >> verb >> path;
  std::string rest;
  std::getline(words >> std::ws, rest);
  if (verb == "get") {
    auto param = cpe_.find(path);
    return param ? "ok " + param->value : "error no such parameter";
  }
  if (verb == "set") {
    if (!cpe_.find(path)) return "error no such parameter";
    if (cpe_.change(path, rest)) wake();
    return "ok";
  }
  if (verb == "add") {
    std::uint32_t number = cpe_.add_row(path);
    return number == 0 ? "error no such table" : "ok " + std::to_string(number);
  }
  if (verb == "delete") return cpe_.delete_row(path) ? "ok" : "error no such object";
  if (verb == "inform") {
    cpe_.raise(rest.empty() ? path : path + " " + rest);
    wake();
    return "ok";
  }
  if (verb == "reboot") {
    Effects effects;
    effects.reboot = true;
    auto acting = act(effects);
    asio::co_spawn(strand_, std::move(acting), asio::detached);
    return "ok";
  }
  if (verb == "sleep" || verb == "wake") {
    asleep_ = verb == "sleep";
    if (!asleep_) wake();
    return "ok";
  }
  if (verb == "status") {
    cpe_.status = static_cast<std::uint32_t>(std::stoul(path));
    return "ok";
  }
  if (verb == "fault" || verb == "drop" || verb == "dodrop" || verb == "empty") {
    Trouble trouble;
    std::istringstream numbers(rest);
    if (verb == "fault") numbers >> trouble.code;
    if (verb == "drop") trouble.kind = Trouble::Kind::kDrop;
    if (verb == "dodrop") trouble.kind = Trouble::Kind::kDoDrop;
    if (verb == "empty") trouble.kind = Trouble::Kind::kEmpty;
    if (!(numbers >> trouble.times)) trouble.times = 1;
    cpe_.set_trouble(path, trouble);
    return "ok";
  }
  return "error unknown command: " + verb;
}

}  // namespace cpe_sim
