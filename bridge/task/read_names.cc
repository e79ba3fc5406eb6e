#include "bridge/task/read_names.h"

#include <algorithm>
#include <array>

namespace bridge::task {

namespace {

// Where a device refuses to list its root (quirk 52): what it most likely has below it.
constexpr std::array<std::string_view, 22> kDeviceChildren{"DeviceInfo.", "ManagementServer.",
                                                           "Time.",       "UserInterface.",
                                                           "LAN.",        "Ethernet.",
                                                           "WiFi.",       "DSL.",
                                                           "Optical.",    "Cellular.",
                                                           "PPP.",        "IP.",
                                                           "Routing.",    "DNS.",
                                                           "DHCPv4.",     "DHCPv6.",
                                                           "NAT.",        "Firewall.",
                                                           "Hosts.",      "Bridging.",
                                                           "Services.",   "Users."};
constexpr std::array<std::string_view, 14> kGatewayChildren{
    "DeviceInfo.",    "DeviceConfig.",     "ManagementServer.",  "Time.",
    "UserInterface.", "Layer3Forwarding.", "LANConfigSecurity.", "IPPingDiagnostics.",
    "LANDevice.",     "WANDevice.",        "Firewall.",          "Services.",
    "User.",          "QueueManagement."};

bool is_root(std::string_view object) {
  return object == "Device." || object == "InternetGatewayDevice.";
}

bool is_below(std::string_view name, std::string_view object) {
  return name.size() > object.size() && name.starts_with(object);
}

bool is_direct_child(std::string_view name, std::string_view object) {
  if (!is_below(name, object)) return false;
  name.remove_prefix(object.size());
  const std::size_t dot = name.find('.');
  return dot == std::string_view::npos || dot + 1 == name.size();
}

}  // namespace

ReadNames::ReadNames(std::vector<std::string> objects, bool next_level) {
  for (std::string& object : objects) {
    if (!object.ends_with('.')) continue;
    queue_.push_back({std::move(object), next_level ? Mode::kLevel : Mode::kWhole});
  }
}

std::optional<cwmp::AcsRequest> ReadNames::do_next(Context& context) {
  if (queue_.empty() || asked_ == kMaxWalk) {
    if (any_listed_ || refused_.empty()) {
      finish();
    } else {
      fail({refused_.front().code, refused_.front().text, {}});
    }
    return std::nullopt;
  }
  open_ = std::move(queue_.front());
  queue_.pop_front();
  ++asked_;
  if (open_.mode == Mode::kWhole && context.learned.lists_by_level()) open_.mode = Mode::kWalk;
  return cwmp::GetParameterNames{open_.object, open_.mode != Mode::kWhole};
}

void ReadNames::do_response(const cwmp::CpeResponse& response, Context& context) {
  const auto listed = answer<cwmp::GetParameterNamesResponse>(response);
  if (listed) {
    on_listed(*listed, context);
  } else {
    on_fault(listed.error(), context);
  }
}

void ReadNames::on_listed(const cwmp::GetParameterNamesResponse& response, Context& context) {
  const std::vector<cwmp::ParameterInfo>& names = response.parameters;
  const bool any = std::any_of(names.begin(), names.end(), [this](const auto& info) {
    return info.name.starts_with(open_.object);
  });
  if (open_.mode == Mode::kWhole && !any) {
    // The object itself belongs into the answer: nothing at all is quirk 53.
    queue_.push_front({open_.object, Mode::kFallback});
    return;
  }
  if (open_.mode == Mode::kFallback && any) context.learned.next_level_only = true;
  any_listed_ = any_listed_ || any;

  // Some devices list everything whatever NextLevel says.
  const bool whole = std::any_of(names.begin(), names.end(), [this](const auto& info) {
    return is_below(info.name, open_.object) && !is_direct_child(info.name, open_.object);
  });
  const bool next_level = open_.mode != Mode::kWhole && !whole;
  context.updates.emplace_back(NamesListed{open_.object, next_level, names});
  if (next_level && open_.mode != Mode::kLevel) descend(names);
}

void ReadNames::descend(const std::vector<cwmp::ParameterInfo>& names) {
  for (const cwmp::ParameterInfo& info : names) {
    if (!info.name.ends_with('.') || !is_direct_child(info.name, open_.object)) continue;
    if (queue_.size() == kMaxWalk) break;
    queue_.push_back({info.name, Mode::kWalk});
  }
}

void ReadNames::on_fault(const cwmp::Fault& fault, Context& context) {
  if (fault.code == cwmp::FaultCode::kMethodNotSupported) {
    context.learned.unsupported.emplace("GetParameterNames");
    queue_.clear();
    refuse(fault);
    return;
  }
  const bool unknown_name = fault.code == cwmp::FaultCode::kInvalidParameterName;
  if (unknown_name && !is_root(open_.object)) {
    // Gone, or a table without rows that the device does not call by its name (quirk 64).
    if (is_instance(open_.object)) {
      context.updates.emplace_back(ObjectRemoved{open_.object});
    } else {
      context.updates.emplace_back(NamesListed{open_.object, false, {}});
    }
    refuse(fault);
    return;
  }
  if (open_.mode == Mode::kWhole) {
    queue_.push_front({open_.object, Mode::kFallback});
    return;
  }
  refuse(fault);
  if (is_root(open_.object) && open_.mode != Mode::kLevel) guess_children(context);
}

void ReadNames::guess_children(const Context& context) {
  if (guessed_) return;
  guessed_ = true;
  std::vector<std::string> children;
  context.tree.for_each_child(open_.object, [&children](const Node& child) {
    if (child.is_object()) children.emplace_back(child.path());
  });
  const auto add = [&](const auto& usual) {
    for (std::string_view name : usual) children.push_back(open_.object + std::string(name));
  };
  if (open_.object == "Device.") {
    add(kDeviceChildren);
  } else {
    add(kGatewayChildren);
  }
  std::sort(children.begin(), children.end());
  children.erase(std::unique(children.begin(), children.end()), children.end());
  for (std::string& child : children) queue_.push_back({std::move(child), Mode::kWhole});
}

void ReadNames::refuse(const cwmp::Fault& fault) {
  refused_.push_back({open_.object, fault.code, fault.text});
}

void ReadNames::do_lost(Context& context) {
  if (open_.object.empty()) return;  // restored: it begins again
  ++open_.lost;
  if (open_.mode == Mode::kWhole && open_.lost > 1) {
    // Once may be chance; twice is a tree that is too big for it (quirk 53).
    queue_.push_front({open_.object, Mode::kFallback});
  } else if (open_.lost < kMaxLost) {
    queue_.push_front(std::move(open_));
  } else {
    on_fault({cwmp::FaultCode::kInternalError, "the session was lost over this object", {}},
             context);
  }
}

}  // namespace bridge::task
