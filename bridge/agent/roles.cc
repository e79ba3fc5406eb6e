#include "bridge/agent/roles.h"

#include "bridge/config.h"

namespace bridge {

namespace {

constexpr std::string_view kSubscriptions = "Device.LocalAgent.Subscription.";

class ReadOnlyAccess final : public usp::Access {
 public:
  bool unrestricted() const override { return false; }
  bool may_read(std::string_view, std::string_view) const override { return true; }
  bool may_write(std::string_view object, std::string_view) const override {
    return object.starts_with(kSubscriptions);
  }
  bool may_add(std::string_view table) const override { return table == kSubscriptions; }
  bool may_delete(std::string_view instance) const override {
    return instance.starts_with(kSubscriptions);
  }
  bool may_operate(std::string_view, std::string_view) const override { return false; }
  bool may_subscribe(std::string_view) const override { return true; }
};

}  // namespace

const usp::Access& access_of(const ControllerConfig* controller) {
  static const usp::Access kFull;
  static const ReadOnlyAccess kReadOnly;
  bool reads = controller != nullptr && controller->role == ControllerConfig::Role::kReadOnly;
  return reads ? static_cast<const usp::Access&>(kReadOnly) : kFull;
}

}  // namespace bridge
