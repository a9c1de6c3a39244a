// ICMP and ICMPv6 errors about a TCP segment, however little of it they quote.
#include <gtest/gtest.h>

#include "support/frame_bytes.h"

namespace whohungup {
namespace {

using namespace testing;

const Octets kRouter4{203, 0, 113, 9};

Octets first(const Octets& bytes, std::size_t n) {
  return {bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(n)};
}

Octets icmp4(std::uint8_t type, std::uint8_t code, const Octets& quote, std::uint16_t mtu = 0) {
  ByteWriter out;
  out.u8(type).u8(code).u16(0).u16(0).u16(mtu).bytes(quote);
  return ipv4_bytes(out.finish(), {.ttl = 250, .protocol = 1, .from = kRouter4, .to = kClient4});
}

Octets icmp6(std::uint8_t type, std::uint8_t code, const Octets& quote, std::uint32_t word = 0) {
  ByteWriter out;
  out.u8(type).u8(code).u16(0).u32(word).bytes(quote);
  return ipv6_bytes(out.finish(), 58, 61);
}

Decoded decode(const Octets& bytes) { return Decoder().decode(packet_of(bytes, LinkType::Raw)); }

TEST(DecoderOfIcmp, ReadsAnErrorThatQuotesTheWholeSegment) {
  const Octets quote = ipv4_bytes(tcp_bytes(), {.tos = 0x48, .ttl = 3});
  const auto error = std::get<IcmpError>(decode(icmp4(11, 0, quote)));
  EXPECT_EQ(to_string(error.reporter), "203.0.113.9");
  EXPECT_EQ(error.ttl, 250);
  EXPECT_EQ(error.type, 11);
  EXPECT_EQ(error.code, 0);
  EXPECT_EQ(to_string(error.from), "192.0.2.1:50000");
  EXPECT_EQ(to_string(error.to), "198.51.100.2:443");
  EXPECT_EQ(error.quoted_ttl, 3);
  EXPECT_EQ(error.quoted_tos, 0x48);
  EXPECT_EQ(error.quoted_ip_id, 0x1234);
  ASSERT_TRUE(error.has_quoted_seq);
  EXPECT_EQ(error.quoted_seq, Seq{0x01020304});
  EXPECT_EQ(error.frame, FrameNo{7});
  EXPECT_FALSE(error.is_v6);
}

TEST(DecoderOfIcmp, IsContentWithTheEightBytesOfRfc792) {
  const Octets quote = first(ipv4_bytes(tcp_bytes()), 28);
  const auto error = std::get<IcmpError>(decode(icmp4(3, 13, quote)));
  EXPECT_TRUE(error.has_quoted_seq);
  EXPECT_EQ(error.quoted_seq, Seq{0x01020304});
}

TEST(DecoderOfIcmp, KnowsTheFlowFromThePortsAlone) {
  const Octets quote = first(ipv4_bytes(tcp_bytes()), 27);
  const auto error = std::get<IcmpError>(decode(icmp4(3, 13, quote)));
  EXPECT_FALSE(error.has_quoted_seq);
  EXPECT_EQ(error.to.port, 443);
}

TEST(DecoderOfIcmp, CallsAQuoteWithoutPortsMalformed) {
  const Decoded decoded = decode(icmp4(3, 13, first(ipv4_bytes(tcp_bytes()), 23)));
  EXPECT_EQ(std::get<Skipped>(decoded).why, Skipped::Why::Malformed);
}

TEST(DecoderOfIcmp, ReadsTheMtuOfFragmentationNeededOnly) {
  const Octets quote = ipv4_bytes(tcp_bytes());
  EXPECT_EQ(std::get<IcmpError>(decode(icmp4(3, 4, quote, 1400))).next_hop_mtu, 1400);
  EXPECT_EQ(std::get<IcmpError>(decode(icmp4(3, 13, quote, 1400))).next_hop_mtu, 0);
}

TEST(DecoderOfIcmp, IgnoresEchoAndRedirect) {
  for (const std::uint8_t type : Octets{0, 5, 8})
    EXPECT_EQ(std::get<Skipped>(decode(icmp4(type, 0, ipv4_bytes(tcp_bytes())))).why,
              Skipped::Why::NotTcp);
}

TEST(DecoderOfIcmp, LeavesErrorsAboutUdpAndLaterFragmentsAlone) {
  const Octets udp = ipv4_bytes(udp_bytes(53, 53, {}), {.protocol = 17});
  const Octets fragment = ipv4_bytes(tcp_bytes(), {.fragment = 0x0010});
  EXPECT_EQ(std::get<Skipped>(decode(icmp4(3, 3, udp))).why, Skipped::Why::NotTcp);
  EXPECT_EQ(std::get<Skipped>(decode(icmp4(3, 3, fragment))).why, Skipped::Why::NotTcp);
}

TEST(DecoderOfIcmpv6, ReadsPacketTooBig) {
  const Octets quote = ipv6_bytes(tcp_bytes(), 6, 2);
  const auto error = std::get<IcmpError>(decode(icmp6(2, 0, quote, 1280)));
  EXPECT_TRUE(error.is_v6);
  EXPECT_EQ(error.next_hop_mtu, 1280);
  EXPECT_EQ(error.quoted_ttl, 2);
  EXPECT_EQ(error.ttl, 61);
  EXPECT_EQ(to_string(error.to), "[2001:db8::2]:443");
  EXPECT_EQ(error.quoted_seq, Seq{0x01020304});
}

TEST(DecoderOfIcmpv6, FindsTheSegmentBehindExtensionHeaders) {
  const Octets quote = ipv6_bytes(
      Octets{44, 0, 1, 4, 0, 0, 0, 0} + Octets{6, 0, 0, 1, 0, 0, 0, 9} + tcp_bytes(), 60);
  const auto error = std::get<IcmpError>(decode(icmp6(1, 1, quote)));
  EXPECT_EQ(error.code, 1);
  EXPECT_EQ(error.from.port, 50000);
}

TEST(DecoderOfIcmpv6, IgnoresEcho) {
  EXPECT_EQ(std::get<Skipped>(decode(icmp6(128, 0, Octets(40)))).why, Skipped::Why::NotTcp);
}

TEST(DecoderOfIcmp, SaysCutWhenTheSnapLengthTookTheQuote) {
  const Octets whole = icmp4(3, 13, ipv4_bytes(tcp_bytes()));
  for (std::size_t kept = 0; kept < 20 + 8 + 20 + 4; ++kept) {
    const Octets bytes = first(whole, kept);
    const Decoded decoded = Decoder().decode(packet_of(bytes, LinkType::Raw, whole.size()));
    ASSERT_EQ(std::get<Skipped>(decoded).why, Skipped::Why::CutBySnaplen) << kept;
  }
}

}  // namespace
}  // namespace whohungup
