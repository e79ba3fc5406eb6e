// The commands of usp-bridgectl, by what they are about. Each function adds its commands to the
// program; the one that is chosen puts what it does into `action`. Both outlive the options.
#pragma once

#include <CLI/CLI.hpp>

#include "bridge/ctl/connection.h"

namespace bridge::ctl {

void add_device_commands(CLI::App& app, Action& action);
void add_parameter_commands(CLI::App& app, Action& action);
void add_operation_commands(CLI::App& app, Action& action);
void add_transfer_commands(CLI::App& app, Action& action);
void add_watch_command(CLI::App& app, Action& action);
void add_bulk_commands(CLI::App& app, Action& action);
void add_brake_commands(CLI::App& app, Action& action);
void add_controller_commands(CLI::App& app, Action& action);
void add_credential_commands(CLI::App& app, Action& action);
void add_doctor_command(CLI::App& app, Action& action);
void add_state_commands(CLI::App& app, Action& action);
/// Prints what a shell needs to complete the commands that `app` has.
void add_completion_command(CLI::App& app, Action& action);

}  // namespace bridge::ctl
