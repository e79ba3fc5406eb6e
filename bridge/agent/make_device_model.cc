#include "bridge/agent/make_device_model.h"

#include "bridge/agent/direct_model.h"
#include "bridge/agent/local_schema.h"
#include "bridge/agent/moved_model.h"

namespace bridge {

std::unique_ptr<DeviceModel> make_device_model(std::string_view root, const Tree& tree,
                                               const LocalSchema& schema, PathPool& paths,
                                               const std::vector<InstanceRow>& /*numbers*/) {
  if (root == "InternetGatewayDevice.") {
    return std::make_unique<MovedModel>(tree, paths, schema.vendor_root(), schema.roots());
  }
  return std::make_unique<DirectModel>(tree, schema.roots());
}

}  // namespace bridge
