#include "bridge/task/activate.h"

#include "bridge/task/command.h"
#include "bridge/task/progress.h"
#include "bridge/task/read_values.h"
#include "bridge/task/set_values.h"

namespace bridge::task {

using cwmp::FaultCode;

ActivateImage::ActivateImage(std::string info, std::string image, std::string command_key,
                             std::string parameter_key)
    : info_(std::move(info)),
      image_(std::move(image)),
      command_key_(std::move(command_key)),
      parameter_key_(std::move(parameter_key)) {}

ActivateImage::~ActivateImage() = default;

bool ActivateImage::in_doubt() const {
  return step_ != Step::kChoose || (child_ != nullptr && child_->in_doubt());
}

std::optional<cwmp::AcsRequest> ActivateImage::do_next(Context& context) {
  while (!done() && !waiting()) {
    if (step_ == Step::kReboot) {
      step_ = Step::kBoot;
      context.save = true;
      return cwmp::Reboot{command_key_};
    }
    if (child_ == nullptr && step_ == Step::kChoose) {
      std::vector<Assignment> choice{{info_ + "BootFirmwareImage", image_, true}};
      child_ = std::make_unique<SetValues>(std::move(choice), parameter_key_, false);
    } else if (child_ == nullptr) {
      child_ =
          std::make_unique<ReadValues>(std::vector<std::string>{info_ + "ActiveFirmwareImage"});
    }
    if (auto rpc = child_->next(context)) return rpc;
    child_ended();
  }
  return std::nullopt;
}

void ActivateImage::do_response(const cwmp::CpeResponse& response, Context& context) {
  if (child_ != nullptr) {
    child_->on_response(response, context);
    if (child_->done()) child_ended();
    return;
  }
  const auto answered = answer<cwmp::RebootResponse>(response);
  if (!answered) {
    learn_unsupported(answered.error(), "Reboot", context);
    step_ = Step::kReboot;
    fail(answered.error());
    return;
  }
  context.end_session = true;
  context.save = true;
  wait();
}

void ActivateImage::do_lost(Context& context) {
  if (step_ == Step::kBoot) {
    wait();
    return;
  }
  if (child_ == nullptr) return;  // after a restart the step begins again
  child_->on_lost(context);
  if (child_->done()) child_ended();
}

void ActivateImage::child_ended() {
  const std::unique_ptr<Task> child = std::move(child_);
  if (step_ == Step::kChoose) {
    if (child->outcome().kind != Outcome::Kind::kDone) {
      finish_as(child->outcome());
    } else {
      step_ = Step::kReboot;
    }
    return;
  }
  const auto& values = static_cast<const ReadValues&>(*child).values();
  compare(values.empty() ? std::string() : values.front().value);
}

/// A device that does not say which image runs has at least rebooted as it was told.
void ActivateImage::compare(const std::string& active) {
  std::string_view runs = active;
  if (runs.ends_with('.')) runs.remove_suffix(1);
  std::string_view wanted = image_;
  if (wanted.ends_with('.')) wanted.remove_suffix(1);
  if (runs.empty() || runs == wanted) {
    finish();
  } else {
    fail({FaultCode::kInternalError, "the device has booted " + active + " instead", {}});
  }
}

void ActivateImage::do_inform(const cwmp::Inform& inform, Context& context) {
  if (step_ != Step::kBoot) return;
  if (!has_event(inform, "1") && !has_method_event(inform, "Reboot", command_key_)) return;
  step_ = Step::kCheck;
  context.save = true;
  ready();
}

std::string ActivateImage::do_save() const {
  return ProgressWriter().number(static_cast<std::uint64_t>(step_)).take();
}

bool ActivateImage::do_restore(std::string_view progress) {
  ProgressReader in(progress);
  const std::uint64_t step = in.number();
  if (!in.at_end() || step > static_cast<std::uint64_t>(Step::kCheck)) return false;
  step_ = static_cast<Step>(step);
  return true;
}

}  // namespace bridge::task
