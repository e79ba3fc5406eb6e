// TP-469 section 1: GetSupportedDM, GetSupportedProtocol.
#include <set>

#include "tests/conformance/suite.h"

namespace conformance {
namespace {

using testing::Each;
using testing::IsEmpty;
using testing::IsSupersetOf;
using testing::Ne;
using testing::SizeIs;
using testing::StartsWith;
using testing::UnorderedElementsAre;

const std::string kLocalAgent = "Device.LocalAgent.";

class SupportedDm : public Case {
 protected:
  using Resp = usp_msg::GetSupportedDMResp;
  using Result = Resp::RequestedObjectResult;
  using Object = Resp::SupportedObjectResult;

  struct Options {
    bool first_level_only = false;
    bool commands = true;
    bool events = true;
    bool params = true;
    bool keys = true;
  };

  std::vector<Result> asked(const std::vector<std::string>& paths, Options options) {
    usp_msg::Msg request = usp_controller::supported_dm(paths, options.first_level_only);
    auto& body = *request.mutable_body()->mutable_request()->mutable_get_supported_dm();
    body.set_return_commands(options.commands);
    body.set_return_events(options.events);
    body.set_return_params(options.params);
    body.set_return_unique_key_sets(options.keys);
    const usp_msg::Msg answer = agent.ask(request);
    EXPECT_TRUE(answer.body().response().has_get_supported_dm_resp()) << answer.ShortDebugString();
    const auto& results = answer.body().response().get_supported_dm_resp().req_obj_results();
    EXPECT_EQ(static_cast<std::size_t>(results.size()), paths.size());
    for (std::size_t i = 0; i < paths.size(); ++i) {
      EXPECT_EQ(results[static_cast<int>(i)].req_obj_path(), paths[i]);
    }
    return {results.begin(), results.end()};
  }

  Result good(const std::string& path, Options options) {
    Result result = asked({path}, options).at(0);
    EXPECT_EQ(result.err_code(), 0U) << result.err_msg();
    EXPECT_THAT(result.supported_objs(), testing::Not(IsEmpty()));
    expect_valid(result);
    return result;
  }

  static std::set<std::string> paths_of(const Result& result) {
    std::set<std::string> paths;
    for (const Object& object : result.supported_objs()) {
      EXPECT_TRUE(paths.insert(object.supported_obj_path()).second)
          << object.supported_obj_path() << " comes twice";
    }
    return paths;
  }

  static const Object& object(const Result& result, const std::string& path) {
    for (const Object& each : result.supported_objs()) {
      if (each.supported_obj_path() == path) return each;
    }
    ADD_FAILURE() << path << " is missing";
    return Object::default_instance();
  }

  static bool is_bare(const Object& object) {
    return object.supported_params().empty() && object.supported_commands().empty() &&
           object.supported_events().empty();
  }

  /// Names of arguments may lie below the command: "Part.{i}.Name".
  static bool is_relative(const std::string& name) {
    return is_supported_path("Device." + name) && !name.starts_with("Device.");
  }

  /// Metrics that ask for valid information about each element.
  static void expect_valid(const Result& result) {
    for (const Object& each : result.supported_objs()) {
      SCOPED_TRACE(each.supported_obj_path());
      EXPECT_EQ(each.is_multi_instance(), each.supported_obj_path().ends_with(".{i}."));
      std::set<std::string> params;
      for (const auto& param : each.supported_params()) {
        EXPECT_TRUE(params.insert(param.param_name()).second) << param.param_name();
        EXPECT_TRUE(is_relative(param.param_name())) << param.param_name();
        EXPECT_NE(param.value_type(), Resp::PARAM_UNKNOWN) << param.param_name();
        EXPECT_NE(param.value_change(), Resp::VALUE_CHANGE_UNKNOWN) << param.param_name();
      }
      for (const auto& command : each.supported_commands()) {
        EXPECT_TRUE(command.command_name().ends_with("()")) << command.command_name();
        EXPECT_NE(command.command_type(), Resp::CMD_UNKNOWN) << command.command_name();
        for (const auto& name : command.input_arg_names()) EXPECT_TRUE(is_relative(name)) << name;
        for (const auto& name : command.output_arg_names()) EXPECT_TRUE(is_relative(name)) << name;
      }
      for (const auto& event : each.supported_events()) {
        EXPECT_TRUE(event.event_name().ends_with("!")) << event.event_name();
        for (const auto& name : event.arg_names()) EXPECT_TRUE(is_relative(name)) << name;
      }
      for (const auto& set : each.unique_key_sets()) {
        EXPECT_TRUE(each.is_multi_instance());
        EXPECT_THAT(set.key_names(), testing::Not(IsEmpty()));
        for (const auto& name : set.key_names()) {
          EXPECT_TRUE(params.empty() || params.contains(name)) << name;
        }
      }
    }
  }

  static void expect_leaf(const Result& result, const std::string& object_path, int params,
                          int commands, int events) {
    ASSERT_THAT(result.supported_objs(), SizeIs(1)) << result.ShortDebugString();
    const Object& only = result.supported_objs(0);
    EXPECT_EQ(only.supported_obj_path(), object_path);
    EXPECT_EQ(only.supported_params_size(), params);
    EXPECT_EQ(only.supported_commands_size(), commands);
    EXPECT_EQ(only.supported_events_size(), events);
    EXPECT_EQ(only.unique_key_sets_size(), 0);
  }
};

TEST_F(SupportedDm, 1_72_AnObjectWithEverythingBelow) {
  const Result result = good(kLocalAgent, {});

  EXPECT_THAT(
      paths_of(result),
      IsSupersetOf({kLocalAgent, kLocalAgent + "MTP.{i}.", kLocalAgent + "MTP.{i}.MQTT.",
                    kSubscriptions + "{i}.", kLocalAgent + "Request.{i}.", kControllers + "{i}.",
                    kControllers + "{i}.MTP.{i}.", kControllers + "{i}.MTP.{i}.MQTT.",
                    kControllers + "{i}.BootParameter.{i}."}));
  EXPECT_THAT(paths_of(result), Each(StartsWith(kLocalAgent)));
  const auto events = object(result, kLocalAgent).supported_events();
  EXPECT_THAT(events, testing::Not(IsEmpty()));
  EXPECT_THAT(object(result, kControllers + "{i}.").supported_commands(), testing::Not(IsEmpty()));
  // The profile Subscriptions:1, and what the plan writes.
  std::vector<std::string> names;
  for (const auto& param : object(result, kSubscriptions + "{i}.").supported_params()) {
    names.push_back(param.param_name());
  }
  EXPECT_THAT(names, IsSupersetOf({"Alias", "Enable", "Recipient", "ID", "CreationDate",
                                   "NotifType", "ReferenceList", "Persistent", "TimeToLive",
                                   "NotifRetry", "NotifExpiration"}));
  for (const Object& each : result.supported_objs()) {
    EXPECT_EQ(each.unique_key_sets().empty(), !each.is_multi_instance())
        << each.supported_obj_path();
  }
}

TEST_F(SupportedDm, 1_73_TheFirstLevelOfAnObject) {
  const Result result = good(kLocalAgent, {.first_level_only = true});

  EXPECT_THAT(
      paths_of(result),
      UnorderedElementsAre(kLocalAgent, kLocalAgent + "MTP.{i}.", kSubscriptions + "{i}.",
                           kLocalAgent + "Request.{i}.", kControllers + "{i}.",
                           kLocalAgent + "Certificate.{i}.", kLocalAgent + "ControllerTrust."));
  for (const Object& each : result.supported_objs()) {
    EXPECT_EQ(is_bare(each), each.supported_obj_path() != kLocalAgent);
  }
  EXPECT_THAT(object(result, kLocalAgent).supported_params(), testing::Not(IsEmpty()));
  EXPECT_THAT(object(result, kLocalAgent).supported_events(), testing::Not(IsEmpty()));
  EXPECT_THAT(object(result, kLocalAgent).unique_key_sets(), IsEmpty());
}

TEST_F(SupportedDm, 1_74_TheFirstLevelWithoutElements) {
  const Result result = good(kLocalAgent, {.first_level_only = true,
                                           .commands = false,
                                           .events = false,
                                           .params = false,
                                           .keys = false});

  EXPECT_THAT(paths_of(result), IsSupersetOf({kLocalAgent, kSubscriptions + "{i}."}));
  for (const Object& each : result.supported_objs()) {
    EXPECT_TRUE(is_bare(each)) << each.ShortDebugString();
    EXPECT_THAT(each.unique_key_sets(), IsEmpty());
  }
}

TEST_F(SupportedDm, 1_75_TheFirstLevelOfTwoTables) {
  const auto results = asked({kControllers, kLocalAgent + "MTP."}, {.first_level_only = true});

  const std::string mtp = kLocalAgent + "MTP.{i}.";
  EXPECT_THAT(paths_of(results[0]),
              IsSupersetOf({kControllers + "{i}.", kControllers + "{i}.MTP.{i}.",
                            kControllers + "{i}.BootParameter.{i}."}));
  EXPECT_THAT(paths_of(results[1]), UnorderedElementsAre(mtp, mtp + "MQTT."));
  for (const Result& result : results) {
    expect_valid(result);
    for (const Object& each : result.supported_objs()) {
      const bool asked_for =
          each.supported_obj_path() == kControllers + "{i}." || each.supported_obj_path() == mtp;
      EXPECT_EQ(is_bare(each), !asked_for) << each.supported_obj_path();
      EXPECT_EQ(each.unique_key_sets().empty(), !each.is_multi_instance())
          << each.supported_obj_path();
    }
  }
}

TEST_F(SupportedDm, 1_76_TheRoot) {
  const Result result = good("Device.", {});

  // What the bridge keeps, and what the device has.
  EXPECT_THAT(
      paths_of(result),
      IsSupersetOf({"Device.", "Device.LocalAgent.", "Device.MQTT.Client.{i}.",
                    "Device.DeviceInfo.", "Device.WiFi.SSID.{i}.", "Device.NAT.PortMapping.{i}."}));
  EXPECT_EQ(object(result, "Device.NAT.PortMapping.{i}.").access(), Resp::OBJ_ADD_DELETE);
}

TEST_F(SupportedDm, 1_77_AnUnknownObjectIsAnErrorOfItsPath) {
  const Result result = asked({kLocalAgent + "UnsupportedObject."}, {})[0];
  EXPECT_EQ(result.err_code(), 7026U);
  EXPECT_THAT(result.err_msg(), Ne(""));
  EXPECT_THAT(result.supported_objs(), IsEmpty());
}

TEST_F(SupportedDm, 1_97_CommandsOfTheRoot) {
  const Result result = good("Device.", {.events = false, .params = false, .keys = false});

  int with_arguments = 0;
  for (const Object& each : result.supported_objs()) {
    EXPECT_THAT(each.supported_params(), IsEmpty());
    EXPECT_THAT(each.supported_events(), IsEmpty());
    for (const auto& command : each.supported_commands()) {
      if (!command.input_arg_names().empty()) ++with_arguments;
    }
  }
  EXPECT_GE(with_arguments, 1);
}

TEST_F(SupportedDm, 1_98_EventsOfTheRoot) {
  const Result result = good("Device.", {.commands = false, .params = false, .keys = false});

  int with_arguments = 0;
  for (const Object& each : result.supported_objs()) {
    EXPECT_THAT(each.supported_params(), IsEmpty());
    EXPECT_THAT(each.supported_commands(), IsEmpty());
    for (const auto& event : each.supported_events()) {
      if (!event.arg_names().empty()) ++with_arguments;
    }
  }
  EXPECT_GE(with_arguments, 1);
}

TEST_F(SupportedDm, 1_99_UniqueKeysOnly) {
  // As the plan writes it: the last "." is missing.
  const Result result =
      good("Device.LocalAgent.Subscription", {.commands = false, .events = false, .params = false});

  ASSERT_THAT(result.supported_objs(), SizeIs(1));
  EXPECT_TRUE(is_bare(result.supported_objs(0)));
  std::vector<std::set<std::string>> sets;
  for (const auto& set : result.supported_objs(0).unique_key_sets()) {
    sets.emplace_back(set.key_names().begin(), set.key_names().end());
  }
  EXPECT_THAT(sets, UnorderedElementsAre(std::set<std::string>{"Alias"},
                                         std::set<std::string>{"Recipient", "ID"}));
}

TEST_F(SupportedDm, 1_105_ACommand) {
  const Result result = good("Device.Reboot()", {});
  expect_leaf(result, "Device.", 0, 1, 0);
  EXPECT_EQ(result.supported_objs(0).supported_commands(0).command_name(), "Reboot()");
}

TEST_F(SupportedDm, 1_106_AnEvent) {
  const Result result = good("Device.Boot!", {});
  expect_leaf(result, "Device.", 0, 0, 1);
  EXPECT_EQ(result.supported_objs(0).supported_events(0).event_name(), "Boot!");
}

TEST_F(SupportedDm, 1_107_AParameter) {
  const Result result = good(kLocalAgent + "EndpointID", {});
  expect_leaf(result, kLocalAgent, 1, 0, 0);
  EXPECT_EQ(result.supported_objs(0).supported_params(0).param_name(), "EndpointID");
}

TEST_F(SupportedDm, 1_80_ProtocolVersions) {
  const usp_msg::Msg answer = agent.ask(usp_controller::supported_protocol("1.0,1.4"));
  ASSERT_TRUE(answer.body().response().has_get_supported_protocol_resp())
      << answer.ShortDebugString();
  EXPECT_THAT(
      answer.body().response().get_supported_protocol_resp().agent_supported_protocol_versions(),
      testing::MatchesRegex("[0-9]+\\.[0-9]+(,[0-9]+\\.[0-9]+)*"));
}

}  // namespace
}  // namespace conformance
