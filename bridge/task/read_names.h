// Lists the names below objects with GetParameterNames.
#pragma once

#include <deque>
#include <string>
#include <vector>

#include "bridge/task/task.h"

namespace bridge::task {

/// The whole subtree in one RPC; level by level where the device fails at that (quirks 52, 53).
/// A fault for one object of a walk leaves that object as it is, 9005 empties it (quirk 64).
/// Ends kFailed only when the device listed nothing at all.
class ReadNames : public Task {
 public:
  /// Objects end in '.'; never the empty path (quirk 51). `next_level`: direct children only.
  explicit ReadNames(std::vector<std::string> objects, bool next_level = false);

  /// Objects that could not be listed, with the device's fault.
  const std::vector<cwmp::ParameterFault>& refused() const { return refused_; }

  /// A device whose tree is deeper or wider than this is not walked to the end.
  static constexpr std::size_t kMaxWalk = 20'000;

 protected:
  std::optional<cwmp::AcsRequest> do_next(Context& context) override;
  void do_response(const cwmp::CpeResponse& response, Context& context) override;
  void do_lost(Context& context) override;

 private:
  enum class Mode { kWhole, kLevel, kWalk };
  struct Item {
    std::string object;
    Mode mode = Mode::kWhole;
    int lost = 0;
  };

  void on_listed(const cwmp::GetParameterNamesResponse& response, Context& context);
  void on_fault(const cwmp::Fault& fault, Context& context);
  void walk_instead(Context& context);

  std::deque<Item> queue_;
  std::vector<cwmp::ParameterFault> refused_;
  std::size_t asked_ = 0;
  bool any_listed_ = false;
};

}  // namespace bridge::task
