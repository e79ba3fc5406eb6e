// The emergency brakes: freezes, paths that nobody may write, and how much one request may touch.
// Sans-IO; docs/brakes.md is the operator's page.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "bridge/config.h"
#include "bridge/replaceable.h"
#include "bridge/store/rows.h"

namespace bridge {

/// Stored in FreezeRow::scope.
enum class FreezeScope : int {
  kAll = 0,
  kModel = 1,
  kController = 2,
};

/// More are not taken: every write looks at each.
inline constexpr std::size_t kMaxFreezes = 200;
inline constexpr std::size_t kMaxFreezeReason = 500;  ///< bytes

/// A write that may be frozen: which device, and who asks.
struct BrakeSubject {
  std::string_view oui;
  std::string_view product_class;
  std::string_view software_version;
  /// Endpoint ID of a controller, "grpc" or "grpc:{client}"; empty: nobody, the bridge itself.
  std::string_view requester;
};

/// Does it cover that? A controller's "grpc" covers every client of the control API; no
/// controller's covers what nobody asks for.
bool covers(const FreezeRow& freeze, const BrakeSubject& subject);

/// Of one scope: there is no use in two of them.
bool same_scope(const FreezeRow& one, const FreezeRow& other);

/// "all", "model 00D09E/Gateway*/*", "controller self::ctl": for people.
std::string scope_text(const FreezeRow& freeze);

/// What a refused requester is told: "frozen (all): maintenance of the core network".
std::string refusal_text(const FreezeRow& freeze);

/// Thread-safe. A change is seen by every write that is looked at after it; nothing here waits.
class Brakes {
 public:
  explicit Brakes(const BrakesConfig& config);

  /// Other denied paths and caps, from now on. The freezes stay.
  void configure(const BrakesConfig& config);

  // ---- freezes
  /// The oldest that covers it; nullptr: none.
  std::shared_ptr<const FreezeRow> frozen(const BrakeSubject& subject) const;
  /// All that cover it, oldest first.
  std::vector<FreezeRow> all_frozen(const BrakeSubject& subject) const;
  /// Ascending by id.
  std::vector<FreezeRow> freezes() const;
  /// Of a row that is stored; one of that id is replaced.
  void put(FreezeRow row);
  /// False: there was none.
  bool erase(std::int64_t id);

  // ---- denied paths
  bool denies_any() const { return any_denied_; }
  /// May this parameter, object (with its final dot) or command of the agent's tree not be written,
  /// added to, deleted or run? A pattern that ends in "." stands for all below it, too.
  bool denies(std::string_view path) const;
  /// Could it deny something below this object? False: certainly not.
  bool may_deny_below(std::string_view object) const;

  // ---- caps
  /// That one path of a Set, Add, Delete or Operate may reach.
  std::size_t instances() const { return instances_; }

 private:
  using Freezes = std::vector<FreezeRow>;
  using Patterns = std::vector<std::string>;
  std::shared_ptr<const Freezes> snapshot() const;

  mutable std::mutex mutex_;  ///< of the pointer; what it points to never changes
  std::shared_ptr<const Freezes> freezes_;
  Replaceable<Patterns> denied_;
  // Nearly always false: most writes look no further.
  std::atomic<bool> any_{false};
  std::atomic<bool> any_denied_{false};
  std::atomic<std::size_t> instances_{0};
};

}  // namespace bridge
