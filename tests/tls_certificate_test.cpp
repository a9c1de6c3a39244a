// Certificates out of Certificate messages of both layouts, whole, cut and nonsensical.
#include "dissect/tls_certificate.h"

#include <gtest/gtest.h>
#include <openssl/err.h>

#include <algorithm>

#include "tests/support/hex.h"

namespace whohungup::tls {
namespace {

// Made with openssl req -x509 -newkey ed25519 -set_serial 0xa1b2c3 -days 30 -utf8
// -subj "/O=Bäckerei, Söhne/CN=mail.example", and the names below.
constexpr std::string_view kSelfIssued =
    "3082018030820132a003020102020400a1b2c3300506032b65703033311a3018060355040a0c1142c3a4636b6572"
    "65692c2053c3b6686e653115301306035504030c0c6d61696c2e6578616d706c65301e170d323631313233303530"
    "3933365a170d3236313232333035303933365a3033311a3018060355040a0c1142c3a4636b657265692c2053c3b6"
    "686e653115301306035504030c0c6d61696c2e6578616d706c65302a300506032b6570032100fa2384f9b9819a45"
    "59215e7826a5a642cc90173a29c721e4b446aa085f2fe62ca368306630450603551d11043e303c820c6d61696c2e"
    "6578616d706c6582092a2e6578616d706c658704c0000201871020010db800000000000000000000000181097840"
    "6578616d706c65301d0603551d0e041604141eec3e7454d5221d8a81d8fb97bf07b98e9c62ab300506032b657003"
    "41007827b1badd6e07f19462831803d8f3ebbd332f34ce98de96f991064b6d93be70df4133ac41f0dfe7a2d47836"
    "2bc419786b29c00c4a8d8487e727d68a40787a0e";

using Chain = std::vector<std::vector<std::uint8_t>>;

std::vector<std::uint8_t> message(const Chain& chain, bool tls13) {
  ByteWriter out;
  if (tls13) out.vector(1, [](ByteWriter& context) { context.text("ctx"); });
  out.vector(3, [&](ByteWriter& list) {
    for (const auto& der : chain) {
      list.vector(3, [&](ByteWriter& one) { one.bytes(der); });
      if (tls13) list.vector(2, [](ByteWriter& extensions) { extensions.u32(0x00050000); });
    }
  });
  return out.finish();
}

TEST(Certificate, IsReadFromBothLayouts) {
  for (const bool tls13 : {false, true}) {
    const auto chain = read_certificates(message({from_hex(kSelfIssued), {1, 2}}, tls13), tls13);
    ASSERT_EQ(chain.size(), 2U);
    const Certificate& own = chain[0];
    EXPECT_TRUE(own.readable);
    EXPECT_EQ(own.subject, "CN=mail.example,O=Bäckerei\\, Söhne");
    EXPECT_EQ(own.issuer, own.subject);
    EXPECT_TRUE(own.self_issued);
    EXPECT_EQ(own.serial, "a1b2c3");
    EXPECT_EQ(own.not_before, "2026-11-23T05:09:36Z");
    EXPECT_EQ(own.not_after, "2026-12-23T05:09:36Z");
    EXPECT_EQ(own.not_before_s, 1795410576);
    EXPECT_EQ(own.not_after_s - own.not_before_s, 30 * 24 * 3600);
    EXPECT_EQ(own.names,
              (std::vector<std::string>{"mail.example", "*.example", "192.0.2.1", "2001:db8::1"}));
    EXPECT_EQ(own.size, 388U);
    EXPECT_FALSE(chain[1].readable);
    EXPECT_EQ(chain[1].size, 2U);
  }
}

TEST(Certificate, IsUnreadableWithBytesBehindIt) {
  auto der = from_hex(kSelfIssued);
  der.push_back(0);
  const auto chain = read_certificates(message({der}, false), false);
  ASSERT_EQ(chain.size(), 1U);
  EXPECT_FALSE(chain[0].readable);
  EXPECT_TRUE(chain[0].subject.empty());
}

TEST(Certificate, OfACutMessageIsLeftOut) {
  const auto whole = message({from_hex(kSelfIssued), from_hex(kSelfIssued)}, false);
  EXPECT_EQ(read_certificates(Bytes(whole).first(whole.size() - 1), false).size(), 0U);
  EXPECT_EQ(read_certificates({}, false).size(), 0U);
  EXPECT_EQ(read_certificates({}, true).size(), 0U);
}

TEST(Certificate, ChainIsReadNoFurtherThanSixteen) {
  EXPECT_EQ(read_certificates(message(Chain(16, {0}), false), false).size(), 16U);
  EXPECT_EQ(read_certificates(message(Chain(17, {0}), false), false).size(), 16U);
}

TEST(Certificate, SurvivesEveryFlippedByte) {
  const auto good = from_hex(kSelfIssued);
  for (std::size_t i = 0; i < good.size(); ++i) {
    auto der = good;
    der[i] ^= 0xffU;
    ASSERT_EQ(read_certificates(message({der}, true), true).size(), 1U) << i;
  }
}

TEST(Certificate, LeavesNoErrorsBehindInOpenssl) {
  ERR_clear_error();
  read_certificates(message({{0x30, 0x80, 1, 2, 3}}, false), false);
  EXPECT_EQ(ERR_peek_error(), 0U);
}

TEST(CertificateMemory, TellsCertificatesApartThatEndInTheSameBytes) {
  const auto der = from_hex(kSelfIssued);
  auto other = der;
  const std::string_view name = "mail.example";
  const auto at = std::search(other.begin(), other.end(), name.begin(), name.end());
  ASSERT_NE(at, other.end());
  *at = 'f';
  CertificateMemory memory;
  for (int round = 0; round < 2; ++round) {
    EXPECT_EQ(memory.read(der).subject, "CN=mail.example,O=Bäckerei\\, Söhne");
    EXPECT_EQ(memory.read(der).names.size(), 4U);
    EXPECT_EQ(memory.read(other).issuer, "CN=fail.example,O=Bäckerei\\, Söhne");
    EXPECT_FALSE(memory.read(Bytes(der).first(der.size() - 1)).readable);
    EXPECT_FALSE(memory.read({}).readable);
  }
}

}  // namespace
}  // namespace whohungup::tls
