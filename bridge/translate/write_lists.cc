// Lists that Device:2 shows by their elements, and elements that it shows as a list.
#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <utility>

#include "bridge/translate/write_place.h"

namespace bridge::translate {

namespace {

/// Position in the list; 0: none.
std::size_t position_of(const Link& link) {
  if (link.rule == nullptr || link.rule->transform != Transform::kItem) return 0;
  const std::string& text = link.rule->argument;
  std::size_t position = 0;
  std::from_chars(text.data(), text.data() + text.size(), position);
  return position;
}

}  // namespace

bool is_ipv4(const std::string& text) {
  in_addr address{};
  return inet_pton(AF_INET, text.c_str(), &address) == 1;
}

WriteResult<Wants> write_elements(const Place& place, std::string_view value) {
  std::vector<Link> links(place.links.begin(), place.links.end());
  std::erase_if(links, [](const Link& link) { return position_of(link) == 0; });
  std::sort(links.begin(), links.end(),
            [](const Link& a, const Link& b) { return position_of(a) < position_of(b); });

  const std::vector<std::string> elements = split_list(value);
  if (elements.size() > links.size()) {
    return invalid("the device has room for " + std::to_string(links.size()));
  }
  Wants out;
  for (std::size_t i = 0; i < links.size(); ++i) {
    out.set.push_back({std::string(links[i].native), i < elements.size() ? elements[i] : ""});
  }
  return out;
}

Wants dns_wants(const Projection& projection, std::string_view connection,
                const std::vector<std::string>& servers) {
  const std::string base(connection);
  Wants out{{{base + "DNSServers", join_list(servers), true}}, {}};
  const bool dynamic = !enclosing_row(base, "WANPPPConnection").empty() ||
                       projection.text(base + "AddressingType") == "DHCP";
  if (dynamic && exists(projection, base + "DNSOverrideAllowed")) {
    out.set.push_back({base + "DNSOverrideAllowed", "true"});
  }
  return out;
}

WriteResult<Wants> write_dns_server(const Place& place, std::string_view value) {
  const std::string server(value);
  if (!is_ipv4(server)) return invalid("not an IPv4 address");
  std::vector<std::string> servers = split_list(place.draft.value(place.native).value_or(""));
  const std::size_t item = place.bindings == nullptr ? 0 : place.bindings->item;
  if (item == 0 || item > servers.size()) return read_only("the server is not there any more");
  if (servers[item - 1] == server) return Wants{};
  if (std::find(servers.begin(), servers.end(), server) != servers.end()) {
    return refuse(usp::ErrorCode::kDuplicateKey, "the connection has this server already");
  }
  servers[item - 1] = server;
  Wants out = dns_wants(place.projection, place.base, servers);

  // The row stays the row, though it is known by its address.
  const Position& position = place.rule.shown.positions.back();
  Bindings renamed = *place.bindings;
  renamed.element = server;
  out.numbers.push_back({place.rule.shown.text.front(),
                         place.projection.allocator_key(position, place.base, *place.bindings),
                         place.projection.allocator_key(position, place.base, renamed)});
  return out;
}

}  // namespace bridge::translate
