#include "tests/integration/world.h"

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <stdexcept>
#include <thread>

#include "tests/support/http_client.h"

namespace integration {

using usp_controller::Controller;

Cpe::Cpe(int acs_port, const std::string& serial, const std::string& model,
         std::vector<std::string> more)
    : serial_(serial), endpoint_id_("ops::00D09E-Gateway-" + serial) {
  const bool elsewhere = std::find(more.begin(), more.end(), "--acs") != more.end();
  std::vector<std::string> arguments{
      "--username", "cpe",          "--password", "secret",
      "--serial",   serial,         "--model",    std::string(TEST_DATA_DIR) + "/models/" + model,
      "--events",   "--time-scale", "0.1"};
  if (!elsewhere) {
    arguments.insert(arguments.end(), {"--acs", "http://127.0.0.1:" + std::to_string(acs_port)});
  }
  arguments.insert(arguments.end(), more.begin(), more.end());
  process_ = std::make_unique<support::Process>(CPE_SIM, arguments);
}

std::string Cpe::command(const std::string& verb, const std::string& rest) {
  process_->skip_output();
  process_->write_line(verb + " " + serial_ + (rest.empty() ? "" : " " + rest));
  auto line = process_->wait_for_line(
      [](const std::string& text) { return text.starts_with("ok") || text.starts_with("error"); });
  if (!line) return "<no answer>";
  return line->starts_with("ok ") ? line->substr(3) : *line;
}

bool Cpe::wait_for(const std::string& event) {
  return process_->wait_for_text("\"event\":\"" + event + "\"").has_value();
}

bool speaks_mqtt_311() {
  const char* version = std::getenv("MQTT_VERSION");
  return version != nullptr && std::string_view(version) == "3.1.1";
}

World::World(const std::string& device_settings, std::vector<std::string> environment,
             const std::string& more_controllers, const std::string& more_cwmp,
             const std::string& more_auth)
    : World(WorldOptions{.device_settings = device_settings,
                         .environment = std::move(environment),
                         .more_controllers = more_controllers,
                         .more_cwmp = more_cwmp,
                         .more_auth = more_auth}) {}

World::World(WorldOptions options)
    : environment_(std::move(options.environment)),
      username_(options.username),
      password_(options.password),
      broker_(options.broker),
      acs_port_(support::free_port()),
      grpc_port_(support::free_port()),
      admin_port_(support::free_port()) {
  if (options.broker_address.empty()) {
    options.broker_address = "  host: 127.0.0.1\n  port: " + std::to_string(broker_.port()) + "\n";
  }
  std::ofstream(directory_.file("bridge.yaml"))
      << "cwmp:\n  listen: 127.0.0.1\n  port: " << acs_port_
      << "\n  auth:\n    shared: {username: cpe, password: secret}\n"
      << options.more_auth << "  connection_request:\n    allow: [127.0.0.0/8]\n"
      << options.more_cwmp << "mqtt:\n"
      << options.broker_address << options.more_mqtt
      << (speaks_mqtt_311() ? "  version: 3.1.1\n" : "")
      << "  reconnect: {min: 100ms, max: 500ms}\n"
         "controllers:\n  - endpoint_id: \"self::ctl\"\n    topic: usp/v1/controller/ctl\n"
      << options.more_controllers << options.more << "grpc: {port: " << grpc_port_
      << "}\nadmin: {port: " << admin_port_ << "}\nstore: {directory: " << directory_.file("store")
      << "}\nlog: {format: text, level: debug}\n"
      << (options.device_settings.empty() ? "" : "device: {" + options.device_settings + "}\n");
  start_bridge();
  controller_ = connect("self::ctl", "usp/v1/controller/ctl");
}

std::unique_ptr<Controller> World::connect(const std::string& id, const std::string& topic) {
  usp_controller::ControllerOptions options;
  options.id = id;
  options.topic = topic;
  options.mqtt.username = username_;
  options.mqtt.password = password_;
  return connect(std::move(options));
}

std::unique_ptr<Controller> World::connect(usp_controller::ControllerOptions options) {
  options.mqtt.host = "127.0.0.1";
  options.mqtt.port = broker_.port();
  options.mqtt.retry.time = std::chrono::milliseconds(100);
  if (speaks_mqtt_311()) options.mqtt.version = usp::mtp::MqttOptions::Version::k311;
  auto controller = std::make_unique<Controller>(options);
  auto connected = controller->connect(kLong);
  if (!connected) throw std::runtime_error("controller: " + connected.error());
  return controller;
}

std::string World::metrics() const {
  support::HttpClient client(static_cast<std::uint16_t>(admin_port_));
  client.send("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n");
  return client.receive().body;
}

bool World::wait_for_metric(const std::string& line) const {
  const auto limit = std::chrono::steady_clock::now() + kLong;
  do {  // nothing else tells that a record was passed over
    if (metrics().find(line + "\n") != std::string::npos) return true;
    std::this_thread::yield();
  } while (std::chrono::steady_clock::now() < limit);
  return false;
}

void World::start_bridge() {
  bridge_ = std::make_unique<support::Process>(
      USP_BRIDGE, std::vector<std::string>{"-c", directory_.file("bridge.yaml")},
      support::Process::Options{.environment = environment_});
  // Agents with connections of their own connect when they are there.
  const bool own =
      std::ranges::find(environment_, "USP_BRIDGE_MQTT__MODE=per-agent") != environment_.end();
  const char* up = own ? "ready:" : "mqtt: connected";
  if (!bridge_->wait_for_text(up)) throw std::runtime_error(bridge_->output());
}

void World::kill_bridge() {
  bridge_->signal(SIGKILL);
  bridge_->wait_for_exit();
}

std::unique_ptr<Cpe> World::device(const std::string& serial, const std::string& model,
                                   std::vector<std::string> more) {
  auto cpe = std::make_unique<Cpe>(acs_port_, serial, model, std::move(more));
  std::string id = cpe->endpoint_id();
  auto onboard = controller_->wait_for_notify(
      [&id](const usp_controller::Notification& each) {
        return each.agent == id && each.notify.has_on_board_req();
      },
      kLong);
  if (!onboard) throw std::runtime_error(bridge_->output() + cpe->process().output());
  return cpe;
}

usp_msg::Msg World::ask(const Cpe& cpe, usp_msg::Msg request, std::chrono::milliseconds limit) {
  auto answer = controller_->request(cpe.endpoint_id(), std::move(request), limit);
  if (answer) return *answer;
  usp_msg::Msg none;
  none.mutable_body()->mutable_error()->set_err_code(1);
  none.mutable_body()->mutable_error()->set_err_msg("no answer: " + answer.error());
  return none;
}

std::string World::read(const Cpe& cpe, const std::string& path) {
  usp_msg::Msg answer = ask(cpe, usp_controller::get({path}));
  auto values = usp_controller::values_of(answer);
  auto found = values.find(path);
  return found == values.end() ? "<" + answer.ShortDebugString() + ">" : found->second;
}

}  // namespace integration
