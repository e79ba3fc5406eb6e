// Small conversions of what a statement gave.
#pragma once

#include "bridge/store/sqlite.h"

namespace bridge::sqlite {

inline Result<void> done(Result<std::int64_t> changed) {
  if (!changed) return tl::unexpected(std::move(changed).error());
  return {};
}

inline Result<bool> any(Result<std::int64_t> changed) {
  if (!changed) return tl::unexpected(std::move(changed).error());
  return *changed > 0;
}

}  // namespace bridge::sqlite
