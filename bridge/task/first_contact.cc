#include "bridge/task/first_contact.h"

#include <algorithm>
#include <array>

#include "bridge/task/attributes.h"
#include "bridge/task/read_names.h"
#include "bridge/task/read_values.h"
#include "bridge/task/set_values.h"

namespace bridge::task {

namespace {

constexpr std::string_view kManagementServer = "ManagementServer.";
constexpr std::uint32_t kActive = 2;
constexpr std::array<std::string_view, 2> kRoots{"Device.", "InternetGatewayDevice."};

/// GetRPCMethods: only ever a hint (quirks 73, 74).
class LearnMethods : public Task {
 protected:
  std::optional<cwmp::AcsRequest> do_next(Context&) override { return cwmp::GetRPCMethods{}; }

  void do_response(const cwmp::CpeResponse& response, Context& context) override {
    context.learned.asked_methods = true;
    if (const auto* listed = std::get_if<cwmp::GetRPCMethodsResponse>(&response)) {
      if (listed->methods.size() <= Learned::kMaxMethods) {
        context.learned.listed = {listed->methods.begin(), listed->methods.end()};
      }
    } else if (const auto* fault = std::get_if<cwmp::Fault>(&response)) {
      if (fault->code == cwmp::FaultCode::kMethodNotSupported) {
        context.learned.unsupported.emplace("GetRPCMethods");
      }
    }
    finish();
  }

  void do_lost(Context& context) override {
    // Nothing hangs on it: a device that breaks off over it is not asked again.
    if (++lost_ < 2) return;
    context.learned.asked_methods = true;
    finish();
  }

 private:
  int lost_ = 0;
};

std::vector<Assignment> assignments(const std::string& object, const Provisioning& wish) {
  std::vector<Assignment> list;
  const auto add = [&](std::string_view name, std::string value, ValueType type) {
    list.push_back({object + std::string(name), std::move(value), false, type});
  };
  if (!wish.connection_request_username.empty()) {
    add("ConnectionRequestUsername", wish.connection_request_username, ValueType::kString);
    add("ConnectionRequestPassword", wish.connection_request_password, ValueType::kString);
  }
  if (wish.periodic_interval_s > 0) {
    add("PeriodicInformEnable", "true", ValueType::kBoolean);
    add("PeriodicInformInterval", std::to_string(wish.periodic_interval_s),
        ValueType::kUnsignedInt);
    if (!wish.periodic_time.empty()) {
      add("PeriodicInformTime", wish.periodic_time, ValueType::kDateTime);
    }
  }
  return list;
}

/// Was GetParameterNames answered for this object? Informs bring some of its names too.
bool is_listed(const Tree& tree, const std::string& object) {
  bool listed = false;
  tree.for_each_child(
      object, [&](const Node& node) { listed = listed || node.writable() != Writable::kUnknown; });
  return listed;
}

bool is_compared(std::string_view name) {
  return name.ends_with("ConnectionRequestUsername") || name.ends_with("PeriodicInformEnable") ||
         name.ends_with("PeriodicInformInterval");
}

bool any_differs(const std::vector<Assignment>& wanted, const Tree& tree) {
  return std::any_of(wanted.begin(), wanted.end(), [&tree](const Assignment& each) {
    const Node* node = tree.find(each.name);
    if (node == nullptr || !node->has_value()) return false;
    if (each.type == ValueType::kBoolean) return is_true(node->value()) != is_true(each.value);
    return node->value() != each.value;
  });
}

/// Reads those that the device has; not every device survives being asked for others (quirk 59).
std::unique_ptr<Task> read_listed(std::vector<std::string> names, const Tree& tree) {
  std::erase_if(names, [&tree](const std::string& name) { return tree.find(name) == nullptr; });
  if (names.empty()) return nullptr;
  return std::make_unique<ReadValues>(std::move(names), ReadValues::Keep::kNothing);
}

std::vector<std::string> parameters_below(const std::vector<std::string>& paths, const Tree& tree) {
  std::vector<std::string> names;
  for (const std::string& path : paths) {
    if (!path.ends_with('.')) {
      names.push_back(path);
      continue;
    }
    for (const Node& node : tree.subtree(path)) {
      if (!node.is_object() && node.state() != NodeState::kGone) names.emplace_back(node.path());
    }
  }
  return names;
}

}  // namespace

std::optional<cwmp::AcsRequest> Sequence::do_next(Context& context) {
  while (!done()) {
    if (current_ == nullptr) {
      if (stage_ == stages_.size()) {
        finish();
        break;
      }
      current_ = stages_[stage_].make(context);
      if (current_ == nullptr) {
        ++stage_;
        continue;
      }
    }
    if (auto rpc = current_->next(context)) return rpc;
    settle();
  }
  return std::nullopt;
}

void Sequence::do_response(const cwmp::CpeResponse& response, Context& context) {
  current_->on_response(response, context);
  settle();
}

void Sequence::do_lost(Context& context) {
  // After a restart the sequence begins again; the tree knows how far it was.
  if (current_ == nullptr) return;
  current_->on_lost(context);
  settle();
}

void Sequence::settle() {
  if (!current_->done()) return;
  const Outcome outcome = current_->outcome();
  const bool required = stages_[stage_].required;
  current_.reset();
  ++stage_;
  if (required && outcome.kind != Outcome::Kind::kDone) finish_as(outcome);
}

void Sequence::add_provisioning(const std::string& root, const Provisioning& provisioning) {
  if (!root.empty()) {
    const std::string object = root + std::string(kManagementServer);
    const std::vector<Assignment> wanted = assignments(object, provisioning);
    // Not every device survives being asked for what it does not have (quirk 59).
    add([object, any = !wanted.empty()](const Context& context) -> std::unique_ptr<Task> {
      if (!any || is_listed(context.tree, object)) return nullptr;
      return std::make_unique<ReadNames>(std::vector<std::string>{object}, true);
    });
    add([object, wanted,
         key = provisioning.parameter_key](const Context& context) -> std::unique_ptr<Task> {
      std::vector<Assignment> list = wanted;
      if (is_listed(context.tree, object)) {
        std::erase_if(
            list, [&](const Assignment& each) { return context.tree.find(each.name) == nullptr; });
      }
      if (list.empty()) return nullptr;
      return std::make_unique<SetValues>(list, key, false);
    });
  }
  add([](const Context& context) -> std::unique_ptr<Task> {
    if (context.learned.asked_methods) return nullptr;
    return std::make_unique<LearnMethods>();
  });
  if (!root.empty() && provisioning.notify_connection_request_url) {
    const std::string name = root + std::string(kManagementServer) + "ConnectionRequestURL";
    add([name](const Context&) -> std::unique_ptr<Task> {
      return std::make_unique<SetAttributes>(std::vector<std::string>{name}, kActive);
    });
  }
}

Provision::Provision(const std::string& root, const Provisioning& provisioning) {
  add_provisioning(root, provisioning);
}

CheckProvisioning::CheckProvisioning(const std::string& root, const Provisioning& provisioning) {
  // The password reads as empty and would differ always; it is written with the rest.
  std::vector<Assignment> looked_at;
  std::vector<std::string> names;
  for (Assignment& wanted : assignments(root + std::string(kManagementServer), provisioning)) {
    if (!is_compared(wanted.name)) continue;
    names.push_back(wanted.name);
    looked_at.push_back(std::move(wanted));
  }
  add([names](const Context& context) { return read_listed(names, context.tree); });
  add([root, provisioning, looked_at](const Context& context) -> std::unique_ptr<Task> {
    if (!any_differs(looked_at, context.tree)) return nullptr;
    return std::make_unique<Provision>(root, provisioning);
  });
  add([names, looked_at](const Context& context) -> std::unique_ptr<Task> {
    if (!any_differs(looked_at, context.tree)) return nullptr;
    return read_listed(names, context.tree);
  });
}

FirstContact::FirstContact(const std::string& root, const Provisioning& provisioning) {
  add_provisioning(root, provisioning);
  std::vector<std::string> objects(kRoots.begin(), kRoots.end());
  if (!root.empty()) objects = {root};
  add([objects](
          const Context&) -> std::unique_ptr<Task> { return std::make_unique<ReadNames>(objects); },
      true);
  if (!root.empty() && provisioning.stun) add_stun(root, *provisioning.stun);
  add([](const Context&) { return ReadValues::unread(); });
}

Refresh::Refresh(std::vector<std::string> paths, What what) {
  if (what == What::kNamesAndValues) {
    std::vector<std::string> objects;
    for (const std::string& path : paths) {
      if (path.ends_with('.')) objects.push_back(path);
    }
    add([objects](const Context&) -> std::unique_ptr<Task> {
      return std::make_unique<ReadNames>(objects);
    });
  }
  add([paths = std::move(paths)](const Context& context) {
    return std::make_unique<ReadValues>(parameters_below(paths, context.tree),
                                        ReadValues::Keep::kNothing);
  });
}

std::string root_of(const cwmp::Inform& inform) {
  for (const cwmp::ParameterValue& value : inform.parameters) {
    for (const std::string_view root : kRoots) {
      if (value.name.starts_with(root)) return std::string(root);
    }
  }
  return {};
}

}  // namespace bridge::task
