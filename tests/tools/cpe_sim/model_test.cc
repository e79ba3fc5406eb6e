#include <tuple>

#include "tests/tools/cpe_sim/fixture.h"

namespace cpe_sim {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::vector<std::string> paths(const DeviceTree& tree, std::string_view prefix) {
  std::vector<std::string> out;
  tree.visit(prefix, [&](const std::string& path, const Param&) {
    out.push_back(path);
    return true;
  });
  return out;
}

TEST(CpeSimModel, MakesParentsRowsAndCounts) {
  const auto model = small_model();
  EXPECT_TRUE(model->params().at("Device.NAT.").is_object());
  EXPECT_TRUE(model->params().at("Device.NAT.PortMapping.1.").writable);
  EXPECT_FALSE(model->params().at("Device.Fixed.1.").writable);
  EXPECT_EQ(model->params().at("Device.NAT.PortMappingNumberOfEntries").value, "1");
  EXPECT_EQ(model->params().at("Device.Fixed.2.Name").value, "row 2");
}

TEST(CpeSimModel, KeepsCommasAndQuotesOfQuotedFields) {
  const auto model = model_of("A.B,string,0,\"one, \"\"two\"\"\"\n");
  EXPECT_EQ(model->params().at("A.B").value, "one, \"two\"");
}

TEST(CpeSimModel, GuessesTypesOfAFileOfPathsAndValues) {
  const auto model = model_of("path,value\nA.Flag,true\nA.Count,7\nA.Less,-1\nA.B.1.Text,x\n");
  EXPECT_EQ(model->params().at("A.Flag").type->kind, Kind::kBoolean);
  EXPECT_EQ(model->params().at("A.Count").type->kind, Kind::kUnsignedInt);
  EXPECT_EQ(model->params().at("A.Less").type->kind, Kind::kInt);
  EXPECT_EQ(model->params().at("A.B.1.Text").type->kind, Kind::kString);
}

TEST(CpeSimModel, ExpandsRangesAndTablesInRows) {
  const auto model = model_of(
      "A.B.{2-3}.Name,string,0,b{n}\n"
      "A.T.{i}.Inner.,object,1,\n"
      "A.T.{i}.Inner.{i}.Name,string,0,x\n"
      "A.T.{i}.Name,string,0,t{n}\n"
      "A.T.,rows,,1\n"
      "A.T.1.Inner.,rows,,2\n");
  EXPECT_EQ(model->params().at("A.B.3.Name").value, "b3");
  EXPECT_TRUE(model->params().at("A.T.1.Inner.").writable);
  EXPECT_TRUE(model->params().contains("A.T.1.Inner.2.Name"));
}

TEST(CpeSimModel, TablesBelowARowShareTheirTemplateWithThePattern) {
  const auto model = model_of("A.L.1.W.{i}.Name,string,1,w{n}\nA.L.1.W.,rows,,2\n");
  EXPECT_EQ(model->params().at("A.L.1.W.2.Name").value, "w2");
}

TEST(CpeSimModel, SaysWhatIsWrongAndWhere) {
  const std::tuple<const char*, const char*> cases[] = {
      {"A.B,number,0,1\n", "test:1: unknown type number"},
      {"A.B,string,yes,1\n", "writable: 0 or 1"},
      {"A.B,string\n", "expected path,type,writable,value"},
      {"A.B.,string,0,\n", "only objects end in a dot"},
      {"A.B,unsignedInt[1-2],0,1\n", "bad limits"},
      {"A.B,string,0,,z\n", "bad notification column"},
      {"A.B,string,0,\nC.D,string,0,\n", "a second root"},
      {"A.T.,rows,,3\n", "no template"},
      {"A.B,,,1\n", "no parameter A.B"},
      {"", "empty"},
  };
  for (const auto& [text, why] : cases) {
    const auto model = Model::parse(text, "test");
    ASSERT_FALSE(model) << text;
    EXPECT_THAT(model.error(), HasSubstr(why));
  }
}

TEST(CpeSimModel, TheModelsOfTheRepositoryLoad) {
  const std::tuple<const char*, const char*, std::size_t> cases[] = {
      {"tr181-small.csv", "Device.", 250},
      {"tr181-large.csv", "Device.", 2500},
      {"tr098-small.csv", "InternetGatewayDevice.", 150},
      {"tr098-large.csv", "InternetGatewayDevice.", 1500},
  };
  for (const auto& [file, root, least] : cases) {
    const auto model = Model::load(std::string(TEST_DATA_DIR) + "/models/" + file);
    ASSERT_TRUE(model) << model.error();
    EXPECT_EQ((*model)->root(), root);
    EXPECT_GE((*model)->params().size(), least) << file;
    for (const auto& [path, param] : (*model)->params()) {
      EXPECT_LE(path.size(), 256U);
      if (param.is_object() || param.value.starts_with('@')) continue;
      EXPECT_FALSE(check_value(*param.type, param.value)) << path << "=" << param.value;
    }
  }
}

TEST(CpeSimTree, StoresOnlyWhatDiffers) {
  DeviceTree tree(small_model());
  tree.set_value("Device.WiFi.Name", "home");
  EXPECT_EQ(tree.differences(), 0U);
  tree.set_value("Device.WiFi.Name", "new");
  EXPECT_EQ(tree.differences(), 1U);
  EXPECT_EQ(tree.value("Device.WiFi.Name"), "new");
  tree.reset();
  EXPECT_EQ(tree.value("Device.WiFi.Name"), "home");
}

TEST(CpeSimTree, VisitsModelAndOwnRowsInOrder) {
  DeviceTree tree(small_model());
  tree.add_row("Device.NAT.PortMapping.");
  tree.delete_row("Device.NAT.PortMapping.1.");
  EXPECT_THAT(paths(tree, "Device.NAT.PortMapping"),
              ElementsAre("Device.NAT.PortMapping.", "Device.NAT.PortMapping.2.",
                          "Device.NAT.PortMapping.2.Alias", "Device.NAT.PortMapping.2.Port",
                          "Device.NAT.PortMappingNumberOfEntries"));
}

TEST(CpeSimTree, NeverUsesARowNumberTwice) {
  DeviceTree tree(small_model());
  EXPECT_EQ(tree.add_row("Device.NAT.PortMapping."), 2U);
  EXPECT_TRUE(tree.delete_row("Device.NAT.PortMapping.2."));
  EXPECT_EQ(tree.add_row("Device.NAT.PortMapping."), 3U);
  EXPECT_EQ(tree.value("Device.NAT.PortMappingNumberOfEntries"), "2");
  EXPECT_EQ(tree.value("Device.NAT.PortMapping.3.Alias"), "cpe-3");
}

TEST(CpeSimType, ChecksValuesToTheirLimits) {
  const std::tuple<const char*, const char*, bool> cases[] = {
      {"string(3)", "abc", true},
      {"string(3)", "abcd", false},
      {"string{Up|Down}", "Up", true},
      {"string{Up|Down}", "up", false},
      {"unsignedInt", "4294967295", true},
      {"unsignedInt", "4294967296", false},
      {"unsignedInt", "-1", false},
      {"unsignedInt", "", false},
      {"int", "-2147483648", true},
      {"int", "-2147483649", false},
      {"int[-1:10]", "-1", true},
      {"int[-1:10]", "-2", false},
      {"int[-1:10]", "10", true},
      {"int[-1:10]", "11", false},
      {"unsignedLong", "18446744073709551615", true},
      {"unsignedLong", "18446744073709551616", false},
      {"long", "9223372036854775808", false},
      {"boolean", "1", true},
      {"boolean", "yes", false},
      {"dateTime", "2026-01-01T00:00:00Z", true},
      {"dateTime", "tomorrow", false},
      {"base64", "aGk=", true},
      {"base64", "aGk", false},
      {"hexBinary", "0aFF", true},
      {"hexBinary", "0aF", false},
  };
  for (const auto& [name, value, good] : cases) {
    const auto type = parse_type(name);
    ASSERT_TRUE(type) << name;
    EXPECT_EQ(check_value(*type, value) == std::nullopt, good) << name << " " << value;
  }
}

}  // namespace
}  // namespace cpe_sim
