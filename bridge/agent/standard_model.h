// What Device:2 (TR-181) says about parameters and tables, from data/*.csv.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "usp/data_model.h"

namespace bridge {

struct StandardParam {
  std::string_view path;  ///< "Device.WiFi.SSID.{i}.SSID"
  usp::ParamType type = usp::ParamType::kString;
  bool list = false;
  usp::ParamAccess access = usp::ParamAccess::kReadOnly;
  bool cwmp_only = false;  ///< replaced by a command in the USP flavour
  bool reference = false;  ///< holds paths of other objects
};

struct StandardTable {
  std::string_view path;  ///< "Device.WiFi.SSID.{i}."
  std::vector<std::vector<std::string_view>> keys;
  bool add_delete = false;
};

/// "unsignedInt" and so on; kString where there is no such type.
usp::ParamType param_type_named(std::string_view name);

/// Immutable, made on first use; every view lives as long as the process. Thread-safe.
class StandardModel {
 public:
  static const StandardModel& get();

  const StandardParam* param(std::string_view supported_path) const;
  const StandardTable* table(std::string_view supported_path) const;
  /// All parameters whose path starts with `prefix`, sorted.
  std::span<const StandardParam> params_below(std::string_view prefix) const;
  std::span<const StandardTable> tables_below(std::string_view prefix) const;

  /// Never shown to anyone: passwords, keys (TR-181 "hidden", and what vendors name alike).
  /// `name` is the last part of a path.
  bool is_secret(std::string_view name) const;

 private:
  StandardModel();

  std::vector<StandardParam> params_;
  std::vector<StandardTable> tables_;
  std::vector<std::string_view> secrets_;  ///< a name, or *Suffix
};

}  // namespace bridge
