// The arguments of every RPC in the order of the schemas (cwmp-1-0 to cwmp-1-4), written once for
// both directions: soap_decode.cc and soap_encode.cc walk these tables.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "cwmp/message.h"
#include "cwmp/soap_names.h"

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

/// A text that is left out when it is empty.
template <class M>
struct OptionalField {
  std::string_view name;
  std::string M::*member;
};

/// The element is repeated, once for each item; there is no array around it.
template <class M, class T>
struct RepeatedField {
  std::string_view name;
  std::vector<T> M::*member;
};

template <class M, class T>
constexpr Field<M, T> field(std::string_view name, T M::*member) {
  return {name, member};
}
template <class M>
constexpr OptionalField<M> optional(std::string_view name, std::string M::*member) {
  return {name, member};
}
template <class M, class T>
constexpr RepeatedField<M, T> repeated(std::string_view name, std::vector<T> M::*member) {
  return {name, member};
}
template <class M>
constexpr StatusField<M> status(std::uint32_t M::*member) {
  return {"Status", member};
}

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
template <>
inline constexpr auto kSchema<TimeWindow> = std::tuple{
    field("WindowStart", &TimeWindow::start_s), field("WindowEnd", &TimeWindow::end_s),
    field("WindowMode", &TimeWindow::mode), field("UserMessage", &TimeWindow::user_message),
    field("MaxRetries", &TimeWindow::max_retries)};
template <>
inline constexpr auto kSchema<ScheduleDownload> =
    std::tuple{field("CommandKey", &ScheduleDownload::command_key),
               field("FileType", &ScheduleDownload::file_type),
               field("URL", &ScheduleDownload::url),
               field("Username", &ScheduleDownload::username),
               field("Password", &ScheduleDownload::password),
               field("FileSize", &ScheduleDownload::file_size),
               field("TargetFileName", &ScheduleDownload::target_file_name),
               field("TimeWindowList", &ScheduleDownload::time_windows)};
template <>
inline constexpr auto kSchema<CancelTransfer> =
    std::tuple{field("CommandKey", &CancelTransfer::command_key)};
template <>
inline constexpr auto kSchema<InstallOperation> =
    std::tuple{field("URL", &InstallOperation::url), optional("UUID", &InstallOperation::uuid),
               optional("Username", &InstallOperation::username),
               optional("Password", &InstallOperation::password),
               optional("ExecutionEnvRef", &InstallOperation::execution_env_ref)};
template <>
inline constexpr auto kSchema<UpdateOperation> = std::tuple{
    optional("UUID", &UpdateOperation::uuid), optional("Version", &UpdateOperation::version),
    optional("URL", &UpdateOperation::url), optional("Username", &UpdateOperation::username),
    optional("Password", &UpdateOperation::password)};
template <>
inline constexpr auto kSchema<UninstallOperation> = std::tuple{
    field("UUID", &UninstallOperation::uuid), optional("Version", &UninstallOperation::version),
    optional("ExecutionEnvRef", &UninstallOperation::execution_env_ref)};
template <>
inline constexpr auto kSchema<ChangeDUState> =
    std::tuple{repeated("Operations", &ChangeDUState::operations),
               field("CommandKey", &ChangeDUState::command_key)};
template <>
inline constexpr auto kSchema<DeploymentUnitFault> =
    std::tuple{field("FaultCode", &DeploymentUnitFault::code),
               optional("FaultString", &DeploymentUnitFault::text)};
template <>
inline constexpr auto kSchema<DeploymentUnitResult> =
    std::tuple{field("UUID", &DeploymentUnitResult::uuid),
               field("DeploymentUnitRef", &DeploymentUnitResult::deployment_unit_ref),
               field("Version", &DeploymentUnitResult::version),
               field("CurrentState", &DeploymentUnitResult::current_state),
               field("Resolved", &DeploymentUnitResult::resolved),
               field("ExecutionUnitRefList", &DeploymentUnitResult::execution_unit_ref_list),
               field("StartTime", &DeploymentUnitResult::start_time),
               field("CompleteTime", &DeploymentUnitResult::complete_time),
               field("Fault", &DeploymentUnitResult::fault)};
template <>
inline constexpr auto kSchema<AutonomousDeploymentUnitResult> = std::tuple_cat(
    kSchema<DeploymentUnitResult>,
    std::tuple{field("OperationPerformed", &AutonomousDeploymentUnitResult::operation_performed)});
template <>
inline constexpr auto kSchema<DUStateChangeComplete> =
    std::tuple{repeated("Results", &DUStateChangeComplete::results),
               field("CommandKey", &DUStateChangeComplete::command_key)};
template <>
inline constexpr auto kSchema<AutonomousDUStateChangeComplete> =
    std::tuple{repeated("Results", &AutonomousDUStateChangeComplete::results)};
template <>
inline constexpr auto kSchema<SetVouchers> =
    std::tuple{field("VoucherList", &SetVouchers::vouchers)};
template <>
inline constexpr auto kSchema<GetOptions> =
    std::tuple{field("OptionName", &GetOptions::option_name)};
template <>
inline constexpr auto kSchema<Option> =
    std::tuple{field("OptionName", &Option::name),
               field("VoucherSN", &Option::voucher_sn),
               field("State", &Option::state),
               field("Mode", &Option::mode),
               field("StartDate", &Option::start_date),
               optional("ExpirationDate", &Option::expiration_date),
               field("IsTransferable", &Option::is_transferable)};
template <>
inline constexpr auto kSchema<GetOptionsResponse> =
    std::tuple{field("OptionList", &GetOptionsResponse::options)};
template <>
inline constexpr auto kSchema<Kicked> =
    std::tuple{field("Command", &Kicked::command), field("Referer", &Kicked::referer),
               field("Arg", &Kicked::arg), field("Next", &Kicked::next)};
template <>
inline constexpr auto kSchema<KickedResponse> =
    std::tuple{field("NextURL", &KickedResponse::next_url)};

}  // namespace cwmp::soap
