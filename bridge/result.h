// Errors of the bridge as values.
#pragma once

#include <string>
#include <tl/expected.hpp>
#include <utility>

namespace bridge {

enum class ErrorKind {
  kInvalid,   ///< the input or a setting is wrong
  kConflict,  ///< a unique value is taken, or what is referred to does not exist
  kBusy,      ///< a bounded queue is full; later it may work
  kDiskFull,  ///< nothing was stored
  kIo,        ///< the disk or the system failed; nothing was stored
  kCorrupt,   ///< a stored file is damaged or foreign
  kTooNew,    ///< a stored file comes from a newer version of this program
  kClosed,    ///< it is shutting down; nothing was stored
  kInternal,  ///< a broken expectation that could be survived
};

struct Error {
  ErrorKind kind = ErrorKind::kInternal;
  std::string text;  ///< for the log; never a credential
  bool operator==(const Error&) const = default;
};

template <class T>
using Result = tl::expected<T, Error>;

inline tl::unexpected<Error> fail(ErrorKind kind, std::string text) {
  return tl::unexpected(Error{kind, std::move(text)});
}

}  // namespace bridge
