// Carries bulk operations out: durable, in the background, taken up again after a restart.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/strand.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "bridge/bulk.h"
#include "bridge/control/backend.h"
#include "bridge/control/bulk_change.h"
#include "bridge/result.h"
#include "bridge/store/store.h"
#include "bridge/wait.h"

namespace bridge {

class Metrics;

/// How a bulk operation is to be done.
struct BulkPlan {
  v1::BulkChange change;
  std::string display_name;
  std::string requester;  ///< "grpc:{client}"
  std::uint32_t concurrency = 20;
  std::uint32_t max_failures = 0;
  std::chrono::milliseconds device_timeout{0};  ///< 0: as for a single device
  std::string trace_id;                         ///< not stored: after a restart a new one
};

struct BulkInfo {
  std::int64_t id = 0;
  BulkState state = BulkState::kRunning;
  BulkPlan plan;
  BulkCounts counts;
  std::int64_t created_ms = 0;
  std::int64_t finished_ms = 0;  ///< 0: not yet
};

/// Thread-safe; every awaitable may be awaited on any executor and resumes there.
///
/// Each device is asked through the Backend as a call for it alone would ask. Before, that is
/// written down, so that after a kill it is clear which devices may have been asked.
class BulkRunner {
 public:
  /// Bulk operations under way at the same time.
  static constexpr std::size_t kMaxRunning = 50;

  /// What is given outlives it, and it outlives what runs on the executor.
  BulkRunner(boost::asio::any_io_executor executor, Store& store, control::Backend& backend,
             Metrics& metrics);

  /// Goes on with what a restart has left. To be called once; before, nothing can be started.
  void resume();
  /// Begins nothing more, and hears of nothing any more: what is under way is taken up by resume().
  void stop();

  /// Returns when it is stored. kBusy: too many are under way.
  boost::asio::awaitable<Result<BulkInfo>> start(BulkPlan plan,
                                                 std::vector<std::string> endpoint_ids);
  boost::asio::awaitable<Result<std::optional<BulkInfo>>> get(std::int64_t id);
  /// Newest first, with an id below `before_id` (0: from the newest). `requester`: only its own;
  /// empty: all.
  boost::asio::awaitable<Result<std::vector<BulkInfo>>> list(std::int64_t before_id,
                                                             std::size_t limit,
                                                             std::string requester);
  /// In these states (bits of BulkItemState; 0: all), above `after_number`.
  boost::asio::awaitable<Result<std::vector<BulkItemRow>>> results(std::int64_t id, unsigned states,
                                                                   std::int64_t after_number,
                                                                   std::size_t limit);

  enum class Done { kYes, kNotFound, kWrongState };
  /// kWrongState: it is over.
  boost::asio::awaitable<Result<Done>> cancel(std::int64_t id);
  /// kWrongState: it is not over.
  boost::asio::awaitable<Result<Done>> erase(std::int64_t id);

 private:
  template <class T>
  using Later = boost::asio::awaitable<T>;
  using Strand = boost::asio::strand<boost::asio::any_io_executor>;

  struct Running;
  using RunningPtr = std::shared_ptr<Running>;
  using EndPromise = Promise<control::OperationInfo>;

  Later<void> resume_all();
  Later<Result<void>> resume_one(BulkRow row);
  void launch(RunningPtr running);

  Later<void> drive(RunningPtr running);
  Later<void> load(RunningPtr running, Bulk::Load wanted);
  Later<void> finish(RunningPtr running, BulkState state);
  Later<void> do_item(RunningPtr running, Bulk::Begin begin);
  Later<control::BulkOutcome> begin_item(RunningPtr running, std::shared_ptr<BulkItemRow> item);
  Later<control::BulkOutcome> repeat_item(RunningPtr running, std::shared_ptr<BulkItemRow> item);
  Later<control::BulkOutcome> ask(RunningPtr running, std::string endpoint_id);
  Later<control::BulkOutcome> run_command(RunningPtr running, std::shared_ptr<BulkItemRow> item);
  Later<control::BulkOutcome> find_out(RunningPtr running, std::shared_ptr<BulkItemRow> item);
  Later<control::BulkOutcome> wait_for_end(std::string endpoint_id, std::int64_t operation_id);

  Later<bool> store_item(std::int64_t id, std::shared_ptr<BulkItemRow> item);
  /// Again and again while the store is busy. False: it is closed.
  Later<bool> store_at_last(StateWrite change);
  Later<void> pause();

  Later<Result<BulkInfo>> start_here(BulkPlan plan, std::vector<std::string> endpoint_ids);
  Later<Result<Done>> cancel_here(std::int64_t id);
  Later<std::map<std::int64_t, BulkCounts>> counts_here();

  const Strand strand_;
  Store& store_;
  control::Backend& backend_;
  Metrics& metrics_;
  // Below: on the strand only.
  std::map<std::int64_t, RunningPtr> running_;
  std::size_t starting_ = 0;
  std::multimap<std::int64_t, std::shared_ptr<EndPromise>> awaited_;  ///< by operation
  std::shared_ptr<void> watch_;  ///< of ends of operations, while any is awaited
  bool resumed_ = false;
  bool stopped_ = false;
};

}  // namespace bridge
