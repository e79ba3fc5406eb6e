// Which mapping a device is shown by: the one that is compiled in, with the operator's overlays.
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <tl/expected.hpp>
#include <vector>

#include "bridge/config.h"
#include "bridge/translate/mapping.h"

namespace bridge::translate {

/// Thread-safe.
class Mappings {
 public:
  /// Reads the overlays' files. Everything that is wrong with them, a line each: "FILE:12: ...".
  static tl::expected<std::unique_ptr<Mappings>, std::string> load(const TranslationConfig& config);

  struct Model {
    std::string manufacturer;
    std::string oui;
    std::string product_class;
  };
  /// Devices that the same overlays fit share one mapping, made when the first of them comes.
  std::shared_ptr<const Mapping> of(const Model& model) const;

  bool show_mapped() const { return config_.show_mapped; }

 private:
  explicit Mappings(const TranslationConfig& config) : config_(config) {}

  std::shared_ptr<const Mapping> make(const std::vector<std::size_t>& overlays) const;

  const TranslationConfig config_;
  std::vector<Mapping::Source> overlays_;  ///< as in config_.overlays
  mutable std::mutex mutex_;
  mutable std::map<std::vector<std::size_t>, std::shared_ptr<const Mapping>> made_;
};

}  // namespace bridge::translate
