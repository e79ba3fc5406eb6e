// CWMP messages as plain values (TR-069 Annex A; schemas cwmp-1-0 to cwmp-1-4).
//
// Text is kept as it came: a CPE's number or date that does not fit its type is still what the CPE
// said (field quirks 13, 14). Argument order in the structs is the schema's order; the codec writes
// it so.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "cwmp/deployment_unit.h"
#include "cwmp/fault.h"

namespace cwmp {

/// Name and value of one parameter. `type` is the XML Schema local name ("string", "unsignedInt",
/// "boolean", "dateTime", "base64", "int", "long", "unsignedLong", "hexBinary"); empty when the
/// peer gave none.
struct ParameterValue {
  std::string name;
  std::string value;
  std::string type;
  bool operator==(const ParameterValue&) const = default;
};

/// One row of GetParameterNamesResponse. Object names end in '.'.
struct ParameterInfo {
  std::string name;
  bool writable = false;
  bool operator==(const ParameterInfo&) const = default;
};

struct DeviceId {
  std::string manufacturer;
  std::string oui;
  std::string product_class;
  std::string serial_number;
  bool operator==(const DeviceId&) const = default;
};

struct Event {
  std::string code;  ///< "0 BOOTSTRAP", "M Reboot", ... as sent
  std::string command_key;
  bool operator==(const Event&) const = default;
};

// ---- CPE to ACS ------------------------------------------------------------------------------

struct Inform {
  DeviceId device_id;
  std::vector<Event> events;
  std::uint32_t max_envelopes = 1;
  std::string current_time;
  std::uint32_t retry_count = 0;
  std::vector<ParameterValue> parameters;
  bool operator==(const Inform&) const = default;
};

/// FaultStruct of a transfer: code 0 means that it succeeded.
struct TransferFault {
  std::uint32_t code = 0;
  std::string text;
  bool operator==(const TransferFault&) const = default;
};

struct TransferComplete {
  std::string command_key;
  TransferFault fault;
  std::string start_time;
  std::string complete_time;
  bool operator==(const TransferComplete&) const = default;
};

struct AutonomousTransferComplete {
  std::string announce_url;
  std::string transfer_url;
  bool is_download = false;
  std::string file_type;
  std::uint32_t file_size = 0;
  std::string target_file_name;
  TransferFault fault;
  std::string start_time;
  std::string complete_time;
  bool operator==(const AutonomousTransferComplete&) const = default;
};

struct NameValue {
  std::string name;
  std::string value;
  bool operator==(const NameValue&) const = default;
};

struct RequestDownload {
  std::string file_type;
  std::vector<NameValue> arguments;
  bool operator==(const RequestDownload&) const = default;
};

/// Web redirection: where the user's browser came from (TR-069 A.4.2.1, deprecated since 1.3).
struct Kicked {
  std::string command;
  std::string referer;
  std::string arg;
  std::string next;
  bool operator==(const Kicked&) const = default;
};

/// Asked by either side (TR-069 A.3.1.1).
struct GetRPCMethods {
  bool operator==(const GetRPCMethods&) const = default;
};
struct GetRPCMethodsResponse {
  std::vector<std::string> methods;
  bool operator==(const GetRPCMethodsResponse&) const = default;
};

/// A request whose method this codec does not know: answered with 8000 or 9000.
struct UnknownRequest {
  std::string method;
  bool operator==(const UnknownRequest&) const = default;
};

// ---- ACS to CPE ------------------------------------------------------------------------------

struct InformResponse {
  std::uint32_t max_envelopes = 1;
  bool operator==(const InformResponse&) const = default;
};
struct TransferCompleteResponse {
  bool operator==(const TransferCompleteResponse&) const = default;
};
struct AutonomousTransferCompleteResponse {
  bool operator==(const AutonomousTransferCompleteResponse&) const = default;
};
struct RequestDownloadResponse {
  bool operator==(const RequestDownloadResponse&) const = default;
};
struct KickedResponse {
  std::string next_url;  ///< where the browser goes
  bool operator==(const KickedResponse&) const = default;
};

struct SetParameterValues {
  std::vector<ParameterValue> parameters;  ///< no name twice
  std::string parameter_key;
  bool operator==(const SetParameterValues&) const = default;
};
/// Status 0: applied; 1: validated and stored, applied later. Other numbers come from broken CPEs.
struct SetParameterValuesResponse {
  std::uint32_t status = 0;
  bool operator==(const SetParameterValuesResponse&) const = default;
};

struct GetParameterValues {
  std::vector<std::string> names;  ///< full names or partial paths
  bool operator==(const GetParameterValues&) const = default;
};
struct GetParameterValuesResponse {
  std::vector<ParameterValue> parameters;
  bool operator==(const GetParameterValuesResponse&) const = default;
};

struct GetParameterNames {
  std::string path;
  bool next_level = false;
  bool operator==(const GetParameterNames&) const = default;
};
struct GetParameterNamesResponse {
  std::vector<ParameterInfo> parameters;
  bool operator==(const GetParameterNamesResponse&) const = default;
};

struct SetParameterAttribute {
  std::string name;
  std::optional<std::uint32_t> notification;            ///< set: NotificationChange is true; 0..6
  std::optional<std::vector<std::string>> access_list;  ///< set: AccessListChange is true
  bool operator==(const SetParameterAttribute&) const = default;
};
struct SetParameterAttributes {
  std::vector<SetParameterAttribute> parameters;
  bool operator==(const SetParameterAttributes&) const = default;
};
struct SetParameterAttributesResponse {
  bool operator==(const SetParameterAttributesResponse&) const = default;
};

struct GetParameterAttributes {
  std::vector<std::string> names;
  bool operator==(const GetParameterAttributes&) const = default;
};
struct ParameterAttribute {
  std::string name;
  std::uint32_t notification = 0;
  std::vector<std::string> access_list;
  bool operator==(const ParameterAttribute&) const = default;
};
struct GetParameterAttributesResponse {
  std::vector<ParameterAttribute> parameters;
  bool operator==(const GetParameterAttributesResponse&) const = default;
};

struct AddObject {
  std::string object_name;  ///< table, ends in '.'
  std::string parameter_key;
  bool operator==(const AddObject&) const = default;
};
struct AddObjectResponse {
  std::uint32_t instance_number = 0;  ///< 0 from a broken CPE: the call failed (quirk 66)
  std::uint32_t status = 0;
  bool operator==(const AddObjectResponse&) const = default;
};

struct DeleteObject {
  std::string object_name;  ///< instance, ends in '.'
  std::string parameter_key;
  bool operator==(const DeleteObject&) const = default;
};
struct DeleteObjectResponse {
  std::uint32_t status = 0;
  bool operator==(const DeleteObjectResponse&) const = default;
};

struct Reboot {
  std::string command_key;
  bool operator==(const Reboot&) const = default;
};
struct RebootResponse {
  bool operator==(const RebootResponse&) const = default;
};
struct FactoryReset {
  bool operator==(const FactoryReset&) const = default;
};
struct FactoryResetResponse {
  bool operator==(const FactoryResetResponse&) const = default;
};

struct ScheduleInform {
  std::uint32_t delay_seconds = 1;  ///< > 0
  std::string command_key;
  bool operator==(const ScheduleInform&) const = default;
};
struct ScheduleInformResponse {
  bool operator==(const ScheduleInformResponse&) const = default;
};

struct Download {
  std::string command_key;
  std::string file_type;
  std::string url;
  std::string username;
  std::string password;
  std::uint32_t file_size = 0;
  std::string target_file_name;
  std::uint32_t delay_seconds = 0;
  std::string success_url;
  std::string failure_url;
  bool operator==(const Download&) const = default;
};
/// Status 0: done now; 1: TransferComplete will tell.
struct DownloadResponse {
  std::uint32_t status = 0;
  std::string start_time;
  std::string complete_time;
  bool operator==(const DownloadResponse&) const = default;
};

struct Upload {
  std::string command_key;
  std::string file_type;
  std::string url;
  std::string username;
  std::string password;
  std::uint32_t delay_seconds = 0;
  bool operator==(const Upload&) const = default;
};
struct UploadResponse {
  std::uint32_t status = 0;
  std::string start_time;
  std::string complete_time;
  bool operator==(const UploadResponse&) const = default;
};

/// TR-069 A.4.1.8, since cwmp-1-2.
struct TimeWindow {
  std::uint32_t start_s = 0;  ///< from the time of the request
  std::uint32_t end_s = 0;
  std::string mode;  ///< "1 At Any Time", "2 Immediately", "3 When Idle", "4 Confirmation Needed"
  std::string user_message;
  std::int32_t max_retries = 0;  ///< -1: the device decides
  bool operator==(const TimeWindow&) const = default;
};
struct ScheduleDownload {
  std::string command_key;
  std::string file_type;
  std::string url;
  std::string username;
  std::string password;
  std::uint32_t file_size = 0;
  std::string target_file_name;
  std::vector<TimeWindow> time_windows;  ///< one or two, not overlapping, in order
  bool operator==(const ScheduleDownload&) const = default;
};
struct ScheduleDownloadResponse {
  bool operator==(const ScheduleDownloadResponse&) const = default;
};

/// Of every queued transfer with that CommandKey (TR-069 A.4.1.9); 9021 when it is too late.
struct CancelTransfer {
  std::string command_key;
  bool operator==(const CancelTransfer&) const = default;
};
struct CancelTransferResponse {
  bool operator==(const CancelTransferResponse&) const = default;
};

struct GetQueuedTransfers {
  bool operator==(const GetQueuedTransfers&) const = default;
};
struct QueuedTransfer {
  std::string command_key;
  std::uint32_t state = 0;  ///< 1 not yet started, 2 in progress, 3 completed
  bool operator==(const QueuedTransfer&) const = default;
};
struct GetQueuedTransfersResponse {
  std::vector<QueuedTransfer> transfers;
  bool operator==(const GetQueuedTransfersResponse&) const = default;
};

struct GetAllQueuedTransfers {
  bool operator==(const GetAllQueuedTransfers&) const = default;
};
struct AllQueuedTransfer {
  std::string command_key;
  std::uint32_t state = 0;
  bool is_download = false;
  std::string file_type;
  std::uint32_t file_size = 0;
  std::string target_file_name;
  bool operator==(const AllQueuedTransfer&) const = default;
};
struct GetAllQueuedTransfersResponse {
  std::vector<AllQueuedTransfer> transfers;
  bool operator==(const GetAllQueuedTransfersResponse&) const = default;
};

/// Vouchers and options (TR-069 A.4.1.3, A.4.1.4 and Annex C; deprecated since 1.3).
struct Voucher {
  std::string base64;  ///< a signed document of Annex C
  bool operator==(const Voucher&) const = default;
};
struct SetVouchers {
  std::vector<Voucher> vouchers;
  bool operator==(const SetVouchers&) const = default;
};
struct SetVouchersResponse {
  bool operator==(const SetVouchersResponse&) const = default;
};
struct GetOptions {
  std::string option_name;  ///< empty: all
  bool operator==(const GetOptions&) const = default;
};
struct Option {
  std::string name;
  std::uint32_t voucher_sn = 0;
  std::uint32_t state = 0;  ///< bit 0: enabled, bit 1: set up
  std::int32_t mode = 0;    ///< 0 disabled, 1 enabled until the expiration date, 2 for ever
  std::string start_date;
  std::string expiration_date;  ///< empty: left out
  bool is_transferable = false;
  bool operator==(const Option&) const = default;
};
struct GetOptionsResponse {
  std::vector<Option> options;
  bool operator==(const GetOptionsResponse&) const = default;
};

// ---- sums ------------------------------------------------------------------------------------

/// RPCs that the ACS calls on the CPE.
using AcsRequest =
    std::variant<GetRPCMethods, SetParameterValues, GetParameterValues, GetParameterNames,
                 SetParameterAttributes, GetParameterAttributes, AddObject, DeleteObject, Reboot,
                 FactoryReset, ScheduleInform, Download, Upload, GetQueuedTransfers,
                 GetAllQueuedTransfers, ScheduleDownload, CancelTransfer, ChangeDUState, GetOptions,
                 SetVouchers>;

/// What the CPE answers to an AcsRequest.
using CpeResponse =
    std::variant<GetRPCMethodsResponse, SetParameterValuesResponse, GetParameterValuesResponse,
                 GetParameterNamesResponse, SetParameterAttributesResponse,
                 GetParameterAttributesResponse, AddObjectResponse, DeleteObjectResponse,
                 RebootResponse, FactoryResetResponse, ScheduleInformResponse, DownloadResponse,
                 UploadResponse, GetQueuedTransfersResponse, GetAllQueuedTransfersResponse,
                 ScheduleDownloadResponse, CancelTransferResponse, ChangeDUStateResponse,
                 GetOptionsResponse, SetVouchersResponse, Fault>;

/// RPCs that the CPE calls on the ACS, Inform apart.
using CpeRequest =
    std::variant<GetRPCMethods, TransferComplete, AutonomousTransferComplete, RequestDownload,
                 Kicked, DUStateChangeComplete, AutonomousDUStateChangeComplete, UnknownRequest>;

/// What the ACS answers to a CpeRequest.
using AcsResponse =
    std::variant<GetRPCMethodsResponse, TransferCompleteResponse,
                 AutonomousTransferCompleteResponse, RequestDownloadResponse, KickedResponse,
                 DUStateChangeCompleteResponse, AutonomousDUStateChangeCompleteResponse, Fault>;

/// Everything a SOAP body can hold, of either role. Flat, since GetRPCMethods and Fault go both
/// ways.
using Message = std::variant<
    Inform, InformResponse, GetRPCMethods, GetRPCMethodsResponse, TransferComplete,
    TransferCompleteResponse, AutonomousTransferComplete, AutonomousTransferCompleteResponse,
    RequestDownload, RequestDownloadResponse, SetParameterValues, SetParameterValuesResponse,
    GetParameterValues, GetParameterValuesResponse, GetParameterNames, GetParameterNamesResponse,
    SetParameterAttributes, SetParameterAttributesResponse, GetParameterAttributes,
    GetParameterAttributesResponse, AddObject, AddObjectResponse, DeleteObject,
    DeleteObjectResponse, Reboot, RebootResponse, FactoryReset, FactoryResetResponse,
    ScheduleInform, ScheduleInformResponse, Download, DownloadResponse, Upload, UploadResponse,
    GetQueuedTransfers, GetQueuedTransfersResponse, GetAllQueuedTransfers,
    GetAllQueuedTransfersResponse, ScheduleDownload, ScheduleDownloadResponse, CancelTransfer,
    CancelTransferResponse, ChangeDUState, ChangeDUStateResponse, GetOptions, GetOptionsResponse,
    SetVouchers, SetVouchersResponse, Kicked, KickedResponse, DUStateChangeComplete,
    DUStateChangeCompleteResponse, AutonomousDUStateChangeComplete,
    AutonomousDUStateChangeCompleteResponse, UnknownRequest, Fault>;

/// What a codec must write as the peer writes it: prefixes and the cwmp namespace (quirks 3, 4, 9).
/// Learned from the Inform and echoed for the whole session.
struct Dialect {
  std::string envelope_prefix = "SOAP-ENV";
  std::string encoding_prefix = "SOAP-ENC";
  std::string cwmp_prefix = "cwmp";
  std::string cwmp_namespace = "urn:dslforum-org:cwmp-1-0";
  bool operator==(const Dialect&) const = default;
};

/// SOAP header elements (TR-069 3.4.1 and A.4.1.1).
struct Header {
  std::optional<std::string> id;
  bool hold_requests = false;                      ///< ACS only
  std::optional<std::uint32_t> session_timeout_s;  ///< CPE, in Inform, since 1.3
  std::string supported_cwmp_versions;             ///< CPE, in Inform, since 1.4
  std::string use_cwmp_version;                    ///< ACS, in InformResponse, since 1.4
  bool operator==(const Header&) const = default;
};

struct Envelope {
  Header header;
  Dialect dialect;
  Message body;
  bool operator==(const Envelope&) const = default;
};

// ---- names and conversions -------------------------------------------------------------------

/// Name of the body element: "Inform", "GetParameterValuesResponse", "Fault"; for UnknownRequest
/// the method that came. The view lives as long as the message.
std::string_view method_name(const Message& message);
std::string_view method_name(const AcsRequest& request);
std::string_view method_name(const CpeResponse& response);
std::string_view method_name(const CpeRequest& request);
std::string_view method_name(const AcsResponse& response);

Message to_message(AcsRequest request);
Message to_message(CpeResponse response);
Message to_message(CpeRequest request);
Message to_message(AcsResponse response);

/// nullopt when the message is of another kind. GetRPCMethods is an AcsRequest and a CpeRequest,
/// Fault a CpeResponse and an AcsResponse. The message is moved from only on success.
std::optional<AcsRequest> to_acs_request(Message&& message);
std::optional<CpeResponse> to_cpe_response(Message&& message);
std::optional<CpeRequest> to_cpe_request(Message&& message);
std::optional<AcsResponse> to_acs_response(Message&& message);

/// True if `response` is of the type that `request` asks for; a Fault answers every request.
bool answers(const CpeResponse& response, const AcsRequest& request);
bool answers(const AcsResponse& response, const CpeRequest& request);

}  // namespace cwmp
