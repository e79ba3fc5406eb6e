// What roles cost: a Get of a whole tree by controllers with more and with fewer rights.
#include <benchmark/benchmark.h>

#include "bridge/agent/direct_model.h"
#include "bridge/agent/roles.h"
#include "bridge/agent/supported.h"
#include "bridge/agent/view.h"
#include "tests/bench/sample.h"
#include "tests/bridge/agent/agent_fixture.h"
#include "usp/agent.h"

namespace {

using namespace bench;

/// A role of so many permissions, all of which name something of the sample.
bridge::RoleConfig role_of(int permissions) {
  bridge::RoleConfig role{"many", {{{"Device."}, "rw-n", "rw-n", "rw-n", "r-xn"}}};
  static const char* const kTargets[] = {"Device.WiFi.SSID.*.SSID",
                                         "Device.WiFi.Radio.1.",
                                         "Device.IP.Interface.*.Stats.",
                                         "Device.Hosts.Host.*.IPAddress",
                                         "Device.NAT.PortMapping.3.",
                                         "Device.DeviceInfo.SerialNumber",
                                         "Device.LocalAgent.ControllerTrust.",
                                         "Device.Reboot()",
                                         "Device.Ethernet.",
                                         "Device.DNS."};
  for (int i = 1; i < permissions; ++i) {
    std::string target = kTargets[i % std::ssize(kTargets)];
    if (i > std::ssize(kTargets)) target += target.ends_with('.') ? "X." : "X";
    role.permissions.push_back({{target}, "r---", "rw-n", "rw-n", "r-xn"});
  }
  return role;
}

class Sample {
 public:
  explicit Sample(const bridge::RoleConfig& role) {
    bridge::Config config = bridge::test::config();
    config.roles.push_back(role);
    base_ = bridge::make_local_template(config);
    model_.emplace(base_, std::span<const bridge::LocalValue>{});
    device_.emplace(tree_, model_->schema().roots());
    tree_.apply(bridge::NamesListed{"Device.", false, sample_names()}, 1);
    tree_.apply(bridge::ValuesRead{sample_values()}, 1);
    supported_ = bridge::build_supported(tree_.supported(), model_->schema(), *device_);
    request_.mutable_header()->set_msg_id("m");
    request_.mutable_body()->mutable_request()->mutable_get()->add_param_paths("Device.");
  }

  /// Parameters in the answer.
  std::int64_t get(const std::string& role) {
    const bridge::AgentView view(tree_, *model_, facts_, *device_, supported_);
    usp::Outcome outcome =
        role.empty() ? usp::handle(request_, view, usp::Access{}, true) : as(role, view);
    const auto& response = std::get<usp::Respond>(outcome).msg.body().response();
    std::int64_t count = 0;
    for (const auto& object : response.get_resp().req_path_results(0).resolved_path_results()) {
      count += object.result_params_size();
    }
    return count;
  }

 private:
  usp::Outcome as(const std::string& role, const bridge::AgentView& view) {
    if (!grants_) grants_ = bridge::make_grants(*model_, {role});
    const bridge::GrantedAccess requester(grants_, view);
    return usp::handle(request_, view, requester.access(), true);
  }

  bridge::PathPool pool_;
  bridge::Tree tree_{pool_};
  std::shared_ptr<const bridge::LocalTemplate> base_;
  std::optional<bridge::LocalModel> model_;
  std::optional<bridge::DirectModel> device_;
  bridge::AgentFacts facts_ = bridge::test::facts();
  std::shared_ptr<const usp::SupportedObject> supported_;
  std::shared_ptr<const bridge::Grants> grants_;
  usp_msg::Msg request_;
};

void get_everything(benchmark::State& state, const std::string& role, int permissions) {
  Sample sample(role_of(permissions));
  std::int64_t parameters = 0;
  for (auto _ : state) parameters = sample.get(role);
  state.SetItemsProcessed(parameters * state.iterations());
  state.counters["parameters"] = static_cast<double>(parameters);
}
const std::string kRole = "Device.LocalAgent.ControllerTrust.Role.";
// The same tree for all: the rows of the roles are parameters, too.
BENCHMARK_CAPTURE(get_everything, without, "", 20)->Name("roles/Get of all without a role");
BENCHMARK_CAPTURE(get_everything, full, kRole + "1", 20)->Name("roles/Get of all, full access");
BENCHMARK_CAPTURE(get_everything, two, kRole + "2", 20)->Name("roles/Get of all, read-only");
BENCHMARK_CAPTURE(get_everything, many, kRole + "4", 20)->Name("roles/Get of all, 20 permissions");

}  // namespace
