// usp-controller: a USP Controller for the command line.
//
// Exit status: 0 all went well, 1 the agent reported an error, 2 no answer or no connection in
// time, others: wrong usage.
#include <CLI/CLI.hpp>
#include <fstream>
#include <iostream>

#include "tests/tools/usp_controller/arguments.h"
#include "tests/tools/usp_controller/load.h"
#include "tests/tools/usp_controller/output.h"

namespace usp_controller {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int kOk = 0;
constexpr int kAgentError = 1;
constexpr int kNoAnswer = 2;
constexpr int kUsage = 3;

struct CommandLine {
  ControllerOptions controller;
  std::string version = "5";
  std::vector<std::string> agents;
  std::string agent_topic;
  std::string sign_cert;
  std::string sign_key;
  std::string trust_ca;
  double timeout_s = 35;  // the bridge answers a write after 30 s at the latest
  bool json = false;

  std::vector<std::string> words;
  std::uint32_t max_depth = 0;
  bool allow_partial = false;
  bool first_level_only = false;
  bool wait_for_complete = false;
  bool no_response_wanted = false;
  std::string command_key;
  std::vector<std::pair<std::string, std::string>> subscriptions;
  std::size_t wanted = 0;
  bool no_notify_response = false;
  bool retry = false;
  std::size_t outstanding = 64;
  std::size_t requests = 10'000;
  std::size_t payload = 200;

  Milliseconds timeout() const { return Milliseconds(static_cast<std::int64_t>(timeout_s * 1000)); }
};

std::string read_file(const std::string& name) {
  std::ifstream in(name, std::ios::binary);
  if (!in) throw std::runtime_error(name + ": cannot be read");
  return {std::istreambuf_iterator<char>(in), {}};
}

/// Throws what is wrong with the files.
void load_certificates(CommandLine& settings) {
  if (!settings.sign_cert.empty()) {
    auto identity =
        usp::SigningIdentity::from_pem(read_file(settings.sign_cert), read_file(settings.sign_key));
    if (!identity) throw std::runtime_error(settings.sign_cert + ": " + identity.error());
    settings.controller.identity = *std::move(identity);
  }
  if (settings.trust_ca.empty()) return;
  constexpr std::size_t kMaxCas = 1000;
  const auto cas = usp::Certificate::chain_from_pem(read_file(settings.trust_ca), kMaxCas);
  if (!cas) throw std::runtime_error(settings.trust_ca + ": " + cas.error());
  settings.controller.trusted.emplace();
  for (const usp::Certificate& each : *cas) settings.controller.trusted->add(each);
}

int complain(const std::string& text, int status) {
  std::cerr << "usp-controller: " << text << "\n";
  return status;
}

class Program {
 public:
  Program(const CommandLine& settings, Controller& controller)
      : settings_(settings), controller_(controller) {}

  const std::string& agent() const { return settings_.agents.front(); }

  // Sends, prints, and tells by the status how it went. The answer is kept in last_.
  int exchange(const std::string& command, const usp_msg::Msg& request, bool quiet = false) {
    Exchange exchange{command, request, std::nullopt, {}, {}};
    const auto begin = Clock::now();
    auto answer = controller_.request(agent(), request, settings_.timeout());
    exchange.took = std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - begin);
    if (answer) {
      exchange.errors = failures_of(*answer);
      exchange.response = *answer;
    } else {
      exchange.errors = {answer.error()};
    }
    if (settings_.json) {
      if (!quiet) std::cout << to_json(exchange) << std::endl;
    } else {
      if (answer && !quiet) std::cout << to_text(*answer);
      for (const std::string& error : exchange.errors) std::cerr << error << "\n";
    }
    last_ = exchange.response;
    if (!answer) return kNoAnswer;
    return exchange.errors.empty() ? kOk : kAgentError;
  }

  int change(const std::string& command) {
    const auto objects = parse_objects(settings_.words);
    if (!objects) return complain(objects.error(), kUsage);
    const bool is_set = command == "set";
    return exchange(command, is_set ? set(*objects, settings_.allow_partial)
                                    : add(*objects, settings_.allow_partial));
  }

  int run_operate() {
    const std::string& command = settings_.words.front();
    const auto arguments = parse_arguments({settings_.words.begin() + 1, settings_.words.end()});
    if (!arguments) return complain(arguments.error(), kUsage);
    const usp_msg::Msg request =
        operate(command, *arguments, settings_.command_key, !settings_.no_response_wanted);
    if (settings_.no_response_wanted) {
      const auto sent = controller_.send(agent(), request, {});
      return sent ? kOk : complain(sent.error(), kNoAnswer);
    }
    if (!settings_.wait_for_complete) return exchange("operate", request);
    if (const int status = lay({{"OperationComplete", command}}); status != kOk) return status;
    int status = exchange("operate", request);
    if (status == kOk) status = wait_for_complete();
    remove_laid();
    return status;
  }

  int watch() {
    controller_.set_answer_notifies(!settings_.no_notify_response);
    if (const int status = lay(settings_.subscriptions); status != kOk) return status;
    const auto end = Clock::now() + settings_.timeout();
    std::size_t seen = 0;
    while (settings_.wanted == 0 || seen < settings_.wanted) {
      const auto left = std::chrono::duration_cast<Milliseconds>(end - Clock::now());
      if (left.count() <= 0) break;
      const auto of_ours = [this](const Notification& notification) {
        return settings_.agents.empty() || notification.agent == agent();
      };
      const auto notification = controller_.wait_for_notify(of_ours, left);
      if (!notification) break;
      // An OnBoardRequest comes unasked, again and again until it is answered.
      if (settings_.subscriptions.empty() || !notification->notify.has_on_board_req()) ++seen;
      show(*notification);
    }
    remove_laid();
    return seen >= settings_.wanted ? kOk : kNoAnswer;
  }

  // Connect and Disconnect records, and OnBoardRequests.
  int discover() {
    const auto end = Clock::now() + settings_.timeout();
    std::size_t seen = 0;
    while ((settings_.wanted == 0 || seen < settings_.wanted) && Clock::now() < end) {
      // Either may come first: look at both in turn, briefly.
      constexpr Milliseconds kTurn{50};
      if (const auto presence = controller_.wait_for_presence({}, kTurn)) {
        ++seen;
        if (settings_.json) {
          std::cout << to_json(*presence) << std::endl;
        } else {
          std::cout << presence->agent << (presence->connected ? " connected" : " disconnected")
                    << (presence->topic.empty() ? "" : " at " + presence->topic) << std::endl;
        }
      }
      const auto is_onboarding = [](const Notification& notification) {
        return notification.notify.has_on_board_req();
      };
      if (const auto notification = controller_.wait_for_notify(is_onboarding, kTurn)) {
        show(*notification);
      }
    }
    return seen >= settings_.wanted ? kOk : kNoAnswer;
  }

  int load() {
    LoadOptions options;
    options.agents = settings_.agents;
    options.paths = settings_.words;
    options.outstanding = settings_.outstanding;
    options.count = settings_.requests;
    options.limit = settings_.timeout();
    return report(run_gets(controller_, options), "load");
  }

  int echo() {
    EchoOptions options;
    options.payload_bytes = settings_.payload;
    options.outstanding = settings_.outstanding;
    options.count = settings_.requests;
    options.limit = settings_.timeout();
    return report(run_echo(settings_.controller.mqtt, options), "echo-load");
  }

 private:
  int report(const LoadResult& result, const std::string& command) {
    std::cout << (settings_.json ? to_json(result, command) + "\n" : to_text(result));
    if (result.missing > 0) return kNoAnswer;
    return result.failed > 0 ? kAgentError : kOk;
  }

  void show(const Notification& notification) {
    std::cout << (settings_.json ? to_json(notification) + "\n" : to_text(notification))
              << std::flush;
  }

  int lay(const std::vector<std::pair<std::string, std::string>>& subscriptions) {
    for (const auto& [type, references] : subscriptions) {
      // Our start in the id: two runs of one controller do not collide.
      const std::string id =
          "usp-controller-" + std::to_string(Clock::now().time_since_epoch().count());
      const usp_msg::Msg request = subscribe(id, type, references, settings_.retry);
      if (const int status = exchange("subscribe", request, true); status != kOk) {
        remove_laid();
        return status;
      }
      for (const std::string& path : created_by(*last_)) laid_.push_back(path);
    }
    return kOk;
  }

  void remove_laid() {
    if (!laid_.empty()) exchange("unsubscribe", del(laid_, true), true);
    laid_.clear();
  }

  int wait_for_complete() {
    const auto is_ours = [this](const Notification& notification) {
      return notification.agent == agent() && notification.notify.has_oper_complete() &&
             notification.notify.oper_complete().command_key() == settings_.command_key;
    };
    const auto notification = controller_.wait_for_notify(is_ours, settings_.timeout());
    if (!notification) return complain("no OperationComplete in time", kNoAnswer);
    show(*notification);
    return notification->notify.oper_complete().has_cmd_failure() ? kAgentError : kOk;
  }

  const CommandLine& settings_;
  Controller& controller_;
  std::optional<usp_msg::Msg> last_;
  std::vector<std::string> laid_;
};

void add_connection_options(CLI::App& app, CommandLine& settings) {
  usp::mtp::MqttOptions& mqtt = settings.controller.mqtt;
  mqtt.host = "127.0.0.1";
  app.add_option("-H,--host", mqtt.host, "Broker")->capture_default_str();
  app.add_option("-p,--port", mqtt.port, "Its port")->capture_default_str();
  app.add_option("-u,--user", mqtt.username, "User name");
  app.add_option("-P,--password", mqtt.password, "Password")->envname("USP_CONTROLLER_PASSWORD");
  app.add_option("--mqtt", settings.version, "Version of MQTT")
      ->check(CLI::IsMember({"5", "3.1.1"}))
      ->capture_default_str();
  app.add_flag("--tls", mqtt.tls.enabled, "TLS");
  app.add_option("--tls-ca", mqtt.tls.ca, "PEM file of the CAs to trust (implies --tls)");
  app.add_option("--tls-cert", mqtt.tls.certificate, "PEM file of our certificate");
  app.add_option("--tls-key", mqtt.tls.key, "PEM file of its key");
  app.add_flag("!--tls-no-verify", mqtt.tls.verify, "Do not check the broker's certificate");
  app.add_option("--connections", mqtt.connections, "Connections to spread requests over")
      ->capture_default_str();
  app.add_option("--qos", settings.controller.qos, "0 or 1")
      ->check(CLI::Range(0, 1))
      ->capture_default_str();
  app.add_option("--client-id", mqtt.client_id, "MQTT client id; the broker's choice otherwise");
  app.add_flag("--session-context", settings.controller.session_context,
               "Speak to the agent in a session context");
  app.add_option("--max-payload", settings.controller.max_payload_bytes,
                 "Bytes of a message in one record of a session context; 0: any");
  auto* sign_cert =
      app.add_option("--sign-cert", settings.sign_cert,
                     "PEM file: our certificate (P-256) and its chain; signs records");
  auto* sign_key = app.add_option("--sign-key", settings.sign_key, "PEM file of its key");
  sign_cert->needs(sign_key);
  sign_key->needs(sign_cert);
  app.add_option("--trust-ca", settings.trust_ca,
                 "PEM file: pass over what no agent certified by these has signed");
  app.add_option("--id", settings.controller.id, "Our Endpoint ID")->capture_default_str();
  app.add_option("--topic", settings.controller.topic, "Our topic")->capture_default_str();
  app.add_option("-a,--agent", settings.agents, "Endpoint ID of the agent (load: of several)")
      ->allow_extra_args(false);
  app.add_option("--agent-topic", settings.agent_topic, "Its topic, or a template for it");
  app.add_option("-t,--timeout", settings.timeout_s, "Seconds")->capture_default_str();
  app.add_flag("-j,--json", settings.json, "One JSON object per line");
}

CLI::App* add_command(CLI::App& app, const char* name, const char* what) {
  return app.add_subcommand(name, what)->fallthrough();
}

void add_commands(CLI::App& app, CommandLine& settings) {
  const auto words = [&](CLI::App* command, const char* name, const char* what) {
    command->add_option(name, settings.words, what)->required();
  };
  const auto partial = [&](CLI::App* command) {
    command->add_flag("--allow-partial", settings.allow_partial, "Do what can be done");
  };
  CLI::App* get = add_command(app, "get", "Read parameters");
  words(get, "path", "Paths");
  get->add_option("--max-depth", settings.max_depth, "Levels of objects; 0: all");
  CLI::App* set = add_command(app, "set", "Write parameters");
  words(set, "settings", "OBJECT. NAME=VALUE ..., ?NAME=VALUE where it may fail; repeatable");
  partial(set);
  CLI::App* add = add_command(app, "add", "Create instances");
  words(add, "settings", "TABLE. NAME=VALUE ..., repeatable");
  partial(add);
  CLI::App* del = add_command(app, "del", "Delete instances");
  words(del, "path", "Instances");
  partial(del);
  CLI::App* operate = add_command(app, "operate", "Run a command");
  words(operate, "command", "COMMAND NAME=VALUE ...");
  operate->add_option("--key", settings.command_key, "Command key");
  operate->add_flag("--async", settings.wait_for_complete, "Wait for OperationComplete");
  operate->add_flag("--no-response", settings.no_response_wanted, "Ask for none (R-OPR.4)");
  for (const char* name : {"supported", "instances"}) {
    CLI::App* command = add_command(app, name, "Ask for the data model");
    words(command, "path", "Objects");
    command->add_flag("--first-level", settings.first_level_only, "Not what is below");
  }
  add_command(app, "protocol", "Ask for the protocol versions");
  CLI::App* watch = add_command(app, "watch", "Print notifications");
  watch
      ->add_option("--subscribe", settings.subscriptions,
                   "TYPE REFERENCES: a subscription for the time of watching, repeatable")
      ->allow_extra_args(false);
  watch->add_flag("--retry", settings.retry, "With NotifRetry");
  watch->add_flag("--no-response", settings.no_notify_response, "Send no NotifyResp");
  watch->add_option("-n,--count", settings.wanted,
                    "End after so many (of --subscribe, where given)");
  CLI::App* discover = add_command(app, "discover", "Print agents that connect");
  discover->add_option("-n,--count", settings.wanted, "End after so many");
  CLI::App* load = add_command(app, "load", "Send Gets, as many as the agent takes");
  words(load, "path", "Paths of each Get");
  CLI::App* echo = add_command(app, "echo-load", "The same with a plain MQTT echo");
  echo->add_option("--payload", settings.payload, "Bytes")->capture_default_str();
  for (CLI::App* command : {load, echo}) {
    command->add_option("-o,--outstanding", settings.outstanding, "At a time")
        ->check(CLI::Range(1, 10'000))
        ->capture_default_str();
    command->add_option("-n,--count", settings.requests, "In total")->capture_default_str();
  }
}

int run_command(const std::string& name, Program& program, const CommandLine& settings) {
  if (name == "get") return program.exchange(name, get(settings.words, settings.max_depth));
  if (name == "set" || name == "add") return program.change(name);
  if (name == "del") return program.exchange(name, del(settings.words, settings.allow_partial));
  if (name == "operate") return program.run_operate();
  if (name == "supported") {
    return program.exchange(name, supported_dm(settings.words, settings.first_level_only));
  }
  if (name == "instances") {
    return program.exchange(name, instances(settings.words, settings.first_level_only));
  }
  if (name == "protocol") return program.exchange(name, supported_protocol());
  if (name == "watch") return program.watch();
  if (name == "load") return program.load();
  return program.discover();
}

bool needs_agent(const std::string& name, const CommandLine& settings) {
  if (name == "watch") return !settings.subscriptions.empty();
  return name != "discover" && name != "echo-load";
}

int run(CommandLine& settings, const std::string& name) {
  usp::mtp::MqttOptions& mqtt = settings.controller.mqtt;
  if (!mqtt.tls.ca.empty()) mqtt.tls.enabled = true;
  if (settings.version == "3.1.1") mqtt.version = usp::mtp::MqttOptions::Version::k311;
  if (needs_agent(name, settings) && settings.agents.empty()) {
    return complain("--agent is missing", kUsage);
  }
  load_certificates(settings);
  if (!settings.agent_topic.empty()) settings.controller.agent_topic = settings.agent_topic;
  Controller controller(settings.controller);
  Program program(settings, controller);
  if (name == "echo-load") return program.echo();
  if (const auto connected = controller.connect(settings.timeout()); !connected) {
    return complain(connected.error(), kNoAnswer);
  }
  return run_command(name, program, settings);
}

}  // namespace
}  // namespace usp_controller

int main(int argc, char** argv) {
  using namespace usp_controller;
  CLI::App app("A USP Controller over MQTT", "usp-controller");
  CommandLine settings;
  add_connection_options(app, settings);
  add_commands(app, settings);
  app.require_subcommand(1);
  CLI11_PARSE(app, argc, argv);
  try {
    return run(settings, app.get_subcommands().front()->get_name());
  } catch (const std::exception& error) {
    return complain(error.what(), kUsage);
  }
}
