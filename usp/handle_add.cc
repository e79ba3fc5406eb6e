// Add (R-ADD.*): find the tables, check the settings of the new rows, then leave a Plan.
#include <algorithm>

#include "usp/settings.h"

namespace usp {
namespace {

class Add {
 public:
  Add(Context& context, const usp_msg::Add& add) : context_(context), add_(add), keys_(context) {
    plan_.kind = Plan::Kind::kAdd;
    plan_.all_or_nothing = !add.allow_partial();
  }

  Outcome run() {
    for (const auto& create : add_.create_objs()) request(create);
    if (!needed_.empty() && !context_.final) return need_values(std::move(needed_));
    if (plan_.all_or_nothing && !plan_.failures.empty()) plan_.steps.clear();  // R-ADD.1, 2a
    return plan_or_respond(context_, std::move(plan_));
  }

 private:
  using Create = usp_msg::Add::CreateObject;

  std::uint32_t index() const { return static_cast<std::uint32_t>(plan_.requested.size() - 1); }

  void fail_request(ErrorCode code, std::string text, std::string table = {}) {
    plan_.failures.push_back({index(), std::move(table), code, std::move(text), {}});
  }

  void request(const Create& create) {
    plan_.requested.push_back(create.obj_path());
    auto resolution = resolve_objects(context_, create.obj_path());
    plan_.searches.push_back(resolution && resolution->searches);
    if (!resolution) return fail_request(resolution.error().code, resolution.error().text);
    if (!resolution->unread.empty()) {
      fail_request(ErrorCode::kDeviceNotReached,
                   "not read from the device yet: " + resolution->unread.front());
      std::move(resolution->unread.begin(), resolution->unread.end(), std::back_inserter(needed_));
      return;
    }
    if (const auto error = table_error(*resolution)) return fail_request(error->code, error->text);
    if (const auto error = context_.too_many(resolution->matches.size())) {
      return fail_request(error->code, error->text);
    }
    const auto settings = static_cast<std::size_t>(create.param_settings_size());
    if (!context_.spend(resolution->matches.size() * (1 + settings))) {
      return fail_request(ErrorCode::kResourcesExceeded, "too many settings for so many objects");
    }
    for (const search::Match& match : resolution->matches) new_row(match, create);
  }

  static std::optional<Error> table_error(const search::Resolution& resolution) {
    const SupportedObject* object = resolution.object;
    if (object != nullptr && !resolution.ends_in_table) {
      return Error{ErrorCode::kNotATable, "not a table", {}};
    }
    if (object != nullptr && object->access != ObjectAccess::kAddDelete &&
        object->access != ObjectAccess::kAddOnly) {
      return Error{ErrorCode::kNotCreatable, "rows of this table cannot be added", {}};
    }
    // A search that finds no parent is content with that (R-MSG.4a); an address is not.
    const bool is_address = !resolution.searches || resolution.by_key;
    if (resolution.matches.empty() && is_address) {
      return Error{ErrorCode::kObjectDoesNotExist, "no such parent object", {}};
    }
    return std::nullopt;
  }

  void new_row(const search::Match& table, const Create& create) {
    if (!context_.access.unrestricted() && !context_.access.may_add(table.path)) {
      return fail_request(ErrorCode::kPermissionDenied, "no permission to add to " + table.path,
                          table.path);
    }
    if (const auto error = context_.model.check_add(table.path)) {
      return fail_request(error->code, error->text, table.path);
    }
    CheckedSettings settings = check_settings(context_, *table.object, table.path + "{i}.",
                                              to_settings(create.param_settings()), true);
    if (!settings.culprits.empty()) return fail_row(table, std::move(settings.culprits));
    if (!keys_.claim(table.path, *table.object, settings.good)) {
      return fail_request(ErrorCode::kDuplicateKey, "a row with these unique keys exists");
    }
    std::vector<std::string> missing = missing_keys(*table.object, settings.good);
    plan_.steps.push_back({table.path, index(), std::move(settings.good), std::move(missing),
                           std::move(settings.refused)});
  }

  void fail_row(const search::Match& table, std::vector<ParamError> culprits) {
    const ErrorCode code = code_for(culprits);
    const std::string text = culprits.front().path + ": " + culprits.front().text;
    plan_.failures.push_back({index(), {}, code, text, {{table.path, std::move(culprits)}}});
  }

  static std::vector<std::string> missing_keys(const SupportedObject& object,
                                               const std::vector<Setting>& settings) {
    std::vector<std::string> missing;
    for (const auto& keys : object.unique_keys) {
      for (const std::string& key : keys) {
        const bool given = std::any_of(settings.begin(), settings.end(),
                                       [&key](const Setting& it) { return it.param == key; });
        const bool listed = std::find(missing.begin(), missing.end(), key) != missing.end();
        if (!given && !listed && object.param(key) != nullptr) missing.push_back(key);
      }
    }
    return missing;
  }

  Context& context_;
  const usp_msg::Add& add_;
  NewKeys keys_;
  Plan plan_;
  std::vector<std::string> needed_;
};

}  // namespace

Outcome handle_add(Context& context, const usp_msg::Add& add) { return Add(context, add).run(); }

}  // namespace usp
