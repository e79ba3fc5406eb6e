// What the parts of the running bridge share. Built and owned by the gateway; everything in it
// outlives its users.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <chrono>
#include <cstdint>
#include <memory>

#include "bridge/replaceable.h"

namespace bridge {

struct Config;
struct LocalTemplate;
class Brakes;
class EventHub;
class FirstContactBudget;
class LingerRoom;
class Metrics;
class Northbound;
class PathPool;
class PresenceWatch;
class Profiles;
class Registry;
class SessionLog;
class Store;
class SupportedCache;
class Waker;

struct XmppProvisioning;
namespace translate {
class Mappings;
}

struct Runtime {
  boost::asio::any_io_executor executor;  ///< the io threads
  const Config& config;
  Store& store;
  Metrics& metrics;
  EventHub& events;
  PathPool& paths;
  SupportedCache& supported;
  FirstContactBudget& first_contacts;
  LingerRoom& lingering;
  Brakes& brakes;
  SessionLog& session_log;
  const Replaceable<Profiles>& profiles;
  const translate::Mappings& mappings;
  std::shared_ptr<const LocalTemplate> base;
  Waker* waker = nullptr;
  Registry* registry = nullptr;
  Northbound* northbound = nullptr;
  PresenceWatch* presence = nullptr;
  const XmppProvisioning* xmpp = nullptr;  ///< what devices are told; nullptr: nothing
  std::uint16_t stun_port = 0;             ///< that is listened on; 0: none
};

/// Unix time in milliseconds.
inline std::int64_t now_ms() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

}  // namespace bridge
