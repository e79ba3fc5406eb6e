#include "bridge/translate/mapping.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace bridge::translate {
namespace {

using testing::ElementsAre;

std::vector<std::string> errors_of(const std::string& text) {
  std::vector<std::string> out;
  auto made = Mapping::make({{"rules.csv", text}});
  if (!made) {
    for (const MappingError& error : made.error()) out.push_back(error.message());
  }
  return out;
}

TEST(TranslateMapping, TheBuiltInMappingHasNoErrors) {
  EXPECT_THAT(errors_of(std::string(built_in_mapping_text())), ElementsAre());
  EXPECT_GT(built_in_mapping()->rules().size(), 1500U);
}

TEST(TranslateMapping, LegacyNamesAreOffUnlessWanted) {
  EXPECT_LT(built_in_mapping()->rules().size(), built_in_mapping({true})->rules().size());
}

TEST(TranslateMapping, ControllersNeverSeeManagementServer) {
  for (const Rule& rule : built_in_mapping({true})->rules()) {
    EXPECT_FALSE(rule.shown.supported.starts_with("Device.ManagementServer.")) << rule.line;
  }
}

struct Mistake {
  const char* line;
  const char* error;
};

class TranslateMistakes : public testing::TestWithParam<Mistake> {};

TEST_P(TranslateMistakes, AreNamedWithTheirLine) {
  const std::string text =
      "tr098_path,tr181_path\n# comment\n" + std::string(GetParam().line) + "\n";
  EXPECT_THAT(errors_of(text), ElementsAre("rules.csv:3: " + std::string(GetParam().error)));
}

INSTANTIATE_TEST_SUITE_P(
    All, TranslateMistakes,
    testing::Values(
        Mistake{"InternetGatewayDevice.A,Device.A,ro,string,string,copy",
                "seven fields are wanted: there are 6"},
        Mistake{"Device.A,Device.A,ro,string,string,copy,", "no path of a TR-098 device: Device.A"},
        Mistake{"InternetGatewayDevice.A,X.A,ro,string,string,copy,", "no path of Device:2: X.A"},
        Mistake{"InternetGatewayDevice.A,Device.A,r,string,string,copy,", "access is ro or rw: r"},
        Mistake{"InternetGatewayDevice.A,Device.A,ro,string,string,copyy,",
                "no such transform: copyy"},
        Mistake{"InternetGatewayDevice.A,Device.A,ro,string,string,fn:nothing,",
                "no such function: nothing"},
        Mistake{"InternetGatewayDevice.A,Device.A,ro,string,string,synth(nothing),",
                "no such computed value: nothing"},
        Mistake{"InternetGatewayDevice.A,Device.A,ro,string,string,scale(x),", "no factor: x"},
        Mistake{"InternetGatewayDevice.A,Device.A,ro,string,string,enum(A),", "A=B is wanted: A"},
        Mistake{"InternetGatewayDevice.A,Device.A,ro,string,string,when(B likes C) copy,",
                "no such condition: B likes C"},
        Mistake{"InternetGatewayDevice.A,Device.A,ro,string,string,when(B=C copy,",
                "when( is not closed: when(B=C copy"},
        Mistake{"InternetGatewayDevice.A.{ab}.,Device.A.{a}.,ro,object,object,obj(primary),",
                "an instance is a letter in braces: {ab}"},
        Mistake{"InternetGatewayDevice.A.{a}.,Device.A.{a.,ro,object,object,obj(primary),",
                "a brace is not closed: Device.A.{a."},
        Mistake{"InternetGatewayDevice.A.{a}.,Device.A.{x(a}.,ro,object,object,obj(primary),",
                "no letter and no allocator(key): x(a"},
        Mistake{"InternetGatewayDevice.A.{a}.,Device.A.{a}.,ro,object,object,obj(first),",
                "no such role of an object: first"},
        Mistake{"InternetGatewayDevice.A.{a}.,Device.A.{a}.,ro,object,object,copy,",
                "objects, and only they, end in '.' and have an obj() transform: Device.A.{a}."},
        Mistake{"InternetGatewayDevice.A,\"Device.A,ro,string,string,copy,",
                "a quote is not closed: "
                "InternetGatewayDevice.A,\"Device.A,ro,string,string,copy,"}));

TEST(TranslateMapping, EveryMistakeOfAFileIsTold) { EXPECT_EQ(errors_of("a\nb\n").size(), 2U); }

std::shared_ptr<const Mapping> with_overlay(const std::string& overlay) {
  const std::string base =
      "InternetGatewayDevice.A,Device.A,ro,string,string,copy,\n"
      "InternetGatewayDevice.B,Device.B,ro,string,string,copy,\n";
  auto made = Mapping::make({{"base", base}, {"overlay", overlay}});
  return made ? *made : nullptr;
}

TEST(TranslateMapping, AnOverlayReplacesAddsAndRemoves) {
  const auto replaced =
      with_overlay("InternetGatewayDevice.A,Device.A,rw,string,string,scale(2),\n");
  ASSERT_TRUE(replaced);
  ASSERT_EQ(replaced->rules().size(), 2U);
  EXPECT_TRUE(replaced->rules().front().writable);

  const auto added = with_overlay("InternetGatewayDevice.X_V_C,Device.C,rw,string,string,copy,\n");
  ASSERT_TRUE(added);
  EXPECT_EQ(added->of_native("InternetGatewayDevice.X_V_C").size(), 1U);

  const auto removed = with_overlay("InternetGatewayDevice.B,Device.B,ro,string,string,none,\n");
  ASSERT_TRUE(removed);
  EXPECT_TRUE(removed->of_native("InternetGatewayDevice.B").empty());
}

}  // namespace
}  // namespace bridge::translate
