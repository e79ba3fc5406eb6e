#include "usp/path.h"

#include <algorithm>
#include <charconv>

namespace usp {
namespace {

bool is_letter(char c) { return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

// "-" is not in the grammar of TR-106, yet CPEs have vendor parameters with one.
bool is_name_char(char c) { return is_letter(c) || is_digit(c) || c == '-'; }

// Bare constants: numbers, booleans, dateTimes, hexBinary and base64.
bool is_bare_char(char c) {
  return is_letter(c) || is_digit(c) || c == '-' || c == '+' || c == '.' || c == ':' || c == '/' ||
         c == '=';
}

enum class Notation { kInstantiated, kReference, kSupported };

// Recursive descent over the grammar of "Data Model Path Grammar". Every function leaves `at_`
// behind what it took, or returns an error that names the offending character.
class Parser {
 public:
  Parser(std::string_view text, Notation notation) : text_(text), notation_(notation) {}

  Result<Path> parse() {
    if (text_.size() > kMaxPathBytes) {
      return fail(ErrorCode::kInvalidPathSyntax, "path longer than 4096 bytes");
    }
    while (true) {
      if (path_.segments.size() >= kMaxPathSegments) return error("too many parts");
      const auto more = part();
      if (!more) return tl::unexpected(more.error());
      if (!*more) return std::move(path_);
    }
  }

 private:
  tl::unexpected<Error> error(std::string_view what) const {
    std::string text = "at character " + std::to_string(at_ + 1) + ": ";
    return fail(ErrorCode::kInvalidPathSyntax, text.append(what));
  }

  bool at_end() const { return at_ == text_.size(); }
  char peek() const { return at_end() ? '\0' : text_[at_]; }
  bool take(char c) {
    if (at_end() || text_[at_] != c) return false;
    ++at_;
    return true;
  }
  bool take(std::string_view token) {
    if (!text_.substr(at_).starts_with(token)) return false;
    at_ += token.size();
    return true;
  }

  std::string_view take_name() {
    const std::size_t begin = at_;
    if (!is_letter(peek())) return {};
    while (!at_end() && is_name_char(text_[at_])) ++at_;
    return text_.substr(begin, at_ - begin);
  }

  // One part and the dot behind it. false: the path is complete.
  Result<bool> part() {
    const char c = peek();
    if (is_letter(c)) return name_part();
    if (path_.segments.empty()) return error("a path begins with a name");
    const Segment& before = path_.segments.back();
    if (c == '[' || c == '*' || is_digit(c) || c == '{') {
      if (path_.segments.size() < 2 || before.kind != Segment::Kind::kName) {
        return error("an instance only comes after a table's name");
      }
      if (auto parsed = instance(); !parsed) return tl::unexpected(parsed.error());
      return dot();
    }
    return error(at_end() ? "a name or an instance is missing" : "unexpected character");
  }

  Result<bool> dot() {
    if (at_end() && notation_ != Notation::kInstantiated) return false;
    if (!take('.')) return error("'.' expected");
    return !at_end();
  }

  Result<bool> name_part() {
    std::string name{take_name()};
    if (take('.')) {
      add(Segment::Kind::kName, std::move(name));
      return !at_end();
    }
    if (path_.segments.empty() && !at_end()) return error("'.' expected");
    if (at_end()) return bare_end(std::move(name));
    if (take("()")) return leaf(Path::Kind::kCommand, name + "()");
    if (take('!')) return leaf(Path::Kind::kEvent, name + "!");
    if (notation_ != Notation::kSupported && (peek() == '#' || peek() == '+')) {
      const auto follow = take_follow();
      if (!follow) return tl::unexpected(follow.error());
      add(Segment::Kind::kFollow, std::move(name));
      path_.segments.back().follow = *follow;
      if (!take('.')) return error("'.' expected after '+'");
      if (at_end()) return false;
      if (!is_letter(peek())) return error("a name follows a reference");
      return true;
    }
    return error("unexpected character");
  }

  Result<bool> bare_end(std::string name) {
    if (notation_ == Notation::kReference) {
      add(Segment::Kind::kName, std::move(name));
      return false;
    }
    if (path_.segments.empty()) return error("'.' expected");
    return leaf(Path::Kind::kParameter, std::move(name));
  }

  Result<bool> leaf(Path::Kind kind, std::string name) {
    if (path_.segments.empty()) return error("a path begins with an object");
    if (!at_end()) return error("nothing may follow");
    path_.kind = kind;
    path_.leaf = std::move(name);
    return false;
  }

  void add(Segment::Kind kind, std::string name = {}) {
    path_.segments.push_back({kind, std::move(name), 0, {}, {}});
  }

  Result<void> instance() {
    if (is_digit(peek())) {
      const auto number = take_number();
      if (!number) return tl::unexpected(number.error());
      add(Segment::Kind::kInstance);
      path_.segments.back().number = *number;
      return {};
    }
    if (notation_ == Notation::kSupported) {
      if (!take("{i}")) return error("an instance number or {i} expected");
      has_placeholder_ = true;
      add(Segment::Kind::kPlaceholder);
      return {};
    }
    if (take('*')) {
      add(Segment::Kind::kWildcard);
      return {};
    }
    if (!take('[')) return error("unexpected character");
    return expression();
  }

  Result<std::uint32_t> take_number() {
    const std::size_t begin = at_;
    std::size_t end = at_;
    while (end < text_.size() && is_digit(text_[end])) ++end;
    std::uint32_t number = 0;
    if (has_placeholder_ || !parse_instance_number(text_.substr(begin, end - begin), number)) {
      return error(has_placeholder_ ? "an instance number cannot follow {i}"
                                    : "not an instance number");
    }
    at_ = end;
    return number;
  }

  Result<Follow> take_follow() {
    Follow follow;
    if (take('#')) {
      if (take('*')) {
        follow.item = 0;
      } else {
        const auto number = take_number();
        if (!number) return tl::unexpected(number.error());
        follow.item = *number;
      }
    }
    if (!take('+')) return error("'+' expected");
    return follow;
  }

  void skip_spaces() {
    while (peek() == ' ' || peek() == '\t') ++at_;
  }

  Result<void> expression() {
    add(Segment::Kind::kExpression);
    do {
      if (++conditions_ > kMaxConditions) return error("too many conditions");
      auto parsed = condition();
      if (!parsed) return tl::unexpected(parsed.error());
      path_.segments.back().conditions.push_back(std::move(*parsed));
    } while (take("&&"));
    if (!take(']')) return error("'&&' or ']' expected");
    return {};
  }

  // Spaces around the parts are tolerated (R-ARC.9a).
  Result<Condition> condition() {
    Condition result;
    skip_spaces();
    if (auto parsed = relative_path(result.parameter); !parsed) {
      return tl::unexpected(parsed.error());
    }
    skip_spaces();
    if (!take_operator(result.op)) return error("an operator expected");
    skip_spaces();
    auto parsed = peek() == '"' ? quoted(result) : bare(result);
    if (!parsed) return tl::unexpected(parsed.error());
    skip_spaces();
    return result;
  }

  Result<void> relative_path(std::vector<RelativeSegment>& out) {
    while (true) {
      RelativeSegment segment;
      segment.name = take_name();
      if (segment.name.empty()) return error("a parameter name expected");
      if (peek() == '#' || peek() == '+') {
        const auto follow = take_follow();
        if (!follow) return tl::unexpected(follow.error());
        segment.follows = true;
        segment.follow = *follow;
      }
      const bool follows = segment.follows;
      out.push_back(std::move(segment));
      if (!take('.')) {
        if (follows) return error("'.' expected after '+'");
        return {};
      }
      if (out.size() >= kMaxPathSegments) return error("too many parts");
    }
  }

  bool take_operator(Operator& op) {
    struct Row {
      std::string_view token;
      Operator op;
    };
    static constexpr Row kRows[] = {
        {"==", Operator::kEqual},     {"!=", Operator::kNotEqual},     {"~=", Operator::kContains},
        {"<=", Operator::kLessEqual}, {">=", Operator::kGreaterEqual}, {"<", Operator::kLess},
        {">", Operator::kGreater},
    };
    for (const Row& row : kRows) {
      if (take(row.token)) {
        op = row.op;
        return true;
      }
    }
    return false;
  }

  Result<void> quoted(Condition& out) {
    out.quoted = true;
    ++at_;
    while (!at_end() && text_[at_] != '"') {
      const char c = text_[at_];
      if (c != '%') {
        out.constant += c;
        ++at_;
      } else if (take("%22")) {
        out.constant += '"';
      } else if (take("%25")) {
        out.constant += '%';
      } else {
        return error("only %22 and %25 may follow in a string");
      }
    }
    if (!take('"')) return error("the string does not end");
    return {};
  }

  Result<void> bare(Condition& out) {
    const std::size_t begin = at_;
    // "=" only pads base64; in front it would be part of an operator.
    while (!at_end() && is_bare_char(text_[at_]) && (at_ != begin || text_[at_] != '=')) ++at_;
    if (at_ == begin) return error("a constant expected");
    out.constant = text_.substr(begin, at_ - begin);
    return {};
  }

  std::string_view text_;
  Notation notation_;
  std::size_t at_ = 0;
  std::size_t conditions_ = 0;
  bool has_placeholder_ = false;
  Path path_;
};

void append_follow(std::string& out, const Follow& follow) {
  if (follow.item == 0) {
    out += "#*";
  } else if (follow.item != 1) {
    out += "#" + std::to_string(follow.item);
  }
  out += '+';
}

void append_condition(std::string& out, const Condition& condition) {
  static constexpr std::string_view kTokens[] = {"==", "!=", "~=", "<", ">", "<=", ">="};
  bool first = true;
  for (const RelativeSegment& segment : condition.parameter) {
    if (!first) out += '.';
    first = false;
    out += segment.name;
    if (segment.follows) append_follow(out, segment.follow);
  }
  out += kTokens[static_cast<std::size_t>(condition.op)];
  if (!condition.quoted) {
    out += condition.constant;
    return;
  }
  out += '"';
  for (const char c : condition.constant) {
    if (c == '"') {
      out += "%22";
    } else if (c == '%') {
      out += "%25";
    } else {
      out += c;
    }
  }
  out += '"';
}

void append_expression(std::string& out, const std::vector<Condition>& conditions) {
  out += '[';
  for (std::size_t i = 0; i < conditions.size(); ++i) {
    if (i != 0) out += "&&";
    append_condition(out, conditions[i]);
  }
  out += ']';
}

}  // namespace

bool Path::has_search() const {
  return std::any_of(segments.begin(), segments.end(), [](const Segment& segment) {
    return segment.kind == Segment::Kind::kWildcard || segment.kind == Segment::Kind::kExpression;
  });
}

Result<Path> parse_path(std::string_view text) {
  return Parser(text, Notation::kInstantiated).parse();
}

Result<Path> parse_reference(std::string_view text) {
  return Parser(text, Notation::kReference).parse();
}

Result<Path> parse_supported(std::string_view text) {
  return Parser(text, Notation::kSupported).parse();
}

std::string format_path(const Path& path) {
  std::string out;
  for (const Segment& segment : path.segments) {
    switch (segment.kind) {
      case Segment::Kind::kName:
        out += segment.name;
        break;
      case Segment::Kind::kInstance:
        out += std::to_string(segment.number);
        break;
      case Segment::Kind::kWildcard:
        out += '*';
        break;
      case Segment::Kind::kExpression:
        append_expression(out, segment.conditions);
        break;
      case Segment::Kind::kPlaceholder:
        out += "{i}";
        break;
      case Segment::Kind::kFollow:
        out += segment.name;
        append_follow(out, segment.follow);
        break;
    }
    out += '.';
  }
  return out + path.leaf;
}

SplitPath split_path(std::string_view path) {
  const std::size_t dot = path.rfind('.');
  if (dot == std::string_view::npos) return {{}, path};
  return {path.substr(0, dot + 1), path.substr(dot + 1)};
}

std::string to_supported_path(std::string_view path) {
  std::string out;
  out.reserve(path.size() + 8);
  while (!path.empty()) {
    const std::size_t dot = path.find('.');
    const std::string_view part = path.substr(0, dot);
    std::uint32_t number = 0;
    out += parse_instance_number(part, number) ? std::string_view("{i}") : part;
    if (dot == std::string_view::npos) break;
    out += '.';
    path.remove_prefix(dot + 1);
  }
  return out;
}

bool parse_instance_number(std::string_view part, std::uint32_t& number) {
  if (part.empty() || part[0] < '1' || part[0] > '9') return false;
  const auto [end, status] = std::from_chars(part.data(), part.data() + part.size(), number);
  return status == std::errc() && end == part.data() + part.size();
}

bool is_name(std::string_view part) {
  return !part.empty() && is_letter(part[0]) && std::all_of(part.begin(), part.end(), is_name_char);
}

}  // namespace usp
