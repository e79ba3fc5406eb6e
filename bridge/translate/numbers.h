// Instance numbers that the bridge hands out for one device, and that stay with what they were
// handed out for; and the names that controllers gave to rows.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "bridge/store/rows.h"

namespace bridge::translate {

/// A number is the lowest never given in its table, and never given to another key: it survives
/// restarts, and rows that vanish and come back.
class Numbers {
 public:
  /// InstanceRow::name of its rows.
  static constexpr const char* kRowName = "number";
  static constexpr const char* kAliasRowName = "alias";

  /// `table` is a shown path with its numbers ("Device.Bridging.Bridge.1.Port."), `key` what the
  /// row is known by ("bport(eth:1)"). 0: none was given.
  std::uint32_t find(std::string_view table, std::string_view key) const;
  /// The key that has the number; empty: none.
  std::string key_of(std::string_view table, std::uint32_t number) const;
  /// The number of the key; gives one out where it has none. `least`: the lowest to give.
  std::uint32_t give(std::string_view table, std::string_view key, std::uint32_t least = 1);
  /// The row moved: its number goes with it.
  void move(std::string_view table, std::string_view from, std::string_view to);

  /// What a controller calls a row ("Device.NAT.PortMapping.3."); empty: nothing.
  std::string_view alias(std::string_view row) const;
  void set_alias(const std::string& row, const std::string& alias);

  void restore(const std::vector<InstanceRow>& rows);
  /// Rows to be stored since the last call; number 0: to be erased.
  std::vector<InstanceRow> take_new();
  bool has_new() const { return !new_.empty(); }

 private:
  struct Table {
    std::map<std::string, std::uint32_t, std::less<>> given;
    std::uint32_t highest = 0;
  };
  std::map<std::string, Table, std::less<>> tables_;
  std::map<std::string, std::string, std::less<>> aliases_;
  std::vector<InstanceRow> new_;
};

}  // namespace bridge::translate
