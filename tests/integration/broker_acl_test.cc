// deploy/mosquitto/usp.acl on the real broker: one user is the bridge, each other one controller.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <mqtt/async_client.h>

#include <cstdlib>

#include "tests/integration/world.h"
#include "tests/support/mailbox.h"

namespace integration {
namespace {

const std::string kAcl = std::string(TEST_DATA_DIR) + "/../../deploy/mosquitto/usp.acl";
const std::string kId = "Device.LocalAgent.EndpointID";

/// A file of mosquitto_passwd; all have the password "secret".
std::string passwords(const support::TemporaryDirectory& directory,
                      std::initializer_list<const char*> users) {
  const std::string file = directory.file("passwords");
  const char* create = "-c ";
  for (const char* user : users) {
    const std::string command =
        std::string("mosquitto_passwd ") + create + "-b " + file + " " + user + " secret";
    if (std::system(command.c_str()) != 0) throw std::runtime_error(command);  // NOLINT
    create = "";
  }
  return file;
}

/// One user of the broker that hears everything it may.
class User {
 public:
  User(std::uint16_t port, const std::string& name, const std::string& filter)
      : client_("tcp://127.0.0.1:" + std::to_string(port), "user-" + name) {
    client_.set_message_callback(
        [this](mqtt::const_message_ptr message) { heard.put(message->get_topic()); });
    mqtt::connect_options options;
    options.set_user_name(name);
    options.set_password("secret");
    client_.connect(options)->wait();
    client_.subscribe(filter, 1)->wait();
  }
  ~User() { client_.disconnect()->wait(); }
  User(const User&) = delete;
  User& operator=(const User&) = delete;

  /// Done when the broker has taken or refused it.
  void publish(const std::string& topic) { client_.publish(topic, "x", 1, false)->wait(); }

  support::Mailbox<std::string> heard;

 private:
  mqtt::async_client client_;
};

class BrokerAcl : public testing::Test {
 protected:
  support::TemporaryDirectory directory;
  World world{WorldOptions{
      .more_mqtt = "  username: usp-bridge\n  password: secret\n",
      .username = "ctl",
      .password = "secret",
      .broker = {.lines = "password_file " + passwords(directory, {"usp-bridge", "ctl", "other"}) +
                          "\nacl_file " + kAcl + "\n",
                 .allow_anonymous = false}}};
};

TEST_F(BrokerAcl, TheBridgeAndItsControllerNeedNoMore) {
  const auto cpe = world.device("1");
  EXPECT_EQ(world.read(*cpe, kId), cpe->endpoint_id());
}

TEST_F(BrokerAcl, AControllerHearsNothingOfAnother) {
  const auto cpe = world.device("1");
  User other(world.broker().port(), "other", "#");
  EXPECT_EQ(world.read(*cpe, kId), cpe->endpoint_id());  // to and from ctl, past other
  // What is its own comes.
  User bridge(world.broker().port(), "usp-bridge", "none");
  bridge.publish("usp/v1/controller/other/mine");
  const auto first = other.heard.take();
  ASSERT_TRUE(first);
  EXPECT_EQ(*first, "usp/v1/controller/other/mine") << "and nothing before";
}

TEST_F(BrokerAcl, AControllerCannotSpeakToAnotherAsAnAgentWould) {
  User ctl(world.broker().port(), "ctl", "#");
  User other(world.broker().port(), "other", "none");
  other.publish("usp/v1/controller/ctl");
  other.publish("usp/v1/controller/ctl/reply");
  other.publish("usp/v1/controller/other");
  User bridge(world.broker().port(), "usp-bridge", "none");
  bridge.publish("usp/v1/controller/ctl/last");
  std::optional<std::string> heard;
  do {  // the bridge itself may have sent it something, on its own topic
    heard = ctl.heard.take();
    ASSERT_TRUE(heard);
    EXPECT_NE(*heard, "usp/v1/controller/ctl/reply");
  } while (*heard != "usp/v1/controller/ctl/last");
}

TEST_F(BrokerAcl, ControllersDoNotHearWhatAgentsAreAsked) {
  const auto cpe = world.device("1");
  User other(world.broker().port(), "other", "usp/v1/+/#");
  EXPECT_EQ(world.read(*cpe, kId), cpe->endpoint_id());
  other.publish("usp/v1/agent/" + cpe->endpoint_id());  // allowed: it is how they are asked
  EXPECT_TRUE(world.bridge().wait_for_text("are no USP record")) << world.bridge().output();
  User bridge(world.broker().port(), "usp-bridge", "none");
  bridge.publish("usp/v1/controller/other");
  EXPECT_EQ(other.heard.take(), "usp/v1/controller/other") << "and nothing before";
}

}  // namespace
}  // namespace integration
