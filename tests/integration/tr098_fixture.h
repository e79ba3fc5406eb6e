// A TR-098 device behind a real bridge; tests see both sides of it.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "tests/integration/world.h"

namespace integration {

inline const std::string kIgd = "InternetGatewayDevice.";
inline const std::string kWlan = kIgd + "LANDevice.1.WLANConfiguration.";
inline const std::string kWan = kIgd + "WANDevice.1.WANConnectionDevice.";
/// Its first connection is the default one.
inline const std::string kWanMappings = kWan + "1.WANIPConnection.1.PortMapping.";
inline const std::string kIptvMappings = kWan + "2.WANIPConnection.1.PortMapping.";
inline const std::string kMappings = "Device.NAT.PortMapping.";

class Tr098 : public testing::Test {
 protected:
  explicit Tr098(WorldOptions options = {.device_settings = "operation_deadline: 20s"})
      : world(std::move(options)), cpe(world.device("1", "tr098-vendor.csv")) {
    if (!cpe->wait_for("session_end")) throw std::runtime_error(world.bridge().output());
  }

  usp_msg::Msg ask(usp_msg::Msg request) { return world.ask(*cpe, std::move(request)); }
  /// Expects that nothing failed.
  usp_msg::Msg do_all(usp_msg::Msg request) {
    auto answer = ask(std::move(request));
    EXPECT_THAT(usp_controller::failures_of(answer), testing::IsEmpty()) << world.bridge().output();
    return answer;
  }
  std::map<std::string, std::string> get(const std::string& path) {
    return usp_controller::values_of(do_all(usp_controller::get({path})));
  }
  std::string read(const std::string& path) { return world.read(*cpe, path); }
  /// The device's own opinion, by its own name.
  std::string on_device(const std::string& native) { return cpe->command("get", native); }

  /// The path of the new row; its unique keys are in `keys`.
  std::string add(const usp_controller::Settings& settings,
                  std::map<std::string, std::string>* keys = nullptr) {
    const auto answer = do_all(usp_controller::add({{kMappings, settings}}));
    const auto& results = answer.body().response().add_resp().created_obj_results();
    if (results.empty()) return answer.ShortDebugString();
    const auto& done = results[0].oper_status().oper_success();
    if (keys != nullptr) *keys = {done.unique_keys().begin(), done.unique_keys().end()};
    return done.instantiated_path();
  }
  std::vector<std::string> instances(const std::string& table) {
    const auto answer = do_all(usp_controller::instances({table}));
    std::vector<std::string> rows;
    for (const auto& path : answer.body().response().get_instances_resp().req_path_results()) {
      for (const auto& row : path.curr_insts()) rows.push_back(row.instantiated_obj_path());
    }
    return rows;
  }
  /// The row of `table` whose parameter has that value; without the final dot.
  std::string row_with(const std::string& table, const std::string& name,
                       const std::string& value) {
    const auto found = get(table + "[" + name + "==\"" + value + "\"]." + name);
    if (found.size() != 1) return "<" + std::to_string(found.size()) + " rows>";
    const std::string& path = found.begin()->first;
    return path.substr(0, path.size() - name.size() - 1);
  }

  /// Each parameter that an Error message blames, with its code.
  static std::vector<std::pair<std::string, std::uint32_t>> blamed(const usp_msg::Msg& answer) {
    std::vector<std::pair<std::string, std::uint32_t>> out;
    for (const auto& each : answer.body().error().param_errs()) {
      out.emplace_back(each.param_path(), each.err_code());
    }
    return out;
  }

  std::optional<usp_msg::Notify> wait_for(
      const std::function<bool(const usp_msg::Notify&)>& wanted) {
    auto told = world.controller().wait_for_notify(
        [&wanted](const usp_controller::Notification& each) { return wanted(each.notify); }, kLong);
    EXPECT_TRUE(told) << world.bridge().output() << cpe->process().output();
    return told ? std::optional(told->notify) : std::nullopt;
  }
  void subscribe(const std::string& type, const std::string& path) {
    do_all(usp_controller::subscribe(type + " " + path, type, path));
  }

  World world;
  std::unique_ptr<Cpe> cpe;
};

}  // namespace integration
