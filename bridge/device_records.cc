// The part of Device that remembers how its sessions went, and says what is wrong with it.
#include <algorithm>
#include <utility>

#include "bridge/agent/date_time.h"
#include "bridge/agent/virtual_agent.h"
#include "bridge/brakes.h"
#include "bridge/config.h"
#include "bridge/device.h"
#include "bridge/explain.h"
#include "bridge/presence.h"
#include "bridge/profiles.h"
#include "bridge/runtime.h"
#include "bridge/waker.h"

namespace bridge {

namespace asio = boost::asio;
using std::chrono::milliseconds;

namespace {

constexpr const char* kRunning = "running";

/// Of an URL whose host is an address and no name.
std::optional<asio::ip::address> address_in(std::string_view url) {
  const std::size_t scheme = url.find("://");
  if (scheme == std::string_view::npos) return std::nullopt;
  std::string_view host = url.substr(scheme + 3);
  host = host.substr(0, host.find_first_of("/?#"));
  if (host.starts_with('[')) {
    host = host.substr(1, host.find(']') - 1);
  } else {
    host = host.substr(0, host.rfind(':'));
  }
  boost::system::error_code error;
  const asio::ip::address address = asio::ip::make_address(std::string(host), error);
  if (error) return std::nullopt;
  return address;
}

std::vector<std::string> quirks_of(const Learned& learned) {
  std::vector<std::string> out;
  if (learned.lists_by_level()) out.emplace_back("names = by-level");
  const bool small = learned.batch_limit < Learned::kMaxBatch || learned.preset.batch > 0;
  if (small) out.push_back("batch = " + std::to_string(learned.batch_size()));
  if (learned.preset.booleans != BooleanForm::kUnknown) {
    const bool digits = learned.preset.booleans == BooleanForm::kDigits;
    out.emplace_back(digits ? "booleans = digits" : "booleans = words");
  }
  if (learned.preset.ignore_writable) out.emplace_back("ignore_writable = true");
  if (learned.preset.basic_connection_request) out.emplace_back("connection_request_basic = true");
  if (learned.fixed_credential) out.emplace_back("credential = fixed");
  for (const std::string& method : learned.unsupported) out.push_back("unsupported = " + method);
  return out;
}

}  // namespace

void Device::begin_record(const cwmp::SessionStart& start) {
  record_ = {};
  record_.start_ms = now_ms();
  record_.outcome = kRunning;
  record_.peer = start.peer_address;
  for (const cwmp::Event& event : start.inform.events) {
    if (record_.event_codes.size() == DeviceRecords::kMaxEvents) break;
    record_.event_codes.push_back(event.code);
  }
  rpcs_.clear();
  open_method_.clear();
  clock_ahead_ms_.reset();
  // A clock that was never set tells the unknown time (TR-106 dateTime).
  const auto clock = parse_date_time(start.inform.current_time);
  if (clock && !start.inform.current_time.starts_with("0001")) {
    clock_ahead_ms_ = *clock - record_.start_ms;
  }
}

void Device::note_sent(const cwmp::AcsRequest& rpc) {
  ++record_.rpcs;
  open_method_ = cwmp::method_name(rpc);
  rpc_sent_at_ = std::chrono::steady_clock::now();
}

void Device::note_answered(const cwmp::CpeResponse& response) {
  if (open_method_.empty()) return;
  const auto took = std::chrono::steady_clock::now() - rpc_sent_at_;
  rpcs_[open_method_].add(std::chrono::duration_cast<std::chrono::microseconds>(took),
                          std::holds_alternative<cwmp::Fault>(response));
  open_method_.clear();
}

void Device::end_record(const char* outcome) {
  record_.outcome = outcome;
  record_.duration = milliseconds(now_ms() - record_.start_ms);
  runtime_.session_log.add(id_, std::exchange(record_, {}), rpcs_);
  rpcs_.clear();
}

asio::awaitable<Result<control::Explanation>> Device::explain() {
  auto self = shared_from_this();
  Result<void> loaded = co_await load();
  if (!loaded) co_return tl::unexpected(loaded.error());
  control::Explanation out;
  out.connection_request_url = row_.connection_request_url;
  out.ways = runtime_.waker->ways(*this);
  out.quirks = quirks_of(learned_);
  out.queue = agent_->open_operation_infos();
  out.records = runtime_.session_log.of(id_);
  if (session_live_) {
    SessionRecord now = record_;
    now.duration = milliseconds(now_ms() - now.start_ms);
    out.records.sessions.push_front(std::move(now));
    for (const auto& [method, times] : rpcs_) out.records.rpcs[method].add(times);
  }
  ProfileSubject subject;
  const DeviceIdentity& identity = row_.identity;
  subject.device = {row_.manufacturer, identity.oui, identity.product_class, identity.serial};
  subject.software_version = row_.software_version;
  if (!out.records.sessions.empty()) subject.peer_address = out.records.sessions.front().peer;
  const auto profiles = runtime_.profiles.get();
  for (const std::size_t i : profiles->fitting(subject)) {
    out.profiles.push_back("cwmp.profiles[" + std::to_string(i) + "]");
  }
  for (const FreezeRow& freeze : runtime_.brakes.freezes()) {
    const bool of_controller = static_cast<FreezeScope>(freeze.scope) == FreezeScope::kController;
    if (of_controller || bridge::covers(freeze, brake_subject({}))) {
      out.frozen_by.push_back(scope_text(freeze));
    }
  }
  for (const Node& node : tree_.subtree("")) {
    if (node.is_object() || !node.has_value()) continue;
    ++out.mirror_parameters;
    if (out.mirror_ms == 0 || node.updated_ms() < out.mirror_ms) out.mirror_ms = node.updated_ms();
  }

  ExplainFacts facts;
  facts.now_ms = now_ms();
  facts.last_inform_ms = last_inform_ms_;
  facts.online = is_online(runtime_.config, last_inform_ms_, facts.now_ms);
  facts.onboarded = onboarded_;
  facts.in_session = session_live_;
  facts.learning = learning_ && onboarded_;
  facts.connection_request_url = row_.connection_request_url;
  const auto address = address_in(row_.connection_request_url);
  facts.address_refused = address && !runtime_.waker->allowed().get()->contains(*address);
  facts.behind_nat = behind_nat();
  facts.ways = out.ways;
  facts.records = out.records;
  facts.frozen_by = out.frozen_by;
  facts.open_operations = out.queue.size();
  for (const control::OperationInfo& each : out.queue) {
    const bool older =
        facts.oldest_operation_ms == 0 || each.created_ms < facts.oldest_operation_ms;
    if (older) facts.oldest_operation_ms = each.created_ms;
  }
  for (const WorkPtr& work : queue_.all()) {
    if (queue_.holds(*work)) ++facts.held_operations;
  }
  facts.clock_ahead_ms = clock_ahead_ms_;
  out.findings = find_out(facts);
  co_return out;
}

}  // namespace bridge
