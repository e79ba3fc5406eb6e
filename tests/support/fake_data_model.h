// A DataModel in memory, with LocalAgent-like objects and a way to execute Plans on it.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "usp/data_model.h"
#include "usp/plan.h"

namespace support {

/// Objects and values are set by path; the supported model is given to the constructor.
class FakeDataModel : public usp::DataModel {
 public:
  explicit FakeDataModel(std::shared_ptr<const usp::SupportedObject> root);

  /// Makes the object, all its parents and table rows on the way.
  void add_object(const std::string& path);
  void remove_object(const std::string& path);
  void set(const std::string& param_path, const std::string& value);
  void set_state(const std::string& param_path, usp::ValueState state);
  std::string get(const std::string& param_path) const;

  /// Plays the bridge: executes what the plan says, undoing where it has to. A setting of
  /// `poison` to any value is refused with 7012.
  std::vector<usp::StepResult> execute(const usp::Plan& plan);
  std::string poison;

  // usp::DataModel
  const usp::SupportedObject& supported() const override { return *root_; }
  std::string model_uri(const usp::SupportedObject& object) const override;
  bool has_object(std::string_view object_path) const override;
  std::vector<std::uint32_t> instances(std::string_view table_path) const override;
  usp::Value value(std::string_view object_path, std::string_view name) const override;
  void for_each_param(std::string_view object_path, const ParamVisitor& visit) const override;
  std::optional<std::string> implied_key(std::string_view table_path,
                                         std::string_view name) const override;
  /// Refused with 7027 when one of these is among the arguments of a command.
  std::map<std::string, std::string> refused_arguments;
  std::optional<usp::Error> check_command(
      std::string_view object_path, std::string_view command,
      const std::map<std::string, std::string>& input) const override;

  mutable int enumerations = 0;  ///< calls of for_each_param() and instances()

 private:
  struct Stored {
    std::string text;
    usp::ValueState state = usp::ValueState::kKnown;
  };
  usp::StepResult run_set(const usp::Step& step);
  usp::StepResult run_add(const usp::Step& step);

  std::shared_ptr<const usp::SupportedObject> root_;
  std::map<std::string, std::map<std::string, Stored>, std::less<>> objects_;
  std::map<std::string, std::set<std::uint32_t>, std::less<>> tables_;
  std::map<std::string, std::uint32_t> last_number_;
};

/// "Device." with LocalAgent (Controller with BootParameter and MTP, MTP, Subscription, Request),
/// IP.Interface with references, commands and events.
std::shared_ptr<const usp::SupportedObject> local_agent_model();

/// That model with two controllers (the first has two boot parameters) and three subscriptions.
FakeDataModel local_agent();

/// Denies what is listed, by exact path; the rest is permitted.
class FakeAccess : public usp::Access {
 public:
  std::set<std::string, std::less<>> no_read, no_list, no_write, no_add, no_delete, no_operate,
      no_see;
  std::size_t most_objects = 1000;  ///< that one path of a write may reach

  bool unrestricted() const override { return false; }
  bool may_read(std::string_view object, std::string_view name) const override;
  bool may_list(std::string_view instance) const override;
  bool may_see(std::string_view object, std::string_view name, Element what) const override;
  bool may_write(std::string_view object, std::string_view name) const override;
  bool may_add(std::string_view table) const override;
  bool may_delete(std::string_view instance) const override;
  bool may_operate(std::string_view object, std::string_view command) const override;
  bool may_touch(std::size_t objects) const override { return objects <= most_objects; }
};

}  // namespace support
