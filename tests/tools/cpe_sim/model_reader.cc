// Reads model files into a Model.
#include <array>
#include <charconv>
#include <fstream>
#include <iterator>
#include <set>

#include "tests/tools/cpe_sim/model.h"

namespace cpe_sim {
namespace {

constexpr int kMaxIncludes = 8;

/// One line of CSV; a field in double quotes may hold commas and, doubled, quotes.
std::vector<std::string> split_csv(std::string_view line) {
  std::vector<std::string> fields(1);
  bool quoted = false;
  for (std::size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    if (c == '"' && quoted && i + 1 < line.size() && line[i + 1] == '"') {
      fields.back() += '"';
      ++i;
    } else if (c == '"') {
      quoted = !quoted;
    } else if (c == ',' && !quoted) {
      fields.emplace_back();
    } else {
      fields.back() += c;
    }
  }
  return fields;
}

bool parse_count(std::string_view text, std::uint32_t& count) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  return error == std::errc{} && end == text.data() + text.size();
}

}  // namespace

using Done = tl::expected<void, std::string>;

class ModelReader {
 public:
  ModelReader() : model_(std::make_shared<Model>()) {
    Type object;
    object.kind = Kind::kObject;
    model_->object_ = model_->intern(object);
  }

  Done read(std::string_view text, const std::string& name, const std::string& directory);
  Done read_file(const std::string& file);
  Done fill(const std::string& table, std::uint32_t rows);
  tl::expected<std::shared_ptr<const Model>, std::string> finish();

 private:
  Done line(std::vector<std::string> fields, const std::string& directory);
  Done untyped(const std::string& path, const std::string& value);
  Done override_value(const std::string& path, const std::string& value);
  Done typed(const std::string& path, const std::vector<std::string>& fields);
  Done add_range(const std::string& path, std::size_t open, const Param& param);
  Done add(const std::string& path, Param param);
  Done add_to_template(const std::string& table, const std::string& name, Param param);
  void add_parents(const std::string& path);
  bool parse_notification(const std::string& text, const std::string& path, Param& param);
  void count_rows();
  void choose_inform_parameters();

  std::shared_ptr<Model> model_;
  bool untyped_ = false;
  int depth_ = 0;
};

Done ModelReader::read_file(const std::string& file) {
  if (++depth_ > kMaxIncludes) return tl::unexpected(file + ": included too deep");
  std::ifstream in(file, std::ios::binary);
  if (!in) return tl::unexpected("cannot read " + file);
  const std::string text(std::istreambuf_iterator<char>(in), {});
  const auto slash = file.rfind('/');
  auto done = read(text, file, slash == std::string::npos ? "." : file.substr(0, slash));
  --depth_;
  return done;
}

Done ModelReader::read(std::string_view text, const std::string& name,
                       const std::string& directory) {
  for (std::size_t number = 1; !text.empty(); ++number) {
    const auto end = text.find('\n');
    auto row = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (row.ends_with('\r')) row.remove_suffix(1);
    if (row.empty() || row.front() == '#') continue;
    const auto done = line(split_csv(row), directory);
    if (!done) return tl::unexpected(name + ":" + std::to_string(number) + ": " + done.error());
    if (model_->params_.size() > kMaxParameters) return tl::unexpected(name + ": too large");
  }
  return {};
}

Done ModelReader::line(std::vector<std::string> fields, const std::string& directory) {
  const std::string& path = fields[0];
  if (path == "path") {  // the heading
    untyped_ = fields.size() == 2;
    return {};
  }
  if (path == "@include" && fields.size() == 2) return read_file(directory + "/" + fields[1]);
  if (untyped_ && fields.size() == 2) return untyped(path, fields[1]);
  if (fields.size() < 4) return tl::unexpected(std::string("expected path,type,writable,value"));
  if (fields[1] == "rows") {
    std::uint32_t rows = 0;
    if (!parse_count(fields[3], rows)) return tl::unexpected(std::string("bad number of rows"));
    return fill(path, rows);
  }
  if (fields[1].empty()) return override_value(path, fields[3]);
  return typed(path, fields);
}

Done ModelReader::untyped(const std::string& path, const std::string& value) {
  Param param;
  param.type = model_->intern(guess_type(value));
  param.writable = true;
  param.value = canonical(*param.type, value);
  return add(path, std::move(param));
}

Done ModelReader::override_value(const std::string& path, const std::string& value) {
  const auto found = model_->params_.find(path);
  if (found == model_->params_.end() || found->second.is_object()) {
    return tl::unexpected("no parameter " + path + " to give a value");
  }
  found->second.value = canonical(*found->second.type, value);
  return {};
}

Done ModelReader::typed(const std::string& path, const std::vector<std::string>& fields) {
  auto type = parse_type(fields[1]);
  if (!type) return tl::unexpected(type.error());
  if ((type->kind == Kind::kObject) != is_object_path(path)) {
    return tl::unexpected("only objects end in a dot: " + path);
  }
  if (fields[2] != "0" && fields[2] != "1") return tl::unexpected(std::string("writable: 0 or 1"));
  Param param;
  param.type = model_->intern(*type);
  param.writable = fields[2] == "1";
  param.value = type->kind == Kind::kObject ? std::string() : canonical(*type, fields[3]);
  if (fields.size() > 4 && !parse_notification(fields[4], path, param)) {
    return tl::unexpected("bad notification column " + fields[4]);
  }
  const auto open = path.find('{');
  if (open != std::string::npos && path[open + 1] != 'i') return add_range(path, open, param);
  return add(path, std::move(param));
}

// "2i": active, and in each Inform; "x": active is refused.
bool ModelReader::parse_notification(const std::string& text, const std::string& path,
                                     Param& param) {
  for (const char c : text) {
    if (c >= '0' && c <= '6') {
      param.notification = static_cast<std::uint8_t>(c - '0');
    } else if (c == 'i') {
      model_->inform_parameters_.push_back(path);
    } else if (c == 'x') {
      param.refuses_active = true;
    } else {
      return false;
    }
  }
  return true;
}

// "Device.Hosts.Host.{1-150}.HostName": one line for many rows; {n} in the value is the number.
Done ModelReader::add_range(const std::string& path, std::size_t open, const Param& param) {
  const auto close = path.find('}', open);
  const auto dash = path.find('-', open);
  std::uint32_t first = 0;
  std::uint32_t last = 0;
  if (close == std::string::npos || dash > close ||
      !parse_count(std::string_view(path).substr(open + 1, dash - open - 1), first) ||
      !parse_count(std::string_view(path).substr(dash + 1, close - dash - 1), last) ||
      last > kMaxParameters) {
    return tl::unexpected("bad range in " + path);
  }
  for (std::uint32_t n = first; n <= last; ++n) {
    Param copy = param;
    copy.value = with_number(std::move(copy.value), n);
    auto done = add(path.substr(0, open) + std::to_string(n) + path.substr(close + 1), copy);
    if (!done) return done;
  }
  return {};
}

Done ModelReader::add(const std::string& path, Param param) {
  const auto instance = path.rfind("{i}.");
  if (instance != std::string::npos) {
    return add_to_template(path.substr(0, instance), path.substr(instance + 4), std::move(param));
  }
  if (model_->root_.empty()) model_->root_ = path.substr(0, path.find('.') + 1);
  if (!path.starts_with(model_->root_)) return tl::unexpected("a second root: " + path);
  add_parents(path);
  model_->params_.insert_or_assign(path, std::move(param));
  return {};
}

Done ModelReader::add_to_template(const std::string& table, const std::string& name, Param param) {
  if (name.empty()) return tl::unexpected("a row of " + table + " needs no line");
  model_->templates_[to_pattern(table)].insert_or_assign(name, std::move(param));
  // The table itself is there; within a row it belongs to the row's template.
  Param object;
  object.type = model_->object_;
  const auto outer = table.rfind("{i}.");
  if (outer != std::string::npos) {
    auto& row = model_->templates_[to_pattern(table.substr(0, outer))];
    row.try_emplace(table.substr(outer + 4), object);
    return {};
  }
  if (model_->params_.contains(table)) return {};
  return add(table, object);
}

void ModelReader::add_parents(const std::string& path) {
  for (auto dot = path.find('.'); dot != std::string::npos && dot + 1 < path.size();
       dot = path.find('.', dot + 1)) {
    Param object;
    object.type = model_->object_;
    // A row can be deleted where rows can be added.
    const std::string name = path.substr(0, dot + 1);
    const auto table = model_->params_.find(parent_of(name));
    if (table != model_->params_.end() && to_pattern(name).ends_with("{i}.")) {
      object.writable = table->second.writable;
    }
    model_->params_.try_emplace(name, object);
  }
}

Done ModelReader::fill(const std::string& table, std::uint32_t rows) {
  const Params* pattern = model_->row_template(table);
  if (pattern == nullptr) return tl::unexpected("no template for the rows of " + table);
  if (rows * (pattern->size() + 1) > kMaxParameters) return tl::unexpected(table + ": too many");
  const auto known = model_->params_.find(table);
  if (known == model_->params_.end()) return tl::unexpected("no table " + table);
  const bool writable = known->second.writable;
  for (std::uint32_t n = 1; n <= rows; ++n) {
    if (model_->params_.contains(table + std::to_string(n) + ".")) continue;
    Model::make_row(model_->params_, *pattern, table, n, writable, model_->object_);
  }
  return {};
}

// Whatever the file says, the numbers of entries are right.
void ModelReader::count_rows() {
  std::map<std::string, std::uint32_t, std::less<>> rows;
  for (const auto& [path, param] : model_->params_) {
    if (param.is_object() && to_pattern(path).ends_with("{i}."))
      ++rows[std::string(parent_of(path))];
  }
  constexpr std::string_view kEnd = "NumberOfEntries";
  for (auto& [path, param] : model_->params_) {
    if (!path.ends_with(kEnd)) continue;
    const std::string table = path.substr(0, path.size() - kEnd.size()) + ".";
    if (model_->params_.contains(table)) param.value = std::to_string(rows[table]);
  }
}

void ModelReader::choose_inform_parameters() {
  constexpr std::array<std::string_view, 9> kForced{
      "DeviceSummary",
      "RootDataModelVersion",
      "DeviceInfo.SpecVersion",
      "DeviceInfo.HardwareVersion",
      "DeviceInfo.SoftwareVersion",
      "DeviceInfo.ProvisioningCode",
      "ManagementServer.ConnectionRequestURL",
      "ManagementServer.ParameterKey",
      "ManagementServer.AliasBasedAddressing",
  };
  auto& chosen = model_->inform_parameters_;
  for (const auto name : kForced) {
    const std::string path = model_->root_ + std::string(name);
    if (model_->params_.contains(path)) chosen.push_back(path);
  }
  std::set<std::string> seen;
  std::erase_if(chosen, [&](const std::string& path) {
    return !model_->params_.contains(path) || !seen.insert(path).second;
  });
}

tl::expected<std::shared_ptr<const Model>, std::string> ModelReader::finish() {
  if (model_->root_.empty()) return tl::unexpected(std::string("the model is empty"));
  count_rows();
  choose_inform_parameters();
  return std::shared_ptr<const Model>(model_);
}

namespace {

tl::expected<std::shared_ptr<const Model>, std::string> finish(ModelReader& reader,
                                                               const Done& read,
                                                               const Model::Rows& rows) {
  if (!read) return tl::unexpected(read.error());
  for (const auto& [table, count] : rows) {
    const auto filled = reader.fill(table, count);
    if (!filled) return tl::unexpected(filled.error());
  }
  return reader.finish();
}

}  // namespace

tl::expected<std::shared_ptr<const Model>, std::string> Model::load(const std::string& file,
                                                                    const Rows& rows) {
  ModelReader reader;
  const auto read = reader.read_file(file);
  return cpe_sim::finish(reader, read, rows);
}

tl::expected<std::shared_ptr<const Model>, std::string> Model::parse(std::string_view text,
                                                                     const std::string& name,
                                                                     const std::string& directory,
                                                                     const Rows& rows) {
  ModelReader reader;
  const auto read = reader.read(text, name, directory);
  return cpe_sim::finish(reader, read, rows);
}

}  // namespace cpe_sim
