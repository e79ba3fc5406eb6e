// What devices log in with: imported, put by the control API, rotated; and who is refused.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <fstream>

#include "tests/integration/raw_peers.h"
#include "tests/integration/world.h"
#include "tests/support/self_signed.h"

namespace integration {
namespace {

using testing::AllOf;
using testing::ContainsRegex;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

const std::string kUsername = "Device.ManagementServer.Username";
const std::string kPassword = "Device.ManagementServer.Password";
const std::string kPrefix = "USP_BRIDGE_CWMP__AUTH__";
const std::vector<std::string> kRotate = {kPrefix + "ROTATE=first_contact"};

std::string inform_of(const std::string& product_class, const std::string& serial,
                      const std::string& event = "2 PERIODIC") {
  cwmp::Inform inform;
  inform.device_id = {"Maker", "00D09E", product_class, serial};
  inform.events.push_back({event, ""});
  inform.parameters.push_back({"Device.DeviceInfo.SoftwareVersion", "1.0", "string"});
  return envelope_text(inform);
}

/// Of a session that begins with this Inform.
unsigned status_of(const World& world, const std::string& username, const std::string& password,
                   const std::string& inform) {
  return RawCpe(world.acs_port(), username, password).post(inform).status;
}

std::string metrics_of(const World& world) {
  support::HttpClient metrics(static_cast<std::uint16_t>(world.admin_port()));
  metrics.send("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n");
  return metrics.receive().body;
}

/// All that the store has on disk, as it is there.
std::string store_of(const World& world) {
  std::string out;
  for (const char* name : {"state.db", "state.db-wal", "mirror.db", "mirror.db-wal"}) {
    std::ifstream in(world.store_file(name), std::ios::binary);
    out.append(std::istreambuf_iterator<char>(in), {});
  }
  return out;
}

std::vector<std::string> logs_in_with(const std::string& username, const std::string& password) {
  return {"--value", "ManagementServer.Username=" + username, "--value",
          "ManagementServer.Password=" + password};
}

class Credentials : public testing::Test {
 protected:
  std::string file() const { return directory_.file("credentials.csv"); }
  void write(const std::string& text) const { std::ofstream(file()) << text; }

  struct Ctl {
    int status = -1;
    std::string output;
  };
  static Ctl ctl(const World& world, std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(),
                     {"--address", "127.0.0.1:" + std::to_string(world.grpc_port())});
    support::Process process(USP_BRIDGECTL, arguments);
    Ctl out;
    // All output is read when no line fits.
    process.wait_for_line([&out](const std::string& line) {
      out.output += line + "\n";
      return false;
    });
    out.status = process.wait_for_exit().value_or(-1);
    return out;
  }
  /// "username STATE" of each.
  static std::vector<std::string> list(const World& world) {
    std::vector<std::string> out;
    std::istringstream lines(ctl(world, {"credentials", "list"}).output);
    std::string line;
    std::getline(lines, line);  // the head
    while (std::getline(lines, line)) {
      std::istringstream words(line);
      std::string username;
      std::string state;
      words >> username >> state;
      out.push_back(username + " " + state);
    }
    return out;
  }

 private:
  support::TemporaryDirectory directory_;
};

// ---- import ------------------------------------------------------------------------------------

TEST_F(Credentials, OfAFileAreGoodForTheirDevicesOnly) {
  write("# ours\ngw-1,\"a,b\",00D09E,Gateway,1\nanyone,p\n");
  World world({}, {kPrefix + "CREDENTIALS_FILE=" + file()});
  auto cpe = world.device("1", "tr181-small.csv", logs_in_with("gw-1", "a,b"));

  EXPECT_EQ(cpe->command("get", kUsername), "gw-1");
  EXPECT_EQ(status_of(world, "gw-1", "a,b", inform_of("Gateway", "2")), 403u);
  EXPECT_TRUE(world.bridge().wait_for_text("the credential is another device's"));
  EXPECT_EQ(status_of(world, "anyone", "p", inform_of("Box", "1")), 200u);
  EXPECT_EQ(status_of(world, "anyone", "p", inform_of("Box", "2")), 403u);
  EXPECT_THAT(ctl(world, {"devices"}).output,
              AllOf(HasSubstr("Box-1"), Not(HasSubstr("Box-2")), Not(HasSubstr("Gateway-2"))));
}

TEST_F(Credentials, OfAFileWithAMistakeAreNotImportedUntilItIsMended) {
  write("gw-1,p,00D09E,Gateway,1\nbad\n");
  World world({}, {kPrefix + "CREDENTIALS_FILE=" + file()});
  EXPECT_THAT(world.bridge().output(), AllOf(HasSubstr("credentials.csv:2: expected 2 or 5 fields"),
                                             HasSubstr("nothing of it was imported")));
  EXPECT_THAT(list(world), IsEmpty());

  write("gw-1,p,00D09E,Gateway,1\ngood,p\n");
  world.bridge().signal(SIGHUP);
  ASSERT_TRUE(world.bridge().wait_for_text("2 lines: 2 added, 0 changed, 0 unchanged"));
  EXPECT_EQ(status_of(world, "gw-1", "p", inform_of("Gateway", "1")), 200u);
  write("gw-1,other,00D09E,Gateway,1\n");
  world.bridge().signal(SIGHUP);
  ASSERT_TRUE(world.bridge().wait_for_text("1 lines: 0 added, 1 changed, 0 unchanged"));
  EXPECT_EQ(status_of(world, "gw-1", "p", inform_of("Gateway", "1")), 401u);
  EXPECT_EQ(status_of(world, "gw-1", "other", inform_of("Gateway", "1")), 200u);
}

TEST_F(Credentials, AreAlsoPutListedAndDeletedByTheControlApi) {
  World world;
  EXPECT_EQ(status_of(world, "gw-1", "p", inform_of("Gateway", "1")), 401u);
  write("gw-1,p,00D09E,Gateway,1\n");
  const Ctl imported = ctl(world, {"credentials", "import", file()});
  EXPECT_EQ(imported.status, 0);
  EXPECT_THAT(imported.output, HasSubstr("1 added, 0 changed, 0 unchanged"));
  EXPECT_EQ(status_of(world, "gw-1", "p", inform_of("Gateway", "1")), 200u);

  const Ctl listed = ctl(world, {"credentials", "list"});
  EXPECT_THAT(listed.output,
              ContainsRegex("gw-1 +ACTIVE +IMPORTED +00D09E +Gateway +1 +ops::00D09E-Gateway-1\n"));
  EXPECT_EQ(ctl(world, {"credentials", "list", "ops::00D09E-Gateway-1"}).output, listed.output);
  EXPECT_EQ(ctl(world, {"credentials", "list", "ops::00D09E-Gateway-2"}).status, 3);
  EXPECT_EQ(ctl(world, {"credentials", "delete", "gw-1"}).status, 0);
  EXPECT_EQ(ctl(world, {"credentials", "delete", "gw-1"}).status, 3);
  EXPECT_EQ(status_of(world, "gw-1", "p", inform_of("Gateway", "1")), 401u);
  EXPECT_TRUE(world.bridge().wait_for_text("put user gw-1, of 00D09E-Gateway-1"));
  EXPECT_TRUE(world.bridge().wait_for_text("deleted user gw-1, of 00D09E-Gateway-1"));
}

TEST_F(Credentials, OfTheConfigurationAreNotPut) {
  World world;
  write("cpe,p\n");
  const Ctl refused = ctl(world, {"credentials", "import", file()});
  EXPECT_EQ(refused.status, 1);
  EXPECT_THAT(refused.output, HasSubstr("credentials[0]: username is that of cwmp.auth.shared"));
}

TEST_F(Credentials, WithAWrongPasswordAreRefusedAndTheRightOneWorks) {
  World world;
  Cpe cpe(world.acs_port(), "1", "tr181-small.csv", logs_in_with("gw-1", "right"));
  ASSERT_TRUE(cpe.wait_for("refused"));
  write("gw-1,wrong,00D09E,Gateway,1\n");
  ASSERT_EQ(ctl(world, {"credentials", "import", file()}).status, 0);
  cpe.process().skip_output();
  cpe.command("inform");
  ASSERT_TRUE(cpe.wait_for("refused"));

  write("gw-1,right,00D09E,Gateway,1\n");
  ASSERT_EQ(ctl(world, {"credentials", "import", file()}).status, 0);
  cpe.command("inform");
  EXPECT_TRUE(world.bridge().wait_for_text("00D09E-Gateway-1: learned"));
}

// ---- who is refused

TEST_F(Credentials, OfOneDeviceAreNoUseToClaimToBeAnother) {
  write("one,p\ntwo,p\n");
  World world({}, {kPrefix + "CREDENTIALS_FILE=" + file()});
  EXPECT_EQ(status_of(world, "one", "p", inform_of("Box", "1")), 200u);
  EXPECT_EQ(status_of(world, "two", "p", inform_of("Box", "1")), 403u);
  EXPECT_EQ(status_of(world, "two", "p", inform_of("Box", "1", "0 BOOTSTRAP")), 403u);
  EXPECT_EQ(status_of(world, "cpe", "secret", inform_of("Box", "1")), 403u);
  EXPECT_EQ(status_of(world, "one", "p", inform_of("Box", "2")), 403u);
  EXPECT_EQ(status_of(world, "two", "p", inform_of("Box", "2")), 200u);
  EXPECT_EQ(status_of(world, "one", "p", inform_of("Box", "1")), 200u);

  EXPECT_THAT(metrics_of(world),
              HasSubstr("usp_bridge_cwmp_identity_flags_total{reason=\"other_credential\"} 4"));
}

TEST_F(Credentials, OfAModelAreForThatModelOnly) {
  World world({}, {}, {}, {},
              "    models:\n"
              "      - {oui: 00D09E, product_class: Box, username: boxes, password: b}\n"
              "      - {oui: 00D09E, product_class: Dish, username: dishes, password: d}\n");
  EXPECT_EQ(status_of(world, "boxes", "b", inform_of("Box", "1")), 200u);
  EXPECT_EQ(status_of(world, "boxes", "b", inform_of("Box", "2")), 200u);
  EXPECT_EQ(status_of(world, "boxes", "b", inform_of("Dish", "1")), 403u);
  EXPECT_EQ(status_of(world, "boxes", "b", inform_of("Dish", "1", "0 BOOTSTRAP")), 403u);
  EXPECT_TRUE(world.bridge().wait_for_text("the credential is another model's"));
  EXPECT_EQ(status_of(world, "dishes", "b", inform_of("Dish", "1")), 401u);
  EXPECT_EQ(status_of(world, "dishes", "d", inform_of("Dish", "1")), 200u);
}

TEST_F(Credentials, ForBootstrapAreGoodForAFewDevicesAtATimeOnly) {
  write("one,p,00D09E,Box,1\ntwo,p,00D09E,Box,2\nthree,p,00D09E,Box,3\n");
  // One device now, and the next in more than the test can take.
  World world({}, {kPrefix + "CREDENTIALS_FILE=" + file(), kPrefix + "BOOTSTRAP__USERNAME=boot",
                   kPrefix + "BOOTSTRAP__PASSWORD=first",
                   "USP_BRIDGE_CWMP__LIMITS__BOOTSTRAP_RATE=0.0001"});
  EXPECT_EQ(status_of(world, "one", "p", inform_of("Box", "1")), 200u);
  EXPECT_EQ(status_of(world, "two", "p", inform_of("Box", "2")), 200u);
  EXPECT_EQ(status_of(world, "boot", "first", inform_of("Box", "1", "1 BOOT")), 403u);
  EXPECT_EQ(status_of(world, "boot", "first", inform_of("Box", "1", "0 BOOTSTRAP")), 200u);
  EXPECT_TRUE(world.bridge().wait_for_text(
      "00D09E-Box-1: audit: let in with user boot from 127.0.0.1, after a reset"));

  EXPECT_EQ(status_of(world, "boot", "first", inform_of("Box", "2", "0 BOOTSTRAP")), 503u);
  EXPECT_EQ(status_of(world, "boot", "first", inform_of("Box", "4")), 503u);
  // What is not limited goes on.
  EXPECT_EQ(status_of(world, "two", "p", inform_of("Box", "2", "0 BOOTSTRAP")), 200u);
  EXPECT_EQ(status_of(world, "three", "p", inform_of("Box", "3", "0 BOOTSTRAP")), 200u);
  EXPECT_THAT(metrics_of(world),
              HasSubstr("usp_bridge_cwmp_identity_flags_total{reason=\"initial_rate\"} 2"));
}

TEST_F(Credentials, ForBootstrapAreGoodForTheSessionAfterAResetOnly) {
  write("one,p,00D09E,Box,1\n");
  World world({}, {kPrefix + "CREDENTIALS_FILE=" + file(), kPrefix + "BOOTSTRAP__USERNAME=boot",
                   kPrefix + "BOOTSTRAP__PASSWORD=first"});
  EXPECT_EQ(status_of(world, "one", "p", inform_of("Box", "1")), 200u);
  EXPECT_EQ(status_of(world, "boot", "first", inform_of("Box", "1", "0 BOOTSTRAP")), 200u);
  EXPECT_EQ(status_of(world, "boot", "first", inform_of("Box", "1")), 403u);
  EXPECT_TRUE(world.bridge().wait_for_text("00D09E-Box-1: audit: refused: user boot"));
  EXPECT_EQ(status_of(world, "one", "p", inform_of("Box", "1")), 200u);
  EXPECT_THAT(metrics_of(world),
              HasSubstr("usp_bridge_cwmp_identity_flags_total{reason=\"reset\"} 1"));
}

TEST_F(Credentials, OfAResetDeviceStayGoodAsLongAsItsRotationIsUnderWay) {
  write("one,p,00D09E,Box,1\n");
  std::vector<std::string> environment = kRotate;
  environment.push_back(kPrefix + "CREDENTIALS_FILE=" + file());
  World world({}, environment);
  EXPECT_EQ(status_of(world, "one", "p", inform_of("Box", "1")), 200u);
  EXPECT_EQ(status_of(world, "cpe", "secret", inform_of("Box", "1", "0 BOOTSTRAP")), 200u);
  // Each of these sessions is lost before the device has got anything.
  for (int i = 0; i < 4; ++i) {
    EXPECT_EQ(status_of(world, "cpe", "secret", inform_of("Box", "1")), 200u) << i;
  }
  EXPECT_EQ(status_of(world, "cpe", "secret", inform_of("Box", "1")), 403u);
  EXPECT_EQ(status_of(world, "cpe", "secret", inform_of("Box", "1", "0 BOOTSTRAP")), 200u);
  EXPECT_EQ(status_of(world, "cpe", "secret", inform_of("Box", "2")), 200u) << "nobody else's";
}

// ---- client certificates

TEST_F(Credentials, ThatAreCertificatesMakePasswordsOfOthersUseless) {
  const support::SelfSigned server;
  const support::SelfSigned own("00D09E-Box-1");
  const support::SelfSigned others("00D09E-Box-2");
  std::ofstream(file()) << std::ifstream(own.certificate()).rdbuf()
                        << std::ifstream(others.certificate()).rdbuf();
  const int port = support::free_port();
  World world({}, {kPrefix + "BOOTSTRAP__USERNAME=boot", kPrefix + "BOOTSTRAP__PASSWORD=first"}, {},
              "  listeners:\n    - {port: " + std::to_string(port) +
                  ", listen: 127.0.0.1, tls: {certificate: " + server.certificate() +
                  ", key: " + server.key() + ", client_ca: " + file() + "}}\n");
  auto with = [&](const support::SelfSigned& each) {
    const support::TlsClient tls{each.certificate(), each.key()};
    support::HttpClient cpe(static_cast<std::uint16_t>(port), tls);
    return cpe.post(inform_of("Box", "1")).status;
  };
  EXPECT_EQ(status_of(world, "cpe", "secret", inform_of("Box", "1")), 200u) << "not bound yet";
  EXPECT_EQ(with(own), 200u);

  EXPECT_EQ(status_of(world, "cpe", "secret", inform_of("Box", "1")), 403u);
  EXPECT_EQ(status_of(world, "cpe", "secret", inform_of("Box", "1", "0 BOOTSTRAP")), 403u);
  EXPECT_EQ(status_of(world, "boot", "first", inform_of("Box", "1", "0 BOOTSTRAP")), 403u);
  EXPECT_EQ(with(others), 403u);
  EXPECT_TRUE(
      world.bridge().wait_for_text("00D09E-Box-1: audit: refused: user boot from 127.0.0.1: the "
                                   "device has a client certificate"));
  EXPECT_TRUE(world.bridge().wait_for_text(
      "00D09E-Box-1: audit: refused: the certificate of 00D09E-Box-2 does not name 00D09E-Box-1"));
  EXPECT_THAT(metrics_of(world),
              HasSubstr("usp_bridge_cwmp_identity_flags_total{reason=\"other_credential\"} 4"));
  EXPECT_EQ(with(own), 200u);

  const Ctl rotated = ctl(world, {"credentials", "rotate", "ops::00D09E-Box-1"});
  EXPECT_EQ(rotated.status, 1);
  EXPECT_THAT(rotated.output, HasSubstr("comes in with a client certificate"));
  ASSERT_EQ(ctl(world, {"forget", "ops::00D09E-Box-1"}).status, 0);
  EXPECT_EQ(status_of(world, "cpe", "secret", inform_of("Box", "1")), 200u) << "an operator's wish";
}

// ---- rotation

TEST_F(Credentials, AreRotatedAtFirstContact) {
  World world({}, kRotate);
  auto cpe = world.device("1");
  EXPECT_EQ(cpe->command("get", kUsername), "00D09E-Gateway-1");
  EXPECT_EQ(cpe->command("get", kPassword).size(), 32u);
  cpe->command("inform");
  ASSERT_TRUE(world.bridge().wait_for_text("came back as user 00D09E-Gateway-1"));
  ASSERT_TRUE(cpe->wait_for("session_end"));
  EXPECT_THAT(list(world), ElementsAre("00D09E-Gateway-1 ACTIVE"));
  EXPECT_EQ(status_of(world, "cpe", "secret", inform_of("Gateway", "1")), 403u);
  EXPECT_EQ(world.read(*cpe, "Device.DeviceInfo.SerialNumber"), "1");
  const std::string password = cpe->command("get", kPassword);
  EXPECT_THAT(world.bridge().output(), Not(HasSubstr(password)));
  EXPECT_THAT(store_of(world), AllOf(HasSubstr("00D09E-Gateway-1"), Not(HasSubstr(password))));
}

TEST_F(Credentials, ThatADeviceRefusesToChangeStayWhatTheyAre) {
  World world({}, kRotate);
  auto cpe = world.device("1", "tr181-small.csv", {"--fault", "SetParameterValues=9001*1"});
  ASSERT_TRUE(world.bridge().wait_for_text("has refused user 00D09E-Gateway-1"));
  EXPECT_EQ(cpe->command("get", kUsername), "cpe");
  cpe->command("inform");
  ASSERT_TRUE(cpe->wait_for("session_end"));
  EXPECT_THAT(list(world), IsEmpty());
  EXPECT_EQ(status_of(world, "cpe", "secret", inform_of("Gateway", "1")), 200u);
}

TEST_F(Credentials, AreRotatedOnDemand) {
  World world;
  auto cpe = world.device("1");
  std::vector<std::string> names;
  for (int i = 0; i < 2; ++i) {
    world.bridge().skip_output();
    const Ctl asked = ctl(world, {"credentials", "rotate", cpe->endpoint_id()});
    EXPECT_EQ(asked.status, 0);
    EXPECT_THAT(asked.output, ContainsRegex(" PENDING +ROTATION +00D09E +Gateway +1 "));
    ASSERT_TRUE(world.bridge().wait_for_text("has user 00D09E-Gateway-1"));
    cpe->command("inform");
    ASSERT_TRUE(world.bridge().wait_for_text("came back as user 00D09E-Gateway-1"));
    names.push_back(cpe->command("get", kUsername));
  }
  EXPECT_THAT(names, ElementsAre("00D09E-Gateway-1", "00D09E-Gateway-1-2"));
  EXPECT_EQ(ctl(world, {"credentials", "rotate", "ops::00D09E-Gateway-7"}).status, 3);
}

TEST_F(Credentials, OfAResetDeviceAreThoseItStartedWithAndAreRotatedAgain) {
  std::vector<std::string> environment = kRotate;
  environment.push_back(kPrefix + "BOOTSTRAP__USERNAME=boot");
  environment.push_back(kPrefix + "BOOTSTRAP__PASSWORD=first");
  World world({}, environment);
  auto cpe = world.device("1", "tr181-small.csv", logs_in_with("boot", "first"));
  cpe->command("inform");
  ASSERT_TRUE(world.bridge().wait_for_text("came back as user 00D09E-Gateway-1"));
  EXPECT_EQ(status_of(world, "boot", "first", inform_of("Gateway", "1")), 403u);

  world.bridge().skip_output();
  world.ask(*cpe, usp_controller::operate("Device.FactoryReset()", {}));
  ASSERT_TRUE(world.bridge().wait_for_text("let in with user boot from 127.0.0.1, after a reset"));
  ASSERT_TRUE(world.bridge().wait_for_text("has user 00D09E-Gateway-1-2"));
  cpe->command("inform");
  ASSERT_TRUE(world.bridge().wait_for_text("came back as user 00D09E-Gateway-1-2"));
  EXPECT_EQ(cpe->command("get", kUsername), "00D09E-Gateway-1-2");
  EXPECT_THAT(list(world), ElementsAre("00D09E-Gateway-1-2 ACTIVE"));
}

TEST_F(Credentials, OfAForgottenDeviceStayGood) {
  World world({}, kRotate);
  auto cpe = world.device("1");
  cpe->command("inform");
  ASSERT_TRUE(world.bridge().wait_for_text("came back as user 00D09E-Gateway-1"));
  ASSERT_TRUE(cpe->wait_for("session_end"));
  ASSERT_EQ(ctl(world, {"forget", cpe->endpoint_id()}).status, 0);
  world.bridge().skip_output();
  cpe->command("inform");
  EXPECT_TRUE(world.bridge().wait_for_text("00D09E-Gateway-1: learned"));
}

// ---- the bridge is killed in the middle of a rotation

enum class Moment {
  kStored,   ///< the new one is in the store, the device is about to get it
  kOpen,     ///< the device has the RPC, and neither did it nor answers
  kDone,     ///< it has done it, and the answer is lost
  kWritten,  ///< it has answered, and has not come back yet
};

std::string name_of(const testing::TestParamInfo<Moment>& each) {
  constexpr const char* kNames[] = {"stored", "open", "done", "written"};
  return kNames[static_cast<int>(each.param)];
}

class KillRotation : public Credentials, public testing::WithParamInterface<Moment> {};

TEST_P(KillRotation, LocksNoDeviceOut) {
  World world({}, kRotate);
  std::vector<std::string> more;
  if (GetParam() == Moment::kOpen) more = {"--fault", "SetParameterValues=drop*1"};
  if (GetParam() == Moment::kDone) more = {"--fault", "SetParameterValues=drop-after*1"};
  Cpe cpe(world.acs_port(), "1", "tr181-small.csv", more);
  if (GetParam() == Moment::kStored) {
    ASSERT_TRUE(world.bridge().wait_for_text("is given user"));
  } else if (GetParam() == Moment::kWritten) {
    ASSERT_TRUE(world.bridge().wait_for_text("has user"));
  } else {
    ASSERT_TRUE(cpe.wait_for("dropped"));
  }
  world.kill_bridge();
  world.start_bridge();

  auto is_back = [&] {
    return world.bridge().output().find("came back as user 00D09E-Gateway-1") != std::string::npos;
  };
  for (int session = 0; session < 10 && !is_back(); ++session) {
    cpe.command("inform");
    ASSERT_TRUE(cpe.wait_for("session_end"));
  }
  EXPECT_TRUE(is_back()) << world.bridge().output() << cpe.process().output();
  EXPECT_EQ(cpe.command("get", kUsername), "00D09E-Gateway-1");
  EXPECT_THAT(list(world), ElementsAre("00D09E-Gateway-1 ACTIVE"));
}

INSTANTIATE_TEST_SUITE_P(Moments, KillRotation,
                         testing::Values(Moment::kStored, Moment::kOpen, Moment::kDone,
                                         Moment::kWritten),
                         name_of);

}  // namespace
}  // namespace integration
