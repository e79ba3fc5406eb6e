// docs/field-quirks.md: each quirk is there, and so is each test that it names.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <regex>
#include <set>
#include <string>
#include <vector>

namespace {

constexpr int kQuirks = 101;

std::string text_of(const std::filesystem::path& file) {
  std::ifstream in(file);
  return {std::istreambuf_iterator<char>(in), {}};
}

/// The capture groups of each match, joined by ".".
std::vector<std::string> all_matches(const std::string& text, const std::string& expression) {
  const std::regex pattern(expression);
  std::vector<std::string> found;
  for (std::sregex_iterator match(text.begin(), text.end(), pattern), end; match != end; ++match) {
    std::string joined;
    for (std::size_t i = 1; i < match->size(); ++i) {
      joined += (i > 1 ? "." : "") + (*match)[i].str();
    }
    found.push_back(joined);
  }
  return found;
}

struct Row {
  std::string number;
  std::string what_is_done;
  std::vector<std::string> files;  ///< where it is done
  std::vector<std::string> tests;  ///< "Suite.Name", "*" is any text
};

std::vector<Row> rows() {
  std::vector<Row> rows;
  std::ifstream document(std::string(SOURCE_DIR) + "/docs/field-quirks.md");
  const std::regex form(R"(\| (\d+) \|[^|]*\|([^|]*)\|([^|]*)\|([^|]*)\|)");
  for (std::string line; std::getline(document, line);) {
    std::smatch cells;
    if (!std::regex_match(line, cells, form)) continue;
    Row row{cells[1], cells[2], all_matches(cells[3], "`([^`]*)`"), {}};
    std::string suite;
    for (std::string name : all_matches(cells[4], "`([^`]*)`")) {
      if (name.front() == '.') name = suite + name;
      suite = name.substr(0, name.find('.'));
      row.tests.push_back(name.substr(0, name.find('/')));  // without the parameter
    }
    rows.push_back(row);
  }
  return rows;
}

bool does_not_apply(const Row& row) {
  return row.what_is_done.find("does not apply") != std::string::npos;
}

struct Sources {
  std::set<std::string> tests;  ///< "Suite.Name"
  std::set<std::string> tags;   ///< numbers after "quirk "
};

const Sources& sources() {
  static const Sources kSources = [] {
    Sources out;
    const std::filesystem::path folder = std::string(SOURCE_DIR) + "/tests";
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
      if (entry.path().extension() != ".cc") continue;
      const std::string text = text_of(entry.path());
      out.tests.merge([&] {
        const auto found = all_matches(text, R"(\nTEST(?:_F|_P)?\(\s*(\w+),\s*(\w+))");
        return std::set<std::string>(found.begin(), found.end());
      }());
      const auto tags = all_matches(text, R"(quirk (\d+))");
      out.tags.insert(tags.begin(), tags.end());
    }
    return out;
  }();
  return kSources;
}

bool is_there(const std::string& test) {
  const std::string dots = std::regex_replace(test, std::regex(R"(\.)"), R"(\.)");
  const std::regex pattern(std::regex_replace(dots, std::regex(R"(\*)"), ".*"));
  for (const std::string& each : sources().tests) {
    if (std::regex_match(each, pattern)) return true;
  }
  return false;
}

TEST(FieldQuirks, EachHasARow) {
  const auto all = rows();
  ASSERT_EQ(all.size(), kQuirks);
  for (int i = 0; i < kQuirks; ++i) EXPECT_EQ(all[i].number, std::to_string(i + 1));
}

TEST(FieldQuirks, EachRowNamesTestsThatAreThere) {
  for (const Row& row : rows()) {
    EXPECT_EQ(row.tests.empty(), does_not_apply(row)) << row.number;
    for (const std::string& test : row.tests) {
      EXPECT_TRUE(is_there(test)) << row.number << ": " << test;
    }
  }
}

TEST(FieldQuirks, EachRowNamesFilesThatAreThere) {
  for (const Row& row : rows()) {
    EXPECT_EQ(row.files.empty(), does_not_apply(row)) << row.number;
    for (const std::string& file : row.files) {
      EXPECT_TRUE(std::filesystem::exists(std::string(SOURCE_DIR) + "/" + file)) << file;
    }
  }
}

TEST(FieldQuirks, EachThatAppliesIsFoundInTheTestsByItsNumber) {
  for (const Row& row : rows()) {
    EXPECT_EQ(sources().tags.contains(row.number), !does_not_apply(row)) << row.number;
  }
}

}  // namespace
