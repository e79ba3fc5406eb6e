// A cwmp::Server on a free port of the loopback, with two threads, and what a CPE would send it.
#pragma once

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "cwmp/server.h"
#include "cwmp/soap.h"
#include "tests/support/fake_handler.h"
#include "tests/support/http_client.h"

namespace support {

/// Keeps the reports of the server.
class RecordingObserver final : public cwmp::ServerObserver {
 public:
  Mailbox<cwmp::SessionReport> sessions;
  Mailbox<cwmp::RejectionReport> rejections;

  void on_session_end(const cwmp::SessionReport& report) override { sessions.put(report); }
  void on_rejected(const cwmp::RejectionReport& report) override { rejections.put(report); }
};

/// Change `options` and `handler`, then start(). Stops the server at the end.
class Acs {
 public:
  Acs() : work_(boost::asio::make_work_guard(io_)) {
    options.address = "127.0.0.1";
    options.port = 0;
    options.auth.reset();
  }
  ~Acs() {
    if (!threads_.empty() && !stopped_) stop(std::chrono::milliseconds(0));
    work_.reset();
    for (auto& thread : threads_) thread.join();
  }
  Acs(const Acs&) = delete;
  Acs& operator=(const Acs&) = delete;

  void start() {
    server_ = std::make_unique<cwmp::Server>(io_.get_executor(), options, handler, &observer);
    server_->start();
    for (int i = 0; i < 2; ++i) threads_.emplace_back([this] { io_.run(); });
  }
  std::future<void> begin_stop(std::chrono::milliseconds drain) {
    stopped_ = true;
    return boost::asio::co_spawn(io_, server_->stop(drain), boost::asio::use_future);
  }
  void stop(std::chrono::milliseconds drain) { begin_stop(drain).get(); }

  /// Waits until no session is open: a session is counted until just after its end was told.
  bool no_session_left() {
    const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (server_->open_sessions() > 0) {
      if (std::chrono::steady_clock::now() > give_up) return false;
      std::this_thread::yield();
    }
    return true;
  }

  HttpClient connect() { return HttpClient(server_->port(), options.tls.has_value()); }
  cwmp::Server& server() { return *server_; }

  cwmp::ServerOptions options;
  FakeHandler handler;
  RecordingObserver observer;

 private:
  boost::asio::io_context io_;
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
  std::unique_ptr<cwmp::Server> server_;
  std::vector<std::thread> threads_;
  bool stopped_ = false;
};

inline std::string envelope_text(cwmp::Message body, std::string id = "1") {
  cwmp::Envelope envelope;
  envelope.header.id = std::move(id);
  envelope.body = std::move(body);
  return cwmp::encode(envelope);
}

inline std::string inform_text(std::string serial_number = "S1", std::string event = "2 PERIODIC") {
  cwmp::Inform inform;
  inform.device_id.manufacturer = "Maker";
  inform.device_id.oui = "00D09E";
  inform.device_id.product_class = "Box";
  inform.device_id.serial_number = std::move(serial_number);
  inform.events.push_back({std::move(event), ""});
  inform.parameters.push_back({"Device.DeviceInfo.SoftwareVersion", "1.0", "string"});
  return envelope_text(inform);
}

/// The message in an answer; fails the test's expectations with UnknownRequest when there is none.
inline cwmp::Message message_in(const HttpAnswer& answer) {
  auto envelope = cwmp::decode(answer.body);
  if (!envelope) return cwmp::UnknownRequest{"(no envelope)"};
  return envelope->body;
}

/// Answers whatever RPC is in `answer` with `response`.
inline std::string response_text(const HttpAnswer& answer, cwmp::Message response) {
  auto envelope = cwmp::decode(answer.body);
  return envelope_text(std::move(response), envelope ? envelope->header.id.value_or("") : "");
}

inline std::string cookie_field(const HttpAnswer& answer) {
  return "Cookie: " + answer.cookie() + "\r\n";
}

/// An RPC, and an answer to it.
inline cwmp::GetParameterValues read_version() { return {{"Device.DeviceInfo.SoftwareVersion"}}; }

inline cwmp::GetParameterValuesResponse version_is(std::string value) {
  cwmp::GetParameterValuesResponse response;
  response.parameters.push_back({"Device.DeviceInfo.SoftwareVersion", std::move(value), "string"});
  return response;
}

}  // namespace support
