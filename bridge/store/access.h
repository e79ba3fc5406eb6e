// The synchronous face of the store: what may be done with the two files inside one transaction.
//
// Instances exist only within a call of Store::read() or Store::write*(); never keep one. An empty
// optional means "no such row"; an error means the storage failed (or a unique value is taken).
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "bridge/result.h"
#include "bridge/store/rows.h"

namespace bridge {

/// What must never be lost.
class StateReader {
 public:
  virtual ~StateReader() = default;

  virtual Result<std::optional<DeviceRow>> device(std::int64_t id) = 0;
  virtual Result<std::optional<DeviceRow>> device_by_endpoint_id(std::string_view endpoint_id) = 0;
  virtual Result<std::optional<DeviceRow>> device_by_identity(const DeviceIdentity& identity) = 0;
  /// Up to `limit` devices with an id above `after_id`, ascending. A filter walks the devices it
  /// leaves out.
  virtual Result<std::vector<DeviceRow>> devices(std::int64_t after_id, std::size_t limit,
                                                 const DeviceFilter& filter = {}) = 0;
  virtual Result<std::int64_t> device_count() = 0;

  /// Empty where nothing was said.
  virtual Result<DeviceNote> device_note(std::int64_t device_id) = 0;

  virtual Result<std::optional<RequestRow>> request(const RequestKey& key) = 0;

  virtual Result<std::optional<CredentialRow>> credential(std::string_view username) = 0;
  /// By user name, ascending, above `after_username`.
  virtual Result<std::vector<CredentialRow>> credentials(std::string_view after_username,
                                                         std::size_t limit) = 0;
  /// Those that are good for this device only. They outlive its row: a device that is forgotten and
  /// comes back has no other.
  virtual Result<std::vector<CredentialRow>> credentials_of(const DeviceIdentity& identity) = 0;

  /// Ordered by path.
  virtual Result<std::vector<LocalValue>> local_values(std::int64_t device_id) = 0;

  virtual Result<std::optional<OperationRow>> operation(std::int64_t id) = 0;
  /// Those not finished, oldest first.
  virtual Result<std::vector<OperationRow>> open_operations(std::int64_t device_id) = 0;
  virtual Result<std::int64_t> open_operation_count(std::int64_t device_id) = 0;
  /// Open ones of any device with 0 < deadline_ms <= now_ms, earliest deadline first.
  virtual Result<std::vector<OperationRow>> due_operations(std::int64_t now_ms,
                                                           std::size_t limit) = 0;
  /// Open and finished, newest first, with an id below `before_id` (0: from the newest).
  /// `device_id` 0: of all devices.
  virtual Result<std::vector<OperationRow>> operations(std::int64_t device_id,
                                                       std::int64_t before_id,
                                                       std::size_t limit) = 0;
  /// Ids of devices above `after_device_id` that have open operations, ascending.
  virtual Result<std::vector<std::int64_t>> devices_with_open_operations(
      std::int64_t after_device_id, std::size_t limit) = 0;

  virtual Result<std::optional<BulkRow>> bulk(std::int64_t id) = 0;
  /// Newest first, with an id below `before_id` (0: from the newest). An empty `requester` fits
  /// every one.
  virtual Result<std::vector<BulkRow>> bulks(std::int64_t before_id, std::size_t limit,
                                             std::string_view requester) = 0;
  /// Those not finished, oldest first.
  virtual Result<std::vector<BulkRow>> open_bulks() = 0;
  /// How many items there are of each state.
  virtual Result<std::map<int, std::int64_t>> bulk_counts(std::int64_t id) = 0;
  /// In these states (bits; 0: all), with a number above `after_number`, ascending.
  virtual Result<std::vector<BulkItemRow>> bulk_items(std::int64_t id, unsigned states,
                                                      std::int64_t after_number,
                                                      std::size_t limit) = 0;

  /// next_attempt_ms <= now_ms, earliest first.
  virtual Result<std::vector<OutboxRow>> due_notifications(std::int64_t now_ms,
                                                           std::size_t limit) = 0;
  /// When the first notification that is due after that time is; empty: none.
  virtual Result<std::optional<std::int64_t>> next_notification_ms(std::int64_t after_ms) = 0;
  /// Of one agent for one controller, in order of delivery.
  virtual Result<std::vector<OutboxRow>> notifications(std::int64_t device_id,
                                                       std::string_view controller,
                                                       std::size_t limit) = 0;
  virtual Result<std::int64_t> notification_count(std::int64_t device_id,
                                                  std::string_view controller) = 0;

  /// due_ms <= now_ms, earliest first.
  virtual Result<std::vector<TimerRow>> due_timers(std::int64_t now_ms, std::size_t limit) = 0;
  virtual Result<std::vector<TimerRow>> timers(std::int64_t device_id) = 0;
  virtual Result<std::optional<std::int64_t>> next_timer_ms() = 0;

  virtual Result<std::vector<InstanceRow>> instances(std::int64_t device_id) = 0;

  virtual Result<std::optional<std::string>> meta(std::string_view key) = 0;

  /// Oldest first.
  virtual Result<std::vector<FreezeRow>> freezes() = 0;
};

class StateWriter : public StateReader {
 public:
  /// Inserts a row with id 0, else replaces all of the row with that id. Returns the id.
  /// kConflict: the Endpoint ID or the identity is another device's, or the id does not exist.
  virtual Result<std::int64_t> put_device(const DeviceRow& row) = 0;
  /// Everything of the device in this file goes too. False: there was none.
  virtual Result<bool> erase_device(std::int64_t id) = 0;

  virtual Result<void> put_device_note(std::int64_t device_id, const DeviceNote& note) = 0;

  /// Inserts, or replaces the row of that key.
  virtual Result<void> put_request(const RequestRow& row) = 0;
  virtual Result<bool> erase_request(const RequestKey& key) = 0;
  /// Removes up to `limit` with created_ms < before_ms; how many went.
  virtual Result<std::int64_t> purge_requests(std::int64_t before_ms, std::size_t limit) = 0;

  /// Inserts, or replaces the row of that user name.
  virtual Result<void> put_credential(const CredentialRow& row) = 0;
  virtual Result<bool> erase_credential(std::string_view username) = 0;

  virtual Result<void> put_local_value(std::int64_t device_id, const LocalValue& value) = 0;
  virtual Result<void> erase_local_value(std::int64_t device_id, std::string_view path) = 0;
  /// Every path that starts with `prefix`; an empty prefix is everything of the device.
  virtual Result<void> erase_local_values(std::int64_t device_id, std::string_view prefix) = 0;

  /// Ignores `row.id`; returns the new one.
  virtual Result<std::int64_t> add_operation(const OperationRow& row) = 0;
  /// Replaces the state, progress and finished_ms of `id`. False: no such operation.
  virtual Result<bool> update_operation(std::int64_t id, int state, std::string_view progress,
                                        std::int64_t finished_ms = 0) = 0;
  virtual Result<bool> erase_operation(std::int64_t id) = 0;
  /// Removes up to `limit` with 0 < finished_ms < before_ms; how many went.
  virtual Result<std::int64_t> purge_operations(std::int64_t before_ms, std::size_t limit) = 0;

  /// Ignores `row.id`; returns the new one. Its items are these devices, in order, in state 0.
  virtual Result<std::int64_t> add_bulk(const BulkRow& row,
                                        std::span<const std::string> endpoint_ids) = 0;
  /// Replaces all of the row with that id. False: there is none.
  virtual Result<bool> update_bulk(const BulkRow& row) = 0;
  /// Replaces all of the item with that number but its device.
  virtual Result<bool> update_bulk_item(std::int64_t id, const BulkItemRow& row) = 0;
  /// Every item in one state is now in another; how many.
  virtual Result<std::int64_t> move_bulk_items(std::int64_t id, int from_state, int to_state) = 0;
  /// With its items.
  virtual Result<bool> erase_bulk(std::int64_t id) = 0;
  /// Removes up to `limit` with 0 < finished_ms < before_ms; how many went.
  virtual Result<std::int64_t> purge_bulks(std::int64_t before_ms, std::size_t limit) = 0;

  /// Ignores `row.id`; returns the new one.
  virtual Result<std::int64_t> add_notification(const OutboxRow& row) = 0;
  virtual Result<bool> reschedule_notification(std::int64_t id, int attempts,
                                               std::int64_t next_attempt_ms) = 0;
  virtual Result<bool> erase_notification(std::int64_t id) = 0;
  /// A NotifyResponse has come: erases what waits for it. An empty `subscription_id` fits every
  /// subscription. False: nothing does.
  virtual Result<bool> confirm_notification(std::int64_t device_id, std::string_view controller,
                                            std::string_view msg_id,
                                            std::string_view subscription_id) = 0;
  /// The retry count of everything of this device that waits for a NotifyResponse is 0 again, and
  /// it is due. How many.
  virtual Result<std::int64_t> restart_retries(std::int64_t device_id, std::int64_t now_ms) = 0;
  /// All of one subscription. How many went.
  virtual Result<std::int64_t> erase_notifications(std::int64_t device_id,
                                                   std::string_view controller,
                                                   std::string_view subscription_id) = 0;
  /// All of one controller, or of every controller where it is empty. How many went.
  virtual Result<std::int64_t> erase_notifications(std::int64_t device_id,
                                                   std::string_view controller) = 0;
  /// Makes room: removes the `count` oldest of `kind`. How many went.
  virtual Result<std::int64_t> drop_oldest_notifications(std::int64_t device_id,
                                                         std::string_view controller, int kind,
                                                         std::size_t count) = 0;

  virtual Result<void> put_timer(const TimerRow& row) = 0;
  virtual Result<bool> erase_timer(std::int64_t device_id, int kind, std::string_view key) = 0;

  virtual Result<void> put_instance(std::int64_t device_id, const InstanceRow& row) = 0;
  virtual Result<bool> erase_instance(std::int64_t device_id, std::string_view name,
                                      std::string_view key) = 0;

  virtual Result<void> put_meta(std::string_view key, std::string_view value) = 0;

  /// Ignores `row.id`; returns the new one. kConflict: there is one of that scope.
  virtual Result<std::int64_t> add_freeze(const FreezeRow& row) = 0;
  virtual Result<bool> erase_freeze(std::int64_t id) = 0;
};

/// A cache of what the devices know; may be lost.
class MirrorReader {
 public:
  virtual ~MirrorReader() = default;

  /// The whole tree, in no order.
  virtual Result<std::vector<NodeRow>> nodes(std::int64_t device_id) = 0;
  /// 0: never.
  virtual Result<std::int64_t> last_inform_ms(std::int64_t device_id) = 0;
  /// After `after`, up to `to_ms` and that included, in order.
  virtual Result<std::vector<SeenRow>> seen(const SeenRow& after, std::int64_t to_ms,
                                            std::size_t limit) = 0;
  /// Of any device; 0: none.
  virtual Result<std::int64_t> newest_inform_ms() = 0;
  /// Devices with an Inform after that: walks all of them.
  virtual Result<std::int64_t> seen_count(std::int64_t after_ms) = 0;
};

class MirrorWriter : public MirrorReader {
 public:
  /// Inserts or replaces; give only what changed.
  virtual Result<void> put_nodes(std::int64_t device_id, std::span<const NodeRow> rows) = 0;
  /// Exactly these paths (not what is below them); unknown ones are no error.
  virtual Result<void> erase_nodes(std::int64_t device_id, std::span<const std::string> paths) = 0;
  /// The tree and the time of the last Inform.
  virtual Result<void> erase_device(std::int64_t device_id) = 0;
  virtual Result<void> put_last_inform_ms(std::int64_t device_id, std::int64_t time_ms) = 0;
};

}  // namespace bridge
