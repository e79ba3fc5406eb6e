// Learns a device from nothing, and again what may have changed.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "bridge/task/task.h"

namespace bridge::task {

/// What a device's STUN client is told.
struct StunProvisioning {
  std::string server_address;  ///< empty: the host of the ACS URL
  std::uint16_t server_port = 3478;
  std::string username;
  std::string password;
  std::uint32_t keep_alive_min_s = 30;
  std::int32_t keep_alive_max_s = -1;  ///< -1: none
  std::string parameter_key;
  bool operator==(const StunProvisioning&) const = default;
};

/// What the bridge sets on each device of its own. Empty texts and zeros are left alone.
struct Provisioning {
  std::string connection_request_username;
  std::string connection_request_password;
  std::uint32_t periodic_interval_s = 0;  ///< >= 30 (quirk 87)
  std::string periodic_time;              ///< xsd:dateTime; spreads the fleet
  bool notify_connection_request_url = true;
  std::string parameter_key;
  std::optional<StunProvisioning> stun;  ///< in FirstContact, once the names are known
  bool operator==(const Provisioning&) const = default;
};

/// Runs tasks one after the other. A stage is made when it is its turn, so it sees what those
/// before it have found. A stage that fails does not stop the rest, unless it is required.
class Sequence : public Task {
 protected:
  using Make = std::function<std::unique_ptr<Task>(const Context&)>;  ///< nullptr: nothing to do
  struct Stage {
    Make make;
    bool required = false;
  };

  void add(Make make, bool required = false) { stages_.push_back({std::move(make), required}); }

  std::optional<cwmp::AcsRequest> do_next(Context& context) override;
  void do_response(const cwmp::CpeResponse& response, Context& context) override;
  void do_lost(Context& context) override;

  /// The stages of Provision.
  void add_provisioning(const std::string& root, const Provisioning& provisioning);
  /// The stages of ProvisionStun (stun.h).
  void add_stun(const std::string& root, const StunProvisioning& provisioning);

 private:
  void settle();

  std::vector<Stage> stages_;
  std::size_t stage_ = 0;
  std::unique_ptr<Task> current_;
};

/// What is cheap and makes the device reachable: connection request credentials, periodic Inform,
/// RPC methods, active notification of ConnectionRequestURL. `root` as in FirstContact.
class Provision : public Sequence {
 public:
  Provision(const std::string& root, const Provisioning& provisioning);
};

/// Reads the user name of connection requests and the periodic Inform's settings, and runs
/// Provision when they are not the wanted ones: after a boot, as not every device says that its
/// settings were replaced (quirk 77). A parameter that cannot be read counts as right.
class CheckProvisioning : public Sequence {
 public:
  CheckProvisioning(const std::string& root, const Provisioning& provisioning);
};

/// Provisioning, RPC methods, names, STUN, values. The tree carries the progress (unread values),
/// so it may be run again after any loss. kDone: the tree is complete, but for what the device
/// refuses. kFailed: the device listed no names.
class FirstContact : public Sequence {
 public:
  /// `root`: "Device." or "InternetGatewayDevice.", from the Inform (root_of()). Empty: both
  /// are tried, and nothing is provisioned.
  FirstContact(const std::string& root, const Provisioning& provisioning);
};

/// Reads again what may have changed: after a boot, a transfer, new firmware; on request.
class Refresh : public Sequence {
 public:
  enum class What { kValues, kNamesAndValues };
  /// Objects with all below them (final '.'), and single parameters. Values that were read during
  /// a run that was lost are read again by the next.
  Refresh(std::vector<std::string> paths, What what);
};

/// "Device." or "InternetGatewayDevice.", by the names in an Inform; empty: none of them tells.
std::string root_of(const cwmp::Inform& inform);

}  // namespace bridge::task
