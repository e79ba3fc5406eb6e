// Any text as a search expression: what it finds is there and in the table that was searched.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "proto/usp/usp_msg.pb.h"
#include "tests/support/fake_data_model.h"
#include "usp/agent.h"

namespace {

constexpr std::string_view kTable = "Device.IP.Interface.";

void require(bool good) {
  if (!good) std::abort();
}

usp_msg::Msg get(const std::string& path) {
  usp_msg::Msg msg;
  msg.mutable_header()->set_msg_id("f");
  msg.mutable_header()->set_msg_type(usp_msg::Header::GET);
  msg.mutable_body()->mutable_request()->mutable_get()->add_param_paths(path);
  return msg;
}

void check(const usp_msg::Msg& answer, const support::FakeDataModel& model) {
  for (const auto& result : answer.body().response().get_resp().req_path_results()) {
    for (const auto& found : result.resolved_path_results()) {
      require(std::string_view(found.resolved_path()).starts_with(kTable));
      require(model.has_object(found.resolved_path()));
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const support::FakeDataModel kModel = support::local_agent();
  static const usp::Access kAccess;
  const std::string text(reinterpret_cast<const char*>(data), size);
  for (const char* rest : {"", "Name", "Stats.", "LowerLayers#1+.Name"}) {
    const std::string path = std::string(kTable) + "[" + text + "]." + rest;
    const usp::Outcome outcome = usp::handle(get(path), kModel, kAccess, true);
    const auto* respond = std::get_if<usp::Respond>(&outcome);
    require(respond != nullptr);
    check(respond->msg, kModel);
  }
  return 0;
}
