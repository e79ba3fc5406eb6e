// Operate (R-OPR.*): find the objects with the command, check its arguments, then leave a Plan.
// Whatever fails is a cmd_failure of its command, never an Error (R-OPR.1).
#include <algorithm>

#include "usp/handlers.h"

namespace usp {
namespace {

// Arguments inside objects ("Host.{i}.Name") are asked for with instance numbers.
bool is_argument(const SupportedCommand& command, const std::string& name) {
  const std::string supported = to_supported_path(name);
  return std::any_of(command.input.begin(), command.input.end(),
                     [&supported](const SupportedArgument& it) { return it.name == supported; });
}

class Operate {
 public:
  Operate(Context& context, const usp_msg::Operate& operate)
      : context_(context), operate_(operate) {
    plan_.kind = Plan::Kind::kOperate;
    plan_.command_key = operate.command_key();
    plan_.send_resp = operate.send_resp();
  }

  Outcome run() {
    plan_.requested.push_back(operate_.command());
    plan_.searches.push_back(false);
    find();
    if (!needed_.empty() && !context_.final) return need_values(std::move(needed_));
    return plan_or_respond(context_, std::move(plan_));
  }

 private:
  void fail_command(std::string command, ErrorCode code, std::string text) {
    plan_.failures.push_back({0, std::move(command), code, std::move(text), {}});
  }

  void find() {
    const auto path = parse_path(operate_.command());
    if (!path) return fail_command(operate_.command(), path.error().code, path.error().text);
    if (path->kind != Path::Kind::kCommand) {
      return fail_command(operate_.command(), ErrorCode::kInvalidPath, "not a command");
    }
    plan_.command = path->leaf;
    auto resolution =
        search::resolve(*path, context_.model, context_.access, {context_.final, &context_.budget});
    if (!resolution) {
      return fail_command(operate_.command(), resolution.error().code, resolution.error().text);
    }
    plan_.searches[0] = resolution->searches;
    needed_ = std::move(resolution->unread);
    if (!needed_.empty()) {
      return fail_command(operate_.command(), ErrorCode::kDeviceNotReached,
                          "not read from the device yet: " + needed_.front());
    }
    const SupportedObject* object = resolution->object;
    if (object != nullptr &&
        (resolution->ends_in_table || object->command(plan_.command) == nullptr)) {
      return fail_command(operate_.command(), ErrorCode::kInvalidPath, "no such command");
    }
    if (resolution->matches.empty() && !resolution->searches) {
      return fail_command(operate_.command(), ErrorCode::kObjectDoesNotExist, "no such object");
    }
    if (const auto error = context_.too_many(resolution->matches.size())) {
      return fail_command(operate_.command(), error->code, error->text);
    }
    for (const search::Match& match : resolution->matches) on_object(match);
  }

  void on_object(const search::Match& match) {
    const SupportedCommand* command = match.object->command(plan_.command);
    const std::string full = match.path + plan_.command;
    if (command == nullptr) {
      return fail_command(full, ErrorCode::kInvalidPath, "no such command");
    }
    if (!context_.access.unrestricted() &&
        !context_.access.may_operate(match.path, plan_.command)) {
      return fail_command(full, ErrorCode::kPermissionDenied, "no permission to operate");
    }
    for (const SupportedArgument& argument : command->input) {
      if (argument.mandatory && !operate_.input_args().contains(argument.name)) {
        return fail_command(full, ErrorCode::kInvalidCommandArguments,
                            "mandatory argument left out: " + argument.name);  // R-OPR.5
      }
    }
    if (plan_.steps.empty()) take_arguments(*command);
    if (const auto why =
            context_.model.check_command(match.path, plan_.command, plan_.input_args)) {
      return fail_command(full, why->code, why->text);
    }
    plan_.steps.push_back({match.path, 0, {}, {}, {}});
  }

  // Unknown arguments are left out (R-OPR.6). Objects found through references could in theory have
  // different commands of one name; the first one's form counts.
  void take_arguments(const SupportedCommand& command) {
    plan_.asynchronous = command.asynchronous;
    for (const auto& [name, value] : operate_.input_args()) {
      if (is_argument(command, name)) plan_.input_args[name] = value;
    }
  }

  Context& context_;
  const usp_msg::Operate& operate_;
  Plan plan_;
  std::vector<std::string> needed_;
};

}  // namespace

Outcome handle_operate(Context& context, const usp_msg::Operate& operate) {
  return Operate(context, operate).run();
}

}  // namespace usp
