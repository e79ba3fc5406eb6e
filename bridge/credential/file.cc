#include "bridge/credential/file.h"

#include <algorithm>
#include <array>
#include <fstream>
#include <optional>
#include <tl/expected.hpp>
#include <unordered_map>
#include <utility>

namespace bridge {

namespace {

using Fields = std::vector<std::string>;
using ParsedLine = tl::expected<Fields, std::string>;

constexpr std::array<std::string_view, 5> kColumns{"username", "password", "oui", "product_class",
                                                   "serial_number"};

bool is_blank(char c) { return c == ' ' || c == '\t'; }

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

/// Takes a quoted field off `rest`, which starts with its quote.
tl::expected<std::string, std::string> take_quoted(std::string_view& rest) {
  std::string field;
  for (std::size_t i = 1; i < rest.size(); ++i) {
    if (rest[i] != '"') {
      field += rest[i];
    } else if (i + 1 < rest.size() && rest[i + 1] == '"') {
      field += '"';
      ++i;
    } else {
      rest.remove_prefix(i + 1);
      return field;
    }
  }
  return tl::unexpected<std::string>("a quote is not closed");
}

ParsedLine split(std::string_view rest) {
  Fields fields;
  for (;;) {
    while (!rest.empty() && is_blank(rest.front())) rest.remove_prefix(1);
    if (rest.starts_with('"')) {
      auto field = take_quoted(rest);
      if (!field) return tl::unexpected(field.error());
      fields.push_back(*std::move(field));
      while (!rest.empty() && is_blank(rest.front())) rest.remove_prefix(1);
      if (!rest.empty() && rest.front() != ',') {
        return tl::unexpected<std::string>("text after a closing quote");
      }
    } else {
      const std::size_t end = std::min(rest.find(','), rest.size());
      const std::string_view field = rest.substr(0, end);
      if (field.find('"') != std::string_view::npos) {
        return tl::unexpected<std::string>("a quote inside a field that is not quoted");
      }
      fields.emplace_back(trimmed(field));
      rest.remove_prefix(end);
    }
    if (rest.empty()) return fields;
    rest.remove_prefix(1);
    if (fields.size() == kColumns.size()) return tl::unexpected<std::string>("more than 5 fields");
  }
}

bool is_heading(const Fields& fields) {
  return (fields.size() == 2 || fields.size() == kColumns.size()) &&
         std::equal(fields.begin(), fields.end(), kColumns.begin());
}

/// Goes through the credentials of a file, line by line.
class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {
    if (text_.starts_with("\xef\xbb\xbf")) text_.remove_prefix(3);
  }

  /// The next line with a credential or a mistake; nullopt at the end.
  std::optional<tl::expected<CredentialEntry, std::string>> next() {
    while (!text_.empty()) {
      ++line_;
      const std::size_t end = text_.find('\n');
      std::string_view line = text_.substr(0, end);
      text_.remove_prefix(std::min(end == std::string_view::npos ? end : end + 1, text_.size()));
      if (line.ends_with('\r')) line.remove_suffix(1);
      if (line.starts_with('#') || trimmed(line).empty()) continue;
      const bool first = !std::exchange(begun_, true);
      ParsedLine fields = split(line);
      if (first && fields && is_heading(*fields)) continue;
      return to_entry(std::move(fields));
    }
    return std::nullopt;
  }

  std::size_t line() const { return line_; }  ///< of what next() gave

 private:
  static tl::expected<CredentialEntry, std::string> to_entry(ParsedLine fields) {
    if (!fields) return tl::unexpected(fields.error());
    if (fields->size() != 2 && fields->size() != kColumns.size()) {
      return tl::unexpected("expected 2 or 5 fields, not " + std::to_string(fields->size()));
    }
    fields->resize(kColumns.size());
    CredentialEntry entry{std::move((*fields)[0]), std::move((*fields)[1]), std::move((*fields)[2]),
                          std::move((*fields)[3]), std::move((*fields)[4])};
    if (auto wrong = check_credential(entry); !wrong.empty()) return tl::unexpected(wrong);
    return entry;
  }

  std::string_view text_;
  std::size_t line_ = 0;
  bool begun_ = false;
};

}  // namespace

CredentialCheck check_credential_file(std::string_view text,
                                      const std::set<std::string, std::less<>>& reserved) {
  CredentialCheck check;
  std::unordered_map<std::string, std::size_t> lines;
  Reader reader(text);
  auto mistake = [&](std::string what) {
    if (++check.mistakes <= CredentialCheck::kMaxListed) {
      check.listed.push_back({reader.line(), std::move(what)});
    }
  };
  while (auto entry = reader.next()) {
    if (!*entry) {
      mistake(entry->error());
      continue;
    }
    ++check.entries;
    const std::string& username = (*entry)->username;
    if (reserved.contains(username)) {
      mistake("username " + username + " is that of cwmp.auth.shared, .bootstrap or .models");
    }
    const auto [known, added] = lines.emplace(username, reader.line());
    if (!added) {
      mistake("username " + username + " is there already, in line " +
              std::to_string(known->second));
    }
  }
  return check;
}

void read_credential_file(std::string_view text, std::size_t batch,
                          const std::function<bool(std::vector<CredentialEntry>)>& take) {
  std::vector<CredentialEntry> entries;
  Reader reader(text);
  while (auto entry = reader.next()) {
    if (!*entry) continue;
    entries.push_back(**std::move(entry));
    if (entries.size() == batch && !take(std::exchange(entries, {}))) return;
  }
  if (!entries.empty()) take(std::move(entries));
}

Result<std::string> load_credential_file(const std::filesystem::path& file) {
  std::error_code error;
  const std::uintmax_t size = std::filesystem::file_size(file, error);
  if (error) return fail(ErrorKind::kIo, file.string() + ": " + error.message());
  if (size > kMaxCredentialFileBytes) {
    return fail(ErrorKind::kInvalid, file.string() + ": above 256 MiB");
  }
  std::string text(size, '\0');
  std::ifstream in(file, std::ios::binary);
  in.read(text.data(), static_cast<std::streamsize>(size));
  if (!in) return fail(ErrorKind::kIo, file.string() + ": cannot be read");
  return text;
}

}  // namespace bridge
