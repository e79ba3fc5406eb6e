// Checks the parameter settings of Set and Add before anything is executed.
#pragma once

#include <set>
#include <string>
#include <utility>
#include <vector>

#include "usp/handlers.h"

namespace usp {

/// What is left of an object's settings after the checks.
struct CheckedSettings {
  std::vector<Setting> good;         ///< no name twice
  std::vector<ParamError> refused;   ///< optional ones: reported, not executed (R-ADD.4)
  std::vector<ParamError> culprits;  ///< required ones: the object fails (R-SET.2, R-ADD.3)
  /// Moves a good setting to where its failure belongs.
  void refuse(const std::string& param, ErrorCode code, std::string text);
};

/// `object_path` is an existing object, or "<table>{i}." for one to be added; unique keys of an
/// object to be added count as required. Paths in errors are relative to the object.
CheckedSettings check_settings(const Context& context, const SupportedObject& object,
                               const std::string& object_path, std::vector<Setting> wanted,
                               bool adding);

template <class Repeated>
std::vector<Setting> to_settings(const Repeated& settings) {
  std::vector<Setting> out;
  out.reserve(static_cast<std::size_t>(settings.size()));
  for (const auto& setting : settings) {
    out.push_back({setting.param(), setting.value(), setting.required()});
  }
  return out;
}

/// One object of a Set that passed its checks.
struct KeyedObject {
  std::string path;
  const SupportedObject* object = nullptr;
  CheckedSettings* settings = nullptr;
};

/// Refuses with 7025 every setting that would give two rows of a table the same unique key, seen
/// after the whole message (TR-369 "Selecting Objects and Parameters").
void refuse_duplicate_keys(const Context& context, const std::vector<KeyedObject>& objects);

/// Finds rows that a new one would collide with. One per Add message: it remembers the rows the
/// message has made so far.
class NewKeys {
 public:
  explicit NewKeys(const Context& context) : context_(context) {}

  /// true: the unique keys of the new row are free, and now taken.
  bool claim(const std::string& table, const SupportedObject& object,
             const std::vector<Setting>& settings);

 private:
  bool taken(const std::string& table, const std::vector<std::string>& keys,
             const std::vector<std::string>& values) const;

  const Context& context_;
  std::set<std::pair<std::string, std::vector<std::string>>> claimed_;  // table+keys, values
};

}  // namespace usp
