// The whole service for end-to-end tests: a real broker, the real bridge process, simulated CPEs, a
// controller.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "tests/support/broker.h"
#include "tests/support/process.h"
#include "tests/tools/usp_controller/controller.h"
#include "tests/tools/usp_controller/requests.h"

namespace integration {

inline constexpr std::chrono::seconds kLong{30};

/// A cpe-sim process with one device.
class Cpe {
 public:
  Cpe(int acs_port, const std::string& serial, const std::string& model,
      std::vector<std::string> more = {});

  const std::string& endpoint_id() const { return endpoint_id_; }
  /// "set Device.X value": the line's answer without "ok ", or what went wrong.
  std::string command(const std::string& verb, const std::string& rest = {});
  /// Waits for an event line of this kind.
  bool wait_for(const std::string& event);
  support::Process& process() { return *process_; }

 private:
  std::string serial_;
  std::string endpoint_id_;
  std::unique_ptr<support::Process> process_;
};

/// YAML unless said otherwise.
struct WorldOptions {
  std::string device_settings = {};
  std::vector<std::string> environment = {};  ///< "NAME=value", over the configuration
  std::string more_controllers = {};          ///< list items
  std::string more_cwmp = {};                 ///< lines of the cwmp section, each indented by two
  std::string more_auth = {};                 ///< of its auth section, by four
  std::string more = {};                      ///< whole sections
  std::string more_mqtt = {};                 ///< lines of the mqtt section, by two
  std::string username = {};                  ///< of self::ctl at the broker
  std::string password = {};
  std::string broker_address = {};  ///< of the mqtt section, by two; empty: the plain listener
  support::Broker::Options broker = {};
};

/// Bridge and controllers speak MQTT 3.1.1 (MQTT_VERSION=3.1.1 in the environment), else 5.0.
bool speaks_mqtt_311();

class World {
 public:
  /// Broker and bridge are up when it returns; throws otherwise.
  explicit World(WorldOptions options);
  explicit World(const std::string& device_settings = {}, std::vector<std::string> environment = {},
                 const std::string& more_controllers = {}, const std::string& more_cwmp = {},
                 const std::string& more_auth = {});

  void start_bridge();
  /// As a crash or the kernel would.
  void kill_bridge();
  support::Process& bridge() { return *bridge_; }
  support::Broker& broker() { return broker_; }
  usp_controller::Controller& controller() { return *controller_; }
  int acs_port() const { return acs_port_; }
  int grpc_port() const { return grpc_port_; }
  int admin_port() const { return admin_port_; }
  std::string config_file() const { return directory_.file("bridge.yaml"); }
  /// A file below the store's directory.
  std::string store_file(const std::string& name) const { return directory_.file("store/" + name); }

  /// A further controller, connected.
  std::unique_ptr<usp_controller::Controller> connect(const std::string& id,
                                                      const std::string& topic);

  /// The same with more to say; the broker's address is put in.
  std::unique_ptr<usp_controller::Controller> connect(usp_controller::ControllerOptions options);

  /// The text of /metrics.
  std::string metrics() const;
  /// Waits until that line is in it: "name{label=\"x\"} 2".
  bool wait_for_metric(const std::string& line) const;

  /// Powers a CPE on and waits until its agent is up.
  std::unique_ptr<Cpe> device(const std::string& serial,
                              const std::string& model = "tr181-small.csv",
                              std::vector<std::string> more = {});

  /// Asks and expects an answer; the answer, or an Error message made of what went wrong.
  usp_msg::Msg ask(const Cpe& cpe, usp_msg::Msg request, std::chrono::milliseconds limit = kLong);

  /// One parameter's value; "<...>" says why there is none.
  std::string read(const Cpe& cpe, const std::string& path);

 private:
  support::TemporaryDirectory directory_;
  std::vector<std::string> environment_;
  std::string username_;
  std::string password_;
  support::Broker broker_;
  int acs_port_ = 0;
  int grpc_port_ = 0;
  int admin_port_ = 0;
  std::unique_ptr<support::Process> bridge_;
  std::unique_ptr<usp_controller::Controller> controller_;
};

}  // namespace integration
