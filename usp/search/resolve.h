// Finds what a path of the instantiated data model names (R-ARC.9, 10; "Reference Following").
#pragma once

#include <string>
#include <vector>

#include "usp/data_model.h"
#include "usp/path.h"

namespace usp::search {

/// An object that exists. A table itself ("Device.WiFi.SSID.") has `table` set.
struct Match {
  std::string path;  ///< instance numbers only (R-MSG.3)
  const SupportedObject* object = nullptr;
  bool table = false;
};

struct Resolution {
  std::vector<Match> matches;  ///< in order of instance numbers; no duplicates
  /// The object part in the supported model; null behind a reference that leads nowhere.
  const SupportedObject* object = nullptr;
  bool ends_in_table = false;  ///< the object part names a table, not its instances
  bool searches = false;       ///< holds a wildcard or an expression
  bool by_key = false;         ///< ... and each expression is a complete unique key: an address
  std::vector<std::string> unread;  ///< values the answer depends on and that must be read
};

struct Limits {
  bool final = false;             ///< take stale values, treat unread ones as unequal to anything
  std::size_t* budget = nullptr;  ///< objects left to visit; 7005 when used up
};

/// Resolves the object part of `path`; its leaf is the caller's. Errors: 7026 (not in the
/// supported model), 7008 (a condition that does not fit the parameter's type), 7005. Instances
/// found through what the requester may not read are left out (R-GIN.0).
[[nodiscard]] Result<Resolution> resolve(const Path& path, const DataModel& model,
                                         const Access& access, Limits limits);

}  // namespace usp::search
