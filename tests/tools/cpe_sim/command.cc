#include "tests/tools/cpe_sim/command.h"

#include <algorithm>
#include <array>

#include "cwmp/value.h"

namespace cpe_sim {
namespace {

std::string_view take_word(std::string_view& text) {
  const auto end = std::min(text.find(' '), text.size());
  const auto word = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return word;
}

std::string no_such(std::string_view what, std::string_view name) {
  return "error no such " + std::string(what) + ": " + std::string(name);
}

std::string get(Cpe& cpe, std::string_view rest, TimePoint now) {
  const auto value = cpe.value(rest, now);
  return value ? "ok " + *value : no_such("parameter", rest);
}

std::string set(Cpe& cpe, std::string_view rest, TimePoint) {
  const std::string path(take_word(rest));
  const Param* param = cpe.tree().find(path);
  if (param == nullptr || param->is_object()) return no_such("parameter", path);
  if (check_value(*param->type, rest)) return "error the value does not fit the parameter's type";
  cpe.change(path, std::string(rest));
  return "ok";
}

std::string add(Cpe& cpe, std::string_view rest, TimePoint) {
  const auto number = cpe.add_row(std::string(rest));
  return number == 0 ? no_such("table", rest) : "ok " + std::to_string(number);
}

std::string remove(Cpe& cpe, std::string_view rest, TimePoint) {
  return cpe.delete_row(std::string(rest)) ? "ok" : no_such("object", rest);
}

// "inform 2 PERIODIC", "inform M Reboot key": the event has two words, what follows is its key.
std::string inform(Cpe& cpe, std::string_view rest, TimePoint) {
  std::string code(take_word(rest));
  if (code.empty()) code = "2 PERIODIC";
  if (!rest.empty() && code.find(' ') == std::string::npos) {
    code += ' ';
    // Names in capitals may have several words; keys follow "M Name".
    code += code == "M " ? take_word(rest) : std::exchange(rest, std::string_view{});
  }
  cpe.raise(code, rest);
  return "ok";
}

std::string reboot(Cpe& cpe, std::string_view rest, TimePoint now) {
  if (!rest.empty()) cpe.raise("M Reboot", rest);
  cpe.start_reboot(now);
  return "ok";
}

std::string sleep(Cpe& cpe, std::string_view, TimePoint) {
  cpe.set_asleep(true);
  return "ok";
}

// The Inform that fell due meanwhile comes now.
std::string wake(Cpe& cpe, std::string_view, TimePoint) {
  cpe.set_asleep(false);
  cpe.raise(kPeriodic);
  return "ok";
}

/// "METHOD=ACTION*TIMES", or with blanks: "METHOD ACTION TIMES"; TIMES is 1 if left out.
std::string add_fault(Cpe& cpe, std::string_view rest, TimePoint) {
  std::string text(rest);
  if (text.find('=') == std::string::npos) {
    const std::string method(take_word(rest));
    const std::string action(take_word(rest));
    const auto times = rest.empty() ? std::string_view("1") : rest;
    text = method + "=" + action + "*" + std::string(times);
  }
  auto rule = parse_fault_rule(text);
  if (!rule) return "error " + rule.error();
  cpe.faults.add(*std::move(rule));
  return "ok";
}

template <const char* kAction>
std::string add_named_fault(Cpe& cpe, std::string_view rest, TimePoint now) {
  const std::string method(take_word(rest));
  return add_fault(cpe, method + " " + kAction + (rest.empty() ? "" : " " + std::string(rest)),
                   now);
}

constexpr char kDropText[] = "drop";
constexpr char kDropAfterText[] = "drop-after";
constexpr char kEmptyText[] = "empty";

std::string quirk(Cpe& cpe, std::string_view rest, TimePoint) {
  const auto done = set_quirk(cpe.quirks, rest);
  return done ? "ok" : "error " + done.error();
}

std::string status(Cpe& cpe, std::string_view rest, TimePoint) {
  if (rest != "0" && rest != "1") return "error status is 0 or 1";
  cpe.quirks.status_one = rest == "1";
  return "ok";
}

std::string clear(Cpe& cpe, std::string_view, TimePoint) {
  cpe.faults.clear();
  cpe.quirks = Quirks{};
  return "ok";
}

std::string request(Cpe& cpe, std::string_view rest, TimePoint now) {
  const auto method = take_word(rest);
  if (method == "GetRPCMethods") {
    cpe.request(cwmp::GetRPCMethods{});
  } else if (method == "RequestDownload") {
    cwmp::RequestDownload download;
    download.file_type = rest.empty() ? "1 Firmware Upgrade Image" : std::string(rest);
    cpe.raise("9 REQUEST DOWNLOAD");
    cpe.request(std::move(download));
  } else if (method == "AutonomousTransferComplete") {
    cwmp::AutonomousTransferComplete transfer;
    transfer.transfer_url = rest;
    transfer.is_download = true;
    transfer.file_type = "3 Vendor Configuration File";
    transfer.start_time = cwmp::format_datetime(std::chrono::floor<seconds>(now));
    transfer.complete_time = transfer.start_time;
    cpe.request(std::move(transfer));
  } else if (method == "AutonomousDUStateChangeComplete") {
    cwmp::AutonomousDeploymentUnitResult result;
    result.uuid = rest.empty() ? "uuid" : std::string(rest);
    result.current_state = "Uninstalled";
    result.operation_performed = "Uninstall";
    result.start_time = cwmp::format_datetime(std::chrono::floor<seconds>(now));
    result.complete_time = result.start_time;
    cpe.request(cwmp::AutonomousDUStateChangeComplete{{std::move(result)}});
  } else if (method == "Kicked") {
    cpe.request(cwmp::Kicked{"open", "", "", std::string(rest)});
  } else {
    return no_such("request", method);
  }
  return "ok";
}

std::string change(Cpe& cpe, std::string_view rest, TimePoint now) {
  const std::string path(take_word(rest));
  const auto every = cwmp::parse_unsigned(rest);
  if (!cpe.value(path, now)) return no_such("parameter", path);
  if (!every || *every == 0) return "error expected PATH SECONDS";
  cpe.change_regularly(path, seconds(*every), now);
  return "ok";
}

struct Verb {
  std::string_view name;
  std::string (*run)(Cpe&, std::string_view, TimePoint);
  std::string_view help;
};

constexpr std::array kVerbs{
    Verb{"get", get, "PATH: its value"},
    Verb{"set", set, "PATH VALUE: the device itself changes it"},
    Verb{"add", add, "TABLE.: the device itself adds a row; its number"},
    Verb{"delete", remove, "ROW.: the device itself deletes it"},
    Verb{"inform", inform, "[EVENT [KEY]]: a session with that event, else 2 PERIODIC"},
    Verb{"reboot", reboot, "[KEY]: now; with a key also M Reboot"},
    Verb{"sleep", sleep, ": unreachable, no sessions"},
    Verb{"wake", wake, ": reachable again, informs"},
    Verb{"fault", add_fault, "METHOD ACTION [TIMES], or METHOD=ACTION[*TIMES] (see --fault)"},
    Verb{"drop", add_named_fault<kDropText>, "METHOD [TIMES]: vanishes before it does it"},
    Verb{"dodrop", add_named_fault<kDropAfterText>, "METHOD [TIMES]: does it, then vanishes"},
    Verb{"empty", add_named_fault<kEmptyText>, "METHOD [TIMES]: an empty POST for an answer"},
    Verb{"quirk", quirk, "NAME[=VALUE] (see --quirk), NAME=off"},
    Verb{"status", status, "0|1: Status of what is written"},
    Verb{"clear", clear, ": no faults and quirks any more"},
    Verb{"request", request,
         "GetRPCMethods | RequestDownload [TYPE] | AutonomousTransferComplete [URL] | "
         "AutonomousDUStateChangeComplete [UUID] | Kicked [NEXT]"},
    Verb{"change", change, "PATH SECONDS: the value changes by itself"},
};

}  // namespace

std::string execute(Cpe& cpe, std::string_view verb, std::string_view rest, TimePoint now) {
  const auto* known = std::find_if(kVerbs.begin(), kVerbs.end(),
                                   [&](const Verb& each) { return each.name == verb; });
  if (known == kVerbs.end()) return "error unknown command: " + std::string(verb);
  return known->run(cpe, rest, now);
}

std::string command_help() {
  std::string help = "  rebind DEVICE : its NAT forgets it and takes another port\n";
  for (const Verb& verb : kVerbs) {
    help.append("  ").append(verb.name).append(" DEVICE ").append(verb.help).append("\n");
  }
  help.append("  list: all devices     quit: the end\n");
  return help;
}

}  // namespace cpe_sim
