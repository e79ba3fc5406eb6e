// Delete (R-DEL.*): find the rows, check that each may go, then leave a Plan.
#include <unordered_set>

#include "usp/handlers.h"

namespace usp {
namespace {

class Delete {
 public:
  Delete(Context& context, const usp_msg::Delete& request) : context_(context), request_(request) {
    plan_.kind = Plan::Kind::kDelete;
    plan_.all_or_nothing = !request.allow_partial();
  }

  Outcome run() {
    for (const std::string& path : request_.obj_paths()) add(path);
    if (!needed_.empty() && !context_.final) return need_values(std::move(needed_));
    if (plan_.all_or_nothing && !plan_.failures.empty()) plan_.steps.clear();  // R-DEL.1
    return plan_or_respond(context_, std::move(plan_));
  }

 private:
  std::uint32_t index() const { return static_cast<std::uint32_t>(plan_.requested.size() - 1); }

  void fail_request(ErrorCode code, std::string text, std::string instance = {}) {
    plan_.failures.push_back({index(), std::move(instance), code, std::move(text), {}});
  }

  void add(const std::string& path) {
    plan_.requested.push_back(path);
    auto resolution = resolve_objects(context_, path);
    plan_.searches.push_back(resolution && resolution->searches);
    if (!resolution) return fail_request(resolution.error().code, resolution.error().text);
    if (!resolution->unread.empty()) {
      fail_request(ErrorCode::kDeviceNotReached,
                   "not read from the device yet: " + resolution->unread.front());
      std::move(resolution->unread.begin(), resolution->unread.end(), std::back_inserter(needed_));
      return;
    }
    const SupportedObject* object = resolution->object;
    if (object != nullptr && (resolution->ends_in_table || !object->multi_instance)) {
      return fail_request(ErrorCode::kInvalidArguments, "not an instance of a table");
    }
    const bool nothing_found = resolution->matches.empty() && resolution->searches;
    if (object != nullptr && !nothing_found && object->access != ObjectAccess::kAddDelete &&
        object->access != ObjectAccess::kDeleteOnly) {
      return fail_request(ErrorCode::kDeleteFailure, "rows of this table cannot be deleted");
    }
    if (const auto error = context_.too_many(resolution->matches.size())) {
      return fail_request(error->code, error->text);
    }
    // What does not exist is as the controller wants it (R-DEL.2a).
    for (search::Match& match : resolution->matches) remove(std::move(match.path));
  }

  void remove(std::string path) {
    // Exit if an earlier path of the message removes it already.
    if (goes_already(path)) return;
    if (!context_.access.unrestricted() && !context_.access.may_delete(path)) {
      return fail_request(ErrorCode::kPermissionDenied, "no permission to delete", path);
    }
    if (auto error = context_.model.check_delete(path)) {
      return fail_request(error->code, std::move(error->text), path);
    }
    removed_.insert(path);
    plan_.steps.push_back({std::move(path), index(), {}, {}, {}});
  }

  // The row itself or one it is below.
  bool goes_already(std::string_view path) const {
    for (std::size_t dot = path.find('.'); dot != std::string_view::npos;
         dot = path.find('.', dot + 1)) {
      if (removed_.contains(std::string(path.substr(0, dot + 1)))) return true;
    }
    return false;
  }

  Context& context_;
  const usp_msg::Delete& request_;
  Plan plan_;
  std::unordered_set<std::string> removed_;
  std::vector<std::string> needed_;
};

}  // namespace

Outcome handle_delete(Context& context, const usp_msg::Delete& request) {
  return Delete(context, request).run();
}

}  // namespace usp
