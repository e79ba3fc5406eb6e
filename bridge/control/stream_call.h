// How a gRPC call that answers with a stream becomes a coroutine on the bridge's threads.
#pragma once

#include <grpcpp/grpcpp.h>

#include <atomic>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/strand.hpp>
#include <memory>
#include <mutex>
#include <span>
#include <utility>

#include "bridge/control/call.h"
#include "bridge/control/door.h"
#include "bridge/control/stream_room.h"
#include "bridge/wait.h"

namespace bridge::control {

/// One such call. What derives from it writes run(); everything but the reactions of gRPC happens
/// on its strand. No more is in memory than what is being written, whatever the client's pace.
template <class Message>
class StreamCall : public grpc::ServerWriteReactor<Message>,
                   public StreamRoom::Stream,
                   public std::enable_shared_from_this<StreamCall<Message>> {
 public:
  /// `room` is shared by the calls of a service.
  StreamCall(Door& door, Visit visit, std::shared_ptr<StreamRoom> room)
      : door_(door.shared_from_this()),
        visit_(std::move(visit)),
        room_(std::move(room)),
        strand_(boost::asio::make_strand(door.executor())),
        changed_(strand_) {}
  virtual ~StreamCall() = default;

  /// Lives until gRPC is done with it.
  static grpc::ServerWriteReactor<Message>* start(std::shared_ptr<StreamCall> call) {
    if (grpc::Status entered = call->room_->enter(*call); !entered.ok()) {
      call->door_->leave(call->visit_, entered);
      return refuse_stream<Message>(entered);
    }
    call->self_ = call;
    auto running = run_to_end(call);
    boost::asio::co_spawn(call->strand_, std::move(running), boost::asio::detached);
    return call.get();
  }

  void end(const grpc::Status& status) override {
    auto finish = [self = this->shared_from_this(), status] { self->finish(status); };
    boost::asio::post(strand_, std::move(finish));
  }

  void OnWriteDone(bool ok) override {
    // At once: a turn on the strand for each would keep clients of a busy bridge behind.
    if (ok && write_next()) return;
    auto written = [self = this->shared_from_this(), ok] {
      self->writing_ = false;
      if (!ok) self->finish(grpc::Status::CANCELLED);
      self->changed_.notify();
    };
    boost::asio::post(strand_, std::move(written));
  }

  void OnCancel() override { end(grpc::Status::CANCELLED); }

  void OnDone() override {
    room_->leave(*this);
    auto done = [self = std::move(self_)] {
      self->ended_ = true;
      self->door_->leave(self->visit_, self->status_);
      self->changed_.notify();
    };
    boost::asio::post(strand_, std::move(done));
  }

 protected:
  /// What it returns ends the call. To return soon once ended() is true.
  virtual boost::asio::awaitable<grpc::Status> run() = 0;

  /// Returns when the client can take more, or the call has ended. `messages` stay as they are
  /// until the next write or the end of this.
  boost::asio::awaitable<void> write(std::span<const Message> messages) {
    if (ended_ || messages.empty()) co_return;
    writing_ = true;
    {
      const std::lock_guard lock(mutex_);
      rest_ = messages;
    }
    write_next();
    while (writing_ && !ended_) co_await changed_.wait();
  }
  boost::asio::awaitable<void> write(const Message& message) {
    return write(std::span<const Message>(&message, 1));
  }

  bool ended() const { return ended_; }
  Door& door() { return *door_; }
  const Visit& visit() const { return visit_; }
  const boost::asio::strand<boost::asio::any_io_executor>& strand() const { return strand_; }

  /// Notified when a write or the call has ended, and after poke().
  Signal& changed() { return changed_; }

  /// Any thread. Costs little as long as the last one was not heard().
  void poke() {
    if (poked_.exchange(true)) return;
    auto notify = [self = this->shared_from_this()] { self->changed_.notify(); };
    boost::asio::post(strand_, std::move(notify));
  }
  void heard() { poked_ = false; }

 private:
  static boost::asio::awaitable<void> run_to_end(std::shared_ptr<StreamCall> self) {
    grpc::Status status;
    try {
      auto running = self->run();
      status = co_await std::move(running);
    } catch (const std::exception& error) {
      status = make_status(grpc::StatusCode::INTERNAL, error.what(), "INTERNAL");
    }
    self->finish(status);
  }

  /// False: there is no more to write.
  bool write_next() {
    const std::lock_guard lock(mutex_);
    if (rest_.empty()) return false;
    const Message& next = rest_.front();
    rest_ = rest_.subspan(1);
    this->StartWrite(&next);
    return true;
  }

  void finish(const grpc::Status& status) {
    if (std::exchange(ended_, true)) return;
    status_ = status;
    {
      const std::lock_guard lock(mutex_);
      rest_ = {};  // nothing may be written after it
      this->Finish(status);
    }
    changed_.notify();
  }

  const std::shared_ptr<Door> door_;
  const Visit visit_;
  const std::shared_ptr<StreamRoom> room_;
  const boost::asio::strand<boost::asio::any_io_executor> strand_;
  std::shared_ptr<StreamCall> self_;
  std::atomic<bool> poked_{false};
  Signal changed_;
  std::mutex mutex_;
  std::span<const Message> rest_;  ///< to be written yet
  bool writing_ = false;
  bool ended_ = false;
  grpc::Status status_ = grpc::Status::CANCELLED;
};

}  // namespace bridge::control
