// Rows that are added and deleted: on the device a row too, or a switch beside what is there.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "bridge/agent/native_write.h"
#include "bridge/translate/projection.h"
#include "bridge/translate/write_value.h"

namespace bridge::translate {

/// An error is about the row as a whole; what is wrong with one setting is in NativeWrite::refused.
WriteResult<NativeWrite> add_row(Projection& projection, const ShownStep& step);
WriteResult<NativeWrite> remove_row(const Projection& projection, std::string_view row);

// ---- rows that the device has no rows for (write_switches.cc)

/// Is it a table whose rows stand for a setting of their interface (NAT.InterfaceSetting), or for
/// an element of a list (DNS.Client.Server)?
bool is_switched_table(std::string_view table);
WriteResult<NativeWrite> add_switched(Projection& projection, const ShownStep& step);
WriteResult<NativeWrite> remove_switched(const Projection& projection, std::string_view row);

// ---- the device's table (write_table.cc)

/// Where a new row comes into being.
struct NewRow {
  const Rule* rule = nullptr;
  std::string table;      ///< native
  std::string inside;     ///< the rule's object in the new row: "WANDSLLinkConfig.", mostly empty
  std::string chosen_by;  ///< the setting that named the parent; empty: none
};
WriteResult<NewRow> find_table(const Projection& projection, const ShownStep& step);
/// Is the object a row of the device's tables, or does it stand for something in one?
bool is_own_row(const Rule& rule);
/// May rows come or go? `writable`: what the device says of the table (Add) or the row (Delete).
/// Where the standard forbids it, or the row is made up, the device has to allow it.
bool allows_change(const Rule& rule, Writable writable);
/// The part of a native object's path up to its last number: the row that AddObject made.
std::string native_row_of(const Rule& rule, std::string_view object);

/// Is the Alias of this table's rows one that the bridge keeps, because the device has none?
bool keeps_alias(const Projection& projection, std::string_view table);

/// Has another row the values of one of the table's unique keys?
WriteResult<void> check_keys(const Projection& projection, const ShownStep& step);
/// The same of the Alias alone.
WriteResult<void> check_alias(const Projection& projection, const ShownStep& step);

/// Value of a setting; empty: it is not among them.
std::string_view setting_value(const ShownStep& step, std::string_view param);

}  // namespace bridge::translate
