// Set (R-SET.*): find the objects, check every setting, then leave a Plan of what is good.
#include <deque>

#include "usp/settings.h"

namespace usp {
namespace {

struct Object {
  std::uint32_t request_index = 0;
  std::string path;
  const SupportedObject* supported = nullptr;
  CheckedSettings settings;
};

class Set {
 public:
  Set(Context& context, const usp_msg::Set& set) : context_(context), set_(set) {
    plan_.kind = Plan::Kind::kSet;
    plan_.all_or_nothing = !set.allow_partial();
  }

  Outcome run() {
    for (const auto& update : set_.update_objs()) add(update);
    if (!needed_.empty() && !context_.final) return need_values(std::move(needed_));
    check_keys();
    keep_what_is_good();
    return plan_or_respond(context_, std::move(plan_));
  }

 private:
  using Update = usp_msg::Set::UpdateObject;

  void fail_request(ErrorCode code, std::string text) {
    const auto index = static_cast<std::uint32_t>(plan_.requested.size() - 1);
    plan_.failures.push_back({index, {}, code, std::move(text), {}});
  }

  void add(const Update& update) {
    plan_.requested.push_back(update.obj_path());
    auto resolution = resolve_objects(context_, update.obj_path());
    plan_.searches.push_back(resolution && resolution->searches);
    if (!resolution) return fail_request(resolution.error().code, resolution.error().text);
    if (!resolution->unread.empty()) return unread(std::move(resolution->unread));
    if (resolution->ends_in_table) {
      return fail_request(ErrorCode::kObjectDoesNotExist, "a table, not an instance of it");
    }
    if (resolution->matches.empty() && !resolution->searches) {
      return fail_request(ErrorCode::kObjectDoesNotExist, "no such object");
    }
    if (const auto error = context_.too_many(resolution->matches.size())) {
      return fail_request(error->code, error->text);
    }
    const auto index = static_cast<std::uint32_t>(plan_.requested.size() - 1);
    const std::vector<Setting> wanted = to_settings(update.param_settings());
    if (!context_.spend(resolution->matches.size() * wanted.size())) {
      return fail_request(ErrorCode::kResourcesExceeded, "too many settings for so many objects");
    }
    for (search::Match& match : resolution->matches) {
      CheckedSettings settings = check_settings(context_, *match.object, match.path, wanted, false);
      objects_.push_back({index, std::move(match.path), match.object, std::move(settings)});
    }
  }

  void unread(std::vector<std::string> paths) {
    fail_request(ErrorCode::kDeviceNotReached, "not read from the device yet: " + paths.front());
    std::move(paths.begin(), paths.end(), std::back_inserter(needed_));
  }

  void check_keys() {
    std::vector<KeyedObject> keyed;
    keyed.reserve(objects_.size());
    for (Object& object : objects_) {
      keyed.push_back({object.path, object.supported, &object.settings});
    }
    refuse_duplicate_keys(context_, keyed);
  }

  // Objects of one request stand or fall together (R-SET.2a).
  void keep_what_is_good() {
    std::vector<bool> failed(plan_.requested.size(), false);
    for (const Object& object : objects_) {
      if (!object.settings.culprits.empty()) failed[object.request_index] = true;
    }
    for (Object& object : objects_) {
      if (!failed[object.request_index]) {
        plan_.steps.push_back({std::move(object.path),
                               object.request_index,
                               std::move(object.settings.good),
                               {},
                               std::move(object.settings.refused)});
      } else if (!object.settings.culprits.empty()) {
        add_failure(object);
      }
    }
    // Exit if one failure fails all (R-SET.1): there is nothing to execute.
    if (plan_.all_or_nothing && !plan_.failures.empty()) plan_.steps.clear();
  }

  void add_failure(Object& object) {
    Failure::Instance instance{std::move(object.path), std::move(object.settings.culprits)};
    for (Failure& failure : plan_.failures) {
      if (failure.request_index == object.request_index) {
        failure.instances.push_back(std::move(instance));
        return;
      }
    }
    const ErrorCode code = code_for(instance.params);
    const std::string text = instance.params.front().path + ": " + instance.params.front().text;
    plan_.failures.push_back({object.request_index, {}, code, text, {std::move(instance)}});
  }

  Context& context_;
  const usp_msg::Set& set_;
  Plan plan_;
  std::deque<Object> objects_;  // references into it stay valid
  std::vector<std::string> needed_;
};

}  // namespace

Outcome handle_set(Context& context, const usp_msg::Set& set) { return Set(context, set).run(); }

}  // namespace usp
