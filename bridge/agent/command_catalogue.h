// Which USP commands and events can be served for a CWMP device, and how: data/operations.csv.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "usp/data_model.h"

namespace bridge {

/// How a command is carried out.
enum class CommandWay : std::uint8_t {
  kReboot,             ///< Reboot RPC
  kFactoryReset,       ///< FactoryReset RPC
  kScheduleInform,     ///< ScheduleInform RPC
  kTimer,              ///< kept by the bridge
  kOnboard,            ///< kept by the bridge: SendOnBoardRequest()
  kReconnect,          ///< kept by the bridge: of an MQTT connection of the agent's own
  kResetSession,       ///< kept by the bridge: E2ESession.Reset()
  kAddCertificate,     ///< kept by the bridge: also AddMyCertificate()
  kDeleteCertificate,  ///< kept by the bridge
  kFingerprint,        ///< kept by the bridge
  kCancel,       ///< of a row of LocalAgent.Request.: what the command was carried out by decides
  kSet,          ///< SetParameterValues of the arguments and of the target
  kToggle,       ///< the target, a boolean, is set to false and then to true
  kDiagnostics,  ///< arguments, DiagnosticsState=Requested, "8 DIAGNOSTICS COMPLETE", results
  kFirmware,     ///< Download RPC of a firmware image
  kRestore,      ///< Download RPC of a vendor configuration file
  kBackup,       ///< Upload RPC of a vendor configuration file
  kLog,          ///< Upload RPC of a vendor log file
  kActivate,     ///< the target is set to the image's path, then Reboot RPC
  kInstall,      ///< ChangeDUState RPC
  kUpdate,       ///< ChangeDUState RPC
  kUninstall,    ///< ChangeDUState RPC
};

/// Stands for the configured prefix (device.vendor_prefix) in names of commands that no standard
/// has.
inline constexpr std::string_view kVendorPrefix = "X_{vendor}_";

struct CommandArgument {
  std::string_view name;
  bool mandatory = false;
  std::optional<usp::ParamType> type;  ///< nullopt: that of the parameter of this name
  std::optional<std::string_view> fallback;
};

struct CommandRow {
  std::string_view path;    ///< "Device.IP.Diagnostics.IPPing()"
  std::string_view object;  ///< "Device.IP.Diagnostics."
  std::string_view name;    ///< "IPPing()"; of ours: with kVendorPrefix
  bool asynchronous = false;
  CommandWay way = CommandWay::kSet;
  /// What the device must have: an object (final dot) or a parameter, supported paths; empty:
  /// nothing.
  std::string_view target;
  std::string_view value;  ///< what kSet writes to the target; empty: nothing but the arguments
  std::vector<CommandArgument> input;
  std::vector<std::string> output;
  bool all_results = false;  ///< and every result that the device or the standard knows

  const CommandArgument* argument(std::string_view name) const;
  /// The object whose parameters are the arguments: kDiagnostics, kSet.
  std::string_view argument_object() const;
};

struct EventRow {
  std::string_view object;
  std::string_view name;   ///< "Boot!"
  std::string_view needs;  ///< an object the device must have; empty: none
  std::vector<std::string> args;
};

/// Immutable, made on first use; every view lives as long as the process. Thread-safe.
class CommandCatalogue {
 public:
  static const CommandCatalogue& get();

  /// `object_path` with instance numbers or {i}; a vendor's `name` with any prefix: the supported
  /// model says which it is. nullptr: cannot be served.
  const CommandRow* find(std::string_view object_path, std::string_view name) const;
  std::span<const CommandRow> commands() const { return commands_; }
  std::span<const EventRow> events() const { return events_; }

 private:
  CommandCatalogue();

  std::vector<CommandRow> commands_;
  std::vector<EventRow> events_;
};

/// Is the way one that the bridge goes alone, on its own objects?
bool is_bridge_way(CommandWay way);

/// "Device.A.{i}.B" with the instance numbers of "Device.A.3.C.": "Device.A.3.B". Placeholders that
/// `object_path` has no number for stay.
std::string with_instances(std::string_view supported, std::string_view object_path);

}  // namespace bridge
