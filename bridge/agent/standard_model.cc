#include "bridge/agent/standard_model.h"

#include <algorithm>
#include <array>
#include <utility>

#include "bridge/agent/data_lines.h"
#include "embedded_data.h"

namespace bridge {
namespace {

usp::ParamAccess access_named(std::string_view name) {
  if (name == "rw") return usp::ParamAccess::kReadWrite;
  if (name == "once") return usp::ParamAccess::kWriteOnce;
  return usp::ParamAccess::kReadOnly;
}

StandardParam param_of(std::string_view line) {
  StandardParam param;
  param.path = next_field(line, ',');
  param.type = param_type_named(next_field(line, ','));
  param.list = next_field(line, ',') == "list";
  param.access = access_named(next_field(line, ','));
  param.cwmp_only = next_field(line, ',') == "cwmp";
  param.reference = next_field(line, ',') == "ref";
  return param;
}

StandardTable table_of(std::string_view line) {
  StandardTable table;
  table.path = next_field(line, ',');
  for (std::string_view key : split_fields(next_field(line, ','), '|'))
    table.keys.push_back(split_fields(key, '+'));
  table.add_delete = next_field(line, ',') == "rw";
  return table;
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

usp::ParamType param_type_named(std::string_view name) {
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

const StandardModel& StandardModel::get() {
  static const StandardModel model;
  return model;
}

StandardModel::StandardModel() {
  for_each_line(data::kStandardParams,
                [this](std::string_view line) { params_.push_back(param_of(line)); });
  for_each_line(data::kUniqueKeys,
                [this](std::string_view line) { tables_.push_back(table_of(line)); });
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
