#include "tests/tools/cpe_sim/tree.h"

#include <algorithm>
#include <charconv>
#include <vector>

namespace cpe_sim {

const Param* DeviceTree::find(std::string_view path) const {
  const auto own = own_.find(path);
  if (own != own_.end()) return own->second ? &*own->second : nullptr;
  const auto base = model_->params().find(path);
  return base == model_->params().end() ? nullptr : &base->second;
}

std::string_view DeviceTree::value(std::string_view path) const {
  const Param* param = find(path);
  return param == nullptr ? std::string_view{} : std::string_view(param->value);
}

Param* DeviceTree::own(const std::string& path) {
  const Param* param = find(path);
  if (param == nullptr) return nullptr;
  const auto [place, is_new] = own_.try_emplace(path, std::nullopt);
  if (is_new) place->second = *param;
  return &*place->second;
}

void DeviceTree::set_value(const std::string& path, std::string value) {
  const Param* now = find(path);
  if (now == nullptr || now->value == value) return;
  own(path)->value = std::move(value);
}

void DeviceTree::set_notification(const std::string& path, std::uint8_t notification) {
  const Param* now = find(path);
  if (now == nullptr || now->notification == notification) return;
  own(path)->notification = notification;
}

void DeviceTree::visit(std::string_view prefix, const Visitor& visitor) const {
  auto base = model_->params().lower_bound(prefix);
  auto own = own_.lower_bound(prefix);
  const auto base_open = [&] {
    return base != model_->params().end() && base->first.starts_with(prefix);
  };
  const auto own_open = [&] { return own != own_.end() && own->first.starts_with(prefix); };
  while (base_open() || own_open()) {
    if (!own_open() || (base_open() && base->first < own->first)) {
      if (!visitor(base->first, base->second)) return;
      ++base;
      continue;
    }
    if (base_open() && base->first == own->first) ++base;
    if (own->second && !visitor(own->first, *own->second)) return;
    ++own;
  }
}

std::size_t DeviceTree::count_rows(const std::string& table) const {
  std::size_t rows = 0;
  visit(table, [&](const std::string& path, const Param& param) {
    const bool child =
        path.size() > table.size() && path.find('.', table.size()) + 1 == path.size();
    if (child && param.is_object()) ++rows;
    return true;
  });
  return rows;
}

std::uint32_t DeviceTree::add_row(const std::string& table) {
  const Params* row_template = model_->row_template(table);
  if (row_template == nullptr || find(table) == nullptr) return 0;
  const bool deletable = find(table)->writable;
  std::uint32_t highest = last_row_[table];
  visit(table, [&](const std::string& path, const Param&) {
    std::uint32_t number = 0;
    std::from_chars(path.data() + table.size(), path.data() + path.size(), number);
    highest = std::max(highest, number);
    return true;
  });
  last_row_[table] = highest + 1;
  Params row;
  Model::make_row(row, *row_template, table, highest + 1, deletable, model_->object_);
  for (auto& [path, param] : row) own_.insert_or_assign(path, std::move(param));
  update_count(table);
  return highest + 1;
}

bool DeviceTree::delete_row(const std::string& row) {
  if (find(row) == nullptr) return false;
  std::vector<std::string> gone;
  visit(row, [&](const std::string& path, const Param&) {
    gone.push_back(path);
    return true;
  });
  const std::string table(parent_of(row));
  std::uint32_t number = 0;
  std::from_chars(row.data() + table.size(), row.data() + row.size(), number);
  last_row_[table] = std::max(last_row_[table], number);
  for (const std::string& path : gone) {
    if (model_->params().contains(path)) {
      own_.insert_or_assign(path, std::nullopt);
    } else {
      own_.erase(path);
    }
  }
  update_count(table);
  return true;
}

void DeviceTree::update_count(const std::string& table) {
  set_value(table.substr(0, table.size() - 1) + "NumberOfEntries",
            std::to_string(count_rows(table)));
}

void DeviceTree::reset() {
  own_.clear();
  last_row_.clear();
}

}  // namespace cpe_sim
