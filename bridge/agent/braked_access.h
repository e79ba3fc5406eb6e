// What the brakes (bridge/brakes.h) leave of a requester's rights.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "bridge/brakes.h"
#include "usp/access.h"
#include "usp/data_model.h"

namespace bridge {

/// For one Set, Add, Delete or Operate: nobody may write what is denied, nor reach too much at
/// once. All else is as `inner` says. Everything it is given outlives it; not thread-safe.
class BrakedAccess final : public usp::Access {
 public:
  /// The Device:2 name of a parameter or object that is shown by another one too
  /// (Device.X_USPBRIDGE_IGD.); nullopt or the same: it has no other.
  using OtherName = std::function<std::optional<std::string>(const std::string& path)>;

  BrakedAccess(const usp::Access& inner, const Brakes& brakes, const usp::DataModel& model,
               OtherName other_name)
      : inner_(inner), brakes_(brakes), model_(model), other_name_(std::move(other_name)) {}

  /// A brake has refused something.
  bool has_denied() const { return denied_; }
  bool has_capped() const { return capped_; }

  bool unrestricted() const override { return inner_.unrestricted() && !brakes_.denies_any(); }
  bool may_read(std::string_view object, std::string_view name) const override {
    return inner_.may_read(object, name);
  }
  bool may_find(std::string_view object, std::string_view name) const override {
    return inner_.may_find(object, name);
  }
  bool may_read_secured(std::string_view object, std::string_view name) const override {
    return inner_.may_read_secured(object, name);
  }
  bool may_list(std::string_view instance) const override { return inner_.may_list(instance); }
  bool may_hear(usp::NotifType type, std::string_view object,
                std::string_view name) const override {
    return inner_.may_hear(type, object, name);
  }
  bool may_see(std::string_view supported_object, std::string_view name,
               Element what) const override {
    return inner_.may_see(supported_object, name, what);
  }
  bool may_write(std::string_view object, std::string_view name) const override;
  bool may_add(std::string_view table) const override;
  /// Not where something below it is denied: that would go too.
  bool may_delete(std::string_view instance) const override;
  /// Not where the parameter that the command writes is denied.
  bool may_operate(std::string_view object, std::string_view command) const override;
  bool may_touch(std::size_t objects) const override;

 private:
  bool denies(const std::string& path) const;
  bool holds_denied(const std::string& object, const usp::SupportedObject& supported) const;
  bool note(bool denied) const;

  const usp::Access& inner_;
  const Brakes& brakes_;
  const usp::DataModel& model_;
  OtherName other_name_;
  mutable bool denied_ = false;
  mutable bool capped_ = false;
};

}  // namespace bridge
