// state.db as StateReader and StateWriter.
#pragma once

#include <map>
#include <string>

#include "bridge/store/access.h"
#include "bridge/store/secrets.h"
#include "bridge/store/sqlite.h"

namespace bridge {

/// On a read-only connection only the reader's half works. Used by one thread at a time.
class SqliteState final : public StateWriter {
 public:
  SqliteState(sqlite::Connection& db, const Secrets& secrets) : db_(db), secrets_(secrets) {}

  Result<std::optional<DeviceRow>> device(std::int64_t id) override;
  Result<std::optional<DeviceRow>> device_by_endpoint_id(std::string_view endpoint_id) override;
  Result<std::optional<DeviceRow>> device_by_identity(const DeviceIdentity& identity) override;
  Result<std::vector<DeviceRow>> devices(std::int64_t after_id, std::size_t limit,
                                         const DeviceFilter& filter) override;
  Result<std::int64_t> device_count() override;
  Result<std::int64_t> put_device(const DeviceRow& row) override;
  Result<bool> erase_device(std::int64_t id) override;

  Result<DeviceNote> device_note(std::int64_t device_id) override;
  Result<void> put_device_note(std::int64_t device_id, const DeviceNote& note) override;

  Result<std::optional<RequestRow>> request(const RequestKey& key) override;
  Result<void> put_request(const RequestRow& row) override;
  Result<bool> erase_request(const RequestKey& key) override;
  Result<std::int64_t> purge_requests(std::int64_t before_ms, std::size_t limit) override;

  Result<std::optional<CredentialRow>> credential(std::string_view username) override;
  Result<std::vector<CredentialRow>> credentials(std::string_view after_username,
                                                 std::size_t limit) override;
  Result<std::vector<CredentialRow>> credentials_of(const DeviceIdentity& identity) override;
  Result<void> put_credential(const CredentialRow& row) override;
  Result<bool> erase_credential(std::string_view username) override;

  Result<std::vector<LocalValue>> local_values(std::int64_t device_id) override;
  Result<void> put_local_value(std::int64_t device_id, const LocalValue& value) override;
  Result<void> erase_local_value(std::int64_t device_id, std::string_view path) override;
  Result<void> erase_local_values(std::int64_t device_id, std::string_view prefix) override;

  Result<std::optional<OperationRow>> operation(std::int64_t id) override;
  Result<std::vector<OperationRow>> open_operations(std::int64_t device_id) override;
  Result<std::int64_t> open_operation_count(std::int64_t device_id) override;
  Result<std::vector<OperationRow>> due_operations(std::int64_t now_ms, std::size_t limit) override;
  Result<std::vector<OperationRow>> operations(std::int64_t device_id, std::int64_t before_id,
                                               std::size_t limit) override;
  Result<std::vector<std::int64_t>> devices_with_open_operations(std::int64_t after_device_id,
                                                                 std::size_t limit) override;
  Result<std::int64_t> add_operation(const OperationRow& row) override;
  Result<bool> update_operation(std::int64_t id, int state, std::string_view progress,
                                std::int64_t finished_ms) override;
  Result<bool> erase_operation(std::int64_t id) override;
  Result<std::int64_t> purge_operations(std::int64_t before_ms, std::size_t limit) override;

  Result<std::optional<BulkRow>> bulk(std::int64_t id) override;
  Result<std::vector<BulkRow>> bulks(std::int64_t before_id, std::size_t limit,
                                     std::string_view requester) override;
  Result<std::vector<BulkRow>> open_bulks() override;
  Result<std::map<int, std::int64_t>> bulk_counts(std::int64_t id) override;
  Result<std::vector<BulkItemRow>> bulk_items(std::int64_t id, unsigned states,
                                              std::int64_t after_number,
                                              std::size_t limit) override;
  Result<std::int64_t> add_bulk(const BulkRow& row,
                                std::span<const std::string> endpoint_ids) override;
  Result<bool> update_bulk(const BulkRow& row) override;
  Result<bool> update_bulk_item(std::int64_t id, const BulkItemRow& row) override;
  Result<std::int64_t> move_bulk_items(std::int64_t id, int from_state, int to_state) override;
  Result<bool> erase_bulk(std::int64_t id) override;
  Result<std::int64_t> purge_bulks(std::int64_t before_ms, std::size_t limit) override;

  Result<std::vector<OutboxRow>> due_notifications(std::int64_t now_ms, std::size_t limit) override;
  Result<std::optional<std::int64_t>> next_notification_ms(std::int64_t after_ms) override;
  Result<std::vector<OutboxRow>> notifications(std::int64_t device_id, std::string_view controller,
                                               std::size_t limit) override;
  Result<std::int64_t> notification_count(std::int64_t device_id,
                                          std::string_view controller) override;
  Result<std::int64_t> add_notification(const OutboxRow& row) override;
  Result<bool> reschedule_notification(std::int64_t id, int attempts,
                                       std::int64_t next_attempt_ms) override;
  Result<bool> erase_notification(std::int64_t id) override;
  Result<bool> confirm_notification(std::int64_t device_id, std::string_view controller,
                                    std::string_view msg_id,
                                    std::string_view subscription_id) override;
  Result<std::int64_t> restart_retries(std::int64_t device_id, std::int64_t now_ms) override;
  Result<std::int64_t> erase_notifications(std::int64_t device_id, std::string_view controller,
                                           std::string_view subscription_id) override;
  Result<std::int64_t> erase_notifications(std::int64_t device_id,
                                           std::string_view controller) override;
  Result<std::int64_t> drop_oldest_notifications(std::int64_t device_id,
                                                 std::string_view controller, int kind,
                                                 std::size_t count) override;

  Result<std::vector<TimerRow>> due_timers(std::int64_t now_ms, std::size_t limit) override;
  Result<std::vector<TimerRow>> timers(std::int64_t device_id) override;
  Result<std::optional<std::int64_t>> next_timer_ms() override;
  Result<void> put_timer(const TimerRow& row) override;
  Result<bool> erase_timer(std::int64_t device_id, int kind, std::string_view key) override;

  Result<std::vector<InstanceRow>> instances(std::int64_t device_id) override;
  Result<void> put_instance(std::int64_t device_id, const InstanceRow& row) override;
  Result<bool> erase_instance(std::int64_t device_id, std::string_view name,
                              std::string_view key) override;

  Result<std::optional<std::string>> meta(std::string_view key) override;
  Result<void> put_meta(std::string_view key, std::string_view value) override;

  Result<std::vector<FreezeRow>> freezes() override;
  Result<std::int64_t> add_freeze(const FreezeRow& row) override;
  Result<bool> erase_freeze(std::int64_t id) override;

 private:
  auto read_device();
  auto read_credential();

  sqlite::Connection& db_;
  const Secrets& secrets_;
  std::map<unsigned, std::string> list_sql_;  ///< by members of DeviceFilter; keys of the cache
};

}  // namespace bridge
