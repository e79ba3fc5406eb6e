// One simulated CPE without IO: its parameters and what it answers to an ACS (TR-069 Annex A).
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "cwmp/message.h"
#include "tests/tools/cpe_sim/model.h"

namespace cpe_sim {

/// Makes a device misbehave at one method.
struct Trouble {
  enum class Kind {
    kFault,   ///< answer `code`
    kDrop,    ///< close the connection instead of answering, without doing it
    kDoDrop,  ///< do it, then close the connection instead of answering
    kEmpty,   ///< an empty POST instead of the answer
  };
  Kind kind = Kind::kFault;
  std::uint32_t code = 9002;
  int times = 1;  ///< left
};

/// What the device does beside answering.
struct Effects {
  bool reboot = false;
  bool factory_reset = false;
  std::optional<std::uint32_t> inform_in_s;  ///< ScheduleInform
  std::optional<cwmp::Download> download;
  std::optional<cwmp::Upload> upload;
  std::string diagnostics;  ///< object whose DiagnosticsState became Requested
  bool drop = false;
  bool empty = false;
};

/// Not thread-safe. Copies nothing of the model but what changes.
class Cpe {
 public:
  Cpe(std::shared_ptr<const Model> model, cwmp::DeviceId id);

  const cwmp::DeviceId& id() const { return id_; }
  const std::string& root() const { return model_->root(); }

  // ---- parameters
  std::optional<Param> find(std::string_view path) const;
  std::string value(std::string_view path) const;       ///< empty: none
  std::string management(std::string_view name) const;  ///< below ManagementServer.
  /// As if the device itself changed it. True: a session is to be opened (active notification).
  bool change(const std::string& path, const std::string& value);
  /// A new row, as if the device made it; 0: no such table.
  std::uint32_t add_row(const std::string& table);
  bool delete_row(const std::string& instance);
  std::size_t parameter_count() const;
  void set_silently(const std::string& path, const std::string& value);

  // ---- sessions
  void raise(std::string code, std::string command_key = {});
  bool has_events() const { return !events_.empty(); }
  cwmp::Inform inform(std::uint32_t retry_count, const std::string& now) const;
  /// The Inform got through: its events are told.
  void informed();
  /// A request of the CPE that waits to be sent in the session.
  std::deque<cwmp::TransferComplete>& transfers() { return transfers_; }

  /// Answers one RPC. The answer is nothing when effects say drop or empty.
  cwmp::CpeResponse handle(const cwmp::AcsRequest& request, Effects& effects);

  void set_trouble(const std::string& method, Trouble trouble) { troubles_[method] = trouble; }
  void finish_diagnostics(const std::string& object);
  void factory_reset();

  /// Status of SetParameterValues, AddObject, DeleteObject; 1: applied with the next boot.
  std::uint32_t status = 0;

 private:
  struct Visitor;
  std::vector<std::pair<std::string, Param>> below(std::string_view path) const;
  std::optional<cwmp::FaultCode> check(const cwmp::ParameterValue& wanted) const;
  void store(const std::string& path, Param param);
  void remember_change(const std::string& path);
  std::uint32_t next_instance(const std::string& table) const;

  std::shared_ptr<const Model> model_;
  cwmp::DeviceId id_;
  std::map<std::string, Param, std::less<>> changed_;  ///< over the model
  std::set<std::string, std::less<>> deleted_;         ///< of the model
  std::map<std::string, std::uint32_t, std::less<>> last_instance_;
  std::vector<cwmp::Event> events_;
  std::set<std::string> to_report_;  ///< in the next Inform
  std::deque<cwmp::TransferComplete> transfers_;
  std::map<std::string, Trouble> troubles_;
};

}  // namespace cpe_sim
