// The part of Device that gives it a credential of its own. The order never locks a device out: the
// new one is stored, then sent, and the old one goes only when the device has come back with the
// new one (credential/book.h).
#include <openssl/rand.h>

#include <array>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <utility>

#include "bridge/config.h"
#include "bridge/credential/book.h"
#include "bridge/credential/rotation.h"
#include "bridge/device.h"
#include "bridge/log.h"
#include "bridge/metrics.h"
#include "bridge/runtime.h"
#include "bridge/task/set_values.h"
#include "bridge/waker.h"

namespace bridge {

namespace asio = boost::asio;

namespace {

std::string new_password() {
  std::array<std::uint8_t, kRotatedPasswordBytes> random{};
  if (RAND_bytes(random.data(), static_cast<int>(random.size())) != 1) return {};
  return random_password(random);
}

struct Counted {
  explicit Counted(int& counter) : count(counter) { ++count; }
  ~Counted() { --count; }
  Counted(const Counted&) = delete;
  Counted& operator=(const Counted&) = delete;
  int& count;
};

/// The device has understood and will not have it (TR-069 A.3.2.1: then nothing was set). Other
/// faults, ours for an answer that is none among them, leave open what it did.
bool is_refusal(cwmp::FaultCode code) {
  switch (code) {
    case cwmp::FaultCode::kRequestDenied:
    case cwmp::FaultCode::kInvalidArguments:
    case cwmp::FaultCode::kInvalidParameterName:
    case cwmp::FaultCode::kInvalidParameterType:
    case cwmp::FaultCode::kInvalidParameterValue:
    case cwmp::FaultCode::kNotWritable:
      return true;
    default:
      return false;
  }
}

}  // namespace

asio::awaitable<Result<CredentialRow>> Device::prepare(bool afresh, std::string meanwhile) {
  auto self = shared_from_this();
  const CwmpConfig::Auth* auth = &runtime_.config.cwmp.auth;
  RotationWish wish{row_.identity, auth->rotated_username, new_password(), afresh,
                    std::move(meanwhile)};
  if (wish.password.empty()) co_return fail(ErrorKind::kInternal, "no randomness");
  auto write = [auth, wish = std::move(wish), now = now_ms()](StateWriter& state) {
    return prepare_rotation(state, *auth, wish, now);
  };
  // Ends when this returns; the caller queues the work before anything else runs on the strand.
  const Counted preparing(preparing_);
  Result<CredentialRow> row = co_await runtime_.store.write_state(std::move(write));
  if (!row) {
    log_error({.device = endpoint_id_}, "no credential of its own: {}", row.error().text);
  }
  co_return row;
}

void Device::settle_credential(const CredentialJudgement& credential, const std::string& username,
                               Commit& commit) {
  if (credential.claim) {
    commit.state.push_back([username, identity = row_.identity](StateWriter& state) {
      return claim_credential(state, username, identity);
    });
  }
  if (credential.confirm) {
    if (rotation_ && rotation_username_ == username) end_rotation();
    commit.state.push_back([username, identity = row_.identity](StateWriter& state) {
      return confirm_credential(state, username, identity);
    });
  }
}

void Device::on_credential_settled(const CredentialJudgement& credential,
                                   const std::string& username) {
  if (credential.claim) {
    log_info({.device = endpoint_id_}, "audit: bound to user {}", username);
  }
  if (credential.confirm) {
    runtime_.metrics.credential_rotations.add({"confirmed"});
    log_info({.device = endpoint_id_}, "audit: came back as user {}, others are not valid any more",
             username);
  }
}

void Device::push_rotation(const CredentialRow& credential, WorkKind kind) {
  const std::string object = (row_.root.empty() ? "Device." : row_.root) + "ManagementServer.";
  std::vector<task::Assignment> wanted;
  wanted.push_back({object + "Username", credential.username, true, ValueType::kString});
  wanted.push_back({object + "Password", credential.password, true, ValueType::kString});
  // Not read back: what it was set to says the device by coming back with it.
  auto task = std::make_shared<task::SetValues>(std::move(wanted), "", false);
  rotation_ = std::make_shared<Work>();
  rotation_username_ = credential.username;
  rotation_in_doubt_ = credential.attempts > 1;
  rotation_->kind = kind;
  rotation_->writes = kind == WorkKind::kOperation;  // else it is upkeep, which no freeze stops
  rotation_->requester = "grpc";
  rotation_->task = task;
  rotation_->on_end = [this, username = credential.username, task](WorkEnd end) {
    on_rotation_end(username, *task, end);
  };
  runtime_.metrics.credential_rotations.add({"sent"});
  log_info({.device = endpoint_id_}, "audit: is given user {}, attempt {}", credential.username,
           credential.attempts);
  push(rotation_);
}

asio::awaitable<Result<CredentialRow>> Device::rotate() {
  auto self = shared_from_this();
  Result<void> loaded = co_await load();
  if (!loaded) co_return tl::unexpected(loaded.error());
  if (row_.auth_username.starts_with(kCertificateLogin)) {
    co_return fail(ErrorKind::kConflict, "the device comes in with a client certificate");
  }
  if (const auto freeze = runtime_.brakes.frozen(brake_subject("grpc"))) {
    runtime_.metrics.brakes_refused.add({"frozen"});
    co_return fail(ErrorKind::kConflict, refusal_text(*freeze));
  }
  Result<CredentialRow> row = co_await prepare(true, "");
  if (!row) co_return row;
  if (gone_) co_return fail(ErrorKind::kClosed, "the device was deleted");
  if (!rotation_) push_rotation(*row, WorkKind::kOperation);
  if (!session_live_) runtime_.waker->wake(self);
  co_return row;
}

bool Device::withdraw_rotation(const std::string& username) {
  if (preparing_ > 0) return false;
  if (!rotation_ || rotation_username_ != username) return true;
  if (rotation_->task->phase() == task::Task::Phase::kOpen) return false;
  end_rotation();
  return true;
}

void Device::end_rotation() {
  const WorkPtr rotation = rotation_;  // its end resets the member
  end_work(rotation, WorkEnd::kCancelled);
}

void Device::on_rotation_end(const std::string& username, const task::Task& task, WorkEnd end) {
  rotation_.reset();
  if (end != WorkEnd::kDone) return;
  const task::Outcome& outcome = task.outcome();
  if (outcome.kind == task::Outcome::Kind::kDone) {
    runtime_.metrics.credential_rotations.add({"written"});
    log_info({.device = endpoint_id_},
             "has user {} now{}; the old one is valid until it comes back with it", username,
             outcome.pending_reboot ? ", after its next boot" : "");
    return;
  }
  // An earlier attempt whose answer was lost may be in effect after the next boot.
  if (outcome.kind == task::Outcome::Kind::kFailed && is_refusal(outcome.fault.code) &&
      !rotation_in_doubt_) {
    return drop_refused(username);
  }
  runtime_.metrics.credential_rotations.add({"unknown"});
  log_warn({.device = endpoint_id_}, "may have user {} or not ({}); both are valid", username,
           outcome.fault.text);
}

void Device::drop_refused(const std::string& username) {
  learned_.fixed_credential = true;
  runtime_.metrics.credential_rotations.add({"refused"});
  log_warn({.device = endpoint_id_}, "audit: has refused user {}, it keeps what it has", username);
  auto dropping = [](std::shared_ptr<Device> self, std::string name) -> asio::awaitable<void> {
    auto write = [name](StateWriter& state) { return drop_pending(state, name); };
    Result<bool> dropped = co_await self->runtime_.store.write_state(std::move(write));
    // It stays pending then, is sent again, and refused again.
    if (!dropped) log_warn({.device = self->endpoint_id_}, "{}", dropped.error().text);
  };
  auto work = dropping(shared_from_this(), username);
  asio::co_spawn(strand_, std::move(work), asio::detached);
}

}  // namespace bridge
