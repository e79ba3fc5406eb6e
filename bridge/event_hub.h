// Tells watchers what happens to devices.
#pragma once

#include <memory>
#include <mutex>
#include <vector>

#include "bridge/control/backend.h"

namespace bridge {

/// Thread-safe.
class EventHub {
 public:
  /// `sink` is called for every Happening from now until the handle is destroyed; destroying it
  /// waits for a call under way, so never destroy it from inside the sink.
  std::shared_ptr<void> watch(control::HappeningSink sink);

  /// Cheap when nobody watches.
  void publish(const control::Happening& happening);

  bool watched() const;

 private:
  struct Watcher {
    std::mutex mutex;
    control::HappeningSink sink;  ///< empty once the handle is gone
  };

  mutable std::mutex mutex_;
  std::vector<std::weak_ptr<Watcher>> watchers_;
};

}  // namespace bridge
