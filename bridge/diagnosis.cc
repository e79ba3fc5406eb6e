#include "bridge/diagnosis.h"

#include <algorithm>

#include "bridge/agent/date_time.h"
#include "bridge/ago.h"

namespace bridge {

namespace {

using Result = Check::Result;

constexpr std::int64_t kDaySeconds = 86'400;
/// Renewals run weeks ahead; what is closer than that was forgotten.
constexpr std::int64_t kExpirySeconds = 30 * kDaySeconds;
constexpr std::int64_t kMinuteMs = 60'000;
/// Notifications leave within seconds where broker and controllers are there.
constexpr std::int64_t kOldNotificationMs = 5 * kMinuteMs;
constexpr std::uint64_t kGiB = 1ULL << 30;
constexpr std::uint64_t kMiB = 1ULL << 20;
constexpr std::uint64_t kLeastPercent = 5;
/// A commit waits for one fsync: milliseconds on a disk that is well.
constexpr std::int64_t kSlowCommitUs = 1'000'000;
/// SQLite folds it in at 4 MiB unless something reads for hours.
constexpr std::uint64_t kLargeWal = kGiB;
/// Nothing of this program is older: a clock before that was never set.
constexpr std::int64_t kEpochSeconds = 1'704'067'200;  // 2024-01-01
/// Of the sessions that are allowed.
constexpr std::size_t kManySessionsPercent = 80;

std::string mebibytes(std::uint64_t bytes) { return std::to_string(bytes / kMiB) + " MiB"; }

/// Reason codes of CONNACK, MQTT 5.0 and 3.1.1: the user is not known or may not come in.
bool is_refused_user(int code) {
  return code == 0x86 || code == 0x87 || code == 0x8C || code == 4 || code == 5;
}

std::string broker_advice(const BrokerFacts& facts, const std::string& address) {
  if (is_refused_user(facts.reason_code)) {
    return "Check mqtt.username and mqtt.password, and the broker's access rules.";
  }
  std::string advice = "Check that the broker runs and listens at " + address +
                       " (mqtt.host, mqtt.port), and that no filter is between. ";
  if (facts.tls) return advice + "Its certificate must fit mqtt.tls.ca and that name.";
  return advice + "One that wants TLS needs mqtt.tls.enabled.";
}

void add_topics(const BrokerFacts& facts, Checks& out) {
  for (const BrokerFacts::Topic& topic : facts.topics) {
    if (topic.granted) {
      out.push_back({"topics", topic.filter, Result::kOk, "the broker granted it", ""});
    } else if (topic.refused) {
      const std::string user = facts.username.empty() ? "the bridge" : facts.username;
      out.push_back({"topics", topic.filter, Result::kFailed, "the broker refused it",
                     "Let " + user +
                         " read that topic in the broker's access rules "
                         "(docs/broker.md)."});
    } else {
      out.push_back({"topics", topic.filter, Result::kWarning, "the broker has not answered yet",
                     "Ask again in some seconds."});
    }
  }
}

/// The worst of the chain.
Check judge_chain(const CertificateFacts& facts, std::int64_t now_s) {
  Check out{"certificates", facts.setting, Result::kOk, "", ""};
  std::int64_t first_end = 0;
  for (const CertificateFacts::One& one : facts.chain) {
    const std::string which = facts.file + ": " + one.subject;
    if (one.not_after_s <= now_s) {
      out.result = Result::kFailed;
      out.seen = which + " expired at " + format_date_time(one.not_after_s * 1000);
      out.advice = "Put a new one there, then SIGHUP (systemctl reload usp-bridge).";
      return out;
    }
    if (one.not_before_s > now_s) {
      out.result = Result::kFailed;
      out.seen = which + " is not valid before " + format_date_time(one.not_before_s * 1000);
      out.advice = "Check the clock of this machine, else wait or put another one there.";
      return out;
    }
    if (first_end == 0 || one.not_after_s < first_end) {
      first_end = one.not_after_s;
      out.seen = which + " is valid until " + format_date_time(first_end * 1000);
    }
  }
  if (first_end - now_s < kExpirySeconds) {
    out.result = Result::kWarning;
    out.seen += ", " + std::to_string((first_end - now_s) / kDaySeconds) + " days";
    out.advice = "Renew it, then SIGHUP (systemctl reload usp-bridge).";
  }
  return out;
}

/// One that is bad keeps the others from nothing.
Check judge_list(const CertificateFacts& facts, std::int64_t now_s) {
  Check out = judge_chain(facts, now_s);
  const auto good = [now_s](const CertificateFacts::One& one) {
    return one.not_before_s <= now_s && now_s < one.not_after_s;
  };
  if (out.result == Result::kFailed && std::ranges::any_of(facts.chain, good)) {
    out.result = Result::kWarning;
    out.advice = "Who relies on that CA is not believed; take it out where nobody does.";
  }
  return out;
}

Check space_check(const StorageFacts& facts) {
  Check out{"store", "free space", Result::kOk, "", ""};
  if (!facts.space_error.empty()) {
    out.result = Result::kWarning;
    out.seen = facts.space_error;
    return out;
  }
  const std::uint64_t percent =
      facts.total_bytes == 0 ? 100 : facts.free_bytes * 100 / facts.total_bytes;
  out.seen =
      mebibytes(facts.free_bytes) + " (" + std::to_string(percent) + " %) at " + facts.directory;
  if (facts.free_bytes < kGiB || percent < kLeastPercent) {
    out.result = Result::kWarning;
    out.advice = "Make room: without any the bridge refuses writes and notifications.";
  }
  return out;
}

}  // namespace

Checks check_broker(const BrokerFacts& facts, std::int64_t now_ms) {
  const std::string address = facts.host + ":" + std::to_string(facts.port);
  const std::string how = "MQTT " + facts.version + (facts.tls ? ", TLS" : ", without TLS");
  Checks out;
  Check check{"broker", address, Result::kOk, "", ""};
  if (facts.standing == 0 && facts.idle) {
    check.seen = "there is no agent that would connect; " + how;
  } else if (facts.standing == 0) {
    check.result = Result::kFailed;
    check.seen = "not connected";
    if (!facts.trouble.empty()) check.seen += ": " + facts.trouble;
    if (facts.reason_code != 0) {
      check.seen += " (reason code " + std::to_string(facts.reason_code) + ")";
    }
    check.advice = broker_advice(facts, address);
  } else {
    check.seen = std::to_string(facts.standing) + " connections";
    if (facts.since_ms > 0) check.seen += " since " + format_date_time(facts.since_ms);
    check.seen += "; " + how;
    if (facts.wanted > facts.standing) {
      check.result = Result::kWarning;
      check.seen += "; " + std::to_string(facts.wanted) + " are wanted";
      if (facts.trouble_ms > 0) {
        check.seen += "; " + ago(facts.trouble_ms, now_ms) + ": " + facts.trouble;
      }
      check.advice = "Look at the broker's log and its limits on connections and client ids.";
    }
  }
  out.push_back(std::move(check));
  add_topics(facts, out);
  return out;
}

Checks check_outbox(const OutboxFacts& facts, std::int64_t now_ms) {
  Checks out;
  Check backlog{"topics", "outbox", Result::kOk, "nothing waits for controllers", ""};
  if (facts.waiting > 0) {
    backlog.seen = std::to_string(facts.waiting) + " notifications wait, the oldest came " +
                   ago(facts.oldest_ms, now_ms);
    if (now_ms - facts.oldest_ms > kOldNotificationMs) {
      backlog.result = Result::kWarning;
      backlog.advice = "Look at the broker and at the controllers below.";
    }
  }
  out.push_back(std::move(backlog));
  for (const OutboxFacts::Unanswered& each : facts.unanswered) {
    const bool old = now_ms - each.oldest_ms > kOldNotificationMs;
    out.push_back({"topics", each.controller, old ? Result::kWarning : Result::kOk,
                   std::to_string(each.notifications) +
                       " notifications were sent to it and not confirmed, the oldest came " +
                       ago(each.oldest_ms, now_ms),
                   old ? "Check that it runs, reads its topic (controllers[].topic) and answers "
                         "with NotifyResponse."
                       : ""});
  }
  return out;
}

Checks check_certificate(const CertificateFacts& facts, std::int64_t now_s) {
  constexpr const char* kReadable =
      "The file must be PEM, and the service's user must be able to read it.";
  Checks out;
  if (!facts.error.empty()) {
    out.push_back({"certificates", facts.setting, Result::kFailed, facts.file + ": " + facts.error,
                   kReadable});
  } else {
    out.push_back(facts.list ? judge_list(facts, now_s) : judge_chain(facts, now_s));
  }
  if (facts.key_file.empty()) return out;
  const std::string subject = facts.setting + " key";
  if (!facts.key_error.empty()) {
    out.push_back({"certificates", subject, Result::kFailed,
                   facts.key_file + ": " + facts.key_error, kReadable});
  } else if (facts.error.empty()) {
    const Result result = facts.key_fits ? Result::kOk : Result::kFailed;
    out.push_back({"certificates", subject, result,
                   facts.key_file + (facts.key_fits ? " fits" : " is not the key of " + facts.file),
                   facts.key_fits ? "" : "Put the key there that the certificate was made with."});
  }
  return out;
}

Checks check_storage(const StorageFacts& facts) {
  Checks out;
  Check commit{"store", "commit", Result::kOk, "", ""};
  if (!facts.commit_error.empty()) {
    commit.result = Result::kFailed;
    commit.seen = facts.commit_error;
    commit.advice = "Look at the disk of " + facts.directory + " and at the bridge's log.";
  } else {
    commit.seen = "took " + std::to_string(facts.commit_us / 1000) + " ms";
    if (facts.commit_us > kSlowCommitUs) {
      commit.result = Result::kWarning;
      commit.advice = "The disk of " + facts.directory + " is slow or overloaded.";
    }
  }
  out.push_back(std::move(commit));
  out.push_back(space_check(facts));
  Check files{"store", "files", Result::kOk,
              "state.db " + mebibytes(facts.state_bytes) + ", its WAL " +
                  mebibytes(facts.state_wal_bytes) + ", mirror.db " + mebibytes(facts.mirror_bytes),
              ""};
  if (facts.state_wal_bytes > kLargeWal) {
    files.result = Result::kWarning;
    files.advice = "The WAL is not folded in: a backup that hangs, or another program that reads.";
  }
  out.push_back(std::move(files));
  return out;
}

Checks check_clock(const ClockFacts& facts) {
  Check out{"time", "clock", Result::kOk, format_date_time(facts.now_s * 1000), ""};
  if (facts.now_s < kEpochSeconds) {
    out.result = Result::kFailed;
    out.advice = "Set the clock: certificates and deadlines depend on it.";
  } else if (!facts.synchronised) {
    out.seen += ", the kernel does not tell whether it is synchronised";
  } else if (*facts.synchronised) {
    out.seen += ", synchronised";
  } else {
    out.result = Result::kWarning;
    out.seen += ", not synchronised";
    out.advice = "Let chrony or systemd-timesyncd keep it (timedatectl).";
  }
  return {out};
}

Checks check_acs(const AcsFacts& facts) {
  Checks out;
  for (const AcsFacts::Listener& each : facts.listeners) {
    Check check{"acs", each.address, Result::kOk,
                std::string(each.tls ? "HTTPS, " : "HTTP, ") + std::to_string(each.sessions) +
                    " of " + std::to_string(each.most_sessions) + " sessions",
                ""};
    if (each.sessions >= each.most_sessions) {
      check.result = Result::kFailed;
    } else if (each.sessions * 100 >= each.most_sessions * kManySessionsPercent) {
      check.result = Result::kWarning;
    }
    if (check.result != Result::kOk) {
      check.advice =
          "Raise cwmp.limits.sessions if the machine bears it, or spread the devices' "
          "periodic Informs.";
    }
    out.push_back(std::move(check));
  }
  if (facts.xmpp_connected) {
    const bool up = *facts.xmpp_connected;
    out.push_back({"acs", "cwmp.xmpp", up ? Result::kOk : Result::kFailed,
                   up ? "logged in" : "not logged in",
                   up ? "" : "The bridge's log says why: look for \"xmpp: not connected\"."});
  }
  return out;
}

Checks check_settings(const std::vector<std::string>& warnings) {
  Checks out;
  for (const std::string& warning : warnings) {
    const std::size_t end = std::min(warning.find(": "), warning.find(' '));
    const bool allow = warning.starts_with("cwmp.connection_request.allow");
    out.push_back({"configuration", warning.substr(0, end), Result::kWarning, warning,
                   allow ? "Add the networks of your devices to it." : ""});
  }
  if (out.empty()) {
    out.push_back({"configuration", "settings", Result::kOk, "nothing to remark", ""});
  }
  return out;
}

}  // namespace bridge
