// Message values to envelope bytes: one form, the one that every known CPE reads.
#include <algorithm>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>

#include "cwmp/charset.h"
#include "cwmp/soap.h"
#include "cwmp/soap_schema.h"
#include "cwmp/xml.h"

namespace cwmp {
namespace {

using std::string_view;

/// What a value without a type is written as. A CPE may leave the type out (quirk 10), an ACS must
/// not.
enum class Untyped { kOmit, kString };

/// Names that may stand in a tag. Everything else came from a peer that is up to something.
bool is_name(string_view text) {
  constexpr string_view kLetters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_";
  constexpr string_view kAll = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789-.";
  return !text.empty() && kLetters.find(text.front()) != string_view::npos &&
         text.find_first_not_of(kAll) == string_view::npos;
}

class Writer {
 public:
  explicit Writer(const Dialect& dialect) : dialect_(dialect) {}

  void write(const Envelope& envelope, EncodeOptions options) {
    if (options.xml_declaration) {
      out_.append("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    }
    open_envelope();
    write_header(envelope.header);
    out_.append("<").append(dialect_.envelope_prefix).append(":Body>");
    std::visit([this](const auto& body) { write_body(body); }, envelope.body);
    out_.append("</").append(dialect_.envelope_prefix).append(":Body></");
    out_.append(dialect_.envelope_prefix).append(":Envelope>");
  }

  std::string take() { return std::move(out_); }

 private:
  // ---- envelope
  void declare(string_view prefix, string_view uri) {
    out_.append(" xmlns:").append(prefix).append("=\"");
    escape(uri);
    out_.append("\"");
  }

  void open_envelope() {
    out_.append("<").append(dialect_.envelope_prefix).append(":Envelope");
    declare(dialect_.envelope_prefix, "http://schemas.xmlsoap.org/soap/envelope/");
    declare(dialect_.encoding_prefix, "http://schemas.xmlsoap.org/soap/encoding/");
    declare("xsd", "http://www.w3.org/2001/XMLSchema");
    declare("xsi", "http://www.w3.org/2001/XMLSchema-instance");
    declare(dialect_.cwmp_prefix, dialect_.cwmp_namespace);
    out_.append(">");
  }

  void header_element(string_view name, string_view text, bool must_understand) {
    out_.append("<").append(dialect_.cwmp_prefix).append(":").append(name);
    if (must_understand) {
      out_.append(" ").append(dialect_.envelope_prefix).append(":mustUnderstand=\"1\"");
    }
    out_.append(">");
    escape(text);
    out_.append("</").append(dialect_.cwmp_prefix).append(":").append(name).append(">");
  }

  void write_header(const Header& header) {
    if (header == Header{}) {
      return;
    }
    out_.append("<").append(dialect_.envelope_prefix).append(":Header>");
    if (header.id) {
      header_element("ID", *header.id, true);
    }
    if (header.hold_requests) {
      header_element("HoldRequests", "1", true);
    }
    if (header.session_timeout_s) {
      header_element("SessionTimeout", std::to_string(*header.session_timeout_s), false);
    }
    if (!header.supported_cwmp_versions.empty()) {
      header_element("SupportedCWMPVersions", header.supported_cwmp_versions, false);
    }
    if (!header.use_cwmp_version.empty()) {
      header_element("UseCWMPVersion", header.use_cwmp_version, true);
    }
    out_.append("</").append(dialect_.envelope_prefix).append(":Header>");
  }

  // ---- body
  template <class M>
  void write_body(const M& message) {
    untyped_ = std::is_same_v<M, SetParameterValues> ? Untyped::kString : Untyped::kOmit;
    open_method(soap::kName<M>);
    write_fields(message);
    close_method(soap::kName<M>);
  }

  void write_body(const UnknownRequest& request) {
    const string_view name = is_name(request.method) ? string_view(request.method) : "Unknown";
    open_method(name);
    close_method(name);
  }

  void write_body(const Fault& fault) {
    out_.append("<").append(dialect_.envelope_prefix).append(":Fault>");
    element("faultcode", is_fault_of_caller(fault.code) ? "Client" : "Server");
    element("faultstring", "CWMP fault");
    out_.append("<detail>");
    open_method("Fault");
    element("FaultCode", std::to_string(static_cast<std::uint32_t>(fault.code)));
    element("FaultString", fault.text);
    for (const ParameterFault& parameter : fault.parameters) {
      out_.append("<SetParameterValuesFault>");
      element("ParameterName", parameter.name);
      element("FaultCode", std::to_string(static_cast<std::uint32_t>(parameter.code)));
      element("FaultString", parameter.text);
      out_.append("</SetParameterValuesFault>");
    }
    close_method("Fault");
    out_.append("</detail></").append(dialect_.envelope_prefix).append(":Fault>");
  }

  /// faultcode says whose fault it is (TR-069 A.5.1, A.5.2).
  static bool is_fault_of_caller(FaultCode code) {
    return code == FaultCode::kInvalidArguments || code == FaultCode::kInvalidParameterName ||
           code == FaultCode::kInvalidParameterType || code == FaultCode::kInvalidParameterValue ||
           code == FaultCode::kNotWritable || code == FaultCode::kAcsInvalidArguments;
  }

  void open_method(string_view name) {
    out_.append("<").append(dialect_.cwmp_prefix).append(":").append(name).append(">");
  }
  void close_method(string_view name) {
    out_.append("</").append(dialect_.cwmp_prefix).append(":").append(name).append(">");
  }

  // ---- arguments
  template <class M>
  void write_fields(const M& message) {
    std::apply([&](const auto&... fields) { (write_field(fields, message), ...); },
               soap::kSchema<M>);
  }

  template <class F, class M>
  void write_field(const F& field, const M& message) {
    element(field.name, message.*field.member);
  }
  template <class F, class M>
  void write_field(const soap::OptionalField<F>& field, const M& message) {
    if (!(message.*field.member).empty()) element(field.name, message.*field.member);
  }
  template <class F, class T, class M>
  void write_field(const soap::RepeatedField<F, T>& field, const M& message) {
    for (const T& item : message.*field.member) element(field.name, item);
  }

  void element(string_view name, string_view text) {
    out_.append("<").append(name).append(">");
    escape(text);
    out_.append("</").append(name).append(">");
  }
  void element(string_view name, const char* text) { element(name, string_view(text)); }
  void element(string_view name, const std::string& text) { element(name, string_view(text)); }
  void element(string_view name, std::uint32_t number) { element(name, std::to_string(number)); }
  void element(string_view name, std::int32_t number) { element(name, std::to_string(number)); }
  // 0 and 1 is what every CPE reads (quirks 54, 55).
  void element(string_view name, bool value) { element(name, value ? "1" : "0"); }

  template <class M>
  requires std::is_class_v<M>
  void element(string_view name, const M& value) {
    out_.append("<").append(name).append(">");
    write_fields(value);
    out_.append("</").append(name).append(">");
  }

  template <class T>
  void element(string_view name, const std::vector<T>& items) {
    const string_view prefix = std::is_same_v<T, std::string> ? string_view("xsd")
                               : std::is_same_v<T, Voucher> ? string_view(dialect_.encoding_prefix)
                                                            : string_view(dialect_.cwmp_prefix);
    out_.append("<").append(name).append(" ").append(dialect_.encoding_prefix);
    out_.append(":arrayType=\"").append(prefix).append(":");
    out_.append(soap::kItem<T>).append("[").append(std::to_string(items.size())).append("]\">");
    for (const T& item : items) {
      element(soap::kItem<T>, item);
    }
    out_.append("</").append(name).append(">");
  }

  void element(string_view name, const Voucher& voucher) { element(name, voucher.base64); }

  void element(string_view name, const DeploymentUnitOperation& operation) {
    std::visit(
        [&]<class T>(const T& value) {
          out_.append("<").append(name).append(" xsi:type=\"").append(dialect_.cwmp_prefix);
          out_.append(":").append(soap::kItem<T>).append("\">");
          write_fields(value);
          out_.append("</").append(name).append(">");
        },
        operation);
  }

  void element(string_view name, const ParameterValue& parameter) {
    out_.append("<").append(name).append(">");
    element("Name", parameter.name);
    out_.append("<Value");
    write_type(parameter.type);
    out_.append(">");
    escape(parameter.value);
    out_.append("</Value></").append(name).append(">");
  }

  void write_type(string_view type) {
    if (type.empty() && untyped_ == Untyped::kOmit) {
      return;
    }
    // base64 is a type of SOAP encoding, all others are of XML Schema.
    const bool of_soap = type == "base64";
    out_.append(" xsi:type=\"").append(of_soap ? dialect_.encoding_prefix : "xsd").append(":");
    escape(type.empty() ? "string" : type);
    out_.append("\"");
  }

  void element(string_view name, const SetParameterAttribute& attributes) {
    out_.append("<").append(name).append(">");
    element("Name", attributes.name);
    element("NotificationChange", attributes.notification.has_value());
    element("Notification", attributes.notification.value_or(0));
    element("AccessListChange", attributes.access_list.has_value());
    element("AccessList", attributes.access_list.value_or(std::vector<std::string>{}));
    out_.append("</").append(name).append(">");
  }

  // For text and attributes alike. A bare CR would come back as LF.
  void escape(string_view text) {
    for (std::size_t at = 0; at < text.size();) {
      const std::size_t plain = std::min(text.find_first_of("&<>\"\r", at), text.size());
      append_allowed(text.substr(at, plain - at));
      if (plain < text.size()) {
        append_reference(text[plain]);
      }
      at = plain + 1;
    }
  }

  void append_reference(char c) {
    switch (c) {
      case '&':
        out_.append("&amp;");
        break;
      case '<':
        out_.append("&lt;");
        break;
      case '>':
        out_.append("&gt;");
        break;
      case '"':
        out_.append("&quot;");
        break;
      default:
        out_.append("&#13;");
        break;
    }
  }

  void append_allowed(string_view text) {
    if (std::none_of(text.begin(), text.end(), xml::is_forbidden)) {
      out_.append(text);
      return;
    }
    std::copy_if(text.begin(), text.end(), std::back_inserter(out_),
                 [](char c) { return !xml::is_forbidden(c); });
  }

  const Dialect& dialect_;
  Untyped untyped_ = Untyped::kOmit;
  std::string out_;
};

Dialect checked(Dialect dialect) {
  const Dialect standard;
  const bool names = is_name(dialect.envelope_prefix) && is_name(dialect.encoding_prefix) &&
                     is_name(dialect.cwmp_prefix);
  const bool distinct = dialect.envelope_prefix != dialect.encoding_prefix &&
                        dialect.envelope_prefix != dialect.cwmp_prefix &&
                        dialect.encoding_prefix != dialect.cwmp_prefix;
  if (!names || !distinct) {
    dialect.envelope_prefix = standard.envelope_prefix;
    dialect.encoding_prefix = standard.encoding_prefix;
    dialect.cwmp_prefix = standard.cwmp_prefix;
  }
  return dialect;
}

}  // namespace

std::string encode(const Envelope& envelope, EncodeOptions options) {
  const Dialect dialect = checked(envelope.dialect);
  Writer writer(dialect);
  writer.write(envelope, options);
  std::string text = writer.take();
  return is_utf8(text) ? text : replace_invalid_utf8(text);
}

}  // namespace cwmp
