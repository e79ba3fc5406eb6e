// Whether a rule applies to one native node, and what its letters stand for there.
#pragma once

#include <string_view>
#include <vector>

#include "bridge/translate/projection_parts.h"

namespace bridge::translate {

class Conditions {
 public:
  /// What decides is noted in `parts.deciding`.
  Conditions(const Projection& projection, Projection::Parts& parts)
      : projection_(projection), parts_(parts) {}

  /// `numbers`: those of `native`, in order. Empty: the rule does not apply. More than one: `each`,
  /// or a list.
  std::vector<Bindings> expand(const Rule& rule, std::string_view native, std::string_view base,
                               const std::vector<std::uint32_t>& numbers);

 private:
  bool holds(const Condition& condition, std::string_view native, std::string_view base,
             const Bindings& bindings);
  std::vector<Bindings> bind(const Condition& condition, std::string_view base,
                             const Bindings& bindings);
  void expand_list(std::string_view base, std::vector<Bindings>& all);
  /// Notes that the parameter decides; its text.
  std::string_view decide(const Node* node);

  const Projection& projection_;
  Projection::Parts& parts_;
};

/// Does a position, or the transform, stand for one element of a list (DNSServers)?
bool takes_list_elements(const Rule& rule);

}  // namespace bridge::translate
