// The part of Device that talks to the CPE: Informs, the RPCs of its work, and what they change.

#include <algorithm>
#include <utility>

#include "bridge/agent/make_device_model.h"
#include "bridge/agent/virtual_agent.h"
#include "bridge/config.h"
#include "bridge/credential/book.h"
#include "bridge/device.h"
#include "bridge/event_hub.h"
#include "bridge/log.h"
#include "bridge/metrics.h"
#include "bridge/northbound.h"
#include "bridge/presence_watch.h"
#include "bridge/profiles.h"
#include "bridge/runtime.h"
#include "bridge/task/first_contact.h"
#include "bridge/task/read_values.h"
#include "bridge/waker.h"

namespace bridge {

namespace asio = boost::asio;

namespace {

bool has_event(const cwmp::Inform& inform, std::string_view code) {
  return std::any_of(inform.events.begin(), inform.events.end(),
                     [code](const cwmp::Event& event) { return event.code == code; });
}

const cwmp::ParameterValue* find_parameter(const cwmp::Inform& inform, std::string_view suffix) {
  for (const cwmp::ParameterValue& value : inform.parameters) {
    if (value.name.ends_with(suffix)) return &value;
  }
  return nullptr;
}

std::string joined_events(const cwmp::Inform& inform) {
  std::string out;
  for (const cwmp::Event& event : inform.events) out += (out.empty() ? "" : ",") + event.code;
  return out;
}

}  // namespace

void Device::take_row_facts(const cwmp::SessionStart& start, bool binds) {
  const cwmp::Inform& inform = start.inform;
  row_.manufacturer = inform.device_id.manufacturer;
  if (const auto* url = find_parameter(inform, ".ManagementServer.ConnectionRequestURL")) {
    if (row_.connection_request_url != url->value) reach_.on_new_address(Way::kHttp);
    row_.connection_request_url = url->value;
  }
  if (const auto* udp = find_parameter(inform, ".ManagementServer.UDPConnectionRequestAddress")) {
    take_udp_address(udp->value);
  }
  if (const auto* version = find_parameter(inform, ".DeviceInfo.SoftwareVersion")) {
    row_.software_version = version->value;
  }
  if (const auto* version = find_parameter(inform, ".DeviceInfo.HardwareVersion")) {
    row_.hardware_version = version->value;
  }
  if (std::string root = task::root_of(inform); !root.empty() && root != row_.root) {
    row_.root = root;
    const std::vector<InstanceRow> numbers = model_->numbers();
    model_ = make_device_model(root, row_, tree_, local_->schema(), runtime_.mappings,
                               runtime_.paths, numbers);
    forget_supported();
  }
  if (binds && start.scheme != cwmp::AuthScheme::kNone) {
    row_.auth_username = login_of(start.scheme, start.username);
  }
  last_inform_events_ = joined_events(inform);
  last_inform_ms_ = now_ms();
}

cwmp::Manners Device::take_profile(const std::string& peer_address) {
  const DeviceIdentity& identity = row_.identity;
  ProfileSubject subject;
  subject.device = {row_.manufacturer, identity.oui, identity.product_class, identity.serial};
  subject.software_version = row_.software_version;
  subject.peer_address = peer_address;
  const ModelProfile profile = runtime_.profiles.get()->of(subject);
  if (profile.preset.ignore_writable != learned_.preset.ignore_writable) forget_supported();
  learned_.preset = profile.preset;
  return profile.manners;
}

asio::awaitable<tl::expected<BegunSession, cwmp::Refusal>> Device::begin(
    cwmp::SessionStart start, CredentialJudgement credential) {
  using cwmp::Refusal;
  auto self = shared_from_this();
  Result<void> loaded = co_await load();
  if (!loaded || gone_) {
    co_return tl::unexpected(Refusal{Refusal::Kind::kBusy, std::chrono::seconds(30), "store"});
  }
  if (rotation_ && rotation_->started) rotation_in_doubt_ = true;
  std::optional<CredentialRow> rotation;
  // Under way already, it becomes the answer to the reset.
  if (credential.rotate && (!rotation_ || credential.readmitted)) {
    std::string meanwhile;
    if (credential.readmitted) meanwhile = login_of(start.scheme, start.username);
    Result<CredentialRow> prepared = co_await prepare(credential.afresh, std::move(meanwhile));
    if (prepared) rotation = *std::move(prepared);
  }
  lose_open_rpc();  // a new session supersedes the old one (quirk 39)
  session_may_go_on_.notify();
  session_ = ++last_session_;
  std::uint64_t session = session_;
  session_live_ = true;
  session_changed_.notify();
  end_session_ = false;
  if (!record_.outcome.empty()) end_record("lost");  // superseded
  begin_record(start);
  lingered_ = std::chrono::milliseconds(0);

  const cwmp::Inform& inform = start.inform;
  bool bootstrap = has_event(inform, "0 BOOTSTRAP");
  bool boot = bootstrap || has_event(inform, "1 BOOT");
  std::string before = row_.software_version;
  std::string bound_before = row_.auth_username;
  const std::int64_t informed_before_ms = last_inform_ms_;
  take_row_facts(start, !credential.readmitted);
  bool new_firmware = learned_.on_firmware(row_.software_version);
  learned_.on_versions(start.dialect.cwmp_namespace, start.header.supported_cwmp_versions);
  const bool asked = has_event(inform, "6 CONNECTION REQUEST");
  if (const auto way = runtime_.waker->on_session(id_, asked)) reach_.on_session(*way);
  if (!onboarded_ || tree_.empty()) learning_ = true;
  BegunSession begun;
  begun.id = session;
  begun.manners = take_profile(start.peer_address);

  Commit commit;
  settle_credential(credential, start.username, commit);
  if (rotation && !rotation_) push_rotation(*rotation, WorkKind::kUpkeep);
  task::Context ctx = context();
  ctx.updates.push_back(ValuesRead{inform.parameters});
  if (onboarded_ && bootstrap) ctx.updates.push_back(MarkedStale{"", new_firmware});
  commit.device_changes = apply(ctx);
  note_xmpp_address(commit.device_changes);
  if (bootstrap) forget_xmpp();
  for (const WorkPtr& work : queue_.all()) {
    task::Context each = context();
    if (work->task->phase() != task::Task::Phase::kOpen && !work->task->done()) {
      work->task->on_inform(inform, each);
    }
    Diff diff = apply(each);
    commit.device_changes.insert(commit.device_changes.end(), diff.begin(), diff.end());
    // The device does not tell its events twice.
    const bool save = each.save || work->task->done();
    if (save && work->save) commit.state.push_back(work->save(work->task->save()));
    if (work->task->done()) end_work(work, WorkEnd::kDone);
  }
  if (boot && onboarded_) {
    row_.last_boot_ms = now_ms();
    agent_->on_boot(inform, bootstrap, before != row_.software_version, commit);
  }
  plan_upkeep(inform, new_firmware, commit.device_changes);

  Result<void> stored = co_await this->commit(std::move(commit));
  if (!stored) {
    row_.auth_username = bound_before;
    last_inform_ms_ = informed_before_ms;
    on_end(session, cwmp::SessionEnd::kLost, false);
    co_return tl::unexpected(Refusal{Refusal::Kind::kBusy, std::chrono::seconds(30), "store"});
  }
  on_credential_settled(credential, start.username);
  if (boot) {
    runtime_.northbound->poke();  // retries begin anew
    if (onboarded_) runtime_.northbound->restart_agent(endpoint_id_);
  }
  auto touch = [id = id_, time = last_inform_ms_.load()](MirrorWriter& mirror) {
    return mirror.put_last_inform_ms(id, time);
  };
  Result<void> touched = co_await runtime_.store.write_mirror(std::move(touch));
  if (!touched) log_warn({.device = endpoint_id_}, "time of the Inform not stored");

  runtime_.presence->on_inform(endpoint_id_, informed_before_ms, now_ms());
  control::Happening happening{last_inform_ms_, endpoint_id_, control::InformHappened{}};
  for (const cwmp::Event& event : inform.events) {
    std::get<control::InformHappened>(happening.what).event_codes.push_back(event.code);
  }
  runtime_.events.publish(happening);
  co_return begun;
}

void Device::plan_upkeep(const cwmp::Inform& inform, bool new_firmware, const Diff& informed) {
  const bool bootstrap = has_event(inform, "0 BOOTSTRAP");
  if (learning_ || bootstrap) return start_first_contact();
  if (new_firmware || has_event(inform, "1 BOOT")) {
    check_provisioning();
    read_again(row_.root);
  } else {
    read_counted_tables(informed);
    plan_refresh();
  }
  plan_stun();
  plan_xmpp();
  // What did not tell of the change may be any of those that are watched.
  if (informed.empty() && has_event(inform, "4 VALUE CHANGE")) agent_->read_watched();
  agent_->plan_notifications(new_firmware);
}

asio::awaitable<std::optional<cwmp::AcsRequest>> Device::next_rpc(std::uint64_t session) {
  auto self = shared_from_this();
  while (session == session_ && !end_session_) {
    WorkPtr work = queue_.front();
    if (!work) {
      bool more = co_await linger(session);
      if (more) continue;
      co_return std::nullopt;
    }
    if (work->kind == WorkKind::kFirstContact && !first_contact_place_) {
      bool placed = co_await take_place(session, work);
      if (!placed) continue;
    }
    task::Context ctx = context();
    std::optional<cwmp::AcsRequest> rpc;
    if (work->task->phase() == task::Task::Phase::kReady) rpc = work->task->next(ctx);
    current_ = rpc ? work : nullptr;
    if (rpc) work->started = true;
    co_await after_step(work, ctx);
    if (rpc && session == session_) {
      note_sent(*rpc);
      co_return rpc;
    }
  }
  co_return std::nullopt;
}

asio::awaitable<void> Device::on_response(std::uint64_t session, cwmp::CpeResponse response) {
  auto self = shared_from_this();
  if (session != session_ || !current_) co_return;
  WorkPtr work = current_;
  if (work->task->phase() != task::Task::Phase::kOpen) co_return;
  note_answered(response);
  task::Context ctx = context();
  work->task->on_response(response, ctx);
  current_.reset();
  co_await after_step(work, ctx);
}

asio::awaitable<void> Device::after_step(const WorkPtr& work_ref, task::Context& ctx) {
  WorkPtr work = work_ref;  // the caller's may be reset meanwhile
  if (ctx.end_session) end_session_ = true;
  bool save = ctx.save;
  Commit commit;
  commit.device_changes = apply(ctx);
  if (save && work->save) commit.state.push_back(work->save(work->task->save()));
  Result<void> stored = co_await this->commit(std::move(commit));
  if (!stored) log_error({.device = endpoint_id_}, "{}", stored.error().text);
  if (!work->task->done()) co_return;
  bool first_contact = work->kind == WorkKind::kFirstContact;
  bool good = work->task->outcome().kind == task::Outcome::Kind::kDone;
  end_work(work, WorkEnd::kDone);
  if (first_contact && good) co_await finish_first_contact();
}

void Device::on_end(std::uint64_t session, cwmp::SessionEnd end, bool rpc_open) {
  if (session != session_) return;
  static_cast<void>(rpc_open);
  lose_open_rpc();
  session_may_go_on_.notify();
  session_ = 0;
  session_live_ = false;
  give_place_back();
  auto outcome = control::SessionEnded::Outcome::kComplete;
  if (end == cwmp::SessionEnd::kLost) outcome = control::SessionEnded::Outcome::kLost;
  if (end == cwmp::SessionEnd::kShutdown) outcome = control::SessionEnded::Outcome::kShutdown;
  using Outcome = control::SessionEnded::Outcome;
  end_record(outcome == Outcome::kComplete ? "complete"
             : outcome == Outcome::kLost   ? "lost"
                                           : "shutdown");
  runtime_.events.publish({now_ms(), endpoint_id_, control::SessionEnded{outcome}});
  // Work that came in too late for this session, or that waits for its next step.
  if (queue_.urgent() && end != cwmp::SessionEnd::kShutdown) {
    runtime_.waker->wake(shared_from_this());
  }
}

}  // namespace bridge
