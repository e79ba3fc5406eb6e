// Drives the fuzz entry with a fixed set of mutations, so that every build runs it.
#define LLVMFuzzerTestOneInput LLVMFuzzerTestOneRecord  // both entries are in this binary
#include "tests/fuzz/record_fuzz.cc"
#undef LLVMFuzzerTestOneInput

#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "tests/support/test_ca.h"

namespace {

std::string seed(const std::string& text) {
  usp_msg::Msg msg;
  msg.mutable_header()->set_msg_id("m1");
  EXPECT_TRUE(
      google::protobuf::TextFormat::ParseFromString(text, msg.mutable_body()->mutable_request()));
  return usp::encode_message("self::c", kOwn, msg);
}

/// With the certificate of a stranger.
std::string signed_seed(const std::string& record) {
  const support::Issued identity = support::TestCa("Stranger").issue_for("self::c");
  return usp::SigningIdentity::from_pem(identity.certificate, identity.key)->sign(record);
}

TEST(UspFuzz, RecordsSurviveMutation) {
  const std::vector<std::string> seeds = {
      seed("get { param_paths: 'Device.LocalAgent.Subscription.[Enable==true].' }"),
      seed("set { allow_partial: true update_objs { obj_path: 'Device.IP.Interface.*.' "
           "param_settings { param: 'Name' value: 'x' required: true } } }"),
      seed("add { create_objs { obj_path: 'Device.LocalAgent.Controller.*.MTP.' param_settings { "
           "param: 'Alias' value: 'a' } } }"),
      seed("delete { obj_paths: 'Device.LocalAgent.Subscription.*.' obj_paths: 'Device.X.' }"),
      seed("operate { command: 'Device.ScheduleTimer()' send_resp: true input_args { key: "
           "'DelaySeconds' value: '5' } }"),
      seed("get_supported_dm { obj_paths: 'Device.' return_params: true }"),
      seed("get_instances { obj_paths: 'Device.LocalAgent.Controller.' }"),
      signed_seed(seed("get { param_paths: 'Device.LocalAgent.' }"))};
  std::mt19937 random(11);
  for (int round = 0; round < 20000; ++round) {
    std::string bytes = seeds[random() % seeds.size()];
    for (auto edit = random() % 5; edit > 0 && !bytes.empty(); --edit) {
      const std::size_t at = random() % bytes.size();
      switch (random() % 3) {
        case 0:
          bytes[at] = static_cast<char>(random());
          break;
        case 1:
          bytes.erase(at, 1 + random() % 3);
          break;
        default:
          bytes.insert(at, 1, static_cast<char>(random()));
          break;
      }
    }
    LLVMFuzzerTestOneRecord(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
  }
}

}  // namespace
