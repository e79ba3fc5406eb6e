#include "bridge/brakes.h"

#include <algorithm>
#include <utility>

#include "bridge/pattern.h"

namespace bridge {

namespace {

constexpr std::string_view kControlApi = "grpc";

FreezeScope scope_of(const FreezeRow& freeze) { return static_cast<FreezeScope>(freeze.scope); }

bool fits(const std::string& pattern, std::string_view text) {
  return pattern.empty() || matches_pattern(pattern, text);
}

bool is_requester(std::string_view controller, std::string_view requester) {
  if (requester.empty()) return false;
  if (controller == requester) return true;
  return controller == kControlApi && requester.starts_with("grpc:");
}

std::string_view or_star(const std::string& pattern) {
  return pattern.empty() ? std::string_view("*") : std::string_view(pattern);
}

/// Is there a text that begins with `text` and that the pattern covers?
bool may_match_beyond(std::string_view pattern, std::string_view text) {
  // Every way to read the text: the places in the pattern that one may have come to.
  std::vector<bool> at(pattern.size() + 1, false);
  const auto open_stars = [&](std::size_t from) {
    at[from] = true;
    for (std::size_t i = from; i < pattern.size() && pattern[i] == '*'; ++i) at[i + 1] = true;
  };
  open_stars(0);
  for (const char c : text) {
    std::vector<bool> before(pattern.size() + 1, false);
    std::swap(at, before);
    for (std::size_t i = 0; i < pattern.size(); ++i) {
      if (!before[i]) continue;
      if (pattern[i] == '*') open_stars(i);
      if (pattern[i] == c) open_stars(i + 1);
    }
  }
  return std::ranges::find(at, true) != at.end();
}

/// A pattern of an object stands for what is below it.
std::vector<std::string> opened(std::vector<std::string> patterns) {
  for (std::string& pattern : patterns) {
    if (pattern.ends_with('.')) pattern += '*';
  }
  return patterns;
}

}  // namespace

bool covers(const FreezeRow& freeze, const BrakeSubject& subject) {
  switch (scope_of(freeze)) {
    case FreezeScope::kAll:
      return true;
    case FreezeScope::kModel:
      return fits(freeze.oui, subject.oui) && fits(freeze.product_class, subject.product_class) &&
             fits(freeze.software_version, subject.software_version);
    case FreezeScope::kController:
      return is_requester(freeze.controller, subject.requester);
  }
  return true;  // stored by something newer: a brake that is not understood holds
}

bool same_scope(const FreezeRow& one, const FreezeRow& other) {
  return one.scope == other.scope && one.oui == other.oui &&
         one.product_class == other.product_class &&
         one.software_version == other.software_version && one.controller == other.controller;
}

std::string scope_text(const FreezeRow& freeze) {
  switch (scope_of(freeze)) {
    case FreezeScope::kAll:
      break;
    case FreezeScope::kModel:
      return std::string("model ")
          .append(or_star(freeze.oui))
          .append("/")
          .append(or_star(freeze.product_class))
          .append("/")
          .append(or_star(freeze.software_version));
    case FreezeScope::kController:
      return "controller " + freeze.controller;
  }
  return "all";
}

std::string refusal_text(const FreezeRow& freeze) {
  std::string out = "frozen (" + scope_text(freeze) + ")";
  if (!freeze.reason.empty()) out += ": " + freeze.reason;
  return out;
}

Brakes::Brakes(const BrakesConfig& config) : freezes_(std::make_shared<const Freezes>()) {
  configure(config);
}

void Brakes::configure(const BrakesConfig& config) {
  Patterns patterns = opened(config.denied_paths);
  instances_ = config.instances;
  const bool any = !patterns.empty();
  denied_.replace(std::move(patterns));
  any_denied_ = any;
}

std::shared_ptr<const Brakes::Freezes> Brakes::snapshot() const {
  const std::lock_guard lock(mutex_);
  return freezes_;
}

std::shared_ptr<const FreezeRow> Brakes::frozen(const BrakeSubject& subject) const {
  if (!any_) return nullptr;
  const std::shared_ptr<const Freezes> all = snapshot();
  const auto found = std::ranges::find_if(
      *all, [&subject](const FreezeRow& freeze) { return covers(freeze, subject); });
  if (found == all->end()) return nullptr;
  return {all, &*found};
}

std::vector<FreezeRow> Brakes::all_frozen(const BrakeSubject& subject) const {
  std::vector<FreezeRow> out = freezes();
  std::erase_if(out, [&subject](const FreezeRow& freeze) { return !covers(freeze, subject); });
  return out;
}

std::vector<FreezeRow> Brakes::freezes() const { return *snapshot(); }

void Brakes::put(FreezeRow row) {
  const std::lock_guard lock(mutex_);
  auto next = std::make_shared<Freezes>(*freezes_);
  std::erase_if(*next, [&row](const FreezeRow& other) { return other.id == row.id; });
  const auto after = std::ranges::upper_bound(*next, row.id, {}, &FreezeRow::id);
  next->insert(after, std::move(row));
  freezes_ = std::move(next);
  any_ = true;
}

bool Brakes::erase(std::int64_t id) {
  const std::lock_guard lock(mutex_);
  auto next = std::make_shared<Freezes>(*freezes_);
  const bool was = std::erase_if(*next, [id](const FreezeRow& row) { return row.id == id; }) > 0;
  any_ = !next->empty();
  freezes_ = std::move(next);
  return was;
}

bool Brakes::denies(std::string_view path) const {
  if (!any_denied_) return false;
  const std::shared_ptr<const Patterns> patterns = denied_.get();
  return std::ranges::any_of(
      *patterns, [path](const std::string& pattern) { return matches_pattern(pattern, path); });
}

bool Brakes::may_deny_below(std::string_view object) const {
  if (!any_denied_) return false;
  const std::shared_ptr<const Patterns> patterns = denied_.get();
  return std::ranges::any_of(*patterns, [object](const std::string& pattern) {
    return may_match_beyond(pattern, object);
  });
}

}  // namespace bridge
