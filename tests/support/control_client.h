// A client of the control API for tests: real stubs, answers as values, a deadline on every call.
#pragma once

#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>

#include <chrono>
#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <thread>
#include <utility>

#include "proto/bridge/v1/device.grpc.pb.h"
#include "proto/bridge/v1/operation.grpc.pb.h"
#include "proto/bridge/v1/parameter.grpc.pb.h"
#include "proto/bridge/v1/watch.grpc.pb.h"
#include "tests/support/mailbox.h"

namespace support {

namespace v1 = bridge::v1;

template <class Response>
struct Answer {
  grpc::Status status;
  Response value;

  bool ok() const { return status.ok(); }
  grpc::StatusCode code() const { return status.error_code(); }
  std::string text() const { return status.error_message(); }
};

template <class Response>
std::ostream& operator<<(std::ostream& out, const Answer<Response>& answer) {
  return out << "code " << answer.code() << " \"" << answer.text() << "\" "
             << answer.value.ShortDebugString();
}

/// A Watch call under way. Events wait in a mailbox, heartbeats do not.
class Watching {
 public:
  /// Watches when it returns.
  Watching(v1::WatchService::Stub& stub, const std::string& device) {
    v1::WatchRequest request;
    request.set_device(device);
    stream_ = stub.Watch(&context_, request);
    stream_->WaitForInitialMetadata();
    reader_ = std::thread([this] {
      v1::WatchEvent event;
      while (stream_->Read(&event)) {
        if (!event.has_heartbeat()) events_.put(event);
      }
      ended_.put(stream_->Finish());
    });
  }
  ~Watching() {
    context_.TryCancel();
    reader_.join();
  }
  Watching(const Watching&) = delete;
  Watching& operator=(const Watching&) = delete;

  /// The next event that `wanted` takes; those before it are dropped.
  template <class Wanted>
  std::optional<v1::WatchEvent> wait_for(Wanted wanted) {
    while (auto event = events_.take()) {
      if (wanted(*event)) return event;
    }
    return std::nullopt;
  }
  std::size_t waiting() const { return events_.size(); }

  /// Goes away.
  void cancel() { context_.TryCancel(); }
  /// How the call ended.
  std::optional<grpc::Status> end() { return ended_.take(); }

 private:
  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientReader<v1::WatchEvent>> stream_;
  Mailbox<v1::WatchEvent> events_;
  Mailbox<grpc::Status> ended_;
  std::thread reader_;
};

class ControlClient {
 public:
  static constexpr std::chrono::seconds kLimit{30};

  explicit ControlClient(int port)
      : channel_(grpc::CreateCustomChannel("127.0.0.1:" + std::to_string(port),
                                           grpc::InsecureChannelCredentials(), own_connection())),
        devices_(v1::DeviceService::NewStub(channel_)),
        parameters_(v1::ParameterService::NewStub(channel_)),
        operations_(v1::OperationService::NewStub(channel_)),
        watch_(v1::WatchService::NewStub(channel_)) {}

  const std::shared_ptr<grpc::Channel>& channel() { return channel_; }

  using Limit = std::chrono::milliseconds;

  // ---- devices
  Answer<v1::Device> device(const std::string& name) {
    v1::GetDeviceRequest request;
    request.set_name(name);
    return call(*devices_, &v1::DeviceService::Stub::GetDevice, request);
  }
  Answer<v1::ListDevicesResponse> devices(std::int32_t page_size = 0,
                                          const std::string& page_token = {}) {
    v1::ListDevicesRequest request;
    request.set_page_size(page_size);
    request.set_page_token(page_token);
    return call(*devices_, &v1::DeviceService::Stub::ListDevices, request);
  }
  Answer<google::protobuf::Empty> forget(const std::string& name) {
    v1::DeleteDeviceRequest request;
    request.set_name(name);
    return call(*devices_, &v1::DeviceService::Stub::DeleteDevice, request);
  }

  // ---- parameters
  using Values = std::vector<std::pair<std::string, std::string>>;

  Answer<v1::GetParametersResponse> get(const std::string& device,
                                        const std::vector<std::string>& paths) {
    v1::GetParametersRequest request;
    request.set_device(device);
    request.mutable_paths()->Assign(paths.begin(), paths.end());
    return get(request);
  }
  Answer<v1::GetParametersResponse> get(const v1::GetParametersRequest& request) {
    return call(*parameters_, &v1::ParameterService::Stub::GetParameters, request);
  }
  static v1::SetParametersRequest set_request(const std::string& device, const Values& values) {
    v1::SetParametersRequest request;
    request.set_device(device);
    for (const auto& [path, value] : values) {
      auto* parameter = request.add_parameters();
      parameter->set_path(path);
      parameter->set_value(value);
    }
    return request;
  }
  Answer<v1::SetParametersResponse> set(const std::string& device, const Values& values,
                                        Limit limit = kLimit) {
    return set(set_request(device, values), limit);
  }
  Answer<v1::SetParametersResponse> set(const v1::SetParametersRequest& request,
                                        Limit limit = kLimit) {
    return call(*parameters_, &v1::ParameterService::Stub::SetParameters, request, limit);
  }
  Answer<v1::AddObjectResponse> add(const std::string& device, const std::string& table,
                                    const Values& values = {}) {
    v1::AddObjectRequest request;
    request.set_device(device);
    request.set_table(table);
    for (const auto& [name, value] : values) (*request.mutable_parameters())[name] = value;
    return call(*parameters_, &v1::ParameterService::Stub::AddObject, request);
  }
  Answer<google::protobuf::Empty> remove(const std::string& device, const std::string& path) {
    v1::DeleteObjectRequest request;
    request.set_device(device);
    request.set_path(path);
    return call(*parameters_, &v1::ParameterService::Stub::DeleteObject, request);
  }

  // ---- operations
  static v1::StartCommandRequest start_request(const std::string& device,
                                               const std::string& command,
                                               const Values& input = {}) {
    v1::StartCommandRequest request;
    request.set_device(device);
    request.set_command(command);
    for (const auto& [name, value] : input) (*request.mutable_input())[name] = value;
    return request;
  }
  Answer<v1::Operation> start(const v1::StartCommandRequest& request, Limit limit = kLimit) {
    return call(*operations_, &v1::OperationService::Stub::StartCommand, request, limit);
  }
  Answer<v1::Operation> start(const std::string& device, const std::string& command,
                              const Values& input = {}) {
    return start(start_request(device, command, input));
  }
  Answer<v1::Operation> operation(const std::string& name) {
    v1::GetOperationRequest request;
    request.set_name(name);
    return call(*operations_, &v1::OperationService::Stub::GetOperation, request);
  }
  Answer<v1::ListOperationsResponse> operations(const std::string& device,
                                                std::int32_t page_size = 0,
                                                const std::string& page_token = {},
                                                const std::string& filter = {}) {
    v1::ListOperationsRequest request;
    request.set_device(device);
    request.set_filter(filter);
    request.set_page_size(page_size);
    request.set_page_token(page_token);
    return call(*operations_, &v1::OperationService::Stub::ListOperations, request);
  }
  Answer<v1::Operation> cancel(const std::string& name) {
    v1::CancelOperationRequest request;
    request.set_name(name);
    return call(*operations_, &v1::OperationService::Stub::CancelOperation, request);
  }
  Answer<v1::Operation> wait(const std::string& name, Limit limit = kLimit) {
    v1::WaitOperationRequest request;
    request.set_name(name);
    return wait(request, limit);
  }
  Answer<v1::Operation> wait(const v1::WaitOperationRequest& request, Limit limit = kLimit) {
    return call(*operations_, &v1::OperationService::Stub::WaitOperation, request, limit);
  }

  std::unique_ptr<Watching> watch(const std::string& device = {}) {
    return std::make_unique<Watching>(*watch_, device);
  }

  // ---- services that have no stubs here
  /// Sends `request` and gives back the bytes of the first answer; empty when there was none.
  std::string raw(const std::string& method, const std::string& request) {
    grpc::GenericStub stub(channel_);
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + kLimit);
    grpc::CompletionQueue queue;
    auto next = [&queue] {
      void* tag = nullptr;
      bool good = false;
      return queue.Next(&tag, &good) && good;
    };
    grpc::Slice bytes(request);
    grpc::ByteBuffer out(&bytes, 1);
    grpc::ByteBuffer in;
    auto stream = stub.PrepareCall(&context, method, &queue);
    stream->StartCall(nullptr);
    std::string answer;
    if (next()) {
      stream->WriteLast(out, {}, nullptr);
      next();
      stream->Read(&in, nullptr);
      grpc::Slice whole;
      if (next() && in.DumpToSingleSlice(&whole).ok()) {
        answer.assign(reinterpret_cast<const char*>(whole.begin()), whole.size());
      }
    }
    grpc::Status status;
    context.TryCancel();
    stream->Finish(&status, nullptr);
    next();
    return answer;
  }

 private:
  /// Clients of one process share connections otherwise, to whatever listened on the port before.
  static grpc::ChannelArguments own_connection() {
    grpc::ChannelArguments arguments;
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    return arguments;
  }

  template <class Stub, class Request, class Response>
  Answer<Response> call(Stub& stub,
                        grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&,
                                                     Response*),
                        const Request& request, Limit limit = kLimit) {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + limit);
    Answer<Response> answer;
    answer.status = (stub.*method)(&context, request, &answer.value);
    return answer;
  }

  std::shared_ptr<grpc::Channel> channel_;
  std::unique_ptr<v1::DeviceService::Stub> devices_;
  std::unique_ptr<v1::ParameterService::Stub> parameters_;
  std::unique_ptr<v1::OperationService::Stub> operations_;
  std::unique_ptr<v1::WatchService::Stub> watch_;
};

}  // namespace support
