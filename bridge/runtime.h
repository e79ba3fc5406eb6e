// What the parts of the running bridge share. Built and owned by the gateway; everything in it
// outlives its users.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <chrono>
#include <cstdint>

namespace bridge {

struct Config;
class Metrics;
class Northbound;
class Registry;
class Store;
class Timers;
class Waker;
class EventHub;
class FirstContactBudget;

struct Runtime {
  boost::asio::any_io_executor executor;  ///< the io threads
  const Config& config;
  Store& store;
  Metrics& metrics;
  EventHub& events;
  FirstContactBudget& first_contacts;
  Waker* waker = nullptr;
  Registry* registry = nullptr;
  Northbound* northbound = nullptr;
  Timers* timers = nullptr;
};

/// Unix time in milliseconds.
inline std::int64_t now_ms() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

}  // namespace bridge
