#include "usp/data_model.h"

#include <algorithm>

namespace usp {
namespace {

template <class Items>
auto find_named(const Items& items, std::string_view name) -> decltype(items.data()) {
  const auto found = std::find_if(items.begin(), items.end(),
                                  [name](const auto& item) { return item.name == name; });
  return found == items.end() ? nullptr : &*found;
}

}  // namespace

const SupportedObject* SupportedObject::child(std::string_view child_name) const {
  const auto found = std::find_if(children.begin(), children.end(),
                                  [child_name](const auto& it) { return it->name == child_name; });
  return found == children.end() ? nullptr : found->get();
}

const SupportedParam* SupportedObject::param(std::string_view param_name) const {
  return find_named(params, param_name);
}

const SupportedCommand* SupportedObject::command(std::string_view command_name) const {
  return find_named(commands, command_name);
}

const SupportedEvent* SupportedObject::event(std::string_view event_name) const {
  return find_named(events, event_name);
}

}  // namespace usp
