// An agent of a small deployment: two controllers, the first with a default subscription.
#pragma once

#include <initializer_list>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "bridge/agent/local_model.h"
#include "bridge/agent/local_template.h"
#include "bridge/agent/local_transaction.h"
#include "bridge/agent/make_device_model.h"
#include "bridge/config.h"
#include "bridge/translate/mappings.h"
#include "bridge/tree.h"

namespace bridge::test {

inline constexpr std::int64_t kNow = 1'700'000'000'000;  // 2023-11-14T22:13:20Z
inline const std::string kFirst = "Device.LocalAgent.Controller.1";
inline const std::string kSecond = "Device.LocalAgent.Controller.2";
inline const std::string kSubscriptions = "Device.LocalAgent.Subscription.";

inline Config config() {
  Config result;
  result.mqtt.host = "broker.example";
  result.mqtt.username = "bridge";
  result.mqtt.password = "broker-secret";
  ControllerConfig first;
  first.endpoint_id = "self::first";
  first.topic = "usp/v1/controller/first";
  first.default_subscriptions = {
      {.id = "boot", .notif_type = "Event", .reference_list = {"Device.Boot!"}}};
  ControllerConfig second;
  second.endpoint_id = "self::second";
  second.alias = "noc";
  second.topic = "usp/v1/controller/second";
  second.role = "read-only";
  result.controllers = {first, second};
  return result;
}

inline std::shared_ptr<const LocalTemplate> local_template() {
  return make_local_template(config());
}

inline AgentFacts facts() {
  AgentFacts result;
  result.now_ms = kNow;
  result.endpoint_id = "ops::00D09E-Box-1";
  result.software_version = "1.0";
  result.up_since_ms = kNow - 90'000;
  result.created_ms = kNow - 3'600'000;
  result.response_topic = "usp/v1/agent/ops::00D09E-Box-1";
  result.connected = true;
  result.last_inform_ms = kNow - 10'000;
  result.oldest_value_ms = kNow - 20'000;
  result.reachability = "Reachable";
  result.mirror_complete = true;
  return result;
}

inline usp::Step step(std::string path, std::vector<usp::Setting> settings = {}) {
  usp::Step result;
  result.path = std::move(path);
  result.settings = std::move(settings);
  return result;
}

inline usp::Setting required(std::string param, std::string value) {
  return {std::move(param), std::move(value), true};
}
inline usp::Setting optional(std::string param, std::string value) {
  return {std::move(param), std::move(value), false};
}

/// What the store would hold after these commits.
class Stored {
 public:
  void take(const LocalCommit& commit) {
    for (const LocalValue& row : commit.puts) rows_[row.path] = row;
    for (const std::string& path : commit.erases) rows_.erase(path);
  }
  std::vector<LocalValue> rows() const {
    std::vector<LocalValue> result;
    for (const auto& [path, row] : rows_) result.push_back(row);
    return result;
  }

 private:
  std::map<std::string, LocalValue> rows_;
};

struct Named {
  std::string path;  ///< objects end in a dot
  std::string value;
  std::string type = "string";
  bool writable = true;
};

/// A tree that was walked and read; numbers, tables and parents are added as needed.
inline void fill(Tree& tree, const std::vector<Named>& nodes, const std::string& root = "Device.") {
  NamesListed names{.path = root, .next_level = false, .names = {}};
  ValuesRead values;
  for (const Named& node : nodes) {
    names.names.push_back({node.path, node.writable});
    if (!node.path.ends_with('.')) values.values.push_back({node.path, node.value, node.type});
  }
  tree.apply(names, kNow);
  tree.apply(values, kNow);
}

/// Of a device that has never had numbers.
inline std::unique_ptr<DeviceModel> device_model(std::string_view root, const Tree& tree,
                                                 const LocalSchema& schema, PathPool& pool) {
  TranslationConfig untranslated;
  untranslated.tr098 = false;
  const auto mappings = translate::Mappings::load(untranslated);
  return make_device_model(root, DeviceRow{}, tree, schema, **mappings, pool, {});
}

}  // namespace bridge::test
