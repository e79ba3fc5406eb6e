#include "bridge/agent/unique_keys.h"

#include <cstdint>

#include "usp/path.h"

namespace bridge {

const usp::SupportedObject* supported_object(const usp::DataModel& model,
                                             std::string_view object_path) {
  const usp::SupportedObject* object = &model.supported();
  std::size_t at = object_path.find('.');
  if (at == std::string_view::npos) return nullptr;
  std::string_view rest = object_path.substr(at + 1);
  while (object != nullptr && !rest.empty()) {
    std::size_t dot = rest.find('.');
    if (dot == std::string_view::npos) return nullptr;
    std::string_view part = rest.substr(0, dot);
    rest.remove_prefix(dot + 1);
    std::uint32_t number = 0;
    if (!usp::parse_instance_number(part, number)) object = object->child(part);
  }
  return object;
}

std::map<std::string, std::string> unique_keys(const usp::DataModel& model,
                                               const std::string& instance_path) {
  std::map<std::string, std::string> out;
  const usp::SupportedObject* object = supported_object(model, instance_path);
  if (object == nullptr) return out;
  for (const auto& set : object->unique_keys) {
    for (const std::string& name : set) {
      usp::Value value = model.value(instance_path, name);
      if (value.state == usp::ValueState::kKnown || value.state == usp::ValueState::kStale) {
        out.emplace(name, value.text);
      }
    }
  }
  return out;
}

bool has_unread_keys(const usp::DataModel& model, const std::string& instance_path) {
  const usp::SupportedObject* object = supported_object(model, instance_path);
  if (object == nullptr) return false;
  for (const auto& set : object->unique_keys) {
    for (const std::string& name : set) {
      if (model.value(instance_path, name).state == usp::ValueState::kUnread) return true;
    }
  }
  return false;
}

}  // namespace bridge
