#include "cwmp/soap.h"

#include <gmock/gmock.h>

#include "tests/cwmp/samples.h"

namespace cwmp {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;

std::string name_of(const testing::TestParamInfo<Message>& info) {
  return std::string(method_name(info.param));
}

// ---- both directions
// -----------------------------------------------------------------------------

class CwmpSoapMessage : public testing::TestWithParam<Message> {};

TEST_P(CwmpSoapMessage, DecodesToWhatWasEncoded) {
  Envelope envelope;
  envelope.header.id = "id & <1>";
  envelope.body = GetParam();
  DeviationList deviations;

  const auto decoded = decode(encode(envelope), "text/xml; charset=utf-8", &deviations);

  ASSERT_TRUE(decoded.has_value()) << decoded.error().text;
  EXPECT_EQ(*decoded, envelope);
  EXPECT_TRUE(deviations.empty()) << to_string(deviations.begin()->kind);
}

TEST_P(CwmpSoapMessage, KeepsDialectAndHeader) {
  Envelope envelope;
  envelope.header = {"1", true, 60, "1.0,1.1", "1.2"};
  envelope.dialect = {"soap_env", "soap_enc", "cw", "urn:dslforum-org:cwmp-1-2"};
  envelope.body = GetParam();

  const auto decoded = decode(encode(envelope, {.xml_declaration = true}));

  ASSERT_TRUE(decoded.has_value()) << decoded.error().text;
  EXPECT_EQ(*decoded, envelope);
}

// A message cut anywhere is refused, except inside the root's end tag (quirk 29).
TEST_P(CwmpSoapMessage, RefusesEveryCutButInTheLastTag) {
  Envelope envelope;
  envelope.body = GetParam();
  const std::string text = encode(envelope);
  const std::size_t last_tag = text.rfind("</");
  for (std::size_t length = 0; length < text.size(); ++length) {
    const auto decoded = decode(std::string_view(text).substr(0, length));
    const bool tolerated = length >= last_tag + 2 && text.size() - length <= 16;
    ASSERT_EQ(decoded.has_value(), tolerated) << "cut at " << length << " of " << text.size();
    if (decoded) {
      EXPECT_EQ(*decoded, envelope);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Every, CwmpSoapMessage, testing::ValuesIn(testing_samples::all()),
                         name_of);

// ---- what is written
// -----------------------------------------------------------------------------

std::string encoded(Message body) {
  Envelope envelope;
  envelope.header.id = "7";
  envelope.body = std::move(body);
  return encode(envelope);
}

// quirk 3
TEST(CwmpSoapEncode, StartsWithTheEnvelopeTagUnlessADeclarationIsAskedFor) {
  EXPECT_THAT(encoded(Reboot{}), StartsWith("<SOAP-ENV:Envelope "));
  EXPECT_THAT(encode(Envelope{}, {.xml_declaration = true}), StartsWith("<?xml version=\"1.0\""));
}

TEST(CwmpSoapEncode, MarksIdHoldRequestsAndUseVersionAsToBeUnderstood) {
  Envelope envelope;
  envelope.header = {"7", true, 60, "1.0", "1.2"};
  const std::string text = encode(envelope);
  EXPECT_THAT(text, HasSubstr("<cwmp:ID SOAP-ENV:mustUnderstand=\"1\">7</cwmp:ID>"));
  EXPECT_THAT(text, HasSubstr("<cwmp:HoldRequests SOAP-ENV:mustUnderstand=\"1\">1<"));
  EXPECT_THAT(text, HasSubstr("<cwmp:UseCWMPVersion SOAP-ENV:mustUnderstand=\"1\">1.2<"));
  EXPECT_THAT(text, HasSubstr("<cwmp:SessionTimeout>60<"));
  EXPECT_THAT(text, HasSubstr("<cwmp:SupportedCWMPVersions>1.0<"));
}

// quirk 54
TEST(CwmpSoapEncode, WritesBooleansAsDigits) {
  EXPECT_THAT(encoded(GetParameterNames{"Device.", true}), HasSubstr("<NextLevel>1</NextLevel>"));
  EXPECT_THAT(encoded(GetParameterNames{"Device.", false}), HasSubstr("<NextLevel>0</NextLevel>"));
}

TEST(CwmpSoapEncode, CountsArrays) {
  EXPECT_THAT(encoded(GetParameterValues{{"a", "b"}}),
              HasSubstr("<ParameterNames SOAP-ENC:arrayType=\"xsd:string[2]\">"
                        "<string>a</string><string>b</string></ParameterNames>"));
  EXPECT_THAT(encoded(SetParameterValues{}),
              HasSubstr("SOAP-ENC:arrayType=\"cwmp:ParameterValueStruct[0]\""));
}

TEST(CwmpSoapEncode, TypesValuesOfAnAcsAlways) {
  const std::vector<ParameterValue> untyped{{"a", "1", ""}};
  EXPECT_THAT(encoded(SetParameterValues{untyped, ""}),
              HasSubstr("<Value xsi:type=\"xsd:string\">1</Value>"));
  EXPECT_THAT(encoded(GetParameterValuesResponse{untyped}), HasSubstr("<Value>1</Value>"));
  EXPECT_THAT(encoded(SetParameterValues{{{"a", "1", "unsignedInt"}}, ""}),
              HasSubstr("xsi:type=\"xsd:unsignedInt\""));
}

TEST(CwmpSoapEncode, LeavesOutWhatXmlForbids) {
  const std::string text = encoded(Reboot{std::string("a\0b\x02\x1F", 5) + "c\td\r"});
  EXPECT_THAT(text, HasSubstr("<CommandKey>abc\td&#13;</CommandKey>"));
}

TEST(CwmpSoapEncode, ReplacesBytesThatAreNoUtf8) {
  EXPECT_THAT(encoded(Reboot{"a\xE9z"}), HasSubstr("<CommandKey>a\xEF\xBF\xBDz</CommandKey>"));
}

TEST(CwmpSoapEncode, WritesNoHeaderWhenThereIsNothingToSay) {
  EXPECT_THAT(encode(Envelope{}), Not(HasSubstr("Header")));
}

TEST(CwmpSoapEncode, DoesNotEchoADialectThatIsNoName) {
  for (const Dialect& hostile :
       {Dialect{"a b", "SOAP-ENC", "cwmp", "urn:x"}, Dialect{"", "SOAP-ENC", "cwmp", "urn:x"},
        Dialect{"s", "s", "cwmp", "urn:x"}, Dialect{"s", "e", "><", "urn:x\"><evil"}}) {
    Envelope envelope;
    envelope.dialect = hostile;
    const std::string text = encode(envelope);
    EXPECT_THAT(text, StartsWith("<SOAP-ENV:Envelope "));
    EXPECT_THAT(text, Not(HasSubstr("<evil")));
    EXPECT_TRUE(decode(text).has_value());
  }
}

TEST(CwmpSoapEncode, SaysWhoseFaultItIs) {
  EXPECT_THAT(encoded(Fault{FaultCode::kAcsMethodNotSupported, "", {}}),
              HasSubstr("<faultcode>Server</faultcode><faultstring>CWMP fault</faultstring>"));
  EXPECT_THAT(encoded(Fault{FaultCode::kAcsInvalidArguments, "", {}}),
              HasSubstr("<faultcode>Client</faultcode>"));
}

// ---- what is refused
// -----------------------------------------------------------------------------

struct Refused {
  const char* name;
  std::string body;
  FaultCode code;
};

class CwmpSoapRefuses : public testing::TestWithParam<Refused> {};

TEST_P(CwmpSoapRefuses, With) {
  const auto decoded = decode(GetParam().body);
  ASSERT_FALSE(decoded.has_value());
  EXPECT_EQ(decoded.error().code, GetParam().code) << decoded.error().text;
  EXPECT_FALSE(decoded.error().text.empty());
}

constexpr auto kInvalid = FaultCode::kAcsInvalidArguments;

INSTANTIATE_TEST_SUITE_P(
    Bodies, CwmpSoapRefuses,
    testing::Values(Refused{"Nothing", "", kInvalid}, Refused{"Blanks", " \r\n", kInvalid},
                    Refused{"Text", "hello", kInvalid},
                    Refused{"Html", "<html><body/></html>", kInvalid},
                    Refused{"NoBody", "<e:Envelope/>", kInvalid},
                    Refused{"EmptyBody", "<e:Envelope><e:Body>  </e:Body></e:Envelope>", kInvalid},
                    Refused{"Doctype", "<!DOCTYPE a [<!ENTITY b \"c\">]><e:Envelope/>", kInvalid},
                    Refused{"LateDoctype", "<e:Envelope><!DOCTYPE a></e:Envelope>", kInvalid},
                    Refused{"EntityDeclaration", "<!ENTITY b \"c\"><e:Envelope/>", kInvalid},
                    Refused{"Crossed", "<e:Envelope><e:Body></e:Envelope></e:Body>", kInvalid},
                    Refused{"OpenComment", "<e:Envelope><!-- </e:Envelope>", kInvalid},
                    Refused{"OpenCdata", "<e:Envelope><![CDATA[ </e:Envelope>", kInvalid},
                    Refused{"OpenAttribute", "<e:Envelope a=\"></e:Envelope>", kInvalid},
                    Refused{"OpenInstruction", "<?xml <e:Envelope/>", kInvalid},
                    Refused{"LoneBracket", "<", kInvalid}, Refused{"EmptyTag", "<>", kInvalid},
                    Refused{"Utf16", "\xFF\xFE<\0e\0", kInvalid}),
    [](const auto& row) { return std::string(row.param.name); });

// ---- limits
// --------------------------------------------------------------------------------------

std::string envelope_around(const std::string& body) {
  return "<e:Envelope xmlns:e=\"http://schemas.xmlsoap.org/soap/envelope/\"><e:Body>" + body +
         "</e:Body></e:Envelope>";
}

std::string repeated(const std::string& text, std::size_t times) {
  std::string result;
  result.reserve(text.size() * times);
  for (std::size_t i = 0; i < times; ++i) {
    result += text;
  }
  return result;
}

void expect_too_much(const std::string& body) {
  const auto decoded = decode(body);
  ASSERT_FALSE(decoded.has_value());
  EXPECT_EQ(decoded.error().code, FaultCode::kAcsResourcesExceeded) << decoded.error().text;
}

TEST(CwmpSoapLimits, SizeGoesToTheLimit) {
  const std::string start = "<e:Envelope><e:Body><RebootResponse/></e:Body></e:Envelope>";
  EXPECT_TRUE(decode(start + std::string(kMaxEnvelopeBytes - start.size(), ' ')).has_value());
  expect_too_much(start + std::string(kMaxEnvelopeBytes - start.size() + 1, ' '));
}

TEST(CwmpSoapLimits, DepthGoesToTheLimit) {
  const std::size_t left = kMaxDepth - 2;
  EXPECT_TRUE(decode(envelope_around(repeated("<a>", left) + repeated("</a>", left))).has_value());
  expect_too_much(envelope_around(repeated("<a>", left + 1) + repeated("</a>", left + 1)));
}

TEST(CwmpSoapLimits, ElementsGoToTheLimit) {
  const std::size_t left = kMaxElements - 3;
  EXPECT_TRUE(decode(envelope_around("<R>" + repeated("<a/>", left) + "</R>")).has_value());
  expect_too_much(envelope_around("<R>" + repeated("<a/>", left + 1) + "</R>"));
}

TEST(CwmpSoapLimits, AttributesGoToTheLimit) {
  EXPECT_TRUE(
      decode(envelope_around("<R" + repeated(" a='1'", kMaxAttributes) + "/>")).has_value());
  expect_too_much(envelope_around("<R" + repeated(" a='1'", kMaxAttributes + 1) + "/>"));
}

TEST(CwmpSoapLimits, NamesGoToTheLimit) {
  EXPECT_TRUE(
      decode(envelope_around("<" + std::string(kMaxNameBytes - 1, 'a') + "/>")).has_value());
  expect_too_much(envelope_around("<" + std::string(kMaxNameBytes + 1, 'a') + "/>"));
}

}  // namespace
}  // namespace cwmp
