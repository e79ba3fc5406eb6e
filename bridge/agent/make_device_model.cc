#include "bridge/agent/make_device_model.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "bridge/agent/direct_model.h"
#include "bridge/agent/local_schema.h"
#include "bridge/translate/mappings.h"
#include "bridge/translate/translated_model.h"

namespace bridge {

std::unique_ptr<DeviceModel> make_device_model(std::string_view root, const DeviceRow& row,
                                               const Tree& tree, const LocalSchema& schema,
                                               const translate::Mappings& mappings, PathPool& paths,
                                               const std::vector<InstanceRow>& numbers) {
  if (root != translate::kNativeRoot) {
    std::vector<InstanceRow> kept;
    std::ranges::copy_if(numbers, std::back_inserter(kept), translate::Numbers::is_row);
    return std::make_unique<DirectModel>(tree, schema.roots(), std::move(kept));
  }
  translate::ProjectionOptions options;
  options.vendor_root = std::string(schema.vendor_root()) + "IGD.";
  options.show_mapped = mappings.show_mapped();
  return std::make_unique<translate::TranslatedModel>(
      mappings.of({row.manufacturer, row.identity.oui, row.identity.product_class}), tree, paths,
      std::move(options), schema.roots(), numbers);
}

}  // namespace bridge
