// Files, software modules and firmware images.
#include <charconv>
#include <utility>

#include "bridge/agent/command_request.h"
#include "bridge/agent/execution.h"
#include "bridge/agent/virtual_agent.h"
#include "bridge/runtime.h"
#include "bridge/task/activate.h"
#include "bridge/task/command.h"
#include "bridge/task/modules.h"

namespace bridge {

namespace asio = boost::asio;

namespace {

/// "Device.DeviceInfo.VendorLogFile.2." -> 2.
std::uint32_t last_number(std::string_view path) {
  path.remove_suffix(1);
  const std::string_view part = path.substr(path.rfind('.') + 1);
  std::uint32_t number = 0;
  std::from_chars(part.data(), part.data() + part.size(), number);
  return number;
}

}  // namespace

std::shared_ptr<task::Transfer> Execution::transfer_task(std::size_t step, const CommandRow& row,
                                                         const std::string& key) {
  const usp::Plan& plan = operation_->plan;
  if (row.way == CommandWay::kFirmware || row.way == CommandWay::kRestore) {
    return std::make_shared<task::Transfer>(make_download(row, plan.input_args, key));
  }
  auto native = device_.to_native(plan.steps[step].path);
  const bool own = native && device_.tree().has_object(*native);
  const std::uint32_t number = own ? last_number(*native) : 0;
  return std::make_shared<task::Transfer>(
      make_upload(row, plan.input_args, device_.offer(), number, key));
}

asio::awaitable<usp::StepResult> Execution::run_transfer(std::size_t step, const CommandRow& row,
                                                         Commit& commit) {
  const std::string key = make_command_key(operation_->id, step);
  auto task = transfer_task(step, row, key);
  transfer_key_ = key;
  auto running = run_task(step, task);
  Failed failed = co_await std::move(running);
  if (failed) {
    if (failed->code == usp::ErrorCode::kOutcomeUnknown) {
      failed->text = "the device was asked for the transfer and has not reported its end in time";
    }
    co_return *failed;
  }
  if (task->done_at_once()) device_.agent().on_transfer_done_at_once(*this, *task, commit);
  // A new configuration may change anything; new firmware is followed by a boot.
  if (row.way == CommandWay::kRestore) device_.read_again(device_.row().root);
  co_return step_done();
}

tl::expected<cwmp::DeploymentUnitOperation, std::string> Execution::module_operation(
    std::size_t step, const CommandRow& row) {
  const CommandInput& input = operation_->plan.input_args;
  const auto text = [&](const char* name) { return argument_text(row, input, name); };
  if (row.way == CommandWay::kInstall) {
    return cwmp::InstallOperation{text("URL"), text("UUID"), text("Username"), text("Password"),
                                  to_native_reference(text("ExecutionEnvRef"))};
  }
  auto unit = device_.to_native(operation_->plan.steps[step].path);
  if (!unit) return tl::unexpected(std::string("the device has no such unit"));
  const auto of = [this](const std::string& path) {
    const Node* node = device_.tree().find(path);
    return node != nullptr && node->has_value() ? std::string(node->value()) : std::string();
  };
  const std::string uuid = of(*unit + "UUID");
  if (uuid.empty()) return tl::unexpected(std::string("the unit's UUID is not known"));
  if (row.way == CommandWay::kUninstall) {
    return cwmp::UninstallOperation{uuid, of(*unit + "Version"), of(*unit + "ExecutionEnvRef")};
  }
  // The UUID alone names the unit, unless it is there in more than one version.
  const std::string table = unit->substr(0, unit->rfind('.', unit->size() - 2) + 1);
  std::size_t same = 0;
  for (const std::uint32_t number : device_.tree().instances(table)) {
    if (of(table + std::to_string(number) + ".UUID") == uuid) ++same;
  }
  return cwmp::UpdateOperation{uuid, same > 1 ? of(*unit + "Version") : std::string(), text("URL"),
                               text("Username"), text("Password")};
}

asio::awaitable<usp::StepResult> Execution::run_modules(std::size_t step, const CommandRow& row) {
  auto change = module_operation(step, row);
  if (!change) co_return step_failure(usp::ErrorCode::kCommandFailure, change.error());
  auto task = std::make_shared<task::ChangeModule>(*std::move(change),
                                                   make_command_key(operation_->id, step));
  auto running = run_task(step, task);
  Failed failed = co_await std::move(running);
  if (failed) {
    if (failed->code == usp::ErrorCode::kOutcomeUnknown) {
      failed->text = "the device was asked for the change and has not reported its end in time";
    }
    co_return *failed;
  }
  usp::StepResult result = step_done();
  if (row.way == CommandWay::kInstall) {
    result.values = {{"UUID", task->uuid()}, {"Version", task->version()}};
  }
  co_return result;
}

std::shared_ptr<task::ActivateImage> Execution::activate_task(std::size_t step,
                                                              const CommandRow& row) {
  auto target = device_.to_native(std::string(row.target));
  auto image = device_.to_native(operation_->plan.steps[step].path);
  if (!target || !image) return nullptr;
  // References with a final dot where the device writes them so.
  const Node* now = device_.tree().find(*target);
  if (now == nullptr || !now->value().ends_with('.')) image->pop_back();
  const std::string info = target->substr(0, target->rfind('.') + 1);
  return std::make_shared<task::ActivateImage>(info, *image, make_command_key(operation_->id, step),
                                               kParameterKey);
}

asio::awaitable<usp::StepResult> Execution::run_activate(std::size_t step, const CommandRow& row) {
  if (activate_task(step, row) == nullptr) co_return no_such_command();
  if (auto window = activation_window(operation_->plan.input_args)) {
    using std::chrono::milliseconds;
    const std::int64_t begin = operation_->created_ms + milliseconds(window->start).count();
    operation_->deadline_ms = operation_->created_ms + milliseconds(window->end).count();
    auto sleeping = sleep_until(begin);
    bool cancelled = co_await std::move(sleeping);
    if (cancelled) co_return step_failure(usp::ErrorCode::kCommandCanceled, "cancelled");
  }
  auto task = activate_task(step, row);  // of the rows that are there now
  if (!task) co_return no_such_command();
  auto running = run_task(step, std::move(task));
  Failed failed = co_await std::move(running);
  if (failed) co_return *failed;
  co_return step_done();
}

}  // namespace bridge
