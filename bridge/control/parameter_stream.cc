#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/strand.hpp>
#include <mutex>

#include "bridge/control/backend.h"
#include "bridge/control/call.h"
#include "bridge/control/parameter_ask.h"

namespace bridge::control {

namespace asio = boost::asio;

namespace {

constexpr int kPieceParameters = 500;  ///< some 50 KiB

/// Reads all, then sends it in pieces as fast as the client takes them.
class ParameterStream final : public grpc::ServerWriteReactor<v1::GetParametersResponse>,
                              public std::enable_shared_from_this<ParameterStream> {
 public:
  ParameterStream(std::shared_ptr<Door> door, Visit visit, v1::GetParametersRequest request)
      : door_(std::move(door)),
        visit_(std::move(visit)),
        request_(std::move(request)),
        strand_(asio::make_strand(door_->executor())) {}

  void start(std::chrono::milliseconds limit) {
    self_ = shared_from_this();
    auto done = [self = self_](const std::exception_ptr&) {};
    auto running = run(self_, limit);
    asio::co_spawn(strand_, std::move(running),
                   asio::bind_cancellation_slot(gone_.slot(), std::move(done)));
  }

  void OnWriteDone(bool ok) override {
    std::lock_guard lock(mutex_);
    if (!ok) return end_locked(grpc::Status::CANCELLED);
    send_next_locked();
  }

  void OnCancel() override {
    auto self = shared_from_this();
    {
      std::lock_guard lock(mutex_);
      end_locked(grpc::Status::CANCELLED);
    }
    asio::post(strand_, [self] { self->gone_.emit(asio::cancellation_type::terminal); });
  }

  void OnDone() override { self_.reset(); }

 private:
  static asio::awaitable<void> run(std::shared_ptr<ParameterStream> self,
                                   std::chrono::milliseconds limit) {
    grpc::Status status;
    try {
      status =
          co_await read_parameters(*self->door_, self->visit_, self->request_, self->all_, limit);
    } catch (const std::exception& error) {
      const std::lock_guard lock(self->mutex_);
      // Work that is cancelled, since nobody waits for it, throws.
      status = self->ended_ ? grpc::Status::CANCELLED
                            : make_status(grpc::StatusCode::INTERNAL, error.what(), "INTERNAL");
    }
    self->door_->leave(self->visit_, status);
    std::lock_guard lock(self->mutex_);
    if (status.ok()) {
      self->send_next_locked();
    } else {
      self->end_locked(status);
    }
  }

  void send_next_locked() {
    if (ended_) return;
    piece_.Clear();
    piece_.mutable_errors()->Swap(all_.mutable_errors());
    const int left = all_.parameters_size() - sent_;
    const int size = std::min(left, kPieceParameters);
    for (int i = 0; i < size; ++i) {
      piece_.add_parameters()->Swap(all_.mutable_parameters(sent_ + i));
    }
    sent_ += size;
    if (size == 0 && piece_.errors_size() == 0) return end_locked(grpc::Status::OK);
    StartWrite(&piece_);
  }

  void end_locked(const grpc::Status& status) {
    if (std::exchange(ended_, true)) return;
    Finish(status);
  }

  const std::shared_ptr<Door> door_;
  const Visit visit_;
  const v1::GetParametersRequest request_;
  asio::strand<asio::any_io_executor> strand_;
  asio::cancellation_signal gone_;  ///< on the strand
  std::mutex mutex_;
  v1::GetParametersResponse all_;
  v1::GetParametersResponse piece_;
  int sent_ = 0;
  bool ended_ = false;
  std::shared_ptr<ParameterStream> self_;  ///< while gRPC uses it
};

}  // namespace

grpc::ServerWriteReactor<v1::GetParametersResponse>* stream_parameters(
    Door& door, grpc::CallbackServerContext* context, const v1::GetParametersRequest* request) {
  using Response = v1::GetParametersResponse;
  auto visit = door.enter(*context, "ParameterService/StreamParameters", request->device());
  if (!visit) return refuse_stream<Response>(visit.error());
  auto timeout = timeout_field(request->has_timeout(), request->timeout());
  if (!timeout) return refuse_stream<Response>(timeout.error());
  auto limit = call_limit(*timeout, door.backend().usual_timeout(), context->deadline(),
                          std::chrono::system_clock::now());
  auto stream =
      std::make_shared<ParameterStream>(door.shared_from_this(), *std::move(visit), *request);
  stream->start(limit);
  return stream.get();
}

}  // namespace bridge::control
