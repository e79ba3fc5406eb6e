// deploy/mosquitto/usp.acl on the real broker: one user is the bridge, each other one controller.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <mqtt/async_client.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <map>

#include "tests/integration/world.h"
#include "tests/support/mailbox.h"
#include "tests/support/self_signed.h"

namespace integration {
namespace {

using testing::IsEmpty;

const std::string kFolder = std::string(TEST_DATA_DIR) + "/../../deploy/mosquitto/";
const std::string kAcl = kFolder + "usp.acl";
const std::string kId = "Device.LocalAgent.EndpointID";

/// A file of mosquitto_passwd; all have the password "secret".
std::string passwords(const support::TemporaryDirectory& directory,
                      std::initializer_list<const char*> users) {
  const std::string file = directory.file("passwords");
  const char* create = "-c ";
  for (const char* user : users) {
    const std::string command =
        std::string("mosquitto_passwd ") + create + "-b " + file + " '" + user + "' secret";
    if (std::system(command.c_str()) != 0) throw std::runtime_error(command);  // NOLINT
    create = "";
  }
  return file;
}

/// One user of the broker that hears everything it may.
class User {
 public:
  User(std::uint16_t port, const std::string& name, const std::string& filter,
       const std::string& will = {})
      : client_("tcp://127.0.0.1:" + std::to_string(port), "user-" + name) {
    client_.set_message_callback(
        [this](mqtt::const_message_ptr message) { heard.put(message->get_topic()); });
    client_.set_connection_lost_handler([this](const std::string&) { cut_off.put(true); });
    mqtt::connect_options options;
    options.set_user_name(name);
    options.set_password("secret");
    if (!will.empty()) options.set_will(mqtt::message(will, "x", 1, false));
    client_.connect(options)->wait();
    client_.subscribe(filter, 1)->wait();
  }
  ~User() {
    if (client_.is_connected()) client_.disconnect()->wait();
  }
  User(const User&) = delete;
  User& operator=(const User&) = delete;

  /// Done when the broker has taken or refused it.
  void publish(const std::string& topic) { client_.publish(topic, "x", 1, false)->wait(); }
  void publish_retained(const std::string& topic) { client_.publish(topic, "x", 1, true); }

  support::Mailbox<std::string> heard;
  support::Mailbox<bool> cut_off;

 private:
  mqtt::async_client client_;
};

class BrokerAcl : public testing::Test {
 protected:
  explicit BrokerAcl(std::vector<std::string> environment = {})
      : world(options(directory, std::move(environment))) {}

  static WorldOptions options(const support::TemporaryDirectory& directory,
                              std::vector<std::string> environment) {
    return {.environment = std::move(environment),
            .more_mqtt = "  username: usp-bridge\n  password: secret\n",
            .username = "ctl",
            .password = "secret",
            .broker = {.lines = "password_file " +
                                passwords(directory, {"usp-bridge", "ctl", "other", "+", "c#"}) +
                                "\nacl_file " + kAcl + "\nretain_available false\n",
                       .allow_anonymous = false}};
  }

  /// What comes to `listener` up to a message of the bridge to `last`, without that.
  std::vector<std::string> heard_by(User& listener, const std::string& last) {
    User bridge(world.broker().port(), "usp-bridge", "none");
    bridge.publish(last);
    std::vector<std::string> topics;
    for (auto topic = listener.heard.take(); topic && *topic != last;
         topic = listener.heard.take()) {
      topics.push_back(*topic);
    }
    return topics;
  }

  support::TemporaryDirectory directory;
  World world;
};

class BrokerAclPerAgent : public BrokerAcl {
 protected:
  BrokerAclPerAgent() : BrokerAcl({"USP_BRIDGE_MQTT__MODE=per-agent"}) {}
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

TEST_F(BrokerAclPerAgent, ConnectionsOfTheirOwnNeedNoMore) {
  const auto cpe = world.device("1");
  EXPECT_EQ(world.read(*cpe, kId), cpe->endpoint_id());
}

TEST_F(BrokerAcl, StrangersAreNotLetIn) {
  EXPECT_THROW(User(world.broker().port(), "stranger", "#"), mqtt::exception);
}

TEST_F(BrokerAcl, ASharedSubscriptionHearsNothingOfAnother) {
  const auto cpe = world.device("1");
  User other(world.broker().port(), "other", "$share/all/usp/v1/controller/#");
  EXPECT_EQ(world.read(*cpe, kId), cpe->endpoint_id());
  EXPECT_THAT(heard_by(other, "usp/v1/controller/other/last"), IsEmpty());
}

TEST_F(BrokerAcl, AControllerSeesNothingOfTheBroker) {
  User other(world.broker().port(), "other", "$SYS/#");
  User own(world.broker().port(), "ctl", "usp/v1/controller/ctl/last");
  EXPECT_THAT(heard_by(own, "usp/v1/controller/ctl/last"), IsEmpty());
  EXPECT_EQ(other.heard.size(), 0U);  // $SYS is retained: it would have come with SUBACK
}

TEST_F(BrokerAcl, AWillIsNoWayToAnotherController) {
  User ctl(world.broker().port(), "ctl", "usp/v1/controller/ctl/+");
  {
    User agent(world.broker().port(), "usp-bridge", "usp/v1/agent/x");
    for (const char* will : {"usp/v1/controller/ctl/will", "usp/v1/agent/x"}) {
      User other(world.broker().port(), "other", "none", will);
      other.publish_retained("usp/v1/agent/y");  // is cut off, so that its Will is due
      ASSERT_TRUE(other.cut_off.take());
    }
    EXPECT_TRUE(agent.heard.take()) << "Wills are sent";
  }
  EXPECT_THAT(heard_by(ctl, "usp/v1/controller/ctl/last"), IsEmpty());
}

TEST_F(BrokerAcl, WhoSendsARetainedRequestIsCutOff) {
  User other(world.broker().port(), "other", "none");
  other.publish_retained("usp/v1/agent/x");
  EXPECT_TRUE(other.cut_off.take());
}

TEST_F(BrokerAcl, AUserNamedLikeAWildcardMayNothing) {
  const auto cpe = world.device("1");
  User plus(world.broker().port(), "+", "#");
  User hash(world.broker().port(), "c#", "usp/v1/controller/#");
  EXPECT_EQ(world.read(*cpe, kId), cpe->endpoint_id());
  User ctl(world.broker().port(), "ctl", "usp/v1/controller/ctl/last");
  EXPECT_THAT(heard_by(ctl, "usp/v1/controller/ctl/last"), IsEmpty());
  EXPECT_EQ(plus.heard.size() + hash.heard.size(), 0U);
}

TEST(BrokerConfiguration, OfOperatorsIsTakenByMosquitto) {
  support::TemporaryDirectory directory;
  support::SelfSigned certificate;
  const std::map<std::string, std::string> here = {
      {"listener 8883", "listener " + std::to_string(support::free_port()) + " 127.0.0.1"},
      {"cafile ", "cafile " + certificate.certificate()},
      {"certfile ", "certfile " + certificate.certificate()},
      {"keyfile ", "keyfile " + certificate.key()},
      {"password_file ", "password_file " + passwords(directory, {"usp-bridge"})},
      {"acl_file ", "acl_file " + kAcl},
  };
  std::ifstream in(kFolder + "usp.conf");
  std::ofstream out(directory.file("usp.conf"));
  std::size_t replaced = 0;
  for (std::string line; std::getline(in, line);) {
    for (const auto& [begin, local] : here) {
      if (!line.starts_with(begin)) continue;
      line = local;
      ++replaced;
    }
    out << line << "\n";
  }
  if (::geteuid() == 0) out << "user root\n";  // user mosquitto cannot read this directory
  out << "log_dest stderr\n";
  out.close();
  ASSERT_EQ(replaced, here.size());

  support::Process mosquitto(
      "mosquitto", {"-c", directory.file("usp.conf")},
      support::Process::Options{.environment = {"PATH=/usr/sbin:/usr/bin:/sbin:/bin"}});
  EXPECT_TRUE(mosquitto.wait_for_text(" running")) << mosquitto.output();
}

}  // namespace
}  // namespace integration
