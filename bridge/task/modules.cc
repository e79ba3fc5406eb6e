#include "bridge/task/modules.h"

#include <algorithm>
#include <array>

#include "bridge/task/command.h"
#include "bridge/task/progress.h"

namespace bridge::task {

std::string_view ChangeModule::operation_name() const {
  static constexpr std::array<std::string_view, 3> kNames{"Install", "Update", "Uninstall"};
  return kNames.at(operation_.index());
}

std::optional<cwmp::AcsRequest> ChangeModule::do_next(Context& context) {
  sent_ = true;
  context.save = true;
  return cwmp::ChangeDUState{{operation_}, command_key_};
}

void ChangeModule::do_response(const cwmp::CpeResponse& response, Context& context) {
  const auto answered = answer<cwmp::ChangeDUStateResponse>(response);
  if (!answered) {
    learn_unsupported(answered.error(), "ChangeDUState", context);
    sent_ = false;
    fail(answered.error());
    return;
  }
  context.end_session = true;
  context.save = true;  // from now on it waits, and must not be sent again
  wait();
}

bool ChangeModule::do_modules_changed(const cwmp::DUStateChangeComplete& complete, bool only,
                                      Context&) {
  if (!sent_) return false;
  const bool ours = complete.command_key == command_key_;
  if (!ours && !(only && complete.command_key.empty())) return false;
  // A unit that several environments have is reported once for each.
  const auto bad = std::find_if(complete.results.begin(), complete.results.end(),
                                [](const auto& result) { return result.fault.code != 0; });
  if (bad != complete.results.end()) {
    fail({static_cast<cwmp::FaultCode>(bad->fault.code), bad->fault.text, {}});
    return true;
  }
  if (!complete.results.empty()) {
    uuid_ = complete.results.front().uuid;
    version_ = complete.results.front().version;
  }
  finish();
  return true;
}

std::string ChangeModule::do_save() const {
  if (!sent_) return {};
  return ProgressWriter().text(uuid_).text(version_).take();
}

bool ChangeModule::do_restore(std::string_view progress) {
  if (progress.empty()) return true;
  ProgressReader in(progress);
  const std::string uuid(in.text());
  const std::string version(in.text());
  if (!in.at_end()) return false;
  sent_ = true;
  uuid_ = uuid;
  version_ = version;
  return true;
}

}  // namespace bridge::task
