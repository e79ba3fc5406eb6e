// Bytes of an XMPP stream to its header, its stanzas and its end (RFC 6120 4 and 11).
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <variant>

#include "cwmp/xmpp/element.h"

namespace cwmp::xmpp {

/// Longest stanza, and longest header, that is read. Servers must let 10,000 bytes pass (RFC 6120
/// 13.12); lists of features with many extensions come near that.
inline constexpr std::size_t kMaxStanzaBytes = 64U << 10;
/// Deepest nesting in a stanza, itself included. An error inside an iq has 3.
inline constexpr std::size_t kMaxStanzaDepth = 16;
/// Elements in a stanza: one is some 100 bytes here, and 4 on the wire.
inline constexpr std::size_t kMaxStanzaElements = 1024;

/// Why a stream cannot go on.
struct ReadError {
  std::string_view condition;  ///< of RFC 6120 4.9.3: "not-well-formed", "restricted-xml", ...
  std::string_view text;       ///< for the log; never something out of the stream
};

/// Tells stanzas apart while they come in and has each one parsed when it is whole. Neither
/// comments nor processing instructions, document types or entities are let in (RFC 6120 11.1).
/// Nothing that comes is looked at twice, however small the pieces. Not thread-safe.
class StanzaReader {
 public:
  struct Header {
    Element element;  ///< without children
  };
  struct End {};
  using Item = std::variant<Header, Element, End>;

  /// After each call next() is called until it gives nothing; so no more than one stanza and one
  /// piece are held.
  void feed(std::string_view bytes);

  /// nullopt: more bytes are needed. After an error, and after End, nothing but that comes.
  tl::expected<std::optional<Item>, ReadError> next();

  /// A new stream begins on the connection (after TLS and after SASL; RFC 6120 4.3.3).
  void restart();

  /// Nothing but white space has come behind what next() gave.
  bool drained() const;

 private:
  enum class Mode { kText, kTagStart, kTag, kQuote, kEndTag, kBang, kCdata, kDeclaration };
  enum class Found { kNothing, kHeader, kStanza, kEnd };
  using Step = tl::expected<Found, ReadError>;
  using Bindings = std::map<std::string, std::string, std::less<>>;

  Step scan();
  void skip_blanks();
  Step step(char c);
  Step on_text(char c);
  Step on_tag_start(char c);
  Step on_tag(char c);
  Step on_start_tag_end();
  Step on_end_tag_end();
  Step on_bang();
  Step on_declaration();
  tl::expected<Item, ReadError> take(Found found);
  tl::expected<Element, ReadError> parse(std::string text, const Bindings& outer, Bindings* inner);

  std::string buffer_;
  std::size_t begin_ = 0;      ///< what is before is done with
  std::size_t at_ = 0;         ///< scanned up to here
  std::size_t tag_start_ = 0;  ///< of the markup that is being scanned
  Mode mode_ = Mode::kText;
  char quote_ = '"';
  std::size_t depth_ = 0;  ///< 0: before the header; 1: between stanzas
  std::size_t elements_ = 0;
  bool begun_ = false;  ///< something has come that may only be first, or nothing may precede
  bool ended_ = false;
  std::string root_name_;  ///< as written
  Bindings root_bindings_;
  std::optional<ReadError> error_;
};

}  // namespace cwmp::xmpp
