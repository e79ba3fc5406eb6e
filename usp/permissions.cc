#include "usp/permissions.h"

#include <algorithm>

#include "usp/agent.h"
#include "usp/search/resolve.h"
#include "usp/subscription.h"

namespace usp {
namespace {

using Kind = Rights::Kind;
using Letter = Rights::Letter;

constexpr std::string_view kLetters = "rwxn";
constexpr std::string_view kAnyInstance = "*";
constexpr std::string_view kPlaceholder = "{i}";

constexpr std::uint16_t kMeaningful = 0b1101'1011'1011'1011;  // rxn rwn rwn rwn

bool is_expression(const Segment& segment) { return segment.kind == Segment::Kind::kExpression; }
bool follows(const Segment& segment) { return segment.kind == Segment::Kind::kFollow; }

std::string_view next_part(std::string_view& rest) {
  const std::size_t dot = std::min(rest.find('.'), rest.size());
  const std::string_view part = rest.substr(0, dot);
  rest.remove_prefix(std::min(dot + 1, rest.size()));
  return part;
}

bool is_instance(std::string_view part) {
  std::uint32_t number = 0;
  return part == kPlaceholder || parse_instance_number(part, number);
}

// "Device.WiFi" is read as a parameter; "Device" and "Device.WiFi.SSID.1" can only be objects.
Result<Path> parse_target(std::string_view target) {
  auto path = parse_path(target);
  return path ? std::move(path) : parse_reference(target);
}

std::optional<std::string> check_target(std::string_view target) {
  if (target.size() > kMaxTargetBytes) return "a path of more than 1024 bytes";
  const auto path = parse_target(target);
  if (!path) return path.error().text;
  if (std::any_of(path->segments.begin(), path->segments.end(), follows)) {
    return "a target cannot follow references";
  }
  return std::nullopt;
}

}  // namespace

void Rights::put(Kind kind, std::uint8_t letters) {
  const unsigned shift = static_cast<unsigned>(kind);
  bits = static_cast<std::uint16_t>((bits & ~(0xFU << shift)) | ((letters & 0xFU) << shift));
}

bool Rights::all() const { return (bits & kMeaningful) == kMeaningful; }

std::optional<std::uint8_t> parse_letters(std::string_view text) {
  if (text.size() != kLetters.size()) return std::nullopt;
  std::uint8_t letters = 0;
  for (std::size_t i = 0; i < kLetters.size(); ++i) {
    if (text[i] == kLetters[i]) {
      letters = static_cast<std::uint8_t>(letters | (1U << i));
    } else if (text[i] != '-') {
      return std::nullopt;
    }
  }
  return letters;
}

std::optional<std::string> check_targets(std::string_view list) {
  const std::vector<std::string_view> targets = split_references(list);
  if (targets.size() > kMaxTargets) return "more than 32 paths";
  for (std::string_view target : targets) {
    if (auto why = check_target(target)) return why;
  }
  return std::nullopt;
}

// ---- compiling ----------------------------------------------------------------------------------

Permissions::Permissions(std::vector<Role> roles) {
  std::uint32_t number = 0;
  for (const Role& role : roles) {
    bool all_rights = !role.permissions.empty();
    bool everywhere = false;
    for (const Permission& permission : role.permissions) {
      all_rights = all_rights && permission.rights.all();
      for (const std::string& target : permission.targets) {
        everywhere = everywhere || target == "Device." || target == "Device";
        add_target(target, {number, permission.order, permission.rights, false});
      }
    }
    everything_ = everything_ || (all_rights && everywhere);
    ++number;
  }
}

void Permissions::add_target(std::string_view target, const Rule& rule) {
  auto path = parse_target(target);
  // A row may come from a template that was never checked: what is no path names nothing.
  if (!path || std::any_of(path->segments.begin(), path->segments.end(), follows)) return;
  if (std::any_of(path->segments.begin(), path->segments.end(), is_expression)) {
    searches_.push_back({*std::move(path), rule});
  } else {
    add_path(*path, rule);
  }
}

// Expressions stand for any instance.
void Permissions::add_path(const Path& path, const Rule& rule) {
  std::uint32_t at = 0;
  for (const Segment& segment : path.segments) {
    switch (segment.kind) {
      case Segment::Kind::kInstance:
        at = make_child(at, std::to_string(segment.number));
        break;
      case Segment::Kind::kWildcard:
      case Segment::Kind::kExpression:
        at = make_child(at, std::string(kAnyInstance));
        break;
      default:
        at = make_child(at, segment.name);
        break;
    }
  }
  if (path.kind == Path::Kind::kObject) {
    nodes_[at].rules.push_back(rule);
    return;
  }
  nodes_[at].named.emplace_back(path.leaf, rule);
  // "Device.WiFi" is a parameter or an object whose last dot is missing; there are not both.
  if (path.kind == Path::Kind::kParameter) nodes_[make_child(at, path.leaf)].rules.push_back(rule);
}

std::uint32_t Permissions::make_child(std::uint32_t node, const std::string& name) {
  auto& children = nodes_[node].children;
  const auto place =
      std::lower_bound(children.begin(), children.end(), name,
                       [](const auto& a, const std::string& b) { return a.first < b; });
  if (place != children.end() && place->first == name) return place->second;
  const auto made = static_cast<std::uint32_t>(nodes_.size());
  children.emplace(place, name, made);
  nodes_.emplace_back();
  return made;
}

Permissions Permissions::evaluated(const DataModel& model) const {
  Permissions out = *this;
  out.searches_.clear();
  const Access everything;
  for (const Search& search : searches_) {
    Path objects{Path::Kind::kObject, search.path.segments, {}};
    std::size_t budget = kMaxResolved;
    const auto found = search::resolve(objects, model, everything, {true, &budget});
    const bool sure = found ? found->unread.empty()
                            : found.error().code == ErrorCode::kInvalidPath;  // it names nothing
    for (const search::Match& match : found ? found->matches : std::vector<search::Match>{}) {
      if (const auto path = parse_path(match.path + search.path.leaf)) {
        out.add_path(*path, search.rule);
      }
    }
    if (sure) continue;
    Rule maybe = search.rule;
    maybe.maybe = true;
    out.add_path(search.path, maybe);
  }
  return out;
}

// ---- asking -------------------------------------------------------------------------------------

const std::uint32_t* Permissions::child(std::uint32_t node, std::string_view name) const {
  const auto& children = nodes_[node].children;
  const auto place =
      std::lower_bound(children.begin(), children.end(), name,
                       [](const auto& a, std::string_view b) { return a.first < b; });
  return place != children.end() && place->first == name ? &place->second : nullptr;
}

void Permissions::step(const Nodes& from, std::string_view name, Nodes& to, Rules& rules) const {
  for (const std::uint32_t node : from) {
    if (const std::uint32_t* next = child(node, name)) {
      to.push_back(*next);
      rules.insert(rules.end(), nodes_[*next].rules.begin(), nodes_[*next].rules.end());
    }
  }
}

ObjectRights Permissions::on(std::string_view object) const {
  Nodes nodes{0};
  Nodes next;
  Rules rules;
  while (!object.empty() && !nodes.empty()) {
    const std::string_view part = next_part(object);
    next.clear();
    step(nodes, part, next, rules);
    if (is_instance(part)) step(nodes, kAnyInstance, next, rules);
    nodes.swap(next);
  }
  return summed_up(nodes, rules);
}

ObjectRights Permissions::on_any(std::string_view supported_object) const {
  ObjectRights out;
  add_anywhere(supported_object, {0}, {}, out);
  return out;
}

// At each {i} the way parts: for every instance that a target names, and for all others.
void Permissions::add_anywhere(std::string_view rest, Nodes nodes, Rules rules,
                               ObjectRights& out) const {
  while (!rest.empty()) {
    const std::string_view part = next_part(rest);
    Nodes next;
    if (part == kPlaceholder) {
      std::vector<std::string_view> numbers;
      for (const std::uint32_t node : nodes) {
        for (const auto& [name, index] : nodes_[node].children) {
          if (is_instance(name)) numbers.push_back(name);
        }
      }
      std::sort(numbers.begin(), numbers.end());
      numbers.erase(std::unique(numbers.begin(), numbers.end()), numbers.end());
      for (std::string_view number : numbers) {
        Nodes there;
        Rules more = rules;
        step(nodes, number, there, more);
        step(nodes, kAnyInstance, there, more);
        add_anywhere(rest, std::move(there), std::move(more), out);
      }
      step(nodes, kAnyInstance, next, rules);
    } else {
      step(nodes, part, next, rules);
    }
    nodes.swap(next);
  }
  const ObjectRights here = summed_up(nodes, rules);
  // A name is known to be another only on this way: what it was on the others is kept.
  for (const auto& [name, rights] : here.named_) {
    const auto known = [&name = name](const auto& each) { return each.first == name; };
    if (std::none_of(out.named_.begin(), out.named_.end(), known)) {
      out.named_.emplace_back(name, out.rights_);
    }
  }
  for (auto& [name, rights] : out.named_) rights.bits |= here.of(name).bits;
  out.rights_.bits |= here.rights_.bits;
}

ObjectRights Permissions::summed_up(const Nodes& nodes, Rules& rules) const {
  ObjectRights out;
  for (const std::uint32_t node : nodes) {
    for (const auto& [name, rule] : nodes_[node].named) {
      const auto known = [&name = name](const auto& each) { return each.first == name; };
      if (std::any_of(out.named_.begin(), out.named_.end(), known)) continue;
      Rules all = rules;
      for (const std::uint32_t other : nodes) {
        for (const auto& [same, more] : nodes_[other].named) {
          if (same == name) all.push_back(more);
        }
      }
      out.named_.emplace_back(name, decide(all));
    }
  }
  out.rights_ = decide(rules);
  return out;
}

Rights Permissions::decide(Rules& rules) {
  std::sort(rules.begin(), rules.end(), [](const Rule& a, const Rule& b) {
    return a.role != b.role ? a.role < b.role : a.order > b.order;
  });
  Rights sum;
  for (auto rule = rules.begin(); rule != rules.end();) {
    const std::uint32_t role = rule->role;
    std::uint16_t left = 0xFFFF;
    bool decided = false;
    for (; rule != rules.end() && rule->role == role; ++rule) {
      if (decided) continue;
      left &= rule->rights.bits;
      decided = !rule->maybe;
    }
    if (decided) sum.bits |= left;
  }
  return sum;
}

// ---- as the handlers ask ------------------------------------------------------------------------

Rights RoleAccess::rights(std::string_view object, std::string_view name) const {
  if (last_.object != object) {
    last_.rights = all_.on(object);
    last_.object = object;
  }
  return last_.rights.of(name);
}

bool RoleAccess::may_read(std::string_view object, std::string_view name) const {
  return rights(object, name).has(name.empty() ? Kind::kObj : Kind::kParam, Letter::kRead);
}
bool RoleAccess::may_find(std::string_view object, std::string_view name) const {
  return rights(object, name).has(Kind::kObj, Letter::kRead);
}
bool RoleAccess::may_read_secured(std::string_view object, std::string_view name) const {
  return secured_ != nullptr && secured_->on(object).of(name).has(Kind::kParam, Letter::kRead);
}
bool RoleAccess::may_write(std::string_view object, std::string_view name) const {
  return rights(object, name).has(Kind::kParam, Letter::kWrite);
}
bool RoleAccess::may_add(std::string_view table) const {
  return rights(table, {}).has(Kind::kObj, Letter::kWrite);
}
bool RoleAccess::may_list(std::string_view instance) const {
  return rights(instance, {}).has(Kind::kInstantiatedObj, Letter::kRead);
}
bool RoleAccess::may_delete(std::string_view instance) const {
  return rights(instance, {}).has(Kind::kInstantiatedObj, Letter::kWrite);
}
bool RoleAccess::may_operate(std::string_view object, std::string_view command) const {
  return rights(object, command).has(Kind::kCommandEvent, Letter::kExecute);
}

bool RoleAccess::may_hear(NotifType type, std::string_view object, std::string_view name) const {
  Kind kind = Kind::kCommandEvent;
  switch (type) {
    case NotifType::kValueChange:
      kind = Kind::kParam;
      break;
    case NotifType::kObjectCreation:
      kind = Kind::kObj;
      break;
    case NotifType::kObjectDeletion:
      kind = Kind::kInstantiatedObj;
      break;
    case NotifType::kOperationComplete:
    case NotifType::kEvent:
      break;
  }
  return rights(object, name).has(kind, Letter::kNotify);
}

bool RoleAccess::may_see(std::string_view supported_object, std::string_view name,
                         Element what) const {
  if (last_supported_.object != supported_object) {
    last_supported_.rights = all_.on_any(supported_object);
    last_supported_.object = supported_object;
  }
  Kind kind = Kind::kObj;
  if (what == Element::kParameter) kind = Kind::kParam;
  if (what == Element::kCommandOrEvent) kind = Kind::kCommandEvent;
  return last_supported_.rights.of(name).has(kind, Letter::kRead);
}

}  // namespace usp
