// Puts a copy of state.db back in its place.
#pragma once

#include <filesystem>
#include <string_view>

#include "bridge/result.h"
#include "bridge/store/backup.h"

namespace bridge {

namespace sqlite {
class Connection;
}

/// Row of `meta` of a copy: when it was made, Unix time in milliseconds as text.
inline constexpr std::string_view kCopiedKey = "copied_ms";

/// kCorrupt: not a state.db. kTooNew: of a newer program.
Result<StateFacts> state_facts(sqlite::Connection& state);

struct RestoreOptions {
  std::filesystem::path directory;  ///< of the store
  std::filesystem::path key_file;   ///< empty: store.key in the directory
  std::filesystem::path backup;
};

struct Restored {
  StateFacts facts;
  std::filesystem::path kept;  ///< what state.db was before; empty: there was none
};

/// The backup becomes state.db at once or not at all: it is copied beside state.db and looked
/// through there, and on an error state.db is as it was. The old state.db is kept beside it under
/// a new name. Bulk operations that were under way are cancelled. mirror.db goes: it is learnt
/// again, and its device ids may mean other devices now. An older schema is brought up to date when
/// the bridge next starts.
///
/// kBusy: the bridge runs. kCorrupt: damaged, not a state.db, or its secrets were sealed with
/// another key than the one that is here. kTooNew: of a newer program. kInvalid: no key, or a WAL
/// beside it. Root does it as the owner of the directory, for the whole process while it lasts.
Result<Restored> restore_state(const RestoreOptions& options);

}  // namespace bridge
