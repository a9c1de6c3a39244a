// IPv4 and IPv6 headers: lengths that lie, options, extension headers, checksums.
#include <gtest/gtest.h>

#include "support/frame_bytes.h"

namespace whohungup {
namespace {

using namespace testing;

Segment segment_of(const Octets& bytes, LinkType link = LinkType::Ethernet,
                   std::size_t wire_len = 0) {
  const Decoded decoded = Decoder().decode(packet_of(bytes, link, wire_len));
  if (const auto* segment = std::get_if<Segment>(&decoded)) return *segment;
  ADD_FAILURE() << "no segment: " << describe(std::get<Skipped>(decoded).why);
  return {};
}

Skipped skipped(const Octets& bytes, LinkType link = LinkType::Ethernet, std::size_t wire_len = 0) {
  const Decoded decoded = Decoder().decode(packet_of(bytes, link, wire_len));
  if (const auto* answer = std::get_if<Skipped>(&decoded)) return *answer;
  ADD_FAILURE() << "was not skipped";
  return {};
}

TEST(DecoderOfIpv4, ReadsEveryFieldOfTheHeader) {
  const Octets bytes = ethernet_bytes(0x0800, ipv4_bytes(tcp_bytes(), {.tos = 0x2e, .ttl = 53}));
  const Segment segment = segment_of(bytes);
  EXPECT_EQ(segment.header.ttl, 53);
  EXPECT_EQ(segment.header.tos, 0x2e);
  EXPECT_EQ(segment.header.ip_id, 0x1234);
  EXPECT_TRUE(segment.header.dont_fragment);
  EXPECT_FALSE(segment.header.is_v6);
  EXPECT_EQ(segment.header.ip_checksum, ChecksumState::Good);
  EXPECT_EQ(segment.header.frame, FrameNo{7});
  EXPECT_EQ(segment.header.at, Time{std::chrono::seconds{1}});
}

TEST(DecoderOfIpv4, SkipsOptions) {
  const Segment segment = segment_of(
      ethernet_bytes(0x0800, ipv4_bytes(tcp_bytes(), {.options = {0x94, 4, 0, 0, 1, 1, 1, 0}})));
  EXPECT_EQ(segment.header.payload_len, 5U);
  EXPECT_EQ(segment.header.ip_checksum, ChecksumState::Good);
}

TEST(DecoderOfIpv4, IgnoresPaddingAndTrailerBehindTheDatagram) {
  const Segment segment = segment_of(plain_frame() + Octets(9, 0xee));
  EXPECT_EQ(segment.header.payload_len, 5U);
  EXPECT_EQ(segment.payload.size(), 5U);
  EXPECT_EQ(segment.header.tcp_checksum, ChecksumState::Good);
}

TEST(DecoderOfIpv4, TakesTheFramesEndWhenOffloadLeftTheLengthZero) {
  Octets bytes = plain_frame();
  put16(bytes, 16, 0);
  const Segment segment = segment_of(bytes);
  EXPECT_EQ(segment.header.payload_len, 5U);
  EXPECT_EQ(segment.header.ip_checksum, ChecksumState::Bad);
}

TEST(DecoderOfIpv4, BelievesALengthBeyondTheFrameAndCallsThePayloadCut) {
  Octets bytes = plain_frame();
  put16(bytes, 16, 1500);
  const Segment segment = segment_of(bytes);
  EXPECT_EQ(segment.header.payload_len, 1460U);
  EXPECT_EQ(segment.header.captured_len, 5U);
  EXPECT_EQ(segment.header.tcp_checksum, ChecksumState::Unknown);
}

TEST(DecoderOfIpv4, CallsALengthShorterThanItsHeaderMalformed) {
  Octets bytes = plain_frame();
  put16(bytes, 16, 19);
  EXPECT_EQ(skipped(bytes).why, Skipped::Why::Malformed);
  EXPECT_EQ(skipped(bytes).offset, 14U);
}

TEST(DecoderOfIpv4, CallsALengthThatCutsTcpsHeaderMalformed) {
  Octets bytes = plain_frame();
  put16(bytes, 16, 39);
  EXPECT_EQ(skipped(bytes).why, Skipped::Why::Malformed);
  EXPECT_EQ(skipped(bytes).offset, 34U);
}

TEST(DecoderOfIpv4, CallsAHeaderOfFourWordsMalformed) {
  Octets bytes = plain_frame();
  bytes[14] = 0x44;
  EXPECT_EQ(skipped(bytes).why, Skipped::Why::Malformed);
}

TEST(DecoderOfIpv4, CallsVersionFiveMalformedBehindItsEtherType) {
  Octets bytes = plain_frame();
  bytes[14] = 0x55;
  EXPECT_EQ(skipped(bytes).why, Skipped::Why::Malformed);
}

TEST(DecoderOfIpv4, DeliversASegmentWhoseHeaderChecksumIsBad) {
  Octets bytes = plain_frame();
  bytes[24] ^= 0x10;
  const Segment segment = segment_of(bytes);
  EXPECT_EQ(segment.header.ip_checksum, ChecksumState::Bad);
  EXPECT_EQ(segment.header.tcp_checksum, ChecksumState::Good);
}

TEST(DecoderOfIpv4, FollowsAnAuthenticationHeader) {
  const Octets authentication = Octets{6, 4, 0, 0} + Octets(20);
  const Segment segment = segment_of(
      ethernet_bytes(0x0800, ipv4_bytes(authentication + tcp_bytes(), {.protocol = 51})));
  EXPECT_EQ(segment.header.payload_len, 5U);
  EXPECT_EQ(segment.header.tcp_checksum, ChecksumState::Good);
}

TEST(DecoderOfIpv4, CallsUdpNotTcpAtItsOffset) {
  const Skipped answer =
      skipped(ethernet_bytes(0x0800, ipv4_bytes(udp_bytes(53, 53, {1, 2}), {.protocol = 17})));
  EXPECT_EQ(answer.why, Skipped::Why::NotTcp);
  EXPECT_EQ(answer.offset, 34U);
}

TEST(DecoderOfIpv6, ReadsClassLabelAndHopLimit) {
  Octets packet = ipv6_bytes(tcp_bytes({}, kClient6, kServer6), 6, 51);
  packet[0] = 0x62;
  packet[1] = 0xe1;
  packet[2] = 0x23;
  packet[3] = 0x45;
  const Segment segment = segment_of(packet, LinkType::Ipv6);
  EXPECT_EQ(segment.header.ttl, 51);
  EXPECT_EQ(segment.header.tos, 0x2e);
  EXPECT_EQ(segment.header.flow_label, 0x12345U);
  EXPECT_TRUE(segment.header.is_v6);
  EXPECT_EQ(segment.header.ip_checksum, ChecksumState::Unknown);
  EXPECT_EQ(segment.header.tcp_checksum, ChecksumState::Good);
}

TEST(DecoderOfIpv6, WalksTheChainOfExtensionHeaders) {
  const Octets hop_by_hop = Octets{60, 1} + Octets(14);
  const Octets destination{43, 0, 1, 4, 0, 0, 0, 0};
  const Octets routing{44, 0, 4, 0, 0, 0, 0, 0};  // no segments left
  const Octets atomic_fragment{51, 0, 0, 0, 0, 0, 0, 9};
  const Octets authentication = Octets{6, 4, 0, 0} + Octets(20);
  const Octets tcp = tcp_bytes({}, kClient6, kServer6);
  const Segment segment = segment_of(
      ipv6_bytes(hop_by_hop + destination + routing + atomic_fragment + authentication + tcp, 0),
      LinkType::Ipv6);
  EXPECT_EQ(segment.header.payload_len, 5U);
  EXPECT_EQ(segment.header.tcp_checksum, ChecksumState::Good);
  EXPECT_FALSE(segment.header.from_fragments);
}

TEST(DecoderOfIpv6, DoesNotVerifyBehindARouteThatIsNotFinished) {
  const Octets routing{6, 0, 4, 1, 0, 0, 0, 0};
  const Segment segment =
      segment_of(ipv6_bytes(routing + tcp_bytes({}, kClient6, kServer6), 43), LinkType::Ipv6);
  EXPECT_EQ(segment.header.tcp_checksum, ChecksumState::Unknown);
}

TEST(DecoderOfIpv6, TakesTheFramesEndForAJumbogram) {
  Octets packet =
      ipv6_bytes(Octets{6, 0, 0xc2, 4, 0, 1, 0, 0} + tcp_bytes({}, kClient6, kServer6), 0);
  put16(packet, 4, 0);
  EXPECT_EQ(segment_of(packet, LinkType::Ipv6).header.payload_len, 5U);
}

TEST(DecoderOfIpv6, CallsNoNextHeaderNotTcp) {
  EXPECT_EQ(skipped(ipv6_bytes({}, 59), LinkType::Ipv6).why, Skipped::Why::NotTcp);
}

TEST(DecoderOfIpv6, CallsAnExtensionThatRunsPastTheEndMalformed) {
  const Skipped answer =
      skipped(ipv6_bytes(Octets{6, 9, 0, 0, 0, 0, 0, 0} + tcp_bytes(), 60), LinkType::Ipv6);
  EXPECT_EQ(answer.why, Skipped::Why::Malformed);
  EXPECT_EQ(answer.offset, 40U);
}

TEST(DecoderOfIpv6, CallsTheSameExtensionCutWhenTheFrameWas) {
  Octets packet = ipv6_bytes(Octets{6, 9, 0, 0, 0, 0, 0, 0}, 60);
  put16(packet, 4, 105);
  EXPECT_EQ(skipped(packet, LinkType::Ipv6, 145).why, Skipped::Why::CutBySnaplen);
}

TEST(DecoderOfIpv6, CallsNeighbourDiscoveryNotIpLikeArp) {
  EXPECT_EQ(skipped(ipv6_bytes(Octets{135, 0, 0, 0} + Octets(20), 58), LinkType::Ipv6).why,
            Skipped::Why::NotIp);
}

TEST(DecoderOfRawIp, CallsOtherVersionsNotIp) {
  EXPECT_EQ(skipped(Octets(40, 0x90), LinkType::Raw).why, Skipped::Why::NotIp);
}

}  // namespace
}  // namespace whohungup
