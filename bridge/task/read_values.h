// Reads parameter values in batches whose size follows what the device endures.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "bridge/task/task.h"

namespace bridge::task {

/// Batches start at Learned::batch names, double on success, halve on 9002, 9004 or when a session
/// is lost twice over one (quirk 60). 9005 says that a name of the batch is unknown but not which:
/// halving finds it (quirk 57). A name that is asked for and not answered, twice, is refused as
/// well (quirk 58). Always ends kDone; what could not be read is in refused().
class ReadValues : public Task {
 public:
  enum class Keep { kValues, kNothing };

  /// These parameters (full names), in this order.
  explicit ReadValues(std::vector<std::string> names, Keep keep = Keep::kValues);

  /// What the tree holds as unread or stale below `objects` (everywhere where empty). The tree
  /// carries the progress: a new task goes on where a lost one stopped. Keeps nothing.
  static std::unique_ptr<ReadValues> unread(std::vector<std::string> objects = {});

  /// What was read of what was asked for.
  const std::vector<cwmp::ParameterValue>& values() const { return values_; }
  /// 9005: there is no such parameter. Others: as the device said; 9002 when it only ever broke
  /// off.
  const std::vector<cwmp::ParameterFault>& refused() const { return refused_; }

 protected:
  std::optional<cwmp::AcsRequest> do_next(Context& context) override;
  void do_response(const cwmp::CpeResponse& response, Context& context) override;
  void do_lost(Context& context) override;

 private:
  struct Batch {
    std::vector<std::string> names;
    int lost = 0;
    bool fresh = true;     ///< not a part of one that failed
    bool confirm = false;  ///< these were left out of an answer once
  };

  bool fill(const Context& context);
  bool fill_from_tree(const Context& context, std::size_t limit);
  void on_values(const cwmp::GetParameterValuesResponse& response, Context& context);
  void on_fault(const cwmp::Fault& fault, Context& context);
  void halve(int lost);
  void part_ended(Context& context);
  void refuse(const cwmp::Fault& fault, bool gone, Context& context);

  Keep keep_ = Keep::kNothing;
  bool from_tree_ = false;
  std::vector<std::string> objects_;          ///< from_tree_
  std::set<std::string, std::less<>> tried_;  ///< from_tree_: asked in vain, but not kGone
  std::deque<std::string> names_;
  std::vector<Batch> parts_;  ///< stack: what is left of batches that failed
  Batch open_;
  std::size_t suspect_ = 0;  ///< size of a fresh batch that failed as if it were too big; 0: none
  std::size_t worked_ = 0;   ///< its largest part that went well
  bool culprit_ = false;     ///< one name alone was refused: size was not the reason
  std::vector<cwmp::ParameterValue> values_;
  std::vector<cwmp::ParameterFault> refused_;
};

}  // namespace bridge::task
