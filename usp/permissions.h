// Roles and their permissions, resolved: what a set of roles allows on each element of the data
// model (TR-369 "Role Based Access Control", Device.LocalAgent.ControllerTrust.Role.{i}.).
//
// Within a role the permission with the largest Order among those whose Targets name the element
// decides alone. What several roles allow is added up. Where nothing is said, nothing is allowed.
//
// A target is one of
//   Device.WiFi.               the object and all below it ("Device.WiFi" as well)
//   Device.WiFi.SSID.2.        an instance and all below it
//   Device.WiFi.SSID.*.SSID    a parameter, here of every instance
//   Device.Reboot()            a command; Device.Boot! an event
//   Device.WiFi.SSID.[Enable==true].   the instances that an expression finds just now
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "usp/access.h"
#include "usp/path.h"

namespace usp {

class DataModel;

/// The four permission strings of a permission: four bits each, r w x n from the lowest.
struct Rights {
  std::uint16_t bits = 0;

  enum class Kind : std::uint8_t { kParam = 0, kObj = 4, kInstantiatedObj = 8, kCommandEvent = 12 };
  enum class Letter : std::uint8_t { kRead = 1, kWrite = 2, kExecute = 4, kNotify = 8 };

  bool has(Kind kind, Letter letter) const {
    return ((bits >> static_cast<unsigned>(kind)) & static_cast<unsigned>(letter)) != 0;
  }
  /// `letters` as parse_letters() gives them.
  void put(Kind kind, std::uint8_t letters);
  /// Everything that is anything: a Param has no x, and so on.
  bool all() const;
  bool operator==(const Rights&) const = default;
};

/// "rwxn", "r--n": always in this order. nullopt: it is not such a text.
std::optional<std::uint8_t> parse_letters(std::string_view text);

inline constexpr std::size_t kMaxTargets = 32;        ///< of one permission
inline constexpr std::size_t kMaxTargetBytes = 1024;  ///< of one target

/// nullopt: it may stand in Targets. Else why not. It need not name what the agent has.
std::optional<std::string> check_targets(std::string_view list);

struct Permission {
  std::uint32_t order = 0;
  std::vector<std::string> targets;
  Rights rights;
};

/// Only what is enabled belongs in here.
struct Role {
  std::vector<Permission> permissions;
};

/// What is allowed on one object and on its parameters, commands and events.
class ObjectRights {
 public:
  /// Empty: the object itself.
  Rights of(std::string_view name) const {
    for (const auto& [other, rights] : named_) {
      if (other == name) return rights;
    }
    return rights_;
  }

 private:
  friend class Permissions;
  Rights rights_;
  std::vector<std::pair<std::string_view, Rights>> named_;  ///< where it is another; few
};

/// Compiled once, asked for each object: the targets are a tree by the parts of their paths, so
/// that the cost follows the depth of an object and not the number of permissions. Immutable.
class Permissions {
 public:
  Permissions() = default;
  explicit Permissions(std::vector<Role> roles);

  /// Everything is allowed, everywhere.
  bool everything() const { return everything_; }
  /// Some target is an expression: ask what evaluated() gives, which holds as long as the values.
  bool needs_model() const { return !searches_.empty(); }
  /// While a value that an expression needs is not known, what the permission allows counts only
  /// where it would be allowed without it too, and what it takes away is taken away.
  Permissions evaluated(const DataModel& model) const;

  /// Of an instantiated object or table. "{i}" is an instance that nothing names by its number.
  /// Holds views into this.
  ObjectRights on(std::string_view object) const;
  /// Of a supported object: what is allowed on at least one instance.
  ObjectRights on_any(std::string_view supported_object) const;

 private:
  struct Rule {
    std::uint32_t role = 0;
    std::uint32_t order = 0;
    Rights rights;
    bool maybe = false;  ///< it is not known whether this is a target
  };
  struct Node {
    std::vector<std::pair<std::string, std::uint32_t>> children;  ///< sorted; "*" among them
    std::vector<Rule> rules;                                      ///< for here and below
    std::vector<std::pair<std::string, Rule>> named;              ///< for one name here
  };
  struct Search {
    Path path;
    Rule rule;
  };
  using Nodes = std::vector<std::uint32_t>;
  using Rules = std::vector<Rule>;

  void add_target(std::string_view target, const Rule& rule);
  void add_path(const Path& path, const Rule& rule);
  std::uint32_t make_child(std::uint32_t node, const std::string& name);
  const std::uint32_t* child(std::uint32_t node, std::string_view name) const;
  void step(const Nodes& from, std::string_view name, Nodes& to, Rules& rules) const;
  void add_anywhere(std::string_view rest, Nodes nodes, Rules rules, ObjectRights& out) const;
  ObjectRights summed_up(const Nodes& nodes, Rules& rules) const;
  static Rights decide(Rules& rules);

  std::vector<Node> nodes_{1};
  std::vector<Search> searches_;
  bool everything_ = false;
};

/// The rights of one requester during one request. Remembers the object that was asked for last;
/// not thread-safe. Both outlive it.
class RoleAccess : public Access {
 public:
  /// `secured`: of those of its roles that may see secured parameters; null: none is.
  explicit RoleAccess(const Permissions& all, const Permissions* secured = nullptr)
      : all_(all), secured_(secured) {}

  bool unrestricted() const override { return all_.everything(); }
  bool may_read(std::string_view object, std::string_view name) const override;
  bool may_find(std::string_view object, std::string_view name) const override;
  bool may_read_secured(std::string_view object, std::string_view name) const override;
  bool may_write(std::string_view object, std::string_view name) const override;
  bool may_add(std::string_view table) const override;
  bool may_list(std::string_view instance) const override;
  bool may_delete(std::string_view instance) const override;
  bool may_operate(std::string_view object, std::string_view command) const override;
  bool may_hear(NotifType type, std::string_view object, std::string_view name) const override;
  bool may_see(std::string_view supported_object, std::string_view name,
               Element what) const override;

 private:
  struct Last {
    std::string object;
    ObjectRights rights;
  };
  Rights rights(std::string_view object, std::string_view name) const;

  const Permissions& all_;
  const Permissions* secured_;
  mutable Last last_;
  mutable Last last_supported_;
};

}  // namespace usp
