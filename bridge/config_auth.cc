#include "bridge/config_auth.h"

#include <chrono>
#include <cstddef>

#include "bridge/credential/rotation.h"

namespace bridge {

namespace {

using std::chrono::seconds;

void read_username(ConfigSection& s, std::string& username) {
  s.text("username", username, [](const std::string& text) {
    return text.find(':') == std::string::npos ? "" : "must have no colon";
  });
  if (username.empty()) s.mistake("username", "must not be empty");
}

void read_credential(ConfigSection& s, CredentialConfig& credential) {
  read_username(s, credential.username);
  s.text("password", credential.password);
  if (credential.password.empty()) s.mistake("password", "must not be empty");
}

void read_model(ConfigSection& s, ModelCredentialConfig& model) {
  s.text("oui", model.oui);
  s.text("product_class", model.product_class);
  read_username(s, model.username);
  s.text("password", model.password);
  if (model.oui.empty()) s.mistake("oui", "must be set");
  if (model.password.empty()) s.mistake("password", "must not be empty");
}

/// One user name must not mean two things: nothing but it tells which credential was used.
void check_usernames(ConfigSection& s, const CwmpConfig::Auth& auth) {
  if (auth.shared && auth.bootstrap && auth.shared->username == auth.bootstrap->username) {
    s.mistake("bootstrap", "must have another username than shared");
  }
  for (std::size_t i = 0; i < auth.models.size(); ++i) {
    const ModelCredentialConfig& model = auth.models[i];
    const std::string key = "models[" + std::to_string(i) + "]";
    for (const auto& other : {auth.shared, auth.bootstrap}) {
      if (!other || other->username != model.username) continue;
      s.mistake(key.c_str(), "must have another username than shared and bootstrap");
    }
    for (std::size_t k = 0; k < i; ++k) {
      const ModelCredentialConfig& before = auth.models[k];
      if (before.username != model.username) continue;
      if (before.password != model.password) {
        s.mistake(key.c_str(),
                  "has the username of models[" + std::to_string(k) + "] and another password");
      } else if (before.oui == model.oui && before.product_class == model.product_class) {
        s.mistake(key.c_str(), "is there twice");
      }
    }
  }
}

}  // namespace

void read_cwmp_scheme(ConfigSection& s, CwmpAuthScheme& scheme) {
  s.choice("scheme", scheme,
           {{"digest", CwmpAuthScheme::kDigest},
            {"basic", CwmpAuthScheme::kBasic},
            {"none", CwmpAuthScheme::kNone}});
}

void read_cwmp_auth(ConfigSection& s, CwmpConfig::Auth& auth) {
  read_cwmp_scheme(s, auth.scheme);
  s.text("realm", auth.realm, [](const std::string& text) {
    return text.empty() || text.find_first_of("\"\\\r\n") != std::string::npos
               ? std::string("must be a text without quotes and backslashes")
               : std::string();
  });
  s.optional_section("shared", auth.shared, read_credential);
  s.optional_section("bootstrap", auth.bootstrap, read_credential);
  s.list("models", auth.models, read_model);
  check_usernames(s, auth);
  s.text("credentials_file", auth.credentials_file);
  s.choice("rotate", auth.rotate,
           {{"never", CwmpConfig::Rotate::kNever},
            {"first_contact", CwmpConfig::Rotate::kFirstContact}});
  s.text("rotated_username", auth.rotated_username, check_username_template);
  s.flag("allow_anonymous", auth.allow_anonymous);
  s.words("algorithms", auth.algorithms, [](const std::string& text) {
    return text == "MD5" || text == "SHA-256" ? std::string() : std::string("is MD5 or SHA-256");
  });
  s.duration("nonce_lifetime", auth.nonce_lifetime, seconds(10), seconds(86'400));
  if (auth.algorithms.empty()) s.mistake("algorithms", "must not be empty");
}

}  // namespace bridge
