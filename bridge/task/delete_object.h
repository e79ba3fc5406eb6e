// Deletes instances and makes sure that they are gone.
#pragma once

#include <string>

#include "bridge/task/task.h"

namespace bridge::task {

/// DeleteObject, then a look whether it is gone (quirk 66). 9005: it was gone already, which is
/// success. A lost connection repeats it; that is idempotent.
class DeleteObject : public Task {
 public:
  /// An instance, ends in '.'.
  DeleteObject(std::string object, std::string parameter_key);

 protected:
  std::optional<cwmp::AcsRequest> do_next(Context& context) override;
  void do_response(const cwmp::CpeResponse& response, Context& context) override;
  void do_lost(Context& context) override;
  bool in_doubt() const override { return sent_; }
  std::string do_save() const override;
  bool do_restore(std::string_view progress) override;

 private:
  enum class Step : std::uint8_t { kDelete = 0, kCheck = 1 };

  void on_deleted(const cwmp::CpeResponse& response, Context& context);
  void on_checked(const cwmp::CpeResponse& response, Context& context);
  void gone(Context& context);

  std::string object_;
  std::string parameter_key_;
  Step step_ = Step::kDelete;
  bool sent_ = false;
  bool pending_ = false;  ///< Status 1
  int lost_ = 0;
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
  std::string do_save() const override;
  bool do_restore(std::string_view progress) override;

 private:
  std::string table_;
  std::vector<std::uint32_t> before_;
  std::string parameter_key_;
  int lost_ = 0;
  std::string found_;
  std::unique_ptr<DeleteObject> delete_;
};

}  // namespace bridge::task
