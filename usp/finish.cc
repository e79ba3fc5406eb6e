// Composes the responses of Set, Add, Delete and Operate from a Plan and what became of it.
#include <algorithm>
#include <span>

#include "usp/handlers.h"

namespace usp {
namespace {

using State = StepResult::State;

std::uint32_t number_of(ErrorCode code) { return static_cast<std::uint32_t>(code); }

const std::string& text_of(ErrorCode code, const std::string& text, std::string& storage) {
  if (!text.empty()) return text;
  storage = name_of(code);
  return storage;
}

// For every message that has err_code and err_msg.
template <class Message>
void put_error(Message& out, ErrorCode code, const std::string& text) {
  std::string storage;
  out.set_err_code(number_of(code));
  out.set_err_msg(text_of(code, text, storage));
}

template <class Message>
void put_param_errors(Message& out, const std::vector<ParamError>& errors) {
  for (const ParamError& error : errors) {
    auto& result = *out.add_param_errs();
    result.set_param(error.path);
    put_error(result, error.code, error.text);
  }
}

struct ByIndex {
  bool operator()(const Failure* a, std::uint32_t b) const { return a->request_index < b; }
  bool operator()(std::uint32_t a, const Failure* b) const { return a < b->request_index; }
};

class Finish {
 public:
  Finish(const Plan& plan, const std::vector<StepResult>& results, const Access& access)
      : plan_(plan), results_(results), access_(access) {
    results_.resize(plan.steps.size());
    for (const Failure& failure : plan.failures) failures_.push_back(&failure);
    std::stable_sort(failures_.begin(), failures_.end(), [](const Failure* a, const Failure* b) {
      return a->request_index < b->request_index;
    });
  }

  std::optional<usp_msg::Msg> run() {
    if (plan_.kind == Plan::Kind::kOperate) {
      if (!plan_.send_resp) return std::nullopt;  // R-OPR.4
      return operate();
    }
    if (plan_.all_or_nothing && anything_failed()) return error();
    switch (plan_.kind) {
      case Plan::Kind::kSet:
        return set();
      case Plan::Kind::kAdd:
        return add();
      case Plan::Kind::kDelete:
        return remove();
      case Plan::Kind::kOperate:
        break;
    }
    return std::nullopt;
  }

 private:
  bool anything_failed() const {
    return !plan_.failures.empty() ||
           std::any_of(results_.begin(), results_.end(),
                       [](const StepResult& result) { return result.state != State::kDone; });
  }

  static ErrorCode code_of(const StepResult& result) {
    if (result.state == State::kNotDone) return ErrorCode::kRequestDenied;
    if (result.code != ErrorCode::kNone) return result.code;
    return result.param_errors.empty() ? ErrorCode::kInternalError : code_for(result.param_errors);
  }

  static std::string message_of(const StepResult& result) {
    if (!result.text.empty()) return result.text;
    if (result.state == State::kNotDone) return "not executed";
    return name_of(code_of(result));
  }

  // allow_partial=false: the culprits, and nothing about what was undone because of them.
  usp_msg::Msg error() const {
    Error out{ErrorCode::kNone, {}, {}};
    for (const Failure& failure : plan_.failures) add_failure(failure, out);
    for (std::size_t i = 0; i < results_.size(); ++i) {
      if (results_[i].state == State::kFailed) add_failure(plan_.steps[i], results_[i], out);
    }
    if (out.code == ErrorCode::kNone) {
      out.code = ErrorCode::kRequestDenied;
      out.text = "not executed";
    }
    return make_error(plan_.msg_id, out);
  }

  static void set_cause(ErrorCode code, const std::string& text, Error& out) {
    if (out.code != ErrorCode::kNone) return;
    out.code = code;
    out.text = text;
  }

  void add_failure(const Failure& failure, Error& out) const {
    const std::string& requested = plan_.requested[failure.request_index];
    set_cause(failure.code, failure.text, out);
    for (const Failure::Instance& instance : failure.instances) {
      for (const ParamError& param : instance.params) {
        out.params.push_back({instance.path + param.path, param.code, param.text});
      }
    }
    if (failure.instances.empty()) {
      const std::string& culprit = failure.path.empty() ? requested : failure.path;
      out.params.push_back({culprit, failure.code, failure.text});
    }
  }

  void add_failure(const Step& step, const StepResult& result, Error& out) const {
    set_cause(code_of(result), message_of(result), out);
    for (const ParamError& param : result.param_errors) {
      out.params.push_back({step.path + param.path, param.code, param.text});
    }
    if (result.param_errors.empty()) {
      out.params.push_back({step.path, code_of(result), message_of(result)});
    }
  }

  bool may_read(const std::string& object, const std::string& relative) const {
    if (access_.unrestricted()) return true;
    const std::string full = object + relative;
    const SplitPath split = split_path(full);
    return access_.may_read(split.object, split.leaf);
  }

  template <class Map>
  void put_readable(const std::string& object, const StepResult& result, Map& out) const {
    for (const auto& [name, value] : result.values) {
      if (may_read(object, name)) out[name] = value;
    }
  }

  usp_msg::Msg set() const {
    usp_msg::Msg msg = make_response(plan_.msg_id, usp_msg::Header::SET_RESP);
    auto& response = *msg.mutable_body()->mutable_response()->mutable_set_resp();
    for (std::uint32_t index = 0; index < plan_.requested.size(); ++index) {
      auto& result = *response.add_updated_obj_results();
      result.set_requested_path(plan_.requested[index]);
      set_one(index, *result.mutable_oper_status());
    }
    return msg;
  }

  using SetStatus = usp_msg::SetResp::UpdatedObjectResult::OperationStatus;

  void set_one(std::uint32_t index, SetStatus& out) const {
    if (const Failure* failure = failure_of(index)) {
      auto& status = *out.mutable_oper_failure();
      put_error(status, failure->code, failure->text);
      for (const Failure::Instance& instance : failure->instances) {
        auto& result = *status.add_updated_inst_failures();
        result.set_affected_path(instance.path);
        put_param_errors(result, instance.params);
      }
      return;
    }
    if (const StepResult* worst = first_not_done(index)) {
      auto& status = *out.mutable_oper_failure();
      put_error(status, code_of(*worst), message_of(*worst));
      put_failed_instances(index, status);
      return;
    }
    auto& success = *out.mutable_oper_success();
    for_each_step(index, [&](const Step& step, const StepResult& result) {
      auto& updated = *success.add_updated_inst_results();
      updated.set_affected_path(step.path);
      put_param_errors(updated, step.param_errors);
      put_param_errors(updated, result.param_errors);
      put_readable(step.path, result, *updated.mutable_updated_params());
    });
  }

  template <class Status>
  void put_failed_instances(std::uint32_t index, Status& status) const {
    for_each_step(index, [&](const Step& step, const StepResult& result) {
      if (result.state != State::kFailed) return;
      auto& instance = *status.add_updated_inst_failures();
      instance.set_affected_path(step.path);
      put_param_errors(instance, result.param_errors);
    });
  }

  // The failures of one request path, in the order they were found.
  std::span<const Failure* const> failures_of(std::uint32_t index) const {
    const auto [first, last] =
        std::equal_range(failures_.begin(), failures_.end(), index, ByIndex());
    return {first, last};
  }

  const Failure* failure_of(std::uint32_t index) const {
    const auto failures = failures_of(index);
    return failures.empty() ? nullptr : failures.front();
  }

  // The first failed step of a request, else the first one that was not executed.
  const StepResult* first_not_done(std::uint32_t index) const {
    const StepResult* worst = nullptr;
    for_each_step(index, [&worst](const Step&, const StepResult& result) {
      if (result.state == State::kDone) return;
      const bool first = worst == nullptr;
      if (first || (worst->state == State::kNotDone && result.state == State::kFailed)) {
        worst = &result;
      }
    });
    return worst;
  }

  // Steps are in the order of the request, so those of one request are neighbours.
  template <class Visit>
  void for_each_step(std::uint32_t index, const Visit& visit) const {
    auto step = std::lower_bound(
        plan_.steps.begin(), plan_.steps.end(), index,
        [](const Step& it, std::uint32_t wanted) { return it.request_index < wanted; });
    for (; step != plan_.steps.end() && step->request_index == index; ++step) {
      visit(*step, results_[static_cast<std::size_t>(step - plan_.steps.begin())]);
    }
  }

  usp_msg::Msg add() const {
    usp_msg::Msg msg = make_response(plan_.msg_id, usp_msg::Header::ADD_RESP);
    auto& response = *msg.mutable_body()->mutable_response()->mutable_add_resp();
    for (std::uint32_t index = 0; index < plan_.requested.size(); ++index) {
      const int before = response.created_obj_results_size();
      add_rows(index, response);
      // A search without a match is a success with nothing in it (R-MSG.4a).
      if (response.created_obj_results_size() == before) {
        auto& result = *response.add_created_obj_results();
        result.set_requested_path(plan_.requested[index]);
        result.mutable_oper_status()->mutable_oper_success();
      }
    }
    return msg;
  }

  void add_rows(std::uint32_t index, usp_msg::AddResp& response) const {
    for_each_step(index, [&](const Step& step, const StepResult& result) {
      auto& created = *response.add_created_obj_results();
      created.set_requested_path(plan_.requested[index]);
      if (result.state != State::kDone) {
        put_error(*created.mutable_oper_status()->mutable_oper_failure(), code_of(result),
                  failure_text(result));
        return;
      }
      auto& success = *created.mutable_oper_status()->mutable_oper_success();
      success.set_instantiated_path(result.path);
      put_param_errors(success, step.param_errors);
      put_param_errors(success, result.param_errors);
      put_readable(result.path, result, *success.mutable_unique_keys());  // R-ADD.6
    });
    for (const Failure* failure : failures_of(index)) {
      auto& created = *response.add_created_obj_results();
      created.set_requested_path(plan_.requested[index]);
      put_error(*created.mutable_oper_status()->mutable_oper_failure(), failure->code,
                failure->text);
    }
  }

  // AddResp has no place for the parameters to blame but the text.
  static std::string failure_text(const StepResult& result) {
    std::string text = message_of(result);
    for (const ParamError& error : result.param_errors) text += " (" + error.path + ")";
    return text;
  }

  usp_msg::Msg remove() const {
    usp_msg::Msg msg = make_response(plan_.msg_id, usp_msg::Header::DELETE_RESP);
    auto& response = *msg.mutable_body()->mutable_response()->mutable_delete_resp();
    for (std::uint32_t index = 0; index < plan_.requested.size(); ++index) {
      auto& result = *response.add_deleted_obj_results();
      result.set_requested_path(plan_.requested[index]);
      remove_one(index, *result.mutable_oper_status());
    }
    return msg;
  }

  using DeleteStatus = usp_msg::DeleteResp::DeletedObjectResult::OperationStatus;

  void remove_one(std::uint32_t index, DeleteStatus& out) const {
    const std::vector<ParamError> unaffected = rows_that_stay(index);
    // An address that could not be deleted failed; of a search each row is reported (R-DEL.3).
    const Failure* failure = failure_of(index);
    if (failure != nullptr && (failure->path.empty() || !plan_.searches[index])) {
      put_error(*out.mutable_oper_failure(), failure->code, failure->text);
      return;
    }
    if (!plan_.searches[index] && !unaffected.empty()) {
      put_error(*out.mutable_oper_failure(), unaffected[0].code, unaffected[0].text);
      return;
    }
    auto& success = *out.mutable_oper_success();
    for_each_step(index, [&](const Step& step, const StepResult& result) {
      if (result.state == State::kDone && may_read(step.path, {})) {
        success.add_affected_paths(step.path);  // R-DEL.2
      }
    });
    for (const ParamError& row : unaffected) {
      if (!may_read(row.path, {})) continue;  // R-DEL.4
      auto& error = *success.add_unaffected_path_errs();
      error.set_unaffected_path(row.path);
      put_error(error, row.code, row.text);
    }
  }

  std::vector<ParamError> rows_that_stay(std::uint32_t index) const {
    std::vector<ParamError> rows;
    for (const Failure* failure : failures_of(index)) {
      rows.push_back({failure->path, failure->code, failure->text});
    }
    for_each_step(index, [&rows](const Step& step, const StepResult& result) {
      if (result.state == State::kDone) return;
      rows.push_back({step.path, code_of(result), message_of(result)});
    });
    return rows;
  }

  usp_msg::Msg operate() const {
    usp_msg::Msg msg = make_response(plan_.msg_id, usp_msg::Header::OPERATE_RESP);
    auto& response = *msg.mutable_body()->mutable_response()->mutable_operate_resp();
    for (std::size_t i = 0; i < results_.size(); ++i) {
      auto& result = *response.add_operation_results();
      result.set_executed_command(plan_.steps[i].path + plan_.command);
      if (results_[i].state != State::kDone) {
        put_error(*result.mutable_cmd_failure(), code_of(results_[i]), message_of(results_[i]));
      } else if (plan_.asynchronous) {
        result.set_req_obj_path(results_[i].path);
      } else {
        auto& output = *result.mutable_req_output_args()->mutable_output_args();
        for (const auto& [name, value] : results_[i].values) output[name] = value;
      }
    }
    for (const Failure& failure : plan_.failures) {
      auto& result = *response.add_operation_results();
      result.set_executed_command(failure.path);
      put_error(*result.mutable_cmd_failure(), failure.code, failure.text);
    }
    return msg;
  }

  const Plan& plan_;
  std::vector<StepResult> results_;
  std::vector<const Failure*> failures_;  // by request_index
  const Access& access_;
};

}  // namespace

std::optional<usp_msg::Msg> finish(const Plan& plan, const std::vector<StepResult>& results,
                                   const Access& access) {
  return Finish(plan, results, access).run();
}

}  // namespace usp
