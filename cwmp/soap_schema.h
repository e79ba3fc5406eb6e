// The arguments of every RPC in the order of the schemas (cwmp-1-0 to cwmp-1-4), written once for
// both directions: soap_decode.cc and soap_encode.cc walk these tables.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "cwmp/message.h"

namespace cwmp::soap {

/// One argument. Its form follows from T: text, number, boolean (0 or 1), struct or array.
template <class M, class T>
struct Field {
  std::string_view name;
  T M::*member;
};

/// A status: text that is no number must not read as "applied".
template <class M>
struct StatusField {
  std::string_view name;
  std::uint32_t M::*member;
};

template <class M, class T>
constexpr Field<M, T> field(std::string_view name, T M::*member) {
  return {name, member};
}
template <class M>
constexpr StatusField<M> status(std::uint32_t M::*member) {
  return {"Status", member};
}

// ---- names of the body elements --------------------------------------------------------------

template <class T>
inline constexpr std::string_view kName{};
template <>
inline constexpr std::string_view kName<Inform> = "Inform";
template <>
inline constexpr std::string_view kName<InformResponse> = "InformResponse";
template <>
inline constexpr std::string_view kName<GetRPCMethods> = "GetRPCMethods";
template <>
inline constexpr std::string_view kName<GetRPCMethodsResponse> = "GetRPCMethodsResponse";
template <>
inline constexpr std::string_view kName<TransferComplete> = "TransferComplete";
template <>
inline constexpr std::string_view kName<TransferCompleteResponse> = "TransferCompleteResponse";
template <>
inline constexpr std::string_view kName<AutonomousTransferComplete> = "AutonomousTransferComplete";
template <>
inline constexpr std::string_view kName<AutonomousTransferCompleteResponse> =
    "AutonomousTransferCompleteResponse";
template <>
inline constexpr std::string_view kName<RequestDownload> = "RequestDownload";
template <>
inline constexpr std::string_view kName<RequestDownloadResponse> = "RequestDownloadResponse";
template <>
inline constexpr std::string_view kName<SetParameterValues> = "SetParameterValues";
template <>
inline constexpr std::string_view kName<SetParameterValuesResponse> = "SetParameterValuesResponse";
template <>
inline constexpr std::string_view kName<GetParameterValues> = "GetParameterValues";
template <>
inline constexpr std::string_view kName<GetParameterValuesResponse> = "GetParameterValuesResponse";
template <>
inline constexpr std::string_view kName<GetParameterNames> = "GetParameterNames";
template <>
inline constexpr std::string_view kName<GetParameterNamesResponse> = "GetParameterNamesResponse";
template <>
inline constexpr std::string_view kName<SetParameterAttributes> = "SetParameterAttributes";
template <>
inline constexpr std::string_view kName<SetParameterAttributesResponse> =
    "SetParameterAttributesResponse";
template <>
inline constexpr std::string_view kName<GetParameterAttributes> = "GetParameterAttributes";
template <>
inline constexpr std::string_view kName<GetParameterAttributesResponse> =
    "GetParameterAttributesResponse";
template <>
inline constexpr std::string_view kName<AddObject> = "AddObject";
template <>
inline constexpr std::string_view kName<AddObjectResponse> = "AddObjectResponse";
template <>
inline constexpr std::string_view kName<DeleteObject> = "DeleteObject";
template <>
inline constexpr std::string_view kName<DeleteObjectResponse> = "DeleteObjectResponse";
template <>
inline constexpr std::string_view kName<Reboot> = "Reboot";
template <>
inline constexpr std::string_view kName<RebootResponse> = "RebootResponse";
template <>
inline constexpr std::string_view kName<FactoryReset> = "FactoryReset";
template <>
inline constexpr std::string_view kName<FactoryResetResponse> = "FactoryResetResponse";
template <>
inline constexpr std::string_view kName<ScheduleInform> = "ScheduleInform";
template <>
inline constexpr std::string_view kName<ScheduleInformResponse> = "ScheduleInformResponse";
template <>
inline constexpr std::string_view kName<Download> = "Download";
template <>
inline constexpr std::string_view kName<DownloadResponse> = "DownloadResponse";
template <>
inline constexpr std::string_view kName<Upload> = "Upload";
template <>
inline constexpr std::string_view kName<UploadResponse> = "UploadResponse";
template <>
inline constexpr std::string_view kName<GetQueuedTransfers> = "GetQueuedTransfers";
template <>
inline constexpr std::string_view kName<GetQueuedTransfersResponse> = "GetQueuedTransfersResponse";
template <>
inline constexpr std::string_view kName<GetAllQueuedTransfers> = "GetAllQueuedTransfers";
template <>
inline constexpr std::string_view kName<GetAllQueuedTransfersResponse> =
    "GetAllQueuedTransfersResponse";
template <>
inline constexpr std::string_view kName<Fault> = "Fault";

// ---- how an array names and types its elements -----------------------------------------------

/// Element name, which is also its type in the cwmp namespace. Texts are the exception: xsd:string.
template <class T>
inline constexpr std::string_view kItem{};
template <>
inline constexpr std::string_view kItem<std::string> = "string";
template <>
inline constexpr std::string_view kItem<Event> = "EventStruct";
template <>
inline constexpr std::string_view kItem<ParameterValue> = "ParameterValueStruct";
template <>
inline constexpr std::string_view kItem<ParameterInfo> = "ParameterInfoStruct";
template <>
inline constexpr std::string_view kItem<SetParameterAttribute> = "SetParameterAttributesStruct";
template <>
inline constexpr std::string_view kItem<ParameterAttribute> = "ParameterAttributeStruct";
template <>
inline constexpr std::string_view kItem<NameValue> = "ArgStruct";
template <>
inline constexpr std::string_view kItem<QueuedTransfer> = "QueuedTransferStruct";
template <>
inline constexpr std::string_view kItem<AllQueuedTransfer> = "AllQueuedTransferStruct";

// ---- arguments -------------------------------------------------------------------------------

/// Default: a message without arguments.
template <class T>
inline constexpr std::tuple<> kSchema{};
template <>
inline constexpr auto kSchema<DeviceId> =
    std::tuple{field("Manufacturer", &DeviceId::manufacturer), field("OUI", &DeviceId::oui),
               field("ProductClass", &DeviceId::product_class),
               field("SerialNumber", &DeviceId::serial_number)};
template <>
inline constexpr auto kSchema<Event> =
    std::tuple{field("EventCode", &Event::code), field("CommandKey", &Event::command_key)};
template <>
inline constexpr auto kSchema<TransferFault> = std::tuple{
    field("FaultCode", &TransferFault::code), field("FaultString", &TransferFault::text)};
template <>
inline constexpr auto kSchema<NameValue> =
    std::tuple{field("Name", &NameValue::name), field("Value", &NameValue::value)};
template <>
inline constexpr auto kSchema<ParameterInfo> =
    std::tuple{field("Name", &ParameterInfo::name), field("Writable", &ParameterInfo::writable)};
template <>
inline constexpr auto kSchema<ParameterAttribute> =
    std::tuple{field("Name", &ParameterAttribute::name),
               field("Notification", &ParameterAttribute::notification),
               field("AccessList", &ParameterAttribute::access_list)};
template <>
inline constexpr auto kSchema<QueuedTransfer> = std::tuple{
    field("CommandKey", &QueuedTransfer::command_key), field("State", &QueuedTransfer::state)};
template <>
inline constexpr auto kSchema<AllQueuedTransfer> =
    std::tuple{field("CommandKey", &AllQueuedTransfer::command_key),
               field("State", &AllQueuedTransfer::state),
               field("IsDownload", &AllQueuedTransfer::is_download),
               field("FileType", &AllQueuedTransfer::file_type),
               field("FileSize", &AllQueuedTransfer::file_size),
               field("TargetFileName", &AllQueuedTransfer::target_file_name)};
template <>
inline constexpr auto kSchema<Inform> = std::tuple{
    field("DeviceId", &Inform::device_id),         field("Event", &Inform::events),
    field("MaxEnvelopes", &Inform::max_envelopes), field("CurrentTime", &Inform::current_time),
    field("RetryCount", &Inform::retry_count),     field("ParameterList", &Inform::parameters)};
template <>
inline constexpr auto kSchema<InformResponse> =
    std::tuple{field("MaxEnvelopes", &InformResponse::max_envelopes)};
template <>
inline constexpr auto kSchema<GetRPCMethodsResponse> =
    std::tuple{field("MethodList", &GetRPCMethodsResponse::methods)};
template <>
inline constexpr auto kSchema<TransferComplete> =
    std::tuple{field("CommandKey", &TransferComplete::command_key),
               field("FaultStruct", &TransferComplete::fault),
               field("StartTime", &TransferComplete::start_time),
               field("CompleteTime", &TransferComplete::complete_time)};
template <>
inline constexpr auto kSchema<AutonomousTransferComplete> =
    std::tuple{field("AnnounceURL", &AutonomousTransferComplete::announce_url),
               field("TransferURL", &AutonomousTransferComplete::transfer_url),
               field("IsDownload", &AutonomousTransferComplete::is_download),
               field("FileType", &AutonomousTransferComplete::file_type),
               field("FileSize", &AutonomousTransferComplete::file_size),
               field("TargetFileName", &AutonomousTransferComplete::target_file_name),
               field("FaultStruct", &AutonomousTransferComplete::fault),
               field("StartTime", &AutonomousTransferComplete::start_time),
               field("CompleteTime", &AutonomousTransferComplete::complete_time)};
template <>
inline constexpr auto kSchema<RequestDownload> =
    std::tuple{field("FileType", &RequestDownload::file_type),
               field("FileTypeArg", &RequestDownload::arguments)};
template <>
inline constexpr auto kSchema<SetParameterValues> =
    std::tuple{field("ParameterList", &SetParameterValues::parameters),
               field("ParameterKey", &SetParameterValues::parameter_key)};
template <>
inline constexpr auto kSchema<SetParameterValuesResponse> =
    std::tuple{status(&SetParameterValuesResponse::status)};
template <>
inline constexpr auto kSchema<GetParameterValues> =
    std::tuple{field("ParameterNames", &GetParameterValues::names)};
template <>
inline constexpr auto kSchema<GetParameterValuesResponse> =
    std::tuple{field("ParameterList", &GetParameterValuesResponse::parameters)};
template <>
inline constexpr auto kSchema<GetParameterNames> =
    std::tuple{field("ParameterPath", &GetParameterNames::path),
               field("NextLevel", &GetParameterNames::next_level)};
template <>
inline constexpr auto kSchema<GetParameterNamesResponse> =
    std::tuple{field("ParameterList", &GetParameterNamesResponse::parameters)};
template <>
inline constexpr auto kSchema<SetParameterAttributes> =
    std::tuple{field("ParameterList", &SetParameterAttributes::parameters)};
template <>
inline constexpr auto kSchema<GetParameterAttributes> =
    std::tuple{field("ParameterNames", &GetParameterAttributes::names)};
template <>
inline constexpr auto kSchema<GetParameterAttributesResponse> =
    std::tuple{field("ParameterList", &GetParameterAttributesResponse::parameters)};
template <>
inline constexpr auto kSchema<AddObject> = std::tuple{
    field("ObjectName", &AddObject::object_name), field("ParameterKey", &AddObject::parameter_key)};
template <>
inline constexpr auto kSchema<AddObjectResponse> =
    std::tuple{field("InstanceNumber", &AddObjectResponse::instance_number),
               status(&AddObjectResponse::status)};
template <>
inline constexpr auto kSchema<DeleteObject> =
    std::tuple{field("ObjectName", &DeleteObject::object_name),
               field("ParameterKey", &DeleteObject::parameter_key)};
template <>
inline constexpr auto kSchema<DeleteObjectResponse> =
    std::tuple{status(&DeleteObjectResponse::status)};
template <>
inline constexpr auto kSchema<Reboot> = std::tuple{field("CommandKey", &Reboot::command_key)};
template <>
inline constexpr auto kSchema<ScheduleInform> =
    std::tuple{field("DelaySeconds", &ScheduleInform::delay_seconds),
               field("CommandKey", &ScheduleInform::command_key)};
template <>
inline constexpr auto kSchema<Download> =
    std::tuple{field("CommandKey", &Download::command_key),
               field("FileType", &Download::file_type),
               field("URL", &Download::url),
               field("Username", &Download::username),
               field("Password", &Download::password),
               field("FileSize", &Download::file_size),
               field("TargetFileName", &Download::target_file_name),
               field("DelaySeconds", &Download::delay_seconds),
               field("SuccessURL", &Download::success_url),
               field("FailureURL", &Download::failure_url)};
template <>
inline constexpr auto kSchema<DownloadResponse> =
    std::tuple{status(&DownloadResponse::status), field("StartTime", &DownloadResponse::start_time),
               field("CompleteTime", &DownloadResponse::complete_time)};
template <>
inline constexpr auto kSchema<Upload> = std::tuple{field("CommandKey", &Upload::command_key),
                                                   field("FileType", &Upload::file_type),
                                                   field("URL", &Upload::url),
                                                   field("Username", &Upload::username),
                                                   field("Password", &Upload::password),
                                                   field("DelaySeconds", &Upload::delay_seconds)};
template <>
inline constexpr auto kSchema<UploadResponse> =
    std::tuple{status(&UploadResponse::status), field("StartTime", &UploadResponse::start_time),
               field("CompleteTime", &UploadResponse::complete_time)};
template <>
inline constexpr auto kSchema<GetQueuedTransfersResponse> =
    std::tuple{field("TransferList", &GetQueuedTransfersResponse::transfers)};
template <>
inline constexpr auto kSchema<GetAllQueuedTransfersResponse> =
    std::tuple{field("TransferList", &GetAllQueuedTransfersResponse::transfers)};

}  // namespace cwmp::soap
