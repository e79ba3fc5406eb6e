// Brings a device to where it can be woken over XMPP (TR-069 Annex K), if it can.
#pragma once

#include <memory>
#include <set>
#include <string>

#include "bridge/task/task.h"
#include "bridge/xmpp_provisioning.h"

namespace bridge::task {

/// Does what next_xmpp_step() says until that is XmppReady, then asks for active notification of
/// the device's address. Begins anew after a restart: the tree says how far it was. Always ends
/// kDone; what stood in the way is in trouble().
class ProvisionXmpp : public Task {
 public:
  ProvisionXmpp(const XmppProvisioning& wanted, XmppFacts facts);

  /// XmppFacts::password_written, as it is now.
  bool password_written() const { return facts_.password_written; }
  /// Why the device cannot be woken; empty: it can, once it is logged in. Safe to log.
  const std::string& trouble() const { return trouble_; }

  /// A device that needs more steps does not do what it is told.
  static constexpr int kMaxSteps = 24;

 protected:
  std::optional<cwmp::AcsRequest> do_next(Context& context) override;
  void do_response(const cwmp::CpeResponse& response, Context& context) override;
  void do_lost(Context& context) override;

 private:
  void begin_step(const Context& context);
  void settle();
  void give_up(std::string why);

  XmppProvisioning wanted_;
  XmppFacts facts_;
  std::unique_ptr<Task> current_;
  bool sets_password_ = false;  ///< the current one
  bool notified_ = false;
  std::set<std::string> read_;  ///< objects that were
  int steps_ = 0;
  std::string trouble_;
};

}  // namespace bridge::task
