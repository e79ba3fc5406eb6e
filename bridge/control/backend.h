// What the control services ask of the rest of the bridge. Implemented by the gateway.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <variant>
#include <vector>

#include "bridge/control/dry_run.h"
#include "bridge/control/explanation.h"
#include "bridge/control/filter.h"
#include "bridge/control/freezes.h"
#include "bridge/result.h"

namespace usp_msg {
class Msg;
}

namespace bridge {
class EventHub;
}

namespace bridge::control {

struct DeviceInfo {
  std::int64_t id = 0;  ///< grows with first appearance; the key of paging
  std::string endpoint_id;
  std::string manufacturer;
  std::string oui;
  std::string product_class;
  std::string serial_number;
  std::string root;
  std::string software_version;
  std::string hardware_version;
  bool onboarded = false;
  bool in_session = false;
  std::int64_t first_seen_ms = 0;  ///< Unix time; 0: never
  std::int64_t last_inform_ms = 0;
  std::int64_t last_boot_ms = 0;
  std::uint32_t open_operations = 0;
  bool online = false;
  std::string display_name = {};
  std::vector<std::string> tags = {};  ///< sorted
};

enum class OperationState { kQueued, kRunning, kSucceeded, kFailed, kCancelled };

inline bool is_over(OperationState state) {
  return state != OperationState::kQueued && state != OperationState::kRunning;
}

/// "QUEUED", as in the control API.
constexpr std::string_view name_of(OperationState state) {
  switch (state) {
    case OperationState::kQueued:
      return "QUEUED";
    case OperationState::kRunning:
      return "RUNNING";
    case OperationState::kSucceeded:
      return "SUCCEEDED";
    case OperationState::kFailed:
      return "FAILED";
    case OperationState::kCancelled:
      return "CANCELLED";
  }
  return "";
}

struct OperationInfo {
  std::int64_t id = 0;
  std::string endpoint_id;
  OperationState state = OperationState::kQueued;
  std::string kind;       ///< "Set", "Add", "Delete", "Operate"
  std::string summary;    ///< the command or the first path
  std::string requester;  ///< Endpoint ID of a controller, or "grpc"
  std::int64_t created_ms = 0;
  std::int64_t deadline_ms = 0;
  std::int64_t finished_ms = 0;  ///< 0: open
  std::uint32_t error_code = 0;  ///< USP error code; 0: none
  std::string error_text;
  std::map<std::string, std::string> output;
  std::string trace_id;  ///< of the request that started it
};

struct InformHappened {
  std::vector<std::string> event_codes;
};
struct ValueChanged {
  std::string path;
  std::string value;
};
struct ObjectCreated {
  std::string path;
};
struct ObjectDeleted {
  std::string path;
};
struct SessionEnded {
  enum class Outcome { kComplete, kLost, kShutdown };
  Outcome outcome = Outcome::kComplete;
};
struct PresenceChanged {
  bool online = false;
};

/// One thing that happened to one device. Paths are those of the agent (Device:2).
struct Happening {
  std::int64_t time_ms = 0;
  std::string endpoint_id;
  using What = std::variant<InformHappened, ValueChanged, ObjectCreated, ObjectDeleted,
                            OperationInfo, SessionEnded, PresenceChanged>;
  What what;
};

/// Called on a bridge thread; must return at once.
using HappeningSink = std::function<void(const Happening&)>;

enum class CancelResult { kCancelled, kNotFound, kAlreadySent, kAlreadyDone };

/// Thread-safe. Each awaitable may be awaited on any executor and resumes there. An error says that
/// the bridge cannot tell or do it now, never that something does not exist.
class Backend : public FreezeKeeper, public Rehearser, public Explainer {
 public:
  /// nullopt: no such device.
  virtual boost::asio::awaitable<Result<std::optional<DeviceInfo>>> device(
      std::string endpoint_id) = 0;

  struct DevicePage {
    std::vector<DeviceInfo> devices;
    std::int64_t last_id = 0;  ///< the last that was looked at: the next page comes after it
    bool more = false;         ///< there may be others
  };
  /// Up to `limit` devices that `filter` lets through, with an id above `after_id`, ascending. May
  /// be fewer, or none, with `more`: a page looks at a bounded number of devices.
  virtual boost::asio::awaitable<Result<DevicePage>> devices(std::int64_t after_id,
                                                             std::size_t limit, Filter filter) = 0;

  /// What the operator says of a device; what is not set stays.
  struct Note {
    std::optional<std::string> display_name;
    std::optional<std::vector<std::string>> tags;
  };
  /// The device then; nullopt: no such device.
  virtual boost::asio::awaitable<Result<std::optional<DeviceInfo>>> annotate(
      std::string endpoint_id, Note note) = 0;

  /// How long an operation may take whose request does not say.
  virtual std::chrono::milliseconds usual_timeout() const = 0;

  /// Of what the bridge adds to a device's model ("X_USPBRIDGE_").
  virtual std::string vendor_prefix() const = 0;

  /// False: no such device.
  virtual boost::asio::awaitable<Result<bool>> forget(std::string endpoint_id) = 0;

  /// Who asks, and for how long.
  struct Ask {
    std::string requester = "grpc";        ///< "grpc:{client}" where it is known
    std::chrono::milliseconds timeout{0};  ///< 0: the usual one of what is asked for
    std::string trace_id;                  ///< trace_id.h; empty: a new one
  };

  /// Does a USP request (Get, Set, Add, Delete, Operate, ...) as the operator, who may do
  /// everything; the response, or a USP Error message. nullopt: no such device. kBusy: its agent is
  /// not up yet. The usual timeout is usual_timeout().
  virtual boost::asio::awaitable<Result<std::optional<usp_msg::Msg>>> request(
      std::string endpoint_id, usp_msg::Msg request, Ask ask) = 0;

  /// Reads what paths cover from the device into the mirror. `native`: they are the device's own
  /// names, parameters or objects with their last dot, else the agent's.
  struct Refresh {
    std::vector<std::string> paths;
    bool native = false;
  };
  /// How many values were read; what went wrong, as a USP Error message would say it. nullopt: no
  /// such device.
  struct Refreshed {
    std::size_t values = 0;
    std::uint32_t error_code = 0;  ///< USP error code; 0: none
    std::string error_text;
  };
  virtual boost::asio::awaitable<Result<std::optional<Refreshed>>> refresh(std::string endpoint_id,
                                                                           Refresh what,
                                                                           Ask ask) = 0;

  /// A parameter in the device's own name.
  struct NativeValue {
    std::string path;
    std::string value;
    std::int64_t updated_ms = 0;
  };
  /// What the mirror has at and below these parameters and objects, ordered by path. A path that
  /// names nothing brings nothing. nullopt: no such device.
  virtual boost::asio::awaitable<Result<std::optional<std::vector<NativeValue>>>> native_values(
      std::string endpoint_id, std::vector<std::string> paths) = 0;

  /// Why a command was not stored.
  struct Refused {
    std::uint32_t code = 0;  ///< USP error code; 0: no such device
    std::string text;
  };
  /// Stores a USP command as an operation. The usual timeout is the configured deadline of
  /// commands.
  virtual boost::asio::awaitable<tl::expected<OperationInfo, Refused>> start_command(
      std::string endpoint_id, std::string command, std::string command_key,
      std::map<std::string, std::string> input, Ask ask) = 0;

  /// nullopt: no such operation of this device.
  virtual boost::asio::awaitable<Result<std::optional<OperationInfo>>> operation(
      std::string endpoint_id, std::int64_t id) = 0;

  struct OperationQuery {
    std::string endpoint_id;     ///< empty: of all devices
    std::int64_t before_id = 0;  ///< 0: from the newest
    std::size_t limit = 0;
    Filter filter;   ///< of operations
    Filter devices;  ///< of devices: whose operations may be seen
  };
  struct OperationPage {
    std::vector<OperationInfo> operations;
    std::int64_t last_id = 0;  ///< the last that was looked at: the next page is below it
    bool more = false;         ///< there may be others
  };
  /// Newest first, with an id below `before_id`. May be fewer than `limit`, or none, with `more`: a
  /// page looks at a bounded number. nullopt: no such device.
  virtual boost::asio::awaitable<Result<std::optional<OperationPage>>> operations(
      OperationQuery query) = 0;

  /// Returns when the end of what was cancelled is stored.
  virtual boost::asio::awaitable<Result<CancelResult>> cancel(std::string endpoint_id,
                                                              std::int64_t id) = 0;

  /// From now on `sink` hears of every Happening, until the returned handle is destroyed. After
  /// that the sink is not called any more.
  virtual std::shared_ptr<void> watch(HappeningSink sink) = 0;

  /// Where Watch reads. Lives as long as this.
  virtual EventHub& event_hub() = 0;
};

}  // namespace bridge::control
