// Names of the messages and structures of CWMP (schemas cwmp-1-0 to cwmp-1-4).
#pragma once

#include <string>
#include <string_view>

#include "cwmp/message.h"

namespace cwmp::soap {

// ---- body elements ---------------------------------------------------------------------------

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
inline constexpr std::string_view kName<ScheduleDownload> = "ScheduleDownload";
template <>
inline constexpr std::string_view kName<ScheduleDownloadResponse> = "ScheduleDownloadResponse";
template <>
inline constexpr std::string_view kName<CancelTransfer> = "CancelTransfer";
template <>
inline constexpr std::string_view kName<CancelTransferResponse> = "CancelTransferResponse";
template <>
inline constexpr std::string_view kName<ChangeDUState> = "ChangeDUState";
template <>
inline constexpr std::string_view kName<ChangeDUStateResponse> = "ChangeDUStateResponse";
template <>
inline constexpr std::string_view kName<GetOptions> = "GetOptions";
template <>
inline constexpr std::string_view kName<GetOptionsResponse> = "GetOptionsResponse";
template <>
inline constexpr std::string_view kName<SetVouchers> = "SetVouchers";
template <>
inline constexpr std::string_view kName<SetVouchersResponse> = "SetVouchersResponse";
template <>
inline constexpr std::string_view kName<Kicked> = "Kicked";
template <>
inline constexpr std::string_view kName<KickedResponse> = "KickedResponse";
template <>
inline constexpr std::string_view kName<DUStateChangeComplete> = "DUStateChangeComplete";
template <>
inline constexpr std::string_view kName<DUStateChangeCompleteResponse> =
    "DUStateChangeCompleteResponse";
template <>
inline constexpr std::string_view kName<AutonomousDUStateChangeComplete> =
    "AutonomousDUStateChangeComplete";
template <>
inline constexpr std::string_view kName<AutonomousDUStateChangeCompleteResponse> =
    "AutonomousDUStateChangeCompleteResponse";
template <>
inline constexpr std::string_view kName<Fault> = "Fault";

// ---- structures ------------------------------------------------------------------------------

/// What an array calls its elements, which is also their type in the cwmp namespace; for an
/// operation its xsi:type. Texts (xsd:string) and vouchers (soapenc:base64) are the exceptions.
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
template <>
inline constexpr std::string_view kItem<TimeWindow> = "TimeWindowStruct";
template <>
inline constexpr std::string_view kItem<Option> = "OptionStruct";
template <>
inline constexpr std::string_view kItem<Voucher> = "base64";
template <>
inline constexpr std::string_view kItem<DeploymentUnitResult> = "OpResultStruct";
template <>
inline constexpr std::string_view kItem<AutonomousDeploymentUnitResult> = "AutonOpResultStruct";
template <>
inline constexpr std::string_view kItem<InstallOperation> = "InstallOpStruct";
template <>
inline constexpr std::string_view kItem<UpdateOperation> = "UpdateOpStruct";
template <>
inline constexpr std::string_view kItem<UninstallOperation> = "UninstallOpStruct";

}  // namespace cwmp::soap
