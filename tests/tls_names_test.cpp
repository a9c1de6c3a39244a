// Names of numbers: known ones as IANA spells them, strangers as numbers.
#include "dissect/tls_names.h"

#include <gtest/gtest.h>

#include "dissect/tls_alert.h"

namespace whohungup::tls {
namespace {

TEST(TlsNames, AreTheRegistriesOwn) {
  EXPECT_EQ(version_name(0x0304), "1.3");
  EXPECT_EQ(version_name(0x0300), "SSL 3.0");
  EXPECT_EQ(version_name(0x0002), "SSL 2.0");
  EXPECT_EQ(cipher_suite_name(0x1301), "TLS_AES_128_GCM_SHA256");
  EXPECT_EQ(cipher_suite_name(0xc02f), "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256");
  EXPECT_EQ(cipher_suite_name(0x00ff), "TLS_EMPTY_RENEGOTIATION_INFO_SCSV");
  EXPECT_EQ(cipher_suite_name(0x0000), "TLS_NULL_WITH_NULL_NULL");
  EXPECT_EQ(group_name(0x001d), "x25519");
  EXPECT_EQ(group_name(0x11ec), "X25519MLKEM768");
  EXPECT_EQ(group_name(0x11eb), "SecP256r1MLKEM768");
  EXPECT_EQ(group_name(0x6399), "X25519Kyber768Draft00");
  EXPECT_EQ(signature_scheme_name(0x0804), "rsa_pss_rsae_sha256");
  EXPECT_EQ(extension_name(0), "server_name");
  EXPECT_EQ(extension_name(0xfe0d), "encrypted_client_hello");
  EXPECT_EQ(handshake_type_name(2), "ServerHello");
  EXPECT_EQ(handshake_type_name(14), "ServerHelloDone");
}

TEST(TlsNames, PrintStrangersAsNumbers) {
  EXPECT_EQ(version_name(0x7f1c), "0x7f1c");
  EXPECT_EQ(cipher_suite_name(0xfffe), "0xfffe");
  EXPECT_EQ(group_name(0x1a1a), "GREASE 0x1a1a");
  EXPECT_EQ(cipher_suite_name(0xfafa), "GREASE 0xfafa");
  EXPECT_EQ(handshake_type_name(200), "0xc8");
}

TEST(TlsAlert, HasTheNameTheRfcGivesIt) {
  EXPECT_EQ(name(Alert{2, 40}), "handshake_failure");
  EXPECT_EQ(name(Alert{1, 0}), "close_notify");
  EXPECT_EQ(name(Alert{2, 116}), "certificate_required");
  EXPECT_EQ(name(Alert{2, 199}), "alert 199");
}

TEST(TlsAlert, SaysWhatUsuallyCausesIt) {
  EXPECT_EQ(usual_cause(Alert{2, 112}),
            "The server has no certificate for the host name asked for (SNI), or asks that one be "
            "sent.");
  EXPECT_TRUE(usual_cause(Alert{2, 199}).empty());
  for (unsigned description = 0; description < 256; ++description) {
    const Alert alert{2, static_cast<std::uint8_t>(description)};
    const bool known = name(alert).find("alert ") == std::string::npos;
    EXPECT_EQ(usual_cause(alert).empty(), !known) << description;
    EXPECT_TRUE(!known || usual_cause(alert).ends_with('.')) << description;
  }
}

TEST(TlsAlert, IsFatalByItsLevel) {
  EXPECT_TRUE((Alert{2, 40}).fatal());
  EXPECT_FALSE((Alert{1, 112}).fatal());
  EXPECT_TRUE((Alert{1, 0}).close_notify());
}

}  // namespace
}  // namespace whohungup::tls
