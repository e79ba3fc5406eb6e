// What a step of a plan is on the device, in the device's own names.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "bridge/value_type.h"
#include "usp/error.h"
#include "usp/plan.h"

namespace bridge {

/// One object that a plan writes to, in the agent's names.
struct ShownStep {
  std::size_t index = 0;  ///< into Plan::steps
  std::string_view path;  ///< kSet: the object; kAdd: the table
  std::span<const usp::Setting> settings;
};

/// The setting that asked for something.
struct Origin {
  std::size_t step = 0;
  std::string param;  ///< as in usp::Setting; empty: the step as a whole
  bool operator==(const Origin&) const = default;
};

struct NativeAssignment {
  std::string name;   ///< full; relative to the new row where NativeWrite::add says so
  std::string value;  ///< in a form that any device takes: SetValues gives it the device's own
  bool required = true;
  ValueType type = ValueType::kUnknown;  ///< where the tree knows none
  std::vector<Origin> origins;
  std::string like = {};  ///< a parameter of the same kind, whose type is known
  bool operator==(const NativeAssignment&) const = default;
};

/// A setting that the device is not asked for.
struct Refused {
  Origin origin;
  bool required = true;
  usp::ErrorCode code = usp::ErrorCode::kInternalError;
  std::string text;
};

/// A row that has another key once the write is done, and keeps its number
/// (DeviceModel::share_numbers()).
struct NumberMove {
  std::string table;  ///< shown
  std::string from;   ///< key
  std::string to;
  bool operator==(const NumberMove&) const = default;
};

/// In this order: add, set, follow, remove. A required refusal means that nothing is to be done.
struct NativeWrite {
  std::string add;  ///< table to add a row to; names in `set` are relative to the row. Empty: none
  std::vector<NativeAssignment> set;     ///< together, in one SetParameterValues. Empty: nothing
  std::vector<NativeAssignment> follow;  ///< then, one by one; a failure is only logged
  std::string remove;                    ///< object to delete; empty: none
  std::string row;    ///< kAdd: the shown row, where it is known beforehand ("Device.WiFi.SSID.2.")
  std::string moved;  ///< the shown row that becomes the added one, with its number; empty: none
  std::vector<NumberMove> numbers = {};  ///< rows whose keys the values in `set` change
  std::vector<Refused> refused;

  bool refused_as_a_whole() const {
    for (const Refused& each : refused) {
      if (each.required) return true;
    }
    return false;
  }
};

}  // namespace bridge
