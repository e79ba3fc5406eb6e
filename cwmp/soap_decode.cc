// Envelope bytes to message values. Every tolerance towards a CPE that needs the XML tree is here;
// those that need bytes are in charset.cc and xml.cc.
#include <algorithm>
#include <array>
#include <limits>
#include <pugixml.hpp>
#include <tuple>
#include <type_traits>
#include <utility>

#include "cwmp/charset.h"
#include "cwmp/soap.h"
#include "cwmp/soap_schema.h"
#include "cwmp/value.h"
#include "cwmp/xml.h"

namespace cwmp {
namespace {

using pugi::xml_attribute;
using pugi::xml_node;
using std::string_view;

/// An ID is echoed; a longer one is not an ID.
constexpr std::size_t kMaxIdBytes = 1024;
/// A prefix or namespace is echoed in each message of the session.
constexpr std::size_t kMaxPrefixBytes = 32;
constexpr std::size_t kMaxNamespaceBytes = 256;
constexpr string_view kCwmpNamespaceStem = "urn:dslforum-org:cwmp-1-";
constexpr string_view kEncodingNamespace = "http://schemas.xmlsoap.org/soap/encoding/";

// ---- names and text ---------------------------------------------------------------------------

string_view local_name(string_view name) {
  const std::size_t colon = name.rfind(':');
  return colon == string_view::npos ? name : name.substr(colon + 1);
}

string_view prefix_of(string_view name) {
  const std::size_t colon = name.find(':');
  return colon == string_view::npos ? string_view{} : name.substr(0, colon);
}

string_view local_name(xml_node node) { return local_name(string_view(node.name())); }

bool is_element(xml_node node) { return node.type() == pugi::node_element; }

/// First child element with that local name, whatever its place and prefix (quirks 1, 26).
xml_node child(xml_node parent, string_view name) {
  for (const xml_node node : parent.children()) {
    if (is_element(node) && local_name(node) == name) {
      return node;
    }
  }
  return {};
}

xml_attribute attribute(xml_node node, string_view name) {
  for (const xml_attribute candidate : node.attributes()) {
    if (local_name(candidate.name()) == name) {
      return candidate;
    }
  }
  return {};
}

/// Text of an element as it stands there, blanks included; CDATA and text joined.
std::string text_of(xml_node node) {
  std::string text;
  for (const xml_node part : node.children()) {
    if (part.type() == pugi::node_pcdata || part.type() == pugi::node_cdata) {
      text.append(part.value());
    }
  }
  return text;
}

std::string trimmed(std::string text) {
  constexpr string_view kBlanks = " \t\r\n";
  const std::size_t last = text.find_last_not_of(kBlanks);
  text.erase(last == std::string::npos ? 0 : last + 1);
  text.erase(0, std::min(text.find_first_not_of(kBlanks), text.size()));
  return text;
}

// ---- arguments --------------------------------------------------------------------------------

/// Local names of the types a value may have; what else comes is taken as a string (quirk 11).
constexpr std::array kTypes{
    string_view("string"),       string_view("int"),          string_view("unsignedInt"),
    string_view("long"),         string_view("unsignedLong"), string_view("boolean"),
    string_view("dateTime"),     string_view("base64"),       string_view("base64Binary"),
    string_view("hexBinary"),    string_view("decimal"),      string_view("integer"),
    string_view("short"),        string_view("byte"),         string_view("unsignedShort"),
    string_view("unsignedByte"), string_view("float"),        string_view("double"),
    string_view("anyURI"),
};

/// Fills message values from the elements below a body element. Never fails: what is absent or
/// strange keeps its default and is noted.
class Reader {
 public:
  explicit Reader(DeviationList& deviations) : deviations_(deviations) {}

  template <class M>
  M message(xml_node node) {
    M result;
    read(node, result);
    return result;
  }

 private:
  template <class M>
  requires std::is_class_v<M>
  void read(xml_node node, M& into) {
    std::apply([&](const auto&... fields) { (read_field(node, fields, into), ...); },
               soap::kSchema<M>);
  }

  template <class F, class T, class M>
  void read_field(xml_node parent, const soap::Field<F, T>& field, M& into) {
    if (const xml_node node = required(parent, field.name)) {
      read(node, into.*field.member);
    }
  }

  // Text that is no number must not read as "applied" (0).
  template <class M>
  void read_field(xml_node parent, const soap::StatusField<M>& field, M& into) {
    if (const xml_node node = required(parent, field.name)) {
      const std::string text = trimmed(text_of(node));
      const std::uint32_t if_bad = text.empty() ? 0 : std::numeric_limits<std::uint32_t>::max();
      into.*field.member = number(node, text, if_bad);
    }
  }

  template <class F, class M>
  void read_field(xml_node parent, const soap::OptionalField<F>& field, M& into) {
    read(child(parent, field.name), into.*field.member);
  }

  // Some peers put an array around what the schema repeats.
  template <class F, class T, class M>
  void read_field(xml_node parent, const soap::RepeatedField<F, T>& field, M& into) {
    for (const xml_node node : parent.children()) {
      if (!is_element(node) || local_name(node) != field.name) {
        continue;
      }
      if (attribute(node, "arrayType")) {
        read(node, into.*field.member);
      } else {
        read_item(node, into.*field.member);
      }
    }
  }

  xml_node required(xml_node parent, string_view name) {
    const xml_node node = child(parent, name);
    if (!node) {
      deviations_.add(DeviationKind::kMissingElement, name);
    }
    return node;
  }

  void read(xml_node node, std::string& into) { into = text_of(node); }

  void read(xml_node node, std::uint32_t& into) {
    const std::string text = trimmed(text_of(node));
    const bool too_large =
        !text.empty() && text.find_first_not_of("0123456789") == std::string::npos;
    into = number(node, text, too_large ? std::numeric_limits<std::uint32_t>::max() : 0);
  }

  std::uint32_t number(xml_node node, string_view text, std::uint32_t if_bad) {
    const std::optional<std::uint32_t> value = parse_unsigned(text);
    if (!value) {
      deviations_.add(DeviationKind::kBadNumber, local_name(node));
    }
    return value.value_or(if_bad);
  }

  void read(xml_node node, std::int32_t& into) {
    const std::string text = trimmed(text_of(node));
    const std::optional<std::int32_t> value = parse_int(text);
    if (!value) {
      deviations_.add(DeviationKind::kBadNumber, local_name(node));
    }
    into = value.value_or(0);
  }

  void read(xml_node node, Voucher& into) { into.base64 = trimmed(text_of(node)); }

  void read(xml_node node, bool& into) {
    const std::optional<bool> value = parse_boolean(text_of(node));
    if (!value) {
      deviations_.add(DeviationKind::kBadNumber, local_name(node));
    }
    into = value.value_or(false);
  }

  // Any element below is an item; the count in arrayType is a rumour (quirks 15, 16).
  template <class T>
  void read(xml_node node, std::vector<T>& into) {
    std::size_t count = 0;
    for (const xml_node item : node.children()) {
      if (is_element(item)) {
        ++count;
        read_item(item, into);
      }
    }
    const string_view type = attribute(node, "arrayType").value();
    const std::size_t open = type.rfind('[');
    if (open != string_view::npos && type.ends_with(']') &&
        parse_unsigned(type.substr(open + 1, type.size() - open - 2)) != count) {
      deviations_.add(DeviationKind::kArrayCount, local_name(node));
    }
  }

  template <class T>
  void read_item(xml_node node, std::vector<T>& into) {
    read(node, into.emplace_back());
  }

  void read_item(xml_node node, std::vector<std::string>& into) {
    into.push_back(trimmed(text_of(node)));
  }

  void read_item(xml_node node, std::vector<DeploymentUnitOperation>& into) {
    const string_view type = local_name(attribute(node, "type").value());
    if (type == soap::kItem<UpdateOperation>) {
      into.emplace_back(message<UpdateOperation>(node));
    } else if (type == soap::kItem<UninstallOperation>) {
      into.emplace_back(message<UninstallOperation>(node));
    } else {
      if (type != soap::kItem<InstallOperation>) {
        deviations_.add(DeviationKind::kUnknownType, local_name(node));
      }
      into.emplace_back(message<InstallOperation>(node));
    }
  }

  void read_item(xml_node node, std::vector<ParameterValue>& into) {
    ParameterValue parameter;
    parameter.name = trimmed(text_of(required(node, "Name")));
    if (parameter.name.ends_with('.')) {
      deviations_.add(DeviationKind::kObjectAsValue, parameter.name);
      return;
    }
    if (const xml_node value = child(node, "Value")) {
      parameter.value = text_of(value);
      parameter.type = type_of(value, parameter.name);
    } else {
      deviations_.add(DeviationKind::kMissingValue, parameter.name);
    }
    into.push_back(std::move(parameter));
  }

  // Any attribute with the local name "type": some bind xsi to the schema of 1999 (quirk 8).
  std::string type_of(xml_node value, string_view parameter) {
    const string_view type = local_name(attribute(value, "type").value());
    if (type.empty()) {
      deviations_.add(DeviationKind::kMissingType, parameter);
      return {};
    }
    if (std::find(kTypes.begin(), kTypes.end(), type) == kTypes.end()) {
      deviations_.add(DeviationKind::kUnknownType, parameter);
      return "string";
    }
    return std::string(type);
  }

  void read_item(xml_node node, std::vector<ParameterInfo>& into) {
    ParameterInfo& info = into.emplace_back();
    info.name = trimmed(text_of(required(node, "Name")));
    if (const xml_node writable = required(node, "Writable")) {
      read(writable, info.writable);
    }
  }

  void read_item(xml_node node, std::vector<SetParameterAttribute>& into) {
    SetParameterAttribute& attributes = into.emplace_back();
    attributes.name = trimmed(text_of(required(node, "Name")));
    if (parse_boolean(text_of(child(node, "NotificationChange"))).value_or(false)) {
      read(required(node, "Notification"), attributes.notification.emplace());
    }
    if (parse_boolean(text_of(child(node, "AccessListChange"))).value_or(false)) {
      read(required(node, "AccessList"), attributes.access_list.emplace());
    }
  }

  DeviationList& deviations_;
};

// ---- faults -----------------------------------------------------------------------------------

std::optional<std::uint32_t> fault_code(xml_node node) {
  const std::string text = trimmed(text_of(node));
  return parse_unsigned(string_view(text).substr(0, text.find_first_not_of("0123456789")));
}

ParameterFault read_parameter_fault(xml_node node) {
  ParameterFault fault;
  fault.name = trimmed(text_of(child(node, "ParameterName")));
  if (const auto code = fault_code(child(node, "FaultCode"))) {
    fault.code = static_cast<FaultCode>(*code);
  }
  fault.text = trimmed(text_of(child(node, "FaultString")));
  return fault;
}

struct FaultParts {
  std::optional<std::uint32_t> code;
  std::optional<std::string> text;
  std::string soap_text;
  std::vector<ParameterFault> parameters;
};

// The detail stands inside faultstring, or anywhere else (quirk 23): take the parts wherever they
// are. scan() has bounded the depth.
void collect_fault(xml_node parent, FaultParts& parts) {
  for (const xml_node node : parent.children()) {
    const string_view name = local_name(node);
    if (!is_element(node)) {
      continue;
    }
    if (name == "SetParameterValuesFault" && child(node, "ParameterName")) {
      parts.parameters.push_back(read_parameter_fault(node));
    } else if (name == "FaultCode" && !parts.code) {
      parts.code = fault_code(node);
    } else if (name == "FaultString" && !parts.text) {
      parts.text = trimmed(text_of(node));
    } else {
      if (name == "faultstring") {
        parts.soap_text = trimmed(text_of(node));
      }
      collect_fault(node, parts);
    }
  }
}

Fault read_fault(xml_node node, DeviationList& deviations) {
  FaultParts parts;
  collect_fault(node, parts);
  if (!parts.code) {
    deviations.add(DeviationKind::kFaultWithoutDetail);
  }
  Fault fault;
  fault.code = parts.code ? static_cast<FaultCode>(*parts.code) : FaultCode::kInternalError;
  fault.text = parts.text.value_or(std::move(parts.soap_text));
  fault.parameters = std::move(parts.parameters);
  return fault;
}

// ---- body and header --------------------------------------------------------------------------

using BodyReader = Message (*)(xml_node, DeviationList&);

struct BodyRow {
  string_view name;
  BodyReader read;
};

template <class T>
constexpr BodyRow body_row() {
  return {soap::kName<T>, [](xml_node node, DeviationList& deviations) -> Message {
            if constexpr (std::is_same_v<T, Fault>) {
              return read_fault(node, deviations);
            } else {
              return Reader(deviations).message<T>(node);
            }
          }};
}

template <class Variant>
struct BodyTable;
template <class... Messages>
struct BodyTable<std::variant<Messages...>> {
  static constexpr std::array<BodyRow, sizeof...(Messages)> kRows{body_row<Messages>()...};
};

Message read_body(xml_node node, DeviationList& deviations) {
  const string_view name = local_name(node);
  for (const BodyRow& row : BodyTable<Message>::kRows) {
    if (row.name == name) {
      return row.read(node, deviations);
    }
  }
  return UnknownRequest{std::string(name)};
}

Header read_header(xml_node node, DeviationList& deviations) {
  Header header;
  if (const xml_node id = child(node, "ID")) {
    header.id = trimmed(text_of(id));
  }
  if (!header.id || header.id->empty() || header.id->size() > kMaxIdBytes) {
    header.id.reset();
    deviations.add(DeviationKind::kNoId);
  }
  header.hold_requests = parse_boolean(text_of(child(node, "HoldRequests"))).value_or(false);
  header.session_timeout_s = parse_unsigned(text_of(child(node, "SessionTimeout")));
  header.supported_cwmp_versions = trimmed(text_of(child(node, "SupportedCWMPVersions")));
  header.use_cwmp_version = trimmed(text_of(child(node, "UseCWMPVersion")));
  return header;
}

// ---- dialect ----------------------------------------------------------------------------------

bool is_prefix(string_view text) {
  constexpr string_view kLetters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_";
  constexpr string_view kAll = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789-.";
  return !text.empty() && text.size() <= kMaxPrefixBytes &&
         kLetters.find(text.front()) != string_view::npos &&
         text.find_first_not_of(kAll) == string_view::npos && text != "xsi" && text != "xsd" &&
         !text.starts_with("xml");
}

/// A namespace that can be written as it came: printable, and not one of SOAP's own.
bool is_echoable(string_view uri) {
  return !uri.empty() && uri.size() <= kMaxNamespaceBytes &&
         std::none_of(uri.begin(), uri.end(), [](char c) { return c <= ' ' || c == 0x7F; }) &&
         !uri.starts_with("http://schemas.xmlsoap.org/");
}

/// What the peer bound, seen from the method element outwards.
class Bindings {
 public:
  explicit Bindings(xml_node method) : method_(method) {}

  /// URI of a prefix, empty when it is not bound.
  string_view uri(string_view prefix) const {
    for (xml_node node = method_; is_element(node); node = node.parent()) {
      for (const xml_attribute declared : node.attributes()) {
        const string_view name = declared.name();
        if (prefix.empty() ? name == "xmlns"
                           : prefix_of(name) == "xmlns" && local_name(name) == prefix) {
          return declared.value();
        }
      }
    }
    return {};
  }

  /// First declaration, xmlns:prefix="uri", whose URI starts with `stem`.
  xml_attribute declaration(string_view stem) const {
    for (xml_node node = method_; is_element(node); node = node.parent()) {
      for (const xml_attribute declared : node.attributes()) {
        if (prefix_of(declared.name()) == "xmlns" &&
            string_view(declared.value()).starts_with(stem)) {
          return declared;
        }
      }
    }
    return {};
  }

 private:
  xml_node method_;
};

/// The namespace of the method, or where that is of no use (a Fault) what is bound to a cwmp URI.
Dialect learn_dialect(xml_node envelope, xml_node method, DeviationList& deviations) {
  const Bindings bound(method);
  const bool fault = local_name(method) == "Fault";
  string_view cwmp = fault ? string_view{} : prefix_of(method.name());
  string_view uri = fault ? string_view{} : bound.uri(cwmp);
  if (!uri.starts_with(kCwmpNamespaceStem)) {
    if (const xml_attribute known = bound.declaration(kCwmpNamespaceStem)) {
      cwmp = local_name(known.name());
      uri = known.value();
    }
  }
  Dialect dialect;
  const auto adopt = [](std::string& into, string_view prefix) {
    if (is_prefix(prefix)) {
      into = prefix;
    }
  };
  adopt(dialect.envelope_prefix, prefix_of(envelope.name()));
  adopt(dialect.encoding_prefix, local_name(bound.declaration(kEncodingNamespace).name()));
  adopt(dialect.cwmp_prefix, cwmp);
  if (is_echoable(uri)) {
    dialect.cwmp_namespace = uri;
  }
  if (!fault && !uri.starts_with(kCwmpNamespaceStem)) {
    deviations.add(DeviationKind::kUnknownNamespace, uri);
  }
  for (const xml_node node : {envelope, method}) {
    const string_view prefix = prefix_of(node.name());
    if (!prefix.empty() && bound.uri(prefix).empty()) {
      deviations.add(DeviationKind::kUnboundPrefix, node.name());
    }
  }
  return dialect;
}

// ---- the whole --------------------------------------------------------------------------------

/// Bytes ready for the parser: UTF-8, within the limits, without what XML forbids (quirk 19).
Result<std::string> prepare(string_view body, string_view content_type, DeviationList& deviations) {
  Result<std::string> text = to_utf8(body, content_type, deviations);
  if (!text) {
    return text;
  }
  Result<xml::Shape> shape = xml::scan(*text);
  if (!shape) {
    return tl::unexpected(std::move(shape).error());
  }
  if (!shape->missing_tail.empty()) {
    deviations.add(DeviationKind::kTruncatedEnd);
    text->erase(text->find_last_not_of(" \t\r\n") + 1);
    text->append(shape->missing_tail);
  }
  if (shape->forbidden) {
    deviations.add(DeviationKind::kForbiddenCharacters);
  }
  if (shape->bad_reference) {
    deviations.add(DeviationKind::kInvalidReference);
  }
  if (shape->forbidden || shape->bad_reference) {
    *text = xml::repair(*text);
  }
  return text;
}

xml_node first_element(xml_node parent) {
  for (const xml_node node : parent.children()) {
    if (is_element(node)) {
      return node;
    }
  }
  return {};
}

xml_node next_element(xml_node node) {
  do {
    node = node.next_sibling();
  } while (node && !is_element(node));
  return node;
}

Result<Envelope> read_envelope(xml_node document, DeviationList& deviations) {
  const xml_node envelope = first_element(document);
  if (local_name(envelope) != "Envelope") {
    return fail(FaultCode::kAcsInvalidArguments, "root element is not a SOAP Envelope");
  }
  const xml_node body = child(envelope, "Body");
  const xml_node method = first_element(body);
  if (!method) {
    return fail(FaultCode::kAcsInvalidArguments, "SOAP Body is missing or empty");
  }
  if (next_element(method)) {
    deviations.add(DeviationKind::kMoreThanOneMessage, next_element(method).name());
  }
  Envelope result;
  result.header = read_header(child(envelope, "Header"), deviations);
  result.dialect = learn_dialect(envelope, method, deviations);
  result.body = read_body(method, deviations);
  return result;
}

}  // namespace

Result<Envelope> decode(string_view body, string_view content_type, DeviationList* deviations) {
  if (body.size() > kMaxEnvelopeBytes) {
    return fail(FaultCode::kAcsResourcesExceeded, "envelope is too large");
  }
  DeviationList unused;
  DeviationList& seen = deviations != nullptr ? *deviations : unused;
  Result<std::string> text = prepare(body, content_type, seen);
  if (!text) {
    return tl::unexpected(std::move(text).error());
  }
  constexpr unsigned kOptions = pugi::parse_escapes | pugi::parse_cdata | pugi::parse_eol |
                                pugi::parse_wconv_attribute | pugi::parse_ws_pcdata_single;
  pugi::xml_document document;
  const pugi::xml_parse_result parsed =
      document.load_buffer_inplace(text->data(), text->size(), kOptions, pugi::encoding_utf8);
  if (parsed.status == pugi::status_out_of_memory) {
    throw std::bad_alloc();
  }
  if (!parsed) {
    return fail(FaultCode::kAcsInvalidArguments, std::string("no well-formed XML at byte ") +
                                                     std::to_string(parsed.offset) + ": " +
                                                     parsed.description());
  }
  return read_envelope(document, seen);
}

}  // namespace cwmp
