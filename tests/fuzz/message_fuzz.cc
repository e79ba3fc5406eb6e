// Any message to an agent, carried out: the answer is one to this request, whatever it asked.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <variant>

#include "proto/usp/usp_msg.pb.h"
#include "tests/support/fake_data_model.h"
#include "usp/agent.h"
#include "usp/plan.h"

namespace {

void require(bool good) {
  if (!good) std::abort();
}

void check_answer(const usp_msg::Msg& request, const usp_msg::Msg& answer) {
  require(answer.IsInitialized());
  require(answer.header().msg_id() == request.header().msg_id());
  require(answer.body().has_response() || answer.body().has_error());
  require(!answer.body().has_error() || answer.body().error().err_code() >= 7000);
}

support::FakeAccess half_of_it() {
  support::FakeAccess access;
  access.no_read = {"Device.LocalAgent.Controller.1.EndpointID", "Device.IP.Interface.2.Name"};
  access.no_write = {"Device.IP.Interface.2.Enable", "Device.IP.Interface.2."};
  access.no_add = {"Device.LocalAgent.Subscription."};
  access.no_delete = {"Device.LocalAgent.Controller.2."};
  access.no_operate = {"Device.IP.Interface.1.Reset()"};
  return access;
}

}  // namespace

/// The first byte: 1 all values are final, 2 some things are denied, 4 the device refuses "true".
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const support::FakeDataModel kModel = support::local_agent();
  static const usp::Access kAll;
  static const support::FakeAccess kHalf = half_of_it();
  if (size == 0) return 0;
  usp_msg::Msg request;
  if (!request.ParseFromArray(data + 1, static_cast<int>(size) - 1)) return 0;
  const usp::Access& access = (*data & 2) != 0 ? kHalf : kAll;
  support::FakeDataModel model = kModel;
  if ((*data & 4) != 0) model.poison = "true";
  usp::is_answer(request);
  const usp::Outcome outcome = usp::handle(request, model, access, (*data & 1) != 0);
  if (const auto* respond = std::get_if<usp::Respond>(&outcome)) {
    check_answer(request, respond->msg);
  } else if (const auto* plan = std::get_if<usp::Plan>(&outcome)) {
    require(usp::decode_plan(usp::encode_plan(*plan)) == *plan);
    const auto answer = usp::finish(*plan, model.execute(*plan), access);
    if (answer) check_answer(request, *answer);
  }
  return 0;
}
