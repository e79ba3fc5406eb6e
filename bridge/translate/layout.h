// Lays a device's tree out anew: which shown nodes there are, and which native ones they come from.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bridge/translate/conditions.h"
#include "bridge/translate/projection_parts.h"

namespace bridge::translate {

/// Fills `parts` and the objects and parameters of `shown`, without values. Make one for each run.
class Layout {
 public:
  Layout(Projection& projection, Projection::Parts& parts, Tree& shown);
  void run();

 private:
  /// A rule that may apply to a native node.
  struct Candidate {
    const Rule* rule;
    const Node* node;  ///< the object where the parameter is missing (alias, name)
    std::vector<std::uint32_t> numbers;
  };
  /// A row that has no number yet.
  struct Waiting {
    const Rule* rule;
    const Node* node;
    Bindings bindings;
  };
  struct Placed {
    std::string path;
    std::uint32_t order = 0;  ///< of the rule; among equal paths the lowest supplies
    Entry entry;
    const Node* node = nullptr;  ///< native
    Writable writable = Writable::kUnknown;
    ValueType type = ValueType::kUnknown;
    bool used = true;
  };

  void find_bridged_lans();
  void collect();
  void collect_node(const Node& node);
  void place_objects();
  bool place_row(const Waiting& waiting);
  void drop_orphans();
  void place_parameters();
  void place_parameter(const Candidate& candidate);
  void place_subtree(const Rule& rule, std::string_view native);
  void place_tables();
  void place_table(const Node& node, const Rule& rule);
  void place_counts();
  void choose_suppliers();
  void choose_among(std::size_t begin, std::size_t end);
  void place_rest();
  bool is_named(const Node& node) const;
  void fill();

  bool is_replaced_bridge(const Rule& rule, const Bindings& bindings) const;
  bool row_is_placed(const Rule& rule, std::string_view path) const;
  std::optional<std::string> resolve(const ShownPath& shown, std::size_t positions,
                                     std::string_view base, const Bindings& bindings, bool give);
  std::uint32_t allocated(const Position& position, std::string_view table, std::string_view base,
                          const Bindings& bindings, bool give);
  void note_keys(const Position& position, std::string_view base);
  std::uint32_t keep(const Bindings& bindings);
  void place(std::string path, const Rule* rule, const Node& native, const Bindings& bindings,
             Writable writable);

  Projection& projection_;
  Projection::Parts& parts_;
  Tree& shown_;
  const Mapping& mapping_;
  const Tree& native_;
  Conditions conditions_;
  std::vector<Candidate> objects_;
  std::vector<Candidate> parameters_;
  std::vector<Placed> placed_;
  StringMap<Writable> tables_;     ///< shown tables, empty ones too
  StringMap<std::uint32_t> rows_;  ///< shown objects and the order of their rules
  std::vector<bool> used_;         ///< native nodes that supply something, by index
};

/// Counts the rows of a table that no rule counts.
const Rule& count_rule();

}  // namespace bridge::translate
