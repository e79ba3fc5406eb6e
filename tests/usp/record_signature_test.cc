#include "usp/record_signature.h"

#include <gtest/gtest.h>

#include <ctime>

#include "proto/usp/usp_record.pb.h"
#include "tests/support/test_ca.h"
#include "usp/agent_issuer.h"
#include "usp/openssl_ptr.h"
#include "usp/record.h"

namespace usp {
namespace {

using support::Issued;
using support::TestCa;
using usp_record::Record;
using Fault = SignatureFault;

const std::string kController = "self::ctl";
const std::string kAgent = "ops::00D09E-Gateway-1";
const std::int64_t kNow = std::time(nullptr);

Certificate certificate_of(const std::string& pem) {
  auto made = Certificate::from_pem(pem);
  EXPECT_TRUE(made) << made.error();
  return *made;
}

TrustedCertificates trusting(const std::string& pem) {
  TrustedCertificates trusted;
  trusted.add(certificate_of(pem));
  return trusted;
}

std::string plain_record(const std::string& from = kController) {
  usp_msg::Msg msg;
  msg.mutable_header()->set_msg_id("1");
  msg.mutable_body()->mutable_request()->mutable_get()->add_param_paths("Device.");
  return encode_message(from, kAgent, msg);
}

std::string session_record() {
  SessionRecord session;
  session.session_id = 0x0102030405060708;
  session.sequence_id = 2;
  session.expected_id = 3;
  session.retransmit_id = 1;
  session.payload_state = SarState::kBegin;
  session.payloadrec_state = SarState::kInProcess;
  session.payloads = {"payload"};
  return encode_session(kController, kAgent, session);
}

std::string signed_with(const Issued& identity, const std::string& record,
                        const std::string& more_chain = {}) {
  const auto signer = SigningIdentity::from_pem(identity.certificate + more_chain, identity.key);
  EXPECT_TRUE(signer) << signer.error();
  return signer ? signer->sign(record) : std::string();
}

/// Signs `hashed` bytes as they are, with any hash: what an odd or hostile sender would do.
std::string raw_signature(const std::string& key_pem, const std::string& hashed,
                          const EVP_MD* hash) {
  const BioPtr bio = bio_over(key_pem);
  const KeyPtr key(PEM_read_bio_PrivateKey(bio.get(), nullptr, no_password, nullptr));
  const DigestPtr context(EVP_MD_CTX_new());
  EVP_DigestSignInit(context.get(), nullptr, hash, nullptr, key.get());
  std::string out(512, '\0');
  std::size_t size = out.size();
  EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(out.data()), &size,
                 reinterpret_cast<const unsigned char*>(hashed.data()), hashed.size());
  out.resize(size);
  return out;
}

Record parsed(const std::string& bytes) {
  Record record;
  EXPECT_TRUE(record.ParseFromString(bytes));
  return record;
}

class RecordSignature : public testing::Test {
 protected:
  TestCa ca_{"Root"};
  TrustedCertificates trusted_ = trusting(ca_.certificate());
  Issued controller_ = ca_.issue_for(kController);

  Fault check(const std::string& record, std::int64_t now = kNow) const {
    return check_signature(record, trusted_, now);
  }
  Fault check_issued(const TestCa::Wanted& wanted) const {
    return check(signed_with(ca_.issue(wanted), plain_record()));
  }
  static TestCa::Wanted good() {
    TestCa::Wanted wanted;
    wanted.uri = "urn:bbf:usp:id:" + kController;
    return wanted;
  }
};

TEST_F(RecordSignature, OfATrustedCaForTheSenderIsGood) {
  const std::string record = signed_with(controller_, plain_record());
  EXPECT_TRUE(peek_is_signed(record));
  EXPECT_EQ(check(record), Fault::kNone);
  EXPECT_EQ(check(signed_with(controller_, session_record())), Fault::kNone);
}

TEST_F(RecordSignature, OfAnUnsignedRecordIsMissing) {
  EXPECT_FALSE(peek_is_signed(plain_record()));
  EXPECT_EQ(check(plain_record()), Fault::kUnsigned);
  EXPECT_EQ(check("no record"), Fault::kUnsigned);
  EXPECT_EQ(check(""), Fault::kUnsigned);
  EXPECT_FALSE(peek_is_signed(std::string("\xff\xff\xff", 3)));
}

// R-E2E.32 and 32.1, spelled out: this test is what the bytes are.
TEST_F(RecordSignature, CoversTheFieldsInOrderAndForm) {
  Record record = parsed(session_record());
  record.set_sender_cert(controller_.certificate);
  std::string fields =
      "1.4" + kAgent + kController + std::string(4, '\0') + controller_.certificate;
  fields += std::string("\1\2\3\4\5\6\7\10", 8);  // session_id
  fields += std::string(7, '\0') + '\2';          // sequence_id
  fields += std::string(7, '\0') + '\3';          // expected_id
  fields += std::string(7, '\0') + '\1';          // retransmit_id
  fields += std::string("\0\0\0\1\0\0\0\2", 8);   // the states
  record.set_mac_signature(raw_signature(controller_.key, fields, EVP_sha256()));
  EXPECT_EQ(check(record.SerializeAsString()), Fault::kNone);
}

TEST_F(RecordSignature, WithAnotherHashIsBad) {
  Record record = parsed(plain_record());
  record.set_sender_cert(controller_.certificate);
  const std::string fields =
      "1.4" + kAgent + kController + std::string(4, '\0') + controller_.certificate;
  record.set_mac_signature(raw_signature(controller_.key, fields, EVP_sha384()));
  EXPECT_EQ(check(record.SerializeAsString()), Fault::kBadSignature);
  record.set_mac_signature(raw_signature(controller_.key, fields, EVP_sha256()));
  EXPECT_EQ(check(record.SerializeAsString()), Fault::kNone);
}

TEST_F(RecordSignature, IsBadWhenAnyFieldButThePayloadWasChanged) {
  const Record good = parsed(signed_with(controller_, session_record()));
  const auto after = [&](auto change) {
    Record changed = good;
    change(changed);
    return check(changed.SerializeAsString());
  };
  EXPECT_EQ(after([](Record& r) { r.set_version("1.3"); }), Fault::kBadSignature);
  EXPECT_EQ(after([](Record& r) { r.set_to_id("ops::00D09E-Gateway-2"); }), Fault::kBadSignature);
  EXPECT_EQ(after([](Record& r) { r.set_from_id("self::other"); }), Fault::kBadSignature);
  EXPECT_EQ(after([](Record& r) { r.set_payload_security(Record::TLS12); }), Fault::kBadSignature);
  EXPECT_EQ(after([](Record& r) { r.mutable_sender_cert()->append("\n"); }), Fault::kBadSignature);
  const auto session = [&](auto change) {
    return after([&](Record& r) { change(*r.mutable_session_context()); });
  };
  EXPECT_EQ(session([](auto& s) { s.set_session_id(9); }), Fault::kBadSignature);
  EXPECT_EQ(session([](auto& s) { s.set_sequence_id(9); }), Fault::kBadSignature);
  EXPECT_EQ(session([](auto& s) { s.set_expected_id(9); }), Fault::kBadSignature);
  EXPECT_EQ(session([](auto& s) { s.set_retransmit_id(9); }), Fault::kBadSignature);
  using State = usp_record::SessionContextRecord;
  EXPECT_EQ(session([](auto& s) { s.set_payload_sar_state(State::COMPLETE); }),
            Fault::kBadSignature);
  EXPECT_EQ(session([](auto& s) { s.set_payloadrec_sar_state(State::COMPLETE); }),
            Fault::kBadSignature);
  // The standard leaves the payload out.
  EXPECT_EQ(session([](auto& s) { s.set_payload(0, "another"); }), Fault::kNone);
}

TEST_F(RecordSignature, IsBadWhenItWasCutOrIsNone) {
  Record record = parsed(signed_with(controller_, plain_record()));
  const std::string whole = record.mac_signature();
  for (std::size_t size = 1; size < whole.size(); ++size) {
    record.set_mac_signature(whole.substr(0, size));
    EXPECT_EQ(check(record.SerializeAsString()), Fault::kBadSignature) << size;
  }
  record.set_mac_signature("no signature at all");
  EXPECT_EQ(check(record.SerializeAsString()), Fault::kBadSignature);
  record.set_mac_signature(std::string(73, '0'));
  EXPECT_EQ(check(record.SerializeAsString()), Fault::kTooLarge);
}

TEST_F(RecordSignature, NeedsAReadableCertificate) {
  Record record = parsed(signed_with(controller_, plain_record()));
  const std::string whole = record.sender_cert();
  record.clear_sender_cert();
  EXPECT_EQ(check(record.SerializeAsString()), Fault::kNoCertificate);
  record.set_sender_cert("certificate");
  EXPECT_EQ(check(record.SerializeAsString()), Fault::kNoCertificate);
  record.set_sender_cert(whole.substr(0, whole.size() / 2));
  EXPECT_EQ(check(record.SerializeAsString()), Fault::kNoCertificate);
  // A password is asked of nobody.
  record.set_sender_cert(
      "-----BEGIN CERTIFICATE-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,"
      "00000000000000000000000000000000\n\nAAAA\n-----END CERTIFICATE-----\n");
  EXPECT_EQ(check(record.SerializeAsString()), Fault::kNoCertificate);
}

TEST_F(RecordSignature, OfAnExpiredOrFutureCertificateIsRefused) {
  TestCa::Wanted expired = good();
  expired.not_before_s = kNow - 7200;
  expired.not_after_s = kNow - 10;
  EXPECT_EQ(check_issued(expired), Fault::kExpired);
  TestCa::Wanted future = good();
  future.not_before_s = kNow + 3600;
  EXPECT_EQ(check_issued(future), Fault::kNotYetValid);
  // The time is what the caller says.
  const std::string record = signed_with(controller_, plain_record());
  EXPECT_EQ(check(record, kNow + 30LL * 86'400), Fault::kExpired);
  EXPECT_EQ(check(record, kNow - 30LL * 86'400), Fault::kNotYetValid);
}

TEST_F(RecordSignature, OfACertificateForAnotherEndpointIsRefused) {
  EXPECT_EQ(check(signed_with(ca_.issue_for("self::other"), plain_record())),
            Fault::kWrongEndpoint);
  EXPECT_EQ(check(signed_with(ca_.issue_for("self::ctl2"), plain_record())), Fault::kWrongEndpoint);
  EXPECT_EQ(check_issued({}), Fault::kWrongEndpoint);
  TestCa::Wanted dns;
  dns.dns = "ctl";  // only for the scheme fqdn
  EXPECT_EQ(check_issued(dns), Fault::kWrongEndpoint);
  TestCa::Wanted common_name;
  common_name.common_name = "urn:bbf:usp:id:" + kController;
  EXPECT_EQ(check_issued(common_name), Fault::kWrongEndpoint);
  TestCa::Wanted case_differs = good();
  case_differs.uri = "urn:bbf:usp:id:self::CTL";
  EXPECT_EQ(check_issued(case_differs), Fault::kWrongEndpoint);
  TestCa::Wanted namespace_differs = good();
  namespace_differs.uri = "URN:BBF:usp:id:self::ctl";  // RFC 8141
  EXPECT_EQ(check_issued(namespace_differs), Fault::kNone);
}

TEST_F(RecordSignature, OfADomainNameNeedsNoUrn) {
  TestCa::Wanted wanted;
  wanted.dns = "Ctl.Example.com";
  const std::string from = "fqdn::ctl.example.com";
  EXPECT_EQ(check(signed_with(ca_.issue(wanted), plain_record(from))), Fault::kNone);
  EXPECT_EQ(check(signed_with(ca_.issue(wanted), plain_record("fqdn::other.example.com"))),
            Fault::kWrongEndpoint);
}

TEST_F(RecordSignature, OfAnotherCaIsNotTrusted) {
  const TestCa other("Root");  // of the same name
  EXPECT_EQ(check(signed_with(other.issue_for(kController), plain_record())), Fault::kUntrusted);
  EXPECT_EQ(check(signed_with(other.issue_for(kController), plain_record(), other.certificate())),
            Fault::kUntrusted);
  EXPECT_EQ(check_signature(signed_with(controller_, plain_record()), TrustedCertificates(), kNow),
            Fault::kUntrusted);
}

TEST_F(RecordSignature, NeedsAKeyOfP256ForSignatures) {
  const auto with_key = [&](TestCa::Key kind, const EVP_MD* hash) {
    TestCa::Wanted wanted = good();
    wanted.key = kind;
    const Issued issued = ca_.issue(wanted);
    Record record = parsed(plain_record());
    record.set_sender_cert(issued.certificate);
    const std::string fields =
        "1.4" + kAgent + kController + std::string(4, '\0') + issued.certificate;
    record.set_mac_signature(raw_signature(issued.key, fields, hash).substr(0, 72));
    return check(record.SerializeAsString());
  };
  EXPECT_EQ(with_key(TestCa::Key::kP384, EVP_sha256()), Fault::kWrongKey);
  EXPECT_EQ(with_key(TestCa::Key::kRsa, EVP_sha256()), Fault::kWrongKey);
  TestCa::Wanted for_encryption = good();
  for_encryption.key_usage = "keyAgreement";
  const Issued issued = ca_.issue(for_encryption);
  EXPECT_FALSE(SigningIdentity::from_pem(issued.certificate, issued.key));
  TestCa::Wanted unlimited = good();
  unlimited.key_usage = "";
  EXPECT_EQ(check_issued(unlimited), Fault::kNone);
}

TEST_F(RecordSignature, ChainsLeadOverIntermediatesToTheTrustedOne) {
  const TestCa middle = ca_.intermediate("Middle");
  const Issued issued = middle.issue_for(kController);
  EXPECT_EQ(check(signed_with(issued, plain_record())), Fault::kUntrusted);
  EXPECT_EQ(check(signed_with(issued, plain_record(), middle.certificate())), Fault::kNone);
  // R-SEC.2: what is stored may be an intermediate.
  trusted_ = trusting(middle.certificate());
  EXPECT_EQ(check(signed_with(issued, plain_record())), Fault::kNone);
  EXPECT_EQ(check(signed_with(controller_, plain_record())), Fault::kUntrusted);
}

TEST_F(RecordSignature, ACertificateThatIsNoCaSignsNoOther) {
  TestCa::Wanted leaf = good();
  const TestCa pretender = ca_.intermediate(leaf);
  const Issued forged = pretender.issue_for(kController);
  EXPECT_EQ(check(signed_with(forged, plain_record(), pretender.certificate())), Fault::kUntrusted);
}

TEST_F(RecordSignature, AnExpiredIntermediateEndsTheChain) {
  TestCa::Wanted old;
  old.ca = true;
  old.common_name = "Old";
  old.not_before_s = kNow - 7200;
  old.not_after_s = kNow - 10;
  const TestCa middle = ca_.intermediate(old);
  EXPECT_EQ(check(signed_with(middle.issue_for(kController), plain_record(), middle.certificate())),
            Fault::kExpired);
}

TEST_F(RecordSignature, ChainsOfRsaAreTakenWhereTheirKeysAreStrong) {
  const TestCa rsa("RSA", TestCa::Key::kRsa);
  trusted_ = trusting(rsa.certificate());
  EXPECT_EQ(check(signed_with(rsa.issue_for(kController), plain_record())), Fault::kNone);
  TestCa::Wanted sha1 = good();
  sha1.sha1 = true;
  EXPECT_EQ(check(signed_with(rsa.issue(sha1), plain_record())), Fault::kUntrusted);
  const TestCa weak("Weak", TestCa::Key::kWeakRsa);
  trusted_ = trusting(weak.certificate());
  EXPECT_EQ(check(signed_with(weak.issue_for(kController), plain_record())), Fault::kUntrusted);
}

TEST_F(RecordSignature, ChainsAreBoundedInLengthAndSize) {
  const TestCa a = ca_.intermediate("A");
  const TestCa b = a.intermediate("B");
  const TestCa c = b.intermediate("C");
  const std::string three = c.certificate() + b.certificate() + a.certificate();
  const Issued issued = c.issue_for(kController);
  EXPECT_EQ(check(signed_with(issued, plain_record(), three)), Fault::kNone);
  Record record = parsed(signed_with(issued, plain_record(), three));
  record.set_sender_cert(record.sender_cert() + ca_.certificate());
  EXPECT_EQ(check(record.SerializeAsString()), Fault::kChainTooLong);
  record.set_sender_cert(controller_.certificate + std::string(kMaxChainBytes, ' '));
  EXPECT_EQ(check(record.SerializeAsString()), Fault::kTooLarge);
}

TEST_F(RecordSignature, APinnedCertificateStandsForItsSenderWithoutNamingIt) {
  TestCa stranger("Stranger");
  const Issued self = stranger.issue({});
  const std::string record = signed_with(self, plain_record());
  EXPECT_EQ(check(record), Fault::kWrongEndpoint);
  trusted_.pin(certificate_of(self.certificate));
  EXPECT_EQ(check(record), Fault::kNone);
  EXPECT_EQ(check(record, kNow + 30LL * 86'400), Fault::kExpired);
  // What it has signed is not meant.
  EXPECT_EQ(check(signed_with(stranger.issue({}), plain_record())), Fault::kWrongEndpoint);
}

TEST_F(RecordSignature, AnIdentityNeedsACertificateAndItsKey) {
  EXPECT_FALSE(SigningIdentity::from_pem("", controller_.key));
  EXPECT_FALSE(SigningIdentity::from_pem(controller_.certificate, ""));
  EXPECT_FALSE(SigningIdentity::from_pem(controller_.certificate, ca_.key()));
  const auto identity = SigningIdentity::from_pem(controller_.certificate, controller_.key);
  ASSERT_TRUE(identity);
  EXPECT_EQ(identity->sign("no record"), "");
  const std::string record = plain_record();
  EXPECT_LE(identity->sign(record).size(), record.size() + identity->overhead_bytes());
}

TEST_F(RecordSignature, KeepsWhatTheRecordSays) {
  const Record before = parsed(session_record());
  Record after = parsed(signed_with(controller_, session_record()));
  after.clear_mac_signature();
  after.clear_sender_cert();
  EXPECT_EQ(after.SerializeAsString(), before.SerializeAsString());
}

// ---- certificates of agents ---------------------------------------------------------------------

TEST_F(RecordSignature, OfAnIssuedAgentIsGoodForWhoTrustsTheCa) {
  const TestCa middle = ca_.intermediate("Agents");
  const auto issuer = AgentIssuer::from_pem(middle.certificate(), middle.key());
  ASSERT_TRUE(issuer) << issuer.error();
  for (const std::string& agent :
       {kAgent, std::string("os::00D09E-A,DNS:evil"), std::string(255, 'x')}) {
    const auto identity = issuer->issue(agent, kNow, 3600, 7);
    ASSERT_TRUE(identity) << identity.error();
    const std::string record = encode_message(agent, kController, {});
    EXPECT_EQ(check(identity->sign(record)), Fault::kNone) << agent;
    EXPECT_LE(identity->overhead_bytes(), issuer->max_overhead_bytes());
    const Certificate made = *Certificate::chain_from_pem(identity->chain(), 4)->begin();
    EXPECT_TRUE(made.names_endpoint(agent));
    EXPECT_FALSE(made.names_endpoint(kController));
    EXPECT_FALSE(made.is_ca());
    EXPECT_EQ(made.not_before_s(), kNow - 3600);
    EXPECT_EQ(made.not_after_s(), kNow + 3600);
    EXPECT_EQ(made.serial_number(), "07");
  }
}

TEST_F(RecordSignature, OfAnIssuedAgentDoesNotOutliveItsCa) {
  const auto issuer = AgentIssuer::from_pem(ca_.certificate(), ca_.key());
  ASSERT_TRUE(issuer) << issuer.error();
  const auto identity = issuer->issue(kAgent, kNow, 365LL * 86'400, 7);
  ASSERT_TRUE(identity);
  EXPECT_EQ(certificate_of(identity->chain()).not_after_s(),
            certificate_of(ca_.certificate()).not_after_s());
  EXPECT_FALSE(issuer->issue(kAgent, kNow + 365LL * 86'400, 3600, 7));
}

TEST_F(RecordSignature, AnIssuerIsACaWithItsKey) {
  EXPECT_FALSE(AgentIssuer::from_pem(controller_.certificate, controller_.key));
  EXPECT_FALSE(AgentIssuer::from_pem(ca_.certificate(), controller_.key));
  EXPECT_FALSE(AgentIssuer::from_pem(ca_.certificate(), ""));
  EXPECT_FALSE(AgentIssuer::from_pem("", ca_.key()));
  const TestCa rsa("RSA", TestCa::Key::kRsa);
  EXPECT_TRUE(AgentIssuer::from_pem(rsa.certificate(), rsa.key()));
}

// ---- what certificates say ----------------------------------------------------------------------

TEST(Certificate, SaysWhatItIs) {
  const TestCa ca("Root");
  TestCa::Wanted wanted;
  wanted.common_name = "Gerät";
  wanted.not_before_s = 1'700'000'000;
  wanted.not_after_s = 1'800'000'000;
  const Certificate made = certificate_of(ca.issue(wanted).certificate);
  EXPECT_EQ(made.issuer(), "CN=Root");
  EXPECT_EQ(made.subject(), "CN=Gerät");
  EXPECT_EQ(made.not_before_s(), 1'700'000'000);
  EXPECT_EQ(made.not_after_s(), 1'800'000'000);
  EXPECT_EQ(made.fingerprint("SHA-256").size(), 32 * 3 - 1);
  EXPECT_EQ(made.fingerprint("SHA-512").size(), 64 * 3 - 1);
  EXPECT_EQ(made.fingerprint("MD5"), "");
  EXPECT_FALSE(made.is_self_issued());
  EXPECT_TRUE(certificate_of(ca.certificate()).is_self_issued());
  EXPECT_TRUE(certificate_of(ca.certificate()).is_ca());
  EXPECT_EQ(certificate_of("before\n" + made.pem() + "after\n").pem(), made.pem());
}

TEST(Certificate, TextsThatAreNoneAreRefused) {
  const TestCa ca("Root");
  EXPECT_FALSE(Certificate::from_pem(""));
  EXPECT_FALSE(Certificate::from_pem("MIIB"));
  EXPECT_FALSE(Certificate::from_pem(ca.key()));
  EXPECT_FALSE(Certificate::from_pem(ca.certificate() + ca.certificate()));
  EXPECT_FALSE(Certificate::from_pem(ca.certificate() + std::string(kMaxCertificateBytes, ' ')));
  const std::string& whole = ca.certificate();
  for (std::size_t size = 0; size + 2 < whole.size(); size += 7) {
    EXPECT_FALSE(Certificate::from_pem(whole.substr(0, size))) << size;
  }
}

}  // namespace
}  // namespace usp
