// The data model a simulated CPE starts with, from a CSV file (grammar: README.md); shared by all
// devices of a process.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

#include "tests/tools/cpe_sim/type.h"

namespace cpe_sim {

/// Longest model: rows of all tables together.
inline constexpr std::size_t kMaxParameters = 1'000'000;

/// One parameter or object. `type` belongs to the model.
struct Param {
  const Type* type = nullptr;
  bool writable = false;          ///< objects: rows can be added to a table, a row be deleted
  bool refuses_active = false;    ///< 9009 for active notification
  std::uint8_t notification = 0;  ///< 0 to 6
  std::string value;

  bool is_object() const { return type->kind == Kind::kObject; }
};

/// Object names end in '.'. Sorted by bytes, so what is below an object follows it.
using Params = std::map<std::string, Param, std::less<>>;

inline bool is_object_path(std::string_view path) { return path.ends_with('.'); }

/// "Device.NAT.PortMapping.3." to "Device.NAT.PortMapping."; likewise without the final dot.
std::string_view parent_of(std::string_view path);

/// "Device.A.3.B." to "Device.A.{i}.B."
std::string to_pattern(std::string_view path);

/// Puts the row's number in the place of each "{n}", and its last byte in hex in that of "{x}".
std::string with_number(std::string text, std::uint32_t number);

/// Immutable once loaded. Thread-safe.
class Model {
 public:
  using Rows = std::map<std::string, std::uint32_t, std::less<>>;  ///< table to number of rows

  /// `rows`: tables to fill from their template up to that row. Errors name file and line.
  static tl::expected<std::shared_ptr<const Model>, std::string> load(const std::string& file,
                                                                      const Rows& rows = {});
  /// `directory`: where @include looks.
  static tl::expected<std::shared_ptr<const Model>, std::string> parse(
      std::string_view text, const std::string& name, const std::string& directory = ".",
      const Rows& rows = {});

  const Params& params() const { return params_; }
  /// "Device." or "InternetGatewayDevice."
  const std::string& root() const { return root_; }
  /// What a new row of `table` has, by relative name; nullptr: rows cannot be made.
  const Params* row_template(std::string_view table) const;
  /// Parameters that every Inform holds.
  const std::vector<std::string>& inform_parameters() const { return inform_parameters_; }

 private:
  friend class ModelReader;
  friend class DeviceTree;
  const Type* intern(const Type& type);
  static void make_row(Params& into, const Params& row_template, const std::string& table,
                       std::uint32_t number, bool deletable, const Type* object);

  std::deque<Type> types_;  ///< each once; never moved
  const Type* object_ = nullptr;
  Params params_;
  std::map<std::string, Params, std::less<>> templates_;  ///< by pattern of the table
  std::vector<std::string> inform_parameters_;
  std::string root_;
};

}  // namespace cpe_sim
