// One test for each row of what CPEs do to SOAP that the codec forgives.
#include <gmock/gmock.h>

#include "cwmp/soap.h"
#include "cwmp/value.h"

namespace cwmp {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

/// What a tolerant decode gave: the message of the type wanted, or a failed test.
struct Taken {
  Envelope envelope;
  DeviationList deviations;

  template <class M>
  const M& as() const {
    return std::get<M>(envelope.body);
  }
  bool noted(DeviationKind kind) const { return deviations.has(kind); }
};

Taken take(std::string_view body, std::string_view content_type = {}) {
  Taken taken;
  auto envelope = decode(body, content_type, &taken.deviations);
  if (envelope) {
    taken.envelope = *std::move(envelope);
  } else {
    ADD_FAILURE() << envelope.error().text;
  }
  return taken;
}

constexpr std::string_view kOpen =
    "<soap-env:Envelope xmlns:soap-env=\"http://schemas.xmlsoap.org/soap/envelope/\" "
    "xmlns:soap-enc=\"http://schemas.xmlsoap.org/soap/encoding/\" "
    "xmlns:xsd=\"http://www.w3.org/2001/XMLSchema\" "
    "xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" "
    "xmlns:cwmp=\"urn:dslforum-org:cwmp-1-0\"><soap-env:Header><cwmp:ID>1</cwmp:ID></"
    "soap-env:Header>"
    "<soap-env:Body>";
constexpr std::string_view kClose = "</soap-env:Body></soap-env:Envelope>";

std::string around(std::string_view body) {
  return std::string(kOpen) + std::string(body) + std::string(kClose);
}

std::string values(std::string_view items, std::string_view attributes = "") {
  return around("<cwmp:GetParameterValuesResponse><ParameterList " + std::string(attributes) + ">" +
                std::string(items) + "</ParameterList></cwmp:GetParameterValuesResponse>");
}

std::string value(std::string_view type, std::string_view text) {
  return values("<ParameterValueStruct><Name>A</Name><Value " + std::string(type) + ">" +
                std::string(text) + "</Value></ParameterValueStruct>");
}

const ParameterValue& first(const Taken& taken) {
  return taken.as<GetParameterValuesResponse>().parameters.at(0);
}

// ---- 1 to 9: prefixes, namespaces, header
// --------------------------------------------------------

class CwmpSoapPrefix : public testing::TestWithParam<const char*> {};

// quirk 1, quirk 4
TEST_P(CwmpSoapPrefix, IsReadByLocalNameAndEchoed) {
  const std::string p = GetParam();
  const std::string body = "<" + p + ":Envelope xmlns:" + p +
                           "=\"http://schemas.xmlsoap.org/soap/envelope/\" xmlns:cwmp=" +
                           "\"urn:dslforum-org:cwmp-1-0\"><" + p +
                           ":Body><cwmp:RebootResponse/></" + p + ":Body></" + p + ":Envelope>";
  const Taken taken = take(body);
  EXPECT_TRUE(std::holds_alternative<RebootResponse>(taken.envelope.body));
  EXPECT_EQ(taken.envelope.dialect.envelope_prefix, p);
}

INSTANTIATE_TEST_SUITE_P(Quirk1, CwmpSoapPrefix,
                         testing::Values("soap-env", "SOAP-ENV", "soapenv", "soap_env", "soap",
                                         "S"));

// quirk 2
TEST(CwmpSoapQuirk, Row2_TakesAPrefixThatWasNeverDeclared) {
  const Taken taken =
      take(around("<soap:Fault><detail><cwmp:Fault><FaultCode>9008</FaultCode></cwmp:Fault></"
                  "detail></soap:Fault>"));
  EXPECT_EQ(taken.as<Fault>().code, FaultCode::kNotWritable);
  EXPECT_TRUE(taken.noted(DeviationKind::kUnboundPrefix));
}

// quirk 4
TEST(CwmpSoapQuirk, Row4_LearnsAllThreePrefixes) {
  const Taken taken = take(
      "<a:Envelope xmlns:a=\"http://schemas.xmlsoap.org/soap/envelope/\" "
      "xmlns:b=\"http://schemas.xmlsoap.org/soap/encoding/\" xmlns:c=\"urn:dslforum-org:cwmp-1-1\">"
      "<a:Body><c:RebootResponse/></a:Body></a:Envelope>");
  EXPECT_EQ(taken.envelope.dialect, (Dialect{"a", "b", "c", "urn:dslforum-org:cwmp-1-1"}));
}

// quirk 4
TEST(CwmpSoapQuirk, Row4_FallsBackToTheUsualPrefixes) {
  const Taken taken = take(
      "<Envelope xmlns=\"http://schemas.xmlsoap.org/soap/envelope/\"><Body>"
      "<Inform xmlns=\"urn:dslforum-org:cwmp-1-2\"/></Body></Envelope>");
  EXPECT_EQ(taken.envelope.dialect,
            (Dialect{"SOAP-ENV", "SOAP-ENC", "cwmp", "urn:dslforum-org:cwmp-1-2"}));
}

// quirk 5
TEST(CwmpSoapQuirk, Row5_NeedsNoHeader) {
  const Taken taken = take("<e:Envelope><e:Body><c:Inform/></e:Body></e:Envelope>");
  EXPECT_EQ(taken.envelope.header.id, std::nullopt);
  EXPECT_TRUE(taken.noted(DeviationKind::kNoId));
}

// quirk 8
TEST(CwmpSoapQuirk, Row8_TakesTheSchemaInstanceOf1999) {
  const Taken taken =
      take(value("xmlns:x99=\"http://www.w3.org/1999/XMLSchema-instance\" "
                 "x99:type=\"xsd:boolean\"",
                 "1"));
  EXPECT_EQ(first(taken).type, "boolean");
}

class CwmpSoapNamespace : public testing::TestWithParam<std::pair<const char*, bool>> {};

// quirk 9
TEST_P(CwmpSoapNamespace, IsEchoed) {
  const auto [uri, known] = GetParam();
  const Taken taken = take(
      "<e:Envelope xmlns:e=\"http://schemas.xmlsoap.org/soap/envelope/\" "
      "xmlns:cwmp=\"" +
      std::string(uri) +
      "\"><e:Body><cwmp:Inform/></e:Body>"
      "</e:Envelope>");
  EXPECT_EQ(taken.envelope.dialect.cwmp_namespace, uri);
  EXPECT_EQ(taken.noted(DeviationKind::kUnknownNamespace), !known);
  EXPECT_THAT(encode(taken.envelope), HasSubstr("xmlns:cwmp=\"" + std::string(uri) + "\""));
}

INSTANTIATE_TEST_SUITE_P(Quirk9, CwmpSoapNamespace,
                         testing::Values(std::pair("urn:dslforum-org:cwmp-1-0", true),
                                         std::pair("urn:dslforum-org:cwmp-1-1", true),
                                         std::pair("urn:dslforum-org:cwmp-1-2", true),
                                         std::pair("urn:dslforum-org:cwmp-1-3", true),
                                         std::pair("urn:dslforum-org:cwmp-1-4", true),
                                         std::pair("urn:example:cwmp", false)));

// ---- 10 to 16: values and arrays
// -----------------------------------------------------------------

// quirk 10
TEST(CwmpSoapQuirk, Row10_TakesAValueWithoutType) {
  const Taken taken = take(value("", "x"));
  EXPECT_EQ(first(taken), (ParameterValue{"A", "x", ""}));
  EXPECT_TRUE(taken.noted(DeviationKind::kMissingType));
}

// quirk 11
TEST(CwmpSoapQuirk, Row11_TakesAnUnknownTypeAsString) {
  const Taken taken = take(value("xsi:type=\"object\"", "x"));
  EXPECT_EQ(first(taken).type, "string");
  EXPECT_TRUE(taken.noted(DeviationKind::kUnknownType));
}

// quirk 11
TEST(CwmpSoapQuirk, Row11_TakesATypeWithoutPrefix) {
  EXPECT_EQ(first(take(value("xsi:type=\"unsignedInt\"", "1"))).type, "unsignedInt");
}

// quirk 11
TEST(CwmpSoapQuirk, Row11_LeavesOutAnObjectAmongTheValues) {
  const Taken taken =
      take(values("<ParameterValueStruct><Name>A.B.</Name><Value xsi:type=\"object\"/>"
                  "</ParameterValueStruct>"));
  EXPECT_THAT(taken.as<GetParameterValuesResponse>().parameters, IsEmpty());
  EXPECT_TRUE(taken.noted(DeviationKind::kObjectAsValue));
}

// quirk 12
TEST(CwmpSoapQuirk, Row12_TakesAMissingValueAsEmpty) {
  const Taken taken =
      take(values("<ParameterValueStruct><Name>A</Name></ParameterValueStruct>"
                  "<ParameterValueStruct><Name>B</Name><Value>2</Value>"
                  "</ParameterValueStruct>"));
  EXPECT_THAT(taken.as<GetParameterValuesResponse>().parameters,
              ElementsAre(ParameterValue{"A", "", ""}, ParameterValue{"B", "2", ""}));
  EXPECT_TRUE(taken.noted(DeviationKind::kMissingValue));
}

// quirk 13
TEST(CwmpSoapQuirk, Row13_KeepsEmptyNumbersEmpty) {
  EXPECT_EQ(first(take(value("xsi:type=\"xsd:unsignedInt\"", ""))).value, "");
}

// quirk 13
TEST(CwmpSoapQuirk, Row13_TakesAnEmptyDateOfATransfer) {
  const Taken taken =
      take(around("<cwmp:TransferComplete><CommandKey>k</CommandKey><StartTime/>"
                  "</cwmp:TransferComplete>"));
  EXPECT_EQ(taken.as<TransferComplete>().command_key, "k");
  EXPECT_TRUE(is_unknown_time(taken.as<TransferComplete>().start_time));
}

// quirk 14
TEST(CwmpSoapQuirk, Row14_KeepsTextThatDoesNotFitItsType) {
  EXPECT_EQ(first(take(value("xsi:type=\"xsd:unsignedInt\"", "abc"))).value, "abc");
}

// quirk 15
TEST(CwmpSoapQuirk, Row15_CountsElementsAndNotWhatTheArraySays) {
  const Taken taken =
      take(values("<ParameterValueStruct><Name>A</Name><Value>1</Value></ParameterValueStruct>",
                  "soap-enc:arrayType=\"cwmp:ParameterValueStruct[16]\""));
  EXPECT_THAT(taken.as<GetParameterValuesResponse>().parameters, SizeIs(1));
  EXPECT_TRUE(taken.noted(DeviationKind::kArrayCount));
}

// quirk 16
TEST(CwmpSoapQuirk, Row16_ReadsCountsWithLeadingZeros) {
  const Taken taken =
      take(values("<ParameterValueStruct><Name>A</Name><Value>1</Value></ParameterValueStruct>",
                  "soap-enc:arrayType=\"cwmp:ParameterValueStruct[01]\""));
  EXPECT_FALSE(taken.noted(DeviationKind::kArrayCount));
}

// quirk 17, quirk 18
TEST(CwmpSoapQuirk, Row17_18_IgnoresAttributesItDoesNotKnow) {
  const Taken taken = take(around(
      "<cwmp:AddObjectResponse soap-env:encodingStyle=\"x\"><InstanceNumber xsi:type=\"xsd:int\">3"
      "</InstanceNumber><Status xsi:type=\"soap-enc:Array\">0</Status></cwmp:AddObjectResponse>"));
  EXPECT_EQ(taken.as<AddObjectResponse>(), (AddObjectResponse{3, 0}));
}

// ---- 19 to 21: characters
// ------------------------------------------------------------------------

// quirk 19
TEST(CwmpSoapQuirk, Row19_DropsControlCharactersAndReferencesToThem) {
  const Taken taken = take(value("",
                                 "a\x02"
                                 "b&#x2;c&#1;d&#xFFFF;e&#xD800;f\x1F"));
  EXPECT_EQ(first(taken).value, "abcdef");
  EXPECT_TRUE(taken.noted(DeviationKind::kForbiddenCharacters));
}

// quirk 19
TEST(CwmpSoapQuirk, Row19_DropsNulBytes) {
  EXPECT_EQ(first(take(value("", std::string_view("a\0b", 3)))).value, "ab");
}

TEST(CwmpSoapQuirk, Row19_KeepsReferencesThatXmlAllows) {
  EXPECT_EQ(first(take(value("", "&#65;&#x42;&lt;&gt;&amp;&quot;&apos;&#xE9;&#13;"))).value,
            "AB<>&\"'\xC3\xA9\r");
}

// quirk 19
TEST(CwmpSoapQuirk, Row19_TakesAnAmpersandThatStartsNothingAsText) {
  const Taken taken = take(value("", "a & b &nbsp; &# &#; &x"));
  EXPECT_EQ(first(taken).value, "a & b &nbsp; &# &#; &x");
  EXPECT_TRUE(taken.noted(DeviationKind::kInvalidReference));
}

TEST(CwmpSoapQuirk, Row19_LeavesCdataAlone) {
  EXPECT_EQ(first(take(value("", "<![CDATA[a&b<c>]]> d &e"))).value, "a&b<c> d &e");
}

struct Charset {
  const char* name;
  std::string declaration;
  std::string content_type;
  std::string bytes;
  bool noted;
};

class CwmpSoapCharset : public testing::TestWithParam<Charset> {};

// quirk 20
TEST_P(CwmpSoapCharset, ReadsAnAccent) {
  const Taken taken =
      take(GetParam().declaration + value("", GetParam().bytes), GetParam().content_type);
  EXPECT_EQ(first(taken).value, "\xC3\xA9");
  EXPECT_EQ(taken.noted(DeviationKind::kCharset), GetParam().noted);
}

const std::string kUtf8Accent = "\xC3\xA9";
const std::string kLatin1Accent = "\xE9";
const std::string kLatin1Declaration = "<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?>";
const std::string kUtf8Declaration = "<?xml version='1.0' encoding='UTF-8' ?>";

INSTANTIATE_TEST_SUITE_P(
    Quirk20, CwmpSoapCharset,
    testing::Values(
        Charset{"NoLabelUtf8", "", "", kUtf8Accent, false},
        Charset{"NoLabelLatin1", "", "text/xml", kLatin1Accent, true},
        Charset{"TypeUtf8", "", "text/xml; charset=\"utf-8\"", kUtf8Accent, false},
        Charset{"TypeLatin1", "", "text/xml; charset=ISO-8859-1", kLatin1Accent, false},
        Charset{"TypeWindows", "", "text/xml;charset=windows-1252", kLatin1Accent, false},
        Charset{"DeclarationLatin1", kLatin1Declaration, "text/xml", kLatin1Accent, false},
        Charset{"DeclarationUtf8", kUtf8Declaration, "", kUtf8Accent, false},
        Charset{"TypeWinsOverDeclaration", kUtf8Declaration, "text/xml; charset=latin1",
                kLatin1Accent, false},
        Charset{"WrongUtf8Label", "", "text/xml; charset=utf-8", kLatin1Accent, true},
        Charset{"WrongLatin1Label", "", "text/xml; charset=iso-8859-1", kUtf8Accent, true},
        Charset{"UnknownLabel", "", "text/xml; charset=koi8-r", kUtf8Accent, true},
        Charset{"ByteOrderMark", "\xEF\xBB\xBF", "", kUtf8Accent, false}),
    [](const auto& row) { return std::string(row.param.name); });

// quirk 21
TEST(CwmpSoapQuirk, Row21_DecodesOnce) {
  EXPECT_EQ(first(take(value("", "a&amp;lt;b"))).value, "a&lt;b");
}

TEST(CwmpSoapQuirk, KeepsBlanksOfAValueAndTrimsThoseOfAName) {
  const Taken taken =
      take(values("<ParameterValueStruct>\n<Name>\n A \n</Name>\n<Value> x </Value>"
                  "</ParameterValueStruct><ParameterValueStruct><Name>B</Name>"
                  "<Value>  </Value></ParameterValueStruct>"));
  EXPECT_THAT(taken.as<GetParameterValuesResponse>().parameters,
              ElementsAre(ParameterValue{"A", " x ", ""}, ParameterValue{"B", "  ", ""}));
}

// ---- 23 to 27: faults, order, header
// -------------------------------------------------------------

struct FaultLayout {
  const char* name;
  const char* body;
  Fault expected;
};

class CwmpSoapFault : public testing::TestWithParam<FaultLayout> {};

// quirk 23, quirk 24, quirk 6
TEST_P(CwmpSoapFault, IsFound) {
  const Taken taken = take(around(GetParam().body));
  EXPECT_EQ(taken.as<Fault>(), GetParam().expected);
}

INSTANTIATE_TEST_SUITE_P(
    Quirks23And24, CwmpSoapFault,
    testing::Values(
        FaultLayout{
            "Regular",
            "<soap-env:Fault><faultcode>Client</faultcode><faultstring>CWMP fault</faultstring>"
            "<detail><cwmp:Fault><FaultCode>9005</FaultCode><FaultString>no</FaultString>"
            "</cwmp:Fault></detail></soap-env:Fault>",
            {FaultCode::kInvalidParameterName, "no", {}}},
        FaultLayout{
            "DetailInsideFaultstring",
            "<soap-env:Fault><faultstring>\n<detail><cwmp:Fault><FaultCode>9003</FaultCode>"
            "<FaultString>bad</FaultString><SetParameterValuesFault><ParameterName>A"
            "</ParameterName><FaultCode>9008</FaultCode><FaultString>ro</FaultString>"
            "</SetParameterValuesFault></cwmp:Fault></detail></faultstring></soap-env:Fault>",
            {FaultCode::kInvalidArguments, "bad", {{"A", FaultCode::kNotWritable, "ro"}}}},
        FaultLayout{
            "CulpritsFirst",
            "<F:Fault><d><SetParameterValuesFault><ParameterName>A</ParameterName><FaultCode>"
            "9007</FaultCode></SetParameterValuesFault><FaultCode> 9003 </FaultCode></d>"
            "</F:Fault>",
            {FaultCode::kInvalidArguments, "", {{"A", FaultCode::kInvalidParameterValue, ""}}}},
        FaultLayout{"VendorCode",
                    "<F:Fault><detail><FaultCode>9801</FaultCode></detail></F:Fault>",
                    {static_cast<FaultCode>(9801), "", {}}},
        FaultLayout{
            "NoDetail",
            "<F:Fault><faultcode>Server</faultcode><faultstring>oops</faultstring></F:Fault>",
            {FaultCode::kInternalError, "oops", {}}},
        FaultLayout{
            "CodeThatIsNone",
            "<F:Fault><detail><FaultCode>bad</FaultCode><FaultString>x</FaultString></detail>"
            "</F:Fault>",
            {FaultCode::kInternalError, "x", {}}},
        FaultLayout{"Empty", "<F:Fault/>", {FaultCode::kInternalError, "", {}}}),
    [](const auto& row) { return std::string(row.param.name); });

// quirk 26
TEST(CwmpSoapQuirk, Row26_DoesNotRelyOnTheOrderOfElements) {
  const Taken taken = take(around(
      "<cwmp:TransferComplete><CompleteTime>c</CompleteTime><FaultStruct><FaultString>f</"
      "FaultString>"
      "<FaultCode>9011</FaultCode></FaultStruct><StartTime>s</StartTime><CommandKey>k</CommandKey>"
      "</cwmp:TransferComplete>"));
  EXPECT_EQ(taken.as<TransferComplete>(), (TransferComplete{"k", {9011, "f"}, "s", "c"}));
}

// quirk 27
TEST(CwmpSoapQuirk, Row27_ReadsTheHeadersItKnowsAndIgnoresOthers) {
  const Taken taken = take(
      "<e:Envelope><e:Header><c:NoMoreRequests>1</c:NoMoreRequests><c:ID>  x  </c:ID>"
      "<c:SessionTimeout>120</c:SessionTimeout><c:SupportedCWMPVersions>1.0,1.4"
      "</c:SupportedCWMPVersions><v:Odd/></e:Header><e:Body><c:Inform/></e:Body></e:Envelope>");
  EXPECT_EQ(taken.envelope.header, (Header{"x", false, 120, "1.0,1.4", ""}));
}

// quirk 29
TEST(CwmpSoapQuirk, Row29_TakesAnEnvelopeWhoseLastBracketIsMissing) {
  std::string body = around("<cwmp:RebootResponse/>");
  body.pop_back();
  const Taken taken = take(body);
  EXPECT_TRUE(std::holds_alternative<RebootResponse>(taken.envelope.body));
  EXPECT_TRUE(taken.noted(DeviationKind::kTruncatedEnd));
}

// quirk 66
TEST(CwmpSoapQuirk, Row66_AStatusThatIsNoNumberIsNotSuccess) {
  const auto status = [](std::string_view text) {
    return take(around("<cwmp:SetParameterValuesResponse><Status>" + std::string(text) +
                       "</Status></cwmp:SetParameterValuesResponse>"))
        .as<SetParameterValuesResponse>()
        .status;
  };
  EXPECT_EQ(status("0"), 0U);
  EXPECT_EQ(status(" 1 "), 1U);
  EXPECT_EQ(status("9005"), 9005U);
  EXPECT_GT(status("-1"), 1U);
  EXPECT_GT(status("failed"), 1U);
}

// quirk 47
TEST(CwmpSoapQuirk, Row47_TakesAnyRetryCount) {
  const auto retry = [](std::string_view text) {
    return take(around("<cwmp:Inform><RetryCount>" + std::string(text) +
                       "</RetryCount></cwmp:Inform>"))
        .as<Inform>()
        .retry_count;
  };
  EXPECT_EQ(retry("1400"), 1400U);
  EXPECT_EQ(retry("99999999999"), 0xFFFFFFFFU);
  EXPECT_EQ(retry(""), 0U);
}

TEST(CwmpSoapQuirk, UnknownMethodsKeepTheirName) {
  EXPECT_EQ(
      take(around("<cwmp:Poked><Command>x</Command></cwmp:Poked>")).as<UnknownRequest>().method,
      "Poked");
}

TEST(CwmpSoapQuirk, TheFirstOfSeveralMessagesCounts) {
  const Taken taken = take(around("<cwmp:RebootResponse/><cwmp:FactoryResetResponse/>"));
  EXPECT_TRUE(std::holds_alternative<RebootResponse>(taken.envelope.body));
  EXPECT_TRUE(taken.noted(DeviationKind::kMoreThanOneMessage));
}

TEST(CwmpSoapQuirk, AnIdTooLongIsNotEchoed) {
  const auto with_id = [](std::size_t length) {
    return take("<e:Envelope><e:Header><c:ID>" + std::string(length, 'x') +
                "</c:ID></e:Header><e:Body><c:Inform/></e:Body></e:Envelope>")
        .envelope.header.id;
  };
  EXPECT_TRUE(with_id(1024).has_value());
  EXPECT_FALSE(with_id(1025).has_value());
}

}  // namespace
}  // namespace cwmp
