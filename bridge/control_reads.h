// What the control API shows of devices and operations, read from the store.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "bridge/control/backend.h"
#include "bridge/store/access.h"

namespace bridge {

struct Runtime;

/// For one look into the store, on its reading thread. What it is made of outlives it.
class ControlReads {
 public:
  ControlReads(StateReader& state, MirrorReader& mirror, const Runtime& runtime)
      : state_(state), mirror_(mirror), runtime_(runtime) {}

  /// nullopt: no such device.
  Result<std::optional<control::DeviceInfo>> device(const std::string& endpoint_id);
  Result<control::Backend::DevicePage> devices(std::int64_t after_id, std::size_t limit,
                                               const control::Filter& filter);
  /// nullopt: no such operation of this device.
  Result<std::optional<control::OperationInfo>> operation(const std::string& endpoint_id,
                                                          std::int64_t id);
  /// nullopt: no such device.
  Result<std::optional<control::Backend::OperationPage>> operations(
      const control::Backend::OperationQuery& query);

 private:
  using Query = control::Backend::OperationQuery;
  using Page = control::Backend::OperationPage;

  Result<void> add_facts(control::DeviceInfo& info, const control::Filter* filter);
  Result<control::DeviceInfo> complete(const DeviceRow& row);
  bool is_in_session(std::int64_t device_id) const;
  Result<bool> is_wanted(const DeviceRow& row, const control::Filter& filter);
  Result<bool> add(const std::vector<OperationRow>& rows, const Query& query, Page& page);
  Result<std::optional<control::OperationInfo>> wanted(const OperationRow& row, const Query& query);
  Result<std::string> visible_name(std::int64_t device_id, const control::Filter& devices);

  StateReader& state_;
  MirrorReader& mirror_;
  const Runtime& runtime_;
  std::map<std::int64_t, std::string> visible_;  ///< Endpoint ID by device; empty: not to be seen
};

}  // namespace bridge
