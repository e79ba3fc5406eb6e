#include "bridge/agent/direct_model.h"

#include <algorithm>
#include <unordered_map>
#include <utility>

namespace bridge {

namespace {

constexpr std::string_view kRoot = "Device.";

std::string& path_of(Change& change) {
  return std::visit([](auto& each) -> std::string& { return each.path; }, change);
}

Refused not_there(Origin origin, bool required) {
  return {std::move(origin), required, usp::ErrorCode::kObjectDoesNotExist,
          "the device has no such object"};
}

}  // namespace

DirectModel::DirectModel(const Tree& tree, std::vector<std::string> bridge_owned,
                         std::vector<InstanceRow> kept)
    : tree_(tree), hidden_(std::move(bridge_owned)), kept_(std::move(kept)) {
  hidden_.emplace_back("Device.ManagementServer.");
}

bool DirectModel::hides(std::string_view shown) const {
  return std::ranges::any_of(hidden_,
                             [&](const std::string& prefix) { return shown.starts_with(prefix); });
}

std::vector<std::string> DirectModel::sources(std::string_view shown) {
  std::vector<std::string> names;
  if (auto native = native_of(shown)) names.push_back(*std::move(native));
  return names;
}

std::optional<std::string> DirectModel::native_of(std::string_view shown) {
  if (!shown.starts_with(kRoot) || hides(shown)) return std::nullopt;
  return std::string(shown);
}

std::optional<std::string> DirectModel::shown_of(std::string_view native) {
  if (!native.starts_with(kRoot) || hides(native)) return std::nullopt;
  return std::string(native);
}

std::vector<std::string> DirectModel::tables_below(std::string_view shown) {
  const auto native = native_of(shown);
  if (!native) return {};
  return {is_instance(*native) ? std::string(parent_path(*native)) : *native};
}

std::string DirectModel::shown_reference(std::string_view native) {
  const std::string object = std::string(native) + ".";
  std::string shown = shown_of(object).value_or(object);
  shown.pop_back();
  return shown;
}

std::string DirectModel::native_reference(std::string_view shown) {
  const std::string object = std::string(shown) + ".";
  std::string native = native_of(object).value_or(object);
  native.pop_back();
  return native;
}

Diff DirectModel::take_changes(const Diff& native) {
  Diff out;
  for (Change change : native) {
    std::string& path = path_of(change);
    auto shown = shown_of(path);
    if (!shown) continue;
    path = *std::move(shown);
    out.push_back(std::move(change));
  }
  return out;
}

std::vector<NativeWrite> DirectModel::set(std::span<const ShownStep> steps) {
  NativeWrite write;
  std::unordered_map<std::string, std::size_t> places;  // in write.set
  for (const ShownStep& step : steps) {
    for (const usp::Setting& setting : step.settings) {
      Origin origin{step.index, setting.param};
      const auto native = native_of(std::string(step.path) + setting.param);
      if (!native) {
        write.refused.push_back({std::move(origin), setting.required,
                                 usp::ErrorCode::kUnsupportedParameter,
                                 "the device has no such parameter"});
        continue;
      }
      const auto [place, is_new] = places.try_emplace(*native, write.set.size());
      if (is_new) {
        write.set.emplace_back();
        write.set.back().name = *native;
        write.set.back().required = false;
      }
      NativeAssignment& assignment = write.set[place->second];
      assignment.value = setting.value;
      assignment.required = assignment.required || setting.required;
      assignment.origins.push_back(std::move(origin));
    }
  }
  std::vector<NativeWrite> writes;
  writes.push_back(std::move(write));
  return writes;
}

NativeWrite DirectModel::add(const ShownStep& step) {
  NativeWrite write;
  auto table = native_of(step.path);
  if (!table) {
    write.refused.push_back(not_there({step.index, {}}, true));
    return write;
  }
  write.add = *std::move(table);
  for (const usp::Setting& setting : step.settings) {
    write.set.push_back({.name = setting.param,
                         .value = setting.value,
                         .required = setting.required,
                         .origins = {{step.index, setting.param}}});
  }
  return write;
}

NativeWrite DirectModel::remove(std::string_view row) {
  NativeWrite write;
  auto native = native_of(row);
  if (!native) {
    write.refused.push_back(not_there({}, true));
    return write;
  }
  write.remove = *std::move(native);
  return write;
}

std::optional<std::string> DirectModel::added_row(std::string_view table, std::string_view native) {
  auto row = shown_of(native);
  return row && row->starts_with(table) ? row : std::nullopt;
}

}  // namespace bridge
