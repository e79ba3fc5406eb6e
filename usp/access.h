// What a requester may do (Device.LocalAgent.ControllerTrust.), as the handlers ask for it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace usp {

/// Device.LocalAgent.Subscription.{i}.NotifType.
enum class NotifType : std::uint8_t {
  kValueChange,
  kObjectCreation,
  kObjectDeletion,
  kOperationComplete,
  kEvent,
};

/// Asked with instantiated paths; may_see() with supported ones. The instance an Add makes is
/// written "{i}". `object` ends in "."; an empty `name` means the object itself.
/// The base class permits everything, but shows nobody what is secured.
class Access {
 public:
  virtual ~Access() = default;
  /// True: only may_read_secured() and may_touch() are ever asked (saves a call per parameter).
  virtual bool unrestricted() const { return true; }
  /// Of a parameter: its value. Of an object: what is below it.
  virtual bool may_read(std::string_view object, std::string_view name) const;
  /// Is a parameter that was asked for by its own path found (R-GET.1)? It is read with may_read().
  virtual bool may_find(std::string_view object, std::string_view name) const;
  /// The true value of a parameter that reads as empty otherwise (TR-106 secured).
  virtual bool may_read_secured(std::string_view object, std::string_view name) const;
  virtual bool may_write(std::string_view object, std::string_view name) const;
  virtual bool may_add(std::string_view table) const;
  /// Instance number and unique keys of an instance.
  virtual bool may_list(std::string_view instance) const;
  virtual bool may_delete(std::string_view instance) const;
  virtual bool may_operate(std::string_view object, std::string_view command) const;
  /// May one path of a Set, Add, Delete or Operate reach that many objects? Else it is answered
  /// with 7005. Asked of unrestricted requesters, too.
  virtual bool may_touch(std::size_t objects) const;
  /// `name`: a parameter, command or event; empty: the instance that came or went.
  virtual bool may_hear(NotifType type, std::string_view object, std::string_view name) const;

  enum class Element : std::uint8_t { kObject, kParameter, kCommandOrEvent };
  /// Is it part of the supported data model for the requester (R-GSP.0)?
  virtual bool may_see(std::string_view supported_object, std::string_view name,
                       Element what) const;
};

}  // namespace usp
