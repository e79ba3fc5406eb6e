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
/// restarts, and rows that vanish and come back. Of a table with more keys than kMaxKeys those that
/// have gone are forgotten, the lowest numbers first: phones change their MAC address for ever.
class Numbers {
 public:
  /// InstanceRow::name of its rows.
  static constexpr const char* kRowName = "number";
  static constexpr std::size_t kMaxKeys = 1024;
  static constexpr const char* kAliasRowName = "alias";

  /// `table` is a shown path with its numbers ("Device.Bridging.Bridge.1.Port."), `key` what the
  /// row is known by ("bport(eth:1)"). 0: none was given.
  std::uint32_t find(std::string_view table, std::string_view key) const;
  /// The key that has the number; empty: none.
  std::string key_of(std::string_view table, std::uint32_t number) const;
  /// The number of the key; gives one out where it has none. `least`: the lowest to give.
  std::uint32_t give(std::string_view table, std::string_view key, std::uint32_t least = 1);
  /// Around the making of all rows: keys that were not asked for in between have gone.
  void begin_layout() { ++layout_; }
  void end_layout();
  /// Another key for the same number, for as long as it is not known which of them will be.
  void share(std::string_view table, std::string_view key, std::string_view other);
  void forget(std::string_view table, std::string_view key);
  /// The rows of these numbers change them.
  void swap(std::string_view table, std::uint32_t one, std::uint32_t other);

  /// What a controller calls a row ("Device.NAT.PortMapping.3."); empty: nothing.
  std::string_view alias(std::string_view row) const;
  /// Empty: nothing any more.
  void set_alias(const std::string& row, const std::string& alias);

  static bool is_row(const InstanceRow& row);
  std::vector<InstanceRow> all() const;
  void restore(const std::vector<InstanceRow>& rows);
  /// Rows to be stored since the last call; number 0: to be erased.
  std::vector<InstanceRow> take_new();
  bool has_new() const { return !new_.empty(); }

 private:
  struct Given {
    std::uint32_t number = 0;
    mutable std::uint32_t layout = 0;  ///< the last one that had the key
  };
  struct Table {
    std::map<std::string, Given, std::less<>> given;
    std::uint32_t highest = 0;
  };
  void put(std::string_view table, std::string_view key, std::uint32_t number);
  void forget_gone(const std::string& name, Table& table);

  std::map<std::string, Table, std::less<>> tables_;
  std::map<std::string, std::string, std::less<>> aliases_;
  std::vector<InstanceRow> new_;
  std::uint32_t layout_ = 0;
};

}  // namespace bridge::translate
