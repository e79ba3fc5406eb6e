#include "bridge/control/access.h"

#include <gmock/gmock.h>

#include <fstream>

#include "tests/support/process.h"

namespace bridge::control {
namespace {

/// SHA-256 of "a token of sixteen or more", as sha256sum prints it.
constexpr const char* kToken = "a token of sixteen or more";
constexpr const char* kTokenHash =
    "ee1e8e2631e65c572e932b5f5cf6a242f3f9fbee50c88a148ad9768b32ba883d";

class Access : public testing::Test {
 protected:
  GrpcClientConfig& client(const std::string& name, const std::string& role = "viewer") {
    GrpcClientConfig added;
    added.name = name;
    added.role = role;
    config.clients.push_back(added);
    return config.clients.back();
  }
  AccessRules rules() { return *AccessRules::load(config); }
  /// The name of who that is; what is wrong with it otherwise.
  std::string who(const Shown& shown) {
    auto known = rules().recognise(shown);
    if (known) return (*known)->name;
    return known.error() == Stranger::kNothingShown ? "nothing shown" : "unknown";
  }

  GrpcConfig config;
  support::TemporaryDirectory directory;
};

TEST_F(Access, IsEverybodysWhereNoClientsAreNamed) {
  auto anybody = rules().recognise({});
  ASSERT_TRUE(anybody);
  EXPECT_TRUE((*anybody)->may("CredentialService/PutCredentials"));
  EXPECT_EQ((*anybody)->requester, "grpc");
}

TEST_F(Access, IsByTokenOrItsHash) {
  client("hash").token_sha256 = kTokenHash;
  const std::string file = directory.file("token");
  std::ofstream(file) << "  another token, of a file\n";
  client("file").token_file = file;

  EXPECT_EQ(who({std::string("Bearer ") + kToken, {}}), "hash");
  EXPECT_EQ(who({std::string("bEARER  ") + kToken, {}}), "hash") << "RFC 9110 11.1";
  EXPECT_EQ(who({"Bearer another token, of a file", {}}), "file");
  EXPECT_EQ(who({"Bearer another token", {}}), "unknown");
  EXPECT_EQ(who({"Bearer ", {}}), "unknown");
  EXPECT_EQ(who({std::string("Basic ") + kToken, {}}), "unknown");
  EXPECT_EQ(who({}), "nothing shown");
}

TEST_F(Access, IsByCertificate) {
  client("oss").certificate = "oss.example.com";

  EXPECT_EQ(who({"", {"common name", "oss.example.com"}}), "oss");
  EXPECT_EQ(who({"", {"other.example.com"}}), "unknown");
  EXPECT_EQ(who({}), "nothing shown");
}

TEST_F(Access, AWrongTokenIsNotMadeGoodByACertificate) {
  client("oss").certificate = "oss.example.com";

  EXPECT_EQ(who({"Bearer of something else", {"oss.example.com"}}), "unknown");
}

TEST_F(Access, RequesterSaysWhichClient) {
  client("oss").certificate = "c";
  EXPECT_EQ((*rules().recognise({"", {"c"}}))->requester, "grpc:oss");
}

TEST_F(Access, RolesAllowWhatTheySay) {
  client("v", "viewer").certificate = "v";
  client("o", "operator").certificate = "o";
  client("a", "admin").certificate = "a";
  const auto may = [&](const std::string& name, const std::string& method) {
    return (*rules().recognise({"", {name}}))->may(method);
  };
  struct Row {
    const char* method;
    bool viewer;
    bool operates;
  };
  const Row rows[] = {
      {"DeviceService/ListDevices", true, true},
      {"DeviceService/UpdateDevice", false, true},
      {"DeviceService/DeleteDevice", false, false},
      {"ParameterService/StreamParameters", true, true},
      {"ParameterService/RefreshParameters", false, true},
      {"ParameterService/SetParameters", false, true},
      {"OperationService/WaitOperation", true, true},
      {"OperationService/CancelOperation", false, true},
      {"WatchService/Watch", true, true},
      {"BulkService/StartBulkOperation", false, true},
      {"FreezeService/ListFreezes", true, true},
      {"FreezeService/CreateFreeze", false, false},
      {"CredentialService/ListCredentials", false, false},
      {"CredentialService/RotateCredential", false, false},
      {"ControllerService/ListControllers", true, true},
      {"MaintenanceService/Backup", false, false},
      {"MaintenanceService/Diagnose", false, true},
  };
  for (const Row& row : rows) {
    EXPECT_EQ(may("v", row.method), row.viewer) << row.method;
    EXPECT_EQ(may("o", row.method), row.operates) << row.method;
    EXPECT_TRUE(may("a", row.method)) << row.method;
  }
}

TEST_F(Access, ARoleOfOnesOwn) {
  config.roles.push_back({"helpdesk", {"DeviceService/Get*", "OperationService/StartCommand"}});
  client("h", "helpdesk").certificate = "h";
  auto who = *rules().recognise({"", {"h"}});
  EXPECT_TRUE(who->may("DeviceService/GetDevice"));
  EXPECT_TRUE(who->may("OperationService/StartCommand"));
  EXPECT_FALSE(who->may("DeviceService/ListDevices"));
}

TEST_F(Access, NamesTheTokenFileThatIsNoGood) {
  client("oss").token_file = directory.file("missing");
  auto missing = AccessRules::load(config);
  ASSERT_FALSE(missing);
  EXPECT_THAT(missing.error(), testing::HasSubstr("missing: cannot be read"));

  std::ofstream(directory.file("missing")) << "too short";
  EXPECT_THAT(AccessRules::load(config).error(), testing::HasSubstr("16 to 4096"));
}

TEST(OnlyReads, IsToldByTheNameOfTheMethod) {
  for (const char* reads :
       {"DeviceService/GetDevice", "WatchService/Watch", "OperationService/WaitOperation",
        "DeviceService/ExplainDevice", "MaintenanceService/Diagnose"}) {
    EXPECT_TRUE(only_reads(reads)) << reads;
  }
  for (const char* writes : {"DeviceService/DeleteDevice", "ParameterService/RefreshParameters",
                             "CredentialService/PutCredentials", "MaintenanceService/Backup"}) {
    EXPECT_FALSE(only_reads(writes)) << writes;
  }
}

// A stream that was let in by rules that are not those of now.
TEST(AccessRules, KnowAClientOfOlderRulesByItsName) {
  Client client;
  client.name = "oss";
  EXPECT_TRUE(AccessRules::load({})->still_lets(client, "WatchService/Watch"));
  GrpcConfig config;
  config.clients.emplace_back().name = "oss";  // a viewer
  const auto rules = AccessRules::load(config);
  ASSERT_TRUE(rules);
  EXPECT_TRUE(rules->still_lets(client, "WatchService/Watch"));
  EXPECT_FALSE(rules->still_lets(client, "MaintenanceService/Backup"));
  client.name = "portal";
  EXPECT_FALSE(rules->still_lets(client, "WatchService/Watch"));
}

}  // namespace
}  // namespace bridge::control
