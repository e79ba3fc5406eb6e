#include "bridge/control_reads.h"

#include <algorithm>
#include <utility>

#include "bridge/agent/operation.h"
#include "bridge/agent/virtual_agent.h"
#include "bridge/config.h"
#include "bridge/device.h"
#include "bridge/presence.h"
#include "bridge/registry.h"
#include "bridge/runtime.h"

namespace bridge {

namespace {

/// Rows that one page looks at. More would keep a reading thread of the store too long.
constexpr std::size_t kMaxLookedAt = 20'000;
constexpr std::size_t kMaxOperations = 5'000;  // each is decoded
constexpr std::size_t kRowsAtOnce = 500;

/// Without a filter the page and one more are enough.
std::size_t rows_at_once(std::size_t limit, bool all) {
  return all ? std::min(limit + 1, kRowsAtOnce) : kRowsAtOnce;
}

control::DeviceInfo to_info(const DeviceRow& row) {
  control::DeviceInfo out;
  out.id = row.id;
  out.endpoint_id = row.endpoint_id;
  out.manufacturer = row.manufacturer;
  out.oui = row.identity.oui;
  out.product_class = row.identity.product_class;
  out.serial_number = row.identity.serial;
  out.root = row.root;
  out.software_version = row.software_version;
  out.hardware_version = row.hardware_version;
  out.onboarded = row.onboarded;
  out.first_seen_ms = row.first_seen_ms;
  out.last_boot_ms = row.last_boot_ms;
  return out;
}

std::optional<control::OperationInfo> to_operation_info(const OperationRow& row,
                                                        const std::string& endpoint_id) {
  if (row.kind == kUndoAddKind) return std::nullopt;
  auto operation = from_row(row);
  if (!operation) return std::nullopt;
  return bridge::to_info(*operation, endpoint_id, row.finished_ms);
}

}  // namespace

// ---- devices -----------------------------------------------------------------------------------

/// What the tables know of a device beside its row; with a filter only what that asks for.
Result<void> ControlReads::add_facts(control::DeviceInfo& info, const control::Filter* filter) {
  auto wanted = [filter](const char* field) {
    return filter == nullptr || filter->asks_for(field);
  };
  if (wanted("last_inform_time") || wanted("online")) {
    auto last = mirror_.last_inform_ms(info.id);
    if (!last) return tl::unexpected(last.error());
    info.last_inform_ms = *last;
    info.online = is_online(runtime_.config, *last, now_ms());
  }
  if (wanted("open_operations")) {
    auto open = state_.open_operation_count(info.id);
    if (!open) return tl::unexpected(open.error());
    info.open_operations = static_cast<std::uint32_t>(*open);
  }
  if (wanted("display_name") || wanted("tags")) {
    auto note = state_.device_note(info.id);
    if (!note) return tl::unexpected(note.error());
    info.display_name = note->display_name;
    info.tags = note->tags;
  }
  return {};
}

bool ControlReads::is_in_session(std::int64_t device_id) const {
  DevicePtr live = runtime_.registry->in_memory(device_id);
  return live && live->in_session();
}

Result<control::DeviceInfo> ControlReads::complete(const DeviceRow& row) {
  control::DeviceInfo info = to_info(row);
  auto added = add_facts(info, nullptr);
  if (!added) return tl::unexpected(added.error());
  info.in_session = is_in_session(info.id);
  return info;
}

Result<bool> ControlReads::is_wanted(const DeviceRow& row, const control::Filter& filter) {
  if (filter.empty()) return true;
  control::DeviceInfo info = to_info(row);
  auto added = add_facts(info, &filter);
  if (!added) return tl::unexpected(added.error());
  if (filter.asks_for("in_session")) info.in_session = is_in_session(info.id);
  return filter.matches(info);
}

Result<std::optional<control::DeviceInfo>> ControlReads::device(const std::string& endpoint_id) {
  auto row = state_.device_by_endpoint_id(endpoint_id);
  if (!row) return tl::unexpected(row.error());
  if (!*row) return std::nullopt;
  auto info = complete(**row);
  if (!info) return tl::unexpected(info.error());
  return *std::move(info);
}

Result<control::Backend::DevicePage> ControlReads::devices(std::int64_t after_id, std::size_t limit,
                                                           const control::Filter& filter) {
  control::Backend::DevicePage page;
  page.last_id = after_id;
  const std::size_t at_once = rows_at_once(limit, filter.empty());
  for (std::size_t looked_at = 0; looked_at < kMaxLookedAt; looked_at += at_once) {
    auto rows = state_.devices(page.last_id, at_once);
    if (!rows) return tl::unexpected(rows.error());
    for (const DeviceRow& row : *rows) {
      auto wanted = is_wanted(row, filter);
      if (!wanted) return tl::unexpected(wanted.error());
      if (*wanted && page.devices.size() == limit) {
        page.more = true;
        return page;
      }
      page.last_id = row.id;
      if (!*wanted) continue;
      auto info = complete(row);
      if (!info) return tl::unexpected(info.error());
      page.devices.push_back(*std::move(info));
    }
    if (rows->size() < at_once) return page;
  }
  page.more = true;
  return page;
}

// ---- operations --------------------------------------------------------------------------------

Result<std::optional<control::OperationInfo>> ControlReads::operation(
    const std::string& endpoint_id, std::int64_t id) {
  auto device = state_.device_by_endpoint_id(endpoint_id);
  if (!device) return tl::unexpected(device.error());
  auto row = state_.operation(id);
  if (!row) return tl::unexpected(row.error());
  if (!*device || !*row || (*row)->device_id != (*device)->id) return std::nullopt;
  return to_operation_info(**row, endpoint_id);
}

Result<std::optional<control::Backend::OperationPage>> ControlReads::operations(
    const Query& query) {
  std::int64_t device_id = 0;
  if (!query.endpoint_id.empty()) {
    auto device = state_.device_by_endpoint_id(query.endpoint_id);
    if (!device) return tl::unexpected(device.error());
    if (!*device) return std::nullopt;
    device_id = (*device)->id;
  }
  Page page;
  page.last_id = query.before_id;
  page.more = true;
  const std::size_t at_once =
      rows_at_once(query.limit, query.filter.empty() && query.devices.empty());
  for (std::size_t looked_at = 0; looked_at < kMaxOperations && page.more; looked_at += at_once) {
    auto rows = state_.operations(device_id, page.last_id, at_once);
    if (!rows) return tl::unexpected(rows.error());
    auto full = add(*rows, query, page);
    if (!full) return tl::unexpected(full.error());
    if (*full) return page;
    page.more = rows->size() == at_once;
  }
  return page;
}

/// True: the page is full, and there are others.
Result<bool> ControlReads::add(const std::vector<OperationRow>& rows, const Query& query,
                               Page& page) {
  for (const OperationRow& row : rows) {
    auto info = wanted(row, query);
    if (!info) return tl::unexpected(info.error());
    if (*info && page.operations.size() == query.limit) return true;
    page.last_id = row.id;
    if (*info) page.operations.push_back(**std::move(info));
  }
  return false;
}

Result<std::optional<control::OperationInfo>> ControlReads::wanted(const OperationRow& row,
                                                                   const Query& query) {
  auto device = visible_.find(row.device_id);
  if (device == visible_.end()) {
    auto name = visible_name(row.device_id, query.devices);
    if (!name) return tl::unexpected(name.error());
    device = visible_.emplace(row.device_id, *std::move(name)).first;
  }
  if (device->second.empty()) return std::nullopt;
  auto info = to_operation_info(row, device->second);
  if (info && !query.filter.matches(*info)) info.reset();
  return info;
}

/// Empty: its operations may not be seen.
Result<std::string> ControlReads::visible_name(std::int64_t device_id,
                                               const control::Filter& devices) {
  auto row = state_.device(device_id);
  if (!row) return tl::unexpected(row.error());
  if (!*row) return std::string();
  auto visible = is_wanted(**row, devices);
  if (!visible) return tl::unexpected(visible.error());
  return *visible ? (*row)->endpoint_id : std::string();
}

}  // namespace bridge
