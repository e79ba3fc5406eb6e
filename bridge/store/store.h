// The store as the rest of the bridge sees it: two sets of tables with different promises, one
// writer with group commit, readers in parallel. Nothing above this header knows SQL.
//
//   state   never lost: committed to the disk before a write completes
//   mirror  a cache: survives a crash of the process, may lose its end in a power cut
//
//   auto insert = [row](StateWriter& state) { return state.add_operation(row); };
//   Result<std::int64_t> id = co_await store.write_state(std::move(insert));
//
//   auto load = [id](StateReader& state, MirrorReader&) { return state.device(id); };
//   Result<std::optional<DeviceRow>> row = co_await store.read(std::move(load));
#pragma once

#include <boost/asio/async_result.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <functional>
#include <future>
#include <memory>
#include <type_traits>
#include <utility>

#include "bridge/result.h"
#include "bridge/store/access.h"
#include "bridge/store/job.h"

namespace bridge {

using StateWrite = std::function<Result<void>(StateWriter&)>;
using MirrorWrite = std::function<Result<void>(MirrorWriter&)>;

/// Thread-safe. Every function given to it is called once, on a thread of the store, and must
/// neither block nor throw; it returns a Result, and an error undoes what it did, nothing else.
///
/// The awaitables may be awaited on any executor and resume there; a job that was accepted runs
/// even when its coroutine is cancelled. Reads see every write that has completed. Writes run in
/// the order they were asked for, and share one transaction per file with others: all state parts
/// are committed before the first mirror part runs, and a write completes only after its last
/// commit. When the queue is full a job ends at once with kBusy, after close() with kClosed.
class Store {
 public:
  virtual ~Store() = default;

  /// Both parts, or one where the other is empty. The mirror part runs only when the state part is
  /// on the disk; when it fails then, the state part stays.
  boost::asio::awaitable<Result<void>> write(StateWrite state_part, MirrorWrite mirror_part) {
    return submit(Work<Result<void>>{std::move(state_part), std::move(mirror_part), {}});
  }

  /// `fn(StateWriter&)` returns Result<T>, which becomes the result.
  template <class Fn, class R = std::invoke_result_t<Fn&, StateWriter&>>
  boost::asio::awaitable<R> write_state(Fn fn) {
    return submit(Work<R>{std::move(fn), {}, {}});
  }

  /// `fn(MirrorWriter&)` returns Result<T>, which becomes the result. Waits for no fsync.
  template <class Fn, class R = std::invoke_result_t<Fn&, MirrorWriter&>>
  boost::asio::awaitable<R> write_mirror(Fn fn) {
    return submit(Work<R>{{}, std::move(fn), {}});
  }

  /// `fn(StateReader&, MirrorReader&)` returns Result<T>, which becomes the result. Each file is
  /// seen as of one moment.
  template <class Fn, class R = std::invoke_result_t<Fn&, StateReader&, MirrorReader&>>
  boost::asio::awaitable<R> read(Fn fn) {
    return submit(Work<R>{{}, {}, std::move(fn)});
  }

  /// The same for threads that may wait: start-up, tests. Never on an io thread.
  Result<void> write_now(StateWrite state_part, MirrorWrite mirror_part) {
    return submit_now(Work<Result<void>>{std::move(state_part), std::move(mirror_part), {}});
  }
  template <class Fn, class R = std::invoke_result_t<Fn&, StateWriter&>>
  R write_state_now(Fn fn) {
    return submit_now(Work<R>{std::move(fn), {}, {}});
  }
  template <class Fn, class R = std::invoke_result_t<Fn&, MirrorWriter&>>
  R write_mirror_now(Fn fn) {
    return submit_now(Work<R>{{}, std::move(fn), {}});
  }
  template <class Fn, class R = std::invoke_result_t<Fn&, StateReader&, MirrorReader&>>
  R read_now(Fn fn) {
    return submit_now(Work<R>{{}, {}, std::move(fn)});
  }

  /// Write jobs waiting; for admission control.
  virtual std::size_t queued_writes() const = 0;

  /// Runs what is queued, then stops the threads. Waits for that; idempotent.
  virtual void close() = 0;

 private:
  template <class R>
  using Work = store_detail::Work<R>;

  template <class R>
  boost::asio::awaitable<R> submit(Work<R> work) {
    auto initiate = [this](auto handler, Work<R> accepted) {
      using Done = store_detail::ResumeAtHome<R, decltype(handler)>;
      enqueue(std::make_unique<store_detail::Job<R, Done>>(std::move(accepted),
                                                           Done(std::move(handler))));
    };
    return boost::asio::async_initiate<const boost::asio::use_awaitable_t<>, void(R)>(
        std::move(initiate), boost::asio::use_awaitable, std::move(work));
  }

  template <class R>
  R submit_now(Work<R> work) {
    using Done = store_detail::FulfilPromise<R>;
    std::promise<R> promise;
    std::future<R> result = promise.get_future();
    enqueue(
        std::make_unique<store_detail::Job<R, Done>>(std::move(work), Done(std::move(promise))));
    return result.get();
  }

  /// Takes the job; completes it with an error when it cannot be queued.
  virtual void enqueue(std::unique_ptr<StoreJob> job) = 0;
};

}  // namespace bridge
