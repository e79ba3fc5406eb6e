#include "bridge/translate/write_draft.h"

#include <algorithm>
#include <utility>

#include "bridge/agent/standard_model.h"

namespace bridge::translate {

ValueType native_type_of(const Mapping& mapping, std::string_view name) {
  for (const std::uint32_t index : mapping.of_native(supported_path(name))) {
    const ValueType type = mapping.rules()[index].native_type;
    if (type != ValueType::kUnknown) return type;
  }
  return ValueType::kUnknown;
}

std::string_view last_name(std::string_view path) {
  if (path.ends_with('.')) path.remove_suffix(1);
  return path.substr(path.rfind('.') + 1);  // none: npos + 1 is 0
}

void Draft::merge(Entries& entries, const Wanted& wanted, const Origin& origin, bool required) {
  const auto [found, is_new] = entries.at.try_emplace(wanted.name, entries.all.size());
  if (is_new) {
    entries.all.push_back({wanted, required, {origin}});
    return;
  }
  Entry& entry = entries.all[found->second];
  entry.wanted = wanted;
  entry.required = entry.required || required;
  if (std::find(entry.origins.begin(), entry.origins.end(), origin) == entry.origins.end()) {
    entry.origins.push_back(origin);
  }
}

const Wanted* Draft::read_only_among(const Wants& wants) const {
  for (const Wanted& wanted : wants.set) {
    const Node* node = projection_.native().find(wanted.name);
    const bool listed = node != nullptr && node->writable() == Writable::kNo;
    if (listed && !is_so_already(wanted)) return &wanted;
  }
  return nullptr;
}

void Draft::take(const Wants& wants, const Origin& origin, bool required) {
  if (const Wanted* wanted = read_only_among(wants)) {
    refuse(origin, required,
           {usp::ErrorCode::kNotWriteable, "read-only on this device: " + wanted->name});
    return;
  }
  for (const Wanted& wanted : wants.set) merge(set_, wanted, origin, required);
  for (const Wanted& wanted : wants.follow) merge(follow_, wanted, origin, false);
  write_.numbers.insert(write_.numbers.end(), wants.numbers.begin(), wants.numbers.end());
}

void Draft::refuse(const Origin& origin, bool required, const WriteError& error) {
  write_.refused.push_back({origin, required, error.code, error.text});
}

std::optional<std::string> Draft::value(std::string_view name) const {
  const auto found = set_.at.find(std::string(name));
  if (found != set_.at.end()) return set_.all[found->second].wanted.value;
  const Node* node = projection_.native().find(name);
  if (node == nullptr || !node->has_value()) return std::nullopt;
  return std::string(node->value());
}

bool Draft::is_so_already(const Wanted& wanted) const {
  const Node* node = projection_.native().find(wanted.name);
  if (node == nullptr || node->state() != NodeState::kKnown) return false;
  if (StandardModel::get().is_secret(last_name(wanted.name))) return false;
  if (wanted.list) return split_list(node->value()) == split_list(wanted.value);
  // Devices that call everything a string know booleans all the same.
  ValueType type = native_type_of(projection_.mapping(), wanted.name);
  if (type == ValueType::kUnknown) type = node->type();
  return same_value(node->value(), wanted.value, type);
}

NativeAssignment Draft::assignment(Entry entry) const {
  NativeAssignment out;
  out.type = native_type_of(projection_.mapping(), entry.wanted.name);
  out.name = std::move(entry.wanted.name);
  out.value = std::move(entry.wanted.value);
  out.required = entry.required;
  out.origins = std::move(entry.origins);
  return out;
}

NativeWrite Draft::finish() && {
  for (Entry& entry : set_.all) {
    if (!is_so_already(entry.wanted)) write_.set.push_back(assignment(std::move(entry)));
  }
  for (Entry& entry : follow_.all) {
    if (!is_so_already(entry.wanted)) write_.follow.push_back(assignment(std::move(entry)));
  }
  return std::move(write_);
}

}  // namespace bridge::translate
