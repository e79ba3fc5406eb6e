// TLS towards CPEs: versions, keys, client certificates; and the PROXY header before it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>

#include <boost/system/system_error.hpp>

#include "cwmp/server/proxy_header.h"
#include "tests/support/acs_fixture.h"
#include "tests/support/self_signed.h"

namespace {

using support::Acs;
using support::HttpClient;
using support::inform_text;
using support::post_text;
using support::SelfSigned;
using support::TlsClient;
using KeyType = SelfSigned::KeyType;

cwmp::ServerTls serve(const SelfSigned& pem) {
  cwmp::ServerTls tls;
  tls.certificates.push_back({pem.certificate(), pem.key()});
  return tls;
}

TEST(CwmpServerTls, CarriesASession) {
  const SelfSigned pem;
  Acs acs;
  acs.options.tls = serve(pem);
  acs.handler.rpcs = {cwmp::GetParameterValues{{"Device."}}};
  acs.start();
  auto cpe = acs.connect();
  cpe.post(inform_text());
  const auto rpc = cpe.post("");
  cwmp::GetParameterValuesResponse values;
  for (int i = 0; i < 2000; ++i) {
    values.parameters.push_back({"Device.X." + std::to_string(i), std::string(20, 'v'), "string"});
  }

  EXPECT_EQ(cpe.post(support::response_text(rpc, values)).status, 204U);

  EXPECT_EQ(acs.handler.responses.take(), cwmp::CpeResponse(values));
  EXPECT_EQ(acs.observer.sessions.take()->tls_version, "TLSv1.3");
}

TEST(CwmpServerTls, RefusesPlainText) {
  const SelfSigned pem;
  Acs acs;
  acs.options.tls = serve(pem);
  acs.start();
  support::HttpClient cpe(acs.server().port());

  cpe.send(post_text(""));

  EXPECT_EQ(cpe.receive().status, 0U);
  EXPECT_EQ(acs.observer.rejections.take()->kind, cwmp::Rejection::kHandshake);
}

TEST(CwmpServerTls, WantsAClientCertificateWhenACaIsSet) {
  const SelfSigned pem;
  Acs acs;
  acs.options.tls = serve(pem);
  acs.options.tls->client_ca = pem.certificate();
  acs.start();
  auto cpe = acs.connect();  // with TLS 1.3 the client learns of it when it reads

  EXPECT_EQ(cpe.post("").status, 0U);
  EXPECT_EQ(acs.observer.rejections.take()->kind, cwmp::Rejection::kHandshake);
}

TEST(CwmpServerTls, KeepsTheOldCertificateWhenTheNewOneCannotBeRead) {
  Acs acs;
  {
    const SelfSigned pem;
    acs.options.tls = serve(pem);
    acs.start();
    EXPECT_TRUE(acs.server().reload_tls());
  }
  EXPECT_FALSE(acs.server().reload_tls());
  auto cpe = acs.connect();
  EXPECT_EQ(cpe.post("").status, 204U);
}

TEST(CwmpServerTls, DoesNotStartWithAKeyOfAnotherCertificate) {
  const SelfSigned one;
  const SelfSigned other;
  Acs acs;
  acs.options.tls = serve(one);
  acs.options.tls->certificates[0].key = other.key();

  EXPECT_THROW(acs.start(), std::invalid_argument);
}

TEST(CwmpServerTls, ShowsEachClientACertificateItCanCheck) {
  const SelfSigned ecdsa;
  const SelfSigned rsa("localhost", KeyType::kRsa);
  Acs acs;
  acs.options.tls = serve(ecdsa);
  acs.options.tls->certificates.push_back({rsa.certificate(), rsa.key()});
  acs.start();

  TlsClient old;
  old.max_version = TLS1_2_VERSION;
  old.ciphers = "aRSA";
  EXPECT_EQ(HttpClient(acs.server().port(), old).server_key_type(), EVP_PKEY_RSA);
  old.ciphers = "aECDSA";
  EXPECT_EQ(HttpClient(acs.server().port(), old).server_key_type(), EVP_PKEY_EC);
}

TEST(CwmpServerTls, RefusesTlsOlderThan12UnlessItIsAListenerForOldBoxes) {
  const SelfSigned pem("localhost", KeyType::kWeakRsa);
  const SelfSigned strong("localhost", KeyType::kRsa);
  TlsClient old;
  old.max_version = TLS1_VERSION;
  {
    Acs acs;
    acs.options.tls = serve(strong);
    acs.start();
    EXPECT_THROW(HttpClient(acs.server().port(), old), boost::system::system_error);
    EXPECT_EQ(acs.observer.rejections.take()->kind, cwmp::Rejection::kHandshake);
  }
  Acs acs;
  acs.options.tls = serve(pem);
  acs.options.tls->min_version = cwmp::TlsVersion::k1_0;
  acs.start();
  HttpClient cpe(acs.server().port(), old);
  cpe.post(inform_text());
  EXPECT_EQ(cpe.post("").status, 204U);
  EXPECT_EQ(acs.observer.sessions.take()->tls_version, "TLSv1");
}

TEST(CwmpServerTls, TakesTheCiphersItIsTold) {
  const SelfSigned pem("localhost", KeyType::kRsa);
  Acs acs;
  acs.options.tls = serve(pem);
  acs.options.tls->ciphers = "ECDHE-RSA-AES256-GCM-SHA384";
  acs.start();
  TlsClient client;
  client.max_version = TLS1_2_VERSION;
  client.ciphers = "ECDHE-RSA-AES128-GCM-SHA256";
  EXPECT_THROW(HttpClient(acs.server().port(), client), boost::system::system_error);
  client.ciphers = "ECDHE-RSA-AES256-GCM-SHA384";
  HttpClient(acs.server().port(), client);

  Acs wrong;
  wrong.options.tls = serve(pem);
  wrong.options.tls->ciphers = "no-such-cipher";
  EXPECT_THROW(wrong.start(), std::invalid_argument);
}

// ---- client certificates ---------------------------------------------------------------------

class ClientCertificate : public testing::Test {
 protected:
  ClientCertificate() {
    acs.options.tls = serve(server);
    acs.options.tls->client_ca = device.certificate();
    acs.options.auth = cwmp::AuthPolicy{};
  }
  TlsClient with(const SelfSigned& pem) {
    TlsClient tls;
    tls.certificate = pem.certificate();
    tls.key = pem.key();
    return tls;
  }

  const SelfSigned server;
  const SelfSigned device{"00D09E-Box-S1"};
  Acs acs;
};

TEST_F(ClientCertificate, CountsThoughNoneIsAskedOfTheModel) {  // quirk 35
  acs.handler.demand = [](const std::string&, const cwmp::DeviceId*) {
    return cwmp::AuthDemand::kNone;
  };
  acs.start();
  HttpClient cpe(acs.server().port(), with(device));
  EXPECT_EQ(cpe.post(inform_text()).status, 200U);
  const auto start = acs.handler.begun.take();
  EXPECT_EQ(start->scheme, cwmp::AuthScheme::kCertificate);
  EXPECT_FALSE(start->waived);
}

TEST_F(ClientCertificate, LetsADeviceInWithoutAPassword) {
  acs.start();
  HttpClient cpe(acs.server().port(), with(device));
  EXPECT_EQ(cpe.post(inform_text()).status, 200U);
  EXPECT_EQ(cpe.post("").status, 204U);
  const auto report = acs.observer.sessions.take();
  EXPECT_EQ(report->scheme, cwmp::AuthScheme::kCertificate);
  EXPECT_EQ(report->username, "00D09E-Box-S1");
}

TEST_F(ClientCertificate, OfAnotherIssuerIsRefused) {
  acs.start();
  const SelfSigned stranger("00D09E-Box-S1");
  HttpClient cpe(acs.server().port(), with(stranger));  // TLS 1.3: learns it when it reads
  EXPECT_EQ(cpe.post(inform_text()).status, 0U);
  EXPECT_EQ(acs.observer.rejections.take()->kind, cwmp::Rejection::kHandshake);
}

TEST_F(ClientCertificate, ThatIsOptionalLeavesTheOthersTheirPassword) {
  acs.options.tls->client_certificate_required = false;
  acs.start();
  EXPECT_EQ(HttpClient(acs.server().port(), TlsClient{}).post(inform_text()).status, 401U);
  EXPECT_EQ(HttpClient(acs.server().port(), with(device)).post(inform_text()).status, 200U);
}

TEST_F(ClientCertificate, ThatNamesNoDeviceOnlyOpensTheConnection) {
  acs.options.tls->client_certificate_is_login = false;
  acs.start();
  EXPECT_EQ(HttpClient(acs.server().port(), with(device)).post(inform_text()).status, 401U);
}

// ---- PROXY header ----------------------------------------------------------------------------

const std::string kLine = "PROXY TCP4 198.51.100.7 192.0.2.1 51234 7547\r\n";

std::string binary(char command, char family, const std::string& rest) {
  std::string text("\r\n\r\n\0\r\nQUIT\n", 12);
  text += command;
  text += family;
  text += static_cast<char>(rest.size() >> 8);
  text += static_cast<char>(rest.size() & 255);
  return text + rest;
}

TEST(ProxyHeader, IsReadInBothVersions) {
  const std::string v4 = binary('\x21', '\x11', std::string("\xC6\x33\x64\x07____\1\2\3\4", 12));
  const std::string v6 =
      binary('\x21', '\x21', std::string(15, '\0') + "\1" + std::string(20, 'x'));
  const std::pair<std::string, std::string> rows[] = {
      {kLine, "198.51.100.7"},
      {"PROXY TCP6 2001:db8::7 2001:db8::1 1 2\r\n", "2001:db8::7"},
      {v4, "198.51.100.7"},
      {v6, "::1"},
      {v4 + "POST", "198.51.100.7"},
      {"PROXY UNKNOWN\r\n", "-"},
      {"PROXY UNKNOWN whatever else\r\n", "-"},
      {binary('\x20', '\x00', ""), "-"},
      {binary('\x20', '\x00', "tlv"), "-"},
      {binary('\x21', '\x31', std::string(216, 'u')), "-"}};
  for (const auto& [text, client] : rows) {
    const auto header = cwmp::parse_proxy_header(text);
    ASSERT_TRUE(header) << text;
    EXPECT_EQ(header->client ? header->client->to_string() : "-", client);
    EXPECT_EQ(header->bytes, text.ends_with("POST") ? text.size() - 4 : text.size());
    // Any beginning of it may still become one.
    for (std::size_t size = 0; size < header->bytes; ++size) {
      const auto part = cwmp::parse_proxy_header(std::string_view(text).substr(0, size));
      ASSERT_FALSE(part);
      EXPECT_EQ(part.error(), cwmp::ProxyHeaderError::kIncomplete) << size;
    }
  }
}

TEST(ProxyHeader, ThatIsNoneIsRefused) {
  const std::string rows[] = {"POST / HTTP/1.1\r\n",
                              "PROXY TCP4 198.51.100.7 192.0.2.1 51234\r\n",
                              "PROXY TCP4 2001:db8::7 2001:db8::1 1 2\r\n",
                              "PROXY TCP6 198.51.100.7 192.0.2.1 1 2\r\n",
                              "PROXY TCP4 not-an-address 192.0.2.1 1 2\r\n",
                              "PROXY UDP4 198.51.100.7 192.0.2.1 1 2\r\n",
                              "PROXY \r\n",
                              "PROXY " + std::string(200, 'x'),
                              binary('\x31', '\x11', std::string(12, 'x')),
                              binary('\x22', '\x11', std::string(12, 'x')),
                              binary('\x21', '\x11', std::string(11, 'x')),
                              binary('\x21', '\x21', std::string(35, 'x')),
                              binary('\x21', '\x11', std::string(cwmp::kMaxProxyHeaderBytes, 'x')),
                              "\x16\x03\x01"};
  for (const auto& text : rows) {
    const auto header = cwmp::parse_proxy_header(text);
    ASSERT_FALSE(header) << text;
    EXPECT_EQ(header.error(), cwmp::ProxyHeaderError::kBad) << text;
  }
}

class ProxyProtocol : public testing::Test {
 protected:
  ProxyProtocol() {
    acs.options.proxy_protocol = true;
    acs.options.trusted_proxies = {"127.0.0.0/8"};
  }
  Acs acs;
};

TEST_F(ProxyProtocol, TellsTheClientsAddressOverHttp) {
  acs.start();
  HttpClient cpe(acs.server().port());
  cpe.send(kLine + post_text(inform_text()));
  EXPECT_EQ(cpe.receive().status, 200U);
  EXPECT_EQ(cpe.post("").status, 204U);  // no cookie: the connection is the client's own
  EXPECT_EQ(acs.observer.sessions.take()->peer_address, "198.51.100.7");
}

TEST_F(ProxyProtocol, ComesBeforeTls) {
  const SelfSigned pem;
  acs.options.tls = serve(pem);
  acs.start();
  TlsClient tls;
  tls.preamble = kLine;
  HttpClient cpe(acs.server().port(), tls);
  cpe.post(inform_text());
  cpe.post("");
  EXPECT_EQ(acs.observer.sessions.take()->peer_address, "198.51.100.7");
}

TEST_F(ProxyProtocol, WithoutItsHeaderAConnectionIsClosed) {
  acs.start();
  HttpClient cpe(acs.server().port());
  EXPECT_EQ(cpe.post(inform_text()).status, 0U);
  EXPECT_EQ(acs.observer.rejections.take()->kind, cwmp::Rejection::kHandshake);
}

TEST_F(ProxyProtocol, IsBelievedOfATrustedProxyOnly) {
  acs.options.trusted_proxies = {"192.0.2.0/24"};
  acs.start();
  HttpClient cpe(acs.server().port());
  cpe.send(kLine + post_text(inform_text()));
  EXPECT_EQ(cpe.receive().status, 0U);
  EXPECT_THAT(acs.observer.rejections.take()->text, testing::HasSubstr("not from a trusted proxy"));
}

}  // namespace
