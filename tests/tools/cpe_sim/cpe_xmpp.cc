#include "tests/tools/cpe_sim/cpe_xmpp.h"

#include <algorithm>

#include "cwmp/value.h"

namespace cpe_sim {
namespace {

using cwmp::xmpp::Jid;
using cwmp::xmpp::Verdict;

std::string trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return {};
  return std::string(text.substr(first, text.find_last_not_of(" \t\r\n") + 1 - first));
}

std::string value_of(const Cpe& cpe, const std::string& path) {
  return std::string(cpe.tree().value(path));
}

bool is_on(const Cpe& cpe, const std::string& path) { return value_of(cpe, path) == "true"; }

std::uint32_t number_of(const Cpe& cpe, const std::string& path, std::uint32_t otherwise) {
  return cwmp::parse_unsigned(value_of(cpe, path)).value_or(otherwise);
}

std::string referred_row(const Cpe& cpe) {
  std::string row = trimmed(cpe.management("ConnReqXMPPConnection"));
  if (!row.empty() && !row.ends_with('.')) row += '.';
  return row.empty() || cpe.tree().find(row) == nullptr ? std::string() : row;
}

/// The Server row to use; empty: none.
std::string best_server(const Cpe& cpe, const std::string& row) {
  const std::string table = row + "Server.";
  std::string best;
  std::uint32_t lowest = 0;
  cpe.tree().visit(table, [&](const std::string& path, const Param& param) {
    const bool is_row = param.is_object() && path != table && parent_of(path) == table;
    if (!is_row || !is_on(cpe, path + "Enable")) return true;
    const std::uint32_t priority = number_of(cpe, path + "Priority", 0);
    if (best.empty() || priority < lowest) {
      best = path;
      lowest = priority;
    }
    return true;
  });
  return best;
}

bool is_allowed(const Cpe& cpe, const Jid& from) {
  std::string list = cpe.management("ConnReqAllowedJabberIDs");
  if (trimmed(list).empty()) return true;
  std::replace(list.begin(), list.end(), ',', '\n');
  for (std::size_t at = 0; at < list.size();) {
    const auto end = std::min(list.find('\n', at), list.size());
    const auto entry = cwmp::xmpp::parse_jid(trimmed(std::string_view(list).substr(at, end - at)));
    if (entry && cwmp::xmpp::allows(*entry, from)) return true;
    at = end + 1;
  }
  return false;
}

}  // namespace

bool has_xmpp(const Cpe& cpe) {
  return cpe.tree().find(cpe.root() + "ManagementServer.ConnReqXMPPConnection") != nullptr;
}

std::optional<XmppAccount> xmpp_account(const Cpe& cpe) {
  if (cpe.is_down()) return std::nullopt;
  const std::string row = referred_row(cpe);
  if (row.empty() || !is_on(cpe, row + "Enable")) return std::nullopt;
  auto jid =
      cwmp::xmpp::parse_jid(value_of(cpe, row + "Username") + "@" + value_of(cpe, row + "Domain"));
  if (!jid) return std::nullopt;
  XmppAccount account;
  account.row = row;
  account.jid = *std::move(jid);
  account.jid.resource = value_of(cpe, row + "Resource");
  account.password = value_of(cpe, row + "Password");
  account.host = account.jid.domain;
  account.use_tls = is_on(cpe, row + "UseTLS");
  account.keep_alive = seconds(number_of(cpe, row + "KeepAliveInterval", 300));
  if (value_of(cpe, row + "ServerConnectAlgorithm") == "ServerTable") {
    const std::string server = best_server(cpe, row);
    if (server.empty()) return std::nullopt;
    account.host = value_of(cpe, server + "ServerAddress");
    account.port = static_cast<std::uint16_t>(number_of(cpe, server + "Port", 5222));
  }
  return account;
}

void show_xmpp(Cpe& cpe, const XmppAccount& account, const std::string& status,
               const std::string& jid, bool tls) {
  cpe.change(account.row + "Status", status);
  cpe.change(account.row + "TLSEstablished", tls ? "true" : "false");
  cpe.change(account.row + "JabberID", jid);
  if (!jid.empty()) cpe.change(cpe.root() + "ManagementServer.ConnReqJabberID", jid);
}

void show_no_xmpp(Cpe& cpe) { cpe.change(cpe.root() + "ManagementServer.ConnReqJabberID", ""); }

Verdict judge(Cpe& cpe, const Jid& from, const cwmp::xmpp::ConnectionRequest& request,
              TimePoint now) {
  if (!is_allowed(cpe, from)) return Verdict::kUnavailable;
  const bool known = request.username == cpe.management("ConnectionRequestUsername") &&
                     request.password == cpe.management("ConnectionRequestPassword");
  if (!known) return Verdict::kNotAuthorized;
  return cpe.on_connection_request(now) ? Verdict::kAccept : Verdict::kUnavailable;
}

milliseconds longest_xmpp_wait(const Cpe& cpe, const XmppAccount& account, unsigned attempt) {
  const auto longest = number_of(cpe, account.row + "ServerRetryMaxInterval", 30'720);
  const auto multiplier = number_of(cpe, account.row + "ServerRetryIntervalMultiplier", 2000);
  double wait = number_of(cpe, account.row + "ServerRetryInitialInterval", 60);
  for (unsigned i = 1; i < attempt && wait < longest; ++i) wait *= multiplier / 1000.0;
  wait = std::min<double>(wait, longest);
  return cpe.scaled(milliseconds(static_cast<std::int64_t>(wait * 1000)));
}

}  // namespace cpe_sim
