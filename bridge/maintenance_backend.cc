#include "bridge/maintenance_backend.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <utility>

#include "bridge/config.h"
#include "bridge/runtime.h"

namespace bridge {

namespace asio = boost::asio;

namespace {

/// A copy, and the turn that goes with it.
struct Held {
  std::shared_ptr<void> turn;
  std::unique_ptr<StateCopy> copy;
};

asio::awaitable<Result<std::unique_ptr<StateCopy>>> make_copy(StateCopyOptions options) {
  co_return bridge::copy_state(std::move(options));
}

asio::awaitable<Result<std::string>> read_piece(std::shared_ptr<StateCopy> copy, std::size_t most) {
  co_return copy->read(most);
}

}  // namespace

void MaintenanceBackend::stop() {
  stopping_ = true;
  worker_.join();
}

std::shared_ptr<void> MaintenanceBackend::take_turn() {
  const std::lock_guard lock(mutex_);
  if (turn_.lock() != nullptr) return nullptr;
  std::shared_ptr<void> turn = std::make_shared<int>(0);
  turn_ = turn;
  return turn;
}

asio::awaitable<Result<std::shared_ptr<StateCopy>>> MaintenanceBackend::copy_state(
    control::GivenUp given_up) {
  auto held = std::make_shared<Held>();
  held->turn = take_turn();
  if (held->turn == nullptr) co_return fail(ErrorKind::kConflict, "a backup is being made");
  if (stopping_) co_return fail(ErrorKind::kClosed, "the bridge is stopping");
  StateCopyOptions options;
  options.directory = runtime_.config.store.directory;
  options.now_ms = now_ms();
  options.go_on = [this, given_up] { return !stopping_ && !*given_up; };
  auto making = make_copy(std::move(options));
  Result<std::unique_ptr<StateCopy>> copy =
      co_await asio::co_spawn(worker_, std::move(making), asio::use_awaitable);
  if (!copy) co_return tl::unexpected(copy.error());
  held->copy = *std::move(copy);
  StateCopy* whole = held->copy.get();
  co_return std::shared_ptr<StateCopy>(std::move(held), whole);
}

asio::awaitable<Result<std::string>> MaintenanceBackend::read(std::shared_ptr<StateCopy> copy,
                                                              std::size_t most) {
  if (stopping_) co_return fail(ErrorKind::kClosed, "the bridge is stopping");
  auto reading = read_piece(std::move(copy), most);
  Result<std::string> bytes =
      co_await asio::co_spawn(worker_, std::move(reading), asio::use_awaitable);
  co_return bytes;
}

}  // namespace bridge
