// The one place where behaviour differs by model, firmware or network (docs/field-quirks.md).
#pragma once

#include <boost/asio/ip/address.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bridge/config.h"
#include "bridge/learned.h"
#include "bridge/waker.h"
#include "cwmp/handler.h"

namespace bridge {

/// What is known of a CPE when a profile is looked for.
struct ProfileSubject {
  cwmp::DeviceId device;
  std::string software_version;
  std::string peer_address;
};

/// All that the profiles which fit one CPE say together.
struct ModelProfile {
  cwmp::Manners manners;   ///< for the session
  Learned::Preset preset;  ///< for the tasks
  bool operator==(const ModelProfile&) const = default;
};

/// Immutable: any thread.
class Profiles {
 public:
  /// Throws std::runtime_error for a network that cannot be read.
  explicit Profiles(const std::vector<ProfileConfig>& config);

  ModelProfile of(const ProfileSubject& subject) const;
  /// Which of them fit, by their place in the configuration, from 0.
  std::vector<std::size_t> fitting(const ProfileSubject& subject) const;

  /// What to ask for before a session. `claimed`: who the Inform says it comes from; null: it has
  /// not been looked at, and nullopt is returned when it would matter.
  std::optional<cwmp::AuthDemand> auth_demand(const std::string& peer_address,
                                              const cwmp::DeviceId* claimed) const;

 private:
  struct Entry {
    ProfileConfig config;
    AddressList networks;
    bool any_network = true;
    bool any_device = true;  ///< but for the version
  };

  static bool fits_device(const Entry& entry, const cwmp::DeviceId& device);
  static bool fits_network(const Entry& entry,
                           const std::optional<boost::asio::ip::address>& address);

  std::vector<Entry> entries_;
  bool ask_auth_ = false;  ///< any of them sets authenticate
};

}  // namespace bridge
