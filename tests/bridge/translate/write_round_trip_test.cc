// What a controller writes is what it reads afterwards.
#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>

#include "bridge/agent/standard_model.h"
#include "bridge/translate/write_draft.h"
#include "tests/bridge/translate/write_device.h"

namespace bridge::translate {
namespace {

std::vector<std::string> candidates(const Rule& rule) {
  if (rule.shown_type == ValueType::kDateTime) return {"2024-01-01T00:00:00Z"};
  std::vector<std::string> out{"true",
                               "false",
                               "7",
                               "36",
                               "100",
                               "0506",
                               "AABBCC",
                               "UTC-3",
                               "UTC+4:30",
                               "WPA2-Personal",
                               "WPA-WPA2-Enterprise",
                               "AES",
                               "TKIP",
                               "TKIP,AES",
                               "9.8.7.6",
                               "02:00:00:00:00:09",
                               "00112233AA",
                               std::string(64, 'A'),
                               "2024-01-01T00:00:00Z",
                               "changed 1",
                               "a,b",
                               "12345670",
                               "1234",
                               "9.8.7.5",
                               "Device.IP.Interface.1",
                               "Device.IP.Interface.3",
                               "Device.Ethernet.Interface.1",
                               "Device.QoS.Queue.1",
                               "Device.QoS.Policer.1",
                               "Device.QoS.App.1",
                               "Device.Bridging.Bridge.2",
                               "Device.Bridging.Bridge.2.VLAN.1",
                               "Device.Bridging.Bridge.2.Port.2"};
  for (const WordPair& word : rule.words) {
    if (word.writes && word.reads && word.shown != "*") out.push_back(word.shown);
  }
  return out;
}

struct Subject {
  std::string path;
  const Rule* rule;
};

std::vector<Subject> writable_parameters(WriteDevice& device) {
  std::vector<Subject> out;
  const Projection& projection = device.device().shown();
  for (const Node& node : projection.shown().all()) {
    if (node.is_object()) continue;
    const std::vector<Link> links = projection.links(node.path());
    if (links.empty() || links.front().rule == nullptr || !links.front().rule->writable) continue;
    // A port mapping moves with its interface: write_move_test.cc.
    if (links.front().rule->transform == Transform::kSynth) continue;
    out.push_back({std::string(node.path()), links.front().rule});
  }
  return out;
}

/// The bridge has no place for an Alias, and devices say which standards they let be set.
bool may_refuse_all(const Subject& subject) {
  const std::string_view name = last_name(subject.path);
  return name == "Alias" || name == "OperatingStandards" || subject.rule->argument == "queue_class";
}

/// Does the device take one value at least, and show each that it took?
void check(WriteDevice& device, const Subject& subject) {
  const std::string name(last_name(subject.path));
  const std::string object(parent_path(subject.path));
  bool taken = false;
  for (const std::string& value : candidates(*subject.rule)) {
    if (!device.device().has(subject.path)) break;  // it was switched off
    const NativeWrite write = device.set(object, {{name, value}});
    if (refusal(write) != 0) continue;
    taken = true;
    device.carry_out(write);
    const Node* node = device.device().shown().shown().find(subject.path);
    if (node == nullptr || StandardModel::get().is_secret(name)) continue;
    EXPECT_TRUE(same_value(node->value(), value, node->type()))
        << subject.path << ": " << node->value() << " is not " << value;
  }
  EXPECT_TRUE(taken || may_refuse_all(subject)) << subject.path << " takes nothing";
}

void check_all(const std::function<std::unique_ptr<WriteDevice>()>& make) {
  std::unique_ptr<WriteDevice> device = make();
  const std::vector<Subject> subjects = writable_parameters(*device);
  const std::size_t size = device->device().shown().shown().size();
  for (const Subject& subject : subjects) {
    check(*device, subject);
    if (device->device().shown().shown().size() != size) device = make();
  }
}

TEST(WriteRoundTrip, WhatIsWrittenIsWhatIsRead) {
  check_all([] { return std::make_unique<WriteDevice>(); });
}

TEST(WriteRoundTrip, OfEveryParameterOfTheStandard) {
  check_all([] {
    auto device = std::make_unique<WriteDevice>();
    device->fill();
    return device;
  });
}

TEST(WriteRoundTrip, NoValueIsTooOddToBeAnswered) {
  const std::vector<std::string> odd{"",
                                     ",",
                                     ",,,",
                                     ".",
                                     "Device.",
                                     "Device..",
                                     "Device.IP.Interface.",
                                     "Device.1.",
                                     "-",
                                     "+",
                                     ":",
                                     "<",
                                     "<>",
                                     "=",
                                     "99999999999999999999",
                                     "-99999999999999999999",
                                     "%",
                                     "*",
                                     "0x1",
                                     "1e",
                                     "nan",
                                     "inf",
                                     "InternetGatewayDevice.",
                                     std::string(70000, '1')};
  WriteDevice device;
  device.fill();
  for (const Subject& subject : writable_parameters(device)) {
    const std::string object(parent_path(subject.path));
    for (const std::string& value : odd) {
      const NativeWrite write = device.set(object, {{std::string(last_name(subject.path)), value}});
      EXPECT_TRUE(write.set.empty() || write.refused.empty()) << subject.path;
      for (const Refused& each : write.refused) EXPECT_LT(each.text.size(), 500U) << subject.path;
    }
  }
  for (const std::string& value : odd) {
    EXPECT_EQ(device.set(value, {{value, value}}).refused.size(), 1U);
    EXPECT_TRUE(
        device.add(value, {{"Interface", value}, {"LowerLayers", value}}).refused_as_a_whole());
    EXPECT_TRUE(device.remove(value).refused_as_a_whole());
  }
}

}  // namespace
}  // namespace bridge::translate
