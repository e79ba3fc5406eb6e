// One unit of work for the threads of the store, and how its result finds the way home.
// Included by store.h; nothing else needs it.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/execution/outstanding_work.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/prefer.hpp>
#include <functional>
#include <future>
#include <optional>
#include <utility>

#include "bridge/result.h"
#include "bridge/store/access.h"

namespace bridge {

/// A thread of the store calls the run_ functions that parts() names, at most once each, then
/// complete() exactly once.
class StoreJob {
 public:
  struct Parts {
    bool state = false;
    bool mirror = false;
    bool read = false;  ///< excludes the other two
  };

  virtual ~StoreJob() = default;
  virtual Parts parts() const = 0;
  virtual Result<void> run_state(StateWriter& state) = 0;
  virtual Result<void> run_mirror(MirrorWriter& mirror) = 0;
  virtual Result<void> run_read(StateReader& state, MirrorReader& mirror) = 0;
  /// `error` replaces whatever the parts returned. Does not block.
  virtual void complete(std::optional<Error> error) = 0;
};

namespace store_detail {

/// What a job does; R is the Result the caller gets.
template <class R>
struct Work {
  std::function<R(StateWriter&)> state;
  std::function<R(MirrorWriter&)> mirror;
  std::function<R(StateReader&, MirrorReader&)> read;
};

/// `Done` takes the R, on a thread of the store.
template <class R, class Done>
class Job final : public StoreJob {
 public:
  Job(Work<R> work, Done done) : work_(std::move(work)), done_(std::move(done)) {}

  Parts parts() const override {
    return {.state = work_.state != nullptr,
            .mirror = work_.mirror != nullptr,
            .read = work_.read != nullptr};
  }
  Result<void> run_state(StateWriter& state) override { return keep(work_.state(state)); }
  Result<void> run_mirror(MirrorWriter& mirror) override { return keep(work_.mirror(mirror)); }
  Result<void> run_read(StateReader& state, MirrorReader& mirror) override {
    return keep(work_.read(state, mirror));
  }
  void complete(std::optional<Error> error) override {
    if (!error && !result_) {
      error = Error{ErrorKind::kInternal, "nothing to do"};
    }
    if (error) {
      result_.emplace(tl::unexpected(*std::move(error)));
    }
    work_ = {};  // what the functions hold is released before the caller goes on
    std::move(done_)(*std::move(result_));
  }

 private:
  Result<void> keep(R result) {
    result_.emplace(std::move(result));
    if (*result_) return {};
    return tl::unexpected(result_->error());
  }

  Work<R> work_;
  Done done_;
  std::optional<R> result_;
};

/// Hands the result to an Asio completion handler on its own executor, which stays busy meanwhile.
template <class R, class Handler>
class ResumeAtHome {
 public:
  explicit ResumeAtHome(Handler handler)
      : executor_(boost::asio::prefer(
            boost::asio::any_io_executor(boost::asio::get_associated_executor(handler)),
            boost::asio::execution::outstanding_work.tracked)),
        handler_(std::move(handler)) {}

  void operator()(R result) && {
    auto resume = [handler = std::move(handler_), result = std::move(result)]() mutable {
      std::move(handler)(std::move(result));
    };
    const boost::asio::any_io_executor executor = std::move(executor_);
    boost::asio::post(executor, std::move(resume));
  }

 private:
  boost::asio::any_io_executor executor_;
  Handler handler_;
};

template <class R>
class FulfilPromise {
 public:
  explicit FulfilPromise(std::promise<R> promise) : promise_(std::move(promise)) {}
  void operator()(R result) && { promise_.set_value(std::move(result)); }

 private:
  std::promise<R> promise_;
};

}  // namespace store_detail
}  // namespace bridge
