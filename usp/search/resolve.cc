#include "usp/search/resolve.h"

#include <algorithm>
#include <unordered_set>
#include <utility>

#include "usp/search/expression.h"
#include "usp/value_type.h"

namespace usp::search {
namespace {

// A reference may lead to an object addressed by a unique key, whose expression may follow another
// reference, and so on. Real ones stop at two.
constexpr int kMaxReferenceDepth = 4;

tl::unexpected<Error> invalid(std::string_view what, std::string_view name) {
  std::string text(what);
  return fail(ErrorCode::kInvalidPath, text.append(name));
}

bool is_complete_key(const SupportedObject& object, const std::vector<Condition>& conditions) {
  const auto names = [&conditions](const std::string& key) {
    return std::any_of(conditions.begin(), conditions.end(), [&key](const Condition& condition) {
      return condition.parameter.size() == 1 && condition.parameter[0].name == key;
    });
  };
  const bool all_equal =
      std::all_of(conditions.begin(), conditions.end(),
                  [](const Condition& condition) { return condition.op == Operator::kEqual; });
  return all_equal && std::any_of(object.unique_keys.begin(), object.unique_keys.end(),
                                  [&names](const std::vector<std::string>& keys) {
                                    return std::all_of(keys.begin(), keys.end(), names);
                                  });
}

// Walks a path segment by segment with the set of objects found so far (`found_`), and beside them
// the place in the supported model (`schema_`), which tells an unknown path from an empty result.
// Existence is only asked for at the end: an object that is there has its parents.
class Walk {
 public:
  Walk(const DataModel& model, const Access& access, Limits limits, int depth)
      : model_(model), access_(access), limits_(limits), depth_(depth) {}

  Result<Resolution> run(const Path& path) {
    result_.by_key = true;
    for (const Segment& segment : path.segments) {
      if (auto done = step(segment); !done) return tl::unexpected(done.error());
    }
    std::erase_if(found_, [this](const Match& match) { return !model_.has_object(match.path); });
    if (followed_) drop_duplicates();
    result_.object = schema_ != nullptr ? schema_ : found_.empty() ? nullptr : found_[0].object;
    result_.ends_in_table = schema_ != nullptr ? at_table_ : !found_.empty() && found_[0].table;
    result_.by_key = result_.by_key && result_.searches;
    result_.matches = std::move(found_);
    return std::move(result_);
  }

 private:
  Result<void> step(const Segment& segment) {
    switch (segment.kind) {
      case Segment::Kind::kName:
        return name(segment.name);
      case Segment::Kind::kInstance:
        return instance(segment.number);
      case Segment::Kind::kWildcard:
        result_.by_key = false;
        return instances(nullptr);
      case Segment::Kind::kExpression:
        return instances(&segment.conditions);
      case Segment::Kind::kFollow:
        return follow(segment);
      case Segment::Kind::kPlaceholder:
        break;
    }
    return invalid("{i} is no instance", {});
  }

  Result<void> name(const std::string& name) {
    if (!started_) {
      const SupportedObject& root = model_.supported();
      if (root.name != name) return invalid("unknown root object ", name);
      started_ = true;
      schema_ = &root;
      found_.push_back({name + ".", &root, false});
      return {};
    }
    if (schema_ != nullptr) {
      if (at_table_) return invalid("an instance is missing before ", name);
      schema_ = schema_->child(name);
      if (schema_ == nullptr) return invalid("no such object: ", name);
      at_table_ = schema_->multi_instance;
    }
    const bool had_any = !found_.empty();
    std::erase_if(found_, [&name](const Match& match) {
      return match.table || match.object->child(name) == nullptr;
    });
    if (schema_ == nullptr && had_any && found_.empty()) return invalid("no such object: ", name);
    for (Match& match : found_) {
      match.path.append(name) += '.';
      match.object = match.object->child(name);
      match.table = match.object->multi_instance;
    }
    return {};
  }

  Result<void> leave_table() {
    if (schema_ != nullptr && !at_table_) return invalid("not a table: ", schema_->name);
    at_table_ = false;
    std::erase_if(found_, [](const Match& match) { return !match.table; });
    return {};
  }

  Result<void> instance(std::uint32_t number) {
    if (auto left = leave_table(); !left) return left;
    for (Match& match : found_) {
      match.path.append(std::to_string(number)) += '.';
      match.table = false;
    }
    return {};
  }

  bool spend() {
    if (limits_.budget == nullptr) return true;
    if (*limits_.budget == 0) {
      overspent_ = true;
      return false;
    }
    --*limits_.budget;
    return true;
  }

  // Replaces each table by its instances, those that satisfy `conditions` if given.
  Result<void> instances(const std::vector<Condition>* conditions) {
    if (auto left = leave_table(); !left) return left;
    result_.searches = true;
    if (conditions != nullptr && schema_ != nullptr) {
      if (auto good = check(*conditions, *schema_); !good) return good;
      result_.by_key = result_.by_key && is_complete_key(*schema_, *conditions);
    }
    std::vector<Match> tables = std::exchange(found_, {});
    for (const Match& table : tables) {
      if (conditions != nullptr && schema_ == nullptr) {
        if (auto good = check(*conditions, *table.object); !good) return good;
      }
      for (const std::uint32_t number : model_.instances(table.path)) {
        if (!spend()) return fail(ErrorCode::kResourcesExceeded, "too many instances");
        std::string path = table.path + std::to_string(number) + ".";
        if (may_come_across(path) &&
            (conditions == nullptr || satisfies_all(*conditions, path, *table.object))) {
          found_.push_back({std::move(path), table.object, false});
        }
        if (overspent_) return fail(ErrorCode::kResourcesExceeded, "too many references");
      }
    }
    return {};
  }

  // A search does not show instances that neither Get nor GetInstances would.
  bool may_come_across(const std::string& instance) const {
    return access_.unrestricted() || access_.may_read(instance, {}) || access_.may_list(instance);
  }

  // What can be said about conditions before any value is read.
  Result<void> check(const std::vector<Condition>& conditions, const SupportedObject& object) {
    for (const Condition& condition : conditions) {
      if (auto good = check_one(condition, object); !good) return good;
    }
    return {};
  }

  static Result<void> check_one(const Condition& condition, const SupportedObject& start) {
    const SupportedObject* object = &start;
    for (const RelativeSegment& segment : condition.parameter) {
      const bool last = &segment == &condition.parameter.back();
      if (!last && !segment.follows) {
        object = object->child(segment.name);
        if (object == nullptr || object->multi_instance) {
          return invalid("no such object in the expression: ", segment.name);
        }
        continue;
      }
      const SupportedParam* param = object->param(segment.name);
      if (param == nullptr) return invalid("no such parameter in the expression: ", segment.name);
      if (!last) return {};  // where the reference leads is not known yet
      if (const auto problem = check_condition(condition, *param)) {
        return fail(ErrorCode::kInvalidPathSyntax, *problem);
      }
    }
    return {};
  }

  bool satisfies_all(const std::vector<Condition>& conditions, const std::string& path,
                     const SupportedObject& object) {
    return std::all_of(conditions.begin(), conditions.end(), [&](const Condition& condition) {
      return holds_at(condition, 0, path, object);
    });
  }

  bool holds_at(const Condition& condition, std::size_t index, const std::string& path,
                const SupportedObject& object) {
    const RelativeSegment& segment = condition.parameter[index];
    if (index + 1 == condition.parameter.size()) {
      const SupportedParam* param = object.param(segment.name);
      if (param == nullptr || check_condition(condition, *param)) return false;
      const auto value = read(path, *param);
      return value && search::satisfies(condition, *param, *value);
    }
    if (segment.follows) {
      for (const Match& target : targets(path, object, segment.name, segment.follow)) {
        if (holds_at(condition, index + 1, target.path, *target.object)) return true;
      }
      return false;
    }
    const SupportedObject* child = object.child(segment.name);
    return child != nullptr && holds_at(condition, index + 1, path + segment.name + ".", *child);
  }

  // nullopt: not there, not readable, or not known yet (then it is in `unread`).
  std::optional<std::string> read(const std::string& path, const SupportedParam& param) {
    if (!access_.unrestricted() && !access_.may_read(path, param.name)) return std::nullopt;
    Value value = model_.value(path, param.name);
    if (param.secret && value.state != ValueState::kAbsent &&
        !access_.may_read_secured(path, param.name)) {
      return "";
    }
    switch (value.state) {
      case ValueState::kAbsent:
        return std::nullopt;
      case ValueState::kKnown:
        return std::move(value.text);
      case ValueState::kStale:
        if (limits_.final) return std::move(value.text);
        break;
      case ValueState::kUnread:
        break;
    }
    result_.unread.push_back(path + param.name);
    return std::nullopt;
  }

  Result<void> follow(const Segment& segment) {
    if (!started_) return invalid("a path begins with an object", {});
    if (schema_ != nullptr && (at_table_ || schema_->param(segment.name) == nullptr)) {
      return invalid("no such reference: ", segment.name);
    }
    followed_ = true;
    if (segment.follow.item == 0) result_.searches = true;
    std::vector<Match> sources = std::exchange(found_, {});
    for (const Match& source : sources) {
      if (source.table) continue;
      for (Match& target : targets(source.path, *source.object, segment.name, segment.follow)) {
        found_.push_back(std::move(target));
      }
      if (overspent_) return fail(ErrorCode::kResourcesExceeded, "too many references");
    }
    schema_ = nullptr;
    at_table_ = false;
    return {};
  }

  // The objects a reference parameter of one object leads to.
  std::vector<Match> targets(const std::string& path, const SupportedObject& object,
                             const std::string& name, const Follow& follow) {
    const SupportedParam* param = object.param(name);
    if (param == nullptr || depth_ >= kMaxReferenceDepth) return {};
    const auto value = read(path, *param);
    if (!value) return {};
    const auto items = split_list(*value);
    std::vector<Match> out;
    for (std::size_t i = 0; i < items.size(); ++i) {
      if (follow.item == 0 || follow.item == i + 1) append_target(items[i], out);
    }
    return out;
  }

  void append_target(std::string_view reference, std::vector<Match>& out) {
    if (!spend()) return;
    const auto path = parse_reference(reference);
    if (!path || path->kind != Path::Kind::kObject) return;
    Walk walk(model_, access_, limits_, depth_ + 1);
    auto resolution = walk.run(*path);
    if (!resolution) return;
    std::move(resolution->unread.begin(), resolution->unread.end(),
              std::back_inserter(result_.unread));
    // A reference names one object; a wildcard in it is not followed.
    if (resolution->searches && !resolution->by_key) return;
    std::move(resolution->matches.begin(), resolution->matches.end(), std::back_inserter(out));
  }

  void drop_duplicates() {
    std::unordered_set<std::string_view> seen;
    std::vector<Match> unique;
    unique.reserve(found_.size());
    for (const Match& match : found_) {
      if (seen.insert(match.path).second) unique.push_back(match);
    }
    found_ = std::move(unique);
  }

  const DataModel& model_;
  const Access& access_;
  Limits limits_;
  int depth_;
  bool started_ = false;
  bool followed_ = false;
  bool overspent_ = false;
  bool at_table_ = false;
  const SupportedObject* schema_ = nullptr;
  std::vector<Match> found_;
  Resolution result_;
};

}  // namespace

Result<Resolution> resolve(const Path& path, const DataModel& model, const Access& access,
                           Limits limits) {
  return Walk(model, access, limits, 0).run(path);
}

}  // namespace usp::search
