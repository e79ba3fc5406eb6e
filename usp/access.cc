#include "usp/access.h"

namespace usp {

bool Access::may_read(std::string_view /*object*/, std::string_view /*name*/) const { return true; }
bool Access::may_find(std::string_view object, std::string_view /*name*/) const {
  return may_read(object, {});
}
bool Access::may_read_secured(std::string_view /*object*/, std::string_view /*name*/) const {
  return false;
}
bool Access::may_write(std::string_view /*object*/, std::string_view /*name*/) const {
  return true;
}
bool Access::may_add(std::string_view /*table*/) const { return true; }
bool Access::may_list(std::string_view /*instance*/) const { return true; }
bool Access::may_delete(std::string_view /*instance*/) const { return true; }
bool Access::may_operate(std::string_view /*object*/, std::string_view /*command*/) const {
  return true;
}
bool Access::may_touch(std::size_t /*objects*/) const { return true; }
bool Access::may_hear(NotifType /*type*/, std::string_view /*object*/,
                      std::string_view /*name*/) const {
  return true;
}
bool Access::may_see(std::string_view /*supported_object*/, std::string_view /*name*/,
                     Element /*what*/) const {
  return true;
}

}  // namespace usp
