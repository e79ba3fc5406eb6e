// Lists the names below objects with GetParameterNames.
#pragma once

#include <deque>
#include <string>
#include <vector>

#include "bridge/task/task.h"

namespace bridge::task {

/// The whole subtree in one RPC; level by level where the device fails at that (quirks 52, 53).
/// 9005 for an object empties it (quirk 64), another fault leaves it as it is. Where even the root
/// is refused, its children are asked for by the names that are known or usual (quirk 52).
/// kFailed: the device listed nothing at all.
class ReadNames : public Task {
 public:
  /// Objects end in '.'; never the empty path (quirk 51). `next_level`: direct children only.
  explicit ReadNames(std::vector<std::string> objects, bool next_level = false);

  /// Objects that could not be listed, with the device's fault.
  const std::vector<cwmp::ParameterFault>& refused() const { return refused_; }

  /// RPCs per task: a tree that is deeper or wider is not walked to the end.
  static constexpr std::size_t kMaxWalk = 20'000;

 protected:
  std::optional<cwmp::AcsRequest> do_next(Context& context) override;
  void do_response(const cwmp::CpeResponse& response, Context& context) override;
  void do_lost(Context& context) override;

 private:
  enum class Mode {
    kWhole,     ///< everything below, NextLevel=0
    kLevel,     ///< direct children
    kFallback,  ///< first step of a walk that kWhole gave reason to
    kWalk,      ///< direct children, then theirs
  };
  struct Item {
    std::string object;
    Mode mode = Mode::kWhole;
    int lost = 0;
  };

  void on_listed(const cwmp::GetParameterNamesResponse& response, Context& context);
  void on_fault(const cwmp::Fault& fault, Context& context);
  void descend(const std::vector<cwmp::ParameterInfo>& names);
  void guess_children(const Context& context);
  void refuse(const cwmp::Fault& fault);

  std::deque<Item> queue_;
  Item open_;
  std::vector<cwmp::ParameterFault> refused_;
  std::size_t asked_ = 0;
  bool any_listed_ = false;
  bool guessed_ = false;
};

}  // namespace bridge::task
