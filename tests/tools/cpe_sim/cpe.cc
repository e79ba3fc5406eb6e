#include "tests/tools/cpe_sim/cpe.h"

#include <algorithm>
#include <charconv>

#include "cwmp/value.h"

namespace cpe_sim {
namespace {

std::string clock_text(TimePoint now) {
  return cwmp::format_datetime(std::chrono::floor<seconds>(now));
}

// "@uptime", "@now", "@counter:START:PER_SECOND": values that follow the time.
std::string computed(std::string_view text, TimePoint booted_at, TimePoint now) {
  const auto up = std::chrono::duration_cast<seconds>(now - booted_at).count();
  if (text == "@uptime") return std::to_string(up);
  if (text == "@now") return clock_text(now);
  constexpr std::string_view kCounter = "@counter:";
  if (!text.starts_with(kCounter)) return std::string(text);
  text.remove_prefix(kCounter.size());
  std::int64_t start = 0;
  std::int64_t rate = 0;
  const auto colon = text.find(':');
  std::from_chars(text.data(), text.data() + text.size(), start);
  if (colon != std::string_view::npos) {
    std::from_chars(text.data() + colon + 1, text.data() + text.size(), rate);
  }
  return std::to_string(start + rate * up);
}

std::string next_value(const Param& param) {
  switch (param.type->kind) {
    case Kind::kBoolean:
      return param.value == "true" ? "false" : "true";
    case Kind::kInt:
    case Kind::kUnsignedInt:
    case Kind::kLong:
    case Kind::kUnsignedLong: {
      std::uint32_t number = 0;
      std::from_chars(param.value.data(), param.value.data() + param.value.size(), number);
      return std::to_string(number + 1);
    }
    default: {
      const auto mark = param.value.rfind('#');
      std::uint32_t number = 0;
      if (mark != std::string::npos) {
        std::from_chars(param.value.data() + mark + 1, param.value.data() + param.value.size(),
                        number);
      }
      return param.value.substr(0, mark) + "#" + std::to_string(number + 1);
    }
  }
}

}  // namespace

Cpe::Cpe(std::shared_ptr<const Model> model, CpeOptions options)
    : tree_(std::move(model)),
      options_(std::move(options)),
      random_(static_cast<std::minstd_rand::result_type>(options_.seed)) {
  apply_own_values();
  serial_number_ = tree_.value(root() + "DeviceInfo.SerialNumber");
}

void Cpe::apply_own_values() {
  for (const auto& [name, value] : options_.values) tree_.set_value(root() + name, value);
}

void Cpe::set_own(const std::string& name, const std::string& value) {
  options_.values[name] = value;
  tree_.set_value(root() + name, value);
}

cwmp::DeviceId Cpe::device_id() const {
  cwmp::DeviceId id;
  id.manufacturer = tree_.value(root() + "DeviceInfo.Manufacturer");
  id.oui = tree_.value(root() + "DeviceInfo.ManufacturerOUI");
  id.product_class = tree_.value(root() + "DeviceInfo.ProductClass");
  id.serial_number = serial_number_;
  return id;
}

std::string Cpe::management(std::string_view name) const {
  return std::string(tree_.value(root() + "ManagementServer." + std::string(name)));
}

std::optional<std::string> Cpe::value(std::string_view path, TimePoint now) const {
  const Param* param = tree_.find(path);
  if (param == nullptr || param->is_object()) return std::nullopt;
  return computed(param->value, booted_at_, now);
}

std::string Cpe::present(const Param& param, TimePoint now) const {
  if (param.type->secret) return {};
  if (param.type->kind == Kind::kBoolean && quirks.numeric_booleans) {
    return param.value == "true" ? "1" : "0";
  }
  return computed(param.value, booted_at_, now);
}

milliseconds Cpe::scaled(milliseconds wait) const {
  return milliseconds(
      static_cast<std::int64_t>(static_cast<double>(wait.count()) * options_.time_scale));
}

// ---- its life --------------------------------------------------------------------------------

void Cpe::boot(TimePoint now) {
  boot_at_.reset();
  booted_ = true;
  booted_at_ = now;
  retry_count_ = 0;
  retry_at_.reset();
  diagnostics_.clear();
  for (auto& [path, pending] : std::exchange(pending_values_, {})) {
    tree_.set_value(path, std::move(pending));
  }
  if (!bootstrapped_) events_.raise(kBootstrap);
  bootstrapped_ = true;
  raise(kBoot);
  periodic_settings_.clear();
  tick_periodic(now);
}

void Cpe::start_reboot(TimePoint now) {
  boot_at_ = now + scaled(options_.reboot_time);
  state_ = State::kIdle;
}

void Cpe::tick(TimePoint now) {
  if (asleep_ || !booted_) return;
  if (boot_at_) {
    if (now < *boot_at_) return;
    boot(now);
  }
  tick_periodic(now);
  tick_changes(now);
  while (!scheduled_.empty() && scheduled_.begin()->first <= now) {
    raise(kScheduled);
    raise("M ScheduleInform", scheduled_.begin()->second);
    scheduled_.erase(scheduled_.begin());
  }
  while (!diagnostics_.empty() && diagnostics_.begin()->first <= now) {
    finish_diagnostics(tree_, diagnostics_.begin()->second);
    diagnostics_.erase(diagnostics_.begin());
    raise(kDiagnosticsComplete);
  }
  while (!module_changes_.empty() && module_changes_.begin()->first <= now) {
    change_modules(module_changes_.extract(module_changes_.begin()).mapped(), now);
  }
}

// Every change of the three parameters starts the period anew (TR-181 ManagementServer).
void Cpe::tick_periodic(TimePoint now) {
  const std::string enable = management("PeriodicInformEnable");
  const std::string time = management("PeriodicInformTime");
  std::string interval = management("PeriodicInformInterval");
  if (options_.periodic_s > 0) interval = std::to_string(options_.periodic_s);
  const bool due = periodic_at_ && *periodic_at_ <= now;
  std::string settings = enable + "/" + interval + "/" + time;
  if (!due && settings == periodic_settings_) return;
  if (due && settings == periodic_settings_) raise(kPeriodic);
  periodic_settings_ = std::move(settings);
  periodic_at_.reset();
  const auto every = cwmp::parse_unsigned(interval);
  if ((enable != "true" && options_.periodic_s == 0) || !every || *every == 0) return;
  const milliseconds period = std::max(scaled(seconds(*every)), milliseconds(1));
  periodic_at_ = now + period;
  // A known PeriodicInformTime sets the phase.
  const auto phase = cwmp::parse_datetime(time);
  if (phase && !cwmp::is_unknown_time(time)) {
    auto since = (now - TimePoint(*phase)) % period;
    if (since < milliseconds(0)) since += period;
    periodic_at_ = now + period - since;
  }
}

void Cpe::tick_changes(TimePoint now) {
  for (RegularChange& regular : changes_) {
    if (now < regular.due) continue;
    regular.due = now + regular.interval;
    const Param* param = tree_.find(regular.path);
    if (param != nullptr && !param->is_object()) change(regular.path, next_value(*param));
  }
}

std::optional<TimePoint> Cpe::next_wake() const {
  if (asleep_ || !booted_) return std::nullopt;
  if (boot_at_) return boot_at_;
  std::optional<TimePoint> wake = periodic_at_;
  const auto consider = [&wake](TimePoint time) { wake = wake ? std::min(*wake, time) : time; };
  if (session_due_) consider(retry_at_.value_or(TimePoint{}));
  if (!scheduled_.empty()) consider(scheduled_.begin()->first);
  if (!diagnostics_.empty()) consider(diagnostics_.begin()->first);
  if (!module_changes_.empty()) consider(module_changes_.begin()->first);
  for (const RegularChange& regular : changes_) consider(regular.due);
  for (const Transfer& transfer : transfers_) {
    if (transfer.state == 1) consider(transfer.due);
  }
  return wake;
}

bool Cpe::wants_session(TimePoint now) const {
  return session_due_ && !is_down() && state_ == State::kIdle && (!retry_at_ || *retry_at_ <= now);
}

// ---- from outside ----------------------------------------------------------------------------

void Cpe::raise(std::string_view code, std::string_view command_key) {
  events_.raise(code, command_key);
  session_due_ = true;
}

// A connection request does not wait for the end of a back-off (TR-069 3.2.1.1).
bool Cpe::on_connection_request(TimePoint) {
  if (is_down()) return false;
  raise(kConnectionRequest);
  retry_at_.reset();
  return true;
}

void Cpe::request(cwmp::CpeRequest request) {
  if (std::holds_alternative<cwmp::AutonomousTransferComplete>(request)) {
    events_.raise(kAutonomousTransfer);
  } else if (std::holds_alternative<cwmp::AutonomousDUStateChangeComplete>(request)) {
    events_.raise(kAutonomousModules);
  } else if (std::holds_alternative<cwmp::Kicked>(request)) {
    events_.raise(kKicked);
  }
  own_requests_.push_back(std::move(request));
  session_due_ = true;
}

void Cpe::notify(const std::string& path) {
  const Param* param = tree_.find(path);
  if (param == nullptr) return;
  const auto notification = param->notification;
  // 1 passive, 2 active, 4 and 6 passive with a lightweight one; lightweight ones are not sent.
  if (notification == 0 || notification == 3 || notification == 5) return;
  events_.changed(path);
  if (notification == 2) session_due_ = true;
}

bool Cpe::change(const std::string& path, const std::string& value) {
  const Param* param = tree_.find(path);
  if (param == nullptr || param->is_object()) return false;
  const std::string kept = canonical(*param->type, value);
  if (param->value == kept) return true;
  tree_.set_value(path, kept);
  notify(path);
  return true;
}

void Cpe::set_binding(const std::string& address, bool behind_nat) {
  const std::string object = root() + "ManagementServer.";
  for (const auto& [name, value] :
       {std::pair(object + "NATDetected", behind_nat ? "true" : "false"),
        std::pair(object + "UDPConnectionRequestAddress", address.c_str())}) {
    if (quirks.silent_binding) {
      tree_.set_value(name, value);
    } else {
      change(name, value);
    }
  }
}

std::uint32_t Cpe::add_row(const std::string& table) {
  const auto number = tree_.add_row(table);
  if (number != 0) notify(table.substr(0, table.size() - 1) + "NumberOfEntries");
  return number;
}

bool Cpe::delete_row(const std::string& row) {
  if (!is_object_path(row) || !tree_.delete_row(row)) return false;
  events_.forget_changes(row);
  const std::string table(parent_of(row));
  notify(table.substr(0, table.size() - 1) + "NumberOfEntries");
  return true;
}

void Cpe::change_regularly(std::string path, milliseconds interval, TimePoint now) {
  RegularChange regular;
  regular.path = std::move(path);
  regular.interval = std::max(scaled(interval), milliseconds(1));
  regular.due = now + regular.interval;
  changes_.push_back(std::move(regular));
}

cwmp::Inform Cpe::make_inform(TimePoint now) const {
  cwmp::Inform inform;
  inform.device_id = device_id();
  inform.events = events_.events();
  inform.current_time = clock_text(now);
  inform.retry_count = retry_count_;
  const auto add = [&](const std::string& path) {
    const Param* param = tree_.find(path);
    if (param == nullptr) return;
    inform.parameters.push_back(
        {path, present(*param, now), std::string(to_string(param->type->kind))});
  };
  const auto& always = tree_.model().inform_parameters();
  for (const std::string& path : always) add(path);
  for (const std::string& path : events_.changes()) {
    if (std::find(always.begin(), always.end(), path) == always.end()) add(path);
  }
  return inform;
}

}  // namespace cpe_sim
