// JA3 and JA4 against values others published for the same bytes; tls_tshark_test.py holds JA3
// against tshark over every capture at hand.
#include <gtest/gtest.h>

#include "dissect/tls_fingerprint.h"
#include "tests/support/hex.h"
#include "tests/support/tls_vectors.h"

namespace whohungup::tls {
namespace {

// FoxIO-LLC/ja4, pcap/https-connect.pcap, frame 8: no SNI, no ALPN, TLS 1.2, 86 suites. JA4 from
// that project's snapshot, JA3 from tshark 4.0.
constexpr std::string_view kNoSni =
    "0303a3073873f429ef8ad6c13fa035798a93be55208aec5ffe09c5736f4f32c15e4b0000acc030c02cc028c024c014"
    "c00a00a500a300a1009f006b006a0069006800390038003700360088008700860085c032c02ec02ac026c00fc00500"
    "9d003d00350084c02fc02bc027c023c013c00900a400a200a0009e00670040003f003e0033003200310030009a0099"
    "009800970045004400430042c031c02dc029c025c00ec004009c003c002f00960041c012c008001600130010000dc0"
    "0dc003000a0007c011c007c00cc0020005000400ff01000043000b000403000102000a000a00080017001900180016"
    "00230000000d0020001e060106020603050105020503040104020403030103020303020102020203000f000101";

// FoxIO-LLC/ja4, pcap/badcurveball.pcap, frame 4: a Chrome with GREASE everywhere; padded with
// zeros to 512 bytes.
constexpr std::string_view kChrome =
    "0303c5b08a8a5a1a1f31e5bcd0853b6f59944dfec2900a712a2a6059b827c58cf48020078a389ef1767da304d9e10c"
    "c7a9441a734513694d3a353ed9522ac47f9c8aa40022aaaa130113021303c02bc02fc02cc030cca9cca8c013c01400"
    "9c009d002f0035000a010001914a4a00000000001a00180000156261642e637572766562616c6c746573742e636f6d"
    "00170000ff01000100000a000a0008caca001d00170018000b00020100002300000010000e000c0268320868747470"
    "2f312e31000500050100000000000d00140012040308040401050308050501080606010201001200000033002b0029"
    "caca000100001d0020ec9c731ae0f83a315ec38ed8cc94912502ab3ca913a29b7d037d7c0ae6a6e81a002d00020101"
    "002b000b0a2a2a0304030303020301001b00030200027a7a000100001500c3";

ClientHello chrome() {
  auto bytes = from_hex(kChrome);
  bytes.resize(bytes.size() + 0xc3);
  return *ClientHello::read(bytes);
}

ClientHello with_first_protocol(std::string_view hex) {
  const auto name = from_hex(hex);
  ByteWriter alpn;
  alpn.vector(2,
              [&](ByteWriter& list) { list.vector(1, [&](ByteWriter& one) { one.bytes(name); }); });
  ClientHello hello;
  hello.legacy_version = 0x0303;
  hello.extensions = {{16, alpn.finish()}};
  return hello;
}

TEST(Ja3, MatchesTsharkForAHelloWithoutSni) {
  const auto hello = ClientHello::read(from_hex(kNoSni));
  ASSERT_TRUE(hello.has_value());
  EXPECT_EQ(hello->ja3(), "b288289af2999820648eb3ca4d8304c5");
}

TEST(Ja3, LeavesGreaseOut) {
  EXPECT_EQ(chrome().ja3_string(),
            "771,4865-4866-4867-49195-49199-49196-49200-52393-52392-49171-49172-156-157-47-53-10,"
            "0-23-65281-10-11-35-16-5-13-18-51-45-43-27-21,29-23-24,0");
  EXPECT_EQ(chrome().ja3(), "66918128f1b9b03303d77c6f2eefd128");
}

TEST(Ja4, MatchesThePublishedValues) {
  EXPECT_EQ(ClientHello::read(from_hex(kNoSni))->ja4(), "t12i860500_e18388e7f3a3_a1e935682795");
  EXPECT_EQ(chrome().ja4(), "t13d1615h2_46e7e9700bed_45f260be83e2");
}

// The examples of FoxIO-LLC/ja4, technical_details/JA4.md, "ALPN Extension Value".
TEST(Ja4, PrintsAnAlpnThatIsNoTextInHex) {
  const auto ends = [](std::string_view hex) {
    return with_first_protocol(hex).ja4().substr(8, 2);
  };
  EXPECT_EQ(ends("6832"), "h2");
  EXPECT_EQ(ends("687474702f312e31"), "h1");
  EXPECT_EQ(ends("61"), "aa");
  EXPECT_EQ(ends(""), "00");
  EXPECT_EQ(ends("ab"), "ab");
  EXPECT_EQ(ends("20"), "20");
  EXPECT_EQ(ends("abcd"), "ad");
  EXPECT_EQ(ends("2061"), "21");
  EXPECT_EQ(ends("30ab"), "3b");
  EXPECT_EQ(ends("6120"), "60");
  EXPECT_EQ(ends("3031abcd"), "3d");
  EXPECT_EQ(ends("30abcd31"), "01");
}

TEST(Ja4, PrintsZerosWhereThereIsNothingToHash) {
  ClientHello hello;
  hello.legacy_version = 0x0301;
  EXPECT_EQ(hello.ja4(), "t10i000000_000000000000_000000000000");
  hello.extensions = {{0, {}}, {16, {}}};  // SNI and ALPN count but are not hashed
  EXPECT_EQ(hello.ja4(), "t10d000200_000000000000_000000000000");
}

TEST(Ja4, CountsNoFurtherThan99) {
  ClientHello hello;
  hello.legacy_version = 0x0300;
  hello.cipher_suites.assign(99, 0x002f);
  EXPECT_EQ(hello.ja4().substr(0, 10), "ts3i990000");
  hello.cipher_suites.assign(150, 0x002f);
  hello.extensions.assign(100, {5, {}});
  EXPECT_EQ(hello.ja4().substr(0, 10), "ts3i999900");
}

// The documentation's own example of a list without signature algorithms.
TEST(Ja4, EndsWithoutUnderscoreWhereThereAreNoSignatureAlgorithms) {
  ClientHello hello;
  for (const int type : {0x001b, 0x0000, 0x0033, 0x0010, 0x4469, 0x0017, 0x002d, 0x000d, 0x0005,
                         0x0023, 0x0012, 0x002b, 0xff01, 0x000b, 0x000a, 0x0015})
    hello.extensions.push_back({static_cast<std::uint16_t>(type), {}});
  EXPECT_EQ(hello.ja4().substr(24), "6d807ffa2a79");
}

TEST(Ja4, TakesTheHighestVersionThatIsNoGrease) {
  ClientHello hello;
  hello.legacy_version = 0x0303;
  hello.extensions = {{43, from_hex("06 fafa 0304 0303")}};
  EXPECT_EQ(hello.ja4().substr(0, 3), "t13");
  hello.extensions = {{43, from_hex("04 fafa 7f1c")}};
  EXPECT_EQ(hello.ja4().substr(0, 3), "t00");
}

TEST(Fingerprints, AreEmptyForWhatTheyAreNotDefinedFor) {
  const auto cut = ClientHello::read(Bytes(from_hex(kRfc8448ClientHello)).first(100), true);
  EXPECT_EQ(cut->ja3() + cut->ja3_string() + cut->ja4(), "");
  ClientHello old;
  old.sslv2 = true;
  EXPECT_EQ(old.ja3() + old.ja3_string() + old.ja4(), "");
}

TEST(HelloMemory, SaysOfEachKindWhatItSaidBefore) {
  ClientHello other = chrome(), permuted = chrome(), long_one = chrome(), shares = chrome();
  other.cipher_suites.pop_back();
  std::swap(permuted.extensions[1], permuted.extensions[2]);
  long_one.cipher_suites.insert(long_one.cipher_suites.end(), 1000, 0xc02f);
  std::erase_if(shares.extensions, [](const Extension& one) { return one.type == 51; });
  shares.extensions.push_back({51, from_hex("0009 0017 0005 0102030405")});
  ClientHello other_share = shares;
  other_share.extensions.back().body = from_hex("0009 0018 0005 0102030405");
  ClientHello cut = chrome();
  cut.cut = true;
  const ClientHello protocol = with_first_protocol("6832");
  const auto describe = [](const ClientHello& hello, const std::string& prints) {
    std::string text = prints + ' ' + std::to_string(hello.extensions.size());
    text += ' ' + std::to_string(hello.cipher_suites.size());
    for (const KeyShare& share : hello.key_shares())
      if (!is_grease(share.group)) text += ' ' + std::to_string(share.group);
    return text;
  };
  HelloMemory memory;
  for (int round = 0; round < 3; ++round)
    for (const ClientHello& hello :
         {chrome(), other, permuted, long_one, shares, other_share, cut, protocol, ClientHello()}) {
      const auto told = memory.of(hello, [&](const Fingerprints& prints) {
        return describe(hello, prints.ja3 + prints.ja4);
      });
      EXPECT_EQ(told, describe(hello, hello.ja3() + hello.ja4()));
    }
  EXPECT_NE(permuted.ja3(), chrome().ja3());
  EXPECT_EQ(permuted.ja4(), chrome().ja4());
}

}  // namespace
}  // namespace whohungup::tls
