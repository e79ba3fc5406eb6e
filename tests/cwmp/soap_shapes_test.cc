// The later and the rarer RPCs as their schema writes them (cwmp-1-2.xsd and cwmp-1-4.xsd).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cwmp/soap.h"

namespace cwmp {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::SizeIs;

std::string encoded(Message body) {
  Envelope envelope;
  envelope.body = std::move(body);
  return encode(envelope);
}

template <class T>
T decoded(const std::string& body) {
  const std::string text =
      "<s:Envelope xmlns:s=\"http://schemas.xmlsoap.org/soap/envelope/\""
      " xmlns:c=\"urn:dslforum-org:cwmp-1-2\""
      " xmlns:e=\"http://schemas.xmlsoap.org/soap/encoding/\""
      " xmlns:i=\"http://www.w3.org/2001/XMLSchema-instance\"><s:Body>" +
      body + "</s:Body></s:Envelope>";
  auto got = decode(text);
  EXPECT_TRUE(got.has_value()) << text;
  return std::get<T>(got->body);
}

TEST(CwmpSoapShape, OperationsOfChangeDUStateAreRepeatedAndSayTheirType) {
  ChangeDUState rpc;
  rpc.operations = {
      InstallOperation{"http://f/a", "u-1", "", "", "Device.SoftwareModules.ExecEnv.1."},
      UpdateOperation{"u-2", "2", "", "", ""}, UninstallOperation{"u-3", "", ""}};
  rpc.command_key = "k";
  const std::string text = encoded(rpc);
  EXPECT_THAT(text, HasSubstr("<Operations xsi:type=\"cwmp:InstallOpStruct\"><URL>http://f/a</URL>"
                              "<UUID>u-1</UUID><ExecutionEnvRef>"));
  EXPECT_THAT(text, HasSubstr("<Operations xsi:type=\"cwmp:UpdateOpStruct\"><UUID>u-2</UUID>"
                              "<Version>2</Version></Operations>"));
  EXPECT_THAT(text, HasSubstr("<Operations xsi:type=\"cwmp:UninstallOpStruct\"><UUID>u-3</UUID>"
                              "</Operations><CommandKey>k</CommandKey>"));
  EXPECT_THAT(text, Not(HasSubstr("arrayType")));
}

TEST(CwmpSoapShape, OperationsAreToldApartByTheirTypeWhateverItsPrefix) {
  const auto rpc = decoded<ChangeDUState>(
      "<c:ChangeDUState>"
      "<Operations i:type=\"x:UninstallOpStruct\"><UUID>u</UUID></Operations>"
      "<Operations i:type=\"InstallOpStruct\"><URL>http://f/</URL></Operations>"
      "<CommandKey>k</CommandKey></c:ChangeDUState>");
  ASSERT_THAT(rpc.operations, SizeIs(2));
  EXPECT_EQ(rpc.operations[0], DeploymentUnitOperation(UninstallOperation{"u", "", ""}));
  EXPECT_EQ(rpc.operations[1],
            DeploymentUnitOperation(InstallOperation{"http://f/", "", "", "", ""}));
}

const char* const kResult =
    "<UUID>u</UUID><DeploymentUnitRef>Device.SoftwareModules.DeploymentUnit.1.</DeploymentUnitRef>"
    "<Version>1.0</Version><CurrentState>Installed</CurrentState><Resolved>1</Resolved>"
    "<ExecutionUnitRefList/><StartTime>2026-01-01T00:00:00Z</StartTime>"
    "<CompleteTime>2026-01-01T00:00:01Z</CompleteTime>"
    "<Fault><FaultCode>0</FaultCode><FaultString/></Fault>";

TEST(CwmpSoapShape, ResultsOfDUStateChangeCompleteAreRepeated) {
  const std::string result = kResult;
  const auto rpc = decoded<DUStateChangeComplete>(
      "<c:DUStateChangeComplete><Results>" + result + "</Results><Results>" + result +
      "</Results><CommandKey>k</CommandKey></c:DUStateChangeComplete>");
  ASSERT_THAT(rpc.results, SizeIs(2));
  EXPECT_EQ(rpc.results[1].uuid, "u");
  EXPECT_TRUE(rpc.results[1].resolved);
  EXPECT_EQ(rpc.results[1].fault.code, 0U);
  EXPECT_EQ(rpc.command_key, "k");
}

TEST(CwmpSoapShape, ResultsInAnArrayAreTakenToo) {
  const auto rpc = decoded<AutonomousDUStateChangeComplete>(
      "<c:AutonomousDUStateChangeComplete><Results e:arrayType=\"c:AutonOpResultStruct[1]\">"
      "<AutonOpResultStruct>" +
      std::string(kResult) +
      "<OperationPerformed>Update</OperationPerformed></AutonOpResultStruct></Results>"
      "</c:AutonomousDUStateChangeComplete>");
  ASSERT_THAT(rpc.results, SizeIs(1));
  EXPECT_EQ(rpc.results[0].operation_performed, "Update");
  EXPECT_EQ(rpc.results[0].current_state, "Installed");
}

TEST(CwmpSoapShape, TimeWindowsAreAnArray) {
  ScheduleDownload rpc;
  rpc.file_type = "1 Firmware Upgrade Image";
  rpc.time_windows = {{0, 3600, "3 When Idle", "", -1}};
  const std::string text = encoded(rpc);
  EXPECT_THAT(text, HasSubstr("arrayType=\"cwmp:TimeWindowStruct[1]\"><TimeWindowStruct>"
                              "<WindowStart>0</WindowStart><WindowEnd>3600</WindowEnd>"
                              "<WindowMode>3 When Idle</WindowMode><UserMessage></UserMessage>"
                              "<MaxRetries>-1</MaxRetries></TimeWindowStruct></TimeWindowList>"));
}

TEST(CwmpSoapShape, VouchersAreAnArrayOfBase64) {
  const std::string text = encoded(SetVouchers{{{"QUJD"}, {"REVG"}}});
  EXPECT_THAT(text, HasSubstr("arrayType=\"SOAP-ENC:base64[2]\"><base64>QUJD</base64>"
                              "<base64>REVG</base64></VoucherList>"));
  EXPECT_THAT(decoded<SetVouchers>("<c:SetVouchers><VoucherList e:arrayType=\"e:base64[1]\">"
                                   "<base64> QUJD\n</base64></VoucherList></c:SetVouchers>")
                  .vouchers,
              ElementsAre(Voucher{"QUJD"}));
}

TEST(CwmpSoapShape, KickedIsAnsweredWithAURL) {
  const auto rpc = decoded<Kicked>(
      "<c:Kicked><Command>c</Command><Referer>r</Referer><Arg>a</Arg><Next>http://n/</Next>"
      "</c:Kicked>");
  EXPECT_EQ(rpc, (Kicked{"c", "r", "a", "http://n/"}));
  EXPECT_THAT(encoded(KickedResponse{"http://n/"}),
              HasSubstr("<cwmp:KickedResponse><NextURL>http://n/</NextURL></cwmp:KickedResponse>"));
}

}  // namespace
}  // namespace cwmp
