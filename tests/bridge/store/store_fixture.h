// A store in memory or in a directory that is gone after the test.
#pragma once

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "bridge/store/sqlite_store.h"

namespace bridge {

class TemporaryDirectory {
 public:
  TemporaryDirectory() {
    std::string name = (std::filesystem::temp_directory_path() / "usp-bridge-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) std::abort();
    path_ = name;
  }
  ~TemporaryDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;

  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

inline std::unique_ptr<Store> open_or_die(StoreOptions options) {
  Result<std::unique_ptr<Store>> store = open_sqlite_store(std::move(options));
  if (!store) {
    ADD_FAILURE() << store.error().text;
    std::abort();
  }
  return *std::move(store);
}

inline StoreOptions in_directory(const TemporaryDirectory& directory) {
  StoreOptions options;
  options.directory = directory.path();
  return options;
}

inline DeviceRow device_row(const std::string& serial) {
  DeviceRow row;
  row.endpoint_id = "ops::00D09E-CPE-" + serial;
  row.manufacturer = "Acme";
  row.identity = {"00D09E", "CPE", serial};
  row.root = "Device.";
  row.software_version = "1.0";
  row.hardware_version = "A";
  row.connection_request_url = "http://192.0.2.1:7547/x";
  row.connection_request_username = "acs";
  row.connection_request_password = "cr-secret";
  row.udp_connection_request_address = "192.0.2.1:5060";
  row.stun_username = "d1-abcde";
  row.stun_password = "stun-secret";
  row.reach = "1 udp:+0";
  row.auth_username = "00D09E-" + serial;
  row.learned = std::string("a\0b", 3);
  row.sync_state = 2;
  row.onboarded = true;
  row.first_seen_ms = 1000;
  row.last_boot_ms = 2000;
  return row;
}

/// Runs `fn(StateWriter&)` in a write of its own and returns the value; an error fails the test.
template <class Fn>
auto in_state(Store& store, Fn fn) {
  auto result = store.write_state_now(std::move(fn));
  EXPECT_TRUE(result) << (result ? "" : result.error().text);
  if constexpr (!std::is_void_v<typename decltype(result)::value_type>) {
    return result ? *std::move(result) : typename decltype(result)::value_type{};
  }
}

inline std::int64_t add_device(Store& store, const std::string& serial) {
  return in_state(store, [&](StateWriter& state) { return state.put_device(device_row(serial)); });
}

inline std::vector<NodeRow> nodes_of(Store& store, std::int64_t device_id) {
  auto load = [&](StateReader&, MirrorReader& mirror) { return mirror.nodes(device_id); };
  return store.read_now(load).value();
}

}  // namespace bridge
