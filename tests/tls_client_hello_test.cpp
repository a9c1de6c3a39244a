// The ClientHello of RFC 8448 read, cut, bent and written again; and the SSLv2 one.
#include "dissect/tls_client_hello.h"

#include <gtest/gtest.h>

#include "tests/support/hex.h"
#include "tests/support/tls_vectors.h"

namespace whohungup::tls {
namespace {

using Numbers = std::vector<std::uint16_t>;

ClientHello rfc8448() { return *ClientHello::read(from_hex(kRfc8448ClientHello)); }

TEST(ClientHello, ReadsWhatRfc8448Prints) {
  const auto hello = ClientHello::read(from_hex(kRfc8448ClientHello));
  ASSERT_TRUE(hello.has_value());
  EXPECT_EQ(hello->legacy_version, 0x0303);
  EXPECT_EQ(hello->random[0], 0xcb);
  EXPECT_EQ(hello->random[31], 0xe7);
  EXPECT_TRUE(hello->session_id.empty());
  EXPECT_EQ(hello->cipher_suites, (Numbers{0x1301, 0x1303, 0x1302}));
  EXPECT_EQ(hello->compression_methods, std::vector<std::uint8_t>{0});
  EXPECT_EQ(hello->sni(), "server");
  EXPECT_TRUE(hello->alpn().empty());
  EXPECT_EQ(hello->versions(), Numbers{0x0304});
  EXPECT_EQ(hello->groups(), (Numbers{29, 23, 24, 25, 256, 257, 258, 259, 260}));
  EXPECT_EQ(hello->signature_algorithms().size(), 15U);
  EXPECT_EQ(hello->key_shares(), (std::vector<KeyShare>{{29, 32}}));
  EXPECT_TRUE(hello->point_formats().empty());
  EXPECT_FALSE(hello->encrypted_client_hello());
  EXPECT_FALSE(hello->cut);
  EXPECT_FALSE(hello->sslv2);
}

TEST(ClientHello, WritesTheBytesItRead) {
  EXPECT_EQ(rfc8448().write(), from_hex(kRfc8448ClientHello));
}

TEST(ClientHello, ReadsWhatItWrote) {
  ClientHello hello = rfc8448();
  hello.session_id = {1, 2, 3};
  hello.extensions.push_back({0xfe0d, {9, 9}});
  const auto again = ClientHello::read(hello.write());
  ASSERT_TRUE(again.has_value());
  EXPECT_EQ(*again, hello);
  EXPECT_TRUE(again->encrypted_client_hello());
}

TEST(ClientHello, TellsAnEmptyExtensionBlockFromNone) {
  ClientHello hello = rfc8448();
  hello.extensions.clear();
  hello.has_extensions = false;
  const auto none = hello.write();
  hello.has_extensions = true;
  const auto empty = hello.write();
  EXPECT_EQ(empty.size(), none.size() + 2);
  EXPECT_FALSE(ClientHello::read(none)->has_extensions);
  EXPECT_TRUE(ClientHello::read(empty)->has_extensions);
}

TEST(ClientHello, GivesNothingForAnyPrefixUnlessItEndsBeforeTheExtensions) {
  const auto bytes = from_hex(kRfc8448ClientHello);
  const std::size_t before_extensions = 2 + 32 + 1 + 2 + 6 + 1 + 1;
  for (std::size_t n = 0; n < bytes.size(); ++n)
    EXPECT_EQ(ClientHello::read(Bytes(bytes).first(n)).has_value(), n == before_extensions) << n;
}

TEST(ClientHello, GivesWhatIsThereOfACutOne) {
  const auto bytes = from_hex(kRfc8448ClientHello);
  for (std::size_t n = 0; n < bytes.size(); ++n) {
    const auto hello = ClientHello::read(Bytes(bytes).first(n), true);
    ASSERT_TRUE(hello.has_value()) << n;
    EXPECT_EQ(hello->cut, n != 45) << n;
    EXPECT_EQ(hello->cipher_suites.size(), n < 39 ? 0 : n < 41 ? 1 : n < 43 ? 2 : 3U) << n;
    EXPECT_EQ(hello->sni().has_value(), n >= 62) << n;
  }
}

TEST(ClientHello, RefusesBytesLeftOverUnlessLenient) {
  auto bytes = from_hex(kRfc8448ClientHello);
  bytes.push_back(0);
  EXPECT_FALSE(ClientHello::read(bytes).has_value());
  EXPECT_TRUE(ClientHello::read(bytes, true)->cut);
  EXPECT_EQ(ClientHello::read(bytes, true)->sni(), "server");
}

TEST(ClientHello, RefusesHalfACipherSuite) {
  auto bytes = from_hex(kRfc8448ClientHello);
  bytes.erase(bytes.begin() + 37);
  bytes[36] = 5;
  EXPECT_FALSE(ClientHello::read(bytes).has_value());
  EXPECT_EQ(ClientHello::read(bytes, true)->cipher_suites.size(), 2U);
}

TEST(ClientHello, FallsBackToTheLegacyVersionWithoutTheExtension) {
  ClientHello hello;
  hello.legacy_version = 0x0301;
  EXPECT_EQ(hello.versions(), Numbers{0x0301});
}

TEST(ClientHello, ReadsTheFirstHostNameOfTheList) {
  ClientHello hello;
  hello.extensions = {{0, from_hex("000a 07 0001 78 00 0003 612e62")}};
  EXPECT_EQ(hello.sni(), "a.b");
  hello.extensions = {{0, from_hex("0006 00 0009 612e62")}};  // longer than its list
  EXPECT_EQ(hello.sni(), std::nullopt);
  hello.extensions = {{0, {}}};
  EXPECT_EQ(hello.sni(), std::nullopt);
}

TEST(ClientHello, ReadsProtocolNamesInTheirOrder) {
  ClientHello hello;
  hello.extensions = {{16, from_hex("000c 02 6832 08 687474702f312e31")}};
  EXPECT_EQ(hello.alpn(), (std::vector<std::string>{"h2", "http/1.1"}));
}

TEST(ClientHello, CraftsAHelloOfAnySize) {
  ClientHello hello = rfc8448();
  const std::size_t size = hello.write().size();
  hello.extensions.push_back({21, std::vector<std::uint8_t>(2000)});
  EXPECT_EQ(hello.write().size(), size + 4 + 2000);
  EXPECT_EQ(ClientHello::read(hello.write()), hello);
}

// public: idaholab+Malcolm-Test-Artifacts/SSL.pcap frame 401.
constexpr std::string_view kSslv2 =
    "807c 01 0301 0063 0000 0010 000039 000038 000035 000016 000013 00000a 0700c0 000033 000032"
    "00002f 030080 000066 000005 000004 010080 080080 000063 000062 000061 000015 000012 000009"
    "060040 000065 000064 000060 000014 000011 000008 000006 040080 000003 020080"
    "447674058ab9c9a5abbb06702cc6cf1f";

TEST(Sslv2Hello, KeepsTheSuitesTlsKnows) {
  const auto hello = ClientHello::read_sslv2(from_hex(kSslv2));
  ASSERT_TRUE(hello.has_value());
  EXPECT_TRUE(hello->sslv2);
  EXPECT_FALSE(hello->cut);
  EXPECT_EQ(hello->legacy_version, 0x0301);
  EXPECT_EQ(hello->versions(), Numbers{0x0301});
  EXPECT_EQ(hello->cipher_suites.size(), 26U);  // 33 kinds, 7 of them SSL 2.0's own
  EXPECT_EQ(hello->cipher_suites.front(), 0x0039);
  EXPECT_EQ(hello->cipher_suites.back(), 0x0003);
}

TEST(Sslv2Hello, PutsTheChallengeBehindZeros) {
  const auto hello = ClientHello::read_sslv2(from_hex(kSslv2));
  EXPECT_EQ(hello->random[15], 0);
  EXPECT_EQ(hello->random[16], 0x44);
  EXPECT_EQ(hello->random[31], 0x1f);
}

TEST(Sslv2Hello, IsCutWhereItsBytesEnd) {
  const auto bytes = from_hex(kSslv2);
  for (std::size_t n = 0; n < bytes.size(); ++n) {
    const auto hello = ClientHello::read_sslv2(Bytes(bytes).first(n));
    ASSERT_EQ(hello.has_value(), n >= 11) << n;
    EXPECT_TRUE(!hello || hello->cut) << n;
  }
}

TEST(Sslv2Hello, IsNotWritten) {
  EXPECT_TRUE(ClientHello::read_sslv2(from_hex(kSslv2))->write().empty());
}

TEST(Grease, IsTwoEqualBytesThatEndInA) {
  EXPECT_TRUE(is_grease(0x0a0a));
  EXPECT_TRUE(is_grease(0xfafa));
  EXPECT_FALSE(is_grease(0x0a1a));
  EXPECT_FALSE(is_grease(0x1301));
}

TEST(ClientHello, ReadOverAnotherSaysNothingOfIt) {
  ClientHello big = rfc8448();
  big.extensions.push_back({21, std::vector<std::uint8_t>(500)});
  big.session_id = std::vector<std::uint8_t>(32, 7);
  const ClientHello hello = rfc8448();
  for (const auto& bytes : {big.write(), hello.write()}) {
    ClientHello over = big;
    over.sslv2 = over.cut = true;
    ASSERT_TRUE(ClientHello::read_into(over, bytes, false));
    EXPECT_EQ(over, *ClientHello::read(bytes));
    const Bytes part = Bytes(bytes).first(70);
    EXPECT_FALSE(ClientHello::read_into(over, part, false));
    ASSERT_TRUE(ClientHello::read_into(over, part, true));
    EXPECT_EQ(over, *ClientHello::read(part, true));
  }
}

}  // namespace
}  // namespace whohungup::tls
