// Sends text-format requests to an agent over a fake data model and executes what it plans.
#pragma once

#include <gmock/gmock.h>
#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <variant>

#include "tests/support/fake_data_model.h"
#include "usp/agent.h"

namespace usp {

class AgentTest : public testing::Test {
 protected:
  /// The request inside the body, in protobuf text format: "get { param_paths: 'Device.' }".
  static usp_msg::Msg request(const std::string& text) {
    usp_msg::Msg msg;
    msg.mutable_header()->set_msg_id("m1");
    EXPECT_TRUE(
        google::protobuf::TextFormat::ParseFromString(text, msg.mutable_body()->mutable_request()))
        << text;
    return msg;
  }

  /// Handles the request and executes its plan, if there is one, the way the bridge does: stored
  /// and loaded in between.
  std::optional<usp_msg::Msg> exchange(const std::string& text, bool final = false) {
    Outcome outcome = handle(request(text), model, access, final);
    if (auto* plan = std::get_if<Plan>(&outcome)) {
      const auto loaded = decode_plan(encode_plan(*plan));
      EXPECT_EQ(loaded, *plan);
      const auto results = decode_results(encode_results(model.execute(*loaded)));
      return finish(*loaded, *results, access);
    }
    if (auto* respond = std::get_if<Respond>(&outcome)) return std::move(respond->msg);
    return std::nullopt;
  }

  usp_msg::Response response(const std::string& text, bool final = false) {
    const auto msg = exchange(text, final);
    if (!msg) {
      ADD_FAILURE() << "no answer to " << text;
      return {};
    }
    EXPECT_EQ(msg->header().msg_id(), "m1");
    EXPECT_TRUE(msg->body().has_response()) << msg->DebugString();
    return msg->body().response();
  }

  usp_msg::Error error(const std::string& text) {
    const auto msg = exchange(text);
    if (!msg) {
      ADD_FAILURE() << "no answer to " << text;
      return {};
    }
    EXPECT_EQ(msg->header().msg_type(), usp_msg::Header::ERROR);
    EXPECT_TRUE(msg->body().has_error()) << msg->DebugString();
    return msg->body().error();
  }

  support::FakeDataModel model = support::local_agent();
  support::FakeAccess access;
};

}  // namespace usp
