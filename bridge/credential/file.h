// A file of credentials, one a line:
//
//   file       = [BOM] *( line ( LF / CRLF ) )
//   line       = comment / credential / nothing but blanks
//   comment    = "#" text                                   in the first column
//   credential = username "," password [ "," oui "," product_class "," serial_number ]
//   field      = text without comma and quote, blanks around it are not part of it
//              / DQUOTE text DQUOTE, in it "" is one quote; no line end
//
// A first line that names its columns is passed over.
#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "bridge/credential/entry.h"
#include "bridge/result.h"

namespace bridge {

/// About four million lines; it is held in memory while it is read.
inline constexpr std::size_t kMaxCredentialFileBytes = 256 << 20;

struct CredentialMistake {
  std::size_t line = 0;  ///< from 1
  std::string text;      ///< never with a password
  bool operator==(const CredentialMistake&) const = default;
};

struct CredentialCheck {
  /// Mistakes kept; of the rest only their number is.
  static constexpr std::size_t kMaxListed = 1000;

  std::size_t entries = 0;
  std::size_t mistakes = 0;
  std::vector<CredentialMistake> listed;  ///< by line
};

/// Reads all of it and says all that is wrong: form, check_credential(), a user name twice or one
/// of `reserved`.
CredentialCheck check_credential_file(std::string_view text,
                                      const std::set<std::string, std::less<>>& reserved);

/// Calls `take` with up to `batch` entries at a time, in the order of the file, until it returns
/// false. For a text in which check_credential_file() found no mistake.
void read_credential_file(std::string_view text, std::size_t batch,
                          const std::function<bool(std::vector<CredentialEntry>)>& take);

/// kIo: cannot be read; kInvalid: too large.
Result<std::string> load_credential_file(const std::filesystem::path& file);

}  // namespace bridge
