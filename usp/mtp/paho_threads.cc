#include "usp/mtp/paho_threads.h"

#include <MQTTAsync.h>

#include <cstddef>
#include <cstdlib>

namespace usp::mtp {
namespace {

// A client that never connects. What is "sent" by it takes the place of what was "sent" before, so
// that the queue stays as it is; that the thread is signalled is all we want of it.
MQTTAsync make_anchor() {
  MQTTAsync_createOptions options = MQTTAsync_createOptions_initializer5;
  options.sendWhileDisconnected = 1;
  options.allowDisconnectedSendAtAnyTime = 1;
  options.maxBufferedMessages = 1;
  options.deleteOldestMessages = 1;
  MQTTAsync anchor = nullptr;
  const int code = MQTTAsync_createWithOptions(&anchor, "tcp://localhost:1883", "anchor",
                                               MQTTCLIENT_PERSISTENCE_NONE, nullptr, &options);
  if (std::getenv("MQTT_C_CLIENT_TRACE") == nullptr) {
    MQTTAsync_setTraceLevel(MQTTASYNC_TRACE_ERROR);
  }
  return code == MQTTASYNC_SUCCESS ? anchor : nullptr;
}

// For the life of the process, as Paho's own state is.
MQTTAsync anchor() {
  static const MQTTAsync kAnchor = make_anchor();
  return kAnchor;
}

}  // namespace

void keep_paho_running() { static_cast<void>(anchor()); }

void nudge_paho() {
  if (anchor() != nullptr) MQTTAsync_send(anchor(), "nudge", 0, "", 0, 0, nullptr);
}

}  // namespace usp::mtp
