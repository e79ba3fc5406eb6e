#include "cwmp/xmpp/element.h"

#include <algorithm>

#include "cwmp/charset.h"
#include "cwmp/xml.h"

namespace cwmp::xmpp {

std::string_view Element::attribute(std::string_view name_wanted) const {
  for (const auto& [key, value] : attributes) {
    if (key == name_wanted) return value;
  }
  return {};
}

const Element* Element::child(std::string_view ns_wanted, std::string_view name_wanted) const {
  const auto found = std::find_if(children.begin(), children.end(), [&](const Element& each) {
    return each.is(ns_wanted, name_wanted);
  });
  return found == children.end() ? nullptr : &*found;
}

bool is_writable(std::string_view text) {
  return is_utf8(text) && std::none_of(text.begin(), text.end(), xml::is_forbidden) &&
         text.find("\xEF\xBF\xBE") == std::string_view::npos &&
         text.find("\xEF\xBF\xBF") == std::string_view::npos;
}

std::string escape(std::string_view text) {
  std::string result;
  result.reserve(text.size());
  for (const char c : text) {
    switch (c) {
      case '&':
        result += "&amp;";
        break;
      case '<':
        result += "&lt;";
        break;
      case '>':
        result += "&gt;";
        break;
      case '"':
        result += "&quot;";
        break;
      case '\'':
        result += "&apos;";
        break;
      case '\r':  // a parser would make line feeds of them
        result += "&#13;";
        break;
      case '\t':
        result += "&#9;";
        break;
      case '\n':
        result += "&#10;";
        break;
      default:
        result += c;
        break;
    }
  }
  return result;
}

}  // namespace cwmp::xmpp
