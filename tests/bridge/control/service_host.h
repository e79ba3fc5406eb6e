// One service of the control API on a connection of its own.
#pragma once

#include <grpcpp/grpcpp.h>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <memory>
#include <thread>
#include <utility>
#include <vector>

#include "bridge/control/door.h"

namespace bridge::control {

/// The threads that calls run on, and the door. What is served must have been stopped, and the
/// server be gone, before this goes.
class ServiceHost {
 public:
  explicit ServiceHost(Backend& backend, Door::Options options = {})
      : door_(std::make_shared<Door>(io_.get_executor(), backend, std::move(options))) {
    for (int i = 0; i < 2; ++i) threads_.emplace_back([this] { io_.run(); });
  }
  ~ServiceHost() {
    io_.stop();
    for (std::thread& thread : threads_) thread.join();
  }
  ServiceHost(const ServiceHost&) = delete;
  ServiceHost& operator=(const ServiceHost&) = delete;

  Door& door() { return *door_; }
  boost::asio::any_io_executor executor() { return io_.get_executor(); }

 private:
  boost::asio::io_context io_;
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_ =
      boost::asio::make_work_guard(io_);
  std::vector<std::thread> threads_;
  std::shared_ptr<Door> door_;
};

/// A server of `service`, and a channel to it.
class Serving {
 public:
  explicit Serving(grpc::Service& service) {
    grpc::ServerBuilder builder;
    int port = 0;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
    builder.RegisterService(&service);
    server_ = builder.BuildAndStart();
    grpc::ChannelArguments own;
    own.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    channel_ = grpc::CreateCustomChannel("127.0.0.1:" + std::to_string(port),
                                         grpc::InsecureChannelCredentials(), own);
  }
  ~Serving() { stop(); }

  const std::shared_ptr<grpc::Channel>& channel() const { return channel_; }
  void stop() {
    server_->Shutdown(std::chrono::system_clock::now());
    server_->Wait();
  }

 private:
  std::unique_ptr<grpc::Server> server_;
  std::shared_ptr<grpc::Channel> channel_;
};

}  // namespace bridge::control
