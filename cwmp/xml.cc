#include "cwmp/xml.h"

#include <array>
#include <charconv>
#include <cstdint>
#include <optional>
#include <utility>

#include "cwmp/soap.h"

namespace cwmp::xml {
namespace {

constexpr std::string_view kBlanks = " \t\r\n";
constexpr std::string_view kCdataStart = "<![CDATA[";
constexpr std::string_view kCdataEnd = "]]>";

// ---- references -------------------------------------------------------------------------------

enum class Reference { kGood, kForbidden, kNone };

/// Judges the '&' at the front of `text`; `length` is that of the whole reference.
Reference judge_reference(std::string_view text, std::size_t& length) {
  constexpr std::array<std::string_view, 5> kNamed{"&amp;", "&lt;", "&gt;", "&quot;", "&apos;"};
  for (const std::string_view named : kNamed) {
    if (text.starts_with(named)) {
      length = named.size();
      return Reference::kGood;
    }
  }
  length = 1;
  // "&#x" and seven digits or more name no character anyway, but leading zeros are legal.
  const std::size_t end = text.substr(0, 32).find(';');
  if (!text.starts_with("&#") || end == std::string_view::npos) {
    return Reference::kNone;
  }
  const bool hex = text.size() > 2 && text[2] == 'x';
  const std::string_view digits = text.substr(hex ? 3 : 2, end - (hex ? 3 : 2));
  std::uint32_t code = 0;
  const char* const stop = digits.data() + digits.size();
  const auto [read, error] = std::from_chars(digits.data(), stop, code, hex ? 16 : 10);
  if (digits.empty() || read != stop || error == std::errc::invalid_argument) {
    return Reference::kNone;
  }
  length = end + 1;
  const bool allowed =
      error == std::errc{} &&
      (code == '\t' || code == '\n' || code == '\r' || (code >= 0x20 && code <= 0xD7FF) ||
       (code >= 0xE000 && code <= 0xFFFD) || (code >= 0x10000 && code <= 0x10FFFF));
  return allowed ? Reference::kGood : Reference::kForbidden;
}

// ---- scan -------------------------------------------------------------------------------------

enum class Class : unsigned char { kPlain, kMarkup, kAmpersand, kForbidden };

constexpr std::array<Class, 256> classes() {
  std::array<Class, 256> table{};
  for (std::size_t i = 0; i < 0x20; ++i) {
    table[i] = is_forbidden(static_cast<char>(i)) ? Class::kForbidden : Class::kPlain;
  }
  table['<'] = Class::kMarkup;
  table['&'] = Class::kAmpersand;
  return table;
}
constexpr std::array<Class, 256> kClasses = classes();

class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text) {}

  Result<Shape> run() {
    std::size_t at = 0;
    while (at < text_.size()) {
      switch (kClasses[static_cast<unsigned char>(text_[at])]) {
        case Class::kPlain:
          ++at;
          break;
        case Class::kForbidden:
          shape_.forbidden = true;
          ++at;
          break;
        case Class::kAmpersand:
          at += reference(at);
          break;
        case Class::kMarkup:
          at = markup(at);
          break;
      }
      if (failure_) {
        return tl::unexpected(std::move(*failure_));
      }
    }
    return std::move(shape_);
  }

 private:
  std::size_t refuse(FaultCode code, const char* why) {
    failure_ = Fault{code, why, {}};
    return text_.size();
  }

  std::size_t reference(std::size_t at) {
    std::size_t length = 1;
    const Reference kind = judge_reference(text_.substr(at), length);
    shape_.forbidden = shape_.forbidden || kind == Reference::kForbidden;
    shape_.bad_reference = shape_.bad_reference || kind == Reference::kNone;
    return length;
  }

  /// Index behind `end`, looking for forbidden bytes on the way.
  std::size_t skip_to(std::size_t at, std::string_view end, const char* what) {
    const std::size_t stop = text_.find(end, at);
    if (stop == std::string_view::npos) {
      return refuse(FaultCode::kAcsInvalidArguments, what);
    }
    for (; at < stop; ++at) {
      shape_.forbidden = shape_.forbidden || is_forbidden(text_[at]);
    }
    return stop + end.size();
  }

  std::size_t markup(std::size_t at) {
    const std::string_view rest = text_.substr(at);
    if (rest.starts_with("<?")) {
      return skip_to(at, "?>", "XML ends inside a processing instruction");
    }
    if (rest.starts_with("<!--")) {
      return skip_to(at + 4, "-->", "XML ends inside a comment");
    }
    if (rest.starts_with(kCdataStart)) {
      return skip_to(at, kCdataEnd, "XML ends inside a CDATA section");
    }
    if (rest.starts_with("<!")) {
      return refuse(FaultCode::kAcsInvalidArguments, "XML holds a document type declaration");
    }
    if (rest.starts_with("</")) {
      return end_tag(at);
    }
    return start_tag(at);
  }

  std::size_t end_tag(std::size_t at) {
    const std::size_t close = text_.find('>', at);
    if (close == std::string_view::npos) {
      return cut_end_tag(at);
    }
    depth_ -= depth_ > 0 ? 1 : 0;
    return close + 1;
  }

  // Exit unless what is left is the beginning of the root's end tag (quirk 29).
  std::size_t cut_end_tag(std::size_t at) {
    const std::string expected = "</" + std::string(root_) + ">";
    std::string_view rest = text_.substr(at);
    rest = rest.substr(0, rest.find_last_not_of(kBlanks) + 1);
    if (depth_ != 1 || !expected.starts_with(rest) ||
        expected.size() - rest.size() > kMaxMissingTail) {
      return refuse(FaultCode::kAcsInvalidArguments, "XML ends inside an end tag");
    }
    shape_.missing_tail = expected.substr(rest.size());
    return text_.size();
  }

  std::size_t start_tag(std::size_t at) {
    const std::size_t name_end = text_.find_first_of(" \t\r\n/>", at + 1);
    if (name_end == std::string_view::npos) {
      return refuse(FaultCode::kAcsInvalidArguments, "XML ends inside a start tag");
    }
    if (name_end - at > kMaxNameBytes) {
      return refuse(FaultCode::kAcsResourcesExceeded, "XML element name is too long");
    }
    if (++elements_ > kMaxElements) {
      return refuse(FaultCode::kAcsResourcesExceeded, "XML has too many elements");
    }
    if (elements_ == 1) {
      root_ = text_.substr(at + 1, name_end - at - 1);
    }
    const std::size_t close = attributes(name_end);
    if (!failure_ && text_[close - 2] != '/' && ++depth_ > kMaxDepth) {
      return refuse(FaultCode::kAcsResourcesExceeded, "XML is nested too deep");
    }
    return close;
  }

  /// Index behind the '>' of a start tag whose name ends at `at`.
  std::size_t attributes(std::size_t at) {
    std::size_t count = 0;
    std::size_t name_start = at;
    for (;;) {
      at = text_.find_first_of("=\"'>", at);
      if (at == std::string_view::npos) {
        return refuse(FaultCode::kAcsInvalidArguments, "XML ends inside a start tag");
      }
      if (text_[at] == '>') {
        return at + 1;
      }
      if (text_[at] == '=') {
        if (++count > kMaxAttributes || at - name_start > kMaxNameBytes) {
          return refuse(FaultCode::kAcsResourcesExceeded, "XML element has too many attributes");
        }
        ++at;
        continue;
      }
      at = quoted(at);
      if (failure_) {
        return at;
      }
      name_start = at;
    }
  }

  std::size_t quoted(std::size_t at) {
    const std::size_t close = text_.find(text_[at], at + 1);
    if (close == std::string_view::npos) {
      return refuse(FaultCode::kAcsInvalidArguments, "XML ends inside an attribute");
    }
    for (std::size_t i = at + 1; i < close; ++i) {
      if (text_[i] == '&') {
        reference(i);
      }
      shape_.forbidden = shape_.forbidden || is_forbidden(text_[i]);
    }
    return close + 1;
  }

  std::string_view text_;
  Shape shape_;
  std::optional<Fault> failure_;
  std::string_view root_;
  std::size_t depth_ = 0;
  std::size_t elements_ = 0;
};

}  // namespace

Result<Shape> scan(std::string_view text) { return Scanner(text).run(); }

std::string repair(std::string_view text) {
  std::string result;
  result.reserve(text.size() + 16);
  std::size_t at = 0;
  std::size_t cdata_end = 0;  // no reference counts before this index
  while (at < text.size()) {
    const char c = text[at];
    if (c == '<' && at >= cdata_end && text.substr(at).starts_with(kCdataStart)) {
      const std::size_t end = text.find(kCdataEnd, at);
      cdata_end = end == std::string_view::npos ? text.size() : end;
    }
    if (c == '&' && at >= cdata_end) {
      std::size_t length = 1;
      const Reference kind = judge_reference(text.substr(at), length);
      if (kind == Reference::kGood) {
        result.append(text.substr(at, length));
      } else if (kind == Reference::kNone) {
        result.append("&amp;");
      }
      at += length;
      continue;
    }
    if (!is_forbidden(c)) {
      result.push_back(c);
    }
    ++at;
  }
  return result;
}

}  // namespace cwmp::xml
