// One simulated CPE without IO: what it is, what it wants, and what it answers (TR-069 3.7, Annex
// A). Time and bytes come in, messages and wishes go out.
//
// A rim calls boot() once, then in a loop: tick(); next_transfer() and on_transfer_done();
// wants_session() and one session; and waits until next_wake() or until something from outside
// (connection request, operator) has been told to the CPE.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "cwmp/message.h"
#include "tests/tools/cpe_sim/event_queue.h"
#include "tests/tools/cpe_sim/misbehaviour.h"
#include "tests/tools/cpe_sim/tree.h"

namespace cpe_sim {

using TimePoint = std::chrono::sys_time<std::chrono::milliseconds>;
using std::chrono::milliseconds;
using std::chrono::seconds;

struct CpeOptions {
  /// Parameters that are not as the model says, by name below the root ("DeviceInfo.SerialNumber").
  /// They survive a factory reset.
  std::map<std::string, std::string> values;
  double time_scale = 1;  ///< every wait is multiplied by it: 0.01 makes an hour 36 s
  milliseconds reboot_time{1000};
  milliseconds diagnostics_time{1000};
  std::uint32_t periodic_s = 0;  ///< PeriodicInformInterval whatever the ACS sets; 0: as it is set
  std::string cwmp_namespace = "urn:dslforum-org:cwmp-1-2";
  std::uint64_t seed = 1;  ///< of the waits before a retry
};

/// A parameter that the device changes by itself: numbers go up by one, booleans toggle, strings
/// get a number.
struct RegularChange {
  std::string path;
  milliseconds interval{0};
  TimePoint due{};
};

/// What a rim has to do next in a session.
struct Send {
  std::optional<cwmp::Envelope> envelope;  ///< nullopt: an empty POST
  milliseconds delay{0};                   ///< before it is sent
  bool drop_after = false;                 ///< close the connection without reading the answer
};
/// Close the connection, or with `hang` keep it open in silence until the ACS closes it; then
/// on_lost().
struct Drop {
  bool hang = false;
};
/// The session is over, as it should be.
struct End {};
/// The ACS said something that no CPE can go on with; close, then on_lost().
struct Broken {
  std::string why;
};
using Action = std::variant<Send, Drop, End, Broken>;

struct Transfer {
  std::uint64_t id = 0;
  bool is_download = true;
  bool is_scheduled = false;  ///< ScheduleDownload
  std::string command_key;
  std::string file_type;
  std::string url;
  std::string username;
  std::string password;
  std::uint32_t file_size = 0;
  std::string target_file_name;
  TimePoint due{};
  std::uint32_t state = 1;  ///< 1 not yet started, 2 in progress, 3 completed
  std::string content;      ///< what an upload sends
};

struct TransferOutcome {
  std::uint64_t id = 0;
  std::uint32_t fault = 0;  ///< 9010 ...; 0: good
  std::string text;
  std::string content;  ///< what a download brought
  TimePoint started{};
  TimePoint finished{};
};

/// Not thread-safe.
class Cpe {
 public:
  Cpe(std::shared_ptr<const Model> model, CpeOptions options);

  // ---- what it is
  const DeviceTree& tree() const { return tree_; }
  const std::string& root() const { return tree_.root(); }
  cwmp::DeviceId device_id() const;
  const std::string& serial_number() const { return serial_number_; }
  /// As the ACS reads it (values that follow the time included), but secrets in clear. nullopt:
  /// there is no such parameter.
  std::optional<std::string> value(std::string_view path, TimePoint now) const;
  /// Below `ManagementServer.`.
  std::string management(std::string_view name) const;
  /// A wait by the time scale.
  milliseconds scaled(milliseconds wait) const;
  /// Kept over a factory reset.
  void set_own(const std::string& name, const std::string& value);

  Quirks quirks;
  FaultPlan faults;

  // ---- its life
  /// Power on. The first time and after a factory reset with 0 BOOTSTRAP.
  void boot(TimePoint now);
  /// Does what is due.
  void tick(TimePoint now);
  std::optional<TimePoint> next_wake() const;
  bool wants_session(TimePoint now) const;
  /// Off, rebooting or asleep: cannot be reached.
  bool is_down() const { return asleep_ || boot_at_ || !booted_; }
  std::uint32_t retry_count() const { return retry_count_; }

  // ---- from outside
  /// False: it is down.
  bool on_connection_request(TimePoint now);
  /// Where its NAT has put the port for UDP connection requests.
  void set_binding(const std::string& address, bool behind_nat);
  /// As if the device itself did it; active notification wants a session. False: there is no such
  /// thing.
  bool change(const std::string& path, const std::string& value);
  std::uint32_t add_row(const std::string& table);
  bool delete_row(const std::string& row);
  /// Wants a session with that event.
  void raise(std::string_view code, std::string_view command_key = {});
  /// A request of its own for the next session: GetRPCMethods, AutonomousTransferComplete, ...
  void request(cwmp::CpeRequest request);
  void start_reboot(TimePoint now);
  void set_asleep(bool asleep) { asleep_ = asleep; }
  void change_regularly(std::string path, milliseconds interval, TimePoint now);

  // ---- a session
  Action begin_session(TimePoint now);
  /// `envelope`: nullopt for an empty response.
  Action on_answer(std::optional<cwmp::Envelope> envelope, TimePoint now);
  /// The session failed. `retry_after`: of a 503.
  void on_lost(TimePoint now, std::optional<seconds> retry_after = std::nullopt);

  /// One RPC, without the fault plan.
  cwmp::CpeResponse handle(const cwmp::AcsRequest& request, TimePoint now);

  // ---- transfers
  /// One that has to run now; nullopt: none.
  std::optional<Transfer> next_transfer(TimePoint now);
  void on_transfer_done(TransferOutcome outcome, TimePoint now);

 private:
  enum class State { kIdle, kAwaitInformResponse, kAwaitAcsResponse, kAwaitAcs };
  struct Rpcs;

  // cpe.cc
  void apply_own_values();
  void tick_periodic(TimePoint now);
  void tick_changes(TimePoint now);
  void notify(const std::string& path);
  std::string present(const Param& param, TimePoint now) const;
  cwmp::Inform make_inform(TimePoint now) const;

  // cpe_session.cc
  Action send_inform(TimePoint now);
  Action send_own_or_empty();
  Action on_inform_response(cwmp::Envelope envelope, TimePoint now);
  Action on_own_response(cwmp::Envelope envelope);
  Action on_rpc(cwmp::Envelope envelope, TimePoint now);
  Action misbehave(const FaultRule& rule, const cwmp::AcsRequest& request,
                   const cwmp::Header& header, TimePoint now);
  Send reply(cwmp::Message body, const cwmp::Header& header) const;
  cwmp::Envelope make_request(cwmp::Message body);
  void end_session(TimePoint now);
  milliseconds retry_wait();

  // cpe_transfer.cc
  std::uint64_t queue_transfer(Transfer transfer, std::uint32_t delay_seconds, TimePoint now);
  void install_firmware(const Transfer& transfer);
  void apply_configuration(std::string_view text);
  std::string upload_content(std::string_view file_type, TimePoint now) const;

  // cpe_modules.cc
  void change_modules(const cwmp::ChangeDUState& change, TimePoint now);
  cwmp::DeploymentUnitResult change_module(const cwmp::InstallOperation& install);
  cwmp::DeploymentUnitResult change_module(const cwmp::UpdateOperation& update);
  cwmp::DeploymentUnitResult change_module(const cwmp::UninstallOperation& uninstall);

  DeviceTree tree_;
  CpeOptions options_;
  std::string serial_number_;
  std::minstd_rand random_;

  // What outlives a reboot.
  EventQueue events_;
  bool bootstrapped_ = false;
  std::deque<cwmp::CpeRequest> own_requests_;
  std::deque<Transfer> transfers_;
  std::uint64_t next_transfer_id_ = 1;
  std::map<std::string, std::string> pending_values_;  ///< Status 1: with the next boot
  std::multimap<TimePoint, std::string> scheduled_;    ///< ScheduleInform, with CommandKey
  std::multimap<TimePoint, cwmp::ChangeDUState> module_changes_;
  std::vector<RegularChange> changes_;
  std::vector<std::string> vouchers_;
  std::map<std::string, std::vector<std::string>, std::less<>> access_lists_;

  // What a reboot ends.
  bool booted_ = false;
  bool asleep_ = false;
  TimePoint booted_at_{};
  std::optional<TimePoint> boot_at_;  ///< a reboot is under way
  std::optional<TimePoint> periodic_at_;
  std::string periodic_settings_;  ///< periodic_at_ was computed from
  std::multimap<TimePoint, std::string> diagnostics_;
  std::uint32_t retry_count_ = 0;
  std::optional<TimePoint> retry_at_;
  bool session_due_ = false;

  // A session.
  State state_ = State::kIdle;
  bool hold_requests_ = false;
  bool held_ = false;  ///< requests were held back in this session
  bool reboot_wanted_ = false;
  bool reset_wanted_ = false;
  std::vector<std::string> diagnostics_wanted_;
  std::uint64_t message_id_ = 0;
  std::optional<cwmp::Envelope> open_request_;  ///< for 8005
};

/// Parameter values a diagnosis ends with (TR-181 and TR-098 names): IPPing, TraceRoute; other
/// objects with a DiagnosticsState just become Complete.
void finish_diagnostics(DeviceTree& tree, const std::string& object);

}  // namespace cpe_sim
