// Builders for the tests of the simulator.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>

#include "tests/tools/cpe_sim/cpe.h"

namespace cpe_sim {

inline constexpr TimePoint kStart{std::chrono::hours(24 * 365 * 56)};

inline std::shared_ptr<const Model> model_of(const std::string& text) {
  auto model = Model::parse(text, "test");
  if (!model) throw std::runtime_error(model.error());
  return *model;
}

/// A gateway with what the protocol needs, a table, and a parameter of each kind.
inline std::shared_ptr<const Model> small_model() {
  return model_of(
      "Device.DeviceInfo.Manufacturer,string,0,Maker\n"
      "Device.DeviceInfo.ManufacturerOUI,string,0,00D09E\n"
      "Device.DeviceInfo.ProductClass,string,0,Box\n"
      "Device.DeviceInfo.SerialNumber,string,0,S1\n"
      "Device.DeviceInfo.SoftwareVersion,string,0,1.4.2\n"
      "Device.DeviceInfo.UpTime,unsignedInt,0,@uptime\n"
      "Device.ManagementServer.URL,string,1,http://acs.example/\n"
      "Device.ManagementServer.ParameterKey,string,0,\n"
      "Device.ManagementServer.Password,secret,1,hidden\n"
      "Device.ManagementServer.PeriodicInformEnable,boolean,1,false\n"
      "Device.ManagementServer.PeriodicInformInterval,unsignedInt[1:],1,60\n"
      "Device.ManagementServer.PeriodicInformTime,dateTime,1,0001-01-01T00:00:00Z\n"
      "Device.WiFi.Enable,boolean,1,true\n"
      "Device.WiFi.Status,string,0,Enabled,2\n"
      "Device.WiFi.Name,string(8),1,home\n"
      "Device.WiFi.Channel,unsignedInt[1:13],1,6\n"
      "Device.WiFi.Load,unsignedInt,0,5,x\n"
      "Device.Ping.DiagnosticsState,string,1,None\n"
      "Device.Ping.Host,string,1,\n"
      "Device.Ping.NumberOfRepetitions,unsignedInt,1,4\n"
      "Device.Ping.SuccessCount,unsignedInt,0,0\n"
      "Device.NAT.PortMappingNumberOfEntries,unsignedInt,0,0\n"
      "Device.NAT.PortMapping.,object,1,\n"
      "Device.NAT.PortMapping.{i}.Port,unsignedInt[0:65535],1,0\n"
      "Device.NAT.PortMapping.{i}.Alias,string,1,cpe-{n}\n"
      "Device.NAT.PortMapping.,rows,,1\n"
      "Device.Fixed.{i}.Name,string,0,row {n}\n"
      "Device.Fixed.,rows,,2\n");
}

inline CpeOptions small_options() {
  CpeOptions options;
  options.reboot_time = milliseconds(1000);
  options.diagnostics_time = milliseconds(2000);
  return options;
}

/// A booted CPE and an ACS that says one thing after another.
class CpeTest : public testing::Test {
 protected:
  CpeTest() { cpe.boot(now); }

  Action answer(cwmp::Message message, bool hold = false) {
    cwmp::Envelope envelope;
    envelope.header.id = "acs-1";
    envelope.header.hold_requests = hold;
    envelope.body = std::move(message);
    return cpe.on_answer(std::move(envelope), now);
  }
  Action answer_empty() { return cpe.on_answer(std::nullopt, now); }

  /// Inform and InformResponse; the Inform.
  cwmp::Inform begin() {
    const Action action = cpe.begin_session(now);
    answer(cwmp::InformResponse{});
    return std::get<cwmp::Inform>(std::get<Send>(action).envelope->body);
  }
  /// A whole session in which the ACS asks nothing.
  cwmp::Inform pass_session() {
    auto inform = begin();
    answer_empty();
    return inform;
  }
  template <class Response>
  Response call(cwmp::AcsRequest request) {
    auto response = cpe.handle(request, now);
    if (auto* wanted = std::get_if<Response>(&response)) return *wanted;
    const auto* fault = std::get_if<cwmp::Fault>(&response);
    ADD_FAILURE() << (fault == nullptr ? "another response" : fault->text);
    return {};
  }
  cwmp::Fault refused(cwmp::AcsRequest request) { return call<cwmp::Fault>(std::move(request)); }

  std::vector<std::string> codes(const cwmp::Inform& inform) const {
    std::vector<std::string> out;
    for (const auto& event : inform.events) {
      out.push_back(event.command_key.empty() ? event.code : event.code + "/" + event.command_key);
    }
    return out;
  }
  std::vector<std::string> names(const cwmp::Inform& inform) const {
    std::vector<std::string> out;
    for (const auto& parameter : inform.parameters) out.push_back(parameter.name);
    return out;
  }
  std::string value(const std::string& path) const { return cpe.value(path, now).value_or("-"); }
  void pass(milliseconds time) {
    now += time;
    cpe.tick(now);
  }

  TimePoint now = kStart;
  Cpe cpe{small_model(), small_options()};
};

inline cwmp::SetParameterValues set_values(std::vector<cwmp::ParameterValue> parameters,
                                           std::string key = {}) {
  cwmp::SetParameterValues rpc;
  rpc.parameters = std::move(parameters);
  rpc.parameter_key = std::move(key);
  return rpc;
}

template <class Body>
const Body* sent(const Action& action) {
  const auto* send = std::get_if<Send>(&action);
  if (send == nullptr || !send->envelope) return nullptr;
  return std::get_if<Body>(&send->envelope->body);
}

inline bool is_empty_post(const Action& action) {
  const auto* send = std::get_if<Send>(&action);
  return send != nullptr && !send->envelope;
}

}  // namespace cpe_sim
