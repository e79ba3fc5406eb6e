// What the settings of one write come to on the device, while it is being put together.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "bridge/agent/native_write.h"
#include "bridge/translate/projection.h"
#include "bridge/translate/write_value.h"

namespace bridge::translate {

/// One native parameter and the value it is to have.
struct Wanted {
  std::string name;  ///< full; relative while a row is being added
  std::string value;
  bool list = false;  ///< white space between elements does not matter
};

/// All that one setting comes to.
struct Wants {
  std::vector<Wanted> set;
  std::vector<Wanted> follow;  ///< after `set`, where the device may do it by itself
  std::vector<NumberMove> numbers = {};
};

/// One native name once: the later value wins, and all who asked for it are remembered.
class Draft {
 public:
  explicit Draft(const Projection& projection) : projection_(projection) {}

  /// A parameter that the device lists as read-only and that would change refuses the setting.
  void take(const Wants& wants, const Origin& origin, bool required);
  void refuse(const Origin& origin, bool required, const WriteError& error);

  /// As it will be: wanted by now, else as the mirror knows it. nullopt: not known.
  std::optional<std::string> value(std::string_view name) const;
  bool wants(std::string_view name) const { return set_.at.contains(std::string(name)); }

  /// What the mirror knows to be so already is left out; secrets never are, they read as empty.
  NativeWrite finish() &&;

 private:
  struct Entry {
    Wanted wanted;
    bool required = false;
    std::vector<Origin> origins;
  };
  struct Entries {
    std::vector<Entry> all;
    std::unordered_map<std::string, std::size_t> at;  ///< by name, into `all`
  };

  const Wanted* read_only_among(const Wants& wants) const;
  bool is_so_already(const Wanted& wanted) const;
  NativeAssignment assignment(Entry entry) const;
  static void merge(Entries& entries, const Wanted& wanted, const Origin& origin, bool required);

  const Projection& projection_;
  Entries set_;
  Entries follow_;
  NativeWrite write_;
};

/// Type of a native parameter by the rules; kUnknown where none names it.
ValueType native_type_of(const Mapping& mapping, std::string_view name);

/// Last name of a path.
std::string_view last_name(std::string_view path);

}  // namespace bridge::translate
