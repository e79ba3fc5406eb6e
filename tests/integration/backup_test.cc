// state.db backed up while the bridge works, and taken back after it was killed.
#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <thread>

#include "proto/bridge/v1/maintenance.grpc.pb.h"
#include "tests/integration/run_program.h"
#include "tests/integration/world.h"

namespace integration {
namespace {

namespace fs = std::filesystem;
namespace v1 = bridge::v1;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using usp_controller::Notification;

const std::string kSsid = "Device.WiFi.SSID.1.SSID";

std::string content(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

struct Backup : testing::Test {
  Ended ctl(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(),
                     {"--address", "127.0.0.1:" + std::to_string(world.grpc_port())});
    return run_program(USP_BRIDGECTL, std::move(arguments));
  }
  Ended restore(const std::string& from) const {
    return run_program(USP_BRIDGE,
                       {"-c", world.store_file("../bridge.yaml"), "--restore-state", from});
  }
  bool notified(Cpe& cpe, const std::string& value) {
    cpe.command("set", kSsid + " " + value);
    return world.controller()
        .wait_for_notify(
            [&](const Notification& each) {
              return each.notify.has_value_change() &&
                     each.notify.value_change().param_value() == value;
            },
            kLong)
        .has_value();
  }

  support::TemporaryDirectory directory;
  const std::string file = directory.file("state.db");
  World world;
};

TEST_F(Backup, BringsBackWhatWasThereWhenItWasMade) {
  auto cpe = world.device("1");
  world.ask(*cpe, usp_controller::subscribe("ssid", "ValueChange", kSsid, true));
  ASSERT_EQ(ctl({"freeze", "--oui", "FFFFFF", "--reason", "kept"}).status, 0);
  std::ofstream(directory.file("credentials.csv")) << "kept-user,long-enough-password\n";
  const Ended imported = ctl({"credentials", "import", directory.file("credentials.csv")});
  ASSERT_EQ(imported.status, 0) << imported.output;

  std::atomic<bool> informing{true};
  std::thread informs([&] {
    while (informing) cpe->command("inform");
  });
  const Ended made = ctl({"state", "backup", file});
  informing = false;
  informs.join();
  ASSERT_EQ(made.status, 0) << made.output;
  EXPECT_THAT(made.output, HasSubstr(" bytes, 1 devices, as of 20"));
  EXPECT_EQ(fs::status(file).permissions(), fs::perms::owner_read | fs::perms::owner_write);
  EXPECT_FALSE(fs::exists(file + ".partial"));
  EXPECT_TRUE(world.bridge().wait_for_text("audit: a backup of state.db, 1 devices, "));

  world.device("2");
  ASSERT_EQ(ctl({"thaw", "freezes/1"}).status, 0);
  world.kill_bridge();
  const Ended restored = restore(file);
  ASSERT_EQ(restored.status, 0) << restored.output;
  EXPECT_THAT(restored.output, AllOf(HasSubstr("restored state.db of 20"), HasSubstr("1 devices"),
                                     HasSubstr("state.db.before-restore")));
  world.start_bridge();

  EXPECT_THAT(ctl({"devices"}).output, AllOf(HasSubstr(cpe->endpoint_id()), Not(HasSubstr("-2 "))));
  EXPECT_THAT(ctl({"freezes"}).output, HasSubstr("kept"));
  EXPECT_THAT(ctl({"credentials", "list"}).output, HasSubstr("kept-user"));
  cpe->command("inform");
  ASSERT_TRUE(world.bridge().wait_for_text("learned, ")) << "the mirror is learnt again";
  EXPECT_TRUE(notified(*cpe, "after")) << "the subscription is gone";
  EXPECT_EQ(world.read(*cpe, kSsid), "after");
}

TEST_F(Backup, IsNotTakenBackWhileTheBridgeRunsOrWhenItIsNone) {
  auto cpe = world.device("1");
  ASSERT_EQ(ctl({"state", "backup", file}).status, 0);

  const Ended running = restore(file);
  EXPECT_EQ(running.status, 1);
  EXPECT_THAT(running.output, AllOf(HasSubstr("state.db is as it was"), HasSubstr("in use")));

  world.kill_bridge();
  const std::string before = content(world.store_file("state.db"));
  std::ofstream(file, std::ios::trunc) << "garbage";
  const Ended garbage = restore(file);
  EXPECT_EQ(garbage.status, 1);
  EXPECT_THAT(garbage.output, HasSubstr("state.db is as it was"));
  EXPECT_EQ(content(world.store_file("state.db")), before);
  world.start_bridge();
  EXPECT_EQ(world.read(*cpe, kSsid), "Home-1");
}

/// A bridge whose backups end as they should not.
class BrokenBridge final : public v1::MaintenanceService::Service {
 public:
  enum class How { kNoTrailer, kWrongHash, kError };
  explicit BrokenBridge(How how) : how_(how) {
    grpc::ServerBuilder builder;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port_);
    builder.RegisterService(this);
    server_ = builder.BuildAndStart();
  }
  std::string address() const { return "127.0.0.1:" + std::to_string(port_); }

  grpc::Status Backup(grpc::ServerContext*, const v1::BackupRequest*,
                      grpc::ServerWriter<v1::BackupChunk>* writer) override {
    v1::BackupChunk chunk;
    chunk.set_data("SQLite format 3");
    writer->Write(chunk);
    if (how_ == How::kError) return {grpc::StatusCode::UNAVAILABLE, "the bridge is stopping"};
    chunk.mutable_trailer()->set_size_bytes(15);
    chunk.mutable_trailer()->set_sha256(std::string(32, 'x'));
    if (how_ == How::kWrongHash) writer->Write(chunk);
    return grpc::Status::OK;
  }

 private:
  const How how_;
  int port_ = 0;
  std::unique_ptr<grpc::Server> server_;
};

TEST(BackupAlone, OfABrokenStreamIsNoFile) {
  using How = BrokenBridge::How;
  const std::vector<std::tuple<How, int, const char*>> cases{
      {How::kNoTrailer, 1, "the stream ended before the backup did"},
      {How::kWrongHash, 1, "damaged on its way"},
      {How::kError, 5, "the bridge is stopping"}};
  for (const auto& [how, status, text] : cases) {
    support::TemporaryDirectory directory;
    BrokenBridge bridge(how);
    std::ofstream(directory.file("state.db")) << "the last good one";

    const Ended ended = run_program(USP_BRIDGECTL, {"--address", bridge.address(), "state",
                                                    "backup", directory.file("state.db")});

    EXPECT_EQ(ended.status, status) << ended.output;
    EXPECT_THAT(ended.output, HasSubstr(text));
    EXPECT_EQ(content(directory.file("state.db")), "the last good one");
    EXPECT_FALSE(fs::exists(directory.file("state.db.partial")));
  }
}

TEST_F(Backup, GoesToTheStandardOutput) {
  const std::string command = std::string(USP_BRIDGECTL) +
                              " --address 127.0.0.1:" + std::to_string(world.grpc_port()) +
                              " state backup - > " + file;
  const Ended piped = run_program("/bin/sh", {"-c", command});
  EXPECT_EQ(piped.status, 0) << piped.output;
  EXPECT_THAT(content(file), testing::StartsWith("SQLite format 3"));
}

}  // namespace
}  // namespace integration
