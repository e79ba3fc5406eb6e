// The device that the benchmarks are about: a gateway with some 2,600 parameters.
#pragma once

#include <memory>
#include <stdexcept>
#include <vector>

#include "cwmp/message.h"
#include "tests/tools/cpe_sim/tree.h"

namespace bench {

inline constexpr const char* kModel = TEST_DATA_DIR "/models/tr181-large.csv";

inline std::shared_ptr<const cpe_sim::Model> load_sample() {
  auto model = cpe_sim::Model::load(kModel);
  if (!model) throw std::runtime_error(model.error());
  return *model;
}

/// All its parameters as GetParameterValues gives them.
inline std::vector<cwmp::ParameterValue> sample_values() {
  std::vector<cwmp::ParameterValue> out;
  const cpe_sim::DeviceTree tree(load_sample());
  tree.visit(tree.root(), [&](const std::string& path, const cpe_sim::Param& param) {
    if (!path.ends_with('.')) out.push_back({path, param.value, "string"});
    return true;
  });
  return out;
}

/// All its names as GetParameterNames gives them.
inline std::vector<cwmp::ParameterInfo> sample_names() {
  std::vector<cwmp::ParameterInfo> out;
  const cpe_sim::DeviceTree tree(load_sample());
  tree.visit(tree.root(), [&](const std::string& path, const cpe_sim::Param& param) {
    out.push_back({path, param.writable});
    return true;
  });
  return out;
}

}  // namespace bench
