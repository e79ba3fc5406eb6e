#include "bridge/task/xmpp.h"

#include <utility>
#include <variant>

#include "bridge/task/add_object.h"
#include "bridge/task/attributes.h"
#include "bridge/task/first_contact.h"

namespace bridge::task {

namespace {

constexpr std::uint32_t kActive = 2;

std::vector<std::string> known(const std::vector<std::string>& names, const Tree& tree) {
  std::vector<std::string> out;
  for (const std::string& name : names) {
    const Node* node = tree.find(name);
    if (node != nullptr && node->state() != NodeState::kGone) out.push_back(name);
  }
  return out;
}

}  // namespace

ProvisionXmpp::ProvisionXmpp(const XmppProvisioning& wanted, XmppFacts facts)
    : wanted_(wanted), facts_(std::move(facts)) {}

std::optional<cwmp::AcsRequest> ProvisionXmpp::do_next(Context& context) {
  while (!done()) {
    if (current_ == nullptr) begin_step(context);
    if (current_ == nullptr) break;
    if (auto rpc = current_->next(context)) return rpc;
    settle();
  }
  return std::nullopt;
}

void ProvisionXmpp::do_response(const cwmp::CpeResponse& response, Context& context) {
  current_->on_response(response, context);
  settle();
}

void ProvisionXmpp::do_lost(Context& context) {
  if (current_ == nullptr) return;
  current_->on_lost(context);
  settle();
}

void ProvisionXmpp::begin_step(const Context& context) {
  if (++steps_ > kMaxSteps) return give_up("it does not do what it is told");
  XmppStep step = next_xmpp_step(context.tree, wanted_, facts_);
  if (auto* unsupported = std::get_if<XmppUnsupported>(&step)) {
    give_up(std::move(unsupported->why));
  } else if (auto* read = std::get_if<XmppRead>(&step)) {
    if (!read_.insert(read->object).second) return give_up("cannot be read: " + read->object);
    current_ = std::make_unique<Refresh>(std::vector<std::string>{read->object},
                                         Refresh::What::kNamesAndValues);
  } else if (auto* add = std::get_if<XmppAdd>(&step)) {
    current_ = std::make_unique<AddObject>(add->table, std::vector<AddObject::Setting>(), "");
  } else if (auto* set = std::get_if<XmppSet>(&step)) {
    sets_password_ = set->has_password;
    current_ = std::make_unique<SetValues>(std::move(set->assignments), "", true);
  } else {
    auto names = known(xmpp_notified_names(context.tree.root()), context.tree);
    if (notified_ || names.empty()) return finish();
    notified_ = true;
    current_ = std::make_unique<SetAttributes>(std::move(names), kActive);
  }
}

void ProvisionXmpp::settle() {
  if (!current_->done()) return;
  const Outcome outcome = current_->outcome();
  current_.reset();
  const bool good = outcome.kind == Outcome::Kind::kDone;
  if (std::exchange(sets_password_, false) && good) facts_.password_written = true;
  if (!good) give_up(outcome.fault.text);
}

void ProvisionXmpp::give_up(std::string why) {
  trouble_ = why.empty() ? "refused" : std::move(why);
  finish();
}

}  // namespace bridge::task
