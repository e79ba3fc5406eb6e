// The supported data model of one virtual agent: what its device has shown, what the standard says
// about that, and what the bridge keeps itself.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>

#include "bridge/agent/device_model.h"
#include "bridge/agent/local_schema.h"
#include "bridge/agent/offer.h"
#include "bridge/tree.h"
#include "usp/data_model.h"

namespace bridge {

/// Types: the standard's, else the device's, else string. Access: what the device says of any
/// instance. A table that is empty is taken to be as the standard has it, else nothing could ever
/// be added to it. Unique keys: the standard's, as far as the device has the parameters. Commands:
/// those of the catalogue that the device can serve, with the arguments it has parameters for.
/// `rows`: of the tree that `device` shows.
std::shared_ptr<const usp::SupportedObject> build_supported(
    const std::vector<Tree::Supported>& rows, const LocalSchema& schema, const DeviceModel& device,
    const Offer& offer = {});

/// Devices of one model and firmware share one supported model. Thread-safe; an entry lives as long
/// as someone holds it. Ask again when names were added to or left the shown tree.
class SupportedCache {
 public:
  /// `ignore_writable`: where the device says "read-only" the standard's word counts (quirk 63).
  std::shared_ptr<const usp::SupportedObject> get(DeviceModel& device, const LocalSchema& schema,
                                                  const Offer& offer = {},
                                                  bool ignore_writable = false);
  std::size_t size() const;

 private:
  struct Entry {
    std::vector<Tree::Supported> rows;
    Offer offer;
    const void* rules = nullptr;  ///< DeviceModel::rules()
    std::weak_ptr<const usp::SupportedObject> model;
  };
  mutable std::mutex mutex_;
  std::multimap<std::size_t, Entry> entries_;  ///< by hash of `rows`
};

}  // namespace bridge
