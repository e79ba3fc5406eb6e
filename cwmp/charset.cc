#include "cwmp/charset.h"

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace cwmp {
namespace {

constexpr std::string_view kBlanks = " \t\r\n";

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; }

std::string lowered(std::string_view text) {
  std::string result(text);
  for (char& c : result) {
    c = lower(c);
  }
  return result;
}

/// What follows `key` and '=' in `text`, without quotes: charset="utf-8", encoding='UTF-8'.
std::string label_after(std::string_view text, std::string_view key) {
  const std::string all = lowered(text);
  std::size_t at = all.find(key);
  if (at == std::string::npos) {
    return {};
  }
  at = all.find_first_not_of(kBlanks, at + key.size());
  if (at == std::string::npos || all[at] != '=') {
    return {};
  }
  at = all.find_first_not_of(" \t\r\n\"'", at + 1);
  if (at == std::string::npos) {
    return {};
  }
  return all.substr(at, all.find_first_of(" \t\r\n\"';?>", at) - at);
}

std::string charset_label(std::string_view body, std::string_view content_type) {
  std::string label = label_after(content_type, "charset");
  const std::size_t start = body.find_first_not_of(kBlanks);
  if (label.empty() && start != std::string_view::npos && body.substr(start).starts_with("<?xml")) {
    const std::string_view declaration = body.substr(start, body.find("?>", start) - start);
    label = label_after(declaration.substr(0, 256), "encoding");
  }
  return label;
}

bool is_latin1_label(std::string_view label) {
  return label.find("8859-1") != std::string_view::npos || label == "latin1" ||
         label == "latin-1" || label.ends_with("1252") || label == "us-ascii" || label == "ascii";
}

/// Length of the UTF-8 sequence at the front of `text`, 0 if there is none.
std::size_t sequence_length(std::string_view text) {
  const auto byte = [text](std::size_t i) {
    return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U;
  };
  const auto continues = [&byte](std::size_t i) { return (byte(i) & 0xC0U) == 0x80U; };
  const unsigned first = byte(0);
  if (first < 0x80) {
    return 1;
  }
  if (first >= 0xC2 && first <= 0xDF) {
    return continues(1) ? 2 : 0;
  }
  if ((first & 0xF0U) == 0xE0U) {
    const bool overlong = first == 0xE0 && byte(1) < 0xA0;
    const bool surrogate = first == 0xED && byte(1) >= 0xA0;
    return continues(1) && continues(2) && !overlong && !surrogate ? 3 : 0;
  }
  if (first >= 0xF0 && first <= 0xF4) {
    const bool overlong = first == 0xF0 && byte(1) < 0x90;
    const bool too_large = first == 0xF4 && byte(1) >= 0x90;
    return continues(1) && continues(2) && continues(3) && !overlong && !too_large ? 4 : 0;
  }
  return 0;
}

/// Index of the first byte at or after `from` that is not ASCII; size() if there is none.
std::size_t skip_ascii(std::string_view text, std::size_t from) {
  constexpr std::uint64_t kHighBits = 0x8080808080808080U;
  while (from + sizeof(std::uint64_t) <= text.size()) {
    std::uint64_t word = 0;
    std::memcpy(&word, text.data() + from, sizeof(word));
    if ((word & kHighBits) != 0) {
      break;
    }
    from += sizeof(word);
  }
  while (from < text.size() && static_cast<unsigned char>(text[from]) < 0x80) {
    ++from;
  }
  return from;
}

}  // namespace

bool is_utf8(std::string_view text) {
  for (std::size_t at = skip_ascii(text, 0); at < text.size(); at = skip_ascii(text, at)) {
    const std::size_t length = sequence_length(text.substr(at));
    if (length == 0) {
      return false;
    }
    at += length;
  }
  return true;
}

std::string latin1_to_utf8(std::string_view text) {
  std::string result;
  result.reserve(text.size() + text.size() / 8);
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x80) {
      result.push_back(c);
    } else {
      result.push_back(static_cast<char>(0xC0U | (byte >> 6U)));
      result.push_back(static_cast<char>(0x80U | (byte & 0x3FU)));
    }
  }
  return result;
}

std::string replace_invalid_utf8(std::string_view text) {
  std::string result;
  result.reserve(text.size());
  while (!text.empty()) {
    const std::size_t length = sequence_length(text);
    if (length == 0) {
      result.append("\xEF\xBF\xBD");
    } else {
      result.append(text.substr(0, length));
    }
    text.remove_prefix(length == 0 ? 1 : length);
  }
  return result;
}

Result<std::string> to_utf8(std::string_view body, std::string_view content_type,
                            DeviationList& deviations) {
  if (body.starts_with("\xFE\xFF") || body.starts_with("\xFF\xFE")) {
    return fail(FaultCode::kAcsInvalidArguments, "UTF-16 is not supported");
  }
  if (body.starts_with("\xEF\xBB\xBF")) {
    deviations.add(DeviationKind::kByteOrderMark);
    body.remove_prefix(3);
  }
  if (skip_ascii(body, 0) == body.size()) {
    return std::string(body);
  }
  const std::string label = charset_label(body, content_type);
  const bool labelled_latin1 = is_latin1_label(label);
  // Latin-1 text that happens to be valid UTF-8 is so unlikely that the bytes win over the label.
  const bool utf8 = is_utf8(body);
  if (utf8 == labelled_latin1 ||
      (!labelled_latin1 && !label.empty() && label != "utf-8" && label != "utf8")) {
    deviations.add(DeviationKind::kCharset, label);
  }
  return utf8 ? std::string(body) : latin1_to_utf8(body);
}

}  // namespace cwmp
