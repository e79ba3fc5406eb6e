// Who asks, and what they may: the part of VirtualAgent that looks at Controller. and
// ControllerTrust.
#include <utility>

#include "bridge/agent/fresh_view.h"
#include "bridge/agent/virtual_agent.h"
#include "bridge/audit.h"
#include "bridge/config.h"
#include "bridge/northbound.h"
#include "bridge/runtime.h"

namespace bridge {

namespace asio = boost::asio;
using Standing = RoleBook::Standing;

std::shared_ptr<const Grants> VirtualAgent::grants_of(const std::string& endpoint_id) {
  const Standing& standing = roles_.of(device_.local(), endpoint_id);
  const bool welcome =
      standing.kind == Standing::Kind::kServed ||
      (standing.kind == Standing::Kind::kUnknown &&
       device_.runtime().config.unknown_controllers == UnknownControllers::kUntrusted);
  return welcome ? standing.grants : nullptr;
}

std::shared_ptr<const Grants> VirtualAgent::grants_of_row(const std::string& reference) {
  const std::string endpoint_id = device_.local().endpoint_id_of(reference);
  return endpoint_id.empty() ? nullptr : grants_of(endpoint_id);
}

asio::awaitable<std::optional<VirtualAgent::Acquaintance>> VirtualAgent::recognise(
    std::string endpoint_id) {
  auto self = device_.shared_from_this();
  Result<void> loaded = co_await device_.load();
  if (!loaded || !device_.onboarded() || !grants_of(endpoint_id)) co_return std::nullopt;
  Acquaintance known;
  if (auto row = device_.local().controller(endpoint_id)) {
    known.has_row = true;
    known.topic = row->topic;
  } else {
    ControllerConfig stranger;
    stranger.endpoint_id = endpoint_id;
    known.topic = stranger.resolved_topic(device_.endpoint_id());
  }
  co_return known;
}

std::optional<usp_msg::Msg> VirtualAgent::finish_for(const Requester& origin, const usp::Plan& plan,
                                                     const std::vector<usp::StepResult>& results) {
  if (origin.kind == Requester::Kind::kGrpc) return usp::finish(plan, results, usp::Access{});
  std::shared_ptr<const Grants> grants = grants_of(origin.requester);
  // It has lost its row meanwhile: what it learns is that it is over.
  if (!grants) grants = std::make_shared<const Grants>();
  if (grants->all.everything()) return usp::finish(plan, results, usp::Access{});
  auto snapshot = device_.snapshot();
  const GrantedAccess requester(std::move(grants), *snapshot->view);
  return usp::finish(plan, results, requester.access());
}

void VirtualAgent::note_denied(const Caller& caller, const usp_msg::Msg& request,
                               const std::vector<std::string>& what) {
  if (!caller.is_controller) return;
  device_.runtime().northbound->audit().denied(
      device_.endpoint_id(), caller.endpoint_id,
      usp_msg::Header::MsgType_Name(request.header().msg_type()), what);
}

}  // namespace bridge
