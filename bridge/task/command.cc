#include "bridge/task/command.h"

#include <algorithm>

#include "bridge/task/progress.h"
#include "bridge/task/read_names.h"
#include "bridge/task/read_values.h"

namespace bridge::task {

namespace {

using cwmp::FaultCode;

constexpr std::string_view kState = "DiagnosticsState";
/// "1 Firmware Upgrade Image" (TR-069 A.3.2.8); the text behind the number varies.
constexpr std::string_view kFirmwareFile = "1 ";
constexpr std::string_view kSoftwareVersion = ".DeviceInfo.SoftwareVersion";

/// What DiagnosticsState says when there is no test any more.
bool is_dropped(std::string_view state) { return state == "None" || state == "Canceled"; }

bool restore_sent(std::string_view progress, bool& sent) {
  if (!progress.empty() && progress != "sent") return false;
  sent = !progress.empty();
  return true;
}

}  // namespace

void learn_unsupported(const cwmp::Fault& fault, std::string_view method, Context& context) {
  if (fault.code == FaultCode::kMethodNotSupported) context.learned.unsupported.emplace(method);
}

bool has_event(const cwmp::Inform& inform, std::string_view number) {
  return std::any_of(inform.events.begin(), inform.events.end(), [number](const auto& event) {
    const std::string_view code = event.code;
    return code.substr(0, code.find(' ')) == number;
  });
}

bool has_method_event(const cwmp::Inform& inform, std::string_view method,
                      std::string_view command_key) {
  const std::string code = "M " + std::string(method);
  return std::any_of(inform.events.begin(), inform.events.end(), [&](const auto& event) {
    return event.code == code && event.command_key == command_key;
  });
}

// ---- Reboot ------------------------------------------------------------------------------------

std::optional<cwmp::AcsRequest> Reboot::do_next(Context& context) {
  sent_ = true;
  context.save = true;
  return cwmp::Reboot{command_key_};
}

void Reboot::do_response(const cwmp::CpeResponse& response, Context& context) {
  const auto answered = answer<cwmp::RebootResponse>(response);
  sent_ = false;
  if (!answered) {
    learn_unsupported(answered.error(), "Reboot", context);
    fail(answered.error());
    return;
  }
  context.end_session = true;
  finish();
}

void Reboot::do_inform(const cwmp::Inform& inform, Context&) {
  if (!waiting()) return;
  if (has_method_event(inform, "Reboot", command_key_) || has_event(inform, "1")) finish();
}

bool Reboot::do_restore(std::string_view progress) { return restore_sent(progress, sent_); }

// ---- FactoryReset ------------------------------------------------------------------------------

std::optional<cwmp::AcsRequest> FactoryReset::do_next(Context& context) {
  sent_ = true;
  context.save = true;
  return cwmp::FactoryReset{};
}

void FactoryReset::do_response(const cwmp::CpeResponse& response, Context& context) {
  const auto answered = answer<cwmp::FactoryResetResponse>(response);
  sent_ = false;
  if (!answered) {
    learn_unsupported(answered.error(), "FactoryReset", context);
    fail(answered.error());
    return;
  }
  context.end_session = true;
  finish();
}

void FactoryReset::do_inform(const cwmp::Inform& inform, Context&) {
  if (waiting() && has_event(inform, "0")) finish();
}

bool FactoryReset::do_restore(std::string_view progress) { return restore_sent(progress, sent_); }

// ---- ScheduleInform ----------------------------------------------------------------------------

std::optional<cwmp::AcsRequest> ScheduleInform::do_next(Context&) { return rpc_; }

void ScheduleInform::do_response(const cwmp::CpeResponse& response, Context& context) {
  const auto answered = answer<cwmp::ScheduleInformResponse>(response);
  lost_ = 0;
  if (!answered) {
    learn_unsupported(answered.error(), "ScheduleInform", context);
    fail(answered.error());
    return;
  }
  context.end_session = true;
  finish();
}

void ScheduleInform::do_lost(Context&) {
  if (++lost_ == kMaxLost) fail_unknown("the session was lost over ScheduleInform");
}

void ScheduleInform::do_inform(const cwmp::Inform& inform, Context&) {
  if (lost_ > 0 && has_method_event(inform, "ScheduleInform", rpc_.command_key)) finish();
}

// ---- Download, Upload --------------------------------------------------------------------------

std::optional<cwmp::AcsRequest> Transfer::do_next(Context& context) {
  sent_ = true;
  const auto* download = std::get_if<cwmp::Download>(&rpc_);
  if (download != nullptr && download->file_type.starts_with(kFirmwareFile)) {
    firmware_before_ = context.learned.firmware;
  }
  context.save = true;
  return std::visit([](const auto& rpc) -> cwmp::AcsRequest { return rpc; }, rpc_);
}

void Transfer::do_response(const cwmp::CpeResponse& response, Context& context) {
  if (const auto* download = std::get_if<cwmp::DownloadResponse>(&response)) {
    on_accepted(download->status, download->start_time, download->complete_time, context);
    return;
  }
  if (const auto* upload = std::get_if<cwmp::UploadResponse>(&response)) {
    on_accepted(upload->status, upload->start_time, upload->complete_time, context);
    return;
  }
  const auto refused = answer<cwmp::DownloadResponse>(response);
  learn_unsupported(refused.error(), rpc_.index() == 0 ? "Download" : "Upload", context);
  sent_ = false;
  fail(refused.error());
}

void Transfer::on_accepted(std::uint32_t status, const std::string& start_time,
                           const std::string& complete_time, Context& context) {
  context.end_session = true;
  if (status == 0) {
    done_at_once_ = true;
    start_time_ = start_time;
    complete_time_ = complete_time;
    finish();
    return;
  }
  context.save = true;  // from now on it waits, and must not be sent again
  wait();
}

void Transfer::do_inform(const cwmp::Inform& inform, Context& context) {
  if (!sent_ || firmware_before_.empty() || new_firmware_) return;
  for (const cwmp::ParameterValue& value : inform.parameters) {
    if (!value.name.ends_with(kSoftwareVersion) || value.value.empty()) continue;
    new_firmware_ = value.value != firmware_before_;
  }
  context.save = new_firmware_;
}

bool Transfer::do_transfer_complete(const cwmp::TransferComplete& complete, bool only, Context&) {
  if (!sent_) return false;
  const bool ours = complete.command_key == command_key_;
  if (!ours && !(only && complete.command_key.empty())) return false;
  start_time_ = complete.start_time;
  complete_time_ = complete.complete_time;
  if (complete.fault.code == 0) {
    finish();
  } else {
    fail({static_cast<FaultCode>(complete.fault.code), complete.fault.text, {}});
  }
  return true;
}

std::string Transfer::do_save() const {
  if (!sent_) return {};
  return ProgressWriter()
      .number(new_firmware_ ? 1 : 0)
      .text(firmware_before_)
      .text(start_time_)
      .text(complete_time_)
      .number(done_at_once_ ? 1 : 0)
      .take();
}

bool Transfer::do_restore(std::string_view progress) {
  // As written before the firmware was kept.
  if (progress.empty() || progress == "sent") return restore_sent(progress, sent_);
  ProgressReader in(progress);
  const bool new_firmware = in.number() == 1;
  const std::string before(in.text());
  const bool short_form = in.at_end();  // as written before the times were kept
  const std::string start(short_form ? "" : in.text());
  const std::string complete(short_form ? "" : in.text());
  const bool at_once = !short_form && in.number() == 1;
  if (!in.at_end()) return false;
  sent_ = true;
  new_firmware_ = new_firmware;
  firmware_before_ = before;
  start_time_ = start;
  complete_time_ = complete;
  done_at_once_ = at_once;
  return true;
}

// ---- Diagnostics -------------------------------------------------------------------------------

Diagnostics::Diagnostics(std::string object, std::vector<Argument> arguments,
                         std::string parameter_key)
    : object_(std::move(object)),
      arguments_(std::move(arguments)),
      parameter_key_(std::move(parameter_key)) {}

bool Diagnostics::in_doubt() const {
  return step_ != Step::kRequest || (child_ != nullptr && child_->in_doubt());
}

void Diagnostics::enter(Step step) {
  step_ = step;
  child_.reset();
  if (step == Step::kRunning) {
    wait();
  } else {
    ready();
  }
}

std::unique_ptr<Task> Diagnostics::make_child(const Context& context) const {
  switch (step_) {
    case Step::kRequest: {
      std::vector<Assignment> list;
      for (const Argument& argument : arguments_) {
        list.push_back({object_ + argument.name, argument.value, argument.required, argument.type});
      }
      list.push_back({object_ + std::string(kState), "Requested", true, ValueType::kString});
      return std::make_unique<SetValues>(std::move(list), parameter_key_, false);
    }
    case Step::kNames:
      return std::make_unique<ReadNames>(std::vector<std::string>{object_});
    case Step::kValues: {
      std::vector<std::string> names;
      for (const Node& node : context.tree.subtree(object_)) {
        if (!node.is_object() && node.state() != NodeState::kGone) names.emplace_back(node.path());
      }
      return std::make_unique<ReadValues>(std::move(names));
    }
    case Step::kLook:
    case Step::kRunning:
      break;
  }
  return std::make_unique<ReadValues>(std::vector<std::string>{object_ + std::string(kState)});
}

std::optional<cwmp::AcsRequest> Diagnostics::do_next(Context& context) {
  while (!done() && step_ != Step::kRunning) {
    if (child_ == nullptr) child_ = make_child(context);
    if (auto rpc = child_->next(context)) return rpc;
    child_ended(context);
  }
  return std::nullopt;
}

void Diagnostics::do_response(const cwmp::CpeResponse& response, Context& context) {
  child_->on_response(response, context);
  if (child_->done()) child_ended(context);
}

void Diagnostics::do_lost(Context& context) {
  // After a restart there is no child yet; the step begins again.
  if (child_ == nullptr) return;
  child_->on_lost(context);
  if (child_->done()) child_ended(context);
}

void Diagnostics::child_ended(Context& context) {
  const std::unique_ptr<Task> child = std::move(child_);
  switch (step_) {
    case Step::kRequest:
      request_ended(static_cast<const SetValues&>(*child), context);
      return;
    case Step::kLook: {
      const auto& values = static_cast<const ReadValues&>(*child).values();
      judge(values.empty() ? std::string() : values.front().value);
      return;
    }
    case Step::kNames:
      enter(Step::kValues);
      return;
    case Step::kValues: {
      values_ = static_cast<const ReadValues&>(*child).values();
      const auto state = std::find_if(values_.begin(), values_.end(), [this](const auto& value) {
        return value.name == object_ + std::string(kState);
      });
      const std::string text = state == values_.end() ? "Complete" : state->value;
      if (text == "Requested") {
        enter(Step::kRunning);  // the event was about another test
        values_.clear();
      } else if (is_dropped(text)) {
        fail_dropped(text);
      } else {
        finish();
      }
      return;
    }
    case Step::kRunning:
      return;
  }
}

void Diagnostics::request_ended(const SetValues& request, Context& context) {
  if (request.outcome().kind != Outcome::Kind::kDone) {
    errors_ = request.errors();
    finish_as(request.outcome());
    return;
  }
  context.save = true;
  context.end_session = true;
  enter(Step::kRunning);
}

void Diagnostics::fail_dropped(const std::string& state) {
  fail(
      {FaultCode::kInternalError, "the device dropped the test: DiagnosticsState is " + state, {}});
}

/// What DiagnosticsState says when no event has come.
void Diagnostics::judge(const std::string& state) {
  if (state.empty() || state == "Requested") {
    enter(Step::kRunning);
  } else if (is_dropped(state)) {
    fail_dropped(state);
  } else {
    enter(Step::kNames);
  }
}

void Diagnostics::do_inform(const cwmp::Inform& inform, Context& context) {
  const bool complete = has_event(inform, "8");
  const bool booted = has_event(inform, "1") || has_event(inform, "0");
  const bool runs = step_ == Step::kRunning || step_ == Step::kLook;
  if (runs && !complete && booted) {
    fail({FaultCode::kInternalError, "the device has rebooted during the test", {}});
  } else if (runs) {
    // The event does not come again: a restart must not forget it.
    context.save = complete;
    enter(complete ? Step::kNames : Step::kLook);
  } else if (step_ == Step::kRequest && complete && in_doubt()) {
    context.save = true;
    enter(Step::kNames);  // the answer was lost, the request was not
  }
}

std::string Diagnostics::do_save() const {
  return ProgressWriter().number(static_cast<std::uint64_t>(step_)).take();
}

bool Diagnostics::do_restore(std::string_view progress) {
  ProgressReader in(progress);
  const std::uint64_t step = in.number();
  if (!in.at_end() || step > static_cast<std::uint64_t>(Step::kValues)) return false;
  step_ = static_cast<Step>(step);
  return true;
}

}  // namespace bridge::task
