// A TR-098 device's tree as controllers see it: a second tree, in the names of Device:2, kept in
// step with the first one, and for each node of it where it comes from.
#pragma once

#include <boost/container/small_vector.hpp>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "bridge/path_pool.h"
#include "bridge/translate/mapping.h"
#include "bridge/translate/numbers.h"
#include "bridge/tree.h"

namespace bridge::translate {

/// What the letters of a rule stand for in one place.
struct Bindings {
  struct Letter {
    char letter;
    std::uint32_t number;
    bool operator==(const Letter&) const = default;
  };
  boost::container::small_vector<Letter, 6> letters;
  std::uint32_t item = 0;  ///< position in a list from 1; 0: none
  std::string element;     ///< the list's element there
  bool operator==(const Bindings&) const = default;

  /// 0: not bound.
  std::uint32_t number(char letter) const;
  void bind(char letter, std::uint32_t number);
};

/// Where a shown node comes from.
struct Link {
  const Rule* rule = nullptr;  ///< nullptr: below the vendor object, or in a copied subtree
  std::string_view native;     ///< the native parameter or object; lives as long as the projection
  std::string_view base;       ///< the native object that the rule's names are looked up from
  const Bindings* bindings = nullptr;
};

struct ProjectionOptions {
  std::string vendor_root = "Device.X_USPBRIDGE_IGD.";
  /// Mapped parameters are below the vendor object as well, read-only.
  bool show_mapped = false;
};

/// Not thread-safe; belongs to its device's strand.
class Projection {
 public:
  /// Everything outlives it. `native` is the device's tree; after it has changed one of the
  /// update() is to be called before anything is asked.
  Projection(const Mapping& mapping, const Tree& native, Numbers& numbers, PathPool& pool,
             ProjectionOptions options = {});
  ~Projection();

  const Mapping& mapping() const { return mapping_; }
  const Tree& native() const { return native_; }
  const Tree& shown() const { return shown_; }
  Numbers& numbers() { return numbers_; }
  const Numbers& numbers() const { return numbers_; }
  const ProjectionOptions& options() const { return options_; }

  /// Names came or went: all is laid out anew. Returns what that changed in shown().
  Diff update();
  /// These native parameters have other values, or another state.
  Diff update(std::span<const std::string> names);

  // ---- where things come from
  /// Of a shown parameter: the rule that supplies it (and takes writes) comes first; several where
  /// a value is made of many (sum, any, item, fn:). Of an object: its object rule. Empty: none.
  std::vector<Link> links(std::string_view shown) const;
  /// Native parameters that its value depends on.
  std::vector<std::string> sources(std::string_view shown) const;
  /// The native object behind a shown one, the primary where there are several ("Device.IP.
  /// Diagnostics.IPPing." too, which no object rule names). nullopt: none.
  std::optional<std::string> native_object(std::string_view shown) const;
  /// The shown node that this native one supplies first; nullopt: none.
  std::optional<std::string> shown_of(std::string_view native) const;
  /// See DeviceModel::tables_below().
  std::vector<std::string> tables_below(std::string_view shown) const;
  /// All shown objects that stand for a native object, in the order of the rules.
  std::vector<std::string> shown_objects(std::string_view native) const;

  // ---- references (docs/translation.md, "References"); both without the final dot
  /// `layer1`: of Hosts.Host.Layer1Interface, which names radios. A path with no counterpart goes
  /// below the vendor object; what is no path stays as it is.
  std::string to_shown_reference(std::string_view native, bool layer1 = false) const;
  /// nullopt: a path of this agent that nothing of the device stands behind.
  std::optional<std::string> to_native_reference(std::string_view shown) const;

  // ---- looking around in the native tree
  /// A parameter (an object where `name` ends in '.') beside `base`, then in each enclosing object
  /// outward. nullptr: none.
  const Node* look_up(std::string_view base, std::string_view name) const;
  /// Its text; empty: none, or not read.
  std::string_view text(std::string_view native_path) const;
  std::string_view text(std::string_view base, std::string_view name) const;
  /// WLANConfigurations that share a radio with this one, itself included, in order.
  std::vector<std::string> radio_members(std::string_view wlan) const;
  /// The one that stands for the radio: the first that is enabled, else the first.
  std::string radio_representative(std::string_view wlan) const;
  /// "2.4GHz", "5GHz".
  std::string_view radio_band(std::string_view wlan) const;
  /// Row of a native table ("Layer2Bridging.Bridge") whose key parameter ("BridgeKey"), or number
  /// where it has none, is `key`; 0: none.
  std::uint32_t row_with_key(std::string_view table, std::uint32_t key) const;
  /// The key that an allocator position has in these bindings: "pm(wanip:1,1,1,5)".
  std::string allocator_key(const Position& position, std::string_view base,
                            const Bindings& bindings) const;

  /// The path of a row, or of what is in it, where all its numbers are known.
  std::optional<std::string> resolve(const ShownPath& shown, std::string_view base,
                                     const Bindings& bindings) const;

  /// Shares of the device's parameters, ManagementServer. left out.
  struct Shares {
    std::size_t standard = 0;  ///< seen below Device.
    std::size_t vendor = 0;    ///< seen below the vendor object
    std::size_t hidden = 0;    ///< not seen; 0 unless something is wrong
  };
  Shares shares() const;

  std::size_t memory_bytes() const;

  struct Parts;  ///< projection_parts.h

 private:
  bool is_readable_again(std::string_view native) const;
  void stack_interfaces();
  void insert_rows(std::span<const NodeFacts> facts);
  std::string row_of(std::string_view object, bool layer1) const;

  const Mapping& mapping_;
  const Tree& native_;
  Numbers& numbers_;
  PathPool& pool_;
  ProjectionOptions options_;
  Tree shown_;
  std::unique_ptr<Parts> parts_;
};

inline constexpr std::string_view kNativeRoot = "InternetGatewayDevice.";

}  // namespace bridge::translate
