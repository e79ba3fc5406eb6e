// usp-bridgectl completion bash | zsh
#include <iostream>
#include <utility>
#include <vector>

#include "bridge/ctl/commands.h"

namespace bridge::ctl {

namespace {

std::string words_of(const CLI::App& app) {
  std::string out;
  for (const CLI::App* command : app.get_subcommands({})) out += command->get_name() + " ";
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& name : option->get_lnames()) out += "--" + name + " ";
  }
  return out;
}

/// "bulk", "bulk set", ... and what may follow them.
void collect(const CLI::App& app, const std::string& prefix,
             std::vector<std::pair<std::string, std::string>>& out) {
  for (const CLI::App* command : app.get_subcommands({})) {
    const std::string name = prefix + command->get_name();
    out.emplace_back(name, words_of(*command));
    collect(*command, name + " ", out);
  }
}

/// Shell code that leaves the command that was typed in `command`, and what may follow it in
/// `choices`. `typed`: an expansion of the words before the current one.
void print_choice(const CLI::App& app, const char* typed) {
  std::vector<std::pair<std::string, std::string>> commands;
  collect(app, "", commands);
  std::string keys = ",";
  for (const auto& [name, words] : commands) keys += name + ",";
  std::cout << "  local command=\"\" choices=\"\" word\n"
            << "  local keys=\"" << keys << "\"\n"
            << "  for word in " << typed << "; do\n"
            << "    [[ \"$keys\" == *\",${command:+$command }$word,\"* ]] &&"
               " command=\"${command:+$command }$word\"\n"
               "  done\n"
               "  case \"$command\" in\n";
  for (const auto& [name, words] : commands) {
    std::cout << "    \"" << name << "\") choices=\"" << words << "\" ;;\n";
  }
  std::cout << "    *) choices=\"" << words_of(app) << "\" ;;\n  esac\n";
}

void print_bash(const CLI::App& app) {
  std::cout << "# usp-bridgectl completion bash > /etc/bash_completion.d/usp-bridgectl\n"
               "_usp_bridgectl() {\n"
               "  local current=\"${COMP_WORDS[COMP_CWORD]}\"\n";
  print_choice(app, "\"${COMP_WORDS[@]:1:COMP_CWORD-1}\"");
  std::cout << "  mapfile -t COMPREPLY < <(compgen -W \"$choices\" -- \"$current\")\n"
               "}\n"
               "complete -F _usp_bridgectl usp-bridgectl\n";
}

void print_zsh(const CLI::App& app) {
  std::cout << "#compdef usp-bridgectl\n"
               "# usp-bridgectl completion zsh > ~/.zfunc/_usp-bridgectl\n"
               "_usp_bridgectl() {\n";
  print_choice(app, "\"${(@)words[2,CURRENT-1]}\"");
  std::cout << "  compadd -- ${=choices}\n"
               "}\n"
               "compdef _usp_bridgectl usp-bridgectl\n";
}

}  // namespace

void add_completion_command(CLI::App& app, Action& action) {
  CLI::App* command = app.add_subcommand("completion", "prints what a shell needs to complete");
  auto shell = std::make_shared<std::string>();
  command->add_option("shell", *shell, "bash or zsh")
      ->required()
      ->check(CLI::IsMember({"bash", "zsh"}));
  command->callback([&app, &action, shell] {
    action = [&app, shell](const Connection&) {
      if (*shell == "bash") {
        print_bash(app);
      } else {
        print_zsh(app);
      }
      return static_cast<int>(kDone);
    };
  });
}

}  // namespace bridge::ctl
