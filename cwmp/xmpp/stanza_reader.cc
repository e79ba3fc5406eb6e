#include "cwmp/xmpp/stanza_reader.h"

#include <algorithm>
#include <cctype>
#include <pugixml.hpp>
#include <utility>

#include "cwmp/charset.h"
#include "cwmp/xml.h"

namespace cwmp::xmpp {
namespace {

constexpr std::string_view kBlanks = " \t\r\n";
constexpr std::string_view kCdataStart = "<![CDATA[";
constexpr std::string_view kNotWellFormed = "not-well-formed";
constexpr std::string_view kRestricted = "restricted-xml";
constexpr std::string_view kPolicy = "policy-violation";

bool is_blank(char c) { return kBlanks.find(c) != std::string_view::npos; }

tl::unexpected<ReadError> refuse(std::string_view condition, std::string_view text) {
  return tl::unexpected(ReadError{condition, text});
}

std::pair<std::string_view, std::string_view> split_name(std::string_view name) {
  const std::size_t colon = name.find(':');
  if (colon == std::string_view::npos) return {{}, name};
  return {name.substr(0, colon), name.substr(colon + 1)};
}

// ---- from pugixml's tree to ours ---------------------------------------------------------------

/// Resolves namespaces on the way down; `depth` is bounded by the scan before.
class Converter {
 public:
  using Bindings = std::map<std::string, std::string, std::less<>>;

  tl::expected<Element, ReadError> convert(pugi::xml_node node, const Bindings& outer,
                                           Bindings* inner) {
    Element element;
    Bindings own;
    bool declares = false;
    for (const pugi::xml_attribute attribute : node.attributes()) {
      if (seen(element, attribute.name())) {
        return refuse(kNotWellFormed, "an attribute comes twice");
      }
      element.attributes.emplace_back(attribute.name(), attribute.value());
      declares = declares || std::string_view(attribute.name()).starts_with("xmlns");
    }
    if (declares) {
      own = outer;
      for (const auto& [name, value] : element.attributes) {
        if (name == "xmlns") own.insert_or_assign({}, value);
        if (name.starts_with("xmlns:")) own.insert_or_assign(name.substr(6), value);
      }
    }
    const Bindings& bindings = declares ? own : outer;
    const auto [prefix, local] = split_name(node.name());
    const auto binding = bindings.find(prefix);
    if (!prefix.empty() && (binding == bindings.end() || binding->second.empty())) {
      return refuse("bad-namespace-prefix", "a prefix is not declared");
    }
    if (binding != bindings.end()) element.ns = binding->second;
    element.name = local;
    for (const pugi::xml_node part : node.children()) {
      if (part.type() != pugi::node_element) {
        element.text.append(part.value());
        continue;
      }
      auto child = convert(part, bindings, nullptr);
      if (!child) return child;
      element.children.push_back(*std::move(child));
    }
    if (inner != nullptr) *inner = bindings;
    return element;
  }

 private:
  static bool seen(const Element& element, std::string_view name) {
    for (const auto& [known, value] : element.attributes) {
      if (known == name) return true;
    }
    return false;
  }
};

}  // namespace

// ---- bytes in ----------------------------------------------------------------------------------

void StanzaReader::feed(std::string_view bytes) {
  if (error_ || ended_) return;
  buffer_.erase(0, begin_);
  at_ -= begin_;
  tag_start_ -= std::min(tag_start_, begin_);
  begin_ = 0;
  buffer_.append(bytes);
}

bool StanzaReader::drained() const {
  return buffer_.find_first_not_of(kBlanks, begin_) == std::string::npos;
}

void StanzaReader::restart() { *this = StanzaReader(); }

tl::expected<std::optional<StanzaReader::Item>, ReadError> StanzaReader::next() {
  if (error_) return tl::unexpected(*error_);
  if (ended_) return std::nullopt;
  const auto found = scan();
  if (found && *found == Found::kNothing) return std::nullopt;
  tl::expected<Item, ReadError> item = tl::unexpected(ReadError{});
  if (found) {
    item = take(*found);
  } else {
    item = tl::unexpected(found.error());
  }
  if (!item) {
    error_ = item.error();
    return tl::unexpected(*error_);
  }
  return std::optional<Item>(*std::move(item));
}

// ---- where stanzas begin and end ---------------------------------------------------------------

StanzaReader::Step StanzaReader::scan() {
  while (at_ < buffer_.size()) {
    if (mode_ == Mode::kText && depth_ <= 1) skip_blanks();
    if (at_ == buffer_.size()) break;
    const Step found = step(buffer_[at_]);
    ++at_;
    if (at_ - begin_ > kMaxStanzaBytes) return refuse(kPolicy, "a stanza is too long");
    if (!found || *found != Found::kNothing) return found;
  }
  return Found::kNothing;
}

// Between stanzas: the peer's way to keep the connection (RFC 6120 4.6.1).
void StanzaReader::skip_blanks() {
  const std::size_t end = std::min(buffer_.find_first_not_of(kBlanks, at_), buffer_.size());
  if (end == at_) return;
  begun_ = true;
  at_ = begin_ = end;
}

StanzaReader::Step StanzaReader::step(char c) {
  switch (mode_) {
    case Mode::kText:
      return on_text(c);
    case Mode::kTagStart:
      return on_tag_start(c);
    case Mode::kTag:
      return on_tag(c);
    case Mode::kQuote:
      if (c == '<') return refuse(kNotWellFormed, "an attribute holds a '<'");
      if (c == quote_) mode_ = Mode::kTag;
      return Found::kNothing;
    case Mode::kEndTag:
      if (c == '<') return refuse(kNotWellFormed, "an end tag holds a '<'");
      return c == '>' ? on_end_tag_end() : Found::kNothing;
    case Mode::kBang:
      return on_bang();
    case Mode::kCdata:
      // "<![CDATA[>" cannot be mistaken for its end: three characters behind the start are needed.
      if (c == '>' && at_ >= tag_start_ + kCdataStart.size() + 2 && buffer_[at_ - 1] == ']' &&
          buffer_[at_ - 2] == ']') {
        mode_ = Mode::kText;
      }
      return Found::kNothing;
    case Mode::kDeclaration:
      return c == '>' ? on_declaration() : Found::kNothing;
  }
  return Found::kNothing;
}

StanzaReader::Step StanzaReader::on_text(char c) {
  if (c == '<') {
    tag_start_ = at_;
    mode_ = Mode::kTagStart;
    return Found::kNothing;
  }
  if (depth_ <= 1 && !is_blank(c)) return refuse(kNotWellFormed, "text outside of a stanza");
  return Found::kNothing;
}

StanzaReader::Step StanzaReader::on_tag_start(char c) {
  switch (c) {
    case '/':
      if (depth_ == 0) return refuse(kNotWellFormed, "an end tag begins the stream");
      mode_ = Mode::kEndTag;
      return Found::kNothing;
    case '!':
      if (depth_ <= 1) return refuse(kRestricted, "a declaration or comment");
      mode_ = Mode::kBang;
      return Found::kNothing;
    case '?':
      if (begun_ || depth_ > 0) return refuse(kRestricted, "a processing instruction");
      begun_ = true;
      mode_ = Mode::kDeclaration;
      return Found::kNothing;
    default:
      if (c == '>' || is_blank(c)) return refuse(kNotWellFormed, "a tag without a name");
      begun_ = true;
      mode_ = Mode::kTag;
      return on_tag(c);
  }
}

StanzaReader::Step StanzaReader::on_tag(char c) {
  if (c == '"' || c == '\'') {
    quote_ = c;
    mode_ = Mode::kQuote;
    return Found::kNothing;
  }
  if (c == '<') return refuse(kNotWellFormed, "a tag holds a '<'");
  return c == '>' ? on_start_tag_end() : Found::kNothing;
}

StanzaReader::Step StanzaReader::on_start_tag_end() {
  mode_ = Mode::kText;
  const bool empty = buffer_[at_ - 1] == '/';
  if (depth_ == 0) {
    if (empty) return refuse(kNotWellFormed, "the stream ends in its header");
    depth_ = 1;
    return Found::kHeader;
  }
  if (++elements_ > kMaxStanzaElements) return refuse(kPolicy, "a stanza has too many elements");
  // depth_ counts the stream itself.
  if (depth_ > kMaxStanzaDepth) return refuse(kPolicy, "a stanza is nested too deep");
  if (!empty) {
    ++depth_;
    return Found::kNothing;
  }
  return depth_ == 1 ? Found::kStanza : Found::kNothing;
}

StanzaReader::Step StanzaReader::on_end_tag_end() {
  mode_ = Mode::kText;
  if (depth_ == 1) return Found::kEnd;
  return --depth_ == 1 ? Found::kStanza : Found::kNothing;
}

// Called for each character behind "<!".
StanzaReader::Step StanzaReader::on_bang() {
  const std::string_view text = std::string_view(buffer_).substr(tag_start_, at_ + 1 - tag_start_);
  if (!kCdataStart.starts_with(text)) return refuse(kRestricted, "a declaration or comment");
  if (text == kCdataStart) mode_ = Mode::kCdata;
  return Found::kNothing;
}

StanzaReader::Step StanzaReader::on_declaration() {
  std::string text = buffer_.substr(begin_, at_ + 1 - begin_);
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  if (!text.starts_with("<?xml") || text.size() < 7 || !is_blank(text[5]) ||
      !text.ends_with("?>")) {
    return refuse(kRestricted, "a processing instruction");
  }
  if (text.find("encoding") != std::string::npos && text.find("utf-8") == std::string::npos) {
    return refuse("unsupported-encoding", "the stream is not in UTF-8");
  }
  mode_ = Mode::kText;
  begin_ = at_ + 1;
  return Found::kNothing;
}

// ---- what is in them ---------------------------------------------------------------------------

tl::expected<StanzaReader::Item, ReadError> StanzaReader::take(Found found) {
  std::string text = buffer_.substr(begin_, at_ - begin_);
  begin_ = at_;
  elements_ = 0;
  if (found == Found::kEnd) {
    std::string_view name = std::string_view(text).substr(2, text.size() - 3);
    name = name.substr(0, name.find_last_not_of(kBlanks) + 1);
    if (name != root_name_) return refuse(kNotWellFormed, "an end tag that nothing began");
    ended_ = true;
    return End{};
  }
  if (found == Found::kStanza) {
    auto stanza = parse(std::move(text), root_bindings_, nullptr);
    if (!stanza) return tl::unexpected(stanza.error());
    return *std::move(stanza);
  }
  root_name_ = text.substr(1, text.find_first_of(" \t\r\n>") - 1);
  text.insert(text.size() - 1, "/");
  auto header = parse(std::move(text), {}, &root_bindings_);
  if (!header) return tl::unexpected(header.error());
  return Header{*std::move(header)};
}

tl::expected<Element, ReadError> StanzaReader::parse(std::string text, const Bindings& outer,
                                                     Bindings* inner) {
  if (!is_utf8(text)) return refuse("unsupported-encoding", "a stanza is no UTF-8");
  if (!is_writable(text)) return refuse(kNotWellFormed, "a character that XML forbids");
  const auto shape = xml::scan(text);
  if (!shape && shape.error().code == FaultCode::kAcsResourcesExceeded) {
    return refuse(kPolicy, "a stanza is too complex");
  }
  if (!shape || shape->forbidden) return refuse(kNotWellFormed, "not XML");
  if (shape->bad_reference) return refuse(kRestricted, "a reference to an entity");
  pugi::xml_document document;
  constexpr unsigned kFlags = pugi::parse_cdata | pugi::parse_escapes | pugi::parse_eol |
                              pugi::parse_wconv_attribute | pugi::parse_ws_pcdata;
  const auto parsed =
      document.load_buffer_inplace(text.data(), text.size(), kFlags, pugi::encoding_utf8);
  const pugi::xml_node root = document.first_child();
  if (!parsed || root.type() != pugi::node_element || root.next_sibling()) {
    return refuse(kNotWellFormed, "a stanza is not well-formed");
  }
  return Converter().convert(root, outer, inner);
}

}  // namespace cwmp::xmpp
