#include <algorithm>
#include <stdexcept>

#include "tests/conformance/suite.h"

namespace conformance {
namespace {

std::string line_of(const usp_msg::Msg& msg) { return "<" + msg.ShortDebugString() + ">"; }

}  // namespace

Agent::Agent(std::string serial, std::shared_ptr<support::Process> own)
    : serial_(std::move(serial)), id_("ops::00D09E-Gateway-"), own_(std::move(own)) {
  // "-" separates the parts of an Endpoint ID.
  for (const char c : serial_) id_ += c == '-' ? "%2D" : std::string(1, c);
}

usp_msg::Msg Agent::ask(usp_msg::Msg request, Milliseconds limit) const {
  auto answer = Suite::get().world().controller().request(id_, std::move(request), limit);
  if (answer) return *answer;
  usp_msg::Msg none;
  none.mutable_body()->mutable_error()->set_err_code(1);
  none.mutable_body()->mutable_error()->set_err_msg("no answer: " + answer.error());
  return none;
}

std::map<std::string, std::string> Agent::values(const std::string& path) const {
  return usp_controller::values_of(ask(usp_controller::get({path})));
}

std::string Agent::value(const std::string& path) const {
  const usp_msg::Msg answer = ask(usp_controller::get({path}));
  const auto values = usp_controller::values_of(answer);
  const auto found = values.find(path);
  return found == values.end() ? line_of(answer) : found->second;
}

std::vector<std::string> Agent::rows(const std::string& table) const {
  const usp_msg::Msg answer = ask(usp_controller::instances({table}, true));
  std::vector<std::string> rows;
  for (const auto& asked : answer.body().response().get_instances_resp().req_path_results()) {
    for (const auto& row : asked.curr_insts()) rows.push_back(row.instantiated_obj_path());
  }
  return rows;
}

std::string Agent::add(const std::string& table, const Settings& settings) const {
  const usp_msg::Msg answer = ask(usp_controller::add({{table, settings}}));
  EXPECT_THAT(usp_controller::failures_of(answer), testing::IsEmpty()) << table;
  const auto created = usp_controller::created_by(answer);
  return created.empty() ? std::string() : created.front();
}

std::string Agent::add_subscription(const std::string& id, const Settings& more) const {
  Settings settings{{"Enable", "true"},
                    {"ID", id},
                    {"NotifType", "ValueChange"},
                    {"ReferenceList", "Device.LocalAgent.SoftwareVersion"}};
  for (const auto& [name, value] : more) {
    const auto given = std::ranges::find(settings, name, &Settings::value_type::first);
    if (given == settings.end()) {
      settings.emplace_back(name, value);
    } else {
      given->second = value;
    }
  }
  return add(kSubscriptions, settings);
}

void Agent::set(const std::string& object, const Settings& settings) const {
  const usp_msg::Msg answer = ask(usp_controller::set({{object, settings}}));
  EXPECT_THAT(usp_controller::failures_of(answer), testing::IsEmpty()) << object;
}

std::string Agent::controller_row() const {
  const std::string id = Suite::get().world().controller().id();
  const auto found = values(kControllers + "[EndpointID==\"" + id + "\"].EndpointID");
  if (found.size() != 1) throw std::runtime_error("no row of ours in Controller.");
  const std::string& path = found.begin()->first;
  return path.substr(0, path.rfind('.') + 1);
}

std::optional<Notification> Agent::notified(const std::string& subscription_id,
                                            Milliseconds limit) const {
  return notified([&](const usp_msg::Notify& n) { return n.subscription_id() == subscription_id; },
                  limit);
}

std::optional<Notification> Agent::notified(
    const std::function<bool(const usp_msg::Notify&)>& wanted, Milliseconds limit) const {
  return Suite::get().world().controller().wait_for_notify(
      [&](const Notification& each) { return each.agent == id_ && wanted(each.notify); }, limit);
}

std::string Agent::cpe(const std::string& verb, const std::string& rest) const {
  return Suite::get().cpe_command(own_ ? *own_ : Suite::get().cpes(),
                                  verb + " " + serial_ + (rest.empty() ? "" : " " + rest));
}

bool Agent::cpe_does(const std::string& event) const {
  return own_ && own_->wait_for_text("\"event\":\"" + event + "\"").has_value();
}

std::optional<std::map<std::string, std::string>> wait_for_event(const Agent& agent,
                                                                 const std::string& name,
                                                                 Milliseconds limit) {
  const auto notify = agent.notified(
      [&](const usp_msg::Notify& n) { return n.event().event_name() == name; }, limit);
  if (!notify) return std::nullopt;
  const auto& params = notify->notify.event().params();
  return std::map<std::string, std::string>(params.begin(), params.end());
}

}  // namespace conformance
