#include "tests/tools/usp_controller/arguments.h"

#include "usp/path.h"

namespace usp_controller {
namespace {

// The first "=" outside of brackets.
std::size_t find_assignment(const std::string& word) {
  int brackets = 0;
  for (std::size_t i = 0; i < word.size(); ++i) {
    if (word[i] == '[') ++brackets;
    if (word[i] == ']' && brackets > 0) --brackets;
    if (word[i] == '=' && brackets == 0) return i;
  }
  return std::string::npos;
}

}  // namespace

Result<ObjectSettings> parse_objects(const std::vector<std::string>& words) {
  ObjectSettings objects;
  for (const std::string& word : words) {
    const std::size_t equals = find_assignment(word);
    const bool absolute = word.starts_with("Device.");
    if (equals == std::string::npos) {
      if (!absolute) return tl::unexpected("neither an object nor NAME=VALUE: " + word);
      objects.emplace_back(word, Settings{});
      continue;
    }
    std::string name = word.substr(0, equals);
    const std::string value = word.substr(equals + 1);
    if (absolute) {
      const usp::SplitPath split = usp::split_path(name);
      objects.emplace_back(std::string(split.object), Settings{});
      name = std::string(split.leaf);
    }
    if (objects.empty()) return tl::unexpected("no object before: " + word);
    objects.back().second.emplace_back(std::move(name), value);
  }
  return objects;
}

Result<std::map<std::string, std::string>> parse_arguments(const std::vector<std::string>& words) {
  std::map<std::string, std::string> arguments;
  for (const std::string& word : words) {
    const std::size_t equals = word.find('=');
    if (equals == std::string::npos) return tl::unexpected("not NAME=VALUE: " + word);
    arguments[word.substr(0, equals)] = word.substr(equals + 1);
  }
  return arguments;
}

}  // namespace usp_controller
