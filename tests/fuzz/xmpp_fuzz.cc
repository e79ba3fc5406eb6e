// libFuzzer entry of the XMPP stanza reader and of the stream above it. First byte: the size of the
// pieces that the rest comes in; 0: all at once.
//
// However the bytes are cut, the same is read. Nothing comes behind the end of a stream, and what
// was read can be written and read back.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "cwmp/xmpp/stanza_reader.h"
#include "cwmp/xmpp/stream.h"

namespace {

using namespace cwmp::xmpp;  // NOLINT(google-build-using-namespace)

constexpr std::string_view kHeaderBytes =
    "<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' "
    "version='1.0'>";
constexpr std::string_view kLogin =
    "<stream:features><mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>"
    "<mechanism>PLAIN</mechanism></mechanisms></stream:features>";
constexpr std::string_view kLoggedIn = "<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>";
constexpr std::string_view kBind =
    "<stream:features><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/></stream:features>"
    "<iq type='result' id='i1'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'>"
    "<jid>cpe@example.net/r</jid></bind></iq>";

void require(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "%s\n", what);
  std::abort();
}

struct Reading {
  std::vector<Element> elements;
  std::size_t headers = 0;
  std::size_t ends = 0;
  std::string condition;
  bool operator==(const Reading&) const = default;
};

void read_some(StanzaReader& reader, std::string_view bytes, Reading& reading) {
  reader.feed(bytes);
  for (;;) {
    auto item = reader.next();
    if (!item) {
      reading.condition = item.error().condition;
      return;
    }
    if (!*item) return;
    if (auto* element = std::get_if<Element>(&**item)) reading.elements.push_back(*element);
    reading.headers += std::holds_alternative<StanzaReader::Header>(**item) ? 1U : 0U;
    reading.ends += std::holds_alternative<StanzaReader::End>(**item) ? 1U : 0U;
  }
}

Reading read_in_pieces(std::string_view bytes, std::size_t piece) {
  StanzaReader reader;
  Reading reading;
  for (std::size_t at = 0; at < bytes.size(); at += piece) {
    read_some(reader, bytes.substr(at, piece), reading);
  }
  return reading;
}

void check_text(const Element& element) {
  require(is_writable(element.text), "read what cannot be written");
  StanzaReader reader;
  Reading again;
  read_some(reader, std::string(kHeaderBytes) + "<t>" + escape(element.text) + "</t>", again);
  // Escaped it may be too long to be read.
  require(again.condition == "policy-violation" ||
              (again.elements.size() == 1 && again.elements[0].text == element.text),
          "text is not read back");
  for (const Element& child : element.children) check_text(child);
}

/// A CPE's stream: whatever comes once it is bound, or at once.
void check_stream(std::string_view bytes, std::size_t piece, bool bound) {
  StreamOptions options;
  options.account = {"cpe", "example.net", "r"};
  options.password = "p";
  options.tls = StreamOptions::Tls::kDirect;
  options.takes_requests = true;
  ClientStream stream(options, {"nonce", "i"});
  const TimePoint now{};
  bool closed = false;
  std::size_t sent = 0;
  const auto take = [&](Actions actions) {
    for (Action& action : actions) {
      require(!closed, "something comes behind Close");
      closed = std::holds_alternative<Close>(action);
      if (auto* send = std::get_if<Send>(&action)) sent += send->bytes.size();
      if (auto* asked = std::get_if<Asked>(&action)) {
        sent += stream.answer(*asked, Verdict::kAccept, now).size();
      }
    }
  };
  take(stream.on_connected(now));
  if (bound) {
    take(stream.on_bytes(std::string(kHeaderBytes) + std::string(kLogin), now));
    take(stream.on_bytes(kLoggedIn, now));
    take(stream.on_bytes(std::string(kHeaderBytes) + std::string(kBind), now));
    require(stream.state() == ClientStream::State::kBound, "the login does not work");
    take(stream.request(*parse_jid("a@b/c"), {"u", "p"}, now, std::chrono::seconds(1))->actions);
  }
  for (std::size_t at = 0; at < bytes.size(); at += piece) {
    take(stream.on_bytes(bytes.substr(at, piece), now));
  }
  take(stream.on_lost());
  require(closed && stream.open_requests() == 0, "the stream has not ended");
  require(sent <= 4096 + 64 * bytes.size(), "little makes much");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data + 1), size - 1);
  const std::size_t piece = data[0] == 0 ? bytes.size() : data[0];
  const Reading whole = read_in_pieces(bytes, bytes.size());
  require(whole == read_in_pieces(bytes, piece), "pieces are read otherwise than the whole");
  for (const Element& element : whole.elements) check_text(element);
  const std::string behind_header = std::string(kHeaderBytes) + std::string(bytes);
  for (const Element& element : read_in_pieces(behind_header, piece).elements) check_text(element);
  check_stream(bytes, piece, false);
  check_stream(bytes, piece, true);
  return 0;
}
