#include "bridge/agent/supported.h"

#include <algorithm>
#include <functional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "bridge/agent/command_catalogue.h"
#include "bridge/agent/standard_model.h"
#include "bridge/agent/virtual_rows.h"

namespace bridge {
namespace {

using usp::ObjectAccess;
using usp::ParamAccess;
using usp::ParamType;
using usp::SupportedObject;

constexpr std::string_view kPlaceholder = "{i}.";

ParamType type_of(const StandardParam* standard, ValueType device) {
  if (standard != nullptr) return standard->type;
  switch (device) {
    case ValueType::kInt:
      return ParamType::kInt;
    case ValueType::kUnsignedInt:
      return ParamType::kUnsignedInt;
    case ValueType::kLong:
      return ParamType::kLong;
    case ValueType::kUnsignedLong:
      return ParamType::kUnsignedLong;
    case ValueType::kBoolean:
      return ParamType::kBoolean;
    case ValueType::kDateTime:
      return ParamType::kDateTime;
    case ValueType::kBase64:
      return ParamType::kBase64;
    case ValueType::kHexBinary:
      return ParamType::kHexBinary;
    case ValueType::kUnknown:
    case ValueType::kString:
      break;
  }
  return ParamType::kString;
}

/// Where the device has not said, the standard's word counts; without both a write is let through
/// to the device, which will say.
ParamAccess access_of(const StandardParam* standard, Writable device) {
  const ParamAccess otherwise = standard != nullptr ? standard->access : ParamAccess::kReadWrite;
  if (device == Writable::kNo) return ParamAccess::kReadOnly;
  if (device == Writable::kUnknown) return otherwise;
  return otherwise == ParamAccess::kWriteOnce ? otherwise : ParamAccess::kReadWrite;
}

ObjectAccess table_access(bool add, bool erase) {
  if (add) return erase ? ObjectAccess::kAddDelete : ObjectAccess::kAddOnly;
  return erase ? ObjectAccess::kDeleteOnly : ObjectAccess::kReadOnly;
}

/// "A.B.{i}.C." -> "A.B.{i}."; "A.B.{i}." -> "A."; "A.B.{i}.P" -> "A.B.{i}.".
std::string_view parent_of(std::string_view path) {
  if (path.ends_with(kPlaceholder)) path.remove_suffix(kPlaceholder.size());
  if (path.ends_with('.')) path.remove_suffix(1);
  return path.substr(0, path.rfind('.') + 1);
}

std::string_view last_name(std::string_view path) {
  const std::string_view parent = parent_of(path);
  std::string_view name = path.substr(parent.size());
  return name.substr(0, name.find('.'));
}

class Builder {
 public:
  Builder(const std::vector<Tree::Supported>& rows, const DeviceModel& device, const Offer& offer)
      : device_(device), offer_(offer) {
    for (const Tree::Supported& row : rows) {
      if (device.hides(row.path)) continue;
      if (row.path.ends_with(kPlaceholder)) writable_rows_.emplace(row.path, row.writable);
      if (row.path.ends_with(".Alias")) has_alias_ = true;
      rows_.push_back(row);
    }
  }

  std::shared_ptr<const SupportedObject> build(const LocalSchema& schema) {
    object("Device.");
    for (const Tree::Supported& row : rows_) add_row(row);
    add_root_params(schema);
    add_virtual_rows();
    add_commands(schema.vendor_prefix());
    add_events();
    for (const auto& subtree : schema.supported()) object("Device.").children.push_back(subtree);
    for (auto& [path, made] : objects_) finish(*made);
    return objects_.at("Device.");
  }

 private:
  SupportedObject& object(std::string_view path) {
    if (const auto at = objects_.find(std::string(path)); at != objects_.end()) return *at->second;
    auto made = std::make_shared<SupportedObject>();
    made->path = path;
    made->name = last_name(path);
    made->multi_instance = path.ends_with(kPlaceholder);
    SupportedObject& result = *made;
    objects_.emplace(std::string(path), made);
    if (const std::string_view parent = parent_of(path); !parent.empty()) {
      object(parent).children.push_back(std::move(made));
    }
    return result;
  }

  void add_row(const Tree::Supported& row) {
    if (row.path.ends_with(kPlaceholder)) {
      object(row.path);
    } else if (row.path.ends_with('.')) {
      add_object_or_table(row);
    } else {
      const StandardParam* standard = standard_.param(row.path);
      add_param(row.path, standard, type_of(standard, row.type), access_of(standard, row.writable));
    }
  }

  void add_object_or_table(const Tree::Supported& row) {
    const std::string row_path = row.path + std::string(kPlaceholder);
    const StandardTable* standard = standard_.table(row_path);
    const auto rows = writable_rows_.find(row_path);
    const bool empty = rows == writable_rows_.end();
    if (empty && standard == nullptr && row.writable != Writable::kYes) {
      object(row.path);
      return;
    }
    const bool by_standard = standard != nullptr && standard->add_delete;
    const bool add =
        row.writable == Writable::kYes || (row.writable == Writable::kUnknown && by_standard);
    const bool erase =
        empty || rows->second == Writable::kUnknown ? add : rows->second == Writable::kYes;
    object(row_path).access = table_access(add, erase);
    if (empty) expand(row_path);
  }

  /// An empty table has shown none of its parameters. An Alias is offered only where the device
  /// has shown one elsewhere: most CWMP devices know none.
  void expand(const std::string& table) {
    for (const StandardParam& param : standard_.params_below(table)) {
      if (param.cwmp_only || (!has_alias_ && param.path.ends_with(".Alias"))) continue;
      if (!device_.may_have(param.path)) continue;
      add_param(param.path, &param, param.type, param.access);
    }
    for (const StandardTable& nested : standard_.tables_below(table)) {
      if (nested.path == table || !may_have_any(standard_.params_below(nested.path))) continue;
      object(nested.path).access = table_access(nested.add_delete, nested.add_delete);
    }
  }

  bool may_have_any(std::span<const StandardParam> params) const {
    return params.empty() || std::ranges::any_of(params, [this](const StandardParam& param) {
             return device_.may_have(param.path);
           });
  }

  void add_param(std::string_view path, const StandardParam* standard, ParamType type,
                 ParamAccess access) {
    const std::string_view parent = parent_of(path);
    const std::string_view name = path.substr(parent.size());
    object(parent).params.push_back(
        {.name = std::string(name),
         .access = access,
         .type = type,
         .list = standard != nullptr && standard->list,
         .secret = type != ParamType::kBoolean && standard_.is_secret(name),
         // The device itself checks whether the target exists.
         .reference = standard != nullptr && standard->reference ? usp::ReferenceKind::kWeak
                                                                 : usp::ReferenceKind::kNone});
  }

  void add_root_params(const LocalSchema& schema) {
    SupportedObject& root = object("Device.");
    for (const LocalParam& param : schema.object("Device.")->params) {
      if (root.param(param.name) != nullptr) continue;
      root.params.push_back(
          {.name = std::string(param.name), .access = param.access, .type = param.type});
    }
  }

  void add_virtual_rows() {
    const VirtualRows rows(offer_);
    for (const std::string_view table : rows.objects()) {
      SupportedObject& row = object(table);
      row.params.clear();
      row.access = ObjectAccess::kReadOnly;
      for (const VirtualParam& param : rows.params(table)) {
        row.params.push_back(
            {.name = std::string(param.name), .type = param.type, .value_change = false});
      }
      SupportedObject& info = object(parent_of(table));
      for (const VirtualParam& param : rows.info(table)) {
        std::erase_if(info.params, [&](const auto& each) { return each.name == param.name; });
        info.params.push_back(
            {.name = std::string(param.name), .type = param.type, .value_change = false});
      }
    }
  }

  void add_commands(std::string_view vendor_prefix) {
    for (const CommandRow& row : CommandCatalogue::get().commands()) {
      if (is_bridge_way(row.way) || !can_serve(row)) continue;
      std::string name(row.name);
      if (name.starts_with(kVendorPrefix)) name.replace(0, kVendorPrefix.size(), vendor_prefix);
      object(row.object)
          .commands.push_back({std::move(name), row.asynchronous, input_of(row), output_of(row)});
    }
  }

  bool can_serve(const CommandRow& row) const {
    if (!offer_.has_rpc(row.way) || !objects_.contains(std::string(row.object))) return false;
    if (row.way == CommandWay::kActivate && !offer_.several_images) return false;
    if (row.target.empty()) return true;
    if (row.target.ends_with('.')) return objects_.contains(std::string(row.target));
    const usp::SupportedParam* param = parameter(row.target);
    return param != nullptr && param->access != ParamAccess::kReadOnly;
  }

  const usp::SupportedParam* parameter(std::string_view path) const {
    const auto owner = objects_.find(std::string(parent_of(path)));
    if (owner == objects_.end()) return nullptr;
    return owner->second->param(path.substr(owner->first.size()));
  }

  /// Arguments that are parameters are offered where the device has them.
  std::vector<usp::SupportedArgument> input_of(const CommandRow& row) const {
    const bool parameters = row.way == CommandWay::kDiagnostics || row.way == CommandWay::kSet;
    std::vector<usp::SupportedArgument> out;
    for (const CommandArgument& argument : row.input) {
      const std::string path = std::string(row.argument_object()) + std::string(argument.name);
      if (parameters && !argument.mandatory && parameter(path) == nullptr) continue;
      out.push_back({std::string(argument.name), argument.mandatory});
    }
    return out;
  }

  std::vector<std::string> output_of(const CommandRow& row) const {
    std::vector<std::string> out = row.output;
    if (!row.all_results) return out;
    std::set<std::string> results;
    const auto take = [&](std::string_view path, bool read_only) {
      const std::string_view name = path.substr(row.target.size());
      if (read_only && !path.ends_with('.') && !name.ends_with("NumberOfEntries")) {
        results.emplace(name);
      }
    };
    for (const StandardParam& param : standard_.params_below(row.target)) {
      take(param.path, param.access == ParamAccess::kReadOnly);
    }
    for (const Tree::Supported& each : rows_) {
      if (each.path.starts_with(row.target)) take(each.path, each.writable == Writable::kNo);
    }
    out.insert(out.end(), results.begin(), results.end());
    return out;
  }

  void add_events() {
    for (const EventRow& event : CommandCatalogue::get().events()) {
      const bool of_root = event.needs.empty() && event.object == "Device.";
      const bool of_device = !event.needs.empty() && objects_.contains(std::string(event.needs));
      if (!of_root && !of_device) continue;
      object(event.object).events.push_back({std::string(event.name), event.args});
    }
  }

  /// Once all parameters are there: unique keys, order.
  void finish(SupportedObject& made) const {
    std::ranges::sort(made.children, {},
                      [](const auto& child) -> const std::string& { return child->name; });
    if (!made.multi_instance) return;
    const auto has = [&](std::string_view name) { return made.param(name) != nullptr; };
    if (const StandardTable* standard = standard_.table(made.path)) {
      for (const auto& key : standard->keys) {
        if (std::ranges::all_of(key, has)) made.unique_keys.emplace_back(key.begin(), key.end());
      }
    } else if (has("Alias")) {
      made.unique_keys.push_back({"Alias"});
    }
  }

  const StandardModel& standard_ = StandardModel::get();
  const DeviceModel& device_;
  const Offer offer_;
  std::vector<Tree::Supported> rows_;
  std::unordered_map<std::string, Writable> writable_rows_;
  std::unordered_map<std::string, std::shared_ptr<SupportedObject>> objects_;
  bool has_alias_ = false;
};

std::size_t hash_of(const std::vector<Tree::Supported>& rows) {
  std::size_t hash = rows.size();
  for (const Tree::Supported& row : rows) {
    hash = hash * 31 + std::hash<std::string_view>{}(row.path);
    hash =
        hash * 31 + static_cast<std::size_t>(row.type) * 4 + static_cast<std::size_t>(row.writable);
  }
  return hash;
}

}  // namespace

std::shared_ptr<const usp::SupportedObject> build_supported(
    const std::vector<Tree::Supported>& rows, const LocalSchema& schema, const DeviceModel& device,
    const Offer& offer) {
  return Builder(rows, device, offer).build(schema);
}

std::shared_ptr<const usp::SupportedObject> SupportedCache::get(DeviceModel& device,
                                                                const LocalSchema& schema,
                                                                const Offer& offer,
                                                                bool ignore_writable) {
  std::vector<Tree::Supported> rows = device.shown().supported();
  if (ignore_writable) {
    for (Tree::Supported& row : rows) {
      if (row.writable == Writable::kNo) row.writable = Writable::kUnknown;
    }
  }
  const std::size_t hash = hash_of(rows);
  const std::lock_guard lock(mutex_);
  const auto [begin, end] = entries_.equal_range(hash);
  for (auto at = begin; at != end; ++at) {
    const Entry& entry = at->second;
    const bool same = entry.rows == rows && entry.offer == offer && entry.rules == device.rules();
    if (!same) continue;
    if (auto model = entry.model.lock()) return model;
  }
  std::erase_if(entries_, [](const auto& entry) { return entry.second.model.expired(); });
  auto model = build_supported(rows, schema, device, offer);
  entries_.emplace(hash, Entry{std::move(rows), offer, device.rules(), model});
  return model;
}

std::size_t SupportedCache::size() const {
  const std::lock_guard lock(mutex_);
  return entries_.size();
}

}  // namespace bridge
