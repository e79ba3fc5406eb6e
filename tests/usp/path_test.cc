#include "usp/path.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace usp {
namespace {

using testing::HasSubstr;

Path parsed(std::string_view text) {
  auto path = parse_path(text);
  EXPECT_TRUE(path) << text << ": " << (path ? "" : path.error().text);
  return path ? *path : Path{};
}

class UspPathRoundTrip : public testing::TestWithParam<const char*> {};

TEST_P(UspPathRoundTrip, FormatsToWhatWasParsed) {
  EXPECT_EQ(format_path(parsed(GetParam())), GetParam());
}

INSTANTIATE_TEST_SUITE_P(
    Grammar, UspPathRoundTrip,
    testing::Values(
        "Device.", "Device.Param", "Device.LocalAgent.EndpointID", "Device.Reboot()",
        "Device.Boot!", "Device.IP.Interface.", "Device.IP.Interface.4294967295.Enable",
        "Device.IP.Interface.*.", "Device.IP.Interface.1.IPv4Address.*.IPAddress",
        "Device.IP.Interface.[Name==\"eth0\"].IPv4Address.[Status==\"Enabled\"].IPAddress",
        "Device.IP.Interface.[Type!=\"Normal\"&&Stats.ErrorsSent>=0].Status",
        "Device.DSL.Line.[Enable==true].CurrentProfile",
        "Device.IP.Interface.*.IPv6Address.[ValidLifetime<2021-06-06T08:00:00Z].IPAddress",
        "Device.PCP.Client.*.Server.[Capabilities~=\"IPv6Firewall\"].",
        "Device.X.[A<-5&&B>+7&&C<=1.5].", "Device.NAT.PortMapping.1.Interface+.Name",
        "Device.WiFi.SSID.1.LowerLayers#2+.Name", "Device.WiFi.SSID.*.LowerLayers#*+.Name",
        "Device.WiFi.AccessPoint.[SSIDReference+.SSID==\"MyHome\"].AssociatedDevice.",
        "Device.WiFi.AccessPoint.[Refs#*+.Sub.SSID==\"x\"].Reset()",
        "Device.T.[A==\"100%25 %22x%22 [&&].\"].P", "Device.X_ACME-COM_Thing.Value"));

struct BadPath {
  const char* text;
  const char* error;  ///< where and what
};

class UspPathErrors : public testing::TestWithParam<BadPath> {};

TEST_P(UspPathErrors, SayWhatIsWrongAndWhere) {
  const auto path = parse_path(GetParam().text);
  ASSERT_FALSE(path) << GetParam().text;
  EXPECT_EQ(path.error().code, ErrorCode::kInvalidPathSyntax);
  EXPECT_THAT(path.error().text, HasSubstr(GetParam().error)) << GetParam().text;
}

INSTANTIATE_TEST_SUITE_P(
    Grammar, UspPathErrors,
    testing::Values(BadPath{"", "character 1: a path begins with a name"},
                    BadPath{".", "character 1: a path begins with a name"},
                    BadPath{"1.", "character 1: a path begins with a name"},
                    BadPath{"Device", "character 7: '.' expected"},
                    BadPath{"Device..", "character 8: unexpected"},
                    BadPath{"Device.1.", "character 8: an inst"},
                    BadPath{"Device.A B", "character 9: unexpected"},
                    BadPath{"Device.T.0.P", "character 10: not an instance number"},
                    BadPath{"Device.T.01.P", "character 10: not an instance number"},
                    BadPath{"Device.T.4294967296.P", "character 10: not an instance number"},
                    BadPath{"Device.T.1", "character 11: '.' expected"},
                    BadPath{"Device.T.1.2.", "character 12: an instance only"},
                    BadPath{"Device.T.*.*.", "character 12: an instance only"},
                    BadPath{"Device.T.*P", "character 11: '.' expected"},
                    BadPath{"Device.T.{i}.P", "character 10: unexpected"},
                    BadPath{"Device.T.[].P", "character 11: a parameter name"},
                    BadPath{"Device.T.[A==].P", "character 14: a constant"},
                    BadPath{"Device.T.[A=1].P", "character 12: an operator"},
                    BadPath{"Device.T.[A< =1].P", "character 14: a constant"},
                    BadPath{"Device.T.[A==1", "character 15: '&&' or ']'"},
                    BadPath{"Device.T.[A==1&&].P", "character 17: a parameter name"},
                    BadPath{"Device.T.[A==1||B==2].P", "character 15: '&&' or ']'"},
                    BadPath{"Device.T.[A==\"x].P", "the string does not end"},
                    BadPath{"Device.T.[A==\"x%20\"].P", "character 16: only %22"},
                    BadPath{"Device.T.[B.*.A==1].P", "character 13: a parameter name"},
                    BadPath{"Device.T.{A==1}.P", "character 10: unexpected"},
                    BadPath{"Device.Reboot().", "character 16: nothing may follow"},
                    BadPath{"Device.Boot!x", "character 13: nothing may follow"},
                    BadPath{"Device.Reboot(", "character 14: unexpected"},
                    BadPath{"Reboot()", "character 7: '.' expected"},
                    BadPath{"Device.Ref+", "character 12: '.' expected after"},
                    BadPath{"Device.Ref+.1.", "character 13: a name follows"},
                    BadPath{"Device.Ref#0+.A", "character 12: not an instance number"},
                    BadPath{"Device.Ref#1.A", "character 13: '+' expected"},
                    BadPath{"Device.T.[A+==1].P", "'.' expected after '+'"}));

TEST(UspPath, TellsItsKinds) {
  EXPECT_EQ(parsed("Device.A.").kind, Path::Kind::kObject);
  EXPECT_EQ(parsed("Device.A").kind, Path::Kind::kParameter);
  EXPECT_EQ(parsed("Device.A()").leaf, "A()");
  EXPECT_EQ(parsed("Device.A!").leaf, "A!");
}

TEST(UspPath, ToleratesSpacesAroundOperators) {
  EXPECT_EQ(format_path(parsed("Device.T.[ A == \"x\" && B > 1 ].P")),
            "Device.T.[A==\"x\"&&B>1].P");
}

TEST(UspPath, UndoesEscapesInStrings) {
  const Path path = parsed("Device.T.[A==\"%22%25%2522\"].P");
  EXPECT_EQ(path.segments[2].conditions[0].constant, "\"%%22");
}

TEST(UspPath, KnowsWhetherItSearches) {
  EXPECT_TRUE(parsed("Device.T.*.P").has_search());
  EXPECT_TRUE(parsed("Device.T.[A==1].P").has_search());
  EXPECT_FALSE(parsed("Device.T.1.P").has_search());
}

TEST(UspPath, StopsAtItsLimits) {
  const auto segments = [](std::size_t count) {
    std::string text;
    for (std::size_t i = 0; i < count; ++i) text += "a.";
    return text;
  };
  EXPECT_TRUE(parse_path(segments(kMaxPathSegments)));
  EXPECT_FALSE(parse_path(segments(kMaxPathSegments + 1)));
  EXPECT_TRUE(parse_path("Device." + std::string(kMaxPathBytes - 7, 'a')));
  EXPECT_FALSE(parse_path("Device." + std::string(kMaxPathBytes - 6, 'a')));
  const auto conditions = [](std::size_t count) {
    std::string text = "Device.T.[A==1";
    for (std::size_t i = 1; i < count; ++i) text += "&&A==1";
    return text + "].";
  };
  EXPECT_TRUE(parse_path(conditions(kMaxConditions)));
  EXPECT_FALSE(parse_path(conditions(kMaxConditions + 1)));
}

TEST(UspPath, ReferencesMayLackTheLastDot) {
  EXPECT_EQ(format_path(*parse_reference("Device.IP.Interface.1")), "Device.IP.Interface.1.");
  EXPECT_EQ(format_path(*parse_reference("Device.IP")), "Device.IP.");
  EXPECT_EQ(format_path(*parse_reference("Device.T.[A==\"x\"]")), "Device.T.[A==\"x\"].");
}

TEST(UspPath, SupportedPathsHavePlaceholdersOrNumbers) {
  EXPECT_EQ(format_path(*parse_supported("Device.T.{i}.U.{i}.P")), "Device.T.{i}.U.{i}.P");
  EXPECT_EQ(format_path(*parse_supported("Device.T.1.U.{i}")), "Device.T.1.U.{i}.");
  EXPECT_EQ(parse_supported("Device.T.{i}.Do()")->kind, Path::Kind::kCommand);
  EXPECT_FALSE(parse_supported("Device.T.{i}.U.1."));  // a number cannot follow {i}
  EXPECT_FALSE(parse_supported("Device.T.*."));
}

TEST(UspPath, SplitsAndGeneralises) {
  EXPECT_EQ(split_path("Device.T.3.P").object, "Device.T.3.");
  EXPECT_EQ(split_path("Device.T.3.P").leaf, "P");
  EXPECT_EQ(to_supported_path("Device.T.3.U.14."), "Device.T.{i}.U.{i}.");
  EXPECT_EQ(to_supported_path("Host.1.Name"), "Host.{i}.Name");
}

}  // namespace
}  // namespace usp
