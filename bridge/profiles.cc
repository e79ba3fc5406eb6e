#include "bridge/profiles.h"

#include <boost/asio/ip/address.hpp>
#include <stdexcept>

#include "bridge/pattern.h"

namespace bridge {

namespace {

namespace ip = boost::asio::ip;

std::optional<ip::address> parse_address(const std::string& text) {
  boost::system::error_code error;
  const ip::address address = ip::make_address(text, error);
  if (error) return std::nullopt;
  return address;
}

cwmp::AuthDemand to_demand(ProfileConfig::Authenticate authenticate) {
  switch (authenticate) {
    case ProfileConfig::Authenticate::kDigest:
      return cwmp::AuthDemand::kDigest;
    case ProfileConfig::Authenticate::kBasic:
      return cwmp::AuthDemand::kBasic;
    case ProfileConfig::Authenticate::kNone:
      return cwmp::AuthDemand::kNone;
    case ProfileConfig::Authenticate::kUnset:
      break;
  }
  return cwmp::AuthDemand::kDefault;
}

/// Takes what `from` sets where no profile before it did.
template <class T>
void take_if_unset(T& value, T from) {
  if (value == T{}) value = from;
}

ModelProfile resolve(const ProfileConfig& said) {
  using P = ProfileConfig;
  ModelProfile out;
  out.manners.xml_declaration = said.xml_declaration == P::Switch::kOn;
  out.manners.empty_is_200 = said.empty_answer == P::Empty::k200;
  if (said.names != P::Names::kUnset) out.preset.names_by_level = said.names == P::Names::kByLevel;
  if (said.booleans == P::Booleans::kWords) out.preset.booleans = BooleanForm::kWords;
  if (said.booleans == P::Booleans::kDigits) out.preset.booleans = BooleanForm::kDigits;
  out.preset.batch = said.batch;
  out.preset.ignore_writable = said.ignore_writable == P::Switch::kOn;
  out.preset.basic_connection_request = said.connection_request_basic == P::Switch::kOn;
  return out;
}

}  // namespace

Profiles::Profiles(const std::vector<ProfileConfig>& config) {
  for (const ProfileConfig& profile : config) {
    auto networks = AddressList::parse(profile.match.networks);
    if (!networks) throw std::runtime_error("cwmp.profiles: " + networks.error().text);
    Entry entry;
    entry.config = profile;
    entry.networks = *std::move(networks);
    entry.any_network = profile.match.networks.empty();
    entry.any_device = profile.match.manufacturer == "*" && profile.match.oui == "*" &&
                       profile.match.product_class == "*";
    ask_auth_ = ask_auth_ || profile.authenticate != ProfileConfig::Authenticate::kUnset;
    entries_.push_back(std::move(entry));
  }
}

bool Profiles::fits_device(const Entry& entry, const cwmp::DeviceId& device) {
  const ProfileConfig::Match& match = entry.config.match;
  return matches_pattern(match.manufacturer, device.manufacturer) &&
         matches_pattern(match.oui, device.oui) &&
         matches_pattern(match.product_class, device.product_class);
}

bool Profiles::fits_network(const Entry& entry, const std::optional<ip::address>& address) {
  return entry.any_network || (address && entry.networks.contains(*address));
}

std::vector<std::size_t> Profiles::fitting(const ProfileSubject& subject) const {
  std::vector<std::size_t> out;
  const auto address = parse_address(subject.peer_address);
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    const Entry& entry = entries_[i];
    if (!fits_network(entry, address) || !fits_device(entry, subject.device)) continue;
    if (!matches_pattern(entry.config.match.software_version, subject.software_version)) continue;
    out.push_back(i);
  }
  return out;
}

ModelProfile Profiles::of(const ProfileSubject& subject) const {
  if (entries_.empty()) return {};
  ProfileConfig said;
  for (const std::size_t i : fitting(subject)) {
    const ProfileConfig& each = entries_[i].config;
    take_if_unset(said.xml_declaration, each.xml_declaration);
    take_if_unset(said.empty_answer, each.empty_answer);
    take_if_unset(said.names, each.names);
    take_if_unset(said.booleans, each.booleans);
    take_if_unset(said.batch, each.batch);
    take_if_unset(said.ignore_writable, each.ignore_writable);
    take_if_unset(said.connection_request_basic, each.connection_request_basic);
  }
  return resolve(said);
}

std::optional<cwmp::AuthDemand> Profiles::auth_demand(const std::string& peer_address,
                                                      const cwmp::DeviceId* claimed) const {
  if (!ask_auth_) return cwmp::AuthDemand::kDefault;
  const auto address = parse_address(peer_address);
  for (const Entry& entry : entries_) {
    if (entry.config.authenticate == ProfileConfig::Authenticate::kUnset) continue;
    if (!fits_network(entry, address)) continue;
    if (entry.any_device) return to_demand(entry.config.authenticate);
    if (claimed == nullptr) return std::nullopt;
    if (fits_device(entry, *claimed)) return to_demand(entry.config.authenticate);
  }
  return cwmp::AuthDemand::kDefault;
}

}  // namespace bridge
