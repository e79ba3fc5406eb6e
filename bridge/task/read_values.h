// Reads parameter values in batches whose size follows what the device endures.
#pragma once

#include <deque>
#include <set>
#include <string>
#include <vector>

#include "bridge/task/task.h"

namespace bridge::task {

/// Batches start at Learned::batch names, double on success, halve on 9002, 9004 or a lost session
/// (quirk 60). 9005 says that a name of the batch is unknown but not which: halving finds it
/// (quirk 57). A name that was asked for and not answered is refused as well (quirk 58).
/// Always ends kDone; what could not be read is in refused().
class ReadValues : public Task {
 public:
  /// These parameters (full names), in this order.
  explicit ReadValues(std::vector<std::string> names);

  /// What the tree holds as unread or stale below `objects` (all of it where empty). The tree
  /// carries the progress: a new task goes on where a lost one stopped.
  static std::unique_ptr<ReadValues> unread(std::vector<std::string> objects = {});

  /// What was read; not filled by unread().
  const std::vector<cwmp::ParameterValue>& values() const { return values_; }
  const std::vector<cwmp::ParameterFault>& refused() const { return refused_; }

 protected:
  std::optional<cwmp::AcsRequest> do_next(Context& context) override;
  void do_response(const cwmp::CpeResponse& response, Context& context) override;
  void do_lost(Context& context) override;

 private:
  /// Names that must not be asked with others beyond `size` of them.
  struct Batch {
    std::vector<std::string> names;
    int lost = 0;
  };

  void fill(const Context& context);
  void on_values(const cwmp::GetParameterValuesResponse& response, Context& context);
  void on_fault(const cwmp::Fault& fault, Context& context);
  void halve(Context& context);
  void refuse(const std::vector<std::string>& names, const cwmp::Fault& fault, bool gone,
              Context& context);

  bool from_tree_ = false;
  std::vector<std::string> objects_;
  std::size_t next_object_ = 0;
  std::deque<std::string> names_;
  std::vector<Batch> halves_;  ///< stack: the rest of a batch under suspicion
  Batch open_;
  std::set<std::string, std::less<>> tried_;  ///< from_tree_: asked in vain, not to be asked again
  std::vector<cwmp::ParameterValue> values_;
  std::vector<cwmp::ParameterFault> refused_;
};

}  // namespace bridge::task
