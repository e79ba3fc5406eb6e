// What operators see at /metrics. Label values come from small closed sets, never a device, a
// controller or a path: a fleet of a million devices has as many series as one of ten.
#pragma once

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>

#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace prometheus {
class Registry;
}

namespace bridge {

/// Counters of one name told apart by label values. The first kMaxSeries combinations get a series
/// each; what comes after is counted with every value "other".
class CounterFamily {
 public:
  static constexpr std::size_t kMaxSeries = 256;  ///< a peer must not make series without end

  CounterFamily(prometheus::Registry& registry, std::string name, std::string help,
                std::vector<std::string> label_names);

  /// As many values as there are label names. Thread-safe.
  void add(std::initializer_list<std::string_view> label_values, double by = 1);

 private:
  prometheus::Counter& series(std::initializer_list<std::string_view> label_values);

  std::vector<std::string> label_names_;
  prometheus::Family<prometheus::Counter>& family_;
  std::mutex mutex_;
  std::unordered_map<std::string, prometheus::Counter*> series_;
};

/// Histograms of one name told apart by one label, whose values are few and ours. Thread-safe.
class HistogramFamily {
 public:
  HistogramFamily(prometheus::Registry& registry, std::string name, std::string help,
                  std::string label_name, prometheus::Histogram::BucketBoundaries buckets);

  void observe(std::string_view label_value, double value);

 private:
  std::string label_name_;
  prometheus::Histogram::BucketBoundaries buckets_;
  prometheus::Family<prometheus::Histogram>& family_;
};

/// Every member is thread-safe. Times are in seconds.
class Metrics {
 public:
  Metrics();
  ~Metrics();

  /// Prometheus text format 0.0.4.
  std::string text() const;

 private:
  std::shared_ptr<prometheus::Registry> registry_;  // first: all below refer to it

 public:
  CounterFamily lingers;        ///< ended_by: operation, nothing
  CounterFamily cwmp_tls;       ///< version: TLSv1.2 ... none; model: manufacturer product-class
  CounterFamily cwmp_sessions;  ///< end: complete, lost, shutdown, refused, busy, throttled
  CounterFamily cwmp_informs;   ///< event: the code with its name, "other" when vendor's
  CounterFamily cwmp_rpcs;      ///< method, result: ok or the fault code
  /// reason: other_credential, initial_rate (both refused); reset (let in with what others have
  /// too)
  CounterFamily cwmp_identity_flags;
  CounterFamily credential_rotations;  ///< outcome: sent, written, unknown, refused, confirmed
  prometheus::Gauge& credentials_file_good;  ///< 0: the last read found a mistake, or none is read
  prometheus::Histogram& cwmp_session_seconds;
  prometheus::Gauge& cwmp_sessions_open;
  CounterFamily cwmp_deviations;  ///< kind: as cwmp::to_string(DeviationKind)
  prometheus::Counter& suspected_clones;
  CounterFamily http_requests;        ///< status
  CounterFamily connection_requests;  ///< way: http, udp; result: accepted, sent, timeout ...
  CounterFamily connection_request_sessions;   ///< way: a session followed
  HistogramFamily connection_request_seconds;  ///< way: from the request to the Inform
  prometheus::Gauge& xmpp_connected;           ///< 1: logged in
  CounterFamily stun_requests;  ///< outcome: ok, 401 ..., rate-limited, not-stun, busy ...
  CounterFamily stun_bindings;  ///< outcome: moved, same, unknown, busy, failed; authenticated ones

  CounterFamily usp_requests;  ///< type: Get ..., result: ok or the error code
  CounterFamily usp_denied;    ///< type: SET ...; requests of which a part was refused with 7006
  prometheus::Histogram& usp_request_seconds;
  CounterFamily usp_notifications;  ///< type: ValueChange ..., outcome: sent, confirmed, expired

  prometheus::Gauge& mqtt_connected;  ///< connections to the broker that stand
  prometheus::Counter& mqtt_agents_refused;
  prometheus::Counter& mqtt_published;
  prometheus::Counter& mqtt_received;
  CounterFamily mqtt_dropped;  ///< reason

  CounterFamily record_signatures;        ///< result: as usp::name_of(SignatureFault)
  CounterFamily controller_refusals;      ///< reason: rate, size
  prometheus::Counter& unsigned_records;  ///< sent to who wants signatures

  prometheus::Gauge& session_contexts_open;
  CounterFamily session_restarts;         ///< reason: as usp::name_of(SessionEnd)
  CounterFamily session_retransmissions;  ///< direction: asked, served
  CounterFamily session_records_dropped;  ///< reason: usp::name_of() of SessionDrop, SegmentError

  prometheus::Gauge& freezes;    ///< that hold now
  CounterFamily brakes_refused;  ///< reason: frozen, denied_path, too_many_instances

  CounterFamily operations;  ///< kind: Set ..., outcome: succeeded, failed, cancelled
  CounterFamily grpc_calls;  ///< method: "DeviceService/GetDevice", code: "OK"
  prometheus::Histogram& grpc_seconds;
  CounterFamily outbox_dropped;  ///< reason: cap, expired

  prometheus::Histogram& store_batch_jobs;
  prometheus::Histogram& store_state_commit_seconds;
  prometheus::Histogram& store_mirror_commit_seconds;
  prometheus::Gauge& store_queue;

  prometheus::Gauge& devices;
  prometheus::Gauge& devices_online;
  prometheus::Gauge& bulk_running;
  CounterFamily bulk_devices;  ///< outcome: succeeded, failed, unknown
  prometheus::Histogram& first_contact_seconds;
};

}  // namespace bridge
