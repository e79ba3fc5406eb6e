// One agent as its controllers see it: the device's mirror and what the bridge keeps, as one tree.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bridge/agent/device_model.h"
#include "bridge/agent/local_model.h"
#include "bridge/agent/offer.h"
#include "bridge/agent/virtual_rows.h"
#include "bridge/tree.h"
#include "usp/data_model.h"

namespace bridge {

/// Cheap to make; make one per request. Everything given by reference outlives it and does not
/// change meanwhile. Not thread-safe (it reuses a buffer).
class AgentView : public usp::DataModel {
 public:
  /// `shown`: that of `device`.
  AgentView(const Tree& shown, const LocalModel& local, const AgentFacts& facts,
            const DeviceModel& device, std::shared_ptr<const usp::SupportedObject> supported,
            const Offer& offer = {})
      : shown_(shown),
        local_(local),
        facts_(facts),
        device_(device),
        supported_(std::move(supported)),
        offer_(offer),
        virtual_(offer) {}

  /// From now on what the device says of secured parameters is in it, for those who may see that
  /// (usp::Access::may_read_secured()). Else they are known and empty.
  void show_secured() { shows_secured_ = true; }

  const usp::SupportedObject& supported() const override { return *supported_; }
  std::string model_uri(const usp::SupportedObject& object) const override;
  bool has_object(std::string_view object_path) const override;
  std::vector<std::uint32_t> instances(std::string_view table_path) const override;
  usp::Value value(std::string_view object_path, std::string_view name) const override;
  void for_each_param(std::string_view object_path, const ParamVisitor& visit) const override;
  std::optional<usp::Error> check_value(std::string_view object_path, std::string_view name,
                                        std::string_view value) const override;
  std::optional<usp::Error> check_add(std::string_view table_path) const override;
  std::optional<usp::Error> check_delete(std::string_view instance_path) const override;
  std::optional<usp::Error> check_command(
      std::string_view object_path, std::string_view command,
      const std::map<std::string, std::string>& input) const override;

 private:
  std::optional<usp::Error> check_references(std::string_view value) const;
  usp::ParamView view_of(const Node& node) const;
  /// A parameter of the device; nullptr: there is none.
  const Node* find_param(std::string_view object_path, std::string_view name) const;

  const Tree& shown_;
  const LocalModel& local_;
  const AgentFacts& facts_;
  const DeviceModel& device_;
  std::shared_ptr<const usp::SupportedObject> supported_;
  Offer offer_;
  VirtualRows virtual_;
  bool shows_secured_ = false;
  mutable std::string path_;
};

/// A device's text as controllers get it: booleans are "true" and "false", secrets empty.
std::string_view to_usp_text(std::string_view name, std::string_view text, ValueType type);

}  // namespace bridge
