#include "bridge/xmpp_provisioning.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>
#include <array>
#include <span>
#include <utility>

namespace bridge {
namespace {

using cwmp::xmpp::Jid;
using cwmp::xmpp::parse_jid;

/// What an XMPP.Connection needs to be of use, and what its Server does.
constexpr std::array<std::string_view, 4> kRowNames{"Enable", "Username", "Password", "Domain"};
constexpr std::array<std::string_view, 3> kServerNames{"Enable", "ServerAddress", "Port"};
constexpr std::array<std::string_view, 3> kReferences{
    "SupportedConnReqMethods", "ConnReqXMPPConnection", "ConnReqAllowedJabberIDs"};
constexpr std::size_t kMaxShortText = 64;  ///< TR-181: Domain, Resource
constexpr std::size_t kMaxLongText = 256;  ///< Username, Password, ServerAddress, an allowed JID

std::string_view value_of(const Tree& tree, const std::string& path) {
  const Node* node = tree.find(path);
  return node != nullptr && node->has_value() ? node->value() : std::string_view{};
}

bool has(const Tree& tree, const std::string& path) {
  const Node* node = tree.find(path);
  return node != nullptr && node->state() != NodeState::kGone;
}

bool is_true(std::string_view text) { return text == "true" || text == "1"; }

std::string trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return {};
  return std::string(text.substr(first, text.find_last_not_of(" \t\r\n") + 1 - first));
}

// ---- lists (TR-106 3.2.3): commas in items are percent-encoded
// -----------------------------------

std::string percent_decoded(std::string_view text) {
  const auto digit = [](char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
  };
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool encoded =
        text[i] == '%' && i + 2 < text.size() && digit(text[i + 1]) >= 0 && digit(text[i + 2]) >= 0;
    if (encoded) {
      result += static_cast<char>(digit(text[i + 1]) * 16 + digit(text[i + 2]));
      i += 2;
    } else {
      result += text[i];
    }
  }
  return result;
}

std::vector<std::string> split_list(std::string_view list) {
  std::vector<std::string> items;
  while (!list.empty()) {
    const auto end = std::min(list.find(','), list.size());
    std::string item = trimmed(list.substr(0, end));
    if (!item.empty()) items.push_back(std::move(item));
    list.remove_prefix(std::min(end + 1, list.size()));
  }
  return items;
}

bool supports_xmpp(std::string_view methods) {
  const auto items = split_list(methods);
  return std::find(items.begin(), items.end(), "XMPP") != items.end();
}

// ---- which connection --------------------------------------------------------------------------

/// A reference to a row, with or without its final dot, as "….XMPP.Connection.1."; empty: none.
std::string referred_row(const Tree& tree, const std::string& root) {
  std::string path(value_of(tree, root + "ManagementServer.ConnReqXMPPConnection"));
  path = trimmed(path);
  if (path.empty()) return {};
  if (!path.ends_with('.')) path += '.';
  const bool fits = path.starts_with(root + "XMPP.Connection.") && is_instance(path);
  return fits && tree.has_object(path) ? path : std::string();
}

/// Finds the row to use, and what is to be written there.
class Planner {
 public:
  Planner(const Tree& tree, const XmppProvisioning& wanted, const XmppFacts& facts)
      : tree_(tree),
        wanted_(wanted),
        facts_(facts),
        root_(tree.root()),
        server_(root_ + "ManagementServer."),
        table_(root_ + "XMPP.Connection."),
        username_(xmpp_username(facts.device)) {}

  XmppStep run() {
    if (auto why = unsupported()) return XmppUnsupported{*std::move(why)};
    // Nothing is decided, let alone overwritten, on values that were never read.
    for (const std::string_view name : kReferences) {
      if (unread(server_ + std::string(name))) return XmppRead{server_};
    }
    for (const std::uint32_t number : tree_.instances(table_)) {
      const std::string row = table_ + std::to_string(number) + ".";
      if (!is_known(row, kRowNames)) return XmppRead{row};
    }
    const std::string row = choose_row();
    if (row.empty()) return XmppAdd{table_};
    for (const std::string_view name : kRowNames) {
      if (!has(tree_, row + std::string(name))) {
        return XmppUnsupported{"XMPP.Connection has no " + std::string(name)};
      }
    }
    std::string server_row;
    if (!wanted_.server.empty()) {
      const std::string servers = row + "Server.";
      if (!has(tree_, servers)) return XmppUnsupported{"XMPP.Connection has no table Server"};
      const auto rows = tree_.instances(servers);
      if (rows.empty()) return XmppAdd{servers};
      server_row = servers + std::to_string(rows.front()) + ".";
      if (!is_known(server_row, kServerNames)) return XmppRead{server_row};
      disable_other_servers(servers, rows);
    }
    if (auto why = plan_allowed()) return XmppUnsupported{*std::move(why)};
    plan_row(row);
    if (!server_row.empty()) plan_server(server_row);
    plan_reference(row);
    if (set_.assignments.empty()) {
      return XmppReady{device_jid(tree_, wanted_.domain),
                       std::string(value_of(tree_, row + "Status"))};
    }
    return std::move(set_);
  }

 private:
  std::optional<std::string> unsupported() const {
    if (root_.empty()) return "the tree is not known";
    const std::string methods = server_ + "SupportedConnReqMethods";
    // Exit unless the device says so, or says nothing but has what it takes.
    if (has(tree_, methods) && !supports_xmpp(value_of(tree_, methods))) {
      return "SupportedConnReqMethods has no XMPP";
    }
    if (!has(tree_, server_ + "ConnReqXMPPConnection")) return "no ConnReqXMPPConnection";
    if (!tree_.has_object(root_ + "XMPP.Connection.")) return "no XMPP.Connection";
    return std::nullopt;
  }

  bool unread(const std::string& path) const {
    const Node* node = tree_.find(path);
    return node != nullptr && node->state() == NodeState::kUnread;
  }

  /// Are the names of a row known, and the values of those that count?
  bool is_known(const std::string& row, std::span<const std::string_view> names) const {
    bool listed = false;
    tree_.for_each_child(row, [&](const Node& node) { listed = listed || !node.is_object(); });
    return listed && std::none_of(names.begin(), names.end(), [&](std::string_view name) {
             return name != "Password" && unread(row + std::string(name));
           });
  }

  bool same(const std::string& path, std::string_view text) const {
    return value_of(tree_, path) == text;
  }

  /// The one in use if it is for our domain; else ours by its name; else one that was begun and
  /// never filled. Empty: none.
  std::string choose_row() const {
    const std::string in_use = referred_row(tree_, root_);
    if (!in_use.empty() && is_ours(in_use)) return in_use;
    std::string blank;
    for (const std::uint32_t number : tree_.instances(table_)) {
      std::string row = table_ + std::to_string(number) + ".";
      if (is_ours(row)) return row;
      const bool empty = same(row + "Username", "") && same(row + "Domain", "") &&
                         !is_true(value_of(tree_, row + "Enable"));
      if (empty && blank.empty()) blank = row;
    }
    return blank;
  }

  bool is_ours(const std::string& row) const {
    return same(row + "Username", username_) && same(row + "Domain", wanted_.domain);
  }

  void put(const std::string& path, std::string value, ValueType type, bool required = true) {
    if (!has(tree_, path) || same_value(path, value, type)) return;
    set_.assignments.push_back({path, std::move(value), required, type, {}});
  }
  bool same_value(const std::string& path, std::string_view value, ValueType type) const {
    if (type == ValueType::kBoolean) {
      const auto known = value_of(tree_, path);
      return !known.empty() && is_true(known) == is_true(value);
    }
    const Node* node = tree_.find(path);
    return node != nullptr && node->has_value() && node->value() == value;
  }

  void plan_row(const std::string& row) {
    const bool again = !is_ours(row) || !facts_.password_written;
    put(row + "Username", username_, ValueType::kString);
    put(row + "Domain", wanted_.domain, ValueType::kString);
    put(row + "Resource", wanted_.resource, ValueType::kString, false);
    put(row + "UseTLS", wanted_.use_tls ? "true" : "false", ValueType::kBoolean, wanted_.use_tls);
    put(row + "ServerConnectAlgorithm", wanted_.server.empty() ? "DNS-SRV" : "ServerTable",
        ValueType::kString, false);
    if (wanted_.keep_alive_s >= 0) {
      put(row + "KeepAliveInterval", std::to_string(wanted_.keep_alive_s), ValueType::kLong, false);
    }
    put(row + "Enable", "true", ValueType::kBoolean);
    if (again) {
      set_.assignments.push_back(
          {row + "Password", xmpp_password(wanted_, username_), true, ValueType::kString, {}});
      set_.has_password = true;
    }
  }

  void plan_server(const std::string& row) {
    put(row + "ServerAddress", wanted_.server, ValueType::kString);
    put(row + "Port", std::to_string(wanted_.port), ValueType::kUnsignedInt);
    put(row + "Enable", "true", ValueType::kBoolean);
  }

  /// The row is ours, so what else it points to is from an earlier configuration.
  void disable_other_servers(const std::string& servers, const std::vector<std::uint32_t>& rows) {
    for (std::size_t i = 1; i < rows.size(); ++i) {
      put(servers + std::to_string(rows[i]) + ".Enable", "false", ValueType::kBoolean, false);
    }
  }

  void plan_reference(const std::string& row) {
    if (referred_row(tree_, root_) == row) return;
    set_.assignments.push_back({server_ + "ConnReqXMPPConnection",
                                row.substr(0, row.size() - 1),
                                true,
                                ValueType::kString,
                                {}});
  }

  std::optional<std::string> plan_allowed() {
    const std::string path = server_ + "ConnReqAllowedJabberIDs";
    if (!has(tree_, path)) return std::nullopt;  // everybody is let in
    const Jid us = wanted_.acs.bare();
    auto items = split_list(value_of(tree_, path));
    for (const std::string& item : items) {
      const auto entry = parse_jid(percent_decoded(item));
      if (entry && *entry == us) return std::nullopt;
    }
    if (items.size() >= kMaxAllowedJabberIds) return "ConnReqAllowedJabberIDs is full";
    items.push_back(us.text());
    std::string list;
    for (const std::string& item : items) list += (list.empty() ? "" : ",") + item;
    set_.assignments.push_back({path, std::move(list), true, ValueType::kString, {}});
    return std::nullopt;
  }

  const Tree& tree_;
  const XmppProvisioning& wanted_;
  const XmppFacts& facts_;
  const std::string root_;
  const std::string server_;
  const std::string table_;
  const std::string username_;
  XmppSet set_;
};

constexpr std::string_view kHex = "0123456789abcdef";

void append_hex(std::string& text, unsigned char byte) {
  text += kHex[byte >> 4U];
  text += kHex[byte & 0xFU];
}

std::string escaped_part(std::string_view part) {
  std::string result;
  for (const char c : part) {
    const bool plain =
        (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
    if (plain) {
      result += c;
    } else {
      result += '=';
      append_hex(result, static_cast<unsigned char>(c));
    }
  }
  return result;
}

}  // namespace

Result<void> check(const XmppProvisioning& wanted) {
  const auto domain = parse_jid(wanted.domain);
  if (!domain || !domain->local.empty() || domain->is_full() ||
      wanted.domain.size() > kMaxShortText) {
    return fail(ErrorKind::kInvalid, "domain: no domain of at most 64 characters");
  }
  if (!parse_jid(wanted.domain + "/" + wanted.resource) || wanted.resource.size() > kMaxShortText) {
    return fail(ErrorKind::kInvalid, "resource: empty, or longer than 64 characters");
  }
  if (wanted.server.size() > kMaxLongText) {
    return fail(ErrorKind::kInvalid, "server: longer than 256 characters");
  }
  if (!wanted.server.empty() && wanted.port == 0) {
    return fail(ErrorKind::kInvalid, "port: 0 is none");
  }
  if (wanted.acs.local.empty() || wanted.acs.domain.empty() ||
      wanted.acs.bare().text().size() > kMaxLongText) {
    return fail(ErrorKind::kInvalid, "acs: no account@domain of at most 256 characters");
  }
  // They would have to be encoded in the list of allowed senders, which devices do not decode.
  if (wanted.acs.bare().text().find_first_of(",%") != std::string::npos) {
    return fail(ErrorKind::kInvalid, "acs: holds a comma or a percent sign");
  }
  const bool shared = wanted.credentials == XmppProvisioning::Credentials::kShared;
  if (wanted.secret.empty() || (shared && wanted.secret.size() > kMaxLongText)) {
    return fail(ErrorKind::kInvalid, "secret: empty, or longer than 256 characters");
  }
  if (wanted.keep_alive_s < -1) return fail(ErrorKind::kInvalid, "keep_alive: below -1");
  return {};
}

std::string xmpp_username(const cwmp::DeviceId& device) {
  std::string exact = escaped_part(device.oui);
  if (!device.product_class.empty()) exact += "-" + escaped_part(device.product_class);
  exact += "-" + escaped_part(device.serial_number);
  std::string name = exact;
  for (char& c : name) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  if (name == exact) return name;
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned length = 0;
  EVP_Digest(exact.data(), exact.size(), digest.data(), &length, EVP_sha256(), nullptr);
  name += ".";
  for (std::size_t i = 0; i < 4; ++i) append_hex(name, digest[i]);
  return name;
}

std::string xmpp_password(const XmppProvisioning& wanted, std::string_view username) {
  if (wanted.credentials == XmppProvisioning::Credentials::kShared) return wanted.secret;
  const std::string account = std::string(username) + "@" + wanted.domain;
  std::array<unsigned char, EVP_MAX_MD_SIZE> mac{};
  unsigned length = 0;
  HMAC(EVP_sha256(), wanted.secret.data(), static_cast<int>(wanted.secret.size()),
       reinterpret_cast<const unsigned char*>(account.data()), account.size(), mac.data(), &length);
  constexpr std::string_view kAlphabet = "abcdefghijklmnopqrstuvwxyz234567";
  std::string text;
  std::uint32_t bits = 0;
  unsigned held = 0;
  for (unsigned i = 0; i < length; ++i) {
    bits = (bits << 8U) | mac[i];
    held += 8;
    while (held >= 5) {
      held -= 5;
      text += kAlphabet[(bits >> held) & 31U];
    }
  }
  if (held > 0) text += kAlphabet[(bits << (5 - held)) & 31U];
  return text;
}

XmppStep next_xmpp_step(const Tree& tree, const XmppProvisioning& wanted, const XmppFacts& facts) {
  return Planner(tree, wanted, facts).run();
}

std::optional<Jid> device_jid(const Tree& tree, std::string_view domain) {
  const std::string root(tree.root());
  std::string text(value_of(tree, root + "ManagementServer.ConnReqJabberID"));
  if (trimmed(text).empty()) {
    const std::string row = referred_row(tree, root);
    if (row.empty() || value_of(tree, row + "Status") != "Enabled") return std::nullopt;
    text = value_of(tree, row + "JabberID");
  }
  auto jid = parse_jid(trimmed(text));
  const auto ours = parse_jid(domain);
  if (!jid || !ours || !jid->is_full() || jid->local.empty() || jid->domain != ours->domain) {
    return std::nullopt;
  }
  return jid;
}

std::vector<std::string> xmpp_notified_names(std::string_view root) {
  return {std::string(root) + "ManagementServer.ConnReqJabberID"};
}

}  // namespace bridge
