// tree-share: how much of a TR-098 device's tree a controller sees as Device:2.
//
// Reads a file of comma-separated values whose first field is a parameter (or an object, with its
// dot) and whose header names a column "value"; without that column values are empty.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "bridge/translate/mapping.h"
#include "bridge/translate/projection.h"
#include "bridge/translate/rule_reader.h"
#include "bridge/translate/text.h"
#include "bridge/tree.h"

namespace {

using namespace bridge;
using namespace bridge::translate;

/// Of a header; past its end where there is no such column.
std::size_t column_named(const std::vector<std::string>& header, std::string_view name) {
  const auto at = std::ranges::find_if(
      header, [&](const std::string& field) { return same_word(field, name); });
  return static_cast<std::size_t>(at - header.begin());
}

std::string field(const std::vector<std::string>& fields, std::size_t column) {
  return column < fields.size() ? fields[column] : std::string();
}

/// Files of the CPE simulator stand for every instance with "{i}".
std::string with_instances(std::string path) {
  for (std::size_t at = path.find("{i}"); at != std::string::npos; at = path.find("{i}")) {
    path.replace(at, 3, "1");
  }
  return path;
}

/// Lines whose quotes go on in the next line are left out.
ValuesRead read_file(const std::string& name) {
  ValuesRead read;
  std::ifstream in(name);
  std::string line;
  while (std::getline(in, line) && line.starts_with('#')) continue;
  const auto header = split_csv(line).value_or(std::vector<std::string>{});
  const std::size_t value = column_named(header, "value");
  const std::size_t object = column_named(header, "object");
  while (std::getline(in, line)) {
    const auto fields = split_csv(line);
    if (!fields || !fields->front().starts_with(kNativeRoot)) continue;
    if (fields->front().ends_with('.') || field(*fields, object) == "true") continue;
    read.values.push_back({with_instances(fields->front()), field(*fields, value), "string"});
  }
  return read;
}

/// Parameters of TR-098: those the mapping has a line for, if only to say that there is no
/// counterpart.
std::set<std::string> standard_names() {
  std::set<std::string> names;
  std::istringstream lines{std::string(built_in_mapping_text())};
  for (std::string line; std::getline(lines, line);) {
    const auto fields = split_csv(line);
    const auto rule = fields ? read_rule(*fields) : tl::unexpected(fields.error());
    if (rule) names.insert(rule->native_supported);
  }
  return names;
}

bool is_vendors(std::string_view path) { return path.find(".X_") != std::string_view::npos; }

struct Counts {
  std::size_t standard = 0;
  std::size_t vendor = 0;
};

void report(const Projection& shown, bool list) {
  Counts all;
  Counts named_by_vendor;
  std::map<std::string, std::size_t> rest;
  const std::set<std::string> standard = standard_names();
  for (const Node& node : shown.native().all()) {
    if (node.is_object() || node.path().find(".ManagementServer.") != std::string_view::npos) {
      continue;
    }
    const bool below_vendor =
        shown.shown().find(shown.options().vendor_root +
                           std::string(node.path().substr(kNativeRoot.size()))) != nullptr;
    const std::string supported = supported_path(node.path());
    const bool service = supported.starts_with("InternetGatewayDevice.Services.");
    const bool known = standard.contains(supported) || (service && !is_vendors(supported));
    Counts& counts = known ? all : named_by_vendor;
    ++(below_vendor ? counts.vendor : counts.standard);
    if (below_vendor && known) ++rest[supported];
  }
  const auto percent = [](const Counts& counts) {
    const std::size_t total = counts.standard + counts.vendor;
    return total == 0 ? 0.0
                      : 100.0 * static_cast<double>(counts.standard) / static_cast<double>(total);
  };
  std::printf("standard names: %zu as Device:2, %zu below the vendor object (%.1f %%)\n",
              all.standard, all.vendor, percent(all));
  std::printf("other names:    %zu as Device:2, %zu below the vendor object\n",
              named_by_vendor.standard, named_by_vendor.vendor);
  std::printf("hidden: %zu, and ManagementServer.\n", shown.shares().hidden);
  if (!list) return;
  std::vector<std::pair<std::size_t, std::string>> sorted;
  for (const auto& [path, count] : rest) sorted.emplace_back(count, path);
  std::ranges::sort(sorted, std::greater<>());
  for (const auto& [count, path] : sorted) std::printf("%6zu  %s\n", count, path.c_str());
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("How much of a TR-098 device's tree a controller sees as Device:2.");
  std::string file;
  bool list = false;
  app.add_option("FILE", file, "values of a device, CSV")->required()->check(CLI::ExistingFile);
  app.add_flag("--list", list, "also what is below the vendor object, the most frequent first");
  CLI11_PARSE(app, argc, argv);

  PathPool pool;
  Tree tree(pool);
  tree.apply(read_file(file), 1);
  Numbers numbers;
  const auto mapping = built_in_mapping();
  const auto began = std::chrono::steady_clock::now();
  Projection shown(*mapping, tree, numbers, pool);
  const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - began;
  std::printf("%s: %zu nodes, %zu shown, laid out in %.1f ms, %zu bytes\n", file.c_str(),
              tree.size(), shown.shown().size(), took.count(), shown.memory_bytes());
  report(shown, list);
  return 0;
}
