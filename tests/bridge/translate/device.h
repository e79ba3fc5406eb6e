// A TR-098 device made of a file of tests/data, and what it is shown as.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "bridge/translate/mapping.h"
#include "bridge/translate/numbers.h"
#include "bridge/translate/projection.h"
#include "bridge/tree.h"

namespace bridge::translate {

/// path, value of a file with a header and those two columns.
std::vector<std::pair<std::string, std::string>> read_values(const std::string& file);

/// Not copyable: the projection refers to the rest.
class TestDevice {
 public:
  static constexpr std::int64_t kReadAt = 1'700'000'000'000;

  TestDevice() : TestDevice(built_in_mapping()) {}
  explicit TestDevice(std::shared_ptr<const Mapping> mapping) : mapping_(std::move(mapping)) {}

  /// Known values. Types are guessed: true/false and 0/1 are no boolean unless `type` says so.
  void set(const std::string& path, const std::string& value, const std::string& type = "string");
  void load(const std::string& file);
  /// An object, or table, that may have no parameters. `writable`: rows may be added or deleted.
  void object(const std::string& path, bool writable = false);
  void remove(const std::string& object);

  /// Laid out when it is first asked for.
  Projection& shown();
  /// "" also where it is absent; see has().
  std::string value(const std::string& path);
  bool has(const std::string& path);

  Tree& tree() { return tree_; }
  Numbers& numbers() { return numbers_; }

 private:
  std::shared_ptr<const Mapping> mapping_;
  PathPool pool_;
  Tree tree_{pool_};
  Numbers numbers_;
  std::unique_ptr<Projection> projection_;
};

}  // namespace bridge::translate
