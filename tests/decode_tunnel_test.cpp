// Tunnels: the inner segment is the one that counts, the outer path is named.
#include <gtest/gtest.h>

#include "support/frame_bytes.h"

namespace whohungup {
namespace {

using namespace testing;

const Octets kOuterFrom{203, 0, 113, 1}, kOuterTo{203, 0, 113, 2};

Octets over_ip(std::uint8_t protocol, const Octets& payload) {
  return ethernet_bytes(
      0x0800,
      ipv4_bytes(payload, {.ttl = 255, .protocol = protocol, .from = kOuterFrom, .to = kOuterTo}));
}
Octets over_udp(std::uint16_t port, const Octets& payload) {
  return over_ip(17, udp_bytes(40000, port, payload));
}
Octets inner4() { return ipv4_bytes(tcp_bytes(), {.ttl = 57}); }
Octets inner6() { return ipv6_bytes(tcp_bytes({}, kClient6, kServer6), 6, 57); }
Octets inner_ethernet() { return ethernet_bytes(0x0800, inner4()); }

struct TunnelCase {
  const char* name;
  Octets frame;
  const char* path;
};
void PrintTo(const TunnelCase& c, std::ostream* out) { *out << c.name; }

const TunnelCase kCases[] = {
    {"IpInIp", over_ip(4, inner4()), "ip-in-ip 203.0.113.1 > 203.0.113.2"},
    {"Ipv6InIp", over_ip(41, inner6()), "ip-in-ip 203.0.113.1 > 203.0.113.2"},
    {"MplsInIp", over_ip(137, Octets{0, 1, 1, 64} + inner4()), "mpls 203.0.113.1 > 203.0.113.2"},
    {"Gre", over_ip(47, Octets{0, 0, 8, 0} + inner4()), "gre 203.0.113.1 > 203.0.113.2"},
    {"GreIpv6", over_ip(47, Octets{0, 0, 0x86, 0xdd} + inner6()), "gre 203.0.113.1 > 203.0.113.2"},
    {"GreWithEverything",
     over_ip(47, Octets{0xb0, 0, 8, 0, 9, 9, 0, 0, 0, 0, 1, 0, 0, 0, 0, 5} + inner4()),
     "gre 256 203.0.113.1 > 203.0.113.2"},
    {"GreBridging", over_ip(47, Octets{0, 0, 0x65, 0x58} + inner_ethernet()),
     "gre 203.0.113.1 > 203.0.113.2"},
    {"Nvgre", over_ip(47, Octets{0x20, 0, 0x65, 0x58, 0, 0x12, 0x34, 0x99} + inner_ethernet()),
     "nvgre 4660 203.0.113.1 > 203.0.113.2"},
    {"Pptp",
     over_ip(47, Octets{0x30, 0x81, 0x88, 0x0b, 0, 50, 0, 7, 0, 0, 0, 1, 0, 0, 0, 2} +
                     Octets{0xff, 3, 0, 0x21} + inner4()),
     "pptp 7 203.0.113.1 > 203.0.113.2"},
    {"ErspanOne", over_ip(47, Octets{0, 0, 0x88, 0xbe} + inner_ethernet()),
     "erspan 203.0.113.1 > 203.0.113.2"},
    {"ErspanTwo",
     over_ip(47, Octets{0x10, 0, 0x88, 0xbe, 0, 0, 0, 1, 0x10, 5, 0x18, 100, 0, 0, 0, 3} +
                     inner_ethernet()),
     "erspan 100 203.0.113.1 > 203.0.113.2"},
    {"ErspanThree",
     over_ip(47, Octets{0x10, 0, 0x22, 0xeb, 0, 0, 0, 1} +
                     Octets{0x20, 5, 0, 100, 0, 0, 0, 0, 0, 0, 0, 1} + Octets(8) +
                     inner_ethernet()),
     "erspan 100 203.0.113.1 > 203.0.113.2"},
    {"Wccp", over_ip(47, Octets{0, 0, 0x88, 0x3e, 0, 0, 0, 0} + inner4()),
     "gre 203.0.113.1 > 203.0.113.2"},
    {"Vxlan", over_udp(4789, Octets{8, 0, 0, 0, 0, 0, 7, 0} + inner_ethernet()),
     "vxlan 7 203.0.113.1 > 203.0.113.2"},
    {"VxlanLinuxPort", over_udp(8472, Octets{8, 0, 0, 0, 0, 0, 7, 0} + inner_ethernet()),
     "vxlan 7 203.0.113.1 > 203.0.113.2"},
    {"Geneve", over_udp(6081, Octets{1, 0, 0x65, 0x58, 0, 0, 9, 0, 1, 2, 3, 0} + inner_ethernet()),
     "geneve 9 203.0.113.1 > 203.0.113.2"},
    {"GeneveIp", over_udp(6081, Octets{0, 0, 8, 0, 0, 0, 9, 0} + inner4()),
     "geneve 9 203.0.113.1 > 203.0.113.2"},
    {"Gtp", over_udp(2152, Octets{0x30, 0xff, 0, 45, 0, 0, 1, 2} + inner4()),
     "gtp 258 203.0.113.1 > 203.0.113.2"},
    {"GtpWithExtension",
     over_udp(2152, Octets{0x34, 0xff, 0, 53, 0, 0, 1, 2, 0, 0, 0, 0x85, 1, 0, 9, 0} + inner6()),
     "gtp 258 203.0.113.1 > 203.0.113.2"},
    {"Teredo", over_udp(3544, inner6()), "teredo 203.0.113.1 > 203.0.113.2"},
    {"L2tp", over_udp(1701, Octets{0, 2, 0, 5, 0, 6, 0xff, 3, 0, 0x21} + inner4()),
     "l2tp 327686 203.0.113.1 > 203.0.113.2"},
    {"L2tpWithEverything",
     over_udp(1701, Octets{0x4a, 2, 0, 60, 0, 5, 0, 6, 0, 1, 0, 2, 0, 2, 0, 0, 0, 0x21} + inner4()),
     "l2tp 327686 203.0.113.1 > 203.0.113.2"},
    {"VxlanInGre",
     over_ip(47,
             Octets{0, 0, 8, 0} +
                 ipv4_bytes(udp_bytes(1, 4789, Octets{8, 0, 0, 0, 0, 0, 7, 0} + inner_ethernet()),
                            {.protocol = 17, .from = {10, 0, 0, 1}, .to = {10, 0, 0, 2}})),
     "gre 203.0.113.1 > 203.0.113.2, vxlan 7 10.0.0.1 > 10.0.0.2"},
};

class EveryTunnel : public ::testing::TestWithParam<TunnelCase> {};

TEST_P(EveryTunnel, LeadsToTheInnerSegmentAndIsNamed) {
  const Octets& frame = GetParam().frame;
  Decoder decoder;
  const Decoded decoded = decoder.decode(packet_of(frame));
  ASSERT_TRUE(std::holds_alternative<Segment>(decoded))
      << describe(std::get<Skipped>(decoded).why) << " at " << std::get<Skipped>(decoded).offset;
  const auto& segment = std::get<Segment>(decoded);
  EXPECT_EQ(segment.from.port, 50000);
  EXPECT_EQ(segment.header.ttl, 57);
  EXPECT_TRUE(segment.header.tunnelled);
  EXPECT_EQ(segment.header.tcp_checksum, ChecksumState::Good);
  EXPECT_EQ(decoder.outer_path(), GetParam().path);
}

TEST_P(EveryTunnel, IsCutAtEveryPrefixThatEndsInTheHeaders) {
  const Octets& frame = GetParam().frame;
  Decoder decoder;
  for (std::size_t kept = 0; kept < frame.size() - 5; ++kept) {
    const Octets prefix(frame.begin(), frame.begin() + static_cast<std::ptrdiff_t>(kept));
    const Decoded decoded = decoder.decode(packet_of(prefix, LinkType::Ethernet, frame.size()));
    ASSERT_TRUE(std::holds_alternative<Skipped>(decoded)) << kept;
    EXPECT_EQ(std::get<Skipped>(decoded).why, Skipped::Why::CutBySnaplen) << kept;
  }
}

INSTANTIATE_TEST_SUITE_P(Decoder, EveryTunnel, ::testing::ValuesIn(kCases),
                         [](const auto& tested) { return std::string(tested.param.name); });

Skipped::Why why(const Octets& frame) {
  return std::get<Skipped>(Decoder().decode(packet_of(frame))).why;
}

TEST(Decoder, ForgetsThePathWithTheNextFrame) {
  Decoder decoder;
  const Octets tunnelled = over_ip(4, inner4()), plain = plain_frame();
  decoder.decode(packet_of(tunnelled));
  decoder.decode(packet_of(plain));
  EXPECT_EQ(decoder.outer_path(), "");
}

TEST(Decoder, StopsInANestOfTunnels) {
  Octets packet = inner4();
  for (int i = 0; i < 100; ++i) packet = ipv4_bytes(packet, {.protocol = 4});
  EXPECT_EQ(why(ethernet_bytes(0x0800, packet)), Skipped::Why::Malformed);
}

TEST(Decoder, LeavesDnsOnATunnelsPortAlone) {
  EXPECT_EQ(why(over_udp(4789, Octets(20))), Skipped::Why::NotTcp);
  EXPECT_EQ(why(over_udp(2152, Octets(20))), Skipped::Why::NotTcp);
}

TEST(Decoder, RecognisesAQuicInitialOfEitherVersion) {
  EXPECT_EQ(why(over_udp(443, Octets{0xc3, 0, 0, 0, 1, 8} + Octets(1194))), Skipped::Why::Quic);
  EXPECT_EQ(why(over_udp(443, Octets{0xd3, 0x6b, 0x33, 0x43, 0xcf, 8} + Octets(1194))),
            Skipped::Why::Quic);
  EXPECT_EQ(why(over_udp(443, Octets{0xe3, 0, 0, 0, 1, 8} + Octets(1194))), Skipped::Why::NotTcp);
  EXPECT_EQ(why(over_udp(443, Octets{0x43, 0, 0, 0, 1, 8} + Octets(1194))), Skipped::Why::NotTcp);
}

TEST(Decoder, RecognisesADtlsHandshakeOnAnyPort) {
  const Octets hello = Octets{22, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 60, 1} + Octets(59);
  EXPECT_EQ(why(over_udp(4433, hello)), Skipped::Why::Dtls);
  Octets data = hello;
  data[0] = 23;
  EXPECT_EQ(why(over_udp(4433, data)), Skipped::Why::NotTcp);
}

}  // namespace
}  // namespace whohungup
