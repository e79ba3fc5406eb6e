// Get (R-GET.*): find the objects of each path, then copy their parameters.
#include <algorithm>
#include <limits>

#include "usp/handlers.h"

namespace usp {
namespace {

using PathResult = usp_msg::GetResp::RequestedPathResult;

class Get {
 public:
  Get(Context& context, std::uint32_t max_depth)
      : context_(context),
        max_depth_(max_depth == 0 ? std::numeric_limits<std::uint32_t>::max() : max_depth) {}

  void add(const std::string& requested, PathResult& out) {
    out.set_requested_path(requested);
    unread_.clear();
    auto done = fill(requested, out);
    if (done && !unread_.empty() && context_.final) done = not_reached();
    if (!done) {
      out.set_err_code(static_cast<std::uint32_t>(done.error().code));
      out.set_err_msg(done.error().text);
    }
    std::move(unread_.begin(), unread_.end(), std::back_inserter(needed_));
  }

  std::vector<std::string> take_needed() { return std::move(needed_); }

 private:
  tl::unexpected<Error> not_reached() const {
    std::string text = "not read from the device yet: " + unread_.front();
    if (unread_.size() > 1) text += " and " + std::to_string(unread_.size() - 1) + " more";
    return fail(ErrorCode::kDeviceNotReached, std::move(text));
  }

  static tl::unexpected<Error> invalid() {
    return fail(ErrorCode::kInvalidPath, "no such object or parameter");
  }

  Result<void> fill(const std::string& requested, PathResult& out) {
    const auto path = parse_path(requested);
    if (!path) return tl::unexpected(path.error());
    // Commands and events have no value.
    if (path->kind == Path::Kind::kCommand || path->kind == Path::Kind::kEvent) return invalid();
    auto resolution =
        search::resolve(*path, context_.model, context_.access, {context_.final, &context_.budget});
    if (!resolution) return tl::unexpected(resolution.error());
    unread_ = std::move(resolution->unread);
    // Exit if the expression cannot be evaluated yet: the matches are not the real ones.
    if (!unread_.empty()) return {};
    return path->kind == Path::Kind::kParameter ? parameter(*resolution, path->leaf, out)
                                                : objects(*resolution, out);
  }

  Result<void> parameter(const search::Resolution& resolution, const std::string& name,
                         PathResult& out) {
    // Exit if no object of this kind could have it; behind a reference only matches can tell.
    if (resolution.object != nullptr &&
        (resolution.ends_in_table || resolution.object->param(name) == nullptr)) {
      return invalid();
    }
    bool found = false;
    for (const search::Match& match : resolution.matches) {
      const SupportedParam* param = match.object->param(name);
      if (param == nullptr || !readable(match.path, name)) continue;
      const Value value = context_.model.value(match.path, name);
      if (value.state == ValueState::kAbsent) continue;
      found = true;
      auto& result = *out.add_resolved_path_results();
      result.set_resolved_path(match.path);
      put({name, value.state, value.text}, match.path, param->secret, result);
    }
    if (!found && !resolution.searches) return invalid();  // R-GET.0
    return {};
  }

  bool readable(const std::string& object, const std::string& name) const {
    return context_.access.unrestricted() ||
           (context_.access.may_find(object, name) && context_.access.may_read(object, name));
  }

  Result<void> objects(const search::Resolution& resolution, PathResult& out) {
    bool found = false;
    for (const search::Match& match : resolution.matches) {
      if (!context_.may_read(match.path, {})) continue;
      found = true;
      if (auto done = match.table ? table(match.path, *match.object, 1, out)
                                  : object(match.path, *match.object, 1, out);
          !done) {
        return done;
      }
    }
    if (!found && !resolution.searches) return invalid();  // R-GET.0, R-GET.1
    return {};
  }

  // An object, its parameters, and what is below it down to max_depth (R-GET.5).
  Result<void> object(const std::string& path, const SupportedObject& object, std::uint32_t depth,
                      PathResult& out) {
    // Counted before they are copied: a request may name the root a thousand times.
    if (!context_.spend(1 + object.params.size())) {
      return fail(ErrorCode::kResourcesExceeded, "too many objects and parameters");
    }
    if (!object.params.empty() || !object.children.empty()) {
      const bool hidden = !parameters(path, object, *out.add_resolved_path_results());
      // Nothing of it is to be seen, so it is not to be seen that it is there.
      if (hidden) out.mutable_resolved_path_results()->RemoveLast();
    }
    if (depth >= max_depth_) return {};
    for (const auto& child : object.children) {
      const std::string child_path = path + child->name + ".";
      if (!context_.may_read(child_path, {})) continue;
      if (child->multi_instance) {
        if (auto done = table(child_path, *child, depth + 1, out); !done) return done;
      } else if (context_.model.has_object(child_path)) {
        if (auto done = this->object(child_path, *child, depth + 1, out); !done) return done;
      }
    }
    return {};
  }

  // Instance numbers are no level of their own.
  Result<void> table(const std::string& path, const SupportedObject& object, std::uint32_t depth,
                     PathResult& out) {
    for (const std::uint32_t number : context_.model.instances(path)) {
      const std::string instance = path + std::to_string(number) + ".";
      if (!context_.may_read(instance, {})) continue;
      if (auto done = this->object(instance, object, depth, out); !done) return done;
    }
    return {};
  }

  // False: it has parameters and the requester may read none of them.
  bool parameters(const std::string& path, const SupportedObject& object,
                  usp_msg::GetResp::ResolvedPathResult& out) {
    out.set_resolved_path(path);
    bool any_refused = false;
    bool any_readable = false;
    const bool any_secret = std::any_of(object.params.begin(), object.params.end(),
                                        [](const SupportedParam& param) { return param.secret; });
    context_.model.for_each_param(path, [&](const ParamView& view) {
      if (!context_.may_read(path, view.name)) {  // R-GET.4
        any_refused = true;
        return;
      }
      any_readable = true;
      const SupportedParam* param = any_secret ? object.param(view.name) : nullptr;
      put(view, path, param != nullptr && param->secret, out);
    });
    return any_readable || !any_refused;
  }

  // One value, or a note that it is to be read first.
  void put(const ParamView& view, const std::string& path, bool secret,
           usp_msg::GetResp::ResolvedPathResult& out) {
    if (secret) secret = !context_.access.may_read_secured(path, view.name);
    const bool usable =
        view.state == ValueState::kKnown || (view.state == ValueState::kStale && context_.final);
    if (!usable && !secret) {
      unread_.push_back(path + std::string(view.name));
      return;
    }
    std::string& value = (*out.mutable_result_params())[std::string(view.name)];
    if (!secret) value.assign(view.text);
  }

  Context& context_;
  std::uint32_t max_depth_;
  std::vector<std::string> unread_;  // of the path at hand
  std::vector<std::string> needed_;  // of all paths
};

}  // namespace

Outcome handle_get(Context& context, const usp_msg::Get& get) {
  usp_msg::Msg msg = make_response(context.msg_id(), usp_msg::Header::GET_RESP);
  auto& response = *msg.mutable_body()->mutable_response()->mutable_get_resp();
  Get work(context, get.max_depth());
  for (const std::string& path : get.param_paths()) {
    work.add(path, *response.add_req_path_results());
  }
  std::vector<std::string> needed = work.take_needed();
  if (!needed.empty() && !context.final) return need_values(std::move(needed));
  return Respond{std::move(msg)};
}

}  // namespace usp
