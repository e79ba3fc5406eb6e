#include "bridge/agent/standard_model.h"

#include <algorithm>
#include <array>
#include <utility>

#include "embedded_data.h"

namespace bridge {
namespace {

/// Takes what is before the next `separator` off the front of `rest`.
std::string_view next(std::string_view& rest, char separator) {
  const std::size_t end = rest.find(separator);
  const std::string_view part = rest.substr(0, end);
  rest = end == std::string_view::npos ? std::string_view{} : rest.substr(end + 1);
  return part;
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  while (!text.empty()) parts.push_back(next(text, separator));
  return parts;
}

/// Calls `row` with each line that is neither empty nor a comment. No field is quoted.
template <class Fn>
void for_each_line(std::string_view text, Fn row) {
  while (!text.empty()) {
    const std::string_view line = next(text, '\n');
    if (!line.empty() && line.front() != '#') row(line);
  }
}

usp::ParamType type_named(std::string_view name) {
  using T = usp::ParamType;
  static constexpr std::array<std::pair<std::string_view, T>, 10> kTypes{{
      {"base64", T::kBase64},
      {"boolean", T::kBoolean},
      {"dateTime", T::kDateTime},
      {"decimal", T::kDecimal},
      {"hexBinary", T::kHexBinary},
      {"int", T::kInt},
      {"long", T::kLong},
      {"string", T::kString},
      {"unsignedInt", T::kUnsignedInt},
      {"unsignedLong", T::kUnsignedLong},
  }};
  for (const auto& [text, type] : kTypes) {
    if (text == name) return type;
  }
  return T::kString;
}

usp::ParamAccess access_named(std::string_view name) {
  if (name == "rw") return usp::ParamAccess::kReadWrite;
  if (name == "once") return usp::ParamAccess::kWriteOnce;
  return usp::ParamAccess::kReadOnly;
}

StandardParam param_of(std::string_view line) {
  StandardParam param;
  param.path = next(line, ',');
  param.type = type_named(next(line, ','));
  param.list = next(line, ',') == "list";
  param.access = access_named(next(line, ','));
  param.cwmp_only = next(line, ',') == "cwmp";
  param.reference = next(line, ',') == "ref";
  return param;
}

StandardTable table_of(std::string_view line) {
  StandardTable table;
  table.path = next(line, ',');
  for (std::string_view key : split(next(line, ','), '|')) table.keys.push_back(split(key, '+'));
  table.add_delete = next(line, ',') == "rw";
  return table;
}

StandardOperation operation_of(std::string_view line) {
  StandardOperation operation;
  operation.path = next(line, ',');
  const std::size_t dot = operation.path.rfind('.');
  operation.object = operation.path.substr(0, dot + 1);
  operation.name = operation.path.substr(dot + 1);
  operation.asynchronous = next(line, ',') == "async";
  operation.needs = next(line, ',');
  for (std::string_view name : split(next(line, ','), ' ')) {
    const bool mandatory = name.ends_with('!');
    if (mandatory) name.remove_suffix(1);
    operation.input.push_back({std::string(name), mandatory});
  }
  for (std::string_view name : split(next(line, ','), ' ')) operation.output.emplace_back(name);
  return operation;
}

template <class Row>
const Row* find_path(const std::vector<Row>& rows, std::string_view path) {
  const auto at = std::ranges::lower_bound(rows, path, {}, &Row::path);
  return at != rows.end() && at->path == path ? &*at : nullptr;
}

template <class Row>
std::span<const Row> below(const std::vector<Row>& rows, std::string_view prefix) {
  const auto begin = std::ranges::lower_bound(rows, prefix, {}, &Row::path);
  const auto end = std::find_if(begin, rows.end(),
                                [&](const Row& row) { return !row.path.starts_with(prefix); });
  return {begin, end};
}

}  // namespace

const StandardModel& StandardModel::get() {
  static const StandardModel model;
  return model;
}

StandardModel::StandardModel() {
  for_each_line(data::kStandardParams,
                [this](std::string_view line) { params_.push_back(param_of(line)); });
  for_each_line(data::kUniqueKeys,
                [this](std::string_view line) { tables_.push_back(table_of(line)); });
  for_each_line(data::kOperations,
                [this](std::string_view line) { operations_.push_back(operation_of(line)); });
  for_each_line(data::kSecretParams, [this](std::string_view line) { secrets_.push_back(line); });
  std::ranges::sort(params_, {}, &StandardParam::path);
  std::ranges::sort(tables_, {}, &StandardTable::path);
}

const StandardParam* StandardModel::param(std::string_view supported_path) const {
  return find_path(params_, supported_path);
}

const StandardTable* StandardModel::table(std::string_view supported_path) const {
  return find_path(tables_, supported_path);
}

std::span<const StandardParam> StandardModel::params_below(std::string_view prefix) const {
  return below(params_, prefix);
}

std::span<const StandardTable> StandardModel::tables_below(std::string_view prefix) const {
  return below(tables_, prefix);
}

bool StandardModel::is_secret(std::string_view name) const {
  return std::ranges::any_of(secrets_, [&](std::string_view pattern) {
    if (pattern.front() == '*') return name.ends_with(pattern.substr(1));
    return name == pattern;
  });
}

}  // namespace bridge
