#include "bridge/translate/write_settings.h"

#include <utility>

#include "bridge/translate/write_place.h"

namespace bridge::translate {

namespace {

using Written = WriteResult<Wants>;

struct Asked {
  const usp::Setting* setting;
  std::vector<Link> links;
  bool by_function() const {
    return !links.empty() && links.front().rule != nullptr &&
           links.front().rule->transform == Transform::kFunction;
  }
};

/// Values that are paths become the device's paths.
Written write_as_it_is(const Projection& projection, const Link& link, const std::string& shown,
                       const std::string& value) {
  const bool vendor = shown.starts_with(projection.options().vendor_root);
  const auto home = vendor ? projection.shown_of(link.native) : std::nullopt;
  if (home && *home != shown) return read_only("it is written at " + *home);
  if (vendor || !value.starts_with("Device.")) return only(std::string(link.native), value);
  const auto native = projection.to_native_reference(value);
  return only(std::string(link.native), native.value_or(value));
}

/// EncryptionMode is not there until a mode that has one is: ModeEnabled takes it along.
bool is_taken_along(const Projection& projection, const ShownStep& step,
                    const usp::Setting& setting) {
  if (last_name(setting.param) != "EncryptionMode") return false;
  const std::string prefix = setting.param.substr(0, setting.param.rfind('.') + 1);
  for (const usp::Setting& each : step.settings) {
    const bool mode = each.param == prefix + "ModeEnabled" && each.value.starts_with("WPA");
    if (!mode) continue;
    return !projection.links(std::string(step.path) + each.param).empty();
  }
  return false;
}

Written without_links(const Projection& projection, const ShownStep& step,
                      const usp::Setting& setting) {
  if (is_taken_along(projection, step, setting)) return Wants{};
  const bool shown = projection.shown().find(std::string(step.path) + setting.param) != nullptr;
  if (shown) return read_only("it belongs to the bridge");
  return refuse(usp::ErrorCode::kUnsupportedParameter, "the device has no such parameter");
}

Written written(const Projection& projection, const ShownStep& step, const Asked& asked,
                const Draft& draft) {
  const usp::Setting& setting = *asked.setting;
  if (auto good = check_text(setting.value); !good) {
    return tl::unexpected(std::move(good).error());
  }
  if (asked.links.empty()) return without_links(projection, step, setting);
  const Link& link = asked.links.front();
  const Node* node = projection.native().find(link.native);
  const bool parameter = node != nullptr && !node->is_object();
  if (parameter && node->writable() == Writable::kNo) return read_only("read-only on this device");
  if (link.rule == nullptr) {
    return write_as_it_is(projection, link, std::string(step.path) + setting.param, setting.value);
  }
  const Place place{projection,
                    draft,
                    step.path,
                    setting.param,
                    step.settings,
                    *link.rule,
                    std::string(link.native),
                    as_object(link.base),
                    asked.links,
                    link.bindings};
  return to_native(place, setting.value);
}

}  // namespace

WriteError about(std::string_view param, WriteError error) {
  error.text = shortened(param) + ": " + error.text;
  return error;
}

void write_settings(const Projection& projection, const ShownStep& step, Draft& draft) {
  std::vector<Asked> all;
  all.reserve(step.settings.size());
  for (const usp::Setting& setting : step.settings) {
    all.push_back({&setting, projection.links(std::string(step.path) + setting.param)});
  }
  // Functions look at what else is set: they come last.
  for (const bool functions : {false, true}) {
    for (const Asked& asked : all) {
      if (asked.by_function() != functions) continue;
      const Origin origin{step.index, asked.setting->param};
      const auto wants = written(projection, step, asked, draft);
      if (wants) {
        draft.take(*wants, origin, asked.setting->required);
      } else {
        draft.refuse(origin, asked.setting->required, about(origin.param, wants.error()));
      }
    }
  }
  const std::string row(object_link(projection, step.path).native);
  if (!row.empty() && exists(projection, row + "Type")) {
    take_route_type(parent_path(row), row, {step.index, {}}, draft);
  }
}

void take_route_type(std::string_view table, const std::string& base, const Origin& origin,
                     Draft& draft) {
  if (table != "InternetGatewayDevice.Layer3Forwarding.Forwarding.") return;
  if (!draft.wants(base + "DestIPAddress") && !draft.wants(base + "DestSubnetMask")) return;
  constexpr std::string_view kAny = "0.0.0.0";
  const std::string address = draft.value(base + "DestIPAddress").value_or("");
  const std::string mask = draft.value(base + "DestSubnetMask").value_or("");
  const bool any = (address.empty() || address == kAny) && (mask.empty() || mask == kAny);
  const char* type = mask == "255.255.255.255" ? "Host" : "Network";
  draft.take(only(base + "Type", any ? "Default" : type), origin, false);
}

Link object_link(const Projection& projection, std::string_view object) {
  const std::vector<Link> links = projection.links(object);
  return links.empty() ? Link{} : links.front();
}

}  // namespace bridge::translate
