#include "bridge/control/filter_fields.h"

#include <array>

namespace bridge::control {

namespace {

using Device = const DeviceInfo&;
using Operation = const OperationInfo&;

constexpr std::array kDeviceFields{
    FilterField<DeviceInfo>{
        "endpoint_id", [](Device d) -> FilterValue { return std::string_view(d.endpoint_id); }},
    FilterField<DeviceInfo>{
        "manufacturer", [](Device d) -> FilterValue { return std::string_view(d.manufacturer); }},
    FilterField<DeviceInfo>{"oui", [](Device d) -> FilterValue { return std::string_view(d.oui); }},
    FilterField<DeviceInfo>{
        "product_class", [](Device d) -> FilterValue { return std::string_view(d.product_class); }},
    FilterField<DeviceInfo>{
        "serial_number", [](Device d) -> FilterValue { return std::string_view(d.serial_number); }},
    FilterField<DeviceInfo>{"root",
                            [](Device d) -> FilterValue { return std::string_view(d.root); }},
    FilterField<DeviceInfo>{
        "software_version",
        [](Device d) -> FilterValue { return std::string_view(d.software_version); }},
    FilterField<DeviceInfo>{
        "hardware_version",
        [](Device d) -> FilterValue { return std::string_view(d.hardware_version); }},
    FilterField<DeviceInfo>{
        "display_name", [](Device d) -> FilterValue { return std::string_view(d.display_name); }},
    FilterField<DeviceInfo>{
        "tags", [](Device d) -> FilterValue { return std::span<const std::string>(d.tags); }},
    FilterField<DeviceInfo>{"onboarded", [](Device d) -> FilterValue { return d.onboarded; }},
    FilterField<DeviceInfo>{"in_session", [](Device d) -> FilterValue { return d.in_session; }},
    FilterField<DeviceInfo>{"online", [](Device d) -> FilterValue { return d.online; }},
    FilterField<DeviceInfo>{"first_seen_time",
                            [](Device d) -> FilterValue { return FilterTime{d.first_seen_ms}; }},
    FilterField<DeviceInfo>{"last_inform_time",
                            [](Device d) -> FilterValue { return FilterTime{d.last_inform_ms}; }},
    FilterField<DeviceInfo>{"last_boot_time",
                            [](Device d) -> FilterValue { return FilterTime{d.last_boot_ms}; }},
    FilterField<DeviceInfo>{
        "open_operations",
        [](Device d) -> FilterValue { return static_cast<std::int64_t>(d.open_operations); }},
};

constexpr std::array kOperationFields{
    FilterField<OperationInfo>{
        "endpoint_id", [](Operation o) -> FilterValue { return std::string_view(o.endpoint_id); }},
    FilterField<OperationInfo>{
        "trace_id", [](Operation o) -> FilterValue { return std::string_view(o.trace_id); }},
    FilterField<OperationInfo>{
        "state", [](Operation o) -> FilterValue { return std::string_view(name_of(o.state)); }},
    FilterField<OperationInfo>{"kind",
                               [](Operation o) -> FilterValue { return std::string_view(o.kind); }},
    FilterField<OperationInfo>{
        "summary", [](Operation o) -> FilterValue { return std::string_view(o.summary); }},
    FilterField<OperationInfo>{
        "requester", [](Operation o) -> FilterValue { return std::string_view(o.requester); }},
    FilterField<OperationInfo>{"done", [](Operation o) -> FilterValue { return is_over(o.state); }},
    FilterField<OperationInfo>{"create_time",
                               [](Operation o) -> FilterValue { return FilterTime{o.created_ms}; }},
    FilterField<OperationInfo>{
        "finish_time", [](Operation o) -> FilterValue { return FilterTime{o.finished_ms}; }},
};

}  // namespace

std::span<const FilterField<DeviceInfo>> device_fields() { return kDeviceFields; }
std::span<const FilterField<OperationInfo>> operation_fields() { return kOperationFields; }

}  // namespace bridge::control
