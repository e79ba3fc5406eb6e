#include "bridge/credential_backend.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <set>
#include <utility>

#include "bridge/config.h"
#include "bridge/credential/book.h"
#include "bridge/device.h"
#include "bridge/log.h"
#include "bridge/registry.h"
#include "bridge/runtime.h"
#include "bridge/store/store.h"

namespace bridge {

namespace asio = boost::asio;

namespace {

using control::CredentialInfo;
using Page = std::vector<CredentialInfo>;

/// Empty: all are good.
std::string mistakes_of(const std::vector<CredentialEntry>& entries,
                        const std::set<std::string, std::less<>>& reserved) {
  std::string out;
  std::set<std::string_view> seen;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    std::string wrong = check_credential(entries[i]);
    if (wrong.empty() && reserved.contains(entries[i].username)) {
      wrong = "username is that of cwmp.auth.shared, .bootstrap or .models";
    }
    if (!seen.insert(entries[i].username).second) wrong = "username is there twice";
    if (wrong.empty()) continue;
    out += (out.empty() ? "credentials[" : "\ncredentials[") + std::to_string(i) + "]: " + wrong;
  }
  return out;
}

std::string text_of(const DeviceIdentity& identity) {
  if (identity.serial.empty()) return "nobody's";
  return "of " + identity.oui + "-" + identity.product_class + "-" + identity.serial;
}

Result<CredentialInfo> to_info(const CredentialRow& row, StateReader& state) {
  CredentialInfo info{row.username, row.identity, row.source, row.state, {}, row.created_ms};
  if (row.identity.serial.empty()) return info;
  auto device = state.device_by_identity(row.identity);
  if (!device) return tl::unexpected(device.error());
  if (*device) info.endpoint_id = (*device)->endpoint_id;
  return info;
}

Result<Page> to_page(const std::vector<CredentialRow>& rows, StateReader& state) {
  Page page;
  for (const CredentialRow& row : rows) {
    auto info = to_info(row, state);
    if (!info) return tl::unexpected(info.error());
    page.push_back(*std::move(info));
  }
  return page;
}

Result<Page> page_of_device(StateReader& state, const std::string& endpoint_id,
                            const std::string& after, std::size_t limit) {
  auto device = state.device_by_endpoint_id(endpoint_id);
  if (!device) return tl::unexpected(device.error());
  if (!*device) return fail(ErrorKind::kInvalid, "no such device: " + endpoint_id);
  auto rows = state.credentials_of((*device)->identity);
  if (!rows) return tl::unexpected(rows.error());
  std::erase_if(*rows, [&](const CredentialRow& row) { return row.username <= after; });
  if (rows->size() > limit) rows->resize(limit);
  return to_page(*rows, state);
}

/// What a put does to each of its entries, for the audit log.
struct Put {
  control::CredentialsPut done;
  std::vector<CredentialRow> stored;  ///< as they are now
};

Result<Put> put_all(StateWriter& state, const std::vector<CredentialEntry>& entries,
                    std::int64_t now) {
  Put put;
  for (const CredentialEntry& entry : entries) {
    auto changes = put_credentials(state, {&entry, 1}, now);
    if (!changes) return tl::unexpected(changes.error());
    put.done.changes.added += changes->added;
    put.done.changes.changed += changes->changed;
    put.done.changes.unchanged += changes->unchanged;
    put.done.changes.kept += changes->kept;
    if (changes->kept > 0) put.done.kept.push_back(entry.username);
    if (changes->added + changes->changed == 0) continue;
    auto row = state.credential(entry.username);
    if (!row) return tl::unexpected(row.error());
    (*row)->password.clear();
    put.stored.push_back(**std::move(row));
  }
  return put;
}

}  // namespace

asio::awaitable<Result<control::CredentialsPut>> CredentialBackend::put_credentials(
    std::vector<CredentialEntry> entries, std::string peer) {
  std::string wrong = mistakes_of(entries, reserved_usernames(runtime_.config.cwmp.auth));
  if (!wrong.empty()) co_return fail(ErrorKind::kInvalid, wrong);
  auto write = [entries = std::move(entries), now = now_ms()](StateWriter& state) {
    return put_all(state, entries, now);
  };
  Result<Put> put = co_await runtime_.store.write_state(std::move(write));
  if (!put) co_return tl::unexpected(put.error());
  for (const CredentialRow& row : put->stored) {
    spdlog::info("credentials: audit: {} put user {}, {}", peer, row.username,
                 text_of(row.identity));
  }
  co_return put->done;
}

asio::awaitable<Result<Page>> CredentialBackend::credentials(std::string after, std::size_t limit,
                                                             std::string endpoint_id) {
  auto read = [after, limit, endpoint_id](StateReader& state, MirrorReader&) -> Result<Page> {
    if (!endpoint_id.empty()) return page_of_device(state, endpoint_id, after, limit);
    auto rows = state.credentials(after, limit);
    if (!rows) return tl::unexpected(rows.error());
    return to_page(*rows, state);
  };
  Result<Page> page = co_await runtime_.store.read(std::move(read));
  co_return page;
}

asio::awaitable<Result<bool>> CredentialBackend::withdraw(CredentialRow row) {
  Result<DevicePtr> device = co_await runtime_.registry->by_identity(row.identity);
  if (!device) co_return tl::unexpected(device.error());
  if (!*device) co_return true;
  auto withdrawing = [](DevicePtr target, std::string username) -> asio::awaitable<bool> {
    co_return target->withdraw_rotation(username);
  };
  auto work = withdrawing(*device, row.username);
  bool withdrawn =
      co_await asio::co_spawn((*device)->strand(), std::move(work), asio::use_awaitable);
  co_return withdrawn;
}

asio::awaitable<Result<bool>> CredentialBackend::erase_credential(std::string username,
                                                                  std::string peer) {
  auto read = [username](StateReader& state, MirrorReader&) { return state.credential(username); };
  Result<std::optional<CredentialRow>> row = co_await runtime_.store.read(std::move(read));
  if (!row) co_return tl::unexpected(row.error());
  if (!*row) co_return false;
  if ((*row)->state == CredentialState::kPending) {
    CredentialRow pending = **row;
    Result<bool> withdrawn = co_await withdraw(std::move(pending));
    if (!withdrawn) co_return tl::unexpected(withdrawn.error());
    if (!*withdrawn) {
      co_return fail(ErrorKind::kConflict, username + " is on its way to its device");
    }
  }
  auto write = [known = **row](StateWriter& state) { return erase_unchanged(state, known); };
  Result<bool> erased = co_await runtime_.store.write_state(std::move(write));
  if (erased && *erased) {
    spdlog::info("credentials: audit: {} deleted user {}, {}", peer, username,
                 text_of((*row)->identity));
  }
  co_return erased;
}

asio::awaitable<Result<CredentialInfo>> CredentialBackend::rotate_credential(
    std::string endpoint_id, std::string peer) {
  const CwmpConfig::Auth* auth = &runtime_.config.cwmp.auth;
  if (auth->allow_anonymous || auth->scheme == CwmpConfig::Scheme::kNone) {
    co_return fail(ErrorKind::kConflict, "devices come in without credentials (cwmp.auth)");
  }
  Result<DevicePtr> device = co_await runtime_.registry->by_endpoint_id(endpoint_id);
  if (!device) co_return tl::unexpected(device.error());
  if (!*device) co_return fail(ErrorKind::kInvalid, "no such device: " + endpoint_id);
  log_info({.device = endpoint_id}, "audit: {} asks for a rotation of its credential", peer);
  auto work = (*device)->rotate();
  Result<CredentialRow> row =
      co_await asio::co_spawn((*device)->strand(), std::move(work), asio::use_awaitable);
  if (!row) co_return tl::unexpected(row.error());
  CredentialInfo info;
  info.username = row->username;
  info.identity = row->identity;
  info.source = row->source;
  info.state = row->state;
  info.created_ms = row->created_ms;
  info.endpoint_id = endpoint_id;
  co_return info;
}

}  // namespace bridge
