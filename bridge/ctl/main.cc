// usp-bridgectl: the control API from a shell.
#include <CLI/CLI.hpp>
#include <iostream>
#include <stdexcept>

#include "bridge/ctl/commands.h"

int main(int argc, char** argv) {
  using namespace bridge::ctl;
  CLI::App app("Talks to usp-bridge's control API.", "usp-bridgectl");
  app.footer(
      "Exit status: 0 done, 1 refused or failed, 2 wrong use, 3 not found, 4 the device was not\n"
      "reached or its answer is not known, 5 the bridge was not reached, 6 not allowed.");
  app.set_version_flag("--version", std::string("usp-bridgectl ") + USP_BRIDGE_VERSION);
  app.require_subcommand(1);
  app.fallthrough();  // "devices -o json" is as good as "-o json devices"
  ConnectionOptions options;
  Action action;
  add_options(app, options);
  add_device_commands(app, action);
  add_parameter_commands(app, action);
  add_operation_commands(app, action);
  add_transfer_commands(app, action);
  add_watch_command(app, action);
  add_bulk_commands(app, action);
  add_brake_commands(app, action);
  add_controller_commands(app, action);
  add_credential_commands(app, action);
  add_doctor_command(app, action);
  add_state_commands(app, action);
  add_completion_command(app, action);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? kDone : kWrongUse;  // 0: --help, --version
  }
  try {
    return action(Connection(options));
  } catch (const std::runtime_error& error) {
    return wrong_use(error.what());
  }
}
