#include "bridge/config_profiles.h"

#include <algorithm>

namespace bridge {

namespace {

using Profile = ProfileConfig;

bool is_set(const Profile& profile) {
  return profile.authenticate != Profile::Authenticate::kUnset;
}

std::string check_not_empty(const std::string& text) {
  return text.empty() ? "must not be empty" : "";
}

}  // namespace

// An unset one is read as "default", so that the file can say it.
void read_profile(ConfigSection& s, Profile& profile, const TextCheck& check_network) {
  s.section("match", [&](ConfigSection& inner) {
    inner.text("manufacturer", profile.match.manufacturer, check_not_empty);
    inner.text("oui", profile.match.oui, check_not_empty);
    inner.text("product_class", profile.match.product_class);
    inner.text("software_version", profile.match.software_version);
    inner.words("networks", profile.match.networks, check_network);
  });
  s.choice("authenticate", profile.authenticate,
           {{"default", Profile::Authenticate::kUnset},
            {"digest", Profile::Authenticate::kDigest},
            {"basic", Profile::Authenticate::kBasic},
            {"none", Profile::Authenticate::kNone}});
  const auto toggle = [&s](const char* key, Profile::Switch& value) {
    s.choice(key, value,
             {{"default", Profile::Switch::kUnset},
              {"true", Profile::Switch::kOn},
              {"false", Profile::Switch::kOff}});
  };
  toggle("xml_declaration", profile.xml_declaration);
  s.choice("empty_answer", profile.empty_answer,
           {{"default", Profile::Empty::kUnset},
            {"204", Profile::Empty::k204},
            {"200", Profile::Empty::k200}});
  s.choice("names", profile.names,
           {{"default", Profile::Names::kUnset},
            {"whole", Profile::Names::kWhole},
            {"by-level", Profile::Names::kByLevel}});
  s.choice("booleans", profile.booleans,
           {{"default", Profile::Booleans::kUnset},
            {"words", Profile::Booleans::kWords},
            {"digits", Profile::Booleans::kDigits}});
  s.number<std::uint32_t>("batch", profile.batch, 0, 256);
  toggle("ignore_writable", profile.ignore_writable);
  toggle("connection_request_basic", profile.connection_request_basic);
  // The version comes too late: it is a parameter, and counts once the session is authenticated.
  if (is_set(profile) && profile.match.software_version != "*") {
    s.mistake("authenticate", "cannot depend on match.software_version");
  }
}

void check_profiles(ConfigSection& cwmp_section, const CwmpConfig& cwmp) {
  const auto listeners = cwmp.all_listeners();
  const auto asks = [](const CwmpListenerConfig& listener) { return listener.asks(); };
  if (std::any_of(listeners.begin(), listeners.end(), asks)) return;
  if (std::any_of(cwmp.profiles.begin(), cwmp.profiles.end(), is_set)) {
    cwmp_section.mistake("profiles",
                         "authenticate means nothing where no listener asks for credentials");
  }
}

}  // namespace bridge
