// The worked example's writes: requests of a controller, and what the device hears.
#include <gtest/gtest.h>

#include <fstream>
#include <string>

#include "bridge/translate/rule_reader.h"
#include "tests/bridge/translate/write_device.h"

namespace bridge::translate {
namespace {

struct Row {
  std::string message;
  std::string path;
  std::string arguments;
  std::string cwmp;
  std::string result;
};

void PrintTo(const Row& row, std::ostream* out) {
  *out << row.message << ' ' << row.path << ' ' << row.arguments;
}

/// Writes only: commands and reads are others' business.
std::vector<Row> rows() {
  std::vector<Row> out;
  std::ifstream in(TEST_DATA_DIR "/translate/example-writes.csv");
  for (std::string line; std::getline(in, line);) {
    const auto fields = split_csv(line);
    if (!fields || fields->size() != 5) continue;
    const Row row{(*fields)[0], (*fields)[1], (*fields)[2], (*fields)[3], (*fields)[4]};
    if (row.message == "Set" || row.message == "Add" || row.message == "Delete") {
      out.push_back(row);
    }
  }
  return out;
}

std::vector<std::string> split_at(const std::string& text, const std::string& separator) {
  std::vector<std::string> out;
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find(separator, begin), text.size());
    if (end > begin) out.push_back(text.substr(begin, end - begin));
    begin = end + separator.size();
  }
  return out;
}

Settings pairs(const std::string& text) {
  Settings out;
  for (const std::string& each : split_at(text, ";")) {
    const std::size_t equal = each.find('=');
    out.emplace_back(each.substr(0, equal), each.substr(equal + 1));
  }
  return out;
}

/// What the file says is sent, in the form of a NativeWrite.
struct Expected {
  std::string add;
  std::map<std::string, std::string> set;
  bool all_of_row = false;
  std::string remove;
  std::uint32_t error = 0;
};

Expected expected(const Row& row) {
  Expected out;
  std::string made;  // the row that AddObject made
  for (const std::string& action : split_at(row.cwmp, "; ")) {
    const std::string what = action.substr(action.find(' ') + 1);
    if (action.starts_with("AddObject ")) {
      const std::vector<std::string> parts = split_at(what, " -> ");
      out.add = parts[0];
      made = parts[0] + parts[1] + ".";
    } else if (action.starts_with("DeleteObject ")) {
      out.remove = what;
    } else if (what.starts_with("all parameters")) {
      out.all_of_row = true;
    } else {
      for (const auto& [name, value] : pairs(what)) out.set[name.substr(made.size())] = value;
    }
  }
  if (row.result.starts_with("error ")) {
    out.error = static_cast<std::uint32_t>(std::stoul(row.result.substr(6)));
  }
  return out;
}

NativeWrite last_write(WriteDevice& device, const Row& row) {
  if (row.message == "Add") return device.add(row.path, pairs(row.arguments));
  if (row.message == "Delete") return device.remove(row.path);
  return device.set_all({{row.path, pairs(row.arguments)}}).back();
}

class WriteGolden : public testing::TestWithParam<Row> {};

TEST_P(WriteGolden, TheDeviceHearsWhatIsWrittenDown) {
  WriteDevice device;
  const Expected wanted = expected(GetParam());
  const NativeWrite write = last_write(device, GetParam());
  EXPECT_EQ(refusal(write), wanted.error) << (write.refused.empty() ? "" : write.refused[0].text);
  EXPECT_EQ(write.add, wanted.add);
  EXPECT_EQ(write.remove, wanted.remove);
  if (!wanted.all_of_row) {
    EXPECT_EQ(device.sent(write), wanted.set);
  }
}

INSTANTIATE_TEST_SUITE_P(Example, WriteGolden, testing::ValuesIn(rows()));

}  // namespace
}  // namespace bridge::translate
