#include "tests/bridge/translate/device.h"

#include <fstream>
#include <utility>

#include "bridge/translate/rule_reader.h"

namespace bridge::translate {

std::vector<std::pair<std::string, std::string>> read_values(const std::string& file) {
  std::vector<std::pair<std::string, std::string>> out;
  std::ifstream in(file);
  std::string line;
  std::getline(in, line);  // the header
  while (std::getline(in, line)) {
    auto fields = split_csv(line);
    if (fields && fields->size() >= 2) out.emplace_back((*fields)[0], (*fields)[1]);
  }
  return out;
}

void TestDevice::set(const std::string& path, const std::string& value, const std::string& type) {
  tree_.apply(ValuesRead{{{path, value, type}}}, kReadAt);
}

void TestDevice::load(const std::string& file) {
  ValuesRead read;
  for (auto& [path, value] : read_values(file)) {
    if (path.ends_with('.')) {
      object(path);
    } else {
      read.values.push_back({path, value, "string"});
    }
  }
  tree_.apply(read, kReadAt);
}

void TestDevice::object(const std::string& path, bool writable) {
  const std::string parent(parent_path(path));
  NamesListed listed{parent, true, {}};
  tree_.for_each_child(parent, [&](const Node& child) {
    if (child.path() == path) return;
    listed.names.push_back({std::string(child.path()), child.writable() == Writable::kYes});
  });
  listed.names.push_back({path, writable});
  tree_.apply(listed, kReadAt);
}

void TestDevice::remove(const std::string& object) { tree_.apply(ObjectRemoved{object}, kReadAt); }

Projection& TestDevice::shown() {
  if (!projection_) {
    projection_ = std::make_unique<Projection>(*mapping_, tree_, numbers_, pool_);
  }
  return *projection_;
}

std::string TestDevice::value(const std::string& path) {
  const Node* node = shown().shown().find(path);
  return node == nullptr ? std::string() : std::string(node->value());
}

bool TestDevice::has(const std::string& path) { return shown().shown().find(path) != nullptr; }

}  // namespace bridge::translate
