#include "tests/tools/cpe_sim/model.h"

#include <charconv>
#include <fstream>
#include <iterator>
#include <stdexcept>

namespace cpe_sim {

namespace {

std::vector<std::string> split_csv(std::string_view line) {
  std::vector<std::string> out(1);
  bool quoted = false;
  for (std::size_t i = 0; i < line.size(); ++i) {
    char c = line[i];
    if (c == '"') {
      if (quoted && i + 1 < line.size() && line[i + 1] == '"') {
        out.back() += '"';
        ++i;
      } else {
        quoted = !quoted;
      }
    } else if (c == ',' && !quoted) {
      out.emplace_back();
    } else {
      out.back() += c;
    }
  }
  return out;
}

std::string replace_all(std::string text, std::string_view what, std::string_view with) {
  for (std::size_t at = 0; (at = text.find(what, at)) != std::string::npos; at += with.size()) {
    text.replace(at, what.size(), with);
  }
  return text;
}

}  // namespace

void Model::add(std::string path, Param param) {
  // "{1-150}": one line for many instances.
  std::size_t open = path.find('{');
  if (open != std::string::npos && path[open + 1] != 'i') {
    std::size_t close = path.find('}', open);
    unsigned first = 0;
    unsigned last = 0;
    auto [dash, error] = std::from_chars(path.data() + open + 1, path.data() + path.size(), first);
    auto [end, error2] = std::from_chars(dash + 1, path.data() + path.size(), last);
    if (error != std::errc{} || error2 != std::errc{} || close == std::string::npos) {
      throw std::runtime_error("bad range");
    }
    for (unsigned n = first; n <= last; ++n) {
      Param copy = param;
      std::string number = std::to_string(n);
      copy.value = replace_all(copy.value, "{n}", number);
      add(path.substr(0, open) + number + path.substr(close + 1), copy);
    }
    return;
  }
  std::size_t instance = path.find("{i}.");
  if (instance != std::string::npos) {
    std::string relative = path.substr(instance + 4);
    if (!relative.empty()) templates_[path.substr(0, instance)][relative] = std::move(param);
    return;
  }
  for (std::size_t dot = path.find('.'); dot + 1 < path.size() && dot != std::string::npos;
       dot = path.find('.', dot + 1)) {
    params_.try_emplace(path.substr(0, dot + 1), Param{"object", false, "", 0});
  }
  if (root_.empty()) root_ = path.substr(0, path.find('.') + 1);
  params_[path] = std::move(param);
}

Model Model::parse(std::string_view text, const std::string& name) {
  Model model;
  std::size_t number = 0;
  while (!text.empty()) {
    ++number;
    std::size_t end = text.find('\n');
    std::string_view line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.empty() || line.front() == '#') continue;
    std::vector<std::string> fields = split_csv(line);
    try {
      if (fields.size() < 4) throw std::runtime_error("expected path,type,writable,value");
      Param param{fields[1], fields[2] == "1", fields[3], 0};
      if (fields.size() > 4 && !fields[4].empty()) {
        param.notification = static_cast<std::uint32_t>(std::stoul(fields[4]));
      }
      model.add(fields[0], std::move(param));
    } catch (const std::exception& error) {
      throw std::runtime_error(name + ":" + std::to_string(number) + ": " + error.what());
    }
  }
  if (model.root_.empty()) throw std::runtime_error(name + ": empty");
  return model;
}

Model Model::load(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  if (!in) throw std::runtime_error("cannot read " + file);
  std::string text(std::istreambuf_iterator<char>(in), {});
  return parse(text, file);
}

const Model::Params* Model::instance_template(std::string_view table) const {
  auto found = templates_.find(table);
  return found == templates_.end() ? nullptr : &found->second;
}

}  // namespace cpe_sim
