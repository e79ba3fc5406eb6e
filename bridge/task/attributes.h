// Asks the device to notify changes of parameters by itself.
#pragma once

#include <deque>
#include <string>
#include <vector>

#include "bridge/task/task.h"

namespace bridge::task {

/// SetParameterAttributes in batches; a refused batch is halved until the culprit is alone
/// (9009, 9005, quirk 72). Always ends kDone: what was not accepted has to be refreshed by time.
class SetAttributes : public Task {
 public:
  /// `notification`: 0 off, 1 passive, 2 active (TR-069 A.3.2.4).
  SetAttributes(std::vector<std::string> names, std::uint32_t notification);

  const std::vector<std::string>& accepted() const { return accepted_; }
  const std::vector<std::string>& refused() const { return refused_; }

  static constexpr std::size_t kBatch = 32;

 protected:
  std::optional<cwmp::AcsRequest> do_next(Context& context) override;
  void do_response(const cwmp::CpeResponse& response, Context& context) override;
  void do_lost(Context& context) override;

 private:
  void refuse_all();

  std::uint32_t notification_;
  std::deque<std::vector<std::string>> batches_;
  std::vector<std::string> open_;
  int lost_ = 0;
  std::vector<std::string> accepted_;
  std::vector<std::string> refused_;
};

}  // namespace bridge::task
