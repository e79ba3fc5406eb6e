// The part of Northbound that asks whether a record is its sender's, and whether the sender may
// send that much.
#include <spdlog/spdlog.h>

#include <boost/asio/co_spawn.hpp>
#include <utility>

#include "bridge/agent/virtual_agent.h"
#include "bridge/device.h"
#include "bridge/metrics.h"
#include "bridge/northbound.h"
#include "bridge/runtime.h"
#include "usp/agent.h"

namespace bridge {

namespace asio = boost::asio;
using usp::SignatureFault;

namespace {

usp::TrustedCertificates to_trusted(const LocalTrust& local) {
  usp::TrustedCertificates trusted;
  for (const std::string& pem : local.trusted) {
    if (auto certificate = usp::Certificate::from_pem(pem)) trusted.add(*certificate);
  }
  for (const std::string& pem : local.own) {
    auto certificate = usp::Certificate::from_pem(pem);
    if (!certificate) continue;
    trusted.add(*certificate);
    trusted.pin(*certificate);
  }
  return trusted;
}

std::int64_t now_s() { return now_ms() / 1000; }

}  // namespace

bool Northbound::wants_signatures(const std::string& id) const {
  const ControllerConfig* known = controller(id);
  return known != nullptr && known->trust == ControllerConfig::Trust::kSignature;
}

std::size_t Northbound::seal_bytes(const std::string& id) const {
  return wants_signatures(id) ? trust_.overhead_bytes() : 0;
}

std::string Northbound::sealed(const std::string& agent, const std::string& id,
                               std::string record) {
  if (!wants_signatures(id)) return record;
  if (auto signed_record = trust_.sign(agent, record, now_s())) return *std::move(signed_record);
  runtime_.metrics.unsigned_records.Increment();
  return record;  // whether to believe it is the controller's choice
}

/// R-E2E.30. Nothing is answered where it fails: the answer would go to whoever the record names
/// (TP-469 2.7, 3.2).
asio::awaitable<bool> Northbound::has_integrity(std::shared_ptr<const std::string> record,
                                                std::string from_id, DevicePtr device) {
  SignatureFault fault = trust_.check(*record, now_s());
  // The agent's own tables are read only for what is a good signature otherwise.
  if (fault == SignatureFault::kUntrusted || fault == SignatureFault::kWrongEndpoint) {
    auto reading = device->agent().read_trust(from_id);
    std::optional<LocalTrust> local =
        co_await asio::co_spawn(device->strand(), std::move(reading), asio::use_awaitable);
    if (local && !local->empty()) {
      fault = usp::check_signature(*record, to_trusted(*local), now_s());
    }
  }
  runtime_.metrics.record_signatures.add({usp::name_of(fault)});
  if (fault == SignatureFault::kNone) co_return true;
  runtime_.metrics.mqtt_dropped.add({"signature"});
  if (const auto held_back = signature_log_.take(std::chrono::steady_clock::now())) {
    spdlog::warn("mqtt: record that says it is of {} for {} ignored: {} ({} more since the last)",
                 from_id, device->endpoint_id(), usp::name_of(fault), *held_back);
  }
  co_return false;
}

bool Northbound::within_limits(const Arrival& arrival, std::size_t bytes, const usp_msg::Msg& msg,
                               bool in_session) {
  if (arrival.from == nullptr) return true;  // find_topic() has counted it
  const std::size_t limit = arrival.from->max_message_bytes;
  const bool too_large = limit != 0 && bytes > limit;
  // What answers a notification asks for nothing.
  if (!too_large && !msg.body().has_request()) return true;
  if (!too_large && pace_.take(arrival.from_id, std::chrono::steady_clock::now())) return true;
  runtime_.metrics.controller_refusals.add({too_large ? "size" : "rate"});
  if (const auto held_back = limit_log_.take(std::chrono::steady_clock::now())) {
    spdlog::warn("mqtt: message of {} for {} refused: over its {} ({} more since the last)",
                 arrival.from_id, arrival.endpoint_id,
                 too_large ? "max_message_size" : "requests_per_second", *held_back);
  }
  if (!msg.body().has_request()) return false;
  usp::Error error{usp::ErrorCode::kResourcesExceeded,
                   too_large ? "the message is larger than this controller may send"
                             : "more requests a second than this controller may send",
                   {}};
  send(*arrival.device,
       {arrival.from_id, arrival.topic, arrival.correlation, in_session, E2eSession{}},
       usp::make_error(msg.header().msg_id(), error));
  return false;
}

}  // namespace bridge
