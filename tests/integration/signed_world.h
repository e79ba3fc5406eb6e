// A world with a controller that is believed by its signature, and agents that sign.
#pragma once

#include <fstream>
#include <memory>
#include <string>

#include "tests/integration/world.h"
#include "tests/support/test_ca.h"
#include "usp/openssl_ptr.h"

namespace integration {

inline const std::string kSignedId = "self::signed";
inline const std::string kSignedTopic = "usp/v1/controller/signed";

class SignedWorld {
 public:
  SignedWorld() : world(options()), cpe(world.device("1")) {}

  /// One that says it is self::signed. `topic`: a level below its own.
  std::unique_ptr<usp_controller::Controller> controller(
      std::optional<usp::SigningIdentity> identity, const std::string& topic) {
    usp_controller::ControllerOptions options;
    options.id = kSignedId;
    options.topic = kSignedTopic + "/" + topic;
    options.identity = std::move(identity);
    return world.connect(std::move(options));
  }
  static usp::SigningIdentity identity(const support::Issued& issued) {
    return usp::SigningIdentity::from_pem(issued.certificate, issued.key).value();
  }
  /// The certificate of one and the key of another.
  static usp::SigningIdentity mixed(const support::Issued& certificate,
                                    const support::Issued& key) {
    const usp::BioPtr bio = usp::bio_over(key.key);
    return {certificate.certificate,
            std::shared_ptr<EVP_PKEY>(PEM_read_bio_PrivateKey(bio.get(), nullptr, nullptr, nullptr),
                                      EVP_PKEY_free)};
  }
  support::Issued good() const { return controllers.issue_for(kSignedId); }

  std::string file(const std::string& name, const std::string& text) {
    std::ofstream(directory.file(name)) << text;
    return directory.file(name);
  }
  /// How often a record was refused, or taken, for that reason.
  bool was_checked(const std::string& result, int times = 1) {
    return world.wait_for_metric("usp_bridge_record_signatures_total{result=\"" + result + "\"} " +
                                 std::to_string(times));
  }
  usp::TrustedCertificates agents_ca() const {
    usp::TrustedCertificates trusted;
    trusted.add(*usp::Certificate::from_pem(agents.certificate()));
    return trusted;
  }

  support::TemporaryDirectory directory;
  support::TestCa controllers{"Controllers"};
  support::TestCa agents{"Agents"};
  World world;
  std::unique_ptr<Cpe> cpe;

 private:
  WorldOptions options() {
    WorldOptions out;
    out.more_controllers = "  - endpoint_id: \"" + kSignedId + "\"\n    topic: " + kSignedTopic +
                           "\n    trust: signature\n";
    out.more = "signatures:\n  trusted_ca: [" + file("controllers.pem", controllers.certificate()) +
               "]\n  agent_ca:\n    certificate: " + file("agents.pem", agents.certificate()) +
               "\n    key: " + file("agents.key", agents.key()) + "\n";
    return out;
  }
};

}  // namespace integration
