// Deletes instances and makes sure that they are gone.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "bridge/task/task.h"

namespace bridge::task {

/// DeleteObject, then a look whether it is gone (quirk 66), then the table's count. 9005: it was
/// gone already, which is success. A lost connection repeats it; that is idempotent. Status 1 with
/// the instance still there: pending_reboot.
class DeleteObject : public Task {
 public:
  /// An instance, ends in '.'.
  DeleteObject(std::string object, std::string parameter_key);

  bool in_doubt() const override;

 protected:
  std::optional<cwmp::AcsRequest> do_next(Context& context) override;
  void do_response(const cwmp::CpeResponse& response, Context& context) override;
  void do_lost(Context& context) override;
  bool achieved() const override {
    return step_ == Step::kCount || (step_ == Step::kCheck && status_ <= 1);
  }

 private:
  enum class Step { kDelete, kCheck, kCount };

  void on_deleted(const cwmp::CpeResponse& response, Context& context);
  void on_checked(const cwmp::CpeResponse& response, Context& context);
  void on_counted(const cwmp::CpeResponse& response, Context& context);
  void gone(Context& context);

  std::string object_;
  std::string parameter_key_;
  Step step_ = Step::kDelete;
  bool lost_once_ = false;
  int lost_ = 0;
  std::uint32_t status_ = 0;
  std::string counter_;  ///< kCount
};

/// Takes back an AddObject whose answer never came: lists the table and deletes the one instance
/// that was not there before. None: nothing to do. Several: kUnknown, nothing is touched.
class UndoAdd : public Task {
 public:
  UndoAdd(std::string table, std::vector<std::uint32_t> before, std::string parameter_key);

 protected:
  std::optional<cwmp::AcsRequest> do_next(Context& context) override;
  void do_response(const cwmp::CpeResponse& response, Context& context) override;
  void do_lost(Context& context) override;

 private:
  std::string table_;
  std::vector<std::uint32_t> before_;
  std::string parameter_key_;
  int lost_ = 0;
  std::unique_ptr<DeleteObject> delete_;
};

/// Instance numbers of `table` among the names that a listing of it gave, ascending.
std::vector<std::uint32_t> listed_instances(std::string_view table,
                                            const std::vector<cwmp::ParameterInfo>& names);

}  // namespace bridge::task
