// The objects of one virtual agent that the bridge keeps: Device.LocalAgent., Device.MQTT. and so
// on. Reading here; writing in local_transaction.h.
//
// Stored rows (LocalValue), only where an agent differs from its template:
//   "Device.LocalAgent.Subscription.7.Enable"  value  a parameter
//   "Device.LocalAgent.Subscription.7."        "+"    a row that was added
//   "Device.LocalAgent.Controller.2."          "-"    a row of the template that was deleted
//   "Device.LocalAgent.Subscription."          "8"    the next instance number: none is used twice
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "bridge/agent/agent_facts.h"
#include "bridge/agent/e2e_session.h"
#include "bridge/agent/local_template.h"
#include "bridge/store/rows.h"
#include "usp/data_model.h"
#include "usp/permissions.h"

namespace bridge {

/// A row of Device.LocalAgent.Subscription.
struct LocalSubscription {
  std::uint32_t number = 0;
  std::string path;  ///< "Device.LocalAgent.Subscription.3."
  bool enabled = false;
  std::string recipient;  ///< "Device.LocalAgent.Controller.1"
  std::string id;
  std::int64_t created_ms = 0;  ///< 0: from the template
  std::string notif_type;       ///< "ValueChange"; empty: not chosen yet
  std::vector<std::string> reference_list;
  bool persistent = false;
  std::uint32_t time_to_live_s = 0;  ///< 0: for ever
  bool notif_retry = false;
  std::uint32_t notif_expiration_s = 0;  ///< 0: never

  /// When the agent deletes it by itself; 0: never.
  std::int64_t removal_ms() const {
    return time_to_live_s == 0 ? 0 : created_ms + std::int64_t{time_to_live_s} * 1000;
  }
  bool operator==(const LocalSubscription&) const = default;
};

/// A row of Device.LocalAgent.Controller.
struct LocalController {
  std::uint32_t number = 0;
  std::string path;       ///< "Device.LocalAgent.Controller.1."
  std::string reference;  ///< the same without the last dot, as Subscription.{i}.Recipient has it
  std::string alias;
  bool enabled = false;
  std::string endpoint_id;
  std::string topic;  ///< of its first enabled MTP row; empty: it cannot be reached
  std::uint32_t periodic_interval_s = 0;
  std::int64_t periodic_time_ms = 0;  ///< 0: any
  std::uint32_t retry_wait_s = 0;
  std::uint32_t retry_multiplier = 0;  ///< thousandths
  E2eSession session{};
  bool onboarding_complete = false;
  std::uint32_t onboarding_restart_s = 0;  ///< 0: an OnBoardRequest that was confirmed is enough
  bool operator==(const LocalController&) const = default;
};

/// Who a controller is to the agent, without the rest of its row.
struct LocalStanding {
  std::string row;  ///< "Device.LocalAgent.Controller.1."; empty: it has none
  bool enabled = false;
  std::vector<std::string> roles;  ///< AssignedRole and InheritedRole: rows of Role., no last dot
  E2eSession session{};
};

/// A row of Device.LocalAgent.Controller.{i}.BootParameter.
struct LocalBootParameter {
  std::string path;
  bool enabled = false;
  std::string parameter_name;  ///< a path name, maybe a search
  bool operator==(const LocalBootParameter&) const = default;
};

/// Device.MQTT.Client.1., as an agent with a connection of its own uses it.
struct LocalMqttClient {
  struct Subscription {
    std::string topic;  ///< a Topic Filter
    int qos = 1;
    bool operator==(const Subscription&) const = default;
  };
  std::string client_id;  ///< empty: the broker is to choose
  std::uint32_t keep_alive_s = 0;
  std::uint32_t retry_time_s = 0;
  std::uint32_t retry_multiplier = 0;  ///< thousandths
  std::uint32_t retry_max_s = 0;
  std::vector<Subscription> subscriptions;  ///< those that are enabled
  bool operator==(const LocalMqttClient&) const = default;
};

/// Certificates in the agent's tables that vouch for a controller, as PEM.
struct LocalTrust {
  std::vector<std::string> trusted;  ///< of ControllerTrust.Credential.
  std::vector<std::string> own;      ///< of its row in Controller.: stands for it (R-SEC.4)
  bool empty() const { return trusted.empty() && own.empty(); }
  bool operator==(const LocalTrust&) const = default;
};

/// A row of Device.LocalAgent.Request.
struct LocalRequest {
  std::string path;
  std::string originator;  ///< Endpoint ID
  std::string command;     ///< "Device.IP.Diagnostics.IPPing()"
  std::string command_key;
  std::string status;
  bool operator==(const LocalRequest&) const = default;
};

/// Not thread-safe; belongs to its device's strand.
class LocalModel {
 public:
  /// `stored` as Store gives it. What it says of rows that are no longer there is kept and unseen.
  LocalModel(std::shared_ptr<const LocalTemplate> base, std::span<const LocalValue> stored);

  const LocalSchema& schema() const { return *base_->schema; }

  /// As in usp::DataModel; only for paths that schema().owns(), and for parameters of "Device.".
  bool has_object(std::string_view object_path) const;
  std::vector<std::uint32_t> instances(std::string_view table_path) const;
  usp::Value value(std::string_view object_path, std::string_view name,
                   const AgentFacts& facts) const;
  void for_each_param(std::string_view object_path, const AgentFacts& facts,
                      const usp::DataModel::ParamVisitor& visit) const;
  std::optional<usp::Error> check_value(std::string_view object_path, std::string_view name,
                                        std::string_view value) const;
  std::optional<usp::Error> check_add(std::string_view table_path) const;
  std::optional<usp::Error> check_delete(std::string_view instance_path) const;

  /// Unique keys of a row that it has a value for, {"Alias", "cpe-1"}.
  std::map<std::string, std::string> unique_keys(std::string_view instance_path) const;

  std::vector<LocalSubscription> subscriptions() const;
  std::vector<LocalController> controllers() const;
  /// The row whose EndpointID this is; nullopt: none, or it is not enabled.
  std::optional<LocalController> controller(std::string_view endpoint_id) const;
  LocalStanding standing(std::string_view endpoint_id) const;
  /// `reference`: "Device.LocalAgent.Controller.1", as in Recipient; empty: there is no such row.
  std::string endpoint_id_of(std::string_view reference) const;
  /// Of rows of Role.; those that are not there or not enabled allow nothing.
  std::vector<usp::Role> roles(const std::vector<std::string>& references) const;
  std::string untrusted_role() const;
  std::vector<std::string> secured_roles() const;
  /// Changes with every write to Controller. and ControllerTrust.
  std::uint64_t trust_version() const { return trust_version_; }
  /// Nothing of ControllerTrust. differs from the template.
  bool trusts_as_template() const;
  const LocalTemplate& base() const { return *base_; }

  /// `controller_path`: "Device.LocalAgent.Controller.1.".
  std::vector<LocalBootParameter> boot_parameters(std::string_view controller_path) const;
  std::vector<LocalRequest> requests() const;
  LocalMqttClient mqtt_client(const AgentFacts& facts) const;
  /// For signatures of records: what is enabled and allowed for that.
  LocalTrust trust_of(std::string_view endpoint_id) const;
  /// The text of a row of Certificate., "Device.LocalAgent.Certificate.1."; empty: no such row.
  std::string certificate_pem(std::string_view row) const;

  /// Rows that differ from the template.
  std::size_t stored_count() const { return stored_.size(); }

 private:
  friend class LocalTransaction;
  using Values = std::map<std::string, std::string, std::less<>>;

  struct Text {
    std::string_view text;
    bool from_template = false;
  };
  /// Of a stored parameter of an existing row.
  Text text(std::string_view path, const LocalParam& param) const;
  std::string get(std::string_view object_path, std::string_view name) const;
  std::uint32_t get_number(std::string_view object_path, std::string_view name) const;
  bool get_flag(std::string_view object_path, std::string_view name) const;
  /// Where a path leads: `object` is null outside the schema.
  struct Found {
    const LocalObject* object = nullptr;
    bool table = false;  ///< the table itself, not a row
    bool there = false;  ///< every row on the way exists
  };
  Found find(std::string_view object_path) const;
  std::string read(std::string_view object_path, const LocalObject& object, const LocalParam& param,
                   const AgentFacts& facts) const;
  std::string topic_of(std::string_view controller_path) const;
  /// Of the row that a parameter refers to, where it is enabled.
  std::string referred_certificate(std::string_view object_path, std::string_view name) const;
  std::string topic_status(std::string_view row, const AgentFacts& facts) const;
  LocalController controller_at(std::uint32_t number) const;
  E2eSession session_of(std::string_view controller_path) const;
  std::vector<std::string> get_list(std::string_view object_path, std::string_view name) const;
  std::vector<std::string> roles_of(std::string_view controller_path) const;
  usp::Permission permission_at(std::string_view row) const;
  const std::vector<std::uint32_t>& rows_of(std::string_view table_path) const;
  bool in_template(std::string_view table_path, std::uint32_t number) const;
  bool has_row(std::string_view table_path, std::uint32_t number) const;
  /// The only way to change stored_; keeps rows_ right. nullopt erases.
  void assign(const std::string& path, std::optional<std::string> value);
  void update_row(std::string_view instance_path);

  std::shared_ptr<const LocalTemplate> base_;
  Values stored_;
  std::uint64_t trust_version_ = 0;
  /// Tables whose rows are not those of the template.
  std::map<std::string, std::vector<std::uint32_t>, std::less<>> rows_;
};

}  // namespace bridge
